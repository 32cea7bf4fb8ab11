"""Values of the reference, and what every operator does to them.

Numbers, money in minor units and durations in microseconds are fractions; a time is a whole number
of microseconds since 1970 UTC, a month year * 12 + month - 1, hours a pair of minutes; unknown is
None. Operators answer unknown where an operand is unknown, except ``and``, ``or`` and ``is``.
"""

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from math import floor
from typing import cast

from kpi_engine.language.currencies import MINOR_DIGITS
from kpi_engine.language.syntax import Number

Value = Fraction | int | str | bool | date | tuple[int, int] | None
Row = Mapping[str, Value]

SECOND = 10**6
DAY = 86400 * SECOND
MICROSECONDS = {"s": SECOND, "min": 60 * SECOND, "h": 3600 * SECOND, "days": DAY}

HUNDRED = Fraction(100)


def if_known(function: Callable[..., Value]) -> Callable[..., Value]:
    """Return the function made to answer unknown where an argument is unknown.

    >>> if_known(max)(Fraction(1), None) is None
    True
    """

    def answer(*arguments: Value) -> Value:
        return None if any(argument is None for argument in arguments) else function(*arguments)

    return answer


def read_quantity(number: Number) -> Fraction:
    """Return what a number with its unit stands for: a fraction, minor units or microseconds.

    >>> read_quantity(Number(Fraction(70), "%"))
    Fraction(7, 10)
    """
    if number.unit is None:
        return number.value
    if number.unit == "%":
        return number.value / 100
    if number.unit in MICROSECONDS:
        return number.value * MICROSECONDS[number.unit]
    return number.value * Fraction(10) ** MINOR_DIGITS[number.unit]


def round_half_away(x: Fraction, step: Fraction) -> Fraction:
    """Return the multiple of step that is nearest to x, of two the one farther from zero.

    >>> round_half_away(Fraction(-5, 2), Fraction(1))
    Fraction(-3, 1)
    """
    size = floor(abs(x) / step + Fraction(1, 2)) * step
    return -size if x < 0 else size


def hold(x: Fraction, low: Fraction, high: Fraction) -> Fraction:
    """Return x held between low and high.

    >>> hold(Fraction(101), Fraction(0), HUNDRED)
    Fraction(100, 1)
    """
    return max(low, min(high, x))


def unknown_last(value: Value) -> tuple[bool, Value]:
    """Return what values are sorted by to be ascending, the unknown ones last.

    >>> sorted(["b", None, "a"], key=unknown_last)
    ['a', 'b', None]
    """
    return value is None, value


def all_true(values: Sequence[Value]) -> bool | None:
    """Return the Kleene conjunction: false beats unknown, unknown beats true.

    >>> all_true([None, False]), all_true([None, True])
    (False, None)
    """
    if any(value is False for value in values):
        return False
    return None if any(value is None for value in values) else True


def any_true(values: Sequence[Value]) -> bool | None:
    """Return the Kleene disjunction: true beats unknown, unknown beats false.

    >>> any_true([None, True]), any_true([None, False])
    (True, None)
    """
    if any(value is True for value in values):
        return True
    return None if any(value is None for value in values) else False


def _subtract(left: Value, right: Value) -> Value:
    if isinstance(left, date) and isinstance(right, date):
        return Fraction((left - right).days * DAY)
    if isinstance(left, int):
        return Fraction(left - right) if isinstance(right, int) else left - _to_microsecond(right)
    difference: Fraction = operator.sub(left, right)
    return difference


def _add(left: Fraction | int, right: Fraction | int) -> Fraction | int:
    if isinstance(left, int):
        return left + _to_microsecond(right)
    return _to_microsecond(left) + right if isinstance(right, int) else left + right


def _to_microsecond(duration: Value) -> int:
    """Return by how much a time moves: times are whole microseconds."""
    return int(round_half_away(Fraction(cast("Fraction", duration)), Fraction(1)))


def _divide(left: Fraction, right: Fraction) -> Fraction | None:
    return None if right == 0 else Fraction(left) / Fraction(right)


OPERATORS: dict[type[ast.AST], Callable[..., Value]] = {
    ast.Add: if_known(_add),
    ast.Sub: if_known(_subtract),
    ast.Mult: if_known(operator.mul),
    ast.Div: if_known(_divide),
    ast.USub: if_known(operator.neg),
    ast.Eq: if_known(operator.eq),
    ast.NotEq: if_known(operator.ne),
    ast.Lt: if_known(operator.lt),
    ast.LtE: if_known(operator.le),
    ast.Gt: if_known(operator.gt),
    ast.GtE: if_known(operator.ge),
    ast.In: if_known(lambda text, options: text in options),
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.Not: if_known(operator.not_),
}
