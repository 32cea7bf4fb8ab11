"""What tests of a ruleset can reach: metrics, cases of scales, branches, gates, items and pay."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, cast

from kpi_engine.language import ir
from kpi_engine.language.kinds import Kind
from kpi_engine.language.printer import print_formula
from kpi_engine.language.syntax import Conditional, Expr, Place, parts_of
from kpi_engine.reference.formulas import evaluate_formula
from kpi_engine.reference.values import Value
from kpi_engine.ruleset.checked import (
    Case,
    Formula,
    Item,
    Metric,
    ParamScale,
    Rule,
    Ruleset,
    ScaleUse,
)
from kpi_engine.ruleset.rules import table_formulas
from kpi_engine.text.source import Span

Outcome = Literal["known", "unknown", "true", "false"]

Key = tuple[int, Outcome]
"""The identity of a node of a ruleset, and what became of it; good while the ruleset is there."""

_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Point:
    """Something that a test can reach: where it is written, and what is said where none did."""

    span: Span
    missed: str


def points_of(ruleset: Ruleset) -> dict[Key, Point]:
    """Return what tests of a ruleset can reach, whichever of its files it is written in.

    A value is reached once known and, where it can be unknown, once unknown; a condition that is a
    metric once true and once false. A case of a scale is reached where it holds, a piece of a line
    by a value between its points.
    """
    return dict(_points(ruleset))


def outcome_of(value: Value) -> Outcome:
    """Return what became of a node with a value.

    >>> outcome_of(True), outcome_of(None), outcome_of("a")
    ('true', 'unknown', 'known')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    return "unknown" if value is None else "known"


def _points(ruleset: Ruleset) -> Iterator[tuple[Key, Point]]:
    for name, param in ruleset.params.items():
        if isinstance(param.value, ParamScale):
            yield from _cases(param.value.cases, f"scale `{name}`")
    for table in ruleset.tables.values():
        for formula in table_formulas(table):
            yield from _branches(formula)
    for metric in ruleset.metrics.values():
        if _is_written(metric):
            yield from _metric(metric, ruleset)
    if ruleset.score is not None:
        for item in ruleset.score.items:
            yield from _item(item, ruleset)
        for name, formula in ruleset.score.steps:
            yield from _computed(formula, f"step `{name}` of the score")
        if ruleset.score.needs is not None:
            gate, span = id(ruleset.score), ruleset.score.span
            yield (gate, "true"), Point(span, "`needs` of the score never held")
            yield (gate, "false"), Point(span, "`needs` of the score never failed")
    if ruleset.pay is not None:
        for name, rule in ruleset.pay.lines:
            yield from _computed(rule, f"line `{name}` of the pay")
        for name, formula in ruleset.pay.steps:
            yield from _computed(formula, f"step `{name}` of the pay")


def _is_written(metric: Metric) -> bool:
    """Return whether a metric is one of its own, and not what a formula says of others.

    What it says of a group measured anew, or of the month before, has a dot in its name.
    """
    return not isinstance(metric.value.node, ir.Across | ir.Previous) and "." not in metric.name


def _metric(metric: Metric, ruleset: Ruleset) -> Iterator[tuple[Key, Point]]:
    node, name, span = id(metric), f"metric `{metric.name}`", metric.span
    if metric.type.kind is Kind.BOOL:
        yield (node, "true"), Point(span, f"{name} never held")
        yield (node, "false"), Point(span, f"{name} never failed")
    else:
        yield (node, "known"), Point(span, f"{name} was never computed")
    computed = metric.table is None
    if metric.type.nullable and not (computed and not _can_be_unknown(metric.value.node, ruleset)):
        yield (node, "unknown"), Point(span, f"{name} was never unknown")
    if metric.where is not None:
        yield from _branches(metric.where)
    yield from _inside(metric.value, f"the scale of {name}")


_BY_ZERO = frozenset({"attain", "div"})
_OWN_RULE = frozenset({"default", "and", "or", "if", "known"})


def _can_be_unknown(node: ir.Node, ruleset: Ruleset) -> bool:
    """Return whether a value can be unknown with the params there are.

    The checker asks what could be with any: a target that is 0, which nobody has.
    """
    if not node.type.nullable:
        return False
    match node:
        case ir.Op(op, args) if op not in _OWN_RULE:
            by_zero = op in _BY_ZERO and _can_be_zero(args[1], ruleset)
            return by_zero or any(_can_be_unknown(argument, ruleset) for argument in args)
        case ir.Ref("metric", name) if name in ruleset.metrics:
            metric = ruleset.metrics[name]
            return metric.table is not None or _can_be_unknown(metric.value.node, ruleset)
        case ir.Apply(scale, x) if not isinstance(scale, str) and not _has_holes(scale):
            parts = (x, *ir.scale_values(scale))
            return any(_can_be_unknown(part, ruleset) for part in parts)
        case _:
            return True


def _can_be_zero(node: ir.Node, ruleset: Ruleset) -> bool:
    if isinstance(node, ir.Ref) and node.space == "param" and node.name in ruleset.params:
        value = ruleset.params[node.name].value
        if isinstance(value, Formula):
            node = value.node
    return not isinstance(node, ir.Lit) or node.value == 0


def _has_holes(scale: ir.Scale) -> bool:
    match scale:
        case ir.Steps():
            return scale.lowest is None
        case ir.Ranges() | ir.Choice():
            return scale.otherwise is None
        case ir.Line():
            return False


def _item(item: Item, ruleset: Ruleset) -> Iterator[tuple[Key, Point]]:
    name = f"item `{item.path}`"
    if item.points is not None:
        yield from _computed(item.points, f"the points of {name}", item.span)
        if item.empty is not None and _can_be_unknown(item.points.node, ruleset):
            missed = f"the points of {name} were never unknown: its `empty` was not asked"
            yield (id(item.points), "unknown"), Point(item.span, missed)
    if isinstance(item.empty, Formula):
        yield from _branches(item.empty)
    for child in item.children:
        yield from _item(child, ruleset)


def _computed(rule: Rule, name: str, span: Span | None = None) -> Iterator[tuple[Key, Point]]:
    verb = "were" if name.startswith("the points") else "was"
    yield (id(rule), "known"), Point(span or rule.span, f"{name} {verb} never computed")
    yield from _inside(rule, f"the scale of {name}")


def _inside(rule: Rule, name: str) -> Iterator[tuple[Key, Point]]:
    if isinstance(rule, ScaleUse):
        yield from _branches(rule.of)
        yield from _cases(rule.cases, name)
    else:
        yield from _branches(rule)


def _cases(cases: Sequence[Case], name: str) -> Iterator[tuple[Key, Point]]:
    if cases[0].kind == "at":
        ordered = sorted(cases, key=_bound)
        for case, following in pairwise(ordered):
            piece = f"{_printed(case.bounds[0])} to {_printed(following.bounds[0])}"
            missed = f"the piece from {piece} of {name} was never reached"
            yield (id(case), "known"), Point(case.value.span, missed)
        return
    for case in cases:
        missed = f"the case `{_heading(case)}` of {name} was never reached"
        yield (id(case), "known"), Point(case.value.span, missed)
        yield from _branches(case.value)


def _bound(case: Case) -> int:
    return cast("int", evaluate_formula(case.bounds[0], {}))


def _heading(case: Case) -> str:
    bounds = [_printed(bound) for bound in case.bounds]
    match case.kind:
        case "else":
            return "else"
        case "to":
            return " to ".join(bounds)
        case _:
            return f"{case.kind} {' | '.join(bounds)}"


def _printed(bound: Expr) -> str:
    return print_formula(bound)


def _branches(formula: Formula) -> Iterator[tuple[Key, Point]]:
    waiting = [formula.tree]
    while waiting:
        tree = waiting.pop()
        waiting += parts_of(tree)[::-1]
        if isinstance(tree, Conditional):
            condition = _short(tree.condition)
            span = _place(formula, tree.value.place)
            missed = f"the branch `{_short(tree.value)}` was never taken: `{condition}` never held"
            yield (id(tree), "true"), Point(span, missed)
            span = _place(formula, tree.otherwise.place)
            missed = f"the branch `else {_short(tree.otherwise)}` was never taken"
            yield (id(tree), "false"), Point(span, f"{missed}: `{condition}` never failed")


def _short(tree: Expr) -> str:
    text = print_formula(tree)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _place(formula: Formula, place: Place) -> Span:
    """Return a place inside a formula, where it is written as it is; else all of it."""
    span = formula.span
    shift = span.source.text.find(formula.text, span.start, span.end)
    if shift < 0:
        return span
    return Span(span.source, shift + place.start, shift + place.end)
