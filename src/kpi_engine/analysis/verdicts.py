"""Comparisons that always or never hold, and cases that nothing reaches, by what values can be.

A value lies in an interval as far as the rules tell, and inside the branch of an `if`, or behind an
`and`, in what is left of it. What is found holds wherever the values are known.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from kpi_engine.analysis.intervals import (
    Bound,
    Interval,
    Sight,
    difference,
    hull,
    interval_of,
    with_interval,
)
from kpi_engine.language import ir
from kpi_engine.language.kinds import QUANTITIES

_OPPOSITES = {"lt": "ge", "le": "gt", "gt": "le", "ge": "lt", "eq": "ne", "ne": "eq"}
COMPARISONS = frozenset(_OPPOSITES)
_TURNED = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le", "eq": "eq", "ne": "ne"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """A comparison that always holds, or never, and what is known of its sides there."""

    node: ir.Op
    holds: bool
    known: tuple[tuple[ir.Node, Interval], ...]


@dataclass(frozen=True, slots=True)
class Applied:
    """A scale, or the name of a param's, where it is applied: what it goes by, and between what."""

    scale: ir.Scale | str
    x: ir.Node
    interval: Interval


def judge(node: ir.Node, sight: Sight) -> Iterator[Verdict | Applied]:
    """Return the verdicts on the comparisons of a formula, and the scales it applies."""
    match node:
        case ir.Op(op="if", args=(condition, value, otherwise)):
            yield from judge(condition, sight)
            yield from judge(value, _narrowed(sight, condition, holds=True))
            yield from judge(otherwise, _narrowed(sight, condition, holds=False))
        case ir.Op(op="and" | "or", args=args):
            for arg in args:
                yield from judge(arg, sight)
                sight = _narrowed(sight, arg, holds=node.op == "and")
        case ir.Op(op=op) if op in _OPPOSITES:
            yield from _judged(node, sight)
            for arg in node.args:
                yield from judge(arg, sight)
        case ir.Op(op="in", args=(operand, *options)):
            labels = operand.type.labels
            listed = {option.value for option in options if isinstance(option, ir.Lit)}
            if labels is not None and len(labels) > 1 and listed.issuperset(labels):
                yield Verdict(node, holds=True, known=())
        case ir.Apply(x=x):
            interval = interval_of(x, sight)
            yield Applied(node.scale, x, interval)
            yield from judge(x, sight)
            if not isinstance(node.scale, str):
                yield from _judged_cases(node.scale, x, interval, sight)
        case ir.Slices(scale=scale, x=x):
            yield Applied(scale, x, hull((Interval(Fraction(0)), interval_of(x, sight))))
            yield from judge(x, sight)
        case _:
            for child in ir.children(node):
                yield from judge(child, sight)


def _judged(node: ir.Op, sight: Sight) -> Iterator[Verdict]:
    """Return the verdict on a comparison of numbers, of which at least one is no constant."""
    left, right = node.args
    if left.type.kind not in QUANTITIES or right.type.kind not in QUANTITIES:
        return
    changing = [side for side in node.args if _changes(side)]
    if not changing:
        return
    if left == right:
        yield Verdict(node, holds=node.op in {"eq", "le", "ge"}, known=())
        return
    sides = [interval_of(side, sight) for side in node.args]
    holds = _decided(node.op, difference(*sides))
    if holds is not None:
        known = tuple((side, interval_of(side, sight)) for side in changing)
        yield Verdict(node, holds, known)


def _changes(node: ir.Node) -> bool:
    """Return whether a value is no constant of the ruleset."""
    match node:
        case ir.Ref(space=space):
            return space != "param"
        case ir.Aggregate():
            return True
        case _:
            return any(map(_changes, ir.children(node)))


def _decided(op: str, gap: Interval) -> bool | None:
    """Return whether a gap compares with zero always or never, None where sometimes."""
    zero = Fraction(0)
    above = gap.low is not None and (gap.low > zero or (gap.low == zero and gap.low_open))
    below = gap.high is not None and (gap.high < zero or (gap.high == zero and gap.high_open))
    not_below = gap.low is not None and gap.low >= zero
    not_above = gap.high is not None and gap.high <= zero
    match op:
        case "lt":
            return True if below else False if not_below else None
        case "le":
            return True if not_above else False if above else None
        case "gt":
            return True if above else False if not_above else None
        case "ge":
            return True if not_below else False if below else None
        case "eq":
            return False if above or below else None
        case _:
            return True if above or below else None


def _narrowed(sight: Sight, condition: ir.Node, *, holds: bool) -> Sight:
    """Return what is known where a condition is true, or where it is false."""
    match condition:
        case ir.Op(op="not", args=(inner,)):
            return _narrowed(sight, inner, holds=not holds)
        case ir.Op(op="default", args=(inner, ir.Lit(value=False))) if holds:
            return _narrowed(sight, inner, holds=True)
        case ir.Op(op="default", args=(ir.Op(args=(left, right)) as inner, ir.Lit(value=False))):
            # unknown alone where the value asked for is, of which then nothing is said
            certain = inner.op in _OPPOSITES and not (left.type.nullable and right.type.nullable)
            return _narrowed(sight, inner, holds=False) if certain else sight
        case ir.Op(op="and" | "or" as op, args=args) if (op == "and") == holds:
            for arg in args:
                sight = _narrowed(sight, arg, holds=holds)
            return sight
        case ir.Op(op=op, args=(left, right)) if op in _OPPOSITES:
            met = op if holds else _OPPOSITES[op]
            sight = _bounded(sight, left, met, right)
            return _bounded(sight, right, _TURNED[met], left)
        case _:
            return sight


def _bounded(sight: Sight, side: ir.Node, op: str, other: ir.Node) -> Sight:
    """Return a sight in which a named value compares so with another."""
    if not isinstance(side, ir.Ref) or side.space == "param" or side.type.kind not in QUANTITIES:
        return sight
    key = (str(side.space), side.name)
    limit = interval_of(other, sight)
    low = (limit.low, limit.low_open or op == "gt") if op in {"gt", "ge", "eq"} else None
    high = (limit.high, limit.high_open or op == "lt") if op in {"lt", "le", "eq"} else None
    return with_interval(sight, key, _cut(interval_of(side, sight), low, high))


def _cut(
    interval: Interval, low: tuple[Bound, bool] | None, high: tuple[Bound, bool] | None
) -> Interval:
    found = interval
    if low is not None and low[0] is not None:
        tighter = found.low is None or low[0] > found.low or (low[0] == found.low and low[1])
        found = found._replace(low=low[0], low_open=low[1]) if tighter else found
    if high is not None and high[0] is not None:
        tighter = found.high is None or high[0] < found.high or (high[0] == found.high and high[1])
        found = found._replace(high=high[0], high_open=high[1]) if tighter else found
    return found


def is_empty(interval: Interval) -> bool:
    """Return whether no number lies in an interval."""
    low, high = interval.low, interval.high
    if low is None or high is None:
        return False
    return low > high or (low == high and (interval.low_open or interval.high_open))


def reaches(scale: ir.Scale) -> Iterator[tuple[Interval, ir.Node]]:
    """Return for the cases of a scale of numbers where each holds, `else` and lines left out."""
    match scale:
        case ir.Steps(lowest=lowest, steps=steps):
            ends = [*steps[1:], None]
            if lowest is not None:
                first = steps[0]
                yield Interval(None, first.bound, high_open=first.inclusive), lowest
            for step, following in zip(steps, ends, strict=True):
                high = following.bound if following is not None else None
                open_above = following is not None and following.inclusive
                yield Interval(step.bound, high, not step.inclusive, open_above), step.value
        case ir.Ranges(ranges=ranges):
            for band in ranges:
                yield Interval(band.low, band.high), band.value
        case ir.Choice(options=options):
            for option, value in options:
                if isinstance(option, Fraction):
                    yield Interval(option, option), value
        case ir.Line():
            return


def meet(x: Interval, y: Interval) -> Interval:
    """Return what two intervals have in common."""
    return _cut(x, (y.low, y.low_open), (y.high, y.high_open))


def _judged_cases(
    scale: ir.Scale, x: ir.Node, interval: Interval, sight: Sight
) -> Iterator[Verdict | Applied]:
    """Return the verdicts on the values of cases, each where what the scale goes by lies there."""
    inside = {id(value): meet(interval, reach) for reach, value in reaches(scale)}
    for value in ir.scale_values(scale):
        narrowed = inside.get(id(value))
        inner = sight
        if narrowed is not None and isinstance(x, ir.Ref) and not is_empty(narrowed):
            inner = with_interval(sight, (str(x.space), x.name), narrowed)
        yield from judge(value, inner)


def unreached(scale: ir.Scale, intervals: Sequence[Interval]) -> Iterator[ir.Node]:
    """Return the values of the cases that nothing in any of some intervals reaches."""
    for reach, value in reaches(scale):
        if intervals and all(is_empty(meet(interval, reach)) for interval in intervals):
            yield value
