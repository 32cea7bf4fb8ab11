"""The rows that were there when a run looks at the data, and the times of those refused."""

from collections.abc import Callable, Iterator, Mapping

import polars as pl

from kpi_engine.execution.columns import kept_value
from kpi_engine.execution.look import Look
from kpi_engine.execution.reading import Reading
from kpi_engine.language.kinds import Kind
from kpi_engine.ruleset.checked import Column, Table

RECORDED_AT = "recorded_at"
"""The column that says when a row of an input came to be known, where an input declares it."""

CLOCK = "clock of the row"
UNREADABLE = "clock unreadable"
UNSEEN = "row unseen"


def _column(column: Column) -> pl.Expr:
    return pl.col(column.name)


def is_seen(
    table: Table, look: Look, value_of: Callable[[Column], pl.Expr] = _column
) -> pl.Expr | None:
    """Return whether rows of an input were there at the moment of the look; never unknown.

    A row is there after the moment it was recorded, else after that of its clock: the start of a
    day or a month. One that has neither is always there. None for a table whose rows never have
    either. ``value_of`` gives a column's values in storage form.
    """
    limit_by_kind = {
        Kind.DATETIME: look.as_of,
        Kind.DATE: look.unseen_day,
        Kind.MONTH: look.unseen_month,
    }
    column_by_name = {column.name: column for column in table.columns}
    seen: pl.Expr | None = None
    for name in (table.clock, RECORDED_AT):
        column = column_by_name.get(name or "")
        if column is not None:
            before = value_of(column) < limit_by_kind[column.type.kind]
            seen = before.fill_null(pl.lit(True) if seen is None else seen)
    return seen


def broken_times(
    table: Table, look: Look, readings: Mapping[str, Reading], faults: Mapping[str, pl.Expr]
) -> Iterator[pl.Expr]:
    """Return the clock of raw rows, whether it is unreadable, and whether the row is unseen."""

    def value_of(column: Column) -> pl.Expr:
        kept = kept_value(column, readings[column.name])
        return pl.when(~faults[column.name]).then(kept)

    clock = next((column for column in table.columns if column.name == table.clock), None)
    value = pl.lit(None, dtype=pl.Int64) if clock is None else value_of(clock)
    unreadable = pl.lit(False) if clock is None else faults[clock.name]
    seen = is_seen(table, look, value_of)
    yield value.alias(CLOCK)
    yield unreadable.alias(UNREADABLE)
    yield (pl.lit(False) if seen is None else ~seen).alias(UNSEEN)


def stored_times(table: Table) -> Iterator[pl.Expr]:
    """Return the same of rows in storage form that are seen."""
    clock = pl.lit(None, dtype=pl.Int64) if table.clock is None else pl.col(table.clock)
    yield clock.alias(CLOCK)
    yield pl.lit(False).alias(UNREADABLE)
    yield pl.lit(False).alias(UNSEEN)
