"""Rows of one subject kept early give what rows of everybody give."""

import polars as pl
from tests.plan.cases import load, stored

from kpi_engine.plan.compiling import compile_ruleset
from kpi_engine.plan.evidence import FILTERED_BY, VERDICT, find_evidence, plan_evidence
from kpi_engine.plan.facts import gather_facts
from kpi_engine.plan.period import period_window

SEPTEMBER, OCTOBER = 1_789_000_000_000_000, 1_791_000_000_000_000
HOUR = 3_600_000_000
CHAINS = """
  chats:
    from: events
    per: [k, kind]
    dated: began
    add: {agent_id: max(agent_id), began: min(at), events: count()}
  days:
    from: events
    per: [agent_id, kind, day]
    add: {events: count(), at: min(at)}
    dated: at
  beside:
    from: days
    match:
      other:
        to: days
        same: [kind, day]
        take: every
        where: other.agent_id != agent_id or agent_id is unknown
  totals:
    from: days
    per: [agent_id, kind]
    add: {events: sum(events), at: max(at)}
    dated: at
metrics:
  led: {from: chats, value: count()}
  shared: {from: beside, value: count()}
  kinds: {from: totals, value: count()}
  newest: {from: events, where: kind == 'chat', latest: 2 rows, value: mean(x)}
"""
ROWS = {
    "agents": [{"agent_id": name} for name in ("A", "B", "C")],
    "events": [
        {
            "id": number,
            "agent_id": "AABBC"[number % 5],
            "at": OCTOBER + (number % 7) * 20 * HOUR - (number % 11 == 10) * 60 * 24 * HOUR,
            "kind": ("chat", "note", None)[number % 3],
            "k": number % 6,
            "x": None if number % 8 == 7 else number * 10**6,
        }
        for number in range(60)
    ],
}


def found_of(metric):
    """The evidence of every subject by key, and the facts of a run by key."""
    ruleset = load(CHAINS)
    plan = compile_ruleset(ruleset)
    tables = {name: stored(ruleset, name, ROWS[name]).lazy() for name in ROWS}
    window = period_window("2026-10", ruleset.zone, ruleset.day_starts)
    facts = gather_facts(plan, tables, window)
    (step,) = plan_evidence(plan, {metric: ruleset.metrics[metric]}).steps
    subjects = facts.facts.select(pl.exclude(r"^metric\..*$"))
    found = [
        find_evidence(step, tables, subjects[place], window) for place in range(subjects.height)
    ]
    columns = list(step.gather.columns)
    return found, facts.facts.select(columns).rows(), columns, facts.metrics[metric]


def check(metric):
    found, facts, columns, account = found_of(metric)
    assert [each.facts.select(columns).row(0) for each in found] == facts
    rows = pl.concat([each.rows.select(VERDICT, FILTERED_BY) for each in found])
    counts = {word: rows.filter(pl.col(VERDICT) == word).height for word in ("used", "unknown")}
    assert counts == {"used": account.used, "unknown": account.unknown}
    assert account.used > 0
    filtered_by = dict.fromkeys(account.filtered_by, 0)
    filtered_by |= dict(rows[FILTERED_BY].drop_nulls().value_counts().iter_rows())
    assert filtered_by == account.filtered_by
    return account


def test_whose_a_group_is_may_come_from_rows_of_others():
    check("led")


def test_rows_that_others_are_matched_with_are_everybodys():
    check("shared")


def test_a_chain_of_groups_is_the_same_narrowed():
    check("kinds")


def test_a_row_is_filtered_by_its_condition_before_it_is_by_newer_ones():
    account = check("newest")
    assert min(account.filtered_by.values()) > 0
