"""Exact amounts: rounded once, written as rulesets write them, and where they end in a half."""

from fractions import Fraction
from math import gcd, lcm

HALF = Fraction(1, 2)


def half_away(x: Fraction) -> int:
    """Return the whole number nearest to x, of two the one farther from zero."""
    size = (2 * abs(x.numerator) + x.denominator) // (2 * x.denominator)
    return -size if x < 0 else size


def decimals(x: Fraction, places: int = 6) -> str:
    """Return a number that has no more places as a decimal.

    >>> decimals(Fraction(-5, 4)), decimals(Fraction(90))
    ('-1.25', '90')
    """
    scaled = x * 10**places
    if scaled.denominator != 1:
        raise ValueError(x)
    whole, rest = divmod(abs(scaled.numerator), 10**places)
    text = f"{whole}.{rest:0{places}}".rstrip("0").rstrip(".") if places else str(whole)
    return f"-{text}" if scaled < 0 else text


def percent(x: Fraction) -> str:
    """Return a share as rulesets write it.

    >>> percent(Fraction(1, 8))
    '12.5%'
    """
    return f"{decimals(x * 100)}%"


def half_place(start: Fraction, rise: Fraction, near: int) -> int | None:
    """Return the first whole x from near at which start + rise * x ends in exactly a half.

    >>> half_place(Fraction(0), Fraction(1, 200), 250)
    300
    >>> half_place(Fraction(0), Fraction(1, 5), 0) is None
    True
    """
    parts = 2 * lcm(start.denominator, rise.denominator)
    wanted = parts // 2 - int(start * parts)
    step = int(rise * parts)
    common = gcd(step, parts)
    if step == 0 or wanted % common:
        return None
    period = parts // common
    first = wanted // common * pow(step // common, -1, period) % period
    return near + (first - near) % period
