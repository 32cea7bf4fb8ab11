"""The window of a run: one month, its edges as instants."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_PERIOD = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Window:
    """The month of a run, or the days that end with it.

    ``month`` is year * 12 + month - 1. ``start`` and ``end`` are UTC microseconds, half open: every
    instant of the window lies between them. ``unbroken`` is false in the rare window at whose edge
    a zone sets its clocks back over the hour the day starts at: then some instants between them
    belong to a neighbour.
    """

    period: str
    month: int
    start: int
    end: int
    first_day: date
    last_day: date
    unbroken: bool = True


def period_window(period: str, zone: str, day_starts: int) -> Window:
    """Return the window of a period such as ``2026-10``.

    Its days start ``day_starts`` minutes after midnight on the clocks of ``zone``; where that
    reading is skipped, at the first instant after it.

    Raises:
        ValueError: if the period is not written as a year and a month.

    >>> window = period_window("2026-10", "Asia/Shanghai", 0)
    >>> window.last_day.isoformat(), (window.end - window.start) // 86_400_000_000
    ('2026-10-31', 31)
    """
    written = _PERIOD.fullmatch(period)
    if written is None or int(written[1]) < 1:
        raise ValueError(f"`{period}` is no period, a year and a month like `2026-10` was expected")
    month = int(written[1]) * 12 + int(written[2]) - 1
    return _window(period, month, _first_day(month), zone, day_starts)


def days_window(window: Window, days: int, zone: str, day_starts: int) -> Window:
    """Return the window of so many days that end with the last day of a period.

    >>> october = period_window("2026-10", "Asia/Shanghai", 0)
    >>> days_window(october, 40, "Asia/Shanghai", 0).first_day.isoformat()
    '2026-09-22'
    """
    first_day = window.last_day - timedelta(days=days - 1)
    return _window(window.period, window.month, first_day, zone, day_starts)


def _window(period: str, month: int, first_day: date, zone: str, day_starts: int) -> Window:
    next_day = _first_day(month + 1)
    opening, closing = (_edges(day, ZoneInfo(zone), day_starts) for day in (first_day, next_day))
    return Window(
        period,
        month,
        _microseconds(opening[0]),
        _microseconds(closing[1]),
        first_day,
        next_day - timedelta(days=1),
        unbroken=opening[0] == opening[1] and closing[0] == closing[1],
    )


def _first_day(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)


def _microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND


def _edges(day: date, zone: ZoneInfo, day_starts: int) -> tuple[datetime, datetime]:
    """Return the first instant of a day, and the first after which none is of the day before."""
    reading = datetime.combine(day, time()) + timedelta(minutes=day_starts)
    earlier, later = (reading.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if earlier > later:
        change = _change(later, earlier, zone)
        return change, change
    if earlier < later and _reading(later - _MICROSECOND, zone) >= reading:
        return earlier, earlier
    return earlier, later


def _reading(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None)


def _change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant between two at which the clocks are set, by halving."""
    new_offset = after.astimezone(zone).utcoffset()
    while after - before > _MICROSECOND:
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == new_offset:
            after = middle
        else:
            before = middle
    return after
