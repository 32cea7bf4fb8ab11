"""Lines and areas as pieces: straight parts, each from a bound on."""

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from math import lcm

from kpi_engine.language import core, ir, quotients
from kpi_engine.language.core import Core, Rational, whole

Piece = tuple[Fraction | None, Fraction, Fraction]
"""From a bound on (None: from below), the value is intercept + slope * x."""


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


def piecewise(x: Rational, pieces: list[Piece]) -> Rational:
    """Return intercept + slope * x of the piece x lies in, over one common divisor.

    Where x is unknown so is the result: the numerator of the last choice reads x.
    """
    common = lcm(*(c.denominator for _, a, b in pieces for c in (a, b)))

    def line(intercept: Fraction, slope: Fraction) -> Core:
        return core.add(
            core.mul(x.den, whole(int(intercept * common))),
            core.mul(x.num, whole(int(slope * common))),
        )

    num = line(*pieces[0][1:])
    for bound, intercept, slope in pieces[1:]:
        if bound is None:
            raise TypeError(pieces)
        at = Rational(whole(bound.numerator), whole(bound.denominator))
        num = core.choose(quotients.compare_values("ge", x, at), line(intercept, slope), num)
    return Rational(num, core.mul(x.den, whole(common)))
