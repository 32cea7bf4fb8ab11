"""Exactness: a formula that could outgrow whole numbers of 124 bits is refused before it runs."""

import pytest
from tests.ruleset.shop import SHOP, codes, findings, loaded, shown, with_metric

MEANS = "".join(
    f"  mean_{i}: {{from: orders, where: items > {i}, value: mean(amount)}}\n" for i in range(4)
)


def test_a_product_of_three_totals_is_too_wide():
    text = SHOP + "  m: {from: orders, value: sum(items) * sum(items) * sum(items)}\n"
    assert shown(text) == [("K254", "sum(items) * sum(items) * sum(items)")]
    assert "181 bits, at most 124" in findings(text)[0].message


def test_a_formula_too_wide_passes_once_its_parts_have_names():
    whole = SHOP + MEANS + "  m: mean_0 + mean_1 + mean_2 + mean_3\n"
    parts = SHOP + MEANS + "  a: mean_0 + mean_1\n  b: mean_2 + mean_3\n  m: a + b\n"
    assert codes(whole) == ["K254"]
    assert codes(parts) == []


ROSTER = """\
ruleset: attendance
zone: UTC
currency: CNY
subject: {from: agents, key: [agent_id]}
tables:
  agents: {key: agent_id, columns: {agent_id: text, wage: money, days: number, due: number}}
pay: {below_zero: owed, lines: {a: VALUE}}
"""


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("wage * days / due", []),
        ("'round(wage * days / due, 1 CNY)'", []),
        ("'round(wage / due, 0.01 CNY) * days'", ["K254"]),
        ("'round(wage / due, 0.01 CNY) * at_least(at_most(days, 31), 0)'", []),
        ("'round(wage / due, 0.01 CNY) * at_least(0, at_most(31, days))'", []),
        ("'round(wage / due, 0.01 CNY) * at_most(days, 31)'", ["K254"]),
    ],
)
def test_bounds_keep_a_wage_by_attendance_within_the_budget(value, code):
    assert codes(ROSTER.replace("VALUE", value)) == code


def test_a_formula_too_wide_breeds_no_other_mistake():
    text = with_metric("sum(items) * sum(items) * sum(items)", rows=True)
    assert codes(text + "  o: m + 1\npay: {lines: {a: m * 1 CNY}}\n") == ["K254"]


@pytest.mark.parametrize(
    "value", ["mean(amount / items)", "sum(items / stars)", "median(wait / items)"]
)
def test_a_quotient_of_columns_cannot_be_gathered(value):
    assert codes(with_metric(value, rows=True)) == ["K255"]


@pytest.mark.parametrize(
    "value",
    [
        "mean(round(amount / items, 0.01 CNY))",
        "sum(items / 3)",
        "sum(stars * 0.1)",
        "max(amount / 7)",
        "count(amount / items > 5 CNY)",
    ],
)
def test_quotients_that_can_be_gathered(value):
    assert codes(with_metric(value, rows=True)) == []


def test_a_quotient_kept_as_a_column_is_refused_too():
    tables = "tables:\n  t: {from: orders, add: {each: amount / items}}\n"
    assert shown(SHOP.replace("tables:\n", tables)) == [("K255", "amount / items")]


def test_many_weights_are_no_problem():
    items = "".join(f"    i{n}: {{points: 50}}\n" for n in range(60))
    order = " > ".join(f"i{n}" for n in range(60))
    score = loaded(f"{SHOP}score:\n  order: {order}\n  items:\n{items}").score
    assert sum(item.weight for item in score.items) == 1


def test_points_and_pay_are_held_to_the_budget():
    text = SHOP + "  m: {from: orders, value: sum(items)}\n"
    assert codes(text + "score: {items: {a: {points: m * m}}}\n") == ["K254"]
    assert codes(text + "pay: {lines: {a: m * m * 1 CNY}}\n") == ["K254"]


def test_the_budget_waits_for_params_that_are_required():
    text = SHOP.replace("params:\n", "params:\n  p: required\n")
    assert (
        codes(text + "  m: {from: orders, value: sum(items) * sum(items) * sum(items) * p}\n") == []
    )


def test_a_value_too_wide_beside_those_of_earlier_months_is_told():
    text = SHOP.replace("metrics:\n", "groups: {year: [agent_id, year]}\nmetrics:\n", 1)
    text += (
        "  most: {from: orders, value: max(items)}\n  far: most * most\n  best: max(far, year)\n"
    )
    assert codes(text) == ["K254"]
