"""Groups: what formulas say of others becomes a metric of its own, in the order of computation."""

import pytest
from tests.ruleset.shop import SHOP, codes, loaded

from kpi_engine.language import ir

GROUPS = """
groups:
  everybody: [role, period]
  mine: [agent_id]
  year: [agent_id, year]
"""
BASE = SHOP.replace("metrics:\n", f"{GROUPS}metrics:\n", 1).replace(
    "    columns:\n      order_id", "    columns:\n      role: optional text\n      order_id"
)


def _names(text):
    return list(loaded(BASE + text).metrics)


def test_what_a_formula_says_of_a_group_stands_before_it_under_the_name_that_is_written():
    assert _names("  gap: sales - mean( sales,everybody )\n")[-2:] == [
        "mean(sales, everybody)",
        "gap",
    ]
    nested = "  far: count(sales > 2 * mean(sales, everybody), everybody) + 1\n"
    assert _names(nested)[-3:] == [
        "mean(sales, everybody)",
        "count(sales > 2 * mean(sales, everybody), everybody)",
        "far",
    ]


def test_a_metric_that_is_one_such_call_is_that_metric():
    ruleset = loaded(BASE + "  average: mean(sales, everybody)\n  gap: sales - average\n")
    assert list(ruleset.metrics)[-2:] == ["average", "gap"]
    assert isinstance(ruleset.metrics["average"].value.node, ir.Across)


def test_a_group_measures_a_metric_again_by_its_own_key():
    ruleset = loaded(BASE + "  part: sales / everybody.sales\n")
    again = ruleset.metrics["everybody.sales"]
    assert (again.table, again.group, again.key) == ("orders", "everybody", ("role",))
    assert ruleset.metrics["part"].fraction


RATE = """
  returned: {from: orders, value: sum(refund)}
  rate: returned / sales
"""


def test_a_metric_over_metrics_is_measured_again_from_what_it_reads():
    ruleset = loaded(BASE + RATE + "  part: everybody.rate\n")
    again = ruleset.metrics["everybody.rate"]
    assert again.value.text == "everybody.returned / everybody.sales"
    assert again.fraction
    assert ruleset.metrics["everybody.sales"].group == "everybody"
    *_, rate, part = ruleset.metrics
    assert (rate, part) == ("everybody.rate", "part")


def test_what_is_better_lower_is_so_of_a_group_too():
    text = RATE + "    better: lower\n"
    text = text.replace("  rate: returned / sales\n", "  rate:\n    value: returned / sales\n")
    ruleset = loaded(BASE + text + "  part: attain(everybody.rate, 5%)\n")
    assert ruleset.metrics["part"].value.node.op == "attain_lower"


@pytest.mark.parametrize("value", ["sales / wage", "mean(sales, everybody)", "previous.sales", "3"])
def test_what_reads_more_than_metrics_from_rows_is_not_measured_again(value):
    assert codes(BASE + f"  rate: {value}\n  part: everybody.rate\n") == ["K269"]


def test_a_place_is_a_metric_that_scales_climb():
    text = "  prize: {of: sales, over: everybody, top 2: 300 CNY, top 1: 500 CNY, else: 0 CNY}\n"
    ruleset = loaded(BASE + text)
    assert list(ruleset.metrics)[-2:] == ["place(sales, everybody)", "prize"]
    cases = ruleset.metrics["prize"].value.cases
    assert [(case.kind, case.value.text) for case in cases] == [
        ("up to", "300 CNY"),
        ("up to", "500 CNY"),
        ("else", "0 CNY"),
    ]


def test_shares_of_seats_are_cumulative_and_everybody_needs_no_else():
    text = "  grade: {of: sales, over: everybody, top 30%: 3, top 100%: 1}\n"
    grade = loaded(BASE + text).metrics["grade"]
    assert not grade.type.nullable
    short = "  grade: {of: sales, over: everybody, top 30%: 3, top 90%: 1}\n"
    assert loaded(BASE + short).metrics["grade"].type.nullable


def test_what_reads_the_score_of_others_stands_after_it():
    score = "score: {items: {i: {points: 50}}}\n"
    ruleset = loaded(BASE + f"  rank: beats(score, everybody)\n  late: rank + 1\n{score}")
    assert [m.name for m in ruleset.metrics.values() if m.after_score] == ["rank", "late"]


def test_the_score_of_last_month_may_be_read_before_this_one():
    score = "score: {empty: skip, items: {i: {points: 'default(previous.score, 50)'}}}\n"
    ruleset = loaded(BASE + score)
    assert [m.name for m in ruleset.metrics.values() if m.after_score] == []
    assert "previous.score" in ruleset.metrics


def test_a_score_that_needs_the_score_of_others_is_no_score():
    score = "score: {empty: skip, items: {i: {points: 'mean(score, everybody)'}}}\n"
    assert codes(BASE + score) == ["K220"]


@pytest.mark.parametrize(
    "pool",
    [
        "split(100 CNY, orders_paid, everybody)",
        "split(5% * everybody.sales, orders_paid, everybody)",
        "split(sum(sales, everybody) / 10, orders_paid, everybody)",
        "split(tenth, orders_paid, everybody)",
    ],
)
def test_a_pool_is_made_of_what_a_group_shares(pool):
    metrics = f"  tenth: sum(sales, everybody) / 10\n  mine_of_it: '{pool}'\n"
    assert codes(BASE + metrics) == []


@pytest.mark.parametrize(
    "pool",
    [
        "split(wage, orders_paid, everybody)",
        "split(own, orders_paid, everybody)",
        "split(sum(sales, mine), orders_paid, everybody)",
        "split(split(100 CNY, orders_paid, everybody), orders_paid, everybody)",
    ],
)
def test_a_pool_of_what_differs_is_refused(pool):
    metrics = f"  own: sales / 10\n  mine_of_it: '{pool}'\n"
    assert codes(BASE + metrics) == ["K267"]


def test_a_word_of_a_group_that_is_not_read_is_not_computed():
    child = "  unread: mean(sales, everybody)\npay: {lines: {base: wage}}\n"
    assert "unread" in loaded(BASE + child).metrics
    assert "everybody.sales" not in loaded(BASE + child).metrics


def test_names_before_a_dot_mean_one_thing():
    assert codes(BASE.replace("  mine:", "  orders:")) == ["K349"]
    assert codes(BASE.replace("  mine:", "  previous:")) == ["K349"]
