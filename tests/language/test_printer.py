"""Printing is the inverse of parsing."""

from dataclasses import fields, is_dataclass
from fractions import Fraction

import pytest
from hypothesis import given
from tests.language.trees import exprs

from kpi_engine.language.mistakes import Mistake
from kpi_engine.language.parser import parse_formula
from kpi_engine.language.printer import print_formula
from kpi_engine.language.syntax import Expr, Name, Negative, Number, Place, Text


def _nodes(value: object) -> list[Expr]:
    if isinstance(value, tuple):
        return [node for part in value for node in _nodes(part)]
    if not is_dataclass(value) or isinstance(value, Place):
        return []
    below = [node for part in fields(value) for node in _nodes(getattr(value, part.name))]
    return [value, *below]  # type: ignore[list-item]  # every dataclass in a tree is a node


@given(exprs())
def test_a_printed_tree_parses_to_an_equal_tree(expr):
    assert parse_formula(print_formula(expr)) == expr


@given(exprs(max_leaves=6))
def test_every_node_stands_exactly_where_its_own_formula_is(expr):
    text = print_formula(expr)
    parsed = parse_formula(text)
    for node in _nodes(parsed):
        assert parse_formula(text[node.place.start : node.place.end]) == node


def _without_each_pair(text: str) -> list[str]:
    """The text without one pair of brackets, once for each pair outside quotes."""
    texts, opened, quoted = [], [], False
    for at, character in enumerate(text):
        quoted ^= character == "'"
        if quoted:
            continue
        if character == "(":
            opened.append(at)
        elif character == ")":
            start = opened.pop()
            texts.append(f"{text[:start]} {text[start + 1 : at]} {text[at + 1 :]}")
    return texts


@given(exprs())
def test_no_pair_of_printed_brackets_can_be_left_out(expr):
    for shorter in _without_each_pair(print_formula(expr)):
        assert parse_formula(shorter) != expr


@pytest.mark.parametrize(
    "formula",
    [
        "a + b * c",
        "(a + b) * c",
        "a - b - c",
        "a - (b - c)",
        "a + (b + c)",
        "a / b * c",
        "a / (b * c)",
        "-a * b",
        "-(a * b)",
        "a - -b",
        "-(-a)",
        "not a == b",
        "(not a) == b",
        "not (not a)",
        "not (a and b)",
        "not x in ['a']",
        "a and b or c",
        "a and (b or c)",
        "a or (b or c)",
        "a < b <= c",
        "(a < b) < c",
        "a < (b < c)",
        "a + b in 08:00-24:00",
        "(a is known) is unknown",
        "a if b else c if d else e",
        "(a if b else c) if d else e",
        "a if (b if c else d) else e",
        "-(a if b else c)",
        "f(a if b else c, (a + b) * c)",
        "shop.aov >= 70% and x in ['it''s', 'b']",
        "0.5 + 70% + 3 min + 40 s + 12 h + 2 days + 1 day + 500 CNY",
        "2024-09-01 - 5 == 2024 - 9 - 1",
        "unknown if true else false",
    ],
)
def test_brackets_stand_where_meaning_needs_them_and_nowhere_else(formula):
    parsed = parse_formula(formula)
    assert not isinstance(parsed, Mistake)
    assert print_formula(parsed) == formula


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (Fraction(0), "0"),
        (Fraction(1, 2), "0.5"),
        (Fraction(10), "10"),
        (Fraction(1, 10**18), "0.000000000000000001"),
        (Fraction(10**15 - 1) + Fraction(1, 4), "999999999999999.25"),
    ],
)
def test_numbers_are_printed_exactly(value, printed):
    assert print_formula(Number(value)) == printed


@pytest.mark.parametrize(
    "expr", [Number(Fraction(1, 3)), Number(Fraction(-1)), Text("a\nb"), Negative(Text("\r"))]
)
def test_what_no_formula_can_hold_is_refused(expr):
    with pytest.raises(ValueError, match="no formula can hold"):
        print_formula(expr)


def test_a_quote_in_a_text_is_doubled():
    assert print_formula(Text("it's")) == "'it''s'"


def test_a_prefix_is_printed_with_its_dot():
    assert print_formula(Name("客单价", "shop")) == "shop.客单价"
