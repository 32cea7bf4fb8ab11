"""The facts: verdicts, values of no rows, the roster, clocks, and ranges."""

import random
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.plan.cases import EPOCH, HEAD, gathered, load

from kpi_engine.plan.facts import MetricAccount, TableAccount
from kpi_engine.text.errors import DataError


def at(text, zone="Asia/Shanghai"):
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()) * 10**6


NOON = at("2026-10-05 12:00")


def facts(metrics, events, agents=("a",), *, zone="Asia/Shanghai", period="2026-10", **head):
    ruleset = load(metrics, zone=zone, **head)
    rows = {
        "events": [{"id": i, "agent_id": "a", "at": NOON, **e} for i, e in enumerate(events)],
        "agents": [a if isinstance(a, dict) else {"agent_id": a} for a in agents],
    }
    return gathered(ruleset, rows, period)[1]


def fact(metric, events, **options):
    """The columns num, den, n, n_unknown and status of one metric of the agent `a`."""
    frame = facts(f"metrics:\n  m: {metric}\n", events, **options).facts
    assert frame.height == 1
    parts = ("num", "den", "n", "n_unknown", "status")
    return tuple(frame[f"metric.m.{part}"].item() for part in parts)


K = [{"k": 4}, {"k": -1}, {"k": None}, {"k": 7}]


@pytest.mark.parametrize(
    ("metric", "events", "expected"),
    [
        ("{from: events, value: count()}", K, (4, 1, 4, 0, "ok")),
        ("{from: events, value: count(k > 0)}", K, (2, 1, 3, 1, "ok")),
        ("{from: events, value: sum(k)}", K, (10, 1, 3, 1, "ok")),
        ("{from: events, value: mean(k)}", K, (10, 3, 3, 1, "ok")),
        ("{from: events, value: median(k)}", K, (8, 2, 3, 1, "ok")),
        ("{from: events, value: median(k)}", [*K, {"k": 5}], (9, 2, 4, 1, "ok")),
        ("{from: events, value: min(k)}", K, (-1, 1, 3, 1, "ok")),
        ("{from: events, value: max(k)}", K, (7, 1, 3, 1, "ok")),
        ("{from: events, value: distinct(k)}", [*K, *K], (3, 1, 6, 2, "ok")),
        ("{from: events, value: sum(x)}", [{"x": 1_500_000}], (1_500_000, 10**6, 1, 0, "ok")),
        ("{from: events, value: mean(x)}", [{"x": 1}, {"x": 2}], (3, 2 * 10**6, 2, 0, "ok")),
        ("{from: events, value: sum(amount) / count()}", [{"amount": 5}] * 3, (15, 3, 3, 0, "ok")),
        ("{from: events, value: count() / 3}", K, (1_333_333_333, 10**9, 4, 0, "ok")),
        ("{from: events, value: sum(amount) * 0.5}", [{"amount": -5}], (-3, 1, 1, 0, "ok")),
        ("{from: events, value: max(at)}", [{}], (NOON, 1, 1, 0, "ok")),
        ("{from: events, value: count() > 3}", K, (1, 1, 4, 0, "ok")),
        ("{from: events, value: 1 / sum(k)}", [{"k": 0}], (None, None, 1, 0, "unknown")),
        ("{from: events, value: mean(k), min_rows: 3}", K, (10, 3, 3, 1, "ok")),
        ("{from: events, value: mean(k), min_rows: 4}", K, (10, 3, 3, 1, "below_min_rows")),
        ("{from: events, value: count(), min_rows: 1}", [], (0, 1, 0, 0, "below_min_rows")),
        ("{from: events, value: count()}", [], (0, 1, 0, 0, "ok")),
        ("{from: events, value: sum(k)}", [], (0, 1, 0, 0, "ok")),
        ("{from: events, value: distinct(k)}", [{}], (0, 1, 0, 1, "ok")),
        ("{from: events, value: mean(k)}", [{}], (None, None, 0, 1, "no_rows")),
        ("{from: events, value: median(k)}", [], (None, None, 0, 0, "no_rows")),
        ("{from: events, value: max(k)}", [], (None, None, 0, 0, "no_rows")),
        # An unknown operand takes a row out of every aggregate of its metric.
        (
            "{from: events, value: sum(k) / sum(x)}",
            [{"k": 2, "x": 10**6}, {"k": 5}],
            (2 * 10**6, 10**6, 1, 1, "ok"),
        ),
        ("{from: events, where: k > 0, value: count()}", K, (2, 1, 2, 1, "ok")),
        (
            "{from: events, where: k > 0, value: sum(x)}",
            [{"k": 1}, {"k": 0}, {}],
            (0, 10**6, 0, 2, "ok"),
        ),
    ],
)
def test_a_metric_is_the_fraction_of_the_rows_it_uses(metric, events, expected):
    assert fact(metric, events) == expected


def test_a_constant_is_counted_once_a_row():
    assert fact("{from: events, value: sum(1 if k is known else 1)}", K)[:3] == (4, 1, 4)


def test_medians_and_extremes_are_exact_beyond_the_floats():
    widest = 2**53
    events = [{"k": widest}, {"k": widest - 1}, {"k": 0}, {"k": widest}]
    assert fact("{from: events, value: median(k)}", events)[0] == 2 * widest - 1
    assert fact("{from: events, value: max(k)}", events)[0] == widest


def test_every_row_has_one_verdict():
    metrics = """
  calls:
    from: events
    add: {late: k > 5}
    drop: {notes: kind == 'note', odd: k == 3}
metrics:
  m: {from: calls, where: k > 0, value: sum(x)}
"""
    events = [
        {"k": 1, "x": 1},
        {"k": 1},
        {"k": None, "x": 1},
        {"k": -1, "x": 1},
        {"k": 3, "x": 1},
        {"k": 3, "x": 1, "kind": "note"},
        {"k": 1, "x": 1, "agent_id": "stranger"},
        {"k": 3, "x": 1, "agent_id": None},
        {"k": 1, "x": 1, "at": None},
        {"k": 1, "x": 1, "at": at("2026-11-01 00:00")},
    ]
    found = facts(metrics, events)
    assert found.metrics["m"] == MetricAccount(
        accepted=8,
        used=1,
        filtered=3,
        unknown=2,
        no_subject=2,
        filtered_by={"notes": 1, "odd": 1, "where": 1},
    )
    assert found.tables["calls"] == TableAccount(
        made=10, dropped={"notes": 1, "odd": 2}, in_window=8, outside=1, undated=1, unmatched=0
    )


def test_a_derived_table_reads_what_no_drop_has_taken_whatever_its_period():
    metrics = """
  calls: {from: events, drop: {notes: kind == 'note'}}
  agents_days: {from: calls, per: [agent_id], add: {times: count(), best: max(k)}}
metrics:
  m: {from: agents_days, value: sum(times)}
  best: {from: agents_days, value: max(best)}
"""
    events = [{"k": 1}, {"k": 9, "kind": "note"}, {"at": None, "k": 2}, {"at": at("2025-01-01")}]
    frame = facts(metrics, events).facts
    assert frame.select("metric.m.num", "metric.best.num").row(0) == (3, 2)


def test_unknown_keys_are_one_group():
    metrics = """
  days: {from: events, per: [agent_id, kind], add: {times: count()}}
metrics:
  groups: {from: days, value: count()}
  times: {from: days, value: max(times)}
"""
    events = [{}, {}, {}, {"kind": "chat"}, {"agent_id": None}, {"agent_id": None}]
    found = facts(metrics, events)
    assert found.facts.select("metric.groups.num", "metric.times.num").row(0) == (2, 3)
    assert found.tables["days"].made == 3
    assert found.metrics["groups"].no_subject == 1


def test_a_group_without_aggregates_is_its_keys():
    metrics = """
  kinds: {from: events, per: [agent_id, kind]}
metrics:
  m: {from: kinds, value: count()}
"""
    assert facts(metrics, [{}, {}, {"kind": "chat"}]).facts["metric.m.num"].item() == 2


@pytest.mark.parametrize(
    ("period", "expected"), [("2026-09", 1), ("2026-10", 2), ("2026-11", 1), ("2026-12", 0)]
)
def test_rows_belong_to_the_period_of_the_day_that_starts_late(period, expected):
    times = ["2026-10-01 17:59", "2026-10-01 18:00", "2026-11-01 17:59", "2026-11-01 18:00"]
    events = [{"at": at(time)} for time in times]
    count = "metrics:\n  m: {from: events, value: count()}\n"
    found = facts(count, events, period=period, day_starts="18:00")
    assert found.facts["metric.m.num"].item() == expected


def test_the_minutes_that_come_twice_belong_to_two_periods():
    first, second = (
        datetime(2026, 11, 1, 5, 45, tzinfo=UTC),
        datetime(2026, 11, 1, 6, 15, tzinfo=UTC),
    )
    events = [{"at": int(moment.timestamp()) * 10**6} for moment in (first, second)]
    count = "metrics:\n  m: {from: events, value: count()}\n"
    options = {"zone": "America/New_York", "day_starts": "01:30"}
    for period in ("2026-10", "2026-11"):
        found = facts(count, events, period=period, **options)
        assert found.facts["metric.m.num"].item() == 1
        assert found.metrics["m"].accepted == 1


def test_rows_without_a_clock_belong_to_every_period():
    head = HEAD.replace("    dated: at\n", "")
    count = "metrics:\n  m: {from: events, value: count()}\n"
    assert facts(count, [{}, {"at": None}], head=head).facts["metric.m.num"].item() == 2


@pytest.mark.parametrize(
    ("clock", "first", "next_"), [("due", 20727, 20758), ("paid_in", 24321, 24322)]
)
def test_days_and_months_are_clocks(clock, first, next_):
    head = HEAD.replace("dated: at", f"dated: {clock}").replace(
        "due: optional date", "due: optional date\n      paid_in: optional month"
    )
    metrics = """
  days: {from: events, per: [agent_id, period]}
metrics:
  m: {from: events, value: count()}
  periods: {from: days, value: count()}
"""
    events = [{clock: first - 1}, {clock: first}, {clock: next_ - 1}, {clock: next_}, {}]
    row = facts(metrics, events, head=head).facts
    assert row["metric.m.num"].item() == 2
    assert row["metric.periods.num"].item() == 1


ROSTER = HEAD.replace(
    "    key: agent_id\n", "    key: agent_id\n    valid: [since, until]\n", 1
).replace("since: optional date", "since: date, until: optional date")
OCTOBER, NOVEMBER = 20727, 20758


@pytest.mark.parametrize(
    ("since", "until", "assessed"),
    [
        (OCTOBER, None, True),
        (NOVEMBER - 1, None, True),
        (NOVEMBER, None, False),
        (0, OCTOBER, False),
        (0, OCTOBER + 1, True),
        (0, NOVEMBER, True),
    ],
)
def test_a_subject_is_assessed_if_valid_on_a_day_of_the_period(since, until, assessed):
    assert (EPOCH.toordinal() + OCTOBER) == datetime(2026, 10, 1).toordinal()
    agents = [{"agent_id": "a", "since": since, "until": until}]
    found = facts("metrics:\n  m: {from: events, value: count()}\n", [{}], agents, head=ROSTER)
    assert found.facts.height == int(assessed)
    assert found.metrics["m"].no_subject == int(not assessed)


def test_attributes_are_those_of_the_last_valid_row():
    agents = [
        {"agent_id": "a", "team": "later", "since": OCTOBER + 9},
        {"agent_id": "a", "team": "old", "since": 0},
        {"agent_id": "a", "team": "future", "since": NOVEMBER},
    ]
    found = facts("metrics:\n  m: {from: events, value: count()}\n", [{}], agents, head=ROSTER)
    assert found.facts["roster.team"].to_list() == ["later"]
    assert found.facts["metric.m.num"].to_list() == [1]


def test_a_subject_that_stands_twice_on_the_roster_refuses_the_run():
    count = "metrics:\n  m: {from: events, value: count()}\n"
    with pytest.raises(DataError, match=r"K432.*2 rows of the subject agent_id a"):
        facts(count, [], ["a", "b", "a"])
    twice = [{"agent_id": "a", "since": 1}, {"agent_id": "a", "since": 1}]
    with pytest.raises(DataError, match="K432"):
        facts(count, [], twice, head=ROSTER)


def test_subjects_are_sorted_and_all_there():
    found = facts("metrics:\n  m: {from: events, value: count()}\n", [{}], ["c", "a", "b"])
    assert found.facts.select("agent_id", "metric.m.num").rows() == [("a", 1), ("b", 0), ("c", 0)]


@pytest.mark.parametrize(("table", "column"), [("events", "k"), ("groups", "total")])
def test_a_sum_beyond_its_range_refuses_the_run(table, column):
    metrics = f"""
  groups: {{from: events, per: [agent_id], add: {{total: sum(k)}}}}
metrics:
  m: {{from: {table}, value: sum({column})}}
"""
    fits, beyond = [{"k": 2**53}] * 128, [{"k": 2**53}] * 128 + [{"k": 1}]
    assert facts(metrics, fits).facts["metric.m.num"].item() == 2**60
    with pytest.raises(DataError, match=r"K460.*`events`"):
        facts(metrics, beyond)


def test_a_sum_that_would_wrap_to_nothing_refuses_the_run():
    with pytest.raises(DataError, match="K460"):
        facts("metrics:\n  m: {from: events, value: sum(k)}\n", [{"k": 2**53}] * 2**11)


def test_products_too_large_to_add_up_refuse_the_run():
    metrics = "metrics:\n  m: {from: events, value: sum(k * k)}\n"
    with pytest.raises(DataError, match="K460"):
        facts(metrics, [{"k": 2**53}, {"k": 2}])
    cancel = (
        "metrics:\n  m: {from: events, value: 'sum(k * k * (1 if default(x, 0) > 0 else -1))'}\n"
    )
    with pytest.raises(DataError, match="K460"):
        facts(cancel, [{"k": 2**53, "x": 1}, {"k": 2**53, "x": -1}])


def test_the_order_of_rows_and_the_engine_change_nothing():
    metrics = """
  days: {from: events, per: [agent_id, kind], add: {mid: median(x), total: sum(k)}}
metrics:
  mid: {from: events, value: median(x)}
  kinds: {from: events, value: distinct(kind)}
  mean: {from: events, value: mean(x)}
  most: {from: days, value: max(mid)}
"""
    pick = random.Random(7)
    events = [
        {
            "id": i,
            "agent_id": pick.choice("abc"),
            "at": NOON,
            "x": pick.choice([None, *range(99)]),
            "kind": pick.choice(["chat", "note"]),
        }
        for i in range(2_000)
    ]
    agents = [{"agent_id": name} for name in "abc"]
    ruleset = load(metrics)
    frames = []
    for engine in ("streaming", "in-memory", "auto"):
        pick.shuffle(events)
        frames.append(gathered(ruleset, {"events": events, "agents": agents}, "2026-10", engine)[1])
    for other in frames[1:]:
        assert_frame_equal(frames[0].facts, other.facts)
        assert (frames[0].metrics, frames[0].tables) == (
            other.metrics,
            other.tables,
        )
    assert frames[0].facts.schema["metric.mid.num"] == pl.Int64


def test_a_metric_has_its_own_window_clock_and_subject():
    metrics = """
metrics:
  month: {from: events, value: sum(k)}
  week: {from: events, value: sum(k), window: 7 days}
  long: {from: events, value: sum(k), window: 40 days}
  due: {from: events, dated: due, value: sum(k)}
  due_long: {from: events, dated: due, value: sum(k), window: 40 days}
  kinds: {from: events, whose: kind, value: sum(k)}
"""
    first = (datetime(2026, 10, 1, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).days
    times = ("2026-09-21 23:59", "2026-09-22 00:00", "2026-10-01 00:00", "2026-10-24 23:59")
    later = ("2026-10-25 00:00", "2026-10-31 23:59", "2026-11-01 00:00")
    events = [{"k": 2**power, "at": at(time)} for power, time in enumerate((*times, *later))]
    events += [{"k": 1000, "at": None, "due": first - 9, "kind": "chat"}]
    events += [{"k": 1000, "at": None, "due": first - 10}, {"k": 500, "at": None, "due": first}]
    found = facts(metrics, events, ["a", "chat"]).facts
    assert found["metric.month.num"].to_list() == [4 + 8 + 16 + 32, 0]
    assert found["metric.week.num"].to_list() == [16 + 32, 0]
    assert found["metric.long.num"].to_list() == [2 + 4 + 8 + 16 + 32, 0]
    assert found["metric.due.num"].to_list() == [500, 0]
    assert found["metric.due_long.num"].to_list() == [1500, 0]
    assert found["metric.kinds.num"].to_list() == [0, 0]


def test_a_window_follows_the_clocks_of_its_zone():
    metrics = "metrics: {m: {from: events, value: sum(k), window: 7 days}}"
    zone = "Europe/Berlin"
    times = ("2026-10-25 03:59", "2026-10-25 04:00", "2026-11-01 03:59", "2026-11-01 04:00")
    events = [{"k": 2**power, "at": at(time, zone)} for power, time in enumerate(times)]
    found = facts(metrics, events, zone=zone, day_starts="04:00").facts
    assert found["metric.m.num"].item() == 2 + 4


def test_a_window_that_opens_where_the_clocks_go_back_takes_days_not_instants():
    metrics = "metrics: {m: {from: events, value: sum(k), window: 7 days}}"
    opening = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 02:30 in Berlin, and so an hour later
    events = [
        {"k": 1, "at": int(opening.timestamp()) * 10**6 - 30 * 60 * 10**6},
        {"k": 2, "at": int(opening.timestamp()) * 10**6},
        {"k": 4, "at": int(opening.timestamp()) * 10**6 + 45 * 60 * 10**6},
        {"k": 8, "at": int(opening.timestamp()) * 10**6 + 3600 * 10**6},
    ]
    found = facts(metrics, events, zone="Europe/Berlin", day_starts="02:30").facts
    # from 02:30 on; 02:15 of the second round is of the day before again
    assert found["metric.m.num"].item() == 2 + 8


def test_filtered_rows_are_told_apart():
    metrics = """
  calls:
    from: events
    drop: {notes: kind == 'note', odd: k == 3}
metrics:
  all: {from: calls, value: count()}
  good: {from: calls, where: good, value: count()}
"""
    events = [
        {"k": 3, "kind": "note"},
        {"k": 3, "kind": "call"},
        {"k": 1, "good": False},
        {"k": 1, "good": None},
        {"k": 1, "good": True},
        {"k": 3, "agent_id": "stranger"},
    ]
    found = facts(metrics, events).metrics
    assert found["all"].filtered_by == {"notes": 1, "odd": 1}
    assert found["good"].filtered_by == {"notes": 1, "odd": 1, "where": 1}
    assert (found["all"].filtered, found["good"].filtered) == (2, 3)
