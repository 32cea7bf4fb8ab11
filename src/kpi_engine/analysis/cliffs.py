"""Cliffs: where one step more of one value brings or costs a whole amount, and where pay falls.

Each part of the pay is followed along each value it hangs on, the others as they are, in exact
fractions; parts of the score too, where the pay reads it. What cannot be followed is said.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from kpi_engine.analysis.courses import Course, Cut, Value
from kpi_engine.analysis.grounds import (
    Ground,
    UndecidedError,
    View,
    followed_by,
    variables_of,
)
from kpi_engine.analysis.intervals import (
    Interval,
    Key,
    along_steps,
    interval_named,
    intervals_of,
)
from kpi_engine.analysis.terms import (
    Factors,
    Sum,
    TooManyTermsError,
    at,
    by_condition,
    factors_of,
    minus,
    sign_of,
    slope,
    trend_of,
)
from kpi_engine.analysis.tracing import course_of
from kpi_engine.analysis.wording import Currency, words_of
from kpi_engine.language import ir
from kpi_engine.language.kinds import QUANTITIES, Kind
from kpi_engine.ruleset.checked import PAY, SCORE, Formula, Item, Param, ParamScale, Ruleset
from kpi_engine.ruleset.params import constants_of
from kpi_engine.ruleset.rules import pay_rules, score_rules
from kpi_engine.text.source import Span

_ARITHMETIC_OF_GROUPS = frozenset({"split", "sum", "mean", "median", "min", "max"})


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the pay or the score: its formula, and how much of the total a unit of it is.

    A step stands in a ``total``.
    """

    what: Literal["line", "step", "item"]
    name: str
    node: ir.Node
    span: Span
    weight: Fraction = Fraction(1)
    money: bool = True
    total: str | None = None


@dataclass(frozen=True, slots=True)
class Jump:
    """What a part gains where a variable reaches a cut, and the param that says where that is."""

    variable: Key
    kind: Kind
    cut: Cut
    gain: Sum
    param: str | None


@dataclass(frozen=True, slots=True)
class Slide:
    """A stretch of a variable along which a part falls, for each unit by so much where it is told.

    ``rise`` is below zero where the part falls as the variable rises.
    """

    variable: Key
    kind: Kind
    low: Fraction | None
    high: Fraction | None
    rise: Sum | None


@dataclass(frozen=True, slots=True)
class Cliffs:
    """What was found of a part: its jumps, and where it falls while a value improves.

    ``undecided`` are the words of what the part cannot be followed through, ``unsure`` the values
    of which it is not known whether the part falls while they improve.
    """

    part: Part
    factors: Factors
    jumps: list[Jump] = field(default_factory=list)
    falls: list[Jump | Slide] = field(default_factory=list)
    undecided: dict[str, None] = field(default_factory=dict)
    unsure: dict[str, None] = field(default_factory=dict)


def find_cliffs(ruleset: Ruleset, parts: Iterable[Part]) -> Iterator[Cliffs]:
    """Return the cliffs of parts of the pay, and of the score where the pay reads it."""
    waiting = [part for part in parts if not is_even(part, ruleset)]
    if not waiting:
        return
    sight = intervals_of(ruleset, _of_data(ruleset))
    steps = dict(along_steps(ruleset, sight))
    currency = Currency(ruleset.currency, ruleset.minor_digits)
    constants = constants_of(ruleset.params)
    marks = {name: table.lower for name, table in ruleset.tables.items() if table.long is not None}
    factors = Factors()
    for part in waiting:
        inner = steps[part.total, part.name] if part.total is not None else sight
        ground = Ground(ruleset.metrics, inner, constants, currency, marks, factors)
        cliffs = Cliffs(part, factors)
        _find_hidden(cliffs, ground)
        for variable in sorted(variables_of(part.node, ground)):
            _follow(cliffs, ground, variable)
        yield cliffs


def is_even(part: Part, ruleset: Ruleset) -> bool:
    """Return whether a part is plainly without cliffs: most parts are, of thousands of shops."""
    node = _followed(part.node, ruleset)
    match node:
        case ir.Apply(x=x) | ir.Slices(x=x) | ir.Op(op="attain", args=(x, *_)):
            pass
        case _:
            x = node
    if not isinstance(x, ir.Ref) or x.space != "metric":
        return False
    metric = ruleset.metrics.get(x.name)
    if metric is None or metric.table is None or metric.group is not None:
        return False
    match node:
        case ir.Ref():
            return not metric.lower
        case ir.Op():
            return not metric.lower and _is_attained(node, ruleset.params)
        case ir.Apply(scale=str() as name) | ir.Slices(scale=name):
            return _is_even_scale(node, name, ruleset, lower=metric.lower)
        case _:
            return False


def _followed(node: ir.Node, ruleset: Ruleset) -> ir.Node:
    """Return the scale that a metric applies, where a part is such a metric and no more."""
    metric = ruleset.metrics.get(node.name) if isinstance(node, ir.Ref) else None
    if metric is None or metric.table is not None:
        return node
    value = metric.value.node
    return value if isinstance(value, ir.Apply | ir.Slices) else node


def _is_even_scale(node: ir.Apply | ir.Slices, name: str, ruleset: Ruleset, *, lower: bool) -> bool:
    param = ruleset.params.get(name)
    scale = param.value.scale if param and isinstance(param.value, ParamScale) else None
    if isinstance(node, ir.Slices) and isinstance(scale, ir.Steps):
        rates = [step.value for step in scale.steps]
        return not lower and all(map(_is_never_below_zero, (scale.lowest, *rates)))
    if isinstance(scale, ir.Line):
        rising = [right >= left for (_, left), (_, right) in pairwise(scale.points)]
        falling = [right <= left for (_, left), (_, right) in pairwise(scale.points)]
        return all(falling) if lower else all(rising)
    return False


def _is_attained(node: ir.Op, params: Mapping[str, Param]) -> bool:
    """Return whether points go by a target that is a number above zero."""
    target = node.args[1]
    if isinstance(target, ir.Ref) and target.space == "param":
        value = params[target.name].value
        target = value.node if isinstance(value, Formula) else target
    return isinstance(target, ir.Lit) and isinstance(target.value, Fraction) and target.value > 0


def _is_never_below_zero(node: ir.Node | None) -> bool:
    return isinstance(node, ir.Lit) and isinstance(node.value, Fraction) and node.value >= 0


def _of_data(ruleset: Ruleset) -> dict[Key, Interval]:
    """Return what is not written yet or comes from data, such as wages, as not below zero."""
    rules = (*score_rules(ruleset.score), *pay_rules(ruleset.pay))
    nodes = [*(rule.node for rule in rules), *(m.value.node for m in ruleset.metrics.values())]
    missing = {("param", name) for name, param in ruleset.params.items() if param.value is None}
    return dict.fromkeys(missing, Interval(Fraction(0))) | {
        (ref.space, ref.name): Interval(Fraction(0))
        for node in nodes
        for ref in ir.references(node)
        if ref.space in {"roster", "subject", "row"} and ref.type.kind in QUANTITIES
    }


def parts_of_pay(ruleset: Ruleset) -> Iterator[Part]:
    """Return the parts of the pay, and before them those of a score that the pay reads."""
    if ruleset.pay is None:
        return
    if ruleset.score is not None and _reads_score(ruleset):
        for item, weight in _leaves(ruleset.score.items, Fraction(1)):
            if item.points is not None:
                node, span = item.points.node, item.points.span
                yield Part("item", item.path, node, span, weight, money=False)
        for name, step in ruleset.score.steps:
            yield Part("step", name, step.node, step.span, money=False, total=SCORE)
    for name, rule in ruleset.pay.lines:
        yield Part("line", name, rule.node, rule.span)
    for name, step in ruleset.pay.steps:
        yield Part("step", name, step.node, step.span, total=PAY)


def _leaves(items: Iterable[Item], weight: Fraction) -> Iterator[tuple[Item, Fraction]]:
    for item in items:
        yield item, weight * item.weight
        yield from _leaves(item.children, weight * item.weight)


def _reads_score(ruleset: Ruleset) -> bool:
    """Return whether the pay reads the score, by way of metrics too."""
    late = {name for name, metric in ruleset.metrics.items() if metric.after_score}
    names = (ref.name for rule in pay_rules(ruleset.pay) for ref in ir.references(rule.node))
    return any(name == SCORE or name in late for name in names)


def _find_hidden(cliffs: Cliffs, ground: Ground) -> None:
    """Note amounts that a group shares or gathers by rules that may have cliffs of their own."""
    for _, name in sorted(variables_of(cliffs.part.node, ground)):
        metric = ground.metrics.get(name)
        node = metric.value.node if metric is not None else None
        gathers = isinstance(node, ir.Across) and node.function in _ARITHMETIC_OF_GROUPS
        if node is not None and gathers and any(_chooses(n, ground) for n in ir.children(node)):
            cliffs.undecided[words_of(node, ground.currency)] = None


def _chooses(node: ir.Node, ground: Ground) -> bool:
    """Return whether a number decides between values."""
    decides = node.x if isinstance(node, ir.Apply) else None
    if isinstance(node, ir.Op) and node.op == "if":
        decides = node.args[0]
    if decides is not None and variables_of(decides, ground):
        return True
    return any(_chooses(child, ground) for child in ir.children(node))


def _follow(cliffs: Cliffs, ground: Ground, variable: Key) -> None:
    """Note what becomes of a part along one variable."""
    if not _is_own(variable, ground) and not _decides(variable, cliffs.part.node, ground):
        return
    view = View(ground, variable, ground.factors)
    try:
        course = course_of(cliffs.part.node, view)
        interval = interval_named(variable, ground.sight)
        kind = _kind_of(variable, cliffs.part.node, ground)
        jumps = list(_jumps(course, view, interval, kind))
        cliffs.jumps.extend(jumps)
        if _is_own(variable, ground):
            _find_falls(cliffs, view, course, jumps)
    except UndecidedError as error:
        cliffs.undecided[words_of(error.node, ground.currency)] = None
    except TooManyTermsError:
        cliffs.undecided[words_of(cliffs.part.node, ground.currency)] = None


def _decides(variable: Key, node: ir.Node, ground: Ground) -> bool:
    """Return whether a formula may do more with a variable than add, subtract and multiply it."""
    match node:
        case ir.Ref():
            followed = followed_by(node, ground)
            return followed is not None and _decides(variable, followed, ground)
        case ir.Op(op="add" | "sub" | "mul" | "neg"):
            smooth = node.args
        case ir.Op(op="div", args=(dividend, divisor)) if variable not in variables_of(
            divisor, ground
        ):
            smooth = (dividend,)
        case ir.Apply(x=x, scale=scale) if variable not in variables_of(x, ground):
            smooth = () if isinstance(scale, str) else ir.scale_values(scale)
        case _:
            return variable in variables_of(node, ground)
    return any(_decides(variable, each, ground) for each in smooth)


def _find_falls(cliffs: Cliffs, view: View, course: Course, jumps: list[Jump]) -> None:
    """Note where a part falls while a metric, a place or the score improves."""
    ground, variable = view.ground, view.variable
    worse = 1 if _is_better_lower(variable, ground) else -1
    interval = interval_named(variable, ground.sight)
    kind = _kind_of(variable, cliffs.part.node, ground)
    above_zero = interval.low is not None and interval.low >= 0
    trends: set[int | None] = set()
    for jump in jumps:
        trends.update(mine := {sign_of(case, ground.factors) for case in _cases(jump.gain, view)})
        if worse in mine:
            cliffs.falls.append(jump)
    for low, high, value in _stretches(course, interval):
        mine = {
            trend_of(case, ground.factors, above_zero=above_zero) for case in _cases(value, view)
        }
        trends |= mine
        if worse in mine:
            cliffs.falls.append(Slide(variable, kind, low, high, _rise(value, view)))
    if None in trends:
        cliffs.unsure[variable[1]] = None


def _cases(value: Sum, view: View) -> list[Sum]:
    return by_condition(value, view.factors)


def _rise(value: Sum, view: View) -> Sum | None:
    """Return by how much a value changes for each unit of the variable, None where that changes."""
    moves = any(view.factors.facts[number].moves for number in factors_of([value]))
    return None if moves else slope(value)


def _is_own(variable: Key, ground: Ground) -> bool:
    """Return whether a value is one that a person can better: not a group's, nor a roster's."""
    space, name = variable
    metric = ground.metrics.get(name)
    if space != "metric" or metric is None:
        marked = space == "subject" and name.partition(".")[0] in ground.marks
        return marked or variable == ("metric", SCORE)
    return metric.group is None and (
        not isinstance(metric.value.node, ir.Across | ir.Previous) or _is_place(metric.value.node)
    )


def _is_place(node: ir.Node) -> bool:
    return isinstance(node, ir.Across) and node.function in {"place", "band"}


def _is_better_lower(variable: Key, ground: Ground) -> bool:
    space, name = variable
    if space == "subject":
        table, _, mark = name.partition(".")
        return mark in ground.marks[table]
    metric = ground.metrics.get(name)
    return metric is not None and (metric.lower or _is_place(metric.value.node))


def _kind_of(variable: Key, node: ir.Node, ground: Ground) -> Kind:
    metric = ground.metrics.get(variable[1]) if variable[0] == "metric" else None
    if metric is not None:
        return metric.type.kind
    for ref in ir.references(node):
        if (ref.space, ref.name) == variable:
            return ref.type.kind
    return Kind.NUMBER


def _jumps(course: Course, view: View, interval: Interval, kind: Kind) -> Iterator[Jump]:
    for (_, before), (cut, after) in pairwise(course):
        if cut is None or not _inside(cut, interval):
            continue
        left, right = _numbers(before, cut), _numbers(after, cut)
        if left is None or right is None:
            continue
        gain = minus(right, left)
        if gain:
            yield Jump(view.variable, kind, cut, gain, view.param_by_cut.get(cut))


def _numbers(value: Value, cut: Cut) -> Sum | None:
    return at(value, cut[0]) if isinstance(value, Mapping) else None


def _inside(cut: Cut, interval: Interval) -> bool:
    """Return whether values lie on both sides of a cut."""
    bound, above = cut
    low, high = interval.low, interval.high
    if low is not None and (bound < low or (bound == low and not above)):
        return False
    return high is None or bound < high or (bound == high and not above)


def _stretches(
    course: Course, interval: Interval
) -> Iterator[tuple[Fraction | None, Fraction | None, Sum]]:
    """Return the pieces of a course of numbers that have a length inside an interval."""
    for index, (cut, value) in enumerate(course):
        following = course[index + 1][0] if index + 1 < len(course) else None
        low = cut[0] if cut is not None else None
        high = following[0] if following is not None else None
        if interval.low is not None:
            low = interval.low if low is None else max(low, interval.low)
        if interval.high is not None:
            high = interval.high if high is None else min(high, interval.high)
        if isinstance(value, Mapping) and (low is None or high is None or low < high):
            yield low, high, value
