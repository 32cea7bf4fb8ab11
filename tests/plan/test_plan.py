"""The shape of a plan: what it reads, how often, in which steps; and its words."""

from datetime import date, timedelta

import polars as pl
import pytest
from tests.plan.cases import gathered, load, stored

from kpi_engine.language.core import Core, add, choose, compare, mul, whole
from kpi_engine.plan.compiling import compile_ruleset, describe_plan
from kpi_engine.plan.gathered import gathered_rows
from kpi_engine.plan.levels import in_levels, with_shared
from kpi_engine.plan.nodes import Assignment
from kpi_engine.plan.period import period_window
from kpi_engine.plan.scans import scanned_clocks, scanned_rows
from kpi_engine.plan.slip import settle_slip
from kpi_engine.ruleset.params import missing_params

RULES = """
  long: {from: events, where: k > 1, add: {twice: k * 2, idle: x * 3}, drop: {odd: k == 3}}
  days: {from: long, per: [agent_id, day], add: {times: count(), best: max(twice), idle: sum(x)}}
params:
  half: 50%
metrics:
  rows: {from: events, value: count()}
  mean: {from: events, value: mean(k)}
  sum: {from: events, value: sum(k)}
  best: {from: days, value: max(best)}
  ratio: {value: sum / rows}
score:
  empty: skip
  items: {one: {points: ratio * half}}
"""


def test_inputs_are_only_the_columns_that_are_read():
    plan = compile_ruleset(load(RULES))
    assert plan.inputs["events"] == ("agent_id", "at", "k")
    assert [table.name for table in plan.tables] == ["agents", "events", "long", "days"]
    assert plan.tables[-1].columns == ("agent_id", "day", "best")


def test_steps_say_what_they_need_together():
    plan = compile_ruleset(load(RULES))
    steps = {step.name: (dict(step.inputs), step.key) for step in plan.steps}
    assert steps == {
        "agents": ({"agents": "partitioned"}, ()),
        "events": ({"events": "partitioned"}, ()),
        "long": ({"events": "partitioned"}, ()),
        "days": ({"long": "partitioned"}, ("agent_id", "day")),
        "roster": ({"agents": "partitioned"}, ("agent_id",)),
        "facts of events": ({"events": "partitioned", "roster": "broadcast"}, ("agent_id",)),
        "facts of days": ({"days": "partitioned", "roster": "broadcast"}, ("agent_id",)),
        "slip": ({"facts": "partitioned"}, ("agent_id",)),
    }


def test_all_metrics_of_a_table_share_one_scan_and_one_group_by(tmp_path):
    plan = compile_ruleset(load(RULES))
    pl.DataFrame(
        schema={"id": pl.Int64, "agent_id": pl.String, "at": pl.Int64, "k": pl.Int64}
    ).write_parquet(tmp_path / "e")
    window = period_window("2026-10", "Asia/Shanghai", 0)
    scan = pl.scan_parquet(tmp_path / "e")
    rows = gathered_rows(plan.gathers[0], scan, {}, window, plan.calendar)
    text = rows.explain()
    assert (text.count("AGGREGATE"), text.count("Parquet SCAN")) == (1, 1)
    assert "PROJECT 3/4 COLUMNS" in text
    assert f'SELECTION: (col("at") >= {window.start})' in text


def test_equal_aggregates_are_gathered_once():
    (events, _) = compile_ruleset(load(RULES)).gathers
    functions = sorted(column.gather.function for column in events.gathers)
    assert functions == ["count", "count", "count", "sum"]


def test_a_required_param_without_a_value_is_refused():
    ruleset = load(RULES.replace("half: 50%", "half: 50%\n  other: required"))
    assert [finding.message for finding in missing_params(ruleset)] == [
        "the param `other` is still `required`, a value was expected"
    ]


def test_the_description_names_every_part_in_order():
    text = describe_plan(compile_ruleset(load(RULES)))
    heads = [line for line in text.splitlines() if not line.startswith(" ")]
    assert heads == [
        "plan of case, days of Asia/Shanghai",
        "encodes agents.agent_id, events.agent_id",
        "table agents reads agent_id, since, team, wage",
        "table events reads agent_id, at, k",
        "table long from events reads agent_id, at, day, k",
        "table days from long reads agent_id, day, twice",
        "roster from agents by agent_id",
        "facts from events in the window by at by agent_id",
        "facts from days in the window by day by agent_id",
        "slip of ratio, score",
    ]
    assert "  twice = (k * 2)" in text
    assert "  where (k > 1)" in text


def test_shared_operations_become_columns_and_levels_follow_what_is_read():
    x = Core("column", ("x",), -9, 9)
    square = mul(add(x, whole(1)), add(x, whole(1)))
    big = choose(compare("gt", square, whole(4)), square, add(square, whole(7)))
    made = with_shared(
        (Assignment("a", big), Assignment("b", add(Core("column", ("a",), 0, 99), square)))
    )
    assert [a.name for a in made] == ["~shared.0", "a", "b"]
    assert [[a.name for a in level] for level in in_levels(made)] == [["~shared.0"], ["a"], ["b"]]


def test_equal_operations_written_twice_are_shared():
    def square():
        x = Core("column", ("x",), -9, 9)
        return mul(mul(x, x), add(x, whole(2)))

    made = with_shared((Assignment("a", square()), Assignment("b", square())))
    assert [a.name for a in made] == ["~shared.0", "a", "b"]


@pytest.mark.parametrize("items", [12, 40])
def test_many_items_stay_exact(items):
    listed = "\n".join(f"    i{n}: {{weight: {n + 1}, points: ratio + {n}}}" for n in range(items))
    score = f"score:\n  empty: skip\n  rescale: all\n  items:\n{listed}\n"
    ruleset = load(RULES[: RULES.index("score:")] + score)
    plan, found = gathered(
        ruleset,
        {
            "agents": [{"agent_id": "a"}],
            "events": [{"agent_id": "a", "at": 1790900000 * 10**6, "k": 4}],
        },
        "2026-10",
    )
    frame = settle_slip(plan, found.facts)
    weights = [n + 1 for n in range(items)]
    total = sum(w * (4 + n) for n, w in enumerate(weights))
    assert frame["score"].item() == (total * 200 + sum(weights)) // (2 * sum(weights))


MATCHED = """
  calls: {from: events, where: kind == 'call'}
  notes: {from: events, where: kind == 'note', add: {age: k * 2}}
  found:
    from: calls
    match:
      last:
        to: notes
        same: [agent_id, k]
        where: last.at < at
        prefer: [highest last.at, lowest last.age]
      any: {to: events, same: [agent_id], take: every}
    add: {age: last.age, other: any.k, wage: people.wage}
  runs:
    from: events
    where: at is known
    per: [agent_id]
    in_order: [at]
    starts_when: default(before.k != k, true)
    add: {times: count()}
  people: {from: agents, where: team is known}
metrics:
  ages: {from: found, where: wage > 1 CNY, value: sum(age), window: 3 days}
  late: {from: found, dated: due, value: count()}
  runs: {from: runs, value: count()}
"""


def test_the_description_says_how_rows_are_found():
    text = describe_plan(compile_ruleset(load(MATCHED)))
    lines = [line.strip() for line in text.splitlines()]
    start = lines.index("table found from calls reads agent_id, at, due, k")
    assert lines[start + 1 : start + 8] == [
        "match last: the best row of notes by agent_id, k, as-of join on last.at at at",
        "where (last.at < at)",
        "prefer highest last.at",
        "prefer lowest last.age",
        "match any: every row of events by agent_id, keyed join (every row)",
        "age = last.age",
        "look up people.wage by agent_id",
    ]
    assert "in order of at, id" in lines
    assert "starts when ((before.k != k) if known((before.k != k)) else True)" in lines
    assert "facts from found in the last 3 days by at by agent_id" in lines


def test_steps_name_every_table_they_look_into():
    plan = compile_ruleset(load(MATCHED))
    steps = {step.name: (dict(step.inputs), step.key) for step in plan.steps}
    assert steps["found"] == (
        {
            "people": "broadcast",
            "calls": "partitioned",
            "notes": "partitioned",
            "events": "partitioned",
        },
        ("agent_id",),
    )
    assert steps["facts of found in 3 days"][1] == ("agent_id",)
    assert "facts of found by due" in steps


SCANNED = """
  sold:
    key: id
    dated: at
    columns: {id: int, agent_id: text, at: date, k: int}
  doubled:
    from: events
    add: {twice: k * 2}
metrics:
  total: {from: sold, value: sum(k)}
  lately: {from: sold, window: 45 days, value: sum(k)}
  twice: {from: doubled, value: sum(twice)}
"""


def test_only_what_metrics_alone_read_is_taken_by_window():
    plan = compile_ruleset(load(SCANNED))
    clocks = {n: [clock.column for clock in found] for n, found in scanned_clocks(plan).items()}
    assert clocks == {"sold": ["at"]}
    assert "  only rows in the windows by at" in describe_plan(plan).splitlines()


def test_a_clock_that_the_input_does_not_hold_itself_takes_every_row():
    rest = SCANNED.replace("k: int}", "k: int}\n    add: {late: at if k > 1 else at}")
    ruleset = load(rest.replace("window: 45 days", "dated: late"))
    assert scanned_clocks(compile_ruleset(ruleset)) == {}
    sold = [{"id": 1, "agent_id": "a", "at": (date(2026, 10, 1) - date(1970, 1, 1)).days, "k": 2}]
    _, found = gathered(ruleset, {"agents": [{"agent_id": "a"}], "sold": sold}, "2026-10")
    assert found.facts["metric.lately.num"].to_list() == [2]


def test_rows_outside_every_window_are_not_taken_and_no_number_changes():
    ruleset = load(SCANNED)
    first = date(2026, 10, 1)
    days = [first - timedelta(61), first - timedelta(11), first, first + timedelta(31)]
    sold = [
        {"id": n, "agent_id": "a", "at": (day - date(1970, 1, 1)).days, "k": 2**n}
        for n, day in enumerate(days)
    ]
    rows = {"agents": [{"agent_id": "a"}], "sold": sold}
    plan, found = gathered(ruleset, rows, "2026-10")
    october = period_window("2026-10", ruleset.zone, ruleset.day_starts)
    tables = {name: stored(ruleset, name, rows.get(name, [])).lazy() for name in plan.inputs}
    assert scanned_rows(plan, tables, october)["sold"].collect()["id"].to_list() == [1, 2]
    assert found.facts.select("metric.total.num", "metric.lately.num").row(0) == (4, 6)
