"""Scales: cases in any order, every value in exactly one of them, and nothing that is never used."""

from fractions import Fraction
from typing import Any

import pytest
from tests.ruleset.shop import SHOP, codes, loaded, shown, with_metric, with_param, with_scale

from kpi_engine.language import ir


def scale(text: str) -> Any:
    return loaded(with_param(text)).params["grade"].value.scale


def test_from_is_a_stair_whose_bounds_belong_to_the_upper_step():
    found = scale("from 70: 80, else: 0, from 90: 100")
    assert [(step.bound, step.inclusive, step.value.value) for step in found.steps] == [
        (70, True, 80),
        (90, True, 100),
    ]
    assert found.lowest.value == 0


def test_up_to_is_a_stair_whose_bounds_belong_to_the_lower_step():
    found = scale("up to 30: 80, up to 25: 100, else: 50")
    assert [(step.bound, step.inclusive, step.value.value) for step in found.steps] == [
        (25, False, 80),
        (30, False, 50),
    ]
    assert found.lowest.value == 100


def test_a_stair_without_else_is_unknown_beyond_its_end():
    assert scale("from 70: 80").lowest is None
    above = scale("up to 30: 80").steps[-1].value
    assert (above.value, above.type.nullable) == (None, True)


def test_a_to_b_holds_both_ends():
    found = scale("91 to 100: 2, 0 to 90.5: 1, else: 0")
    assert [(r.low, r.high) for r in found.ranges] == [(0, Fraction(181, 2)), (91, 100)]


def test_at_is_a_line():
    assert scale("at 90%: 80, at 70%: 0, at 100%: 100") == ir.Line(
        (
            (Fraction(7, 10), Fraction(0)),
            (Fraction(9, 10), Fraction(80)),
            (Fraction(1), Fraction(100)),
        )
    )


def test_is_is_a_choice_of_texts():
    found = scale("is A: 100%, is '90': 80%, else: 0%")
    assert [option for option, _ in found.options] == ["A", "90"]


def test_units_of_bounds_are_those_of_formulas():
    assert [s.bound for s in scale("else: 0, from 500 CNY: 1, from 1000.5 元: 2").steps] == [
        50_000,
        100_050,
    ]
    assert scale("up to 25 s: 1, else: 0").steps[0].bound == 25_000_000
    assert scale("else: 0, from -5: 1").steps[0].bound == -5
    assert scale("else: 0, from 2024-09-01: 1").steps[0].bound == 19_967


@pytest.mark.parametrize(
    ("cases", "code", "words"),
    [
        ("else: 1", "K331", "{else: 1}"),
        ("from 1: 1, up to 5: 2, else: 3", "K332", "up to 5"),
        ("from 1: 1, 5 to 6: 2, else: 3", "K332", "5 to 6"),
        ("1 to 2: 1, is A: 2", "K330", "A"),
        ("at 1: 1, at 2: 2, else: 3", "K332", "else"),
        ("else: 3, at 1: 1, at 2: 2", "K332", "else"),
        ("at 1: 1, from 2: 2", "K332", "from 2"),
        ("from 1: 1, from 1.0: 2, else: 3", "K333", "from 1.0"),
        ("is A: 1, is 'A': 2, else: 3", "K333", "is 'A'"),
        ("1 to 2: 1, 1 to 2.0: 2, else: 3", "K333", "1 to 2.0"),
        ("at 1: 1", "K334", "at 1"),
        ("top 30%: 1, else: 0", "K336", "top 30%"),
        ("top 3: 1, else: 0", "K336", "top 3"),
        ("2 to 1: 1, else: 0", "K338", "2 to 1"),
        ("0 to 5: 1, 5 to 9: 2, else: 3", "K339", "5 to 9"),
        ("0 to 9: 1, 3 to 4: 2, else: 3", "K339", "3 to 4"),
        ("86 to 90: 1, 91 to 100: 2", "K340", "91 to 100"),
        ("86 to 90: 1, 91 to 100: 2, else: 3", "K341", "91 to 100"),
        ("from 1: 1 CNY, else: 5%", "K342", "5%"),
        ("at 1: 1 min, at 2: limit", "K343", "limit"),
        ("from 1: 1, from 2 CNY: 2, else: 3", "K330", "2 CNY"),
        ("from 5 sec: 1, else: 2", "K212", "sec"),
        ("from 2024-02-30: 1, else: 2", "K216", "2024-02-30"),
        ("from 5 USD: 1, else: 2", "K222", "5 USD"),
        ("above 5: 1, else: 2", "K219", "above 5"),
        ("from 1: 1, else: limt", "K220", "limt"),
        ("at 2024-09-01: 1, at 2024-09-02: 2", "K330", "at 2024-09-01"),
    ],
)
def test_what_is_refused_and_where(cases, code, words):
    found = shown(with_param(cases))
    assert found[0] == (code, words)
    assert {other for other, _ in found} <= {code, "K339", "K341"}


def test_an_inner_band_hides_no_overlap_behind_it():
    assert codes(with_param("0 to 100: 1, 10 to 20: 2, 30 to 40: 3")) == ["K339", "K339"]


@pytest.mark.parametrize(
    ("of", "cases"),
    [
        ("orders_paid", "0 to 5: 1, 6 to 9: 2, else: 3"),
        ("orders_paid", "0 to 5: 1, 6 to 6: 2, 7 to 9: 3, else: 3"),
        ("last", "2024-09-01 to 2024-09-30: 1, 2024-10-01 to 2024-10-31: 2, else: 3"),
    ],
)
def test_whole_numbers_and_days_have_no_gap(of, cases):
    last = "  last: {from: orders, value: max(day)}\n"
    assert codes(with_scale(cases, of) + last) == []


@pytest.mark.parametrize(
    ("of", "cases"),
    [
        ("price", "0 CNY to 5 CNY: 1, 6 CNY to 9 CNY: 2, else: 3"),
        ("orders_paid", "0 to 5: 1, 7 to 9: 2, else: 3"),
        ("last", "2024-09-01 to 2024-09-29: 1, 2024-10-01 to 2024-10-31: 2, else: 3"),
    ],
)
def test_gaps_between_printed_bands(of, cases):
    last = "  last: {from: orders, value: max(day)}\n"
    assert codes(with_scale(cases, of) + last) == ["K341"]


@pytest.mark.parametrize(
    ("of", "cases", "told"),
    [
        ("liked", "from 90%: 1, else: 0", []),
        ("liked", "from 90%: 1, from 0%: 0", []),
        ("liked", "from 90%: 1, from -5%: 0", []),
        ("liked", "from 90%: 1, from 0%: 0, else: 2", ["K335"]),
        ("liked", "from 90%: 1, from 10%: 0", ["K337"]),
        ("liked", "from 110%: 1, else: 0", ["K335"]),
        ("liked", "from 90: 1, else: 0", ["K236"]),
        ("liked", "up to 90%: 1, else: 0", []),
        ("liked", "up to 90%: 1, up to 100%: 0", []),
        ("liked", "up to 90%: 1, up to 100%: 0, else: 2", ["K335"]),
        ("liked", "up to 90%: 1", ["K337"]),
        ("liked", "up to -1%: 1, else: 0", ["K335"]),
        ("liked", "0% to 50%: 1, 60% to 100%: 2", ["K340"]),
        ("liked", "0% to 100%: 1", []),
        ("liked", "0% to 100%: 1, else: 2", ["K335"]),
        ("liked", "10% to 100%: 1", ["K337"]),
        ("liked", "0% to 90%: 1", ["K337"]),
        ("liked", "110% to 120%: 1, else: 0", ["K335"]),
        ("100 * liked", "from 90: 1, from 70: 2", ["K337"]),
        ("100 * liked", "from 90: 1, from 0: 2", []),
        ("orders_paid", "from 90: 1, from 0: 2", []),
        ("orders_paid", "from 90: 1, from 1: 2", ["K337"]),
        ("orders_paid", "up to 5: 1", []),
        ("score", "from 90: 1, from 70: 2", ["K337"]),
        ("score", "from 90: 1, from 0: 2", []),
        ("score", "0 to 69.99: 1, 70 to 100: 2", ["K340"]),
        ("sales", "from 5 CNY: 1", []),
        ("attain(sales, 5 CNY)", "from 0: 1, else: 2", ["K335"]),
        ("role", "is presale: 1, is aftersale: 2, is lead: 3", []),
        ("role", "is presale: 1, is aftersale: 2, is lead: 3, else: 4", ["K335"]),
        ("role", "is presale: 1, is aftersale: 2", []),
        ("role", "is presal: 1, else: 2", ["K237"]),
        ("wage", "is A: 1, else: 2", ["K330"]),
        ("hired", "from 2024-09-01: 1, else: 2", []),
        ("hired", "from 5: 1, else: 2", ["K330"]),
        ("1 > 2", "is true: 1, else: 2", ["K219"]),
    ],
)
def test_holes_and_dead_cases(of, cases, told):
    text = with_scale(cases, of) + "score: {items: {a: {points: 50}}}\n"
    assert codes(text) == told


@pytest.mark.parametrize(
    ("of", "cases", "nullable"),
    [
        ("orders_paid", "from 5: 1, else: 0", False),
        ("orders_paid", "from 5: 1, else: unknown", True),
        ("sales", "from 5 CNY: 1", True),
        ("liked", "from 0%: 1", True),
        ("default(liked, 0%)", "from 50%: 1, else: 0", False),
        ("role", "is presale: 1, is aftersale: 2, is lead: 3", False),
        ("role", "is presale: 1, is aftersale: 2", True),
        ("orders_paid", "at 0: 1, at 10: 2", False),
        ("orders_paid", "from 5: liked, else: 0%", True),
    ],
)
def test_what_a_scale_leaves_unknown(of, cases, nullable):
    assert loaded(with_scale(cases, of)).metrics["m"].type.nullable is nullable


def test_cases_of_a_scale_on_the_spot_see_what_a_formula_there_sees():
    assert codes(with_scale("from 5: sales, else: wage")) == []
    text = SHOP + "  m: {from: orders, value: {of: count(), from 5: sum(amount), else: 0 CNY}}\n"
    assert codes(text) == []


def test_a_scale_mixes_no_row_with_a_total():
    text = SHOP + "  m: {from: orders, value: {of: count(), from 5: amount, else: 0 CNY}}\n"
    assert shown(text) == [("K231", "amount")]
    text = SHOP + "  m: {from: orders, value: {of: items, from 5: sum(amount), else: 0 CNY}}\n"
    assert shown(text) == [("K231", "items")]


def test_a_note_in_a_scale_is_no_case():
    assert codes(with_scale("note: as printed, from 5: 1, else: 0")) == []


def test_a_scale_in_place_needs_of():
    assert codes(SHOP + "  m: {value: {from 5: 1, else: 0}}\n") == ["K302"]


@pytest.mark.parametrize(
    ("cases", "told"),
    [
        ("else: 1%, from 5 CNY: 2%", []),
        ("up to 5 CNY: 1%, else: 2%", []),
        ("from 5 CNY: 2%", ["K246"]),
        ("at 0 CNY: 1%, at 5 CNY: 2%", ["K246"]),
        ("0 CNY to 5 CNY: 1%, else: 2%", ["K246"]),
        ("else: 1 CNY, from 5 CNY: 2 CNY", ["K246"]),
        ("else: 1%, from 5 CNY: unknown", ["K246"]),
    ],
)
def test_slices_need_a_stair_of_rates(cases, told):
    text = with_param(cases) + "  m: 'slices(grade, sales)'\n"
    assert codes(text) == told


def test_a_case_may_be_a_scale_of_a_param():
    assert codes(with_scale("from 5: rates(sales), else: 0%")) == []


def test_a_broken_scale_is_told_once_wherever_it_is_used():
    text = with_param("from 1: 1, up to 5: 2") + "  m: grade(orders_paid)\n  o: m * 2\n"
    assert codes(text) == ["K332"]


def test_a_scale_called_with_more_than_one_value():
    assert codes(with_metric("rates(sales, 2)")) == ["K244"]
