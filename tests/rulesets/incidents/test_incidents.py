"""A real incident log, held to SQL over the same file; the expectation shares no code with us."""

import shutil
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import duckdb
import polars as pl
import pytest

import kpi_engine as ke

HERE = Path(__file__).resolve().parent
LOG = HERE.parents[3] / "shared" / "data" / "incident_events" / "incident_event_log_first5998.csv"
LOOK = "2018-01-01"
"""The log has ended: a look from within it would not know what was resolved later."""

MONTHS = ["2016-02", "2016-03", "2016-04", "2016-05", "2016-12"]
MICROSECOND = 1_000_000
HOUR = 3_600

pytestmark = pytest.mark.skipif(not LOG.is_file(), reason=f"the incident log is absent: {LOG}")

INCIDENTS = f"""
create table incidents as
select
    number,
    max(resolved_by) as resolver,
    max(strptime(nullif(resolved_at, '?'), '%d-%m-%Y %H:%M')) as resolved,
    min(strptime(opened_at, '%d-%m-%Y %H:%M')) as opened,
    bool_and(made_sla = 'TRUE') as kept_sla,
    max(reopen_count::int) = 0 as stayed_closed,
    count(distinct resolved_by) as resolvers,
    count(distinct resolved_at) as resolutions
from read_csv('{LOG}', all_varchar = true, header = true)
group by number
"""

# The two in the middle, the same one twice where their number is odd; no float is made.
BY_RESOLVER = """
select
    resolver,
    count(*) as incidents,
    count(*) filter (kept_sla) as kept,
    count(*) filter (stayed_closed) as closed,
    list_sort(list(epoch_us(resolved) - epoch_us(opened))) as times,
    times[(len(times) + 1) // 2] + times[len(times) // 2 + 1] as middle
from incidents
where strftime(resolved, '%Y-%m') = ?
group by resolver
"""


@dataclass(frozen=True, slots=True)
class Expected:
    """What SQL finds of one resolver in one month; ``middle`` is twice the median, in us."""

    incidents: int
    kept: int
    closed: int
    middle: int


@pytest.fixture(scope="module")
def sql():
    connection = duckdb.connect()
    connection.execute(INCIDENTS)
    return connection


@pytest.fixture(scope="module")
def plan():
    return ke.compile(ke.load(HERE / "resolvers.yaml"))


@pytest.fixture(scope="module")
def resolvers():
    log = pl.read_csv(LOG, columns=["resolved_by"], infer_schema=False)
    return log.unique().select(resolver="resolved_by")


@pytest.fixture(scope="module")
def results_by_month(plan, resolvers):
    tables = {"events": LOG, "resolvers": resolvers}
    return {month: ke.run(plan, tables, period=month, as_of=LOOK) for month in MONTHS}


def expected_by_resolver(sql, month):
    rows = sql.execute(BY_RESOLVER, [month]).fetchall()
    return {row[0]: Expected(row[1], row[2], row[3], row[5]) for row in rows}


def half_away(value, grid=1):
    doubled = 2 * abs(Fraction(value)) * grid
    return (1 if value >= 0 else -1) * Fraction((doubled + 1) // 2, grid)


def expected_score(found):
    if found is None:
        return None
    points = Fraction(50 * found.kept + 20 * found.closed, found.incidents)
    median = Fraction(found.middle, 2 * MICROSECOND)
    limits = [(4 * HOUR, 100), (24 * HOUR, 85), (7 * 24 * HOUR, 60)]
    speed = next((worth for limit, worth in limits if median <= limit), 20)
    return half_away(points + Fraction(30 * speed, 100), 100)


def expected_bonus(score):
    if score is None:
        return None
    return 15_000 if score >= 95 else half_away(score * 100) if score >= 80 else 0


def test_every_row_of_the_log_is_accepted(results_by_month):
    for results in results_by_month.values():
        assert results.rejects.height == 0
        assert results.accounting["tables"]["events"]["accepted"] == 5998
        assert results.accounting["tables"]["events"]["rejected"] == 0


def test_an_incident_has_one_resolver_and_at_most_one_resolution(sql):
    """Why `max` may choose both: it never has to."""
    found = sql.execute("select max(resolvers), max(resolutions), count(*) from incidents")
    assert found.fetchall() == [(1, 1, 890)]


@pytest.mark.parametrize("month", MONTHS)
def test_numerators_denominators_and_medians_are_those_of_sql(month, sql, results_by_month):
    expected = expected_by_resolver(sql, month)
    assert expected
    shown = {
        row["resolver"]: (
            row["metric.incidents_resolved.num"],
            row["metric.incidents_resolved.den"],
            row["metric.sla_rate.num"],
            row["metric.sla_rate.den"],
            row["metric.closed_rate.num"],
            row["metric.closed_rate.den"],
            row["metric.median_time.num"],
            row["metric.median_time.den"],
            row["metric.median_time.n"],
        )
        for row in results_by_month[month].subjects.iter_rows(named=True)
        if row["resolver"] in expected
    }
    assert shown == {
        resolver: (
            found.incidents,
            1,
            found.kept,
            found.incidents,
            found.closed,
            found.incidents,
            found.middle,
            2,
            found.incidents,
        )
        for resolver, found in expected.items()
    }


@pytest.mark.parametrize("month", MONTHS)
def test_score_and_pay_follow_from_the_numbers_of_sql(month, sql, results_by_month):
    expected = expected_by_resolver(sql, month)
    for row in results_by_month[month].subjects.iter_rows(named=True):
        found = expected.get(row["resolver"])
        score = expected_score(found)
        incidents = 250 * (found.incidents if found is not None else 0)
        bonus = expected_bonus(score)
        assert row["score"] == (None if score is None else Decimal(int(score * 100)) / 100)
        assert row["line.incidents"] == incidents
        assert row["line.bonus"] == bonus
        assert row["pay"] == (None if bonus is None else incidents + bonus)
        assert row["pay.status"] == ("held" if bonus is None else "ok")


@pytest.mark.parametrize("month", MONTHS)
def test_everybody_on_the_roster_has_one_row_with_or_without_incidents(
    month, sql, results_by_month
):
    subjects = results_by_month[month].subjects
    everybody = sql.execute("select distinct resolver from incidents order by 1").fetchall()
    assert subjects["resolver"].to_list() == [row[0] for row in everybody]
    idle = subjects.filter(~pl.col("resolver").is_in(list(expected_by_resolver(sql, month))))
    assert set(idle["metric.incidents_resolved.num"]) <= {0}
    assert set(idle["metric.sla_rate.status"]) <= {"no_rows"}


@pytest.mark.parametrize("month", MONTHS)
def test_the_29_incidents_without_a_resolution_are_counted_undated(month, sql, results_by_month):
    accounting = results_by_month[month].accounting
    inside = sum(found.incidents for found in expected_by_resolver(sql, month).values())
    counts = accounting["tables"]["incidents"]
    assert counts == {
        "in_window": inside,
        "outside": 890 - 29 - inside,
        "undated": 29,
        "accepted": inside,
        "rejected": 0,
        "dropped": {},
        "unmatched": 0,
    }
    for metric in ("incidents_resolved", "sla_rate", "closed_rate", "median_time"):
        assert accounting["metrics"][metric] == {
            "accepted": inside,
            "used": inside,
            "filtered": 0,
            "unknown": 0,
            "no_subject": 0,
            "filtered_by": {},
        }


def test_resolvers_who_are_not_on_the_roster_are_counted(sql, plan, resolvers):
    few = resolvers.sort("resolver").head(20)
    results = ke.run(plan, {"events": LOG, "resolvers": few}, period="2016-03", as_of=LOOK)
    expected = expected_by_resolver(sql, "2016-03")
    known = sum(expected[name].incidents for name in few["resolver"] if name in expected)
    counts = results.accounting["metrics"]["sla_rate"]
    assert counts["used"] == known
    assert counts["no_subject"] == 737 - known


def test_the_log_is_found_in_a_folder_under_the_name_the_ruleset_gives(
    tmp_path, plan, resolvers, results_by_month
):
    shutil.copy(LOG, tmp_path / LOG.name)
    resolvers.write_parquet(tmp_path / "resolvers.parquet")
    results = ke.run(plan, tmp_path, period="2016-03", as_of=LOOK)
    assert results.receipt["result_hash"] == results_by_month["2016-03"].receipt["result_hash"]


def test_the_order_of_the_rows_changes_nothing(plan, resolvers, results_by_month):
    shuffled = pl.read_csv(LOG, infer_schema=False).sample(fraction=1, shuffle=True, seed=7)
    results = ke.run(
        plan, {"events": shuffled, "resolvers": resolvers}, period="2016-03", as_of=LOOK
    )
    assert results.receipt["result_hash"] == results_by_month["2016-03"].receipt["result_hash"]
