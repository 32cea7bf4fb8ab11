"""The three months of the sample, their exempt days, and the rhythm of the week and the day."""

from datetime import date, timedelta

import polars as pl

from kpi_engine.sample.draws import number_below

FIRST_DAY = date(2026, 8, 1)
DAYS = 92  # to 2026-10-31
SPILL_DAYS = 30  # refunds, ratings and payments may fall in November
MINUTE, HOUR, DAY = 60, 3_600, 86_400
END = DAYS * DAY  # times are seconds since the first local midnight
MIDNIGHT_UTC = 1_785_513_600  # 2026-08-01 00:00 in Shanghai, which keeps no summer time

SATURDAY = 5
PROMOTIONS = frozenset(
    {date(2026, 8, 18), date(2026, 9, 9), date(2026, 10, 20), date(2026, 10, 21)}
)
NATIONAL_DAYS = (date(2026, 10, 1), date(2026, 10, 2), date(2026, 10, 3))
VISITS_BY_HOUR = (
    6, 4, 2, 1, 1, 1, 2, 5, 12, 20, 26, 24, 18, 20, 24, 26, 24, 20, 18, 24, 32, 34, 26, 14,
)  # fmt: skip


def date_of(day: int) -> date:
    """Return the date of a day, counted from the first of the sample."""
    return FIRST_DAY + timedelta(days=day)


def day_of(day: date) -> int:
    """Return the count of days from the first day of the sample to a date."""
    return (day - FIRST_DAY).days


def exempt_reasons(seed: int, shop: int) -> dict[date, str]:
    """Return why a shop is not assessed on its exempt days, by day."""
    reasons: dict[date, str] = {}
    if number_below(2, seed, shop, "closed") == 0:
        reasons |= dict.fromkeys(NATIONAL_DAYS, "shop closed 打烊")
    outage = date_of(number_below(DAYS, seed, shop, "outage"))
    return {outage: "platform outage 系统故障", **reasons}


def calendar_table(shop_id: str, reasons: dict[date, str]) -> pl.DataFrame:
    """Return the calendar of a shop, one row a day, the spill included."""
    dates = [date_of(day) for day in range(DAYS + SPILL_DAYS)]
    return pl.DataFrame(
        {
            "shop_id": [shop_id] * len(dates),
            "day": dates,
            "excluded": [day in reasons for day in dates],
            "reason": [reasons.get(day) for day in dates],
        },
    )


def visit_days(reasons: dict[date, str]) -> list[int]:
    """Return days, each as often as it is busy: weekends, promotions, growth, closed days."""
    wheel: list[int] = []
    for day in range(DAYS):
        today = date_of(day)
        weight = 20 + day // 15
        if today.weekday() >= SATURDAY:
            weight += 5
        if today in PROMOTIONS:
            weight *= 2
        if today in reasons:
            weight //= 2
        wheel += [day] * weight
    return wheel


def visit_hours() -> list[int]:
    """Return hours of the day, each as often as it is busy."""
    return [hour for hour, weight in enumerate(VISITS_BY_HOUR) for _ in range(weight)]


def instant(seconds: pl.Expr) -> pl.Expr:
    """Return the instants of seconds since the first local midnight (Datetime, UTC)."""
    microseconds = (seconds.cast(pl.Int64) + MIDNIGHT_UTC) * 1_000_000
    return microseconds.cast(pl.Datetime("us", "UTC"))
