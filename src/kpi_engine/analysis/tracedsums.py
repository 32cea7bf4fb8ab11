"""Arithmetic along one variable."""

from collections.abc import Mapping
from fractions import Fraction
from functools import partial

from kpi_engine.analysis.courses import (
    Course,
    Cut,
    Value,
    flat,
    is_unbroken,
    joined,
    merged,
    spread,
)
from kpi_engine.analysis.grounds import (
    UndecidedError,
    View,
    both,
    fact_of,
    trend_along,
    turned,
    variables_of,
    varies,
)
from kpi_engine.analysis.intervals import interval_named, interval_of
from kpi_engine.analysis.terms import (
    ONE,
    Fact,
    Sum,
    factor,
    factors_of,
    minus,
    number_in,
    plain,
    plus,
    scaled,
    straight,
    times,
)
from kpi_engine.analysis.tracedlogic import compared, gap, mixed
from kpi_engine.analysis.tracedscales import along_pieces
from kpi_engine.analysis.wording import words_of
from kpi_engine.language import ir
from kpi_engine.language.kinds import QUANTITIES, Kind
from kpi_engine.language.pieces import Piece

MOST_CUTS = 64
_HUNDRED = Fraction(100)


def total(node: ir.Op, courses: list[Course], view: View) -> Course:
    """Return the course of a sum or difference."""
    if node.type.kind not in QUANTITIES:
        return flat(fact_of(node, view))
    add = plus if node.op == "add" else minus

    def together(left: Value, right: Value) -> Value:
        return (
            add(left, right) if isinstance(left, Mapping) and isinstance(right, Mapping) else None
        )

    return joined(together, courses)


def negative(_node: ir.Op, courses: list[Course], _view: View) -> Course:
    """Return the course of a value with its sign turned."""

    def negated(value: Value) -> Value:
        return scaled(value, -1) if isinstance(value, Mapping) else None

    return joined(negated, courses)


def product(_node: ir.Op, courses: list[Course], view: View) -> Course:
    """Return the course of a product."""

    def together(left: Value, right: Value) -> Value:
        if not isinstance(left, Mapping) or not isinstance(right, Mapping):
            return None
        return times(left, right, view.factors)

    return joined(together, courses)


def quotient(node: ir.Op, courses: list[Course], view: View) -> Course:
    """Return the course of a quotient; one by the variable moves without a jump."""
    above, below = courses
    if any(varies(value, view) for _, value in below):
        if is_unbroken(above) and is_unbroken(below):
            trend = both(trend_along(above, view), turned(trend_along(below, view)))
            low = interval_of(node, view.ground.sight).low
            return flat(fact_of(node, view, trend if low is not None and low >= 0 else 0))
        raise UndecidedError(node)

    def divided(left: Value, right: Value) -> Value:
        if not isinstance(left, Mapping) or not isinstance(right, Mapping) or not right:
            return None
        number = number_in(right)
        if number is not None:
            return scaled(left, 1 / number)
        fact = Fact(
            f"1 / {words_of(node.args[1], view.ground.currency)}",
            least=_never_below_zero(right, view),
        )
        inverse = factor(view.factors, ("inverse", frozenset(right.items())), fact)
        return times(left, inverse, view.factors)

    return joined(divided, (above, below))


def _never_below_zero(value: Sum, view: View) -> bool:
    facts = view.factors.facts
    return all(number > 0 for number in value.values()) and all(
        facts[number].least for number in factors_of([value])
    )


def filled_in(_node: ir.Op, courses: list[Course], _view: View) -> Course:
    """Return a value, or where it is unknown the spare one; whatever is read counts as known."""

    def filled(value: Value, spare: Value) -> Value:
        return spare if value is None else value

    return joined(filled, courses)


def extreme(node: ir.Op, courses: list[Course], view: View) -> Course:
    """Return the course of the greater or the lesser of two values."""
    left, right = courses
    if ir.references(node) and view.variable not in variables_of(node, view.ground):
        return flat(fact_of(node, view))
    low = node.op == "at_most"
    try:
        gaps = joined(gap, (left, right))
        firsts = spread(gaps, partial(_is_chosen, node, view, low=low))
    except UndecidedError:
        if is_unbroken(left) and is_unbroken(right):
            return flat(
                fact_of(node, view, both(trend_along(left, view), trend_along(right, view)))
            )
        raise

    def taken(first: Value, x: Value, y: Value) -> Value:
        if x is None or y is None or not isinstance(first, Mapping):
            return None
        return mixed(view, [first, minus(ONE, first)], x, y)

    return joined(taken, (firsts, left, right))


def _is_chosen(node: ir.Op, view: View, between: Value, *, low: bool) -> Course:
    question = ir.Op("le" if low else "ge", node.args, node.type._replace(kind=Kind.BOOL))
    return compared(question, view, between)


def rounding(node: ir.Op, courses: list[Course], view: View) -> Course:
    """Return the course of a rounded value: a stair, or where money goes to its unit, as it was."""
    x, step = node.args
    size = step.value if isinstance(step, ir.Lit) else None
    if view.variable not in variables_of(x, view.ground):
        return flat(fact_of(node, view))
    course = courses[0]
    if not isinstance(size, Fraction) or (node.type.kind is Kind.MONEY and size <= 1):
        return course
    return spread(course, partial(_stair, node, size, view))


def _stair(node: ir.Op, size: Fraction, view: View, value: Value) -> Course:
    line = straight(value) if isinstance(value, Mapping) else None
    if value is None:
        return flat(None)
    domain = interval_named(view.variable, view.ground.sight)
    if line is None or domain.low is None or domain.high is None:
        raise UndecidedError(node)
    offset, rise = line
    shift = {"floor": Fraction(0), "ceil": Fraction(1), "round": Fraction(1, 2)}[node.op]
    if rise == 0:
        return flat(plain(_stepped(node.op, offset, size)))
    ends = sorted((offset + rise * domain.low, offset + rise * domain.high))
    first, last = ends[0] // size - 1, ends[1] // size + 1
    if last - first > MOST_CUTS:
        raise UndecidedError(node)
    # between two multiples, shifted by half a step for halves, the rounded value stays as it is
    bounds = [(k + (shift if node.op == "round" else 0)) * size for k in range(first, last + 1)]
    pieces: list[tuple[Cut | None, Value]] = []
    for at_x in sorted((bound - offset) / rise for bound in bounds):
        pieces.append(((at_x, False), plain(_stepped(node.op, offset + rise * at_x, size))))
        beyond = offset + rise * at_x + (size / 4 if rise > 0 else -size / 4)
        pieces.append(((at_x, True), plain(_stepped(node.op, beyond, size))))
    before = bounds[0] - size / 4 if rise > 0 else bounds[-1] + size / 4
    return merged([(None, plain(_stepped(node.op, before, size))), *pieces])


def _stepped(op: str, x: Fraction, size: Fraction) -> Fraction:
    if op == "floor":
        return (x // size) * size
    if op == "ceil":
        return -((-x) // size) * size
    halves = (abs(x) / size + Fraction(1, 2)) // 1 * size
    return halves if x >= 0 else -halves


def attained(node: ir.Op, courses: list[Course], view: View) -> Course:
    """Return the course of points for a target, held between 0 and 100."""
    if view.variable not in variables_of(node, view.ground):
        return flat(fact_of(node, view))
    x, target = courses
    goal = (
        number_in(target[0][1]) if len(target) == 1 and isinstance(target[0][1], Mapping) else None
    )
    if node.op == "attain" and goal is not None and goal > 0:
        held: list[Piece] = [
            (None, Fraction(0), Fraction(0)),
            (Fraction(0), Fraction(0), _HUNDRED / goal),
            (goal, _HUNDRED, Fraction(0)),
        ]
        return spread(x, partial(along_pieces, node, held, None, view))
    if goal is not None and goal <= 0:
        raise UndecidedError(node)
    if not (is_unbroken(x) and is_unbroken(target)):
        raise UndecidedError(node)
    measured, aimed = trend_along(x, view), trend_along(target, view)
    if node.op == "attain_lower":
        return flat(fact_of(node, view, both(turned(measured), aimed)))
    return flat(fact_of(node, view, both(measured, turned(aimed))))
