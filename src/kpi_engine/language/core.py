"""The whole-number form of a formula: what a machine with 128-bit integers computes exactly.

Fractions have become pairs of whole numbers. Every whole number knows the interval it lies in, so
that overflow is impossible: an operation that could leave the budget is refused when the ruleset is
compiled, not met when it runs. Unknown goes through every operation; ``and`` and ``or`` are
Kleene's.
"""

from dataclasses import field
from fractions import Fraction
from functools import lru_cache
from math import ceil
from typing import Literal, NamedTuple

from kpi_engine.text.nodes import passive

BUDGET_BITS = 124
"""Intermediate whole numbers stay below 2**124, so that doubling for a rounding still fits."""

_TOO_WIDE = 2**BUDGET_BITS

WIDEST_INPUT = 2**53
"""Counts, amounts and instants beyond this are rejected as they are read."""

Operation = Literal[
    "lit",
    "column",
    "gather",
    "over",
    "add",
    "sub",
    "mul",
    "neg",
    "abs",
    "sign",
    "floordiv",
    "mod",
    "nonzero",
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "and",
    "or",
    "not",
    "known",
    "if",
    "in",
    "in_hours",
    "day_of_time",
    "month_of_date",
    "month_of_time",
]


class TooWideError(ValueError):
    """A whole number that may need more bits than the budget has."""

    def __init__(self, bits: int) -> None:
        super().__init__(bits)
        self.bits = bits


class QuotientGatheredError(ValueError):
    """A quotient of two row values where only whole numbers can be gathered or kept."""


class Core(NamedTuple):
    """One operation; ``low`` and ``high`` bound a whole number, None for conditions and texts.

    ``args`` are cores, but for the value of ``lit``, the name of ``column``, the `Gather` of
    ``gather``, the `Over` of ``over`` behind them, the labels of ``in`` and the minutes of
    ``in_hours`` after the first.
    """

    op: Operation
    args: tuple[object, ...]
    low: int | None = None
    high: int | None = None


GatherFunction = Literal["count", "sum", "min", "max", "distinct", "lower_middle", "upper_middle"]


class Gather(NamedTuple):
    """One whole number gathered from a group of rows; ``count`` takes a condition or nothing."""

    function: GatherFunction
    argument: Core | None


OverFunction = Literal[
    "count",
    "sum",
    "min",
    "max",
    "distinct",
    "lower_middle",
    "upper_middle",
    "running_sum",
    "position",
]


class Over(NamedTuple):
    """What is gathered from the rows that share some keys, and stays beside each of them.

    Of the operands the first ``keys`` tell groups apart, the next ``order`` put their rows in
    order, an unknown last; the last is gathered. A ``running_sum`` includes its own row, a
    ``position`` counts from 0, whatever is gathered.
    """

    function: OverFunction
    keys: int
    order: int


Size = Fraction | int
"""What a quotient cannot exceed: a whole number where it is one."""


@passive
class Rational:
    """A fraction of two whole numbers, the lower one above zero or unknown.

    ``limit`` is a size the quotient cannot exceed where more is known than the two intervals say:
    a share is never above 1.
    """

    num: Core
    den: Core
    limit: Size | None = field(default=None, compare=False)


Value = Rational | Core


@lru_cache(maxsize=1024)
def whole(value: int) -> Core:
    """Return a constant whole number."""
    return Core("lit", (value,), value, value)


ONE = whole(1)
UNKNOWN_WHOLE = Core("lit", (None,), 0, 0)
UNKNOWN = Core("lit", (None,))


def constant(core: Core) -> int | None:
    """Return the value of a constant whole number, or None where it is not constant."""
    if core.op == "lit" and core.low is not None:
        value = core.args[0]
        return value if isinstance(value, int) else None
    return None


def bounds(core: Core) -> tuple[int, int]:
    """Return the interval of a whole number."""
    if core.low is None or core.high is None:
        raise TypeError(core.op)
    return core.low, core.high


def limit_of(value: Rational) -> Size:
    """Return a size that the quotient cannot exceed."""
    (low, high), limit = bounds(value.num), value.limit
    size, divisor = max(-low, high, low, -high), max(bounds(value.den)[0], 1)
    if limit is not None and limit.numerator * divisor <= size * limit.denominator:
        return limit
    return size if divisor == 1 else Fraction(size, divisor)


def within(core: Core, limit: Size) -> Core:
    """Return a whole number whose interval is narrowed to a size it cannot exceed."""
    low, high = bounds(core)
    size = ceil(limit)
    return Core(core.op, core.args, max(low, -size), min(high, size))


def _made(op: Operation, args: tuple[Core, ...], low: int, high: int) -> Core:
    if not (-_TOO_WIDE < low < _TOO_WIDE and -_TOO_WIDE < high < _TOO_WIDE):
        raise TooWideError(max(abs(low), abs(high)).bit_length())
    return Core(op, args, low, high)


def _within_budget(value: int) -> Core:
    if value.bit_length() > BUDGET_BITS:
        raise TooWideError(value.bit_length())
    return whole(value)


def add(left: Core, right: Core) -> Core:
    """Return left + right."""
    a, b = constant(left), constant(right)
    if a is not None and b is not None:
        return _within_budget(a + b)
    if a == 0:
        return right
    if b == 0:
        return left
    (low, high), (low2, high2) = bounds(left), bounds(right)
    return _made("add", (left, right), low + low2, high + high2)


def sub(left: Core, right: Core) -> Core:
    """Return left - right."""
    a, b = constant(left), constant(right)
    if a is not None and b is not None:
        return _within_budget(a - b)
    if b == 0:
        return left
    (low, high), (low2, high2) = bounds(left), bounds(right)
    return _made("sub", (left, right), low - high2, high - low2)


def mul(left: Core, right: Core) -> Core:
    """Return left * right."""
    a, b = constant(left), constant(right)
    if a is not None and b is not None:
        return _within_budget(a * b)
    if a == 1:
        return right
    if b == 1:
        return left
    (low, high), (low2, high2) = bounds(left), bounds(right)
    corners = (low * low2, low * high2, high * low2, high * high2)
    return _made("mul", (left, right), min(corners), max(corners))


def neg(operand: Core) -> Core:
    """Return -operand."""
    a = constant(operand)
    if a is not None:
        return whole(-a)
    low, high = bounds(operand)
    return _made("neg", (operand,), -high, -low)


def absolute(operand: Core) -> Core:
    """Return the operand without its sign."""
    low, high = bounds(operand)
    if low >= 0:
        return operand
    return _made("abs", (operand,), 0 if high >= 0 else -high, max(-low, high))


def sign(operand: Core) -> Core:
    """Return -1, 0 or 1."""
    low, high = bounds(operand)
    return _made("sign", (operand,), -1 if low < 0 else 0, 1 if high > 0 else 0)


def nonzero(operand: Core) -> Core:
    """Return the operand, unknown where it is zero."""
    low, high = bounds(operand)
    if low > 0 or high < 0:
        return operand
    return _made("nonzero", (operand,), low, high)


def positive(operand: Core) -> Core:
    """Return a whole number known to be above zero or unknown, its interval narrowed to that."""
    low, high = bounds(operand)
    guarded = nonzero(operand)
    return Core(guarded.op, guarded.args, max(low, 1), max(high, 1))


def floordiv(num: Core, den: Core) -> Core:
    """Return the greatest whole number not above num / den; den is above zero."""
    d = constant(den)
    if d == 1:
        return num
    (low, high), (low2, high2) = bounds(num), bounds(den)
    low2 = max(low2, 1)
    corners = (low // low2, low // high2, high // low2, high // high2)
    return _made("floordiv", (num, den), min(corners), max(corners))


def mod(num: Core, den: Core) -> Core:
    """Return num - den * (num // den); den is above zero."""
    return _made("mod", (num, den), 0, bounds(den)[1] - 1)


def round_away(num: Core, den: Core) -> Core:
    """Return num / den rounded to a whole number, halves away from zero; den is above zero."""
    if constant(den) == 1:
        return num
    low, _ = bounds(num)
    doubled = add(mul(absolute(num), whole(2)), den)
    magnitude = floordiv(doubled, mul(den, whole(2)))
    return magnitude if low >= 0 else mul(sign(num), magnitude)


def round_to_grid(num: Core, den: Core, grid: int) -> Core:
    """Return num * grid / den rounded, halves away from zero; wide fractions by long division."""
    try:
        return round_away(mul(num, whole(grid)), den)
    except TooWideError:
        low, _ = bounds(num)
        remaining = absolute(num)
        total = floordiv(remaining, den)
        for factor in _factors(grid, den):
            carried = mul(mod(remaining, den), whole(factor))
            total = add(mul(total, whole(factor)), floordiv(carried, den))
            remaining = carried
        half = compare("ge", mul(mod(remaining, den), whole(2)), den)
        rounded = add(total, choose(half, ONE, whole(0)))
        return rounded if low >= 0 else mul(sign(num), rounded)


def _factors(grid: int, den: Core) -> list[int]:
    """Return powers of ten that multiply to the grid, each small enough beside the divisor."""
    spare = BUDGET_BITS - bounds(den)[1].bit_length()
    digits = min((spare * 3) // 10, 9)
    if digits < 1:
        raise TooWideError(bounds(den)[1].bit_length() + 4)
    factors = []
    while grid > 1:
        factor = min(10**digits, grid)
        factors.append(factor)
        grid //= factor
    return factors


Comparison = Literal["eq", "ne", "lt", "le", "gt", "ge"]


def compare(op: Comparison, left: Core, right: Core) -> Core:
    """Return a condition on two whole numbers, texts, days or conditions."""
    return Core(op, (left, right))


def known(value: Value) -> Core:
    """Return the condition, never unknown itself, that a value is known."""
    match value:
        case Rational():
            if constant(value.den) is not None:
                return Core("known", (value.num,))
            return Core("and", (Core("known", (value.num,)), Core("known", (value.den,))))
        case Core():
            return Core("known", (value,))


def choose(condition: Core, left: Core, right: Core) -> Core:
    """Return left where the condition is true, else right (where it is unknown too)."""
    if left == right:
        return left
    if left.low is None or right.low is None:
        if left == UNKNOWN and right.low is not None:
            left = UNKNOWN_WHOLE
        elif right == UNKNOWN and left.low is not None:
            right = UNKNOWN_WHOLE
        else:
            return Core("if", (condition, left, right))
    (low, high), (low2, high2) = bounds(left), bounds(right)
    return _made("if", (condition, left, right), min(low, low2), max(high, high2))
