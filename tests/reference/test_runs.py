from datetime import date
from fractions import Fraction

from tests.reference.cases import HEAD, agent, at, load

from kpi_engine.reference.judging import judge
from kpi_engine.reference.values import Row

STEPS = (
    f"{HEAD}subject: {{from: agents, key: agent_id}}\ntables:\n"
    "  agents: {key: agent_id, columns: {agent_id: text}}\n"
    "  calendar: {key: day, columns: {day: date, free: bool = false}}\n"
    "  steps:\n    key: [place, id]\n    dated: at\n"
    "    columns:\n      place: text\n      id: int\n      agent_id: optional text\n"
    "      at: datetime\n      rank: int\n      good: bool = false\n      x: optional number\n"
)


def step(number, when, agent_id="a", place="p", rank=0, good=False, x=None):
    row: Row = {"place": place, "id": Fraction(number), "agent_id": agent_id, "good": good}
    return {**row, "at": at(when), "rank": Fraction(rank), "x": None if x is None else Fraction(x)}


def runs(table, rows, **others):
    """Every row of the table ``runs``, made from steps."""
    metric = "metrics:\n  m: {from: steps, value: count()}\n"
    ruleset = load(f"{STEPS}  runs:\n    from: steps\n{table}{metric}")
    judgement = judge(ruleset, {"agents": [agent()], "steps": rows, **others}, "2026-10")
    return [row.values for row in judgement.tables["runs"].rows if row.dropped is None]


BY_GAP = """
    per: [agent_id]
    in_order: [at]
    starts_when: at - before.at > 1 h
    add: {first: min(at), size: count(), total: sum(x)}
"""


def test_a_run_goes_on_while_the_condition_is_false():
    steps = [
        step(1, "2026-10-05 09:00", x=1),
        step(2, "2026-10-05 10:00", x=10),
        step(3, "2026-10-05 11:00"),
        step(4, "2026-10-05 12:01", x=100),
        step(5, "2026-10-05 12:02", x=1000),
    ]
    for order in (steps, steps[::-1]):
        found = [(row["run"], row["size"], row["total"]) for row in runs(BY_GAP, order)]
        assert found == [(1, 3, 11), (2, 2, 1100)]


def test_every_key_has_runs_of_its_own_counted_from_one():
    steps = [
        step(1, "2026-10-05 09:00"),
        step(2, "2026-10-05 09:30", "b"),
        step(3, "2026-10-05 11:00"),
        step(4, "2026-10-05 11:10", "b"),
        step(5, "2026-10-05 09:00", None),
        step(6, "2026-10-05 09:01", None),
    ]
    found = {(row["agent_id"], row["run"]): row["size"] for row in runs(BY_GAP, steps)}
    assert found == {("a", 1): 1, ("a", 2): 1, ("b", 1): 1, ("b", 2): 1, (None, 1): 2}


def test_where_leaves_its_rows_out_of_the_order():
    table = BY_GAP + "    where: x is known\n"
    steps = [
        step(1, "2026-10-05 09:00", x=1),
        step(2, "2026-10-05 10:00"),
        step(3, "2026-10-05 11:00", x=2),
    ]
    assert [row["total"] for row in runs(table, steps)] == [1, 2]


BY_GOOD = """
    per: [agent_id]
    in_order: [rank, at]
    starts_when: good != before.good
    add: {size: count(), goods: count(good)}
"""


def test_the_columns_of_the_order_count_one_after_the_other():
    steps = [
        step(1, "2026-10-05 09:00", rank=2),
        step(2, "2026-10-05 10:00", rank=1, good=True),
        step(3, "2026-10-05 11:00", rank=1),
        step(4, "2026-10-05 09:30", rank=1, good=True),
    ]
    assert [row["size"] for row in runs(BY_GOOD, steps)] == [2, 2]


def test_ties_go_by_the_key_of_the_source_table():
    same = "2026-10-05 09:00"
    steps = [
        step(10, same, place="p", good=True),
        step(2, same, place="p"),
        step(1, same, place="q"),
        step(9, same, place="p"),
        step(11, same, place="P"),
    ]
    found = [(row["size"], row["goods"]) for row in runs(BY_GOOD, steps)]
    assert found == [(3, 0), (1, 1), (1, 0)]


def test_before_is_the_row_before_even_where_that_started_a_run():
    table = """
    per: [agent_id]
    in_order: [at]
    starts_when: default(x > before.x, false)
    add: {size: count()}
"""
    steps = [step(n, f"2026-10-05 09:0{n}", x=x) for n, x in enumerate([5, 3, 4, 4, None, 9, 10])]
    assert [row["size"] for row in runs(table, steps)] == [2, 4, 1]


def test_a_start_can_read_what_is_looked_up():
    table = """
    per: [agent_id]
    in_order: [at]
    starts_when: calendar.free and not before.good
    add: {size: count()}
"""
    days = [{"day": at_day, "free": True} for at_day in _days(6, 7)]
    steps = [
        step(1, "2026-10-05 09:00"),
        step(2, "2026-10-05 10:00"),
        step(3, "2026-10-06 09:00", good=True),
        step(4, "2026-10-07 09:00"),
        step(5, "2026-10-07 10:00"),
    ]
    assert [row["size"] for row in runs(table, steps, calendar=days)] == [2, 2, 1]


def _days(*numbers):
    return [date(2026, 10, number) for number in numbers]


def test_a_run_is_dated_by_what_it_adds():
    table = BY_GAP + "    dated: first\n    drop: {single: size == 1}\n"
    steps = [
        step(1, "2026-10-05 23:30"),
        step(2, "2026-10-06 00:15"),
        step(3, "2026-10-06 02:00"),
    ]
    (row,) = runs(table, steps)
    assert (row["day"], row["period"] - 12 * 2026, row["size"]) == (_days(5)[0], 9, 2)


def test_runs_of_runs_go_by_the_run_where_the_order_is_a_tie():
    table = """
    per: [agent_id]
    in_order: [at]
    starts_when: good != before.good
    add: {goods: count(good), size: count(), whole: count() > 0}
  again:
    from: runs
    per: [agent_id]
    in_order: [whole]
    starts_when: before.goods > 0
    add: {sizes: sum(size), last: max(run)}
"""
    metric = "metrics:\n  m: {from: again, value: count()}\n"
    ruleset = load(f"{STEPS}  runs:\n    from: steps\n{table}{metric}")
    goods = [True, False, False, True, True, False]
    steps = [step(n, f"2026-10-05 09:0{n}", good=good) for n, good in enumerate(goods)]
    judgement = judge(ruleset, {"agents": [agent()], "steps": steps[::-1]}, "2026-10")
    found = [
        (row.values["run"], row.values["sizes"], row.values["last"])
        for row in judgement.tables["again"].rows
    ]
    assert found == [(1, 1, 1), (2, 4, 3), (3, 1, 4)]
