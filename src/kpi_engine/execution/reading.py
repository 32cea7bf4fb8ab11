"""How one column is read: what it keeps, and why a value of it cannot be kept."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import zip_longest

import polars as pl

from kpi_engine.execution.reasons import Reason


@dataclass(frozen=True, slots=True)
class Reading:
    """Expressions over the raw rows of a table and the columns that ``stages`` add to them.

    ``given`` is null where the value is missing. ``value`` is the value as it is kept, null where
    it is missing or cannot be read. ``reason`` holds for the rows that have the one and not the
    other; for others it means nothing. ``stages`` are added one after the other: Polars would
    work out an expression once for every place it is used in.
    """

    given: pl.Expr
    value: pl.Expr
    reason: pl.Expr
    stages: tuple[tuple[pl.Expr, ...], ...] = ()


def staged(given: pl.Expr, part: str, expr: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Return an expression named as a part of what was given, and the column it becomes."""
    name = f"{given.meta.output_name()} {part}"
    return expr.alias(name), pl.col(name)


def with_stages(frame: pl.LazyFrame, readings: Iterable[Reading]) -> pl.LazyFrame:
    """Return raw rows with the columns that readings need, all of one stage at once."""
    waiting = [reading.stages for reading in readings]
    for stage in zip_longest(*waiting, fillvalue=()):
        frame = frame.with_columns(expr for exprs in stage for expr in exprs)
    return frame


def chosen_reason(cases: Iterable[tuple[pl.Expr, Reason]], otherwise: Reason) -> pl.Expr:
    """Return the reason of the first case that is true, else the other."""
    chosen = pl.lit(otherwise)
    for condition, reason in reversed(list(cases)):
        chosen = pl.when(condition).then(pl.lit(reason)).otherwise(chosen)
    return chosen
