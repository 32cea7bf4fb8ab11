"""From values of subjects to values across a group of them, in the whole-number form.

What is gathered stays beside every subject of the group. Values are settled before they come here:
over one constant divisor.
"""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from math import lcm
from typing import NamedTuple

from kpi_engine.language import core, quotients
from kpi_engine.language.core import Core, Over, OverFunction, Rational, Value, whole

HIGHEST_SIZE = 2**24
"""So many subjects and months of theirs are gathered at most; a run of more is refused."""


class Among(NamedTuple):
    """The columns that tell groups apart, subjects apart, and months of one subject in order."""

    keys: tuple[Core, ...]
    subject: tuple[Core, ...]
    month: Core


class Ranking(NamedTuple):
    """Whether the higher of two values is the better one, and so of each preference.

    ``shares`` are those of the seats up to each band; none for a place by number.
    """

    highest: tuple[bool, ...]
    shares: tuple[Fraction, ...] = ()


def group_size(among: Among, value: Value) -> Core:
    """Return of how many subjects of a group, or of how many of her months, a value is known."""
    return _known(among.keys, value)


def group_value(
    function: str, args: Sequence[Value], among: Among, ranking: Ranking | None = None
) -> Value:
    """Return what a function makes of the subjects of a group."""
    match function:
        case "count":
            return Rational(_count(among.keys, _single(args[0])), core.ONE)
        case "share":
            size = core.positive(_known(among.keys, args[0]))
            return Rational(_count(among.keys, _single(args[0])), size, Fraction(1))
        case "distinct":
            number = _over("distinct", among.keys, _single(args[0]), (0, HIGHEST_SIZE))
            return Rational(number, core.ONE)
        case "sum":
            return _sum(among.keys, quotients.as_rational(args[0]))
        case "mean":
            x = quotients.as_rational(args[0])
            number = core.mul(core.positive(_known(among.keys, x)), x.den)
            return Rational(_sum(among.keys, x).num, number, core.limit_of(x))
        case "median":
            x = quotients.as_rational(args[0])
            lower, upper = (
                _over(middle, among.keys, x.num, core.bounds(x.num)) for middle in _MIDDLES
            )
            return Rational(core.add(lower, upper), core.mul(x.den, whole(2)), x.limit)
        case "min" | "max":
            return _extreme("min" if function == "min" else "max", among.keys, args[0])
        case "longest_run":
            return Rational(_longest_run(among, _single(args[0])), core.ONE)
        case "place" | "band" if ranking is not None:
            return Rational(_place(among.keys, args, ranking), core.ONE)
        case "beats" | "beats_lower":
            return _beats(among.keys, quotients.as_rational(args[0]), highest=function == "beats")
        case "split":
            amount, weight = (quotients.as_rational(arg) for arg in args)
            return Rational(_split(among, amount.num, weight.num), core.ONE)
        case _:
            raise KeyError(function)


_MIDDLES: tuple[OverFunction, OverFunction] = ("lower_middle", "upper_middle")


def _single(value: Value) -> Core:
    return value.num if isinstance(value, Rational) else value


def _over(
    function: OverFunction,
    keys: Sequence[Core],
    x: Core,
    bounds: tuple[int, int] | None = None,
    order: Sequence[Core] = (),
) -> Core:
    low, high = bounds if bounds is not None else (None, None)
    bits = max(abs(bound) for bound in bounds or (0,)).bit_length()
    if bits > core.BUDGET_BITS:
        raise core.TooWideError(bits)
    return Core("over", (*keys, *order, x, Over(function, len(keys), len(order))), low, high)


def _count(keys: Sequence[Core], condition: Core) -> Core:
    return _over("count", keys, condition, (0, HIGHEST_SIZE))


def _known(keys: Sequence[Core], value: Value) -> Core:
    return _count(keys, core.known(value))


def _position(keys: Sequence[Core], order: Sequence[Core]) -> Core:
    return _over("position", keys, order[0], (0, HIGHEST_SIZE), order)


def _sum(keys: Sequence[Core], x: Rational) -> Rational:
    low, high = core.bounds(x.num)
    total = (min(low, 0) * HIGHEST_SIZE, max(high, 0) * HIGHEST_SIZE)
    return Rational(_over("sum", keys, x.num, total), x.den)


def _extreme(function: OverFunction, keys: Sequence[Core], value: Value) -> Value:
    if isinstance(value, Rational):
        found = _over(function, keys, value.num, core.bounds(value.num))
        return Rational(found, value.den, value.limit)
    bounds = None if value.low is None else core.bounds(value)
    return _over(function, keys, value, bounds)


def _longest_run(among: Among, condition: Core) -> Core:
    """Return the most trues that no false stands between, in the order of months."""
    count = (0, HIGHEST_SIZE)
    false = core.choose(Core("not", (condition,)), core.ONE, whole(0))
    breaks = _over("running_sum", among.keys, false, count, (among.month,))
    run = _count((*among.keys, breaks), condition)
    return _over("max", among.keys, run, count)


def _place(keys: Sequence[Core], args: Sequence[Value], ranking: Ranking) -> Core:
    values = [quotients.as_rational(arg).num for arg in args]
    place = _rank(keys, values, ranking.highest)
    if not ranking.shares:
        return place
    seats = _seats_up_to(_known(keys, args[0]), ranking.shares)
    band: Core = core.ONE
    for last in seats:
        band = core.add(band, core.choose(core.compare("gt", place, last), core.ONE, whole(0)))
    return core.choose(core.known(place), band, core.UNKNOWN_WHOLE)


def _rank(keys: Sequence[Core], values: Sequence[Core], highest: Sequence[bool]) -> Core:
    """Return the place by the first value, then by the others, equals sharing the better place.

    Unknown where the first value is; another unknown value comes last.
    """
    order = [core.neg(x) if high else x for x, high in zip(values, highest, strict=True)]
    count = (0, HIGHEST_SIZE)
    position = _position(keys, order)
    first = _over("min", (*keys, *values), position, count)
    known = Core("known", (values[0],))
    return core.choose(known, core.add(first, core.ONE), core.UNKNOWN_WHOLE)


def _seats_up_to(number: Core, shares: Sequence[Fraction]) -> list[Core]:
    """Return how many of some seats belong to each band and those before it.

    Every band has the whole seats of its share; those left over go to the largest remainders, of
    equal ones to the better band. What the shares leave is a band of its own, the last.
    """
    parts = [after - before for before, after in pairwise((Fraction(0), *shares, Fraction(1)))]
    common = lcm(*(part.denominator for part in parts))
    quotas = [core.mul(number, whole(int(part * common))) for part in parts]
    bases = [core.floordiv(quota, whole(common)) for quota in quotas]
    rests = [core.mod(quota, whole(common)) for quota in quotas]
    left = number
    for base in bases:
        left = core.sub(left, base)
    seats: list[Core] = []
    total: Core = whole(0)
    for index in range(len(shares)):
        ahead: Core = whole(0)
        for other, rest in enumerate(rests):
            if other != index:
                first = core.compare("ge" if other < index else "gt", rest, rests[index])
                ahead = core.add(ahead, core.choose(first, core.ONE, whole(0)))
        extra = core.choose(core.compare("lt", ahead, left), core.ONE, whole(0))
        total = core.add(total, core.add(bases[index], extra))
        seats.append(total)
    return seats


def _beats(keys: Sequence[Core], x: Rational, *, highest: bool) -> Rational:
    """Return twice those who are worse and those who are equal, by twice all others."""
    number, equal = _known(keys, x), _known((*keys, x.num), x)
    place = _rank(keys, [x.num], [highest])
    others = core.sub(number, core.ONE)
    worse = core.sub(core.add(number, core.ONE), core.add(place, equal))
    beaten = core.add(core.mul(worse, whole(2)), core.sub(equal, core.ONE))
    held = Core(beaten.op, beaten.args, 0, 2 * HIGHEST_SIZE)
    return Rational(held, core.positive(core.mul(others, whole(2))), Fraction(1))


def _split(among: Among, amount: Core, weight: Core) -> Core:
    """Return the part of an amount in minor units, by weight among the weights of the group.

    An amount below zero is split as the one above zero is. A weight below zero would take from the
    others more than there is: then nobody's part is known.
    """
    if core.bounds(weight)[0] < 0:
        least = _over("min", among.keys, weight, core.bounds(weight))
        fair = core.compare("ge", least, whole(0))
        weight = core.choose(fair, core.absolute(weight), whole(0))
    total = core.positive(_sum(among.keys, Rational(weight, core.ONE)).num)
    size = core.absolute(amount)
    product = core.mul(size, weight)
    # a weight is never above the total, nor a part above the whole
    base = core.within(core.floordiv(product, total), core.bounds(size)[1])
    rest = core.mod(product, total)
    given = core.sub(size, _sum(among.keys, Rational(base, core.ONE)).num)
    order = (core.neg(rest), *among.subject)
    position = _position(among.keys, order)
    extra = core.choose(core.compare("lt", position, given), core.ONE, whole(0))
    part = core.within(core.add(base, extra), core.bounds(size)[1])
    signed = part if core.bounds(amount)[0] >= 0 else core.mul(core.sign(amount), part)
    return core.choose(core.known(Rational(signed, total)), signed, core.UNKNOWN_WHOLE)
