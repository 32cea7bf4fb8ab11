"""What clocks show, by the rules of the zone for every instant."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi_engine.plan.clocks import wall_clock
from kpi_engine.plan.ranges import Engine

DAY = 86_400 * 10**6
ZONES = ["Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "Europe/London", "UTC"]


def shown(instant: int, zone: str) -> int:
    seconds, rest = divmod(instant, 10**6)
    wall = datetime.fromtimestamp(seconds, UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=UTC)
    return int(wall.timestamp()) * 10**6 + rest


@pytest.mark.parametrize("zone", ZONES)
@given(
    start=st.integers(0, 2 * 10**9),
    steps=st.lists(st.one_of(st.none(), st.integers(0, 90 * DAY)), max_size=8),
)
def test_clocks_show_what_the_zone_says_for_every_instant(
    zone: str, start: int, steps: list[int | None]
):
    instants = [None if step is None else start * 10**6 + step for step in steps]
    frame = pl.LazyFrame({"at": instants}, schema={"at": pl.Int64})
    found = frame.select(wall_clock(pl.col("at"), zone)).collect().to_series()
    assert found.to_list() == [None if i is None else shown(i, zone) for i in instants]


@pytest.mark.parametrize("engine", ["streaming", "in-memory"])
def test_a_day_on_which_clocks_are_set_is_read_row_by_row(engine: Engine):
    before = 1_793_512_799_999_999  # 2026-11-01 01:59:59.999999 in New York, in summer
    frame = pl.LazyFrame({"at": [before, before + 1, None]})
    found = frame.select(wall_clock(pl.col("at"), "America/New_York")).collect(engine=engine)
    hour = 3_600 * 10**6
    assert (found["at"] - frame.collect()["at"]).to_list() == [-4 * hour, -5 * hour, None]


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York"])
def test_a_time_that_could_have_outgrown_64_bits_is_read_as_any_other(zone: str):
    wide = pl.DataFrame({"at": [0, 1, None]}, schema={"at": pl.Int128})
    reading = wall_clock(pl.col("at"), zone)
    assert wide.select(reading).equals(wide.cast(pl.Int64).select(reading))
