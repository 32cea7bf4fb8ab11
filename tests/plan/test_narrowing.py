"""Which rows are kept for one subject before tables are made of them."""

import polars as pl
from tests.rulesets.shipped import shipped

from kpi_engine.plan.compiling import compile_ruleset
from kpi_engine.plan.evidence import plan_evidence
from kpi_engine.plan.narrowing import narrowed_sources

KEY = pl.DataFrame({"shop_id": ["S1"], "agent_id": ["A"]})
SUBJECT = {"shop_id": "S1", "agent_id": "A"}
SHOP = {"shop_id": "S1"}


def narrowed(metric):
    ruleset = shipped("taobao/presales")
    plan = compile_ruleset(ruleset)
    (step,) = plan_evidence(plan, {metric: ruleset.metrics[metric]}).steps
    return narrowed_sources(step.plan, step.gather, KEY)


def test_a_key_that_rows_are_grouped_by_narrows_what_they_are_made_from():
    assert narrowed("response_rate") == {"rounds": SUBJECT}


def test_a_chain_of_tables_that_nothing_else_reads_is_narrowed_from_its_first():
    assert narrowed("received") == {"visits": SUBJECT, "conversations": SUBJECT}


def test_a_column_that_is_computed_narrows_nothing():
    assert narrowed("sales") == {"credited_orders": SHOP}


def test_a_table_that_others_read_is_made_whole():
    assert "conversations" not in narrowed("conversion")


def test_the_rows_of_an_input_are_narrowed_as_they_are_read():
    assert narrowed("satisfaction") == {}
