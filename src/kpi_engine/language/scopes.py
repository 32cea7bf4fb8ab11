"""What a formula may see, and what its conditions find known."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from kpi_engine.language import ir
from kpi_engine.language.kinds import Kind, Type
from kpi_engine.language.syntax import Comparison, Expr, IsKnown, Logic, Name, Not, Number, Text


@dataclass(frozen=True, slots=True)
class ScaleSignature:
    """What a param's scale takes and gives: ``x`` is the kind its cases compare with."""

    x: Kind
    value: Type
    stair: bool


@dataclass(frozen=True, slots=True)
class Scope:
    """What a formula may see.

    ``names`` are the columns, metrics, params and running values by name; ``scales`` the params
    that are scales; ``aggregates`` says whether rows are being gathered, ``rows`` what an argument
    of an aggregate sees then, where that differs; ``known`` the names that
    an earlier condition found known; ``lower`` the metrics that are better lower.
    """

    names: Mapping[str, ir.Ref]
    currency: str
    scales: Mapping[str, ScaleSignature] = field(default_factory=dict)
    aggregates: bool = False
    rows: Mapping[str, ir.Ref] | None = None
    known: frozenset[str] = frozenset()
    lower: AbstractSet[str] = frozenset()


def closest(name: str, names: Mapping[str, object] | frozenset[str] | set[str]) -> str | None:
    """Return the likely meant name among those that exist, if any is near.

    >>> closest("stauts", {"status", "sent_at"})
    'status'
    """
    near = get_close_matches(name, names, n=1, cutoff=0.6)
    return near[0] if near else None


def narrowed(condition: Expr) -> frozenset[str]:
    """Return the names that are known wherever the condition is true."""
    match condition:
        case IsKnown(operand=Name(name=name, prefix=None), known=True):
            return frozenset({name})
        case Logic(operator="and"):
            return frozenset().union(*(narrowed(operand) for operand in condition.operands))
        case Not(operand=IsKnown(operand=Name(name=name, prefix=None), known=False)):
            return frozenset({name})
        case Comparison() if all(isinstance(o, Name | Number | Text) for o in condition.operands):
            return frozenset(
                o.name for o in condition.operands if isinstance(o, Name) and o.prefix is None
            )
        case _:
            return frozenset()


def narrowed_if_false(condition: Expr) -> frozenset[str]:
    """Return the names that are known wherever the condition is false."""
    match condition:
        case IsKnown(operand=Name(name=name, prefix=None), known=False):
            return frozenset({name})
        case Logic(operator="or"):
            return frozenset().union(*(narrowed_if_false(o) for o in condition.operands))
        case Not():
            return narrowed(condition.operand)
        case _:
            return frozenset()


def with_known(scope: Scope, names: frozenset[str]) -> Scope:
    """Return the scope with more names known."""
    return replace(scope, known=scope.known | names) if names - scope.known else scope
