"""The pay: lines of money, then steps of the pay so far."""

import pytest
from tests.ruleset.shop import SHOP, codes, loaded, shown

SCORE = "score: {items: {a: {points: 50}}}\n"


def with_pay(lines: str, then: str = "") -> str:
    return f"{SHOP}{SCORE}pay:\n  lines: {{{lines}}}\n" + (f"  then: {{{then}}}\n" if then else "")


def test_lines_and_steps_keep_their_order():
    text = with_pay("wages: wage, prize: 50 CNY * calls", "floor: 'at_least(pay, 9 CNY)', cap: pay")
    pay = loaded(text).pay
    assert pay is not None
    assert [name for name, _ in pay.lines] == ["wages", "prize"]
    assert [name for name, _ in pay.steps] == ["floor", "cap"]


def test_a_line_may_be_a_scale_of_the_score():
    text = with_pay("w: {of: score, from 90: wage, from 70: wage * score / 100, else: 0 CNY}")
    assert codes(text) == []


@pytest.mark.parametrize(
    ("lines", "then", "told"),
    [
        ("a: 5", "", [("K394", "5")]),
        ("a: score", "", [("K394", "score")]),
        ("a: 50%", "", [("K394", "50%")]),
        ("a: sales > 5 CNY", "", [("K394", "sales > 5 CNY")]),
        ("a: pay", "", [("K220", "pay")]),
        ("a: wage", "b: pay * pay", [("K228", "pay * pay")]),
        ("a: wage", "b: pay - 5", [("K227", "pay - 5")]),
        ("a: wage", "b: score", [("K394", "score")]),
        ("a: wage", "a: pay", [("K395", "a")]),
        ("a: {of: score, from 90: wage, else: 0}", "", [("K342", "0")]),
        (
            "a: {of: score, from 90: wage, from 70: 0 CNY}",
            "",
            [("K337", "{of: score, from 90: wage, from 70: 0 CNY}")],
        ),
        ("a: {from 90: wage, else: 0 CNY}", "", [("K302", "{from 90: wage, else: 0 CNY}")]),
        ("a: [wage]", "", [("K303", "[wage]")]),
        ("", "", [("K303", "{}")]),
    ],
)
def test_pay_that_is_refused(lines, then, told):
    assert shown(with_pay(lines, then)) == told


def test_an_unknown_line_is_allowed_and_holds_the_pay_back():
    assert codes(with_pay("a: bonus, b: unknown")) == []


def test_pay_needs_no_score():
    assert codes(SHOP + "pay: {lines: {a: wage}}\n") == []


def test_a_step_may_have_the_name_of_a_param():
    text = with_pay("a: wage", "limit: 'at_most(pay, 9 CNY)'")
    assert codes(text) == []


def test_slices_of_sales_are_money():
    assert codes(with_pay("a: 'slices(rates, sales)', b: rates(sales) * sales")) == []
