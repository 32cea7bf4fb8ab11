"""The functions of the language on exact values: one entry for each row of the functions table.

Two rows are made where an evaluator is: ``month`` needs its calendar, ``slices`` its scales.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import ceil, floor
from statistics import median

from kpi_engine.reference.values import HUNDRED, Value, hold, if_known, round_half_away


def _default(x: Value, spare: Value) -> Value:
    return spare if x is None else x


def _attain(x: Fraction, target: Fraction) -> Fraction | None:
    return None if target == 0 else hold(HUNDRED * x / target, Fraction(0), HUNDRED)


def _attain_lower(x: Fraction, target: Fraction) -> Fraction:
    return HUNDRED if x == 0 else hold(HUNDRED * target / x, Fraction(0), HUNDRED)


PLAIN: dict[str, Callable[..., Value]] = {
    "at_least": if_known(max),
    "at_most": if_known(min),
    "round": if_known(round_half_away),
    "floor": if_known(lambda x, step: floor(x / step) * step),
    "ceil": if_known(lambda x, step: ceil(x / step) * step),
    "default": _default,
    "attain": if_known(_attain),
}
"""The functions of values, by name."""

ATTAIN_LOWER = "attain lower"
"""The reading of ``attain`` for a metric that is better lower; no formula can spell it."""

LOWER: dict[str, Callable[..., Value]] = {ATTAIN_LOWER: if_known(_attain_lower)}


def _count(values: Sequence[Value]) -> Fraction:
    return Fraction(sum(value is True for value in values))


def _share(values: Sequence[Value]) -> Fraction | None:
    return _count(values) / len(values) if values else None


def _mean(values: Sequence[Fraction]) -> Fraction | None:
    return Fraction(sum(values)) / len(values) if values else None


AGGREGATES: dict[str, Callable[..., Value]] = {
    "count": _count,
    "share": _share,
    "sum": lambda values: Fraction(sum(values)),
    "mean": _mean,
    "median": lambda values: median(map(Fraction, values)) if values else None,
    "min": lambda values: min(values, default=None),
    "max": lambda values: max(values, default=None),
    "distinct": lambda values: Fraction(len(set(values))),
}
"""The functions of a group of rows, by name: from the known values of their argument."""
