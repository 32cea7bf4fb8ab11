"""The order of an input's rows: which columns make it, and which does no more than settle it."""

import pytest
from tests.plan.cases import load, stored

from kpi_engine.plan.coding import encoded_tables
from kpi_engine.plan.compiling import compile_ruleset
from kpi_engine.plan.order import order_of_runs, settling_column

HEAD = """
ruleset: case
zone: {zone}
day_starts: '{day_starts}'
currency: CNY
subject: {{from: agents, key: agent_id}}
tables:
  agents: {{key: agent_id, columns: {{agent_id: text}}}}
  events:
    key: id
    columns: {{id: int, agent_id: optional text, at: datetime, kind: text, k: int}}
    dated: at
"""
ORDER = ["agent_id", "at", "id"]
TURNS = """
  turns:
    from: events
    per: [agent_id]
    in_order: [{order}]
    starts_when: kind == 'call'
    add: {{size: count(), x: {x}}}
{others}
metrics: {{m: {{from: turns, value: sum(x)}}{metrics}}}
"""


def settled_by(*, order="at", x="sum(k)", others="", metrics=""):
    """The order of the events, and the column that does no more than settle it."""
    rules = TURNS.format(order=order, x=x, others=others, metrics=metrics)
    plan = compile_ruleset(load(rules, head=HEAD))
    found = order_of_runs(plan, "events")
    return found, settling_column(plan, "events", found)


def test_a_key_that_nothing_reads_settles_the_order_of_runs():
    assert settled_by() == (ORDER, "id")
    assert settled_by(order="at, id") == (ORDER, "id")


@pytest.mark.parametrize(
    "read",
    [
        {"x": "max(id)"},
        {"metrics": ", ids: {from: events, value: max(id)}"},
        {"others": "  plain: {from: events, add: {b: id + 1}}", "metrics": ", p: {from: plain, value: sum(b)}"},
        {
            "others": "  pairs: {from: events, match: {e: {to: events, same: [agent_id], where: e.at < at}}, add: {t: e.k}}",
            "metrics": ", p: {from: pairs, value: sum(t)}",
        },
        {
            "others": "  later: {from: events, per: [agent_id], in_order: [id], starts_when: k > 3, add: {size: count()}}",
            "metrics": ", p: {from: later, value: sum(size)}",
        },
        {
            "others": "  ids: {from: events, per: [id, agent_id], add: {size: count()}}",
            "metrics": ", p: {from: ids, value: sum(size)}",
        },
    ],
)  # fmt: skip
def test_a_key_that_is_read_or_orders_more_is_kept(read):
    found, settling = settled_by(**read)
    assert found == ORDER
    assert settling is None


def test_a_column_that_settles_becomes_the_place_in_the_order():
    plan = compile_ruleset(
        load(TURNS.format(order="at", x="sum(k)", others="", metrics=""), head=HEAD)
    )
    rows = [("b", 1, 7), ("a", 2, 9), ("a", 2, 4), (None, 0, 1), ("a", 1, 30)]
    events = [
        {"agent_id": agent, "at": at, "id": id_, "k": id_, "kind": "note"}
        for agent, at, id_ in rows
    ]
    given = {
        name: stored(plan.ruleset, name, events if name == "events" else []).lazy()
        for name in plan.inputs
    }
    found = encoded_tables(plan, given, "auto")["events"].collect()
    assert found["id"].to_list() == [0, 1, 2, 3, 4]
    assert found["k"].to_list() == [30, 4, 9, 7, 1]
