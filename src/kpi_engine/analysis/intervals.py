"""Intervals: between which numbers the values of a ruleset lie, as far as the rules tell."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor
from types import MappingProxyType
from typing import NamedTuple

from kpi_engine.language import ir
from kpi_engine.language.kinds import Kind, Type
from kpi_engine.ruleset.checked import PAY, SCORE, Formula, Metric, Param, ParamScale, Ruleset
from kpi_engine.ruleset.context import SCORE_DOMAIN
from kpi_engine.ruleset.kept import COMPOSITE_GRID

Bound = Fraction | None

Key = tuple[str, str]
"""A value by its space and name."""


class Interval(NamedTuple):
    """The least and the greatest number, None where there is no limit.

    An open end does not belong to it. Whether each number inside is reached is not said.
    """

    low: Bound = None
    high: Bound = None
    low_open: bool = False
    high_open: bool = False


ANYTHING = Interval()
_NONE_BELOW = Interval(Fraction(0))
_SHARE = Interval(Fraction(0), Fraction(1))
POINTS = Interval(*SCORE_DOMAIN)


@dataclass(frozen=True, slots=True)
class Sight:
    """What intervals are found from, and those found so far, by space and name."""

    params: Mapping[str, Param]
    metrics: Mapping[str, Metric]
    by_name: dict[Key, Interval] = field(default_factory=dict)


def intervals_of(ruleset: Ruleset, given: Mapping[Key, Interval] = MappingProxyType({})) -> Sight:
    """Return what tells the intervals of a ruleset's params, metrics and score.

    Those of what else formulas read are ``given``, as far as they are known.
    """
    known = {("metric", SCORE): POINTS, **given}
    return Sight(ruleset.params, ruleset.metrics, known)


def scale_of(scale: ir.Scale | str, sight: Sight) -> ir.Scale | None:
    """Return a scale, or that of a param; None where the param is still required."""
    if not isinstance(scale, str):
        return scale
    param = sight.params.get(scale)
    return param.value.scale if param and isinstance(param.value, ParamScale) else None


def interval_named(key: Key, sight: Sight) -> Interval:
    """Return between which numbers a named value lies."""
    known = sight.by_name.get(key)
    if known is None:
        sight.by_name[key] = ANYTHING  # a metric read by way of a group may read itself
        known = sight.by_name[key] = _found(key, sight)
    return known


def _found(key: Key, sight: Sight) -> Interval:
    space, name = key
    if space == "param" and name in sight.params:
        value = sight.params[name].value
        node = value.node if isinstance(value, Formula) else None
        return ANYTHING if node is None else interval_of(node, sight)
    if space == "metric" and name in sight.metrics:
        metric = sight.metrics[name]
        found = interval_of(metric.value.node, sight)
        return found if metric.fraction else _settled(found, metric.type)
    return ANYTHING


def _settled(found: Interval, type_: Type) -> Interval:
    """Return the interval of values that are rounded once, to their grid."""
    grid = 1 if type_.kind in {Kind.MONEY, Kind.DURATION} else COMPOSITE_GRID
    return Interval(
        None if found.low is None else Fraction(floor(found.low * grid), grid),
        None if found.high is None else Fraction(ceil(found.high * grid), grid),
    )


def along_steps(ruleset: Ruleset, sight: Sight) -> list[tuple[Key, Sight]]:
    """Return for the steps of score and pay what is known before each of them."""
    found: list[tuple[Key, Sight]] = []
    if ruleset.score is not None:
        running = POINTS
        for name, formula in ruleset.score.steps:
            inner = with_interval(sight, ("running", SCORE), running)
            found.append(((SCORE, name), inner))
            running = interval_of(formula.node, inner)
    if ruleset.pay is not None:
        running = _total(interval_of(rule.node, sight) for _, rule in ruleset.pay.lines)
        for name, formula in ruleset.pay.steps:
            inner = with_interval(sight, ("running", PAY), running)
            found.append(((PAY, name), inner))
            running = interval_of(formula.node, inner)
    return found


def _total(intervals: Iterable[Interval]) -> Interval:
    total = Interval(Fraction(0), Fraction(0))
    for interval in intervals:
        total = _sum(total, interval)
    return total


def with_interval(sight: Sight, key: Key, interval: Interval) -> Sight:
    """Return a sight in which a value lies in an interval."""
    return Sight(sight.params, sight.metrics, {**sight.by_name, key: interval})


def interval_of(node: ir.Node, sight: Sight) -> Interval:
    """Return between which numbers a value lies where it is known."""
    match node:
        case ir.Lit(value=Fraction() as number):
            return Interval(number, number)
        case ir.Ref(space=space, name=name):
            return interval_named((str(space), name), sight)
        case ir.Aggregate(function=function, args=args):
            return _gathered(function, args, sight)
        case ir.Across(function="beats" | "beats_lower"):
            return _SHARE
        case ir.Across(function="place" | "band"):
            return Interval(Fraction(1))
        case ir.Across(function="longest_run"):
            return _NONE_BELOW
        case ir.Across(function=function, args=args):
            return _gathered(function, args, sight)
        case ir.Apply(scale=scale):
            cases = scale_of(scale, sight)
            return ANYTHING if cases is None else _scaled(cases, sight)
        case ir.Op(op=op, args=args):
            return _computed(op, args, sight)
        case _:
            return ANYTHING


def _gathered(function: str, args: tuple[ir.Node, ...], sight: Sight) -> Interval:
    if function == "share":
        return _SHARE
    if function in {"count", "distinct"}:
        return _NONE_BELOW
    if not args:
        return ANYTHING
    inner = interval_of(args[0], sight)
    if function in {"mean", "median", "min", "max"}:
        return inner._replace(low_open=False, high_open=False)
    if function == "sum" and inner.low is not None and inner.low >= 0:
        return _NONE_BELOW
    return ANYTHING


def _scaled(scale: ir.Scale, sight: Sight) -> Interval:
    """Return between which numbers the values of a scale lie, whichever case is met."""
    if isinstance(scale, ir.Line):
        heights = [height for _, height in scale.points]
        return Interval(min(heights), max(heights))
    return hull(interval_of(value, sight) for value in ir.scale_values(scale) if _counts(value))


def _counts(value: ir.Node) -> bool:
    return not (isinstance(value, ir.Lit) and value.value is None)


def hull(intervals: Iterable[Interval]) -> Interval:
    """Return the least interval around others, without limits where there are none."""
    found = list(intervals)
    if not found:
        return ANYTHING
    low = (
        None
        if any(i.low is None for i in found)
        else min(i.low for i in found if i.low is not None)
    )
    high = (
        None
        if any(i.high is None for i in found)
        else max(i.high for i in found if i.high is not None)
    )
    return Interval(
        low,
        high,
        all(i.low_open for i in found if i.low == low),
        all(i.high_open for i in found if i.high == high),
    )


def _computed(op: str, args: tuple[ir.Node, ...], sight: Sight) -> Interval:
    if op in {"attain", "attain_lower"}:
        return POINTS
    if op == "if":
        return hull(interval_of(value, sight) for value in args[1:] if _counts(value))
    if op in {"default", "at_least", "at_most", "add", "sub", "mul", "div"}:
        left, right = (interval_of(arg, sight) for arg in args)
        return _PAIRS[op](left, right)
    if op == "neg":
        return _negative(interval_of(args[0], sight))
    if op in {"round", "floor", "ceil"}:
        return _rounded(op, *(interval_of(arg, sight) for arg in args))
    return ANYTHING


def _rounded(op: str, x: Interval, step: Interval) -> Interval:
    if step.low is None:
        return ANYTHING
    least = None if x.low is None else (x.low // step.low) * step.low
    most = None if x.high is None else -((-x.high) // step.low) * step.low
    return Interval(
        x.low if op == "ceil" else least,
        x.high if op == "floor" else most,
    )


def _negative(x: Interval) -> Interval:
    return Interval(
        None if x.high is None else -x.high,
        None if x.low is None else -x.low,
        x.high_open,
        x.low_open,
    )


def _sum(x: Interval, y: Interval) -> Interval:
    return Interval(
        None if x.low is None or y.low is None else x.low + y.low,
        None if x.high is None or y.high is None else x.high + y.high,
        x.low_open or y.low_open,
        x.high_open or y.high_open,
    )


def difference(x: Interval, y: Interval) -> Interval:
    """Return between which numbers x - y lies."""
    return _sum(x, _negative(y))


def _product(x: Interval, y: Interval) -> Interval:
    for number, other in ((x, y), (y, x)):
        if number.low is not None and number.low == number.high:
            return _multiple(other, number.low)
    if None not in (x.low, x.high, y.low, y.high):
        corners = [
            a * b
            for a in (x.low, x.high)
            for b in (y.low, y.high)
            if a is not None and b is not None
        ]
        return Interval(min(corners), max(corners))
    if x.low is not None and y.low is not None and x.low >= 0 and y.low >= 0:
        return Interval(x.low * y.low)
    return ANYTHING


def _multiple(x: Interval, by: Fraction) -> Interval:
    if by < 0:
        return _multiple(_negative(x), -by)
    if by == 0:
        return Interval(by, by)
    return Interval(
        None if x.low is None else x.low * by,
        None if x.high is None else x.high * by,
        x.low_open,
        x.high_open,
    )


def _quotient(x: Interval, y: Interval) -> Interval:
    if y.low is not None and y.low == y.high and y.low != 0:
        return _multiple(x, 1 / y.low)
    if x.low is not None and y.low is not None and x.low >= 0 and y.low >= 0:
        return _NONE_BELOW
    return ANYTHING


def _at_least(x: Interval, y: Interval) -> Interval:
    lows = [low for low in (x.low, y.low) if low is not None]
    high = None if x.high is None or y.high is None else max(x.high, y.high)
    return Interval(max(lows, default=None), high)


def _at_most(x: Interval, y: Interval) -> Interval:
    return _negative(_at_least(_negative(x), _negative(y)))


def _either(x: Interval, y: Interval) -> Interval:
    return hull((x, y))


_PAIRS: Mapping[str, Callable[[Interval, Interval], Interval]] = {
    "default": _either,
    "at_least": _at_least,
    "at_most": _at_most,
    "add": _sum,
    "sub": difference,
    "mul": _product,
    "div": _quotient,
}
