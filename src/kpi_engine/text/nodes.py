"""How nodes are made: the small passive things that texts, formulas, rules and plans consist of."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

_Node = TypeVar("_Node")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def passive(cls: type[_Node]) -> type[_Node]:
    """Return a class of passive nodes: slotted, equal by value, never changed once made.

    The type checker holds everybody to the last. Python does not: a dataclass frozen at run time
    takes three times as long to make, and a ruleset is made of tens of thousands of nodes.
    """
    return dataclass(slots=True, unsafe_hash=True)(cls)


@contextmanager
def many_nodes() -> Iterator[None]:
    """Hold Python's search for circular garbage back while very many nodes are made.

    Nodes form no circles, yet a fifth of the time of a check went into the search among them. What
    is held back is small, as rulesets are, and counting references frees all the rest as ever. The
    search goes on afterwards, unless it was off before. The switch is the process's: of several
    threads the one that turned it off turns it on, which costs the others time and nothing else.
    """
    searching = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if searching:
            gc.enable()
