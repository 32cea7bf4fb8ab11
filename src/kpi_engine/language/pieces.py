"""Lines and areas as pieces: straight parts, each from a bound on."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise
from math import lcm

from kpi_engine.language import core, ir, quotients
from kpi_engine.language.core import Core, Rational, whole
from kpi_engine.text.nodes import passive

Exact = Fraction | Rational
"""A number of a scale: a constant, or a column over a constant divisor."""

Piece = tuple[Fraction | None, Fraction, Fraction]
"""From a bound on (None: from below), the value is intercept + slope * x."""


@passive
class Pieces:
    """Pieces in the whole-number form: intercepts and slopes over one divisor."""

    parts: tuple[tuple[Exact | None, Core, Core], ...]
    divisor: Core


def parts_of(number: Exact) -> tuple[Core, int]:
    """Return the number above and the constant divisor of a number of a scale."""
    if isinstance(number, Fraction):
        return whole(number.numerator), number.denominator
    divisor = core.constant(number.den)
    if divisor is None:
        raise TypeError(number)
    return number.num, divisor


def line_pieces(line: ir.Line) -> list[Piece]:
    """Return a line through points as pieces, flat beyond its ends."""
    points = line.points
    pieces: list[Piece] = [(None, points[0][1], Fraction(0))]
    for (x, y), (x2, y2) in pairwise(points):
        slope = (y2 - y) / (x2 - x)
        pieces.append((x, y - slope * x, slope))
    pieces.append((points[-1][0], points[-1][1], Fraction(0)))
    return pieces


def slice_pieces(steps: ir.Steps, rate_of: Callable[[ir.Node | None], Fraction]) -> list[Piece]:
    """Return the area under a stair from 0 to x as pieces; below 0 the rate at 0 goes on."""
    lowest = rate_of(steps.lowest)
    above: list[tuple[Fraction, Fraction]] = []
    rate_at_zero = lowest
    for step in steps.steps:
        rate = rate_of(step.value)
        if step.bound < 0 or (step.bound == 0 and step.inclusive):
            rate_at_zero = rate
        else:
            above.append((step.bound, rate))
    pieces: list[Piece] = [(None, Fraction(0), rate_at_zero)]
    rate = rate_at_zero
    intercept = Fraction(0)
    for bound, next_rate in above:
        intercept += (rate - next_rate) * bound
        rate = next_rate
        pieces.append((bound, intercept, rate))
    return pieces


def common_divisor(pieces: Sequence[Piece]) -> int:
    """Return the least divisor of all intercepts and slopes."""
    return lcm(*(number.denominator for _, *line in pieces for number in line))


def whole_pieces(pieces: Sequence[Piece]) -> Pieces:
    """Return pieces in the whole-number form."""
    common = common_divisor(pieces)
    parts = ((at, whole(int(a * common)), whole(int(b * common))) for at, a, b in pieces)
    return Pieces(tuple(parts), whole(common))


def piecewise(x: Rational, pieces: Pieces) -> Rational:
    """Return intercept + slope * x of the piece x lies in, over one common divisor.

    Where x is unknown so is the result: the numerator of the last choice reads x.
    """

    def line(intercept: Core, slope: Core) -> Core:
        return core.add(core.mul(x.den, intercept), core.mul(x.num, slope))

    num = line(*pieces.parts[0][1:])
    for bound, intercept, slope in pieces.parts[1:]:
        if bound is None:
            raise TypeError(pieces)
        above, divisor = parts_of(bound)
        at = Rational(above, whole(divisor))
        num = core.choose(quotients.compare_values("ge", x, at), line(intercept, slope), num)
    return Rational(num, core.mul(x.den, pieces.divisor))
