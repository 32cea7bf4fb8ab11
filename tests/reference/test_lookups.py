from datetime import date
from fractions import Fraction

import pytest
from tests.reference.cases import HEAD, agent, case, event, judged, load

from kpi_engine.reference.judging import judge
from kpi_engine.reference.values import Row

NOTES = """
  notes:
    key: [agent_id, day]
    columns: {agent_id: text, day: date, rest: bool = false, why: optional text, kind: text = 'none'}
    drop: {void: why == 'void'}
"""


def note(day, rest=True, agent_id="a", why=None, kind="some"):
    row: Row = {"agent_id": agent_id, "day": date(2026, 10, day), "rest": rest}
    return {**row, "why": why, "kind": kind}


def measured(metric, events, notes, tables=""):
    """One metric of the agent ``a`` over events that look into notes."""
    ruleset = case(f"metrics:\n  m: {metric}\n", NOTES + tables)
    inputs = {"agents": [agent()], "events": events, "notes": notes}
    return judge(ruleset, inputs, "2026-10").subjects["a",].metrics["m"]


def test_a_row_reads_the_row_that_has_its_key():
    events = [event(), event(when="2026-10-06 09:00"), event(when="2026-10-07 09:00")]
    notes = [note(5), note(6, rest=False), note(7, agent_id="b")]
    assert measured("{from: events, value: count(notes.rest)}", events, notes).value == 1


def test_without_a_row_it_is_the_default_or_unknown():
    found = measured("{from: events, value: count(not notes.rest)}", [event()], [])
    assert (found.value, found.n, found.n_unknown) == (1, 1, 0)
    found = measured("{from: events, value: count(notes.kind == 'none')}", [event()], [])
    assert found.value == 1
    found = measured("{from: events, value: count(notes.why == 'x')}", [event()], [])
    assert (found.value, found.n_unknown) == (0, 1)


def test_an_unknown_key_finds_no_row():
    ruleset = case(
        "metrics:\n  m: {from: seen, value: count(found is known)}\n",
        "  kinds: {from: events, per: [kind], add: {size: count()}}\n"
        "  seen: {from: events, add: {found: kinds.size}}\n",
    )
    events = [event(), event(), event(kind="x")]
    assert judged(ruleset, events).subjects["a",].metrics["m"].value == 1


def test_a_dropped_row_is_not_seen():
    found = measured("{from: events, value: count(notes.rest)}", [event()], [note(5, why="void")])
    assert found.value == 0


def test_where_add_and_drop_read_what_is_looked_up():
    tables = """
  kept:
    from: events
    where: not notes.rest
    add: {label: "default(notes.why, 'nothing')"}
    drop: {plain: notes.kind == 'plain'}
"""
    events = [event(when=f"2026-10-0{day} 09:00") for day in (4, 5, 6, 7)]
    notes = [note(5), note(6, rest=False, why="y"), note(7, rest=False, kind="plain")]
    found = measured("{from: kept, value: count(label == 'y')}", events, notes, tables)
    assert (found.value, found.n) == (1, 2)


def test_groups_look_up_by_their_own_key_and_their_rows_by_theirs():
    tables = """
  days:
    from: events
    per: [agent_id, day]
    add: {size: count(), rest: notes.rest, rests: count(notes.rest), weight: "size if notes.rest else 0"}
    drop: {void: "default(notes.why == 'much', false)"}
"""
    events = [event(), event(), event(when="2026-10-06 09:00"), event(when="2026-10-07 09:00")]
    notes = [note(5), note(7, why="much")]
    found = measured("{from: days, value: sum(weight) * 100 + sum(rests)}", events, notes, tables)
    assert (found.value, found.n) == (202, 2)


def test_an_added_column_can_be_the_key():
    tables = """
  named: {from: events, where: kind is known, add: {team: kind}}
  teams: {from: named, per: [team], add: {total: sum(x)}}
  others:
    from: events
    where: kind is unknown
    add: {found: teams.total, team: "'t' if default(x, 0) > 1 else 'u'"}
    drop: {none: found is unknown}
"""
    ruleset = case("metrics:\n  m: {from: others, value: sum(found)}\n", tables)
    events = [event(x=1), event(x=2), event(kind="t", x=6), event(kind="t", x=5)]
    assert judged(ruleset, events).subjects["a",].metrics["m"].value == 11


STAYS = """
  stays:
    key: agent_id
    valid: [start, end]
    columns: {agent_id: text, start: date, end: optional date, team: text, pace: number = 7}
"""


def stay(start, end=None, team="t", agent_id="a", pace=1):
    row: Row = {"agent_id": agent_id, "start": start, "end": end, "team": team}
    return {**row, "pace": Fraction(pace)}


@pytest.mark.parametrize(
    ("when", "team"),
    [
        ("2026-09-30 23:59", None),
        ("2026-10-01 00:00", "old"),
        ("2026-10-09 23:59", "old"),
        ("2026-10-10 00:00", "new"),
        ("2026-10-14 12:00", "new"),
        ("2026-10-15 00:00", "old"),
        ("2026-10-20 00:00", None),
        ("2026-10-25 00:00", "last"),
        ("2027-01-01 00:00", "last"),
        (None, None),
    ],
)
def test_of_rows_with_validity_the_last_to_begin_is_in_force(when, team):
    stays = [
        stay(date(2026, 10, 1), date(2026, 10, 20), "old"),
        stay(date(2026, 10, 10), date(2026, 10, 15), "new"),
        stay(date(2026, 10, 25), None, "last"),
        stay(date(2026, 10, 1), None, "other", agent_id="b"),
    ]
    tables = STAYS + "  seen: {from: events, add: {team: stays.team}}\n"
    ruleset = case("metrics:\n  m: {from: seen, value: count()}\n", tables)
    inputs = {"agents": [agent()], "events": [event(when=when)], "stays": stays}
    (row,) = judge(ruleset, inputs, "2026-10").tables["seen"].rows
    assert row.values["team"] == team


def test_where_no_row_is_in_force_it_is_the_default():
    tables = STAYS + "  seen: {from: events, add: {pace: stays.pace}}\n"
    ruleset = case("metrics:\n  m: {from: seen, value: sum(pace)}\n", tables)
    late = [stay(date(2026, 10, 6), pace=2)]
    inputs = {"agents": [agent()], "events": [event()], "stays": late}
    assert judge(ruleset, inputs, "2026-10").subjects["a",].metrics["m"].value == 7


MARKS = """
  marks:
    long: {name: item, value: score}
    key: [agent_id, period]
    columns: {agent_id: text, period: month, item: text, score: number}
    drop: {wrong: score < 0}
"""


def mark(item, score, agent_id="a", month=9):
    row: Row = {"agent_id": agent_id, "period": 12 * 2026 + month, "item": item}
    return {**row, "score": Fraction(score)}


def test_of_a_long_table_the_value_of_a_name_is_read():
    ruleset = case(
        "metrics:\n"
        "  m: marks.专业知识 + default(marks.态度, 0)\n"
        "  rows: {from: events, value: sum(marks.专业知识)}\n"
        "  none: {value: marks.nothing is known}\n",
        MARKS,
    )
    marks = [
        mark("专业知识", 90),
        mark("态度", 5),
        mark("态度", -1, month=8),
        mark("专业知识", 10, month=10),
        mark("专业知识", 1, agent_id="b"),
    ]
    inputs = {
        "agents": [agent(), agent("b"), agent("c")],
        "events": [event(), event(), event("b"), event(when="2026-11-02 00:00")],
        "marks": marks,
    }
    judgement = judge(ruleset, inputs, "2026-10")
    values = {
        key[0]: tuple(metric.value for metric in slip.metrics.values())
        for key, slip in judgement.subjects.items()
    }
    assert values == {"a": (95, 180, False), "b": (1, 1, False), "c": (None, 0, False)}
    later = judge(ruleset, inputs, "2026-11").subjects["a",].metrics
    assert (later["m"].value, later["rows"].value) == (10, 10)


def test_of_a_long_table_a_dropped_row_is_not_seen():
    ruleset = case("metrics:\n  m: marks.态度 * 1\n", MARKS)
    inputs = {"agents": [agent()], "marks": [mark("态度", -1)]}
    assert judge(ruleset, inputs, "2026-10").subjects["a",].metrics["m"].status == "unknown"


SUBJECT_LOOKS = (
    f"{HEAD}subject: {{from: agents, key: agent_id}}\ntables:\n"
    "  agents: {key: agent_id, columns: {agent_id: text, team: optional text}}\n"
    "  teams:\n    key: team\n    valid: [start, end]\n"
    "    columns: {team: text, start: date, end: optional date, goal: number, pot: money}\n"
    "metrics:\n  goal: {value: teams.goal}\n"
    "score:\n  items:\n    goal: {points: teams.goal, empty: 50}\n"
    "  then: {more: 'score + default(teams.goal, 0) / 10'}\n"
    "pay:\n  lines: {part: 'default(teams.pot, 1 CNY) / 3'}\n"
    "  then: {more: 'pay + default(teams.pot, 0 CNY)'}\n"
)


def test_a_subject_looks_up_by_its_roster_columns_as_of_the_last_day_of_the_period():
    def team(start, end, goal):
        row: Row = {"team": "t", "start": start, "end": end}
        return {**row, "goal": Fraction(goal), "pot": Fraction(goal * 30)}

    teams = [
        team(date(2026, 1, 1), date(2026, 10, 31), 10),
        team(date(2026, 10, 31), date(2026, 11, 1), 20),
        team(date(2026, 11, 1), None, 40),
    ]
    agents: list[Row] = [{"agent_id": "a", "team": "t"}, {"agent_id": "b", "team": None}]
    judgement = judge(load(SUBJECT_LOOKS), {"agents": agents, "teams": teams}, "2026-10")
    one, other = judgement.subjects["a",], judgement.subjects["b",]
    assert [one.metrics["goal"].value, one.score, one.pay] == [20, 22, 800]
    assert [other.metrics["goal"].value, other.score, other.pay] == [None, 50, 33]


def test_a_given_roster_column_is_what_is_looked_up_by():
    team: Row = {"team": "t", "start": date(2026, 1, 1), "end": None, "goal": Fraction(9)}
    inputs: dict[str, list[Row]] = {
        "agents": [{"agent_id": "a", "team": None}],
        "teams": [{**team, "pot": Fraction(1)}],
    }
    judgement = judge(load(SUBJECT_LOOKS), inputs, "2026-10", {("a",): {"team": "t"}})
    assert judgement.subjects["a",].metrics["goal"].value == 9


def test_a_table_may_look_into_one_that_is_made_from_the_same_rows():
    ruleset = case(
        "metrics:\n  m: {from: late, value: sum(x)}\n",
        "  days: {from: events, per: [agent_id, day], add: {size: count()}}\n"
        "  late: {from: events, where: 'default(days.size > 1, false)'}\n",
    )
    events = [event(x=1), event(x=2), event(x=4, when="2026-10-06 09:00")]
    assert judged(ruleset, events).subjects["a",].metrics["m"].value == 3


def test_what_an_origin_looked_up_is_looked_up_again():
    ruleset = case(
        "metrics:\n  m: {from: later, value: count(notes.rest)}\n",
        NOTES + "  moved: {from: events, add: {then: at + 1 days}}\n"
        "  later: {from: moved, dated: then, where: notes.rest}\n",
    )
    inputs = {"agents": [agent()], "events": [event()], "notes": [note(6)]}
    assert judge(ruleset, inputs, "2026-10").subjects["a",].metrics["m"].value == 1
