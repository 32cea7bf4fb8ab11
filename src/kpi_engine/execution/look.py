"""The moment at which a run looks at the data."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from kpi_engine.plan.nodes import Calendar
from kpi_engine.plan.period import Window, days_window, period_window
from kpi_engine.ruleset.checked import Ruleset
from kpi_engine.ruleset.params import missing_params
from kpi_engine.text.diagnostics import diagnose
from kpi_engine.text.errors import DataError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Look:
    """The period of a run, and the moment at which it looks at the data.

    ``as_of`` is in microseconds of UTC since 1970, ``shown`` the same in the ruleset's zone.
    ``unseen_day`` and ``unseen_month`` are the first that had not begun by then: days since 1970,
    and year * 12 + month - 1.
    """

    window: Window
    as_of: int
    shown: str
    unseen_day: int
    unseen_month: int


def look_at(ruleset: Ruleset, period: str, as_of: date | str | None) -> Look:
    """Return the period of a run and the moment of its look at the data.

    A day stands for the moment it begins in the ruleset's zone. None is the end of the period plus
    the longest time that a metric takes to settle.

    Raises:
        DataError: the period or the moment is malformed, or a param is still required.
    """
    calendar = Calendar(ruleset.zone, ruleset.day_starts)
    diagnostics = missing_params(ruleset)
    window: Window | None = None
    try:
        window = period_window(period, calendar.zone, calendar.day_starts)
    except ValueError:
        diagnostics.append(diagnose("K434", found=period))
    instant = None if as_of is None else instant_of(as_of, calendar)
    if as_of is not None and instant is None:
        diagnostics.append(diagnose("K435", found=as_of))
    if diagnostics or window is None:
        raise DataError(diagnostics)
    if instant is None:
        instant = window.end + max((m.settles for m in ruleset.metrics.values()), default=0)
    day = day_from(instant, calendar)
    month = day.year * 12 + day.month - 1 + (day.day != 1)
    shown = _moment(instant).astimezone(ZoneInfo(calendar.zone)).isoformat()
    return Look(window, instant, shown, (day - _EPOCH.date()).days, month)


def instant_of(as_of: date | str, calendar: Calendar) -> int | None:
    """Return the microseconds of a day's beginning or of a time, None for one without a zone."""
    try:
        if isinstance(as_of, str):
            read = date if _DAY.fullmatch(as_of) else datetime
            as_of = read.fromisoformat(as_of)
    except ValueError:
        return None
    if not date.min.year < as_of.year < date.max.year:
        return None
    if isinstance(as_of, datetime):
        return None if as_of.tzinfo is None else (as_of - _EPOCH) // _MICROSECOND
    return _beginning(as_of, calendar)


def _moment(instant: int) -> datetime:
    return _EPOCH + instant * _MICROSECOND


def day_from(instant: int, calendar: Calendar) -> date:
    """Return the first day of the ruleset's zone that does not begin before an instant."""
    wall = _moment(instant).astimezone(ZoneInfo(calendar.zone)).replace(tzinfo=None)
    day = (wall - timedelta(minutes=calendar.day_starts)).date()
    # at a change of the clocks a day may begin before its reading or after it
    return next(
        each
        for each in (day + timedelta(days=later) for later in range(-1, 3))
        if _beginning(each, calendar) >= instant
    )


def _beginning(day: date, calendar: Calendar) -> int:
    """Return the first instant of a day, in microseconds of UTC."""
    zone, day_starts = calendar.zone, calendar.day_starts
    month = period_window(f"{day.year:04}-{day.month:02}", zone, day_starts)
    return days_window(month, (month.last_day - day).days + 1, zone, day_starts).start
