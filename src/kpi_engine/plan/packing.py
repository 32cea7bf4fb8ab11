"""Several columns to join by as one whole number, which costs a part of what they cost to join."""

from collections.abc import Mapping, Sequence

import polars as pl

from kpi_engine.language.core import bounds
from kpi_engine.plan.nodes import Pairing

_BITS = 62
"""What an Int64 has room for, its sign and a spare bit aside."""


def packed_key(
    names: Sequence[str],
    pairings: Sequence[Pairing],
    asking: Mapping[str, pl.DataType],
    held: Mapping[str, pl.DataType],
) -> pl.Expr | None:
    """Return one number for the named columns of both sides, equal where they are all equal.

    It is unknown where one of them is. None for a single column, for columns that are not kept as
    numbers, and where one number has no room for them.
    """
    if len(names) < 2:  # noqa: PLR2004 (one column is no more than itself)
        return None
    packed = pl.lit(0, dtype=pl.Int64)
    bits = 0
    for name, pair in zip(names, pairings, strict=True):
        limits = _limits(pair, asking[name], held[name])
        if limits is None:
            return None
        low, high = limits
        wide = (high - low).bit_length()
        bits += wide
        if bits > _BITS:
            return None
        packed = packed * 2**wide + (pl.col(name).to_physical().cast(pl.Int64) - low)
    return packed


def _limits(pair: Pairing, asking: pl.DataType, held: pl.DataType) -> tuple[int, int] | None:
    """Return numbers that those of a column lie between on both sides."""
    match asking, held:
        case pl.Enum(), pl.Enum() if asking == held:
            return 0, max(asking.categories.len() - 1, 0)
        case pl.Boolean(), pl.Boolean():
            return 0, 1
        case pl.Int64(), pl.Int64():
            (low, high), (lowest, highest) = bounds(pair.asked), bounds(pair.held)
            return min(low, lowest), max(high, highest)
        case _:
            return None
