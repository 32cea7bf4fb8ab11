"""Arithmetic of fractions: pairs of whole numbers, over one constant divisor where they can be."""

from math import gcd, lcm
from typing import Literal

from kpi_engine.language.core import (
    ONE,
    UNKNOWN,
    UNKNOWN_WHOLE,
    Comparison,
    Core,
    Rational,
    TooWideError,
    Value,
    absolute,
    add,
    bounds,
    choose,
    compare,
    constant,
    floordiv,
    limit_of,
    mod,
    mul,
    positive,
    round_to_grid,
    sign,
    sub,
    whole,
)


def difference_to_grid(left: Rational, right: Rational, grid: int) -> Core:
    """Return (left - right) * grid rounded, halves away from zero; wide fractions in pieces."""
    try:
        difference = sum_of(left, right, minus=True)
        return round_to_grid(difference.num, difference.den, grid)
    except TooWideError:
        scaled, other = mul(left.num, whole(grid)), mul(right.num, whole(grid))
        common = mul(left.den, right.den)
        rest = sub(mul(mod(scaled, left.den), right.den), mul(mod(other, right.den), left.den))
        wholes = sub(floordiv(scaled, left.den), floordiv(other, right.den))
        below = add(wholes, floordiv(rest, common))
        doubled = mul(mod(rest, common), whole(2))
        up = choose(
            compare("ge", below, whole(0)),
            choose(compare("ge", doubled, common), ONE, whole(0)),
            choose(compare("gt", doubled, common), ONE, whole(0)),
        )
        return add(below, up)


def _is_plain(value: Rational, divisor: int | None) -> bool:
    """Return whether the interval of a fraction says all that is known of its size."""
    return value.limit is None and divisor is not None


def unknown_like(value: Value) -> Value:
    """Return unknown in the form of a value."""
    match value:
        case Rational():
            return Rational(UNKNOWN_WHOLE, ONE)
        case Core():
            return UNKNOWN_WHOLE if value.low is not None else UNKNOWN


def choose_value(condition: Core, left: Value, right: Value) -> Value:
    """Return one of two values; fractions are brought over one constant divisor where they can."""
    if isinstance(left, Core) and isinstance(right, Core):
        return choose(condition, left, right)
    a, b = as_rational(left), as_rational(right)
    p, q = constant(a.den), constant(b.den)
    limit = None if _is_plain(a, p) and _is_plain(b, q) else max(limit_of(a), limit_of(b))
    if a.den == b.den:
        return Rational(choose(condition, a.num, b.num), a.den, limit)
    if p is not None and q is not None:
        common = lcm(p, q)
        num = choose(condition, mul(a.num, whole(common // p)), mul(b.num, whole(common // q)))
        return Rational(num, whole(common), limit)
    return Rational(choose(condition, a.num, b.num), choose(condition, a.den, b.den), limit)


def as_rational(value: Value) -> Rational:
    """Return a value as a fraction; the only core that can be one is the unknown."""
    match value:
        case Rational():
            return value
        case Core():
            return Rational(UNKNOWN_WHOLE, ONE)


def compare_values(op: Comparison, left: Value, right: Value) -> Core:
    """Return a condition on two values; fractions are compared by cross-multiplying."""
    if isinstance(left, Core) and isinstance(right, Core):
        return compare(op, left, right)
    a, b = as_rational(left), as_rational(right)
    p, q = constant(a.den), constant(b.den)
    if a.den == b.den:
        test = compare(op, a.num, b.num)
        return test if p is not None else choose(Core("known", (a.den,)), test, UNKNOWN)
    if p is not None and q is not None:
        shared = gcd(p, q)
        return compare(op, mul(a.num, whole(q // shared)), mul(b.num, whole(p // shared)))
    return compare(op, mul(a.num, b.den), mul(b.num, a.den))


def sum_of(left: Rational, right: Rational, *, minus: bool = False) -> Rational:
    """Return left + right, or left - right."""
    combine = sub if minus else add
    p, q = constant(left.den), constant(right.den)
    plain = _is_plain(left, p) and _is_plain(right, q)
    limit = None if plain else limit_of(left) + limit_of(right)
    if left.den == right.den:
        return Rational(combine(left.num, right.num), left.den, limit)
    if p is not None and q is not None:
        common = lcm(p, q)
        return Rational(
            combine(mul(left.num, whole(common // p)), mul(right.num, whole(common // q))),
            whole(common),
            limit,
        )
    num = combine(mul(left.num, right.den), mul(right.num, left.den))
    return Rational(num, mul(left.den, right.den), limit)


def product_of(left: Rational, right: Rational) -> Rational:
    """Return left * right, constants reduced first."""
    limited = left.limit is not None or right.limit is not None
    limit = limit_of(left) * limit_of(right) if limited else None
    for factor, other in ((left, right), (right, left)):
        n, d = constant(factor.num), constant(other.den)
        if n is not None and d is not None and gcd(n, d) > 1:
            shared = gcd(n, d)
            reduced = Rational(whole(n // shared), factor.den)
            product = product_of(reduced, Rational(other.num, whole(d // shared)))
            return Rational(product.num, product.den, limit)
    num, den = mul(left.num, right.num), mul(left.den, right.den)
    n, d = constant(num), constant(den)
    if n is not None and d is not None:
        shared = gcd(n, d) or 1
        return Rational(whole(n // shared), whole(d // shared))
    return Rational(num, den, limit)


def inverse_of(value: Rational) -> Rational:
    """Return 1 / value, unknown where it is zero."""
    low, _ = bounds(value.num)
    if low >= 0:
        return Rational(value.den, positive(value.num))
    return Rational(mul(sign(value.num), value.den), positive(absolute(value.num)))


def quotient_of(left: Rational, right: Rational) -> Rational:
    """Return left / right, unknown where right is zero; the sign of right comes last.

    So constants of both are reduced as in a product.
    """
    if bounds(right.num)[0] >= 0:
        return product_of(left, inverse_of(right))
    upright = product_of(left, Rational(right.den, positive(absolute(right.num))))
    return Rational(mul(sign(right.num), upright.num), upright.den, upright.limit)


def extreme_of(op: Literal["ge", "le"], left: Value, right: Value) -> Value:
    """Return the greater of two values for ``ge``, the lesser for ``le``; a constant narrows it."""
    chosen = choose_value(compare_values(op, left, right), left, right)
    if not isinstance(chosen, Rational) or (divisor := constant(chosen.den)) is None:
        return chosen
    low, high = bounds(chosen.num)
    for side in (as_rational(left), as_rational(right)):
        n, d = constant(side.num), constant(side.den)
        if n is None or d is None or not low <= n * divisor // d <= high:
            continue
        edge = n * divisor // d
        low, high = (edge, high) if op == "ge" else (low, edge)
    num = Core(chosen.num.op, chosen.num.args, low, high)
    return Rational(num, chosen.den, chosen.limit)


def held_between(value: Rational, low: int, high: int) -> Rational:
    """Return the value, not below low and not above high."""
    least, most = mul(value.den, whole(low)), mul(value.den, whole(high))
    below = choose(compare("lt", value.num, least), least, value.num)
    num = choose(compare("gt", below, most), most, below)
    held = Core(num.op, num.args, bounds(least)[0], bounds(most)[1])
    return Rational(held, value.den, max(abs(low), abs(high)))
