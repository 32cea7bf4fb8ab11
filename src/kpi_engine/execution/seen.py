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
SEEN = "~seen"


def _column(column: Column) -> pl.Expr:
    return pl.col(column.name)


def is_seen(
    table: Table, look: Look, value_of: Callable[[Column], pl.Expr] = _column
) -> pl.Expr | None:
    """Return whether rows of an input were there at the moment of the look; never unknown.

    A row is there after the moment it was recorded, else after the first of its times: a day or a
    month, of the clock, from its start. One that has none is always there. None for a table whose
    rows never have any. ``value_of`` gives a column's values in storage form.
    """
    times = _times(table)
    begun = [value_of(column) < _limit(column, look) for column in times]
    seen: pl.Expr | None = None
    if begun:
        timeless = pl.all_horizontal(value_of(column).is_null() for column in times)
        seen = pl.any_horizontal(test.fill_null(False) for test in begun) | timeless
    recorded = _recorded(table)
    if recorded is not None:
        before = value_of(recorded) < look.as_of
        seen = before.fill_null(pl.lit(True) if seen is None else seen)
    return seen


def times_to_come(table: Table, look: Look) -> dict[str, pl.Expr]:
    """Return the optional times of rows in storage form, unknown where they were still to come.

    An order made before the look and paid after it is an unpaid order. Of a row that says when it
    was recorded every time was known by then.
    """
    recorded = _recorded(table)
    known = pl.lit(False) if recorded is None else pl.col(recorded.name).is_not_null()
    return {
        column.name: pl.when(known | (pl.col(column.name) < _limit(column, look))).then(
            pl.col(column.name)
        )
        for column in _times(table)
        if column.type.nullable
    }


def _times(table: Table) -> list[Column]:
    """Return the columns that say when something happened to a row: all times, and the clock."""
    return [
        column
        for column in table.columns
        if column.name != RECORDED_AT
        and (column.type.kind is Kind.DATETIME or column.name == table.clock)
    ]


def _recorded(table: Table) -> Column | None:
    return next((column for column in table.columns if column.name == RECORDED_AT), None)


def _limit(column: Column, look: Look) -> int:
    """Return the first value of a time that was still to come at the look."""
    match column.type.kind:
        case Kind.DATE:
            return look.unseen_day
        case Kind.MONTH:
            return look.unseen_month
        case _:
            return look.as_of


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
