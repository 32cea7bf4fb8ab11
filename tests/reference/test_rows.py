from datetime import date
from fractions import Fraction

import pytest
from tests.reference.cases import EVENTS, HEAD, agent, at, case, event, judged, load

from kpi_engine.reference.judging import judge
from kpi_engine.reference.moments import read_period
from kpi_engine.reference.values import Row
from kpi_engine.text.errors import DataError

COUNT = "metrics:\n  m: {{from: {table}, value: {value}}}\n"


def measured(tables, table, events, value="count()"):
    """One metric over a derived table, for the agent ``a``."""
    ruleset = case(COUNT.format(table=table, value=value), tables)
    return judged(ruleset, events).subjects["a",].metrics["m"].value


def test_the_order_of_a_table_is_where_add_drop():
    tables = """
  kept:
    from: events
    drop: {big: double > 10}
    add: {double: x * 2}
    where: x > 1
"""
    events = [event(x=x) for x in (1, 2, 5, 6, None)]
    assert measured(tables, "kept", events, "sum(double)") == 14


def test_unknown_does_not_pass_where_and_is_not_dropped():
    events = [event(x=1), event(x=None), event(x=3)]
    assert measured("  t: {from: events, where: x > 1}\n", "t", events) == 1
    assert measured("  t: {from: events, drop: {big: x > 1}}\n", "t", events) == 2


def test_added_columns_read_those_added_before_them():
    tables = "  t: {from: events, add: {z: w + 1, w: x * 2}}\n"
    assert measured(tables, "t", [event(x=3)], "sum(z)") == 7


def test_an_input_adds_and_drops_before_whatever_reads_it():
    events_table = EVENTS + "    add: {double: x * 2}\n    drop: {big: double > 10}\n"
    ruleset = load(
        f"{HEAD}subject: {{from: agents, key: agent_id}}\ntables:\n"
        "  agents: {key: agent_id, columns: {agent_id: text}}\n"
        f"{events_table}  all: {{from: events, per: [agent_id, day], add: {{size: count()}}}}\n"
        "metrics:\n  made: {from: all, value: sum(size)}\n  m: {from: events, value: sum(double)}\n"
    )
    judgement = judged(ruleset, [event(x=1), event(x=6)])
    metrics = judgement.subjects["a",].metrics
    assert (metrics["made"].value, metrics["m"].value) == (1, 2)
    assert (judgement.accounts["m"].filtered, judgement.accounts["made"].accepted) == (1, 1)


PER = """
  days:
    from: events
    where: kind == 'in'
    per: [agent_id, day]
    add:
      size: count()
      long: max(x) - mean_x
      mean_x: round(sum(x) / size, 0.01)
    drop: {single: size == 1}
"""


def test_per_makes_one_row_of_each_key_in_the_order_where_per_add_drop():
    events = [
        event(kind="in", x=1),
        event(kind="in", x=4),
        event(kind="in", x=None),
        event(kind="out", x=100),
        event(kind="in", x=7, when="2026-10-06 09:00"),
        event("b", kind="in", x=50),
    ]
    assert measured(PER, "days", events) == 1
    assert measured(PER, "days", events, "sum(long)") == 4 - Fraction("1.67")


def test_inside_per_each_aggregate_skips_its_own_unknown_values():
    tables = "  t: {from: events, per: [agent_id, day], add: {a: sum(x), b: sum(v), c: count(x > 1), d: count()}}\n"
    events = [event(x=2), event(v=3), event(x=1, v=4)]
    sums = [measured(tables, "t", events, f"sum({name})") for name in "abcd"]
    assert sums == [3, 7, 1, 3]


def test_an_unknown_key_is_one_group():
    tables = "  t: {from: events, per: [agent_id, kind, day], add: {size: count()}}\n"
    events = [event(kind=None), event(kind=None), event(kind="x")]
    assert measured(tables, "t", events) == 2
    assert measured(tables, "t", events, "max(size)") == 2


def test_a_derived_table_sees_every_row_and_a_metric_those_of_its_period():
    tables = "  t: {from: events, per: [agent_id, kind], add: {size: count(), first: min(at)}, dated: first}\n"
    events = [
        event(kind="a", when="2026-09-30 23:59"),
        event(kind="a"),
        event(kind="b"),
        event(kind="b", when="2026-12-01 00:00"),
        event(kind="b", when=None),
    ]
    assert measured(tables, "t", events, "sum(size)") == 3
    assert measured("", "events", events) == 2


def test_a_table_without_a_clock_belongs_to_every_period():
    tables = "  t: {from: events, per: [agent_id, kind], add: {size: count()}}\n"
    assert (
        measured(tables, "t", [event(when="2020-01-01 00:00"), event(when=None)], "sum(size)") == 2
    )


def test_a_day_is_local_and_starts_when_the_ruleset_says():
    text = (
        f"{HEAD}day_starts: '06:00'\nsubject: {{from: agents, key: agent_id}}\ntables:\n"
        "  agents: {key: agent_id, columns: {agent_id: text}}\n"
        f"{EVENTS}metrics:\n"
        "  size: {from: events, value: count()}\n"
        "  days: {from: events, value: distinct(day)}\n"
        "  months: {from: events, value: distinct(month(at))}\n"
        "  same: {from: events, value: 'share(default(period == month(at), false))'}\n"
        "  last: {from: events, value: max(day)}\n"
    )
    events = [
        event(when="2026-10-01 05:59"),  # still September
        event(when="2026-10-01 06:00"),
        event(when="2026-10-02 05:59"),
        event(when="2026-11-01 05:59"),
        event(when="2026-11-01 06:00"),
    ]
    slip = judge(load(text), {"agents": [{"agent_id": "a"}], "events": events}, "2026-10")
    values = {name: found.value for name, found in slip.subjects["a",].metrics.items()}
    assert values == {"size": 3, "days": 2, "months": 1, "same": 1, "last": date(2026, 10, 31)}


def test_a_month_column_dates_a_row_without_a_day():
    text = (
        f"{HEAD}subject: {{from: agents, key: agent_id}}\ntables:\n"
        "  agents: {key: agent_id, columns: {agent_id: text}}\n"
        "  marks: {key: [agent_id, m], columns: {agent_id: text, m: month, mark: number}, dated: m}\n"
        "metrics:\n  mark: {from: marks, value: sum(mark)}\n"
    )
    october = read_period("2026-10").month
    rows: list[Row] = [
        {"agent_id": "a", "m": october + i, "mark": Fraction(10**i)} for i in range(3)
    ]
    found = judge(load(text), {"agents": [{"agent_id": "a"}], "marks": rows}, "2026-11")
    assert found.subjects["a",].metrics["mark"].value == 10


def test_another_clock_of_a_derived_table_gives_its_rows_another_day():
    ruleset = case(
        "metrics:\n  m: {from: due, value: count()}\n  d: {from: due, value: max(day)}\n",
        "  moved: {from: events, add: {later: at + 40 days}}\n  due: {from: moved, dated: later}\n",
    )
    metrics = judged(ruleset, [event(when="2026-09-01 12:00"), event()]).subjects["a",].metrics
    assert (metrics["m"].value, metrics["d"].value) == (1, date(2026, 10, 11))


def test_a_column_that_is_called_day_stays_what_it_is():
    ruleset = load(
        f"{HEAD}subject: {{from: agents, key: agent_id}}\ntables:\n"
        "  agents: {key: agent_id, columns: {agent_id: text}}\n"
        "  shifts:\n    key: [agent_id, start]\n    dated: start\n"
        "    columns: {agent_id: text, start: datetime, day: text}\n"
        "metrics:\n  m: {from: shifts, value: count(day == 'early')}\n"
    )
    rows: list[Row] = [
        {"agent_id": "a", "start": at(f"2026-10-0{i} 08:00"), "day": day}
        for i, day in enumerate(("early", "late", "early"), start=1)
    ]
    found = judge(ruleset, {"agents": [{"agent_id": "a"}], "shifts": rows}, "2026-10")
    assert found.subjects["a",].metrics["m"].value == 2


def test_the_roster_gives_one_slip_to_each_subject_that_passes_where():
    ruleset = load(
        f"{HEAD}subject: {{from: agents, key: agent_id, where: team == 'x'}}\ntables:\n"
        "  agents: {key: agent_id, columns: {agent_id: text, team: optional text}}\n"
        f"{EVENTS}metrics:\n  m: {{from: events, value: count()}}\n"
    )
    agents = (agent("a", team="x"), agent("b", team="y"), agent("c"), agent("d", team="x"))
    judgement = judged(ruleset, [event("a"), event("b")], agents)
    assert set(judgement.subjects) == {("a",), ("d",)}
    assert judgement.accounts["m"].no_subject == 1


def test_a_dropped_row_of_the_roster_assesses_nobody():
    ruleset = load(
        f"{HEAD}subject: {{from: agents, key: agent_id}}\ntables:\n"
        "  agents:\n    key: agent_id\n    columns: {agent_id: text, team: optional text}\n"
        "    drop: {tests: team == 'test'}\n"
        f"{EVENTS}metrics:\n  m: {{from: events, value: count()}}\n"
    )
    agents = (agent("a", team="test"), agent("b"))
    assert set(judged(ruleset, [], agents).subjects) == {("b",)}


VALID = (
    f"{HEAD}subject: {{from: agents, key: agent_id}}\ntables:\n"
    "  agents:\n    key: [agent_id, start]\n    valid: [start, end]\n"
    "    columns: {agent_id: text, start: date, end: optional date, team: text}\n"
    f"{EVENTS}metrics:\n  m: {{from: events, value: count()}}\n"
)


def stay(agent_id, start, end, team):
    return {"agent_id": agent_id, "start": start, "end": end, "team": team}


def test_of_the_roster_rows_valid_in_the_period_the_last_one_counts():
    agents = (
        stay("ended", date(2026, 1, 1), date(2026, 10, 1), "x"),
        stay("one day", date(2026, 1, 1), date(2026, 10, 2), "x"),
        stay("last day", date(2026, 10, 31), None, "x"),
        stay("later", date(2026, 11, 1), None, "x"),
        stay("moved", date(2026, 10, 10), None, "new"),
        stay("moved", date(2026, 1, 1), date(2026, 10, 10), "old"),
    )
    subjects = judged(load(VALID), [event("moved", when="2026-10-02 00:00")], agents).subjects
    teams = {key[0]: slip.attributes["team"] for key, slip in subjects.items()}
    assert teams == {"one day": "x", "last day": "x", "moved": "new"}
    assert subjects["moved",].metrics["m"].value == 1


def test_a_subject_that_stands_on_the_roster_twice_is_refused():
    twice = (agent(), agent("b"), agent())
    with pytest.raises(DataError, match="2 rows of the subject `a`"):
        judged(case(COUNT.format(table="events", value="count()")), [], twice)
    same = (stay("a", date(2026, 1, 1), None, "x"), stay("a", date(2026, 1, 1), None, "y"))
    with pytest.raises(DataError, match="2 rows of the subject `a`"):
        judged(load(VALID), [], same)


@pytest.mark.parametrize("text", ["2026-13", "2026", "26-10", "2026-1", "2026-10-01"])
def test_a_period_is_a_year_and_a_month(text):
    with pytest.raises(ValueError, match="2026-10"):
        read_period(text)


def test_a_time_of_the_period_is_known_to_the_microsecond():
    before, after = at("2026-10-01 00:00") - 1, at("2026-11-01 00:00") - 1
    events = [{**event(), "at": before}, {**event(), "at": after}, {**event(), "at": after + 1}]
    assert measured("", "events", events) == 1
