"""From a formula to its course along one variable, everything else as it is.

What changes by several values at once is refused. No binary float comes near it.
"""

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import partial

from kpi_engine.analysis.courses import Course, Text, Value, flat, is_unbroken, joined, spread
from kpi_engine.analysis.grounds import UndecidedError, View, fact_of, followed_by, variables_of
from kpi_engine.analysis.intervals import interval_named, scale_of
from kpi_engine.analysis.terms import ONE, VARIABLE, ZERO, minus, number_in, plain
from kpi_engine.analysis.tracedlogic import (
    comparison,
    conjunction,
    disjunction,
    known,
    membership,
    mixed,
    negation,
)
from kpi_engine.analysis.tracedscales import along_scale, along_slices
from kpi_engine.analysis.tracedsums import (
    attained,
    extreme,
    filled_in,
    negative,
    product,
    quotient,
    rounding,
    total,
)
from kpi_engine.analysis.verdicts import COMPARISONS
from kpi_engine.language import ir


def course_of(node: ir.Node, view: View) -> Course:
    """Return the course of a formula along the variable of a view.

    Raises:
        UndecidedError: it is not made of pieces, or where one begins hangs on several values.
        TooManyTermsError: it cannot be read any more.
    """
    match node:
        case ir.Lit(value=value):
            return flat(_literal(node, value, view))
        case ir.Ref():
            return _named(node, view)
        case ir.Apply(scale=scale, x=x):
            cases = scale_of(scale, view.ground.sight)
            if cases is None:
                return flat(fact_of(node, view))
            inner = partial(along_scale, node, cases, course_of, view)
            return _along(node, x, inner, view, unbroken=isinstance(cases, ir.Line))
        case ir.Slices(x=x):
            return _along(node, x, partial(along_slices, node, view), view, unbroken=True)
        case ir.Op(op="if"):
            return _choice(node, view)
        case ir.Op(op=op, args=args) if op in _COURSE_BY_OP:
            return _COURSE_BY_OP[op](node, [course_of(arg, view) for arg in args], view)
        case ir.Op():
            return flat(fact_of(node, view))
        case ir.Aggregate() | ir.Across() | ir.Previous():
            return flat(fact_of(node, view))


def _along(
    node: ir.Node, x: ir.Node, inner: Callable[[Value], Course], view: View, *, unbroken: bool
) -> Course:
    """Return what a scale gives; one without jumps moves where what it goes by is not straight."""
    course = course_of(x, view)
    try:
        return spread(course, inner)
    except UndecidedError:
        if unbroken and is_unbroken(course):
            return flat(fact_of(node, view, 0))
        raise


def _literal(node: ir.Lit, value: ir.LitValue, view: View) -> Value:
    match value:
        case None:
            return None
        case bool():
            return ONE if value else ZERO
        case Fraction():
            return plain(value)
        case str():
            return Text({value: ONE})
        case _:
            return fact_of(node, view)


def _named(ref: ir.Ref, view: View) -> Course:
    if (ref.space, ref.name) == view.variable:
        return flat({(VARIABLE,): Fraction(1)})
    if ref.space == "param":
        low, high, *_ = interval_named(("param", ref.name), view.ground.sight)
        return flat(plain(low) if low is not None and low == high else fact_of(ref, view))
    followed = followed_by(ref, view.ground)
    if followed is not None and view.variable in variables_of(followed, view.ground):
        return course_of(followed, view)
    return flat(fact_of(ref, view))


def _choice(node: ir.Op, view: View) -> Course:
    """Return the course of an `if`; where its condition is known the other value is left alone."""
    condition, *choices = node.args

    def chosen(value: Value) -> Course:
        if not isinstance(value, Mapping):
            return flat(None)
        number = number_in(value)
        if number is not None:
            return course_of(choices[0] if number else choices[1], view)
        pair = [course_of(choice, view) for choice in choices]
        return joined(partial(mixed, view, [value, minus(ONE, value)]), pair)

    return spread(course_of(condition, view), chosen)


_COURSE_BY_OP: Mapping[str, Callable[[ir.Op, list[Course], View], Course]] = {
    "add": total,
    "sub": total,
    "neg": negative,
    "mul": product,
    "div": quotient,
    "default": filled_in,
    **dict.fromkeys(COMPARISONS, comparison),
    "in": membership,
    "known": known,
    "not": negation,
    "and": conjunction,
    "or": disjunction,
    "at_least": extreme,
    "at_most": extreme,
    **dict.fromkeys(("round", "floor", "ceil"), rounding),
    "attain": attained,
    "attain_lower": attained,
}
