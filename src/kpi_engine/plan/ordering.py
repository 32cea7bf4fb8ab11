"""Rows put in order by one whole number each, into which their keys and their place are packed.

To sort one column of numbers costs a small part of what it costs to sort rows by several columns.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import polars as pl

_BITS, _WIDE_BITS = 62, 126
"""What Int64 and Int128 have room for, a sign and a spare bit aside."""

_PLACE, _GROUP, _AGAIN = "~place", "~group", "~again"


@dataclass(frozen=True, slots=True)
class _Field:
    """Whole numbers from 0 that are in the order of a column, unknown last; how many bits."""

    number: pl.Expr
    bits: int


def in_order(rows: pl.DataFrame, by: Sequence[str], falling: Collection[str] = ()) -> pl.DataFrame:
    """Return rows in order of some columns, ascending or ``falling``; unknown comes last.

    Rows equal in all keep their order.
    """
    places = places_in_order(rows, by, falling)
    return rows if places is None else rows[places]


def places_in_order(
    rows: pl.DataFrame, by: Sequence[str], falling: Collection[str] = ()
) -> pl.Series | None:
    """Return the places of the rows that `in_order` gives, None where they stand so already.

    As many of the first columns as fit are packed into one number; only where these are equal the
    rest are looked at.
    """
    if not by:
        return None
    bits = max(rows.height.bit_length(), 1)
    fields = _fields(rows, by, falling, _WIDE_BITS - bits)
    if not fields:
        descending = [name in falling for name in by]
        by_columns = pl.arg_sort_by(by, descending=descending, nulls_last=True, maintain_order=True)
        return rows.select(by_columns.cast(pl.UInt32)).to_series()
    packed = rows.select(_packed(fields).alias(_GROUP))
    places: pl.Series | None = None
    if not packed.to_series().is_sorted():
        group = pl.col(_GROUP).cast(pl.Int128) * 2**bits
        place = pl.int_range(pl.len(), dtype=pl.Int64).cast(pl.Int128)
        placed = packed.select(group + place).select(pl.col(_GROUP).sort())
        places = placed.select((pl.col(_GROUP) % 2**bits).cast(pl.UInt32)).to_series()
        packed = placed.select(pl.col(_GROUP) // 2**bits)
    if len(fields) < len(by):
        places = _with_ties_ordered(rows.select(by[len(fields) :]), falling, packed, places)
    return places


def heads_in_order(rows: pl.DataFrame, by: Sequence[str]) -> pl.Series | None:
    """Return whether each row is the first of its key, None where the rows are not in order of it.

    None too where the columns of the key do not fit one number.
    """
    fields = _fields(rows, by, (), _WIDE_BITS)
    if len(fields) < len(by) or not fields:
        return None
    packed = rows.select(_packed(fields).alias(_GROUP))
    if not packed.to_series().is_sorted():
        return None
    group = pl.col(_GROUP)
    return packed.select((group != group.shift(1)).fill_null(value=True)).to_series()


def _fields(
    rows: pl.DataFrame, by: Sequence[str], falling: Collection[str], room: int
) -> list[_Field]:
    """Return the fields of as many of the first columns as there is room for."""
    fields: list[_Field] = []
    for name in by:
        limits = _limits(rows[name])
        if limits is None:
            break
        low, high = limits
        unknown = high - low + 1
        room -= unknown.bit_length()
        if unknown.bit_length() > _BITS or room < 0:
            break
        rank = pl.col(name).to_physical().cast(pl.Int64)
        rising = rank - low if low else rank
        number = high - rank if name in falling else rising
        fields.append(_Field(number.fill_null(unknown), unknown.bit_length()))
    return fields


def _limits(column: pl.Series) -> tuple[int, int] | None:
    """Return numbers that those of a column lie between, None where it is not kept as numbers."""
    match column.dtype:
        case pl.Enum():
            return 0, column.dtype.categories.len()
        case pl.Boolean():
            return 0, 1
        case pl.Int64() | pl.UInt32():
            low, high = column.min(), column.max()
            return (low, high) if isinstance(low, int) and isinstance(high, int) else (0, 0)
        case _:
            return None


def _packed(fields: Iterable[_Field]) -> pl.Expr:
    """Return the fields as one number, the first in its highest bits."""
    parts: list[_Field] = []
    for field in fields:
        if parts and parts[-1].bits + field.bits <= _BITS:
            last = parts.pop()
            number = last.number * 2**field.bits + field.number
            parts.append(_Field(number, last.bits + field.bits))
        else:
            parts.append(field)
    first, *others = parts
    number = first.number.cast(pl.Int128) if others else first.number
    for part in others:
        number = number * pl.lit(2**part.bits, dtype=pl.Int128) + part.number.cast(pl.Int128)
    return number


def _with_ties_ordered(
    others: pl.DataFrame,
    falling: Collection[str],
    packed: pl.DataFrame,
    places: pl.Series | None,
) -> pl.Series | None:
    """Return the places of rows, those of equal packed keys in order of the other columns.

    None stands for the rows as they are.
    """
    same = pl.col(_GROUP) == pl.col(_GROUP).shift(1)
    again = packed.select(same.fill_null(value=False)).to_series()
    if not again.any():
        return places
    found = (
        pl.select(again.alias(_AGAIN))
        .with_row_index(_PLACE)
        .filter(pl.col(_AGAIN) | pl.col(_AGAIN).shift(-1, fill_value=False))
        .with_columns((~pl.col(_AGAIN)).cast(pl.Int64).cum_sum().alias(_GROUP))
    )
    rows = found[_PLACE] if places is None else places.gather(found[_PLACE])
    in_order_of_others = (
        others[rows]
        .with_columns(found[_GROUP], rows.alias(_PLACE))
        .sort(
            _GROUP,
            *others.columns,
            descending=[False, *(name in falling for name in others.columns)],
            nulls_last=True,
            maintain_order=True,
        )
    )
    if places is None:
        if in_order_of_others[_PLACE].equals(rows):
            return None
        places = pl.int_range(others.height, dtype=pl.UInt32, eager=True)
    return places.scatter(found[_PLACE], in_order_of_others[_PLACE])
