"""From whole-number operations to Polars expressions, one to one.

A whole number is Int64 where its interval fits 63 bits, else Int128; no operation can overflow,
because the whole-number form keeps a budget of bits. Floats never appear.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from operator import and_, eq, floordiv, ge, gt, le, lt, mod, mul, ne, or_
from typing import TypeVar

import polars as pl

from kpi_engine.language.core import Core, Operation, Over, OverFunction
from kpi_engine.language.exact import MICROSECONDS_A_DAY
from kpi_engine.plan.clocks import wall_clock
from kpi_engine.plan.graph import operands_of, postorder
from kpi_engine.plan.nodes import Calendar

T = TypeVar("T")

_TOO_WIDE = 2**63
_MICROSECONDS_A_MINUTE = 60 * 10**6


def lower(core: Core, calendar: Calendar) -> pl.Expr:
    """Return the expression that computes an operation; unknown is null.

    A constant comes back as a literal of length one. Columns hold what their intervals say: Int64
    where they fit 63 bits. Gathers must have become columns before.

    >>> from kpi_engine.language.core import Core, mul, whole
    >>> paid = Core("column", ("paid",), 0, 2**53)
    >>> expr = lower(mul(paid, whole(100)), Calendar("UTC", 0))
    >>> pl.DataFrame({"paid": [3, None]}).select(expr).to_series().to_list()
    [300, None]
    """
    expr_by_id: dict[int, pl.Expr] = {}
    for node in postorder([core], _inputs_of):
        inputs = _inputs_of(node)
        wide = is_wide(node) or any(map(is_wide, inputs))
        exprs = tuple(
            expr_by_id[id(core)].cast(pl.Int128)
            if wide and core.low is not None
            else expr_by_id[id(core)]
            for core in inputs
        )
        expr = LOWERINGS[node.op](node, exprs, calendar)
        if wide and node.low is not None and not is_wide(node):
            expr = expr.cast(pl.Int64)
        expr_by_id[id(node)] = expr
    return expr_by_id[id(core)]


def is_wide(core: Core) -> bool:
    """Return whether a whole number needs more than an Int64."""
    low, high = core.low, core.high
    return low is not None and high is not None and not -_TOO_WIDE < low <= high < _TOO_WIDE


_SUMS = frozenset({"add", "sub"})


def _inputs_of(core: Core) -> tuple[Core, ...]:
    """Return what a node is lowered from: the terms of a sum, the operands of all others."""
    return tuple(term for _, term in _terms(core)) if core.op in _SUMS else operands_of(core)


def _terms(core: Core) -> list[tuple[bool, Core]]:
    """Return what a sum adds up, each with whether it is taken away."""
    terms: list[tuple[bool, Core]] = []
    waiting = [(False, core)]
    while waiting:
        taken, node = waiting.pop()
        if node.op in _SUMS:
            left, right = operands_of(node)
            waiting += [(taken != (node.op == "sub"), right), (taken, left)]
        else:
            terms.append((taken, node))
    return terms


def _sum(node: Core, exprs: tuple[pl.Expr, ...], _: Calendar) -> pl.Expr:
    # A part of the sum may wrap around where the whole does not: then it wraps back.
    signed = [(taken, expr) for (taken, _), expr in zip(_terms(node), exprs, strict=True)]
    taken, expr = _in_pairs(_pair, signed)
    return _negative(expr) if taken else expr


def _in_pairs(combine: Callable[[T, T], T], parts: Sequence[T]) -> T:
    """Return neighbours combined in pairs: Polars is slow on expressions hundreds deep."""
    while len(parts) > 1:
        pairs = [combine(parts[i], parts[i + 1]) for i in range(0, len(parts) - 1, 2)]
        parts = [*pairs, *parts[len(pairs) * 2 :]]
    return parts[0]


def _pair(left: tuple[bool, pl.Expr], right: tuple[bool, pl.Expr]) -> tuple[bool, pl.Expr]:
    if left[0] == right[0]:
        return left[0], left[1] + right[1]
    return (False, right[1] - left[1]) if left[0] else (False, left[1] - right[1])


Lowering = Callable[[Core, tuple[pl.Expr, ...], Calendar], pl.Expr]


def _of_two(operator: Callable[[pl.Expr, pl.Expr], pl.Expr]) -> Lowering:
    return lambda _, exprs, __: operator(exprs[0], exprs[1])


def _of_sides(
    operator: Callable[[pl.Expr, pl.Expr], pl.Expr], mirrored: Callable[[pl.Expr, pl.Expr], pl.Expr]
) -> Lowering:
    """Return the lowering of a comparison, a constant on its left moved to the right.

    In memory, Polars 2.1 takes a constant to the left of a `when` for a frame of one row where
    every row chooses a constant.
    """

    def compare(node: Core, exprs: tuple[pl.Expr, ...], _: Calendar) -> pl.Expr:
        left, right = exprs
        constant = not any(part.op == "column" for part in postorder([operands_of(node)[0]]))
        return mirrored(right, left) if constant else operator(left, right)

    return compare


def _of_many(operator: Callable[[pl.Expr, pl.Expr], pl.Expr]) -> Lowering:
    return lambda _, exprs, __: _in_pairs(operator, exprs)


def _of_one(operator: Callable[[pl.Expr], pl.Expr]) -> Lowering:
    return lambda _, exprs, __: operator(exprs[0])


def _literal(node: Core, _: tuple[pl.Expr, ...], __: Calendar) -> pl.Expr:
    value = node.args[0]
    if node.low is not None:
        return _number_literal(value, wide=is_wide(node))
    match value:
        case bool():
            return pl.lit(value, dtype=pl.Boolean)
        case str():
            return pl.lit(value, dtype=pl.String)
        case _:
            return pl.lit(value)


@lru_cache(maxsize=1024)
def _number_literal(value: object, *, wide: bool) -> pl.Expr:
    """Return a whole number; kept, since a slip has the same few hundreds of times."""
    return pl.lit(value, dtype=pl.Int128 if wide else pl.Int64)


def _column(node: Core, _: tuple[pl.Expr, ...], __: Calendar) -> pl.Expr:
    return pl.col(str(node.args[0]))


def _negative(expr: pl.Expr) -> pl.Expr:
    # Polars has no negation of Int128; the literal takes the dtype of the other side.
    return _number_literal(0, wide=False) - expr


def _nonzero(expr: pl.Expr) -> pl.Expr:
    return pl.when(expr != _number_literal(0, wide=False)).then(expr)


def _if(_: Core, exprs: tuple[pl.Expr, ...], __: Calendar) -> pl.Expr:
    condition, then, otherwise = exprs
    return pl.when(condition).then(then).otherwise(otherwise)


def _in(node: Core, exprs: tuple[pl.Expr, ...], _: Calendar) -> pl.Expr:
    return exprs[0].is_in(pl.lit(list(node.args[1:]), dtype=pl.List(pl.String)))


def _wall(instant: pl.Expr, calendar: Calendar) -> pl.Expr:
    return wall_clock(instant, calendar.zone)


def _in_hours(node: Core, exprs: tuple[pl.Expr, ...], calendar: Calendar) -> pl.Expr:
    hours = node.args[1]
    if not isinstance(hours, tuple):
        raise TypeError(node)
    start, end = (pl.lit(at * _MICROSECONDS_A_MINUTE, dtype=pl.Int64) for at in hours)
    reading = _wall(exprs[0], calendar) % pl.lit(MICROSECONDS_A_DAY, dtype=pl.Int64)
    if hours[0] < hours[1]:
        return (reading >= start) & (reading < end)
    return (reading >= start) | (reading < end)


def _day_of_time(_: Core, exprs: tuple[pl.Expr, ...], calendar: Calendar) -> pl.Expr:
    shift = pl.lit(calendar.day_starts * _MICROSECONDS_A_MINUTE, dtype=pl.Int64)
    return (_wall(exprs[0], calendar) - shift) // pl.lit(MICROSECONDS_A_DAY, dtype=pl.Int64)


def _month_of_date(_: Core, exprs: tuple[pl.Expr, ...], __: Calendar) -> pl.Expr:
    day = exprs[0].cast(pl.Int32).cast(pl.Date)
    year, month = day.dt.year().cast(pl.Int64), day.dt.month().cast(pl.Int64)
    return year * pl.lit(12, dtype=pl.Int64) + month - pl.lit(1, dtype=pl.Int64)


def _month_of_time(node: Core, exprs: tuple[pl.Expr, ...], calendar: Calendar) -> pl.Expr:
    return _month_of_date(node, (_day_of_time(node, exprs, calendar),), calendar)


def _over(node: Core, exprs: tuple[pl.Expr, ...], _: Calendar) -> pl.Expr:
    """Return what is gathered over groups; all operands are columns."""
    over = node.args[-1]
    if not isinstance(over, Over):
        raise TypeError(node)
    keys, order, x = exprs[: over.keys], exprs[over.keys : -1], exprs[-1]
    gathered = OVERS[over.function](x)
    if not order:
        return gathered.over(*keys)
    return gathered.over(*keys, order_by=list(order), nulls_last=True)


def _middle(x: pl.Expr, place: pl.Expr) -> pl.Expr:
    return x.drop_nulls().sort().get(place // pl.lit(2, dtype=pl.Int64), null_on_oob=True)


def _number(x: pl.Expr) -> pl.Expr:
    return x.count().cast(pl.Int64)


OVERS: Mapping[OverFunction, Callable[[pl.Expr], pl.Expr]] = {
    "count": lambda x: x.sum().cast(pl.Int64),
    "sum": pl.Expr.sum,
    "min": pl.Expr.min,
    "max": pl.Expr.max,
    "distinct": lambda x: x.drop_nulls().n_unique().cast(pl.Int64),
    "lower_middle": lambda x: _middle(x, _number(x) - pl.lit(1, dtype=pl.Int64)),
    "upper_middle": lambda x: _middle(x, _number(x)),
    "running_sum": pl.Expr.cum_sum,
    "position": lambda _: pl.int_range(pl.len(), dtype=pl.Int64),
}
"""What each function makes of a column within its group."""

LOWERINGS: Mapping[Operation, Lowering] = {
    "lit": _literal,
    "column": _column,
    "over": _over,
    "add": _sum,
    "sub": _sum,
    "mul": _of_two(mul),
    "neg": _of_one(_negative),
    "abs": _of_one(pl.Expr.abs),
    "sign": _of_one(pl.Expr.sign),
    "floordiv": _of_two(floordiv),
    "mod": _of_two(mod),
    "nonzero": _of_one(_nonzero),
    "eq": _of_sides(eq, eq),
    "ne": _of_sides(ne, ne),
    "lt": _of_sides(lt, gt),
    "le": _of_sides(le, ge),
    "gt": _of_sides(gt, lt),
    "ge": _of_sides(ge, le),
    "and": _of_many(and_),
    "or": _of_many(or_),
    "not": _of_one(pl.Expr.not_),
    "known": _of_one(pl.Expr.is_not_null),
    "if": _if,
    "in": _in,
    "in_hours": _in_hours,
    "day_of_time": _day_of_time,
    "month_of_date": _month_of_date,
    "month_of_time": _month_of_time,
}
"""Every operation but ``gather``, which has become a column before."""
