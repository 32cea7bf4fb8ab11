"""Which rows lie in a window, by the kind of clock that dates them."""

from datetime import date

import polars as pl

from kpi_engine.language.core import Core
from kpi_engine.language.kinds import Kind
from kpi_engine.plan.lowering import lower
from kpi_engine.plan.nodes import Calendar, Clock, RosterStep
from kpi_engine.plan.period import Window

_EPOCH = date(1970, 1, 1)


def in_window(clock: Clock, window: Window, calendar: Calendar) -> pl.Expr:
    """Return whether a row's clock lies in the window; unknown where the clock is."""
    column = pl.col(clock.column)
    first, last = _edges(clock.kind, window)
    inside = (column >= first) & (column <= last)
    if clock.kind is not Kind.DATETIME or window.unbroken:
        return inside
    first_day, last_day = _edges(Kind.DATE, window)
    moment = Core("column", (clock.column,), window.start, window.end)
    day = lower(Core("day_of_time", (moment,), 0, 2**22), calendar)
    return inside & (day >= first_day) & (day <= last_day)


def valid_in_window(step: RosterStep, window: Window) -> pl.Expr:
    """Return whether a roster row is valid on any day of the window; its end is exclusive."""
    if step.valid is None:
        return pl.lit(True, dtype=pl.Boolean)
    starts, ends = (pl.col(clock.column) for clock in step.valid)
    (_, latest), (earliest, _) = (_edges(clock.kind, window) for clock in step.valid)
    return (starts <= latest) & (ends.is_null() | (ends > earliest))


def _edges(kind: Kind, window: Window) -> tuple[pl.Expr, pl.Expr]:
    """Return the first and the last value a clock has in the window."""
    match kind:
        case Kind.MONTH:
            first, last = window.month, window.month
        case Kind.DATE:
            first, last = ((day - _EPOCH).days for day in (window.first_day, window.last_day))
        case _:
            first, last = window.start, window.end - 1
    return pl.lit(first, dtype=pl.Int64), pl.lit(last, dtype=pl.Int64)
