"""How a node is made: the smallest things that texts, formulas and rules consist of."""

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
