"""Runs: the order of rows, where they are cut, what the row before was, and how runs count."""

import random

import pytest
from tests.plan.cases import load, made

HEAD = """
ruleset: case
zone: {zone}
day_starts: '{day_starts}'
currency: CNY
subject: {{from: agents, key: agent_id}}
tables:
  agents: {{key: agent_id, columns: {{agent_id: text}}}}
  kinds: {{key: kind, columns: {{kind: text, breaks: bool = false}}}}
  events:
    key: [place, id]
    dated: at
    columns:
      id: int
      place: text
      agent_id: optional text
      at: datetime
      kind: optional text
      k: optional int
"""


def runs(starts_when, events, *, order="[at]", where="true", engine="auto"):
    """The runs of every agent: what they add up to, in order of agent and run."""
    rules = f"""
  found:
    from: events
    where: {where}
    per: [agent_id]
    in_order: {order}
    starts_when: {starts_when}
    add: {{times: count(), total: sum(k), first: min(at), least: min(id)}}
metrics: {{m: {{from: found, value: count()}}}}
"""
    rows = [{"id": i, "place": "p", "agent_id": "a", **e} for i, e in enumerate(events)]
    kinds = [{"kind": "end", "breaks": True}]
    found, _ = made(load(rules, head=HEAD), {"events": rows, "kinds": kinds}, engine)
    return sorted(
        (
            (r["agent_id"] or "", int(r["run"]), int(r["times"]), int(r["total"]))
            for _, r in found["found"]
        )
    )


@pytest.mark.parametrize("engine", ["streaming", "in-memory"])
def test_a_run_starts_where_the_condition_is_true_and_with_every_key(engine):
    events = [
        {"at": 0, "k": 1},
        {"at": 5, "k": 2},
        {"at": 20, "k": 4},
        {"at": 21, "k": 8},
        {"at": 3, "k": 16, "agent_id": "b"},
        {"at": 4, "k": 32, "agent_id": None},
        {"at": 40, "k": 64, "agent_id": None},
    ]
    random.Random(4).shuffle(events)
    found = runs("at >= before.at + 10 s * 0.000001", events, engine=engine)
    assert found == [
        ("", 1, 1, 32),
        ("", 2, 1, 64),
        ("a", 1, 2, 3),
        ("a", 2, 2, 12),
        ("b", 1, 1, 16),
    ]


def test_an_unknown_condition_starts_no_run():
    events = [{"at": 0, "k": 1}, {"at": 1}, {"at": 2, "k": 1}, {"at": 3, "k": 5}]
    assert runs("default(before.k != k, false)", events) == [("a", 1, 3, 2), ("a", 2, 1, 5)]


def test_the_row_before_is_of_the_same_key():
    events = [
        {"at": at, "k": k, "agent_id": agent}
        for at, (k, agent) in enumerate([(1, "a"), (9, "b"), (1, "a"), (9, "b"), (2, "a")])
    ]
    assert runs("default(k != before.k, false)", events) == [
        ("a", 1, 2, 2),
        ("a", 2, 1, 2),
        ("b", 1, 2, 18),
    ]


def test_ties_of_the_order_go_by_the_key_of_the_rows():
    events = [
        {"at": 7, "place": place, "id": number, "kind": kind, "k": 1}
        for place, number, kind in [("p", 2, "x"), ("p", 1, "y"), ("o", 3, "x"), ("p", 10, "y")]
    ]
    # o3 x, p1 y, p2 x, p10 y
    assert len(runs("default(kind != before.kind, true)", events)) == 4
    ordered = [e | {"at": 0 if e["kind"] == "x" else 1} for e in events]
    assert len(runs("default(kind != before.kind, true)", ordered)) == 2


def test_text_is_ordered_by_code_point():
    events = [
        {"at": 0, "place": place, "k": k} for k, place in enumerate(("é", "z", "中", "A", "𝄞"))
    ]
    cut = "before.place == 'A' and place == 'z' or before.place == '中' and place == '𝄞'"
    found = runs(cut, events, order="[place]")
    assert found == [("a", 1, 1, 3), ("a", 2, 3, 3), ("a", 3, 1, 4)]


def test_what_where_leaves_out_is_no_row_before():
    events = [{"at": at, "kind": kind, "k": 1} for at, kind in enumerate("xyxyx")]
    changed = "default(kind != before.kind, false)"
    assert len(runs(changed, events)) == 5
    assert runs(changed, events, where="kind == 'x'") == [("a", 1, 3, 3)]


def test_a_run_may_start_by_what_is_looked_up():
    events = [{"at": at, "kind": kind, "k": 1} for at, kind in enumerate(["go", "end", "go", "go"])]
    assert runs("kinds.breaks", events) == [("a", 1, 1, 1), ("a", 2, 3, 3)]


def test_runs_are_counted_and_found_by_their_number():
    rules = """
  found:
    from: events
    per: [agent_id]
    in_order: [at]
    starts_when: default(kind != before.kind, false)
    add: {start_at: min(at), next: run + 1}
    drop: {third: run == 3}
  pairs:
    from: found
    add: {run_before: next - 2}
metrics: {m: {from: pairs, value: count()}}
"""
    events = [
        {"id": at, "place": "p", "agent_id": "a", "at": at, "kind": k}
        for at, k in enumerate("xxyxz")
    ]
    found, _ = made(load(rules, head=HEAD), {"events": events})
    assert sorted((row["run"], row["start_at"], dropped) for dropped, row in found["found"]) == [
        (1, 0, None),
        (2, 2, None),
        (3, 3, "third"),
        (4, 4, None),
    ]
    assert sorted(row["run_before"] for _, row in found["pairs"]) == [0, 1, 3]


def test_the_clock_of_runs_dates_them_as_soon_as_it_is_there():
    rules = """
  found:
    from: events
    per: [agent_id]
    in_order: [at]
    starts_when: default(kind != before.kind, false)
    dated: start_at
    add: {late: day > 2026-10-01, start_at: min(at)}
metrics: {m: {from: found, value: count(late)}}
"""
    first = 20_727 * 86_400 * 10**6 - 8 * 3600 * 10**6  # 2026-10-01 in Shanghai
    events = [
        {"id": n, "place": "p", "agent_id": "a", "at": first + days * 86_400 * 10**6, "kind": kind}
        for n, (days, kind) in enumerate([(0, "x"), (1, "x"), (2, "y")])
    ]
    found, _ = made(load(rules, head=HEAD), {"events": events})
    assert sorted((row["day"].day, row["late"]) for _, row in found["found"]) == [
        (1, False),
        (3, True),
    ]
