"""Groups of rows that stand together, gathered from what holds at their boundaries.

What a group counts or adds up is the difference of two running totals. Its greatest value is the
running maximum of group and value at its last row, because the groups are numbered upwards.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import polars as pl

from kpi_engine.plan.nodes import GatherColumn

_GROUPS_AT_ONCE = 2**19
"""So many numbers of groups leave room in an Int64 for the microseconds of half a year."""

_NUMBER = "~number"


def gathered_between(
    rows: pl.DataFrame, heads: pl.Series, keys: Sequence[str], gathers: Sequence[GatherColumn]
) -> pl.DataFrame | None:
    """Return one row per group with its keys and what is gathered, as `gather_expr` does it.

    ``heads`` are true at the first row of every group. None where something else than counts, sums
    and extremes of whole numbers is gathered, or too much for 128 bits.
    """
    limits = _limits(rows, gathers)
    if not all(_is_between(column, limits) for column in gathers):
        return None
    numbered = rows.with_columns(heads.cast(pl.Int64).cum_sum().alias(_NUMBER))
    parts = [
        _gathered_part(part, starts, keys, gathers, limits)
        for part, starts in _parts(numbered, heads)
    ]
    return pl.concat(parts)


def _parts(rows: pl.DataFrame, heads: pl.Series) -> Iterator[tuple[pl.DataFrame, pl.Series]]:
    """Return the rows of some groups at a time, with the places of the first row of each."""
    starts = heads.arg_true()
    for first in range(0, max(starts.len(), 1), _GROUPS_AT_ONCE):
        part = starts.slice(first, _GROUPS_AT_ONCE)
        offset = part[0] if part.len() else 0
        after = first + _GROUPS_AT_ONCE
        end = starts[after] if after < starts.len() else rows.height
        yield rows.slice(offset, end - offset), part - offset


def _limits(rows: pl.DataFrame, gathers: Iterable[GatherColumn]) -> Mapping[str, tuple[int, int]]:
    """Return the least and the greatest value of whole numbers whose extremes are gathered."""
    names = {
        column.argument: None
        for column in gathers
        if column.argument is not None
        and column.gather.function in {"min", "max"}
        and rows.schema[column.argument] == pl.Int64
    }
    return {name: _ends(rows[name]) for name in names}


def _ends(values: pl.Series) -> tuple[int, int]:
    low, high = values.min(), values.max()
    return (low, high) if isinstance(low, int) and isinstance(high, int) else (0, 0)


def _is_between(column: GatherColumn, limits: Mapping[str, tuple[int, int]]) -> bool:
    if column.argument is None or column.gather.function in {"count", "sum"}:
        return True
    low, high = limits.get(column.argument, (-(2**62), 2**62))
    return high - low < 2**62


def _gathered_part(
    rows: pl.DataFrame,
    starts: pl.Series,
    keys: Iterable[str],
    gathers: Iterable[GatherColumn],
    limits: Mapping[str, tuple[int, int]],
) -> pl.DataFrame:
    ends = (starts.shift(-1, fill_value=rows.height) - 1).cast(pl.UInt32)
    number = pl.col(_NUMBER) - pl.col(_NUMBER).first() + 1
    firsts = (pl.col(key).gather(starts) for key in keys)
    found = (_between(column, ends, limits).alias(column.name) for column in gathers)
    return rows.lazy().with_columns(number).select(*firsts, *found).collect(engine="in-memory")


def _between(
    column: GatherColumn, ends: pl.Series, limits: Mapping[str, tuple[int, int]]
) -> pl.Expr:
    if column.argument is None:
        return _difference(pl.int_range(1, pl.len() + 1, dtype=pl.Int64), ends)
    taken = pl.col(column.argument)
    if column.gather.function == "count":
        return _difference(taken.fill_null(value=False).cast(pl.Int64).cum_sum(), ends)
    if column.gather.function == "sum":
        return _difference(taken.fill_null(0).cast(pl.Int128).cum_sum(), ends)
    low, high = limits[column.argument]
    if column.gather.function == "max":
        return _greatest(taken - (low - 1), high - low + 2, ends) + (low - 1)
    return (high + 1) - _greatest((high + 1) - taken, high - low + 2, ends)


def _difference(running: pl.Expr, ends: pl.Series) -> pl.Expr:
    total = running.gather(ends)
    return total - total.shift(1).fill_null(0)


def _greatest(value: pl.Expr, size: int, ends: pl.Series) -> pl.Expr:
    """Return the greatest value of each group, from 1 and less than a size; null where none is."""
    narrow = (ends.len() + 1) * size < 2**63
    dtype = pl.Int64 if narrow else pl.Int128
    packed = pl.col(_NUMBER).cast(dtype) * pl.lit(size, dtype=dtype)
    running = (packed + value.fill_null(0).cast(dtype)).cum_max()
    greatest = running.gather(ends) % pl.lit(size, dtype=dtype)
    return pl.when(greatest != 0).then(greatest.cast(pl.Int64))
