"""Where every row went, by table and by metric: the accounts always add up."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from kpi_engine.execution.contracts import Admission
from kpi_engine.execution.results import Accounting, MetricUse, TableAccount
from kpi_engine.execution.seen import CLOCK, UNREADABLE, UNSEEN
from kpi_engine.language.kinds import Kind
from kpi_engine.plan.facts import Gathered
from kpi_engine.plan.nodes import Calendar, Clock, Plan
from kpi_engine.plan.period import Window
from kpi_engine.plan.ranges import Engine
from kpi_engine.plan.windows import in_window

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Dates:
    """The first and the last clock of the accepted rows of a table, as they are kept."""

    kind: Kind
    first: int | None
    last: int | None


@dataclass(frozen=True, slots=True)
class InputAccount:
    """The rows of an input table in the window and beside it.

    ``known`` are those that are known to lie in the window, ``late`` those that do and were not
    there when the run looks at the data; refused ones count too. ``dates`` is None for a table
    without a clock.
    """

    account: TableAccount
    known: int
    late: int
    dates: Dates | None


def account_input(
    admission: Admission, window: Window, calendar: Calendar, engine: Engine
) -> InputAccount:
    """Return the account of an input table.

    A refused row whose clock cannot be read counts in the window: nothing says it lies elsewhere.
    Every row of a table without a clock lies in the window. A row that was not there when the run
    looks at the data lies outside, whatever its clock.
    """
    table = admission.table
    clock = None if table.clock is None else Clock(table.clock, table.types[table.clock].kind)
    kept = _kept_counts(admission, clock, window, calendar, engine)
    refused = _refused_counts(admission.rejected, clock, window, calendar)
    inside, undated = kept["inside"] + refused["inside"], kept["undated"] + refused["undated"]
    account: TableAccount = {
        "in_window": inside,
        "outside": admission.height - inside - undated,
        "undated": undated,
        "accepted": kept["inside"],
        "rejected": refused["inside"],
        "unmatched": 0,
        "dropped": {},
    }
    dates = None if clock is None else Dates(clock.kind, kept["first"], kept["last"])
    known, late = kept["known"] + refused["known"], kept["late"] + refused["late"]
    return InputAccount(account, known, late, dates)


def _kept_counts(
    admission: Admission, clock: Clock | None, window: Window, calendar: Calendar, engine: Engine
) -> dict[str, int]:
    rows = admission.height - admission.rejected.height
    if clock is None and admission.seen is None:
        return {"inside": rows, "undated": 0, "known": rows, "late": 0}
    seen = pl.lit(True) if admission.seen is None else admission.seen
    if clock is None:
        counts = _counts(pl.lit(True), pl.lit(True), pl.lit(False), seen)
    else:
        column = pl.col(clock.column)
        known = in_window(clock, window, calendar).fill_null(False)
        counts = _counts(known, known, column.is_null(), seen)
        counts |= {"first": column.min(), "last": column.max()}
    return admission.accepted.select(**counts).collect(engine=engine).row(0, named=True)


def _refused_counts(
    rejected: pl.DataFrame, clock: Clock | None, window: Window, calendar: Calendar
) -> dict[str, int]:
    seen, unreadable = ~pl.col(UNSEEN), pl.col(UNREADABLE)
    if clock is None:
        counts = _counts(pl.lit(True), pl.lit(True), pl.lit(False), seen)
    else:
        known = in_window(replace(clock, column=CLOCK), window, calendar).fill_null(False)
        undated = pl.col(CLOCK).is_null() & ~unreadable
        counts = _counts(known, known | unreadable, undated, seen)
    return rejected.select(**counts).row(0, named=True)


def _counts(known: pl.Expr, inside: pl.Expr, undated: pl.Expr, seen: pl.Expr) -> dict[str, pl.Expr]:
    return {
        "inside": (inside & seen).sum(),
        "undated": (undated & seen).sum(),
        "known": (known & seen).sum(),
        "late": (known & ~seen).sum(),
    }


def account_run(plan: Plan, inputs: Mapping[str, InputAccount], gathered: Gathered) -> Accounting:
    """Return the accounts of a run, tables and metrics in the order of the ruleset.

    The rows made for a derived table are all accepted.
    """
    tables: dict[str, TableAccount] = {
        name: {
            "in_window": made.in_window,
            "outside": made.outside,
            "undated": made.undated,
            "accepted": made.in_window,
            "rejected": 0,
            "unmatched": made.unmatched,
            "dropped": dict(made.dropped),
        }
        for name, made in gathered.tables.items()
    }
    for name, given in inputs.items():
        dropped = tables[name]["dropped"] if name in tables else {}
        tables[name] = {**given.account, "dropped": dropped}
    metrics: dict[str, MetricUse] = {
        name: {
            "accepted": used.accepted,
            "used": used.used,
            "filtered": used.filtered,
            "unknown": used.unknown,
            "no_subject": used.no_subject,
            "filtered_by": dict(used.filtered_by),
        }
        for name, used in gathered.metrics.items()
    }
    return {
        "tables": {name: tables[name] for name in plan.ruleset.tables if name in tables},
        "metrics": {name: metrics[name] for name in plan.ruleset.metrics if name in metrics},
    }


def months_of(dates: Dates, calendar: Calendar) -> tuple[str, str] | None:
    """Return the periods of the first and the last row, None where no row has a date."""
    if dates.first is None or dates.last is None:
        return None
    return _month(dates.kind, dates.first, calendar), _month(dates.kind, dates.last, calendar)


def _month(kind: Kind, clock: int, calendar: Calendar) -> str:
    match kind:
        case Kind.MONTH:
            return f"{clock // 12:04}-{clock % 12 + 1:02}"
        case Kind.DATE:
            day = date(1970, 1, 1) + timedelta(days=clock)
        case _:
            wall = (_EPOCH + timedelta(microseconds=clock)).astimezone(ZoneInfo(calendar.zone))
            day = (wall.replace(tzinfo=None) - timedelta(minutes=calendar.day_starts)).date()
    return f"{day:%Y-%m}"
