"""The thresholds of a ruleset: where a formula about a subject begins to say something else."""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from fractions import Fraction

from kpi_engine.language import ir
from kpi_engine.language.kinds import QUANTITIES, Kind, Type
from kpi_engine.language.syntax import Number
from kpi_engine.ruleset.checked import Case, Item, ParamScale, Rule, Ruleset, ScaleUse
from kpi_engine.ruleset.rules import pay_rules, score_rules

_COMPARING = frozenset({"lt", "le", "gt", "ge", "eq", "ne", "at_least", "at_most", "attain"})
_GIVEN = frozenset({"metric", "roster"})


@dataclass(frozen=True, slots=True)
class Threshold:
    """Two quantities; where one passes the other, a formula begins to say something else."""

    left: ir.Node
    right: ir.Node


@dataclass(frozen=True, slots=True)
class Place:
    """A rule about a subject, and by what names a test sees what it says.

    ``reads`` are the rules whose values it needs: itself, and for a step all that comes before.
    """

    title: str
    rule: Rule
    reads: tuple[Rule, ...]
    shows: tuple[str, ...]
    of: str
    """``metrics``, ``score`` or ``pay``: what computes it."""


def places_of(ruleset: Ruleset) -> Iterator[Place]:
    """Return the rules about a subject, in the order of their computation."""
    for name, metric in ruleset.metrics.items():
        if metric.table is None and not isinstance(metric.value.node, ir.Across | ir.Previous):
            yield Place(name, metric.value, (metric.value,), (name,), "metrics")
    if ruleset.score is not None:
        every = tuple(score_rules(ruleset.score))
        yield from _item_places(ruleset.score.items)
        for name, step in ruleset.score.steps:
            yield Place(f"step {name}", step, every, (f"step.{name}", "score"), "score")
    if ruleset.pay is not None:
        every = tuple(pay_rules(ruleset.pay))
        for name, line in ruleset.pay.lines:
            yield Place(f"line {name}", line, (line,), (f"line.{name}",), "pay")
        for name, step in ruleset.pay.steps:
            yield Place(f"step {name}", step, every, (f"line.{name}", "pay"), "pay")


def _item_places(items: tuple[Item, ...]) -> Iterator[Place]:
    for item in items:
        if item.points is not None:
            shown = (f"points.{item.path}",)
            yield Place(f"points of {item.path}", item.points, (item.points,), shown, "score")
        yield from _item_places(item.children)


@dataclass(frozen=True, slots=True)
class Scales:
    """The scales of params by name, and which scales are written in per cent."""

    by_name: Mapping[str, ir.Scale]
    in_percent: AbstractSet[str | ir.Scale]


def scales_of(ruleset: Ruleset) -> Scales:
    """Return the scales of a ruleset."""
    named = {n: p.value for n, p in ruleset.params.items() if isinstance(p.value, ParamScale)}
    in_percent: set[str | ir.Scale] = {n for n, each in named.items() if _percent(each.cases)}
    for place in places_of(ruleset):
        match place.rule:
            case ScaleUse(cases=cases, node=ir.Apply(scale=scale)) if _percent(cases):
                in_percent.add(scale)
            case _:
                pass
    return Scales({name: each.scale for name, each in named.items()}, in_percent)


def _percent(cases: Iterable[Case]) -> bool:
    bounds = (bound for case in cases for bound in case.bounds)
    return any(isinstance(bound, Number) and bound.unit == "%" for bound in bounds)


def thresholds_in(node: ir.Node, scales: Scales) -> Iterator[Threshold]:
    """Return the thresholds of a formula, those of the scales it applies among them."""
    match node:
        case ir.Apply(scale=scale, x=x) | ir.Slices(scale=scale, x=x):
            kind = Kind.RATIO if scale in scales.in_percent else x.type.kind
            for bound in _bounds(scales.by_name[scale] if isinstance(scale, str) else scale):
                yield Threshold(x, ir.Lit(bound, Type(kind)))
        case ir.Op(op=op, args=(left, right, *_)) if op in _COMPARING:
            if left.type.kind in QUANTITIES:
                yield Threshold(left, right)
        case _:
            pass
    for part in ir.children(node):
        yield from thresholds_in(part, scales)


def _bounds(scale: ir.Scale) -> tuple[Fraction, ...]:
    match scale:
        case ir.Steps():
            return tuple(step.bound for step in scale.steps)
        case ir.Ranges():
            return tuple(bound for band in scale.ranges for bound in (band.low, band.high))
        case ir.Line():
            return tuple(x for x, _ in scale.points)
        case ir.Choice():
            return ()


def variables_of(*nodes: ir.Node) -> tuple[ir.Ref, ...]:
    """Return what formulas read that is no param, in the order of their names."""
    found = frozenset(ref for node in nodes for ref in ir.references(node) if ref.space != "param")
    return tuple(sorted(found, key=lambda ref: ref.name))


def can_be_given(ref: ir.Ref) -> bool:
    """Return whether a test may give a value: a metric, the score, a column of the roster."""
    return ref.space in _GIVEN
