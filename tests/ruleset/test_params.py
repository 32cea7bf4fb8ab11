"""Params: literals and scales with names, and those that a shop must still give."""

from fractions import Fraction

import pytest
from tests.ruleset.shop import SHOP, codes, findings, loaded, shown

from kpi_engine.language.kinds import Kind
from kpi_engine.ruleset.loading import load_ruleset
from kpi_engine.text.render import render_text


def with_params(lines: str, rest: str = "") -> str:
    return SHOP.replace("params:\n", f"params:\n{lines}") + rest


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("5", Kind.NUMBER, Fraction(5)),
        ("-0.5", Kind.NUMBER, Fraction(-1, 2)),
        ("70%", Kind.RATIO, Fraction(7, 10)),
        ("3 min", Kind.DURATION, Fraction(180_000_000)),
        ("500 CNY", Kind.MONEY, Fraction(50000)),
        ("500.5 元", Kind.MONEY, Fraction(50050)),
        ("true", Kind.BOOL, True),
        ("08:00-23:00", Kind.HOURS, (480, 1380)),
        ("'\"shop\"'", Kind.TEXT, "shop"),
    ],
)
def test_a_literal_is_a_param(text, kind, value):
    node = loaded(with_params(f"  p: {text}\n")).params["p"].value.node
    assert (node.type.kind, node.value) == (kind, value)


def test_a_day_is_a_param():
    node = loaded(with_params("  p: 2024-09-01\n")).params["p"].value.node
    assert (node.type.kind, node.value.isoformat()) == (Kind.DATE, "2024-09-01")


@pytest.mark.parametrize("text", ["1 + 2", "limit", "5 if true else 6", "default(1, 2)"])
def test_a_formula_is_no_param(text):
    assert codes(with_params(f"  p: '{text}'\n"))[0] in {"K312", "K220"}


def test_a_param_that_is_no_literal_is_told_once_wherever_it_is_read():
    score = "score: {items: {a: {weight: p, points: p}}}\npay: {lines: {a: p * 1 CNY}}\n"
    assert codes(with_params("  p: 1 + 2\n", score)) == ["K312"]


def test_a_required_param_loads_and_checks():
    ruleset = loaded(with_params("  p: required\n", "  m: sales * p\n"))
    assert ruleset.params["p"].value is None


def test_a_required_param_hides_no_other_mistake():
    assert codes(with_params("  p: required\n", "  m: sales * p\n  o: sals\n")) == ["K220"]


def test_a_required_param_may_be_a_weight():
    score = "score: {items: {a: {weight: p, points: 1}, b: {weight: 40, points: 2}}}\n"
    assert codes(with_params("  p: required\n", score)) == []
    assert codes(with_params("  p: 50\n", score)) == ["K384"]
    assert codes(with_params("  p: 60\n", score)) == []


def test_a_given_param_replaces_the_written_one_and_is_checked():
    assert loaded(SHOP, {"limit": "5 min"}).params["limit"].value.text == "5 min"
    assert [f.code for f in findings(SHOP + "  m: sales * limit\n", {"limit": "1 CNY"})] == ["K228"]
    assert [f.code for f in findings(SHOP, {"limit": "5 mins"})] == ["K212"]


def test_a_given_param_fills_a_required_one():
    ruleset = loaded(with_params("  p: required\n"), {"p": "5"})
    assert ruleset.params["p"].value.text == "5"
    assert list(ruleset.params) == ["p", "limit", "rates"]


def test_a_given_param_that_is_none_is_told_with_the_likely_name():
    (found,) = findings(SHOP, {"limti": "5 min"})
    assert (found.code, found.help) == ("K315", "did you mean `limit`?")


def test_params_given_to_a_ruleset_without_params_are_told():
    text = SHOP[: SHOP.index("params:")] + SHOP[SHOP.index("tables:") :]
    assert [f.code for f in findings(text, {"limit": "5 min"})] == ["K315"]


def test_cases_of_a_param_see_params_alone():
    assert shown(with_params("  p: {else: sales, from 5: 1 CNY}\n")) == [("K220", "sales")]
    assert codes(with_params("  p: {else: q, from 5: 1}\n  q: 3\n")) == []


def test_a_scale_is_no_value_and_a_value_no_scale():
    assert shown(SHOP + "  m: rates * 2\n") == [("K224", "rates")]
    assert shown(SHOP + "  m: limit(sales)\n") == [("K243", "limit")]


def test_a_scale_of_a_param_has_no_of():
    assert codes(with_params("  p: {of: sales, from 5 CNY: 1, else: 2}\n")) == ["K303"]


LIKED = "default(liked, 0%)"


@pytest.mark.parametrize(
    "rest",
    [
        "  m: 'attain(liked, aim)'\n",
        f"  m: {LIKED} >= aim\n",
        f"  m: aim < {LIKED}\n",
        f"  m: 10 if wage > 5 CNY and {LIKED} == aim else 0\n",
        f"  m: {{of: '5 if {LIKED} > aim else 1', from 5: 5, else: 0}}\n",
        f"  m: {{of: orders_paid, from 5: '5 if {LIKED} > aim else 1', else: 0}}\n",
        "score: {empty: stop, items: {a: {points: 'attain(liked, aim)'}}}\n",
        f"pay: {{lines: {{bonus: '5 CNY if {LIKED} > aim else 0 CNY'}}}}\n",
    ],
)
def test_a_param_that_a_ratio_is_measured_against_is_one_that_it_may_reach(rest):
    assert shown(with_params("  aim: 40\n", rest)) == [("K318", "40")]
    assert codes(with_params("  aim: 40%\n", rest)) == []
    assert codes(with_params("  aim: 1\n", rest)) == []
    text = with_params("  aim: required\n", rest)
    assert [finding.code for finding in findings(text, {"aim": "40"})] == ["K318"]


def test_a_number_that_no_ratio_is_measured_against_may_be_any():
    rest = f"  m: 'attain(orders_paid, aim) * {LIKED}'\n"
    assert codes(with_params("  aim: 40\n", rest)) == []


def test_a_param_that_a_base_measures_a_ratio_against_is_told_at_the_line_of_the_shop(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    base = with_params("  aim: required\n", "  m: 'attain(liked, aim)'\n")
    (tmp_path / "base.yaml").write_text(base)
    (tmp_path / "maple.yaml").write_text("ruleset: maple\nextends: base\nparams: {aim: 40}\n")
    assert render_text(load_ruleset("maple.yaml")[1]) == (
        "maple.yaml:3:15: error[K318]: the param `aim` is 40, and a ratio is measured against it: "
        "ratios run from 0% to 100%\n"
        "   3 | params: {aim: 40}\n"
        "     |               ^^\n"
        "   = base.yaml:42:6: `aim` is read here\n"
        "   = help: did you mean `40%`?\n"
    )
