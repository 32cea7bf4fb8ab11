"""Days, months and hours of the ruleset's zone, from Python's own calendar and zone database."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from math import floor
from zoneinfo import ZoneInfo

from kpi_engine.language.kinds import Kind

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PERIOD = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Calendar:
    """Where days are counted: a zone, and the minutes after midnight at which its days start."""

    zone: ZoneInfo
    day_starts: int


@dataclass(frozen=True, slots=True)
class Period:
    """A calendar month: year * 12 + month - 1, and its first and last day."""

    month: int
    first_day: date
    last_day: date


def read_period(text: str) -> Period:
    """Return the month of ``2026-10``.

    Raises:
        ValueError: if the text is not a year and a month.

    >>> read_period("2024-02").last_day
    datetime.date(2024, 2, 29)
    """
    match = _PERIOD.fullmatch(text)
    if match is None:
        raise ValueError(f"period is `{text}`, a year and a month like `2026-10` were expected")
    year, month = int(match[1]), int(match[2])
    last = monthrange(year, month)[1]
    return Period(year * 12 + month - 1, date(year, month, 1), date(year, month, last))


def wall_time(calendar: Calendar, instant: Fraction | int) -> datetime:
    """Return what the clocks of the zone show at an instant, without a zone.

    >>> wall_time(Calendar(ZoneInfo("Asia/Shanghai"), 0), 0)
    datetime.datetime(1970, 1, 1, 8, 0)
    """
    moment = _EPOCH + timedelta(microseconds=floor(instant))
    return moment.astimezone(calendar.zone).replace(tzinfo=None)


def day_of(calendar: Calendar, moment: Fraction | int | date) -> date:
    """Return the day a time belongs to, where days start as the ruleset says; a day is its own.

    >>> day_of(Calendar(ZoneInfo("Asia/Shanghai"), 9 * 60), 0)
    datetime.date(1969, 12, 31)
    """
    if isinstance(moment, date):
        return moment
    return (wall_time(calendar, moment) - timedelta(minutes=calendar.day_starts)).date()


def month_of(calendar: Calendar, moment: Fraction | int | date) -> int:
    """Return the month a time or a day falls in, as year * 12 + month - 1.

    >>> month_of(Calendar(ZoneInfo("Asia/Shanghai"), 0), date(2026, 10, 31)) - 12 * 2026
    9
    """
    day = day_of(calendar, moment)
    return day.year * 12 + day.month - 1


def falls_in(
    period: Period, days: int | None, calendar: Calendar, moment: Fraction | int | date, kind: Kind
) -> bool:
    """Return whether a moment is of a period, or of so many days that end with it.

    >>> october, here = read_period("2026-10"), Calendar(ZoneInfo("Asia/Shanghai"), 0)
    >>> falls_in(october, 32, here, date(2026, 9, 30), Kind.DATE)
    True
    """
    if kind is Kind.MONTH:
        return moment == period.month
    day = day_of(calendar, moment)
    first = period.first_day if days is None else period.last_day - timedelta(days=days - 1)
    return first <= day <= period.last_day


def within_hours(calendar: Calendar, instant: Fraction | int, hours: tuple[int, int]) -> bool:
    """Return whether the clocks of the zone show a time in hours, their end not included.

    >>> within_hours(Calendar(ZoneInfo("Asia/Shanghai"), 0), 0, (8 * 60, 23 * 60))
    True
    """
    start, end = hours
    wall = wall_time(calendar, instant)
    minute = wall.hour * 60 + wall.minute
    if start > end:
        return minute >= start or minute < end
    return start <= minute < end
