"""What a formula is followed on: its variable, what else it reads, and what stands for that.

The variable is a metric, the score, a place in a group or a total that still runs. Metrics computed
by cases are followed to what their cases go by; those that are plain arithmetic are variables
themselves, and so are those gathered from rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from kpi_engine.analysis.courses import Course, Cut, Value
from kpi_engine.analysis.intervals import Key, Sight, interval_named, interval_of
from kpi_engine.analysis.terms import (
    VARIABLE,
    Fact,
    Factors,
    Sum,
    by_condition,
    factor,
    factors_of,
    trend_of,
)
from kpi_engine.analysis.wording import Currency, words_of
from kpi_engine.language import ir
from kpi_engine.language.exact import Environment
from kpi_engine.language.kinds import QUANTITIES, Kind
from kpi_engine.ruleset.checked import Metric

Trend = Literal[-1, 0, 1]
"""Where something goes as the variable rises: 0 where that is not known."""

_ARITHMETIC = frozenset({"add", "sub", "mul", "div", "neg", "default"})


class UndecidedError(ValueError):
    """A part of a formula whose course along one variable is not piecewise straight."""

    def __init__(self, node: ir.Node) -> None:
        super().__init__(node)
        self.node = node


@dataclass(frozen=True, slots=True)
class Ground:
    """What courses are read from: the metrics of a ruleset, the intervals of values, constants.

    ``marks`` are the tables with a name in each row, and of which names less is better. ``moved``
    are the variables that values change with, as far as they were asked for.
    """

    metrics: Mapping[str, Metric]
    sight: Sight
    constants: Environment
    currency: Currency
    marks: Mapping[str, tuple[str, ...]]
    factors: Factors = field(default_factory=Factors)
    moved: dict[Key, frozenset[Key]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class View:
    """One variable on its ground: the factors there, and which param made a cut."""

    ground: Ground
    variable: Key
    factors: Factors
    param_by_cut: dict[Cut, str] = field(default_factory=dict)


def variables_of(node: ir.Node, ground: Ground) -> frozenset[Key]:
    """Return the variables that a formula changes with."""
    found: set[Key] = set()
    for ref in ir.references(node):
        if ref.space in {"metric", "roster", "subject", "running"}:
            found |= _moved_by(ref, ground)
    return frozenset(found)


def _moved_by(ref: ir.Ref, ground: Ground) -> frozenset[Key]:
    key = (str(ref.space), ref.name)
    if key not in ground.moved:
        ground.moved[key] = frozenset()
        followed = followed_by(ref, ground)
        own = frozenset({key} if ref.type.kind in QUANTITIES else ())
        ground.moved[key] = own if followed is None else variables_of(followed, ground)
    return ground.moved[key]


def followed_by(ref: ir.Ref, ground: Ground) -> ir.Node | None:
    """Return the formula that a metric stands for, None where it is a variable or a fact."""
    metric = ground.metrics.get(ref.name) if ref.space == "metric" else None
    if metric is None or metric.table is not None:
        return None
    node = metric.value.node
    if isinstance(node, ir.Across | ir.Previous):
        return None
    is_alias = isinstance(node, ir.Ref) and node.space == "metric"
    return node if metric.type.kind not in QUANTITIES or is_alias or not _is_plain(node) else None


def _is_plain(node: ir.Node) -> bool:
    """Return whether a formula is arithmetic alone."""
    match node:
        case ir.Op(op=op, args=args):
            return op in _ARITHMETIC and all(map(_is_plain, args))
        case ir.Lit() | ir.Ref():
            return True
        case _:
            return False


def fact_of(node: ir.Node, view: View, trend: Trend | None = None) -> Sum:
    """Return what stands for a formula that is not looked into, or that moves with a trend."""
    moves = trend is not None
    if not moves and view.variable in variables_of(node, view.ground):
        raise UndecidedError(node)
    kind = node.type.kind
    low = interval_of(node, view.ground.sight).low
    fact = Fact(
        words_of(node, view.ground.currency),
        money=kind in {Kind.MONEY, Kind.ANY},
        condition=kind is Kind.BOOL,
        moves=moves,
        trend=trend or 0,
        least=(low is not None and low >= 0) or kind is Kind.BOOL,
    )
    return factor(view.factors, (node, view.variable if moves else None), fact)


def amount_of(key: object, node: ir.Node, view: View) -> Sum:
    """Return what stands for a part of a formula that does not hang on the variable."""
    money = node.type.kind is Kind.MONEY
    return factor(view.factors, key, Fact(words_of(node, view.ground.currency), money=money))


def condition_of(key: object, node: ir.Node, view: View, choice: object = None) -> Sum:
    """Return what stands for a condition that does not hang on the variable."""
    words = words_of(node, view.ground.currency)
    return factor(view.factors, key, Fact(words, condition=True, least=True, choice=choice))


def note_param(view: View, bound: Fraction, param: str | None) -> None:
    """Note the param that says where a cut is."""
    if param is not None:
        for above in (False, True):
            view.param_by_cut.setdefault((bound, above), param)


def varies(value: Value, view: View) -> bool:
    """Return whether a number changes along the variable."""
    return isinstance(value, Mapping) and any(
        number == VARIABLE or view.factors.facts[number].moves for number in factors_of([value])
    )


def trend_along(course: Course, view: View) -> Trend | None:
    """Return where a course without jumps goes, 0 where that is not known, None where nowhere."""
    interval = interval_named(view.variable, view.ground.sight)
    above = interval.low is not None and interval.low >= 0
    trends: set[int | None] = set()
    for _, value in course:
        for case in by_condition(value, view.factors) if isinstance(value, Mapping) else ():
            trends.add(trend_of(case, view.factors, above_zero=above))
    moving = trends - {0}
    if not moving:
        return None
    return 1 if moving == {1} else -1 if moving == {-1} else 0


def both(left: Trend | None, right: Trend | None) -> Trend:
    """Return where something goes that never falls while either of two rises."""
    if left is None or right is None:
        return left or right or 0
    return left if left == right else 0


def turned(trend: Trend | None) -> Trend | None:
    """Return where something goes that never rises while another does."""
    return None if trend is None else 1 if trend == -1 else -1 if trend == 1 else 0
