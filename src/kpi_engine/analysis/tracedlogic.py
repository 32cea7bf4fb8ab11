"""Conditions along one variable: 1 where they hold, 0 where they do not."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import partial

from kpi_engine.analysis.courses import Course, Cut, Text, Value, flat, joined, merged, spread
from kpi_engine.analysis.grounds import (
    UndecidedError,
    View,
    condition_of,
    fact_of,
    variables_of,
    varies,
)
from kpi_engine.analysis.terms import ONE, ZERO, Sum, minus, number_in, plus, straight, times
from kpi_engine.language import ir
from kpi_engine.language.kinds import QUANTITIES, Kind


def comparison(node: ir.Op, courses: list[Course], view: View) -> Course:
    """Return the course of a comparison: 1 where it holds, else 0."""
    left, right = node.args
    if Kind.TEXT in {left.type.kind, right.type.kind}:
        return joined(partial(same_text, node, view), courses)
    if left.type.kind not in {*QUANTITIES, Kind.BOOL} or right.type.kind not in {
        *QUANTITIES,
        Kind.BOOL,
    }:
        return flat(fact_of(node, view))
    between = joined(gap, courses)
    return spread(between, partial(compared, node, view))


def gap(left: Value, right: Value) -> Value:
    """Return one value less another."""
    return minus(left, right) if isinstance(left, Mapping) and isinstance(right, Mapping) else None


def compared(node: ir.Op, view: View, between: Value) -> Course:
    """Return the course of a comparison of what lies between two values with zero."""
    if not isinstance(between, Mapping):
        return flat(None)
    number = number_in(between)
    if number is not None:
        return flat(ONE if _holds(node.op, number) else ZERO)
    if not varies(between, view):
        return flat(condition_of((node.op, frozenset(between.items())), node, view))
    line = straight(between)
    if line is None:
        raise UndecidedError(node)
    offset, rise = line
    bound = -offset / rise
    before, after = (_holds(node.op, Fraction(sign)) for sign in ((-1, 1) if rise > 0 else (1, -1)))
    there = _holds(node.op, Fraction(0))
    pieces: list[tuple[Cut | None, Value]] = [(None, ONE if before else ZERO)]
    pieces.append(((bound, False), ONE if there else ZERO))
    pieces.append(((bound, True), ONE if after else ZERO))
    return merged(pieces)


def _holds(op: str, gap: Fraction) -> bool:
    return {
        "eq": gap == 0,
        "ne": gap != 0,
        "lt": gap < 0,
        "le": gap <= 0,
        "gt": gap > 0,
        "ge": gap >= 0,
    }[op]


def same_text(node: ir.Op, view: View, left: Value, right: Value) -> Value:
    """Return whether two texts are the same, or are not."""
    if left is None or right is None:
        return None
    if not isinstance(left, Text) or not isinstance(right, Text):
        return condition_of(node, node, view)
    same: Sum = ZERO
    for word, condition in left.condition_by_word.items():
        other = right.condition_by_word.get(word, ZERO)
        same = plus(same, times(condition, other, view.factors))
    return same if node.op == "eq" else minus(ONE, same)


def membership(node: ir.Op, courses: list[Course], view: View) -> Course:
    """Return the course of a text being among others."""
    words = [arg.value for arg in node.args[1:] if isinstance(arg, ir.Lit)]

    def among(value: Value) -> Value:
        if isinstance(value, Text):
            total: Sum = ZERO
            for word in words:
                total = plus(total, value.condition_by_word.get(str(word), ZERO))
            return total
        return None if value is None else condition_of(node, node, view)

    return joined(among, courses[:1])


def known(node: ir.Op, courses: list[Course], view: View) -> Course:
    """Return the course of a value being known."""
    if view.variable not in variables_of(node, view.ground):
        return flat(condition_of(node, node, view))
    return joined(lambda value: ZERO if value is None else ONE, courses)


def negation(_node: ir.Op, courses: list[Course], _view: View) -> Course:
    """Return the course of `not`."""

    def turned(value: Value) -> Value:
        return minus(ONE, value) if isinstance(value, Mapping) else None

    return joined(turned, courses)


def conjunction(_node: ir.Op, courses: list[Course], view: View) -> Course:
    """Return the course of `and`."""

    def together(*values: Value) -> Value:
        return every([value if isinstance(value, Mapping) else None for value in values], view)

    return joined(together, courses)


def every(values: Iterable[Sum | None], view: View) -> Sum | None:
    """Return whether all conditions hold, None where that is unknown."""
    product: Sum | None = ONE
    for value in values:
        if value is not None and not value:
            return ZERO
        product = None if value is None or product is None else times(product, value, view.factors)
    return product


def disjunction(_node: ir.Op, courses: list[Course], view: View) -> Course:
    """Return the course of `or`."""

    def together(*values: Value) -> Value:
        turned = [minus(ONE, value) if isinstance(value, Mapping) else None for value in values]
        none_holds = every(turned, view)
        return None if none_holds is None else minus(ONE, none_holds)

    return joined(together, courses)


def mixed(view: View, conditions: list[Sum], *values: Value) -> Value:
    """Return values by the conditions of which one holds; unknown ones are left out."""
    known = [(c, v) for c, v in zip(conditions, values, strict=True) if v is not None]
    if len(known) == 1:
        return known[0][1]
    texts: dict[str, Sum] = {}
    total: Sum = ZERO
    for condition, value in known:
        if isinstance(value, Text):
            for word, inner in value.condition_by_word.items():
                met = times(condition, inner, view.factors)
                texts[word] = plus(texts.get(word, ZERO), met)
        else:
            total = plus(total, times(condition, value, view.factors))
    if texts:
        return Text(texts)
    return total if known else None
