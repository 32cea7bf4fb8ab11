"""Units: money from money, ratios to points, and no number that lost its unit on the way."""

import re

import pytest
from tests.ruleset.shop import SHOP, codes, findings, shown, with_metric

GOOD = [
    "sales + 500 CNY",
    "sales - 500.5 CNY > 0 CNY",
    "default(liked, 0%) >= 70%",
    "sales / 500 CNY",
    "at_least(sales, 500 CNY)",
    "round(sales, 5 CNY)",
    "default(price, 50 CNY)",
    "1 if default(price, 0 CNY) > 20 CNY else 0",
    "5 CNY if sales > 20 CNY else 0 CNY",
    "limit + 30 s",
    "limit * 2 > 3 min",
    "1 if 1 min < limit <= 5 min else 0",
    "attain(sales, 500 CNY)",
    "attain(default(liked, 0%), 70%)",
    "rates(sales + 20 CNY)",
    "slices(rates, at_most(sales, 60000 CNY))",
]


@pytest.mark.parametrize("formula", GOOD)
def test_units_that_fit(formula):
    assert codes(with_metric(formula)) == []


@pytest.mark.parametrize("formula", [f for f in GOOD if "%" not in f])
def test_each_unit_dropped_in_turn_is_told(formula):
    units = list(re.finditer(r" (CNY|min|s)\b", formula))
    assert units
    for unit in units:
        bare = formula[: unit.start()] + formula[unit.end() :]
        if bare in {"sales / 500", "limit * 2 > 3"}:
            continue
        assert codes(with_metric(bare))[0] in {"K227", "K233", "K242", "K245", "K252", "K253"}, bare


@pytest.mark.parametrize(
    ("formula", "code"),
    [
        ("sales + limit", "K227"),
        ("sales - liked", "K227"),
        ("sales + 5%", "K227"),
        ("2024-09-01 + 2024-09-01", "K227"),
        ("sales * price", "K228"),
        ("sales * limit", "K228"),
        ("'a' * 2", "K228"),
        ("orders_paid / sales", "K229"),
        ("sales / limit", "K229"),
        ("true / 2", "K229"),
        ("1 if sales > limit else 0", "K233"),
        ("1 if sales == 'a' else 0", "K233"),
        ("1 if default(liked, 0%) >= 70 else 0", "K236"),
        ("1 if 90 <= default(liked, 0%) else 0", "K236"),
        ("1 if 'a' < 'b' else 0", "K234"),
        ("1 if true < false else 0", "K234"),
        ("-true", "K226"),
        ("sales if true else 0%", "K242"),
        ("default(sales, 0%)", "K252"),
        ("at_most(limit, 5 CNY)", "K252"),
        ("at_least('a', 'b')", "K250"),
        ("round(true, true)", "K253"),
        ("floor(sales, orders_paid)", "K252"),
        ("attain(sales, 30%)", "K252"),
        ("default(08:00-12:00, 08:00-12:00)", "K235"),
        ("rates(orders_paid)", "K245"),
        ("slices(rates, limit)", "K245"),
        ("slices(limit, sales)", "K246"),
        ("sales in 08:00-12:00", "K240"),
        ("sales + 5 USD", "K222"),
    ],
)
def test_units_that_do_not_fit(formula, code):
    assert codes(with_metric(formula)) == [code]


@pytest.mark.parametrize(
    ("formula", "help_"),
    [
        ("sales + 500", "did you mean `500 CNY`?"),
        ("500 + sales", "did you mean `500 CNY`?"),
        ("limit + 3", "did you mean `3 min`?"),
        ("sales + orders_paid", None),
        ("sales + limit", None),
    ],
)
def test_the_unit_that_is_missing_is_offered(formula, help_):
    assert [finding.help for finding in findings(with_metric(formula))] == [help_]


@pytest.mark.parametrize(
    "formula",
    ["count(paid_at in 08:00-23:00)", "max(paid_at) - min(paid_at)", "max(day) - min(day)"],
)
def test_times_and_days(formula):
    assert codes(with_metric(formula, rows=True)) == []


def test_a_ratio_as_points_is_offered_times_100():
    text = SHOP + "score: {empty: skip, items: {a: {points: liked}}}\n"
    assert shown(text) == [("K381", "liked")]
