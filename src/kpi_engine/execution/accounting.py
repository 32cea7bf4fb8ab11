"""Where every row went, by table and by metric: the accounts always add up."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from kpi_engine.execution.contracts import CLOCK, UNREADABLE, Admission
from kpi_engine.execution.results import Accounting, MetricUse, TableAccount
from kpi_engine.language.kinds import Kind
from kpi_engine.plan.facts import Gathered
from kpi_engine.plan.nodes import Calendar, Clock, Plan
from kpi_engine.plan.period import Window
from kpi_engine.plan.ranges import Engine
from kpi_engine.plan.windows import in_window

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Dates:
    """The first and the last clock of the accepted rows of a table, as they are kept.

    ``inside`` counts the rows, refused ones too, that are known to lie in the window.
    """

    kind: Kind
    inside: int
    first: int | None
    last: int | None


def account_input(
    admission: Admission, window: Window, calendar: Calendar, engine: Engine
) -> tuple[TableAccount, Dates | None]:
    """Return the account of an input table, and which dates its rows have.

    A refused row whose clock cannot be read counts in the window: nothing says it lies elsewhere.
    Every row of a table without a clock lies in the window.
    """
    table, rejected = admission.table, admission.rejected
    if table.clock is None:
        accepted = admission.height - rejected.height
        return _account(admission.height, accepted, rejected.height, 0), None
    kind = table.types[table.clock].kind
    clock = pl.col(table.clock)
    inside = in_window(Clock(table.clock, kind), window, calendar)
    kept = admission.rows.select(
        rows=pl.len(),
        inside=inside.sum(),
        undated=clock.is_null().sum(),
        first=clock.min(),
        last=clock.max(),
    ).collect(engine=engine)
    lies_inside = in_window(Clock(CLOCK, kind), window, calendar).fill_null(value=False)
    refused = rejected.select(
        known=lies_inside.sum(),
        inside=(lies_inside | pl.col(UNREADABLE)).sum(),
        undated=(pl.col(CLOCK).is_null() & ~pl.col(UNREADABLE)).sum(),
    )
    undated = kept["undated"][0] + refused["undated"][0]
    account = _account(
        kept["rows"][0] + rejected.height, kept["inside"][0], refused["inside"][0], undated
    )
    inside_rows = kept["inside"][0] + refused["known"][0]
    return account, Dates(kind, inside_rows, kept["first"][0], kept["last"][0])


def _account(rows: int, accepted: int, rejected: int, undated: int) -> TableAccount:
    in_window_ = accepted + rejected
    return {
        "in_window": in_window_,
        "outside": rows - in_window_ - undated,
        "undated": undated,
        "accepted": accepted,
        "rejected": rejected,
    }


def account_run(plan: Plan, inputs: Mapping[str, TableAccount], gathered: Gathered) -> Accounting:
    """Return the accounts of a run, tables and metrics in the order of the ruleset.

    The rows made for a derived table are all accepted.
    """
    derived: dict[str, TableAccount] = {
        name: {
            "in_window": made.in_window,
            "outside": made.outside,
            "undated": made.undated,
            "accepted": made.in_window,
            "rejected": 0,
        }
        for name, made in gathered.tables.items()
    }
    tables = {**derived, **inputs}
    metrics: dict[str, MetricUse] = {
        name: {
            "accepted": used.accepted,
            "used": used.used,
            "filtered": used.filtered,
            "unknown": used.unknown,
            "no_subject": used.no_subject,
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
