"""Columns of other tables: which row they come from, what is read, and when there is none."""

from fractions import Fraction

import polars as pl
import pytest
from tests.plan.cases import gathered, load, made

from kpi_engine.plan.compiling import compile_ruleset
from kpi_engine.plan.nodes import Lookup
from kpi_engine.plan.slip import settle_slip

HEAD = """
ruleset: case
zone: {zone}
day_starts: '{day_starts}'
currency: CNY
subject: {{from: agents, key: agent_id}}
tables:
  teams:
    key: team
    columns: {{team: text, city: optional text, size: optional int, kpi: number = 2.5, hidden: bool = false}}
    drop: {{closed: hidden}}
  rates: {{key: code, columns: {{code: number, rate: optional money}}}}
  prices:
    key: item
    valid: [since, until]
    columns: {{item: text, since: date, until: optional date, price: money, sale: bool = false}}
  marks:
    long: {{name: item, value: score}}
    key: [agent_id, period]
    columns: {{agent_id: text, period: month, item: text, score: number}}
  agents:
    key: agent_id
    columns: {{agent_id: text, team: optional text}}
  events:
    key: id
    dated: at
    columns:
      id: int
      agent_id: text
      at: optional datetime
      team: optional text
      item: optional text
      code: optional int
      k: optional int
"""
METRIC = "metrics: {m: {from: x, value: count()}}"

DAY = 86_400 * 10**6
OCTOBER = 20_727  # 2026-10-01 in days


def noon(day):
    return (OCTOBER + day) * DAY + 4 * 3600 * 10**6


def rows_of(rules, rows, table, engine="auto", **options):
    ruleset = load(rules, head=HEAD, **options)
    events = [{"id": i, "agent_id": "a", **e} for i, e in enumerate(rows.get("events", []))]
    found, _ = made(ruleset, {**rows, "events": events}, engine)
    return sorted((row for _, row in found[table]), key=lambda row: row.get("id", 0))


@pytest.mark.parametrize("engine", ["streaming", "in-memory"])
def test_a_row_reads_the_row_that_has_its_key(engine):
    rows = {
        "teams": [
            {"team": "red", "city": "here", "size": 3, "kpi": 1_000_000},
            {"team": "blue", "size": None, "kpi": 3_000_000},
            {"team": "gone", "city": "far", "size": 9, "kpi": 9, "hidden": True},
        ],
        "events": [{"team": name} for name in ("red", "blue", "gone", "none", None, "red")],
    }
    rules = "  x: {from: events, add: {city: teams.city, size: teams.size, kpi: teams.kpi}}\n"
    found = rows_of(rules + "metrics: {m: {from: x, value: count()}}", rows, "x", engine)
    two_and_half = Fraction(5, 2)
    assert [(row["city"], row["size"], row["kpi"]) for row in found] == [
        ("here", 3, 1),
        (None, None, 3),
        (None, None, two_and_half),
        (None, None, two_and_half),
        (None, None, two_and_half),
        ("here", 3, 1),
    ]


def test_a_whole_number_finds_an_equal_decimal():
    rows = {
        "rates": [{"code": 2_000_000, "rate": 7}, {"code": 1_500_000, "rate": 8}],
        "events": [{"code": 2}, {"code": 1}, {"code": 2**53}, {}],
    }
    found = rows_of("  x: {from: events, add: {rate: rates.rate}}\n" + METRIC, rows, "x")
    assert [row["rate"] for row in found] == [7, None, None, None]


def test_a_decimal_finds_a_whole_number_it_equals():
    rules = """
  halves: {from: events, per: [agent_id, team], add: {code: sum(k) / 2}}
  x: {from: halves, add: {rate: rates.rate}}
"""
    events = [{"k": k, "team": team} for k, team in ((2, "s"), (3, "s"), (1, "t"), (3, "t"))]
    events += [{"k": 1, "team": "u"}]
    rates = [{"code": 2_500_000, "rate": 4}, {"code": 2_000_000, "rate": 5}]
    found = rows_of(rules + METRIC, {"events": events, "rates": rates}, "x")
    assert {row["team"]: row["rate"] for row in found} == {"s": 4, "t": 5, "u": None}


PRICES = [
    {"item": "pen", "since": OCTOBER, "until": None, "price": 1},
    {"item": "pen", "since": OCTOBER + 5, "until": OCTOBER + 8, "price": 2},
    {"item": "pen", "since": OCTOBER + 6, "until": OCTOBER + 7, "price": 3},
    {"item": "ink", "since": OCTOBER + 2, "until": OCTOBER + 3, "price": 9},
]


@pytest.mark.parametrize("engine", ["streaming", "in-memory"])
def test_the_row_in_force_on_the_day_is_the_last_that_began(engine):
    days = (-1, 0, 4, 5, 6, 7, 8, 30)
    events = [{"item": "pen", "at": noon(day)} for day in days]
    events += [{"item": "ink", "at": noon(day)} for day in (1, 2, 3)]
    events += [{"item": "pen"}, {"item": None, "at": noon(1)}]
    rules = "  x: {from: events, add: {price: prices.price}}\n" + METRIC
    found = rows_of(rules, {"prices": PRICES, "events": events}, "x", engine)
    pens = [None, 1, 1, 2, 3, 2, 1, 1]
    assert [row["price"] for row in found] == [*pens, None, 9, None, None, None]


def test_the_day_is_that_of_the_rulesets_clock():
    events = [{"item": "pen", "at": (OCTOBER + 5) * DAY + hour * 3600 * 10**6} for hour in (1, 3)]
    rules = "  x: {from: events, add: {price: prices.price}}\n" + METRIC
    rows = {"prices": PRICES, "events": events}
    found = rows_of(rules, rows, "x", zone="Asia/Shanghai", day_starts="10:00")
    assert [row["price"] for row in found] == [1, 2]


def test_what_is_looked_up_passes_drops_and_is_gathered():
    rules = """
  x:
    from: events
    where: teams.size > 1
    add: {twice: teams.size * 2}
    drop: {here: teams.city == 'here'}
  days: {from: x, per: [team, day], add: {total: sum(teams.size), own: teams.size, cities: distinct(teams.city)}}
metrics:
  m: {from: x, value: count()}
"""
    teams = [{"team": name, "city": city, "size": size, "kpi": 0} for name, city, size in TEAMS]
    events = [{"team": name, "at": noon(1)} for name in "abcdab"]
    rows = {"teams": teams, "events": [{"id": i, **e} for i, e in enumerate(events)]}
    found, _ = made(load(rules, head=HEAD), rows)
    assert sorted((row["team"], dropped, row["twice"]) for dropped, row in found["x"]) == [
        ("a", "here", 4),
        ("a", "here", 4),
        ("b", None, 6),
        ("b", None, 6),
    ]
    assert [(r["team"], r["total"], r["own"], r["cities"]) for _, r in found["days"]] == [
        ("b", 6, 3, 1)
    ]


TEAMS = [("a", "here", 2), ("b", "there", 3), ("c", "here", 1), ("d", None, None)]


def test_metrics_look_up_what_they_compare_gather_and_belong_to():
    rules = """
metrics:
  big: {from: events, where: teams.size > 2, value: sum(teams.kpi)}
  led: {from: events, whose: teams.city, value: count(), window: 40 days}
"""
    teams = [{"team": "x", "city": "a", "size": 3, "kpi": 500_000}]
    events = [{"id": i, "agent_id": "a", "at": noon(1), "team": t} for i, t in enumerate("xxy")]
    rows = {"teams": teams, "events": events, "agents": [{"agent_id": "a"}]}
    _, found = gathered(load(rules, head=HEAD), rows, "2026-10")
    row = found.facts.row(0, named=True)
    assert (row["metric.big.num"], row["metric.big.den"], row["metric.big.n"]) == (10**6, 10**6, 2)
    assert row["metric.led.num"] == 2
    assert found.metrics["big"].unknown == 1
    assert found.metrics["led"].no_subject == 1


def test_only_rows_of_the_window_are_looked_up():
    rules = "metrics:\n  big: {from: events, where: teams.size > 2, value: count()}\n"
    plan = compile_ruleset(load(rules, head=HEAD))
    (events,) = (table for table in plan.tables if table.name == "events")
    assert not any(isinstance(stage, Lookup) for stage in (*events.opened, *events.added))
    assert isinstance(plan.gathers[0].taken[0], Lookup)
    assert plan.inputs["teams"] == ("hidden", "size", "team")
    assert plan.inputs["events"] == ("agent_id", "at", "team")


def test_a_table_that_nothing_looks_into_is_not_read():
    plan = compile_ruleset(load("metrics: {m: {from: events, value: count()}}", head=HEAD))
    assert set(plan.inputs) == {"agents", "events"}


def test_a_table_is_looked_into_once_for_rows_of_one_kind():
    rules = """
  x:
    from: events
    where: teams.size > 1
    add: {kpi: teams.kpi}
    drop: {here: teams.city == 'here'}
metrics: {m: {from: x, value: sum(kpi)}}
"""
    plan = compile_ruleset(load(rules, head=HEAD))
    step = plan.tables[-1]
    lookups = [s for s in (*step.opened, *step.taken, *step.added) if isinstance(s, Lookup)]
    assert [[column.name for column in lookup.columns] for lookup in lookups] == [
        ["teams.size", "teams.kpi", "teams.city"]
    ]


MONTH = 2026 * 12 + 9
MARKS = [
    {"agent_id": "a", "period": MONTH, "item": "exam", "score": 80_500_000},
    {"agent_id": "a", "period": MONTH, "item": "talk", "score": 1_000_000},
    {"agent_id": "a", "period": MONTH - 1, "item": "exam", "score": 7_000_000},
    {"agent_id": "b", "period": MONTH, "item": "talk", "score": 2_000_000},
]


@pytest.mark.parametrize("engine", ["streaming", "in-memory"])
def test_rows_and_subjects_read_the_names_of_a_long_table(engine):
    rules = """
  x: {from: events, add: {exam: marks.exam, talk: marks.talk}}
metrics:
  m: {from: x, value: sum(exam)}
  exam: {value: marks.exam}
  both: {value: marks.exam + marks.talk}
"""
    rows = {
        "marks": MARKS,
        "agents": [{"agent_id": name} for name in "abc"],
        "events": [{"id": 1, "agent_id": "a", "at": noon(1)}],
    }
    plan, found = gathered(load(rules, head=HEAD), rows, "2026-10", engine)
    slip = settle_slip(plan, found.facts, engine=engine)
    assert slip["metric.m.num"].to_list() == [80_500_000, 0, 0]
    assert slip["metric.exam.num"].to_list() == [80_500_000, None, None]
    assert slip["metric.exam.status"].to_list() == ["ok", "unknown", "unknown"]
    assert slip["metric.both.num"].to_list() == [81_500_000, None, None]


def test_subjects_look_up_by_the_roster_and_as_of_the_last_day():
    rules = """
metrics:
  size: {value: teams.size}
  city: {value: "teams.city"}
  kpi: {value: teams.kpi}
  price: {value: prices.price}
"""
    head = HEAD.replace("{{agent_id: text, team: optional text}}", AGENT_COLUMNS)
    rows = {
        "agents": [{"agent_id": "a", "team": "x", "item": "pen"}, {"agent_id": "b", "item": "ink"}],
        "teams": [{"team": "x", "city": "here", "size": 4, "kpi": 0}],
        "prices": PRICES,
    }
    plan, found = gathered(load(rules, head=head), rows, "2026-10")
    slip = settle_slip(plan, found.facts)
    assert slip["metric.size.num"].to_list() == [4, None]
    assert slip["metric.city"].to_list() == ["here", None]
    assert slip["metric.kpi.num"].to_list() == [0, 2_500_000]
    assert slip["metric.price.num"].to_list() == [1, None]


AGENT_COLUMNS = "{{agent_id: text, team: optional text, item: optional text}}"


def test_the_roster_is_chosen_by_what_it_looks_up():
    head = HEAD.replace("key: agent_id}}\ntables", "key: agent_id, where: teams.size > 1}}\ntables")
    rows = {
        "agents": [{"agent_id": name, "team": name} for name in "xyz"],
        "teams": [{"team": "x", "size": 2}, {"team": "y", "size": 1}],
    }
    rules = "metrics: {m: {from: events, value: count()}}"
    _, found = gathered(load(rules, head=head), rows, "2026-10")
    assert found.facts["agent_id"].to_list() == ["x"]


def test_dated_params_follow_the_day_of_the_row_and_the_last_of_the_period():
    rules = """
  x: {from: events, add: {over: k > limit}}
params:
  limit: {of: day, from 2026-10-10: 5, from 2026-10-20: 7, else: 1}
metrics:
  over: {from: x, value: count(over)}
  per_limit: {from: events, value: sum(k) / limit}
  limit_now: {value: limit}
"""
    events = [{"id": d, "agent_id": "a", "at": noon(d), "k": 5} for d in (0, 8, 9, 18, 19)]
    rows = {"agents": [{"agent_id": "a"}], "events": events}
    plan, found = gathered(load(rules, head=HEAD), rows, "2026-10")
    slip = settle_slip(plan, found.facts)
    assert slip["metric.over.num"].item() == 2
    settled = Fraction(slip["metric.per_limit.num"].item(), slip["metric.per_limit.den"].item())
    assert settled == Fraction(round(Fraction(25, 7) * 10**9), 10**9)
    assert slip["metric.limit_now.num"].item() == 7


def test_hours_may_change_by_the_day():
    rules = """
params:
  open: {of: day, from 2026-10-10: 09:00-18:00, from 2026-10-20: 13:00-18:00}
metrics:
  inside: {from: events, value: count(at in open)}
  known: {from: events, where: at in open or not at in open, value: count()}
"""
    events = [{"id": d, "agent_id": "a", "at": noon(d)} for d in (0, 8, 9, 18, 19)]
    rows = {"agents": [{"agent_id": "a"}], "events": events}
    ruleset = load(rules, head=HEAD)
    plan, found = gathered(ruleset, rows, "2026-10")
    slip = settle_slip(plan, found.facts)
    by_hand = {"metric.inside.num": 2, "metric.known.num": 3}
    assert {name: slip[name].item() for name in by_hand} == by_hand


def test_a_lookup_never_multiplies_rows():
    rules = "  x: {from: events, add: {price: prices.price, city: teams.city}}\n" + METRIC
    events = [{"item": "pen", "team": "t", "at": noon(6)}] * 5
    rows = {"prices": PRICES * 1, "teams": [{"team": "t", "kpi": 0}], "events": events}
    assert len(rows_of(rules, rows, "x")) == 5


def test_the_facts_hold_what_the_slip_looks_up():
    rules = "metrics: {exam: {value: marks.exam}}"
    rows = {"agents": [{"agent_id": "a"}], "marks": MARKS}
    _, found = gathered(load(rules, head=HEAD), rows, "2026-10")
    assert found.facts["lookup.marks.exam"].to_list() == [80_500_000]
    assert found.facts.schema["period.last_day"] == pl.Int64
