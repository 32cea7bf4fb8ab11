"""Every shipped ruleset over a sample with bad rows in it: no row is lost, no amount counted twice."""

import polars as pl
import pytest
from tests.rulesets.shipped import NAMES, shipped

import kpi_engine as ke
from kpi_engine.sample import write_sample

PERIOD = "2026-10"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("dirty")
    summary = write_sample(place, messages=4_000, seed=3, dirty=0.05)
    assert len({reason for _, reason in summary.bad_rows_by_reason}) > 5
    return place


@pytest.fixture(scope="module", params=NAMES)
def results(request, folder):
    plan = ke.compile(shipped(request.param))
    return ke.run(plan, folder, period=PERIOD)


def test_every_row_of_an_input_is_in_the_window_or_not(results, folder):
    tables, inputs = results.accounting["tables"], results.receipt["inputs"]
    assert inputs
    assert {name: pl.read_parquet(folder / f"{name}.parquet").height for name in inputs} == {
        name: sum(tables[name][part] for part in ("in_window", "outside", "undated"))
        for name in inputs
    }


def test_every_row_in_the_window_is_accepted_or_rejected(results):
    tables = results.accounting["tables"]
    assert {name: account["in_window"] for name, account in tables.items()} == {
        name: account["accepted"] + account["rejected"] for name, account in tables.items()
    }
    assert sum(account["rejected"] for account in tables.values()) > 0
    made = tables.keys() - results.receipt["inputs"].keys()
    assert [name for name in sorted(made) if tables[name]["rejected"]] == []


def test_every_accepted_row_of_a_metric_is_used_or_says_why_not(results):
    metrics = results.accounting["metrics"]
    parts = ("used", "filtered", "unknown", "no_subject")
    assert {name: use["accepted"] for name, use in metrics.items()} == {
        name: sum(use[part] for part in parts) for name, use in metrics.items()
    }
    assert {name: use["filtered"] for name, use in metrics.items()} == {
        name: sum(use["filtered_by"].values()) for name, use in metrics.items()
    }


def test_a_metric_is_offered_the_rows_of_its_table_in_the_window(results, request):
    ruleset = shipped(request.node.callspec.params["results"])
    tables, metrics = results.accounting["tables"], results.accounting["metrics"]
    alike = [
        metric
        for metric in ruleset.metrics.values()
        if metric.table is not None
        and metric.window is None
        and metric.clock == ruleset.tables[metric.table].clock
    ]
    assert {metric.name: metrics[metric.name]["accepted"] for metric in alike} == {
        metric.name: tables[metric.table]["accepted"] for metric in alike
    }


def test_the_rows_of_all_subjects_are_the_rows_used(results):
    metrics, facts = results.accounting["metrics"], results.facts
    assert facts is not None
    counted = facts.group_by("metric").agg(pl.col("n", "n_unknown").sum()).rows_by_key("metric")
    # the rows of a group stand behind each of its subjects
    own = {name: use for name, use in metrics.items() if not name.startswith("shop.")}
    assert {name: (use["used"], use["unknown"]) for name, use in own.items()} == {
        name: counted[name][0] for name in own
    }


def test_the_sales_of_everybody_and_the_silent_ones_are_the_sales_of_the_shop(folder):
    files = {file.stem: file for file in folder.glob("*.parquet")}
    accounts = pl.read_parquet(files["messages"]).select("shop_id", "agent_id").drop_nulls()
    everybody = accounts.unique().with_columns(valid_from=pl.date(2026, 1, 1), role=pl.lit("lead"))
    unset = {
        "valid_to": pl.Date,
        "team": pl.String,
        "supervisor_id": pl.String,
        "regular": pl.Boolean,
    }
    roster = everybody.with_columns(
        *(pl.lit(None, dtype=dtype).alias(name) for name, dtype in unset.items()),
        *(pl.lit(None, dtype=pl.Decimal(9, 2)).alias(name) for name in ("base_pay", "perf_wage")),
    )
    ruleset = shipped("shop")
    inputs = {name: files[name] for name, table in ruleset.tables.items() if table.origin is None}
    results = ke.run(ke.compile(ruleset), {**inputs, "agents": roster}, period=PERIOD)
    shops = results.subjects.group_by("shop_id").agg(
        pl.col("metric.sales").sum(),
        pl.col("metric.silent_sales", "metric.shop_sales").first(),
    )
    assert shops.height > 1
    assert min(shops["metric.sales"]) > 0
    assert min(shops["metric.silent_sales"]) > 0
    total = shops["metric.sales"] + shops["metric.silent_sales"]
    assert total.to_list() == shops["metric.shop_sales"].to_list()
