"""Which texts are encoded together, and that what is encoded is the same."""

from dataclasses import replace

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from kpi_engine.plan.coding import encoded_tables, met_types, with_texts
from kpi_engine.plan.compiling import compile_ruleset
from kpi_engine.plan.nodes import Domain, Plan
from kpi_engine.ruleset.loading import load_ruleset_text

RULES = """\
ruleset: test/domains
zone: UTC
currency: CNY
subject: {{from: agents, key: agent}}
tables:
  agents: {{key: agent, columns: {{agent: text, team: optional text}}}}
  calls:
    key: id
    dated: at
    columns: {{id: text, who: optional text, buyer: text, at: datetime, kind: in | out, note: text}}
    add: {{name: "{name}"}}
  sales:
    key: id
    dated: at
    columns: {{id: text, by: text, at: datetime, seller: optional text}}
  deals:
    from: sales
    match: {{call: {{to: calls, same: [at], where: call.who == by}}}}
    add: {{agent: 'default(seller, call.who)'}}
metrics:
  calls: {{from: calls, whose: name, where: kind == 'in' and note != 'x', value: distinct(buyer)}}
  sales: {{from: deals, value: count()}}
"""


def plan_of(name: str = "who") -> Plan:
    ruleset, findings = load_ruleset_text(RULES.format(name=name))
    assert ruleset is not None, findings
    return compile_ruleset(ruleset)


def names(domains: tuple[Domain, ...]) -> set[frozenset[str]]:
    return {frozenset(f"{table}.{column}" for table, column in domain) for domain in domains}


def test_what_is_compared_chosen_between_or_names_a_subject_shares_a_dictionary():
    assert names(plan_of().domains) == {
        frozenset({"agents.agent", "calls.who", "sales.by", "sales.seller"}),
        frozenset({"calls.buyer"}),
        frozenset({"calls.kind"}),
    }


def test_a_text_in_whose_place_stands_a_constant_is_not_encoded():
    assert names(plan_of("default(who, 'nobody')").domains) == {
        frozenset({"calls.buyer"}),
        frozenset({"calls.kind"}),
    }


def test_a_constant_in_the_condition_of_the_roster_counts_as_well():
    where = "where: \"default(team, 't') == agent\""
    rules = RULES.format(name="who").replace("key: agent}", f"key: agent, {where}}}", 1)
    ruleset, findings = load_ruleset_text(rules)
    assert ruleset is not None, findings
    domains = names(compile_ruleset(ruleset).domains)
    assert domains == {frozenset({"calls.buyer"}), frozenset({"calls.kind"})}


@pytest.mark.parametrize("as_met", [False, True])
def test_encoded_tables_hold_the_same_texts_in_the_order_of_code_points(as_met: bool):
    plan = plan_of()
    who = ["z", "é", None, "Z", "a", "一", "𠀀", "\uff5e"]
    calls = pl.DataFrame({"id": [str(i) for i in range(8)], "who": who, "buyer": who[::-1]})
    calls = calls.with_columns(at=pl.int_range(8), kind=pl.lit("in"), note=pl.lit("x"))
    agents = pl.DataFrame({"agent": ["b", "a"], "team": [None, "t"]})
    sales = calls.select("id", "at", by=pl.lit("q"), seller=pl.lit(None, dtype=pl.String))
    given = {"agents": agents.lazy(), "calls": calls.lazy(), "sales": sales.lazy()}
    if as_met:
        types = met_types(plan)
        given = {
            name: lf.with_columns(pl.col(c).cast(t) for c, t in types.get(name, {}).items())
            for name, lf in given.items()
        }
    found = {name: lf.collect() for name, lf in encoded_tables(plan, given, "auto").items()}
    for name, columns in plan.inputs.items():
        texts = with_texts(given[name].select(columns).collect())
        assert_frame_equal(with_texts(found[name]), texts)
    dtype = found["calls"].schema["who"]
    assert isinstance(dtype, pl.Enum)
    assert dtype == found["agents"].schema["agent"]
    assert dtype.categories.to_list() == sorted(dtype.categories.to_list())
    assert {*who, "a", "b", "q"} - {None} <= set(dtype.categories)


def test_domains_of_tables_that_a_plan_does_not_read_are_left_out():
    plan = plan_of()
    alone = replace(plan, inputs={"agents": plan.inputs["agents"]})
    agents = pl.LazyFrame({"agent": ["b"], "team": [None]}, schema_overrides={"team": pl.String})
    assert with_texts(encoded_tables(alone, {"agents": agents}, "auto")["agents"]).collect().rows()
