"""The rows behind every metric of the shipped Taobao pre-sales, over a sample with bad rows in it."""

import polars as pl
import pytest
from tests.rulesets.shipped import shipped

import kpi_engine as ke
from kpi_engine.sample import write_sample

PERIOD = "2026-10"
KEY = ["shop_id", "agent_id"]
PLAN = ke.compile(shipped("taobao/presales"))
METRICS = [name for name, metric in PLAN.ruleset.metrics.items() if metric.table is not None]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("sample")
    write_sample(place, messages=4_000, seed=3, dirty=0.05)
    return place


@pytest.fixture(scope="module")
def results(folder):
    return ke.run(PLAN, folder, period=PERIOD)


def evidence_of_all(folder, results, metric):
    """Return the evidence of every subject with her fact of the metric."""
    facts = results.facts.filter(pl.col("metric") == metric)
    for fact in facts.iter_rows(named=True):
        subject = {name: fact[name] for name in KEY}
        found = ke.evidence(PLAN, folder, period=PERIOD, subject=subject, metric=metric)
        yield fact, found.metrics[metric]


@pytest.mark.parametrize("metric", METRICS)
def test_evidence_adds_up_to_the_facts_and_accounts_of_everybody(folder, results, metric):
    use = dict.fromkeys(("used", "filtered", "unknown"), 0)
    filtered_by = dict.fromkeys(results.accounting["metrics"][metric]["filtered_by"], 0)
    for fact, found in evidence_of_all(folder, results, metric):
        assert (found.num, found.den, found.status) == tuple(
            fact[n] for n in ("num", "den", "status")
        )
        assert (found.used, found.unknown) == (fact["n"], fact["n_unknown"])
        if "numerator" in found.rows.columns and fact["num"] is not None:
            sums = found.rows.select(pl.col("numerator", "denominator").sum()).row(0)
            constant = found.rows["denominator"].null_count() == found.rows.height
            assert sums == (fact["num"], 0 if constant else fact["den"])
        assert found.rows["verdict"].value_counts().height <= len(use)
        for word in use:
            use[word] += found.rows.filter(pl.col("verdict") == word).height
        for name, count in found.filtered_by.items():
            filtered_by[name] += count
    if metric.startswith("shop."):
        return  # the rows of a shop stand behind each of its agents
    account = results.accounting["metrics"][metric]
    assert use == {word: account[word] for word in use}
    assert filtered_by == account["filtered_by"]


def test_the_response_rate_is_counted_round_by_round(folder, results):
    for fact, found in evidence_of_all(folder, results, "response_rate"):
        used = found.rows.filter(pl.col("verdict") == "used")
        assert used["in_time"].sum() == (fact["num"] or 0)
        assert used["in_hours"].all()
        others = found.rows.filter(pl.col("filtered_by") == "where")
        assert not others["in_hours"].any()
        assert found.rows["asked_at"].is_sorted()


def test_a_gate_shows_the_rows_behind_all_that_it_reads(folder, results):
    subject = {name: results.subjects[name][0] for name in KEY}
    found = ke.evidence(PLAN, folder, period=PERIOD, subject=subject, metric="meets_standard")
    assert list(found.metrics) == ["response_rate", "satisfaction"]
