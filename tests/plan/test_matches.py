"""Matches: which rows fit, which of them is the best, and what happens where none does."""

import pytest
from tests.plan.cases import load, made

from kpi_engine.plan.compiling import compile_ruleset

HEAD = """
ruleset: case
zone: {zone}
day_starts: '{day_starts}'
currency: CNY
subject: {{from: agents, key: agent_id}}
tables:
  agents: {{key: agent_id, columns: {{agent_id: text}}}}
  visits:
    key: [room, id]
    columns: {{id: int, room: text, who: optional text, k: optional int, good: optional bool, note: optional text}}
    drop: {{gone: note == 'gone'}}
  places: {{key: who, columns: {{who: text, cap: int = 5}}}}
  orders:
    key: id
    columns: {{id: int, agent_id: text, who: optional text, n1: optional int}}
"""


def matched(match, visits, orders=({},), *, add="v: f.id", places=(), engine="auto"):
    """What is found for every order, by its id, and how many orders were left out."""
    rules = f"""
  found:
    from: orders
    match: {{f: {{to: visits, {match}}}}}
    add: {{{add}}}
metrics: {{m: {{from: found, value: count()}}}}
"""
    rows = {
        "visits": [{"id": i, "room": "r", "who": "x", **v} for i, v in enumerate(visits)],
        "orders": [{"id": i, "agent_id": "a", "who": "x", **o} for i, o in enumerate(orders)],
        "places": [{"who": who, "cap": cap} for who, cap in places],
    }
    found, unmatched = made(load(rules, head=HEAD), rows, engine)
    names = [name.split(":")[0].strip() for name in add.split(",")]
    return sorted(
        (int(row["id"]), *(row[name] for name in names)) for _, row in found["found"]
    ), unmatched["found"]


def best(match, visits, *, engine="auto", **options):
    """The id of the visit found for the one order, and whether there is one."""
    ((_, number),), left_out = matched(match, visits, engine=engine, **options)
    assert left_out == 0
    return number


@pytest.mark.parametrize("engine", ["streaming", "in-memory"])
@pytest.mark.parametrize(
    ("prefer", "visits", "expected"),
    [
        ("highest f.k", [1, 3, 2], 1),
        ("lowest f.k", [1, 3, 0], 2),
        ("highest f.k", [None, 3, None], 1),
        ("lowest f.k", [None, 3, None], 1),
        ("highest f.k", [None, None], 0),
        ("highest f.k", [3, 3, 2], 0),
        ("lowest -f.k", [1, 3, 3], 1),
        ("highest f.k > 1", [1, None, 3, 2], 2),
        ("lowest f.k > 1", [3, None, 1, 0], 2),
        ("highest f.k / 3", [1, None, 4], 2),
        ("highest f.k is known", [None, 0, 9], 1),
    ],
)
def test_the_best_row_is_the_preferred_one_then_that_of_the_lowest_key(
    prefer, visits, expected, engine
):
    rows = [{"k": k} for k in visits]
    assert best(f"same: [who], prefer: [{prefer}]", rows, engine=engine) == expected


def test_later_preferences_decide_between_equals():
    visits = [{"k": 1, "good": True}, {"k": 2, "good": False}, {"k": 2, "good": True}]
    assert best("same: [who], prefer: [highest f.k, highest f.good]", visits) == 2
    assert best("same: [who], prefer: [highest f.k, lowest f.good]", visits) == 1
    assert best("same: [who], prefer: [highest f.good, lowest f.k]", visits) == 0


def test_ties_go_by_the_whole_key_text_by_code_point():
    visits = [{"id": 3, "room": "b"}, {"id": 9, "room": "B"}, {"id": 2, "room": "é"}]
    assert best("same: [who]", visits) == 9
    assert best("same: [who]", [{"id": 3}, {"id": 2}]) == 2


def test_text_is_preferred_by_code_point():
    visits = [{"note": note} for note in ("b", "A", "é", "中", "z")]
    assert best("same: [who], prefer: [highest f.note]", visits) == 3
    assert best("same: [who], prefer: [lowest f.note]", visits) == 1


def test_only_undropped_rows_where_the_condition_is_true_are_matched():
    visits = [{"k": None}, {"k": 9, "note": "gone"}, {"k": 4}, {"k": 7}]
    assert best("same: [who], where: f.k < 8, prefer: [highest f.k]", visits) == 3
    assert best("same: [who], where: f.k > 8", visits) is None


def test_the_condition_reads_the_asking_row_and_what_it_looks_up():
    visits = [{"k": 1}, {"k": 3}, {"k": 6}]
    orders = [{"n1": 2}, {"n1": 0}, {"who": None}, {"n1": None}]
    found, _ = matched("same: [who], where: f.k > n1, prefer: [lowest f.k]", visits, orders)
    assert found == [(0, 1), (1, 0), (2, None), (3, None)]
    rule = "same: [who], where: f.k > places.cap, prefer: [lowest f.k]"
    assert best(rule, visits) == 2
    assert best(rule, visits, places=[("x", 1)]) == 1


def test_an_unknown_value_matches_nothing_not_even_another():
    orders = [{"who": None}, {"who": "x"}]
    found, _ = matched("same: [who]", [{"who": None}, {"who": "x"}], orders)
    assert found == [(0, None), (1, 1)]


@pytest.mark.parametrize("engine", ["streaming", "in-memory"])
def test_every_row_that_fits_is_taken_and_rows_without_one_are_counted(engine):
    visits = [{"k": 1}, {"k": 2}, {"k": 3}, {"who": "y"}]
    orders = [{"n1": 1}, {"n1": 9}, {"who": "y"}, {"who": None}, {"n1": 2}]
    rule = "same: [who], take: every, where: f.k > n1"
    found, left_out = matched(rule, visits, orders, engine=engine)
    assert found == [(0, 1), (0, 2), (4, 2)]
    assert left_out == 3


def test_the_key_of_every_match_names_both_rows():
    rules = """
  found:
    from: orders
    match: {f: {to: visits, same: [who], take: every}}
  rooms: {from: found, add: {again: agent_id}}
metrics: {m: {from: rooms, value: count()}}
"""
    ruleset = load(rules, head=HEAD)
    assert ruleset.tables["rooms"].key == ("id", "f.room", "f.id")
    rows = {
        "visits": [{"id": i, "room": room, "who": "x"} for i, room in enumerate("rs")],
        "orders": [{"id": 5, "agent_id": "a", "who": "x"}],
    }
    found, _ = made(ruleset, rows)
    assert sorted((row["f.room"], row["f.id"]) for _, row in found["rooms"]) == [("r", 0), ("s", 1)]


def test_several_matches_do_not_see_each_other():
    rules = """
  found:
    from: orders
    match:
      least: {to: visits, same: [who], prefer: [lowest least.k]}
      most: {to: visits, same: [who], take: every, where: most.k > 1}
    add: {low: least.k, high: most.k}
metrics: {m: {from: found, value: count()}}
"""
    rows = {
        "visits": [{"id": i, "room": "r", "who": "x", "k": k} for i, k in enumerate((2, 0, 3))],
        "orders": [{"id": 1, "agent_id": "a", "who": "x"}, {"id": 2, "agent_id": "a", "who": "z"}],
    }
    found, unmatched = made(load(rules, head=HEAD), rows)
    assert sorted((row["low"], row["high"]) for _, row in found["found"]) == [(0, 2), (0, 3)]
    assert unmatched["found"] == 1


def test_a_match_that_nothing_reads_is_not_made():
    rules = """
  found:
    from: orders
    match:
      idle: {to: visits, same: [who]}
      used: {to: visits, same: [who], where: used.good}
    add: {v: used.k, w: idle.k}
metrics: {m: {from: found, value: sum(v)}}
"""
    plan = compile_ruleset(load(rules, head=HEAD))
    assert [match.name for match in plan.tables[-1].matches] == ["used"]
    assert plan.inputs["visits"] == ("good", "id", "k", "note", "room", "who")
