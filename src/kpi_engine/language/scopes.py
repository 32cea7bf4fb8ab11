"""What a formula may see, and what its conditions find known."""

from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain
from types import MappingProxyType
from typing import Any, NamedTuple

from kpi_engine.language import ir
from kpi_engine.language.kinds import Kind, Type
from kpi_engine.language.syntax import Comparison, Expr, IsKnown, Logic, Name, Not, Number, Text

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ScaleSignature:
    """What a param's scale takes and gives: ``x`` is the kind its cases compare with.

    A ``dated`` one is read by its bare name.
    """

    x: Kind
    value: Type
    stair: bool
    dated: bool = False


@dataclass(frozen=True, slots=True)
class Prefix:
    """What may stand behind a name and a dot, by the word behind it.

    ``names`` is None where any word may: then ``any_name`` says what it is. ``refused`` is the code
    and the facts of why nothing can be looked up from here.
    """

    names: Mapping[str, ir.Ref] | None = None
    any_name: ir.Ref | None = None
    refused: tuple[str, tuple[tuple[str, object], ...]] | None = None


class Sight(NamedTuple):
    """What is seen from one place: values by name, what stands before a dot, and the day."""

    names: Mapping[str, ir.Ref]
    prefixes: Mapping[str, Prefix] = _NOTHING
    day: ir.Ref | None = None


class GroupSignature(NamedTuple):
    """What a group holds: subjects of one period, or earlier months too.

    ``own`` says that those months are of one subject each. ``within`` are the groups that hold
    whoever this one holds, itself among them, ``shared`` the metrics of one value for all of it.
    """

    history: bool = False
    own: bool = False
    within: AbstractSet[str] = frozenset()
    shared: AbstractSet[str] = frozenset()


# Where more names exist, and as many are unknown, comparing them would take minutes.
_MANY = 1_000


class Scope(NamedTuple):
    """What a formula may see.

    ``sight`` holds the columns, metrics, params and running values; ``scales`` the params that are
    scales. ``aggregates`` says that rows are being gathered, ``rows`` what an argument of an
    aggregate sees, where that differs, ``filled`` that there is always a row. ``known`` are the
    names that an earlier condition found known, ``lower`` the metrics that are better lower,
    ``groups`` the groups of subjects.
    """

    sight: Sight
    currency: str
    scales: Mapping[str, ScaleSignature] = _NOTHING
    aggregates: bool = False
    filled: bool = False
    rows: Sight | None = None
    known: frozenset[str] = frozenset()
    lower: AbstractSet[str] = frozenset()
    groups: Mapping[str, GroupSignature] = _NOTHING


def closest(name: str, *names: Collection[str]) -> str | None:
    """Return the likely meant name among those that exist, if any is near and they are not many.

    >>> closest("stauts", {"status", "sent_at"})
    'status'
    """
    if sum(map(len, names)) > _MANY:
        return None
    near = get_close_matches(name, chain.from_iterable(names), n=1, cutoff=0.6)
    return near[0] if near else None


def full_name(name: Name) -> str:
    """Return a name with what stands before its dot."""
    return name.name if name.prefix is None else f"{name.prefix}.{name.name}"


def narrowed(condition: Expr) -> frozenset[str]:
    """Return the names that are known wherever the condition is true."""
    match condition:
        case IsKnown(operand=Name() as name, known=True):
            return frozenset({full_name(name)})
        case Logic(operator="and"):
            return frozenset().union(*(narrowed(operand) for operand in condition.operands))
        case Not(operand=IsKnown(operand=Name() as name, known=False)):
            return frozenset({full_name(name)})
        case Comparison() if all(isinstance(o, Name | Number | Text) for o in condition.operands):
            return frozenset(full_name(o) for o in condition.operands if isinstance(o, Name))
        case _:
            return frozenset()


def narrowed_if_false(condition: Expr) -> frozenset[str]:
    """Return the names that are known wherever the condition is false."""
    match condition:
        case IsKnown(operand=Name() as name, known=False):
            return frozenset({full_name(name)})
        case Logic(operator="or"):
            return frozenset().union(*(narrowed_if_false(o) for o in condition.operands))
        case Not():
            return narrowed(condition.operand)
        case _:
            return frozenset()


def with_known(scope: Scope, names: frozenset[str]) -> Scope:
    """Return the scope with more names known."""
    return scope._replace(known=scope.known | names) if names - scope.known else scope
