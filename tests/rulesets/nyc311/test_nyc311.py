"""A day of real service requests, held to SQL over the same file."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import duckdb
import polars as pl
import pytest

import kpi_engine as ke

HERE = Path(__file__).resolve().parent
REQUESTS = HERE.parents[3] / "shared" / "data" / "nyc311" / "nyc311_20240416.csv"
MONTH = "2024-04"
LOOK = "2024-06-01"
"""The due times lie in the middle of May: a look before them would see none, as of anything later."""

HOUR = 3_600 * 1_000_000
STEPS = [(HOUR, 100), (2 * HOUR, 80), (24 * HOUR, 60)]

pytestmark = pytest.mark.skipif(
    not REQUESTS.is_file(), reason=f"the service requests are absent: {REQUESTS}"
)

# The two in the middle, the same one twice where their number is odd; no float is made.
BY_AGENCY = f"""
with requests as (
    select
        agency,
        created_date::timestamp as created,
        nullif(closed_date, '')::timestamp as closed,
        nullif(due_date, '')::timestamp as due
    from read_csv('{REQUESTS}', all_varchar = true, header = true)
)
select
    agency,
    count(*) as requests,
    count(closed) as closed,
    count(due) as due,
    count(*) filter (due is not null and closed is not null) as due_and_closed,
    list_sort(list(epoch_us(closed) - epoch_us(created)) filter (closed is not null)) as times,
    times[(len(times) + 1) // 2] + times[len(times) // 2 + 1] as middle
from requests
group by agency
"""


@dataclass(frozen=True, slots=True)
class Expected:
    """What SQL finds of one agency; ``middle`` is twice the median in us, None of none."""

    requests: int
    closed: int
    due: int
    due_and_closed: int
    middle: int | None


@pytest.fixture(scope="module")
def expected():
    rows = duckdb.connect().execute(BY_AGENCY).fetchall()
    return {row[0]: Expected(row[1], row[2], row[3], row[4], row[6]) for row in rows}


@pytest.fixture(scope="module")
def results(expected):
    plan = ke.compile(ke.load(HERE / "agencies.yaml"))
    agencies = pl.DataFrame({"agency": list(expected)})
    return ke.run(plan, {"requests": REQUESTS, "agencies": agencies}, period=MONTH, as_of=LOOK)


@pytest.fixture(scope="module")
def row_by_agency(results):
    return {row["agency"]: row for row in results.subjects.iter_rows(named=True)}


def rounded(value, grid):
    return Fraction((2 * value * grid + 1) // 2, grid)


def test_every_request_is_accepted_and_belongs_to_one_agency(results, expected):
    assert results.rejects.height == 0
    assert results.accounting["tables"]["requests"]["in_window"] == 1000
    assert sum(found.requests for found in expected.values()) == 1000
    assert len(expected) == 11


def test_close_rates_are_those_of_sql(row_by_agency, expected):
    found = {
        agency: (row["metric.close_rate.num"], row["metric.close_rate.den"])
        for agency, row in row_by_agency.items()
    }
    assert found == {agency: (each.closed, each.requests) for agency, each in expected.items()}


def test_medians_are_those_of_sql_in_hours_too(row_by_agency, expected):
    for agency, each in expected.items():
        row = row_by_agency[agency]
        if each.middle is None:
            assert row["metric.median_time.status"] == "no_rows"
            assert row["metric.median_hours"] is None
            continue
        assert (row["metric.median_time.num"], row["metric.median_time.den"]) == (each.middle, 2)
        hours = rounded(Fraction(each.middle, 2 * HOUR), 10**9)
        assert Fraction(row["metric.median_hours"]) == hours


def test_on_time_is_unknown_for_every_agency_and_says_why(results, row_by_agency, expected):
    assert sum(each.due for each in expected.values()) == 16
    assert sum(each.due_and_closed for each in expected.values()) == 0
    for agency, each in expected.items():
        row = row_by_agency[agency]
        assert (row["metric.due.num"], row["metric.due_and_closed.num"]) == (each.due, 0)
        assert (row["metric.on_time"], row["metric.on_time.status"]) == (None, "no_rows")
    counts = results.accounting["metrics"]["on_time"]
    assert (counts["accepted"], counts["used"]) == (1000, 0)
    assert counts["filtered_by"] == {"where": 1000}
    shown = {metric.name: metric for metric in ke.explain(results, "DSNY").metrics}
    assert shown["due"].shown == "16"
    assert shown["due_and_closed"].shown == "0"
    assert shown["on_time"].reason == "no row of the period counts for this subject"


def test_scores_follow_from_the_numbers_of_sql_without_what_is_unknown(row_by_agency, expected):
    for agency, each in expected.items():
        score = None
        if each.middle is not None:
            speed = next((worth for limit, worth in STEPS if each.middle <= 2 * limit), 20)
            points = Fraction(40 * 100 * each.closed, each.requests) + 30 * speed
            score = rounded(points / 70, 100)
        row = row_by_agency[agency]
        assert row["score"] == (None if score is None else Decimal(int(score * 100)) / 100)
        assert row["score.status"] == ("needs" if score is None else "ok")
