"""What each row brings to the fraction of a metric: whole numbers that add up to num and den."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from kpi_engine.language import core
from kpi_engine.language.core import Core, Gather, Rational, TooWideError, Value, whole

_ADDITIVE = frozenset({"sum", "count"})


class Contributions(NamedTuple):
    """What a used row brings to num, and to den; None where den is constant.

    Where ``divisor`` is there and adds up to less than zero, both change their sign.
    """

    num: Core
    den: Core | None
    divisor: Core | None


@dataclass(frozen=True, slots=True)
class _Total:
    """A constant and so many times what is gathered, times the sign of another total."""

    times: Mapping[Gather, int]
    constant: int = 0
    sign: "_Total | None" = None


def contributions_of(value: Value) -> Contributions | None:
    """Return what rows bring to a value of what is gathered, None where they do not add up to it.

    They do to sums, counts, shares, means, and to quotients of sums and counts.
    """
    if not isinstance(value, Rational):
        return None
    num, den = _total(value.num), _total(value.den)
    if num is None or den is None or num.constant or not num.times:
        return None
    if (den.times and den.constant) or num.sign != den.sign:
        return None
    try:
        return Contributions(
            _brought(num),
            _brought(den) if den.times else None,
            None if num.sign is None else _brought(num.sign),
        )
    except TooWideError:
        return None


def _brought(total: _Total) -> Core:
    brought = whole(0)
    for gather, times in total.times.items():
        brought = core.add(brought, core.mul(_term(gather), whole(times)))
    return brought


def _term(gather: Gather) -> Core:
    if gather.argument is None:
        return whole(1)
    if gather.function == "count":
        return core.choose(gather.argument, whole(1), whole(0))
    return gather.argument


def _total(node: Core) -> _Total | None:
    """Return an operation as a total, None where it is something else."""
    if node.op == "lit" and isinstance(node.args[0], int):
        return _Total({}, node.args[0])
    if node.op == "gather" and isinstance(gather := node.args[0], Gather):
        return _Total({gather: 1}) if gather.function in _ADDITIVE else None
    parts = [_total(part) for part in node.args if isinstance(part, Core)]
    match node.op, parts:
        case "nonzero", [_Total() as total]:
            return total
        case "neg", [_Total() as total]:
            return _multiplied(total, _Total({}, -1))
        case "abs", [_Total(sign=None) as total]:
            return _Total(total.times, total.constant, total)
        case "sign", [_Total(sign=None) as total]:
            return _Total({}, 1, total)
        case "add", [_Total() as left, _Total() as right]:
            return _added(left, right)
        case "sub", [_Total() as left, _Total() as right]:
            negative = _multiplied(right, _Total({}, -1))
            return None if negative is None else _added(left, negative)
        case "mul", [_Total() as left, _Total() as right]:
            return _multiplied(left, right)
        case _:
            return None


def _added(left: _Total, right: _Total) -> _Total | None:
    if left.sign != right.sign:
        return None
    times = dict(left.times)
    for gather, count in right.times.items():
        times[gather] = times.get(gather, 0) + count
    return _Total(times, left.constant + right.constant, left.sign)


def _multiplied(left: _Total, right: _Total) -> _Total | None:
    if (left.times and right.times) or (left.sign is not None and right.sign is not None):
        return None
    total, factor = (left, right.constant) if left.times else (right, left.constant)
    times = {gather: count * factor for gather, count in total.times.items()}
    return _Total(times, total.constant * factor, left.sign or right.sign)
