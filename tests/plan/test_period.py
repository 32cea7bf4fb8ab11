"""The edges of a month, on the clocks of its zone."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.plan.oracle import EPOCH, month, reading

from kpi_engine.plan.nodes import Calendar
from kpi_engine.plan.period import period_window

MINUTE = 60 * 10**6
DAY = 1440 * MINUTE


def at(text):
    """Microseconds of a UTC time."""
    moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return (moment - EPOCH) // timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("period", "zone", "day_starts", "start", "end"),
    [
        ("2026-10", "Asia/Shanghai", 0, "2026-09-30 16:00", "2026-10-31 16:00"),
        ("2026-10", "Asia/Singapore", 18 * 60, "2026-10-01 10:00", "2026-11-01 10:00"),
        ("2026-03", "America/New_York", 0, "2026-03-01 05:00", "2026-04-01 04:00"),
        ("2026-12", "UTC", 0, "2026-12-01 00:00", "2027-01-01 00:00"),
    ],
)
def test_edges_are_the_first_instants_of_the_month(period, zone, day_starts, start, end):
    window = period_window(period, zone, day_starts)
    assert (window.start, window.end, window.unbroken) == (at(start), at(end), True)


def test_a_day_that_starts_in_a_skipped_hour_starts_when_the_clocks_are_set():
    # In Amman the clocks went from 00:00 to 01:00 on 1 April 2005.
    assert period_window("2005-04", "Asia/Amman", 0).start == at("2005-03-31 22:00")
    assert period_window("2005-04", "Asia/Amman", 30).start == at("2005-03-31 22:00")
    assert period_window("2005-03", "Asia/Amman", 30).end == at("2005-03-31 22:00")


def test_a_month_is_broken_where_its_first_minutes_come_twice():
    # In New York 01:00 to 02:00 came twice on 1 November 2026.
    window = period_window("2026-11", "America/New_York", 90)
    assert (window.start, window.unbroken) == (at("2026-11-01 05:30"), False)
    before = period_window("2026-10", "America/New_York", 90)
    assert (before.end, before.unbroken) == (at("2026-11-01 06:30"), False)


@pytest.mark.parametrize("period", ["2026-13", "2026-1", "26-10", "2026-00", "0000-01", "x", ""])
def test_what_is_no_period_is_refused(period):
    with pytest.raises(ValueError, match="is no period"):
        period_window(period, "UTC", 0)


ZONES = ["Asia/Shanghai", "America/New_York", "America/Sao_Paulo", "Asia/Amman", "America/St_Johns"]


@given(
    zone=st.sampled_from(ZONES),
    year=st.integers(1975, 2035),
    number=st.integers(1, 12),
    day_starts=st.sampled_from([0, 30, 60, 90, 120, 1080, 1439]),
    offset=st.integers(-3 * 60 * MINUTE, 3 * 60 * MINUTE),
)
def test_an_instant_is_in_the_window_if_its_day_is_in_the_month(
    zone, year, number, day_starts, offset
):
    window = period_window(f"{year}-{number:02}", zone, day_starts)
    calendar = Calendar(zone, day_starts)
    for edge in (window.start, window.end):
        for instant in (edge + offset, edge, edge - 1):
            its_month = month((reading(instant, calendar) - day_starts * MINUTE) // DAY)
            inside = window.start <= instant < window.end
            assert inside or its_month != window.month
            assert not (inside and window.unbroken) or its_month == window.month
