"""Scales in the whole-number form: their cases, and the value at x.

The numbers of a scale are constants; where several shops are computed at once, columns.
"""

from dataclasses import replace
from fractions import Fraction
from typing import Literal, assert_never

from kpi_engine.language import core, quotients
from kpi_engine.language.core import Core, Rational, Value, whole
from kpi_engine.language.pieces import Exact, Pieces, parts_of, piecewise
from kpi_engine.text.nodes import passive


@passive
class Stair:
    """From each bound on (or above it, where false) its value holds, below the first ``lowest``."""

    lowest: Value
    steps: tuple[tuple[Exact, bool, Value], ...]


@passive
class Bands:
    """Within each pair of bounds, both ends in, its value holds, elsewhere ``otherwise``."""

    bands: tuple[tuple[Exact, Exact, Value], ...]
    otherwise: Value


@passive
class Options:
    """For each label or number its value holds, for others ``otherwise``."""

    options: tuple[tuple[str | Fraction, Value], ...]
    otherwise: Value


@passive
class Straight:
    """Straight pieces whose values lie within ``limit`` of 0."""

    pieces: Pieces
    limit: Fraction


@passive
class ScaleForm:
    """A scale whose numbers are whole-number forms; ``area`` are the pieces of its slices."""

    cases: Stair | Bands | Options | Straight
    area: Pieces | None


def applied(cases: Stair | Bands | Options | Straight, x: Value) -> Value:
    """Return the value of a scale at x."""
    match cases:
        case Stair():
            value = cases.lowest
            for bound, inclusive, result in cases.steps:
                op: Literal["ge", "gt"] = "ge" if inclusive else "gt"
                above = quotients.compare_values(op, x, _bound(bound, x))
                value = _chosen(above, result, value)
        case Bands():
            value = cases.otherwise
            for low, high, result in cases.bands:
                inside = Core(
                    "and",
                    (
                        quotients.compare_values("ge", x, _bound(low, x)),
                        quotients.compare_values("le", x, _bound(high, x)),
                    ),
                )
                value = _chosen(inside, result, value)
        case Options():
            value = cases.otherwise
            for option, result in reversed(cases.options):
                target = Core("lit", (option,)) if isinstance(option, str) else _bound(option, x)
                equal = quotients.compare_values("eq", x, target)
                value = _chosen(equal, result, value)
        case Straight():
            line = piecewise(quotients.as_rational(x), cases.pieces)
            value = replace(line, limit=cases.limit)
        case _:
            assert_never(cases)
    return value


def _chosen(condition: Core, left: Value, right: Value) -> Value:
    """Return a choice in which a bare unknown takes the form of the other side."""
    if left == core.UNKNOWN:
        left = quotients.unknown_like(right)
    if right == core.UNKNOWN:
        right = quotients.unknown_like(left)
    return quotients.choose_value(condition, left, right)


def _bound(bound: Exact, x: Value) -> Value:
    num, divisor = parts_of(bound)
    return num if isinstance(x, Core) else Rational(num, whole(divisor))
