"""What formulas and the cases of scales are read as."""

from datetime import date
from fractions import Fraction

import pytest

from kpi_engine.language.currencies import MINOR_DIGITS
from kpi_engine.language.parser import parse_bound, parse_formula
from kpi_engine.language.syntax import (
    Arithmetic,
    Call,
    Comparison,
    Conditional,
    Day,
    Hours,
    IsKnown,
    Logic,
    Membership,
    Name,
    Negative,
    Not,
    Number,
    Place,
    Text,
    Truth,
    Unknown,
)

A, B, C, D = (Name(name) for name in "abcd")


def _n(value: str, unit: str | None = None) -> Number:
    return Number(Fraction(value), unit)


@pytest.mark.parametrize(
    ("formula", "expr"),
    [
        ("12", _n("12")),
        ("0.50", _n("0.5")),
        ("70%", _n("70", "%")),
        ("70 %", _n("70", "%")),
        ("3 min", _n("3", "min")),
        ("3min", _n("3", "min")),
        ("40 s", _n("40", "s")),
        ("12 h", _n("12", "h")),
        ("2 days", _n("2", "days")),
        ("1 day", _n("1", "days")),
        ("500 CNY", _n("500", "CNY")),
        ("500 元", _n("500", "CNY")),
        ("500元", _n("500", "CNY")),
        ("1000 JPY", _n("1000", "JPY")),
        ("999999999999999", _n("999999999999999")),
        ("0.000000000000000001", _n("0.000000000000000001")),
        ("2024-09-01", Day(date(2024, 9, 1))),
        ("08:00-23:00", Hours(480, 1380)),
        ("08:00-24:00", Hours(480, 1440)),
        ("22:30-06:00", Hours(1350, 360)),
        ("'text'", Text("text")),
        ("''", Text("")),
        ("'it''s'", Text("it's")),
        ("'''a'''", Text("'a'")),
        ('"A"', Text("A")),
        ('"say ""A"""', Text('say "A"')),
        ("'（，）'", Text("（，）")),
        ("true", Truth(True)),
        ("false", Truth(False)),
        ("unknown", Unknown()),
    ],
)
def test_a_literal_is_read_as_what_it_says(formula, expr):
    assert parse_formula(formula) == expr


@pytest.mark.parametrize("code", sorted(MINOR_DIGITS))
def test_every_currency_is_a_unit(code):
    assert parse_formula(f"5 {code}") == _n("5", code)


@pytest.mark.parametrize(
    ("formula", "expr"),
    [
        ("min(a)", Call("min", (A,))),
        ("3 min - min(a)", Arithmetic("-", _n("3", "min"), Call("min", (A,)))),
        ("s + h", Arithmetic("+", Name("s"), Name("h"))),
        ("70%-5", Arithmetic("-", _n("70", "%"), _n("5"))),
        ("70% - 5", Arithmetic("-", _n("70", "%"), _n("5"))),
        ("2024 - 9 - 1", Arithmetic("-", Arithmetic("-", _n("2024"), _n("9")), _n("1"))),
        ("3 if a else 4", Conditional(_n("3"), A, _n("4"))),
        ("500元/月", Arithmetic("/", _n("500", "CNY"), Name("月"))),
    ],
)
def test_a_unit_is_one_only_after_a_number(formula, expr):
    assert parse_formula(formula) == expr


@pytest.mark.parametrize(
    ("formula", "expr"),
    [
        ("a + b * c", Arithmetic("+", A, Arithmetic("*", B, C))),
        ("a - b - c", Arithmetic("-", Arithmetic("-", A, B), C)),
        ("-a * b", Arithmetic("*", Negative(A), B)),
        ("a - -b", Arithmetic("-", A, Negative(B))),
        ("not a == b", Not(Comparison((A, B), ("==",)))),
        ("not a and b", Logic("and", (Not(A), B))),
        ("a or b and c or d", Logic("or", (A, Logic("and", (B, C)), D))),
        ("(a or b) or c", Logic("or", (Logic("or", (A, B)), C))),
        ("a < b <= c", Comparison((A, B, C), ("<", "<="))),
        ("a + b is known", IsKnown(Arithmetic("+", A, B), True)),
        ("a is unknown", IsKnown(A, False)),
        ("a in ['x', \"y\"]", Membership(A, (Text("x"), Text("y")))),
        ("a in 08:00-23:00", Membership(A, Hours(480, 1380))),
        ("a in b", Membership(A, B)),
        ("a in b.c", Membership(A, Name("c", "b"))),
        ("a if b else c if d else a", Conditional(A, B, Conditional(C, D, A))),
        ("a or b if c else d", Conditional(Logic("or", (A, B)), C, D)),
        ("count()", Call("count", ())),
        ("f(a, b if c else d)", Call("f", (A, Conditional(B, C, D)))),
        ("(((a)))", A),
        ("\n a\t+\r\n b ", Arithmetic("+", A, B)),
    ],
)
def test_operators_bind_as_the_grammar_says(formula, expr):
    assert parse_formula(formula) == expr


@pytest.mark.parametrize(
    ("formula", "expr"),
    [
        ("满意度", Name("满意度")),
        ("近90天", Name("近90天")),
        ("marks.专业知识", Name("专业知识", "marks")),
        ("佣金率(销售额)", Call("佣金率", (Name("销售额"),))),
        ("_x1", Name("_x1")),
        ("android", Name("android")),
        ("ชื่อ", Name("ชื่อ")),
        ("caf\u0065\u0301.cle\u0301", Name("cl\u00e9", "caf\u00e9")),
        ("\u304b\u3099(a)", Call("\u304c", (A,))),
    ],
)
def test_names_are_identifiers_of_any_script_in_composed_form(formula, expr):
    assert parse_formula(formula) == expr


def test_places_count_code_points_of_the_text_as_given():
    text = " cafe\u0301.x +\n满意度('😀', 70 %)"
    parsed = parse_formula(text)
    assert isinstance(parsed, Arithmetic)
    left, right = parsed.left, parsed.right
    assert isinstance(left, Name)
    assert isinstance(right, Call)
    assert (left.place, left.prefix_place) == (Place(1, 8), Place(1, 6))
    assert (right.place, right.function_place) == (Place(11, 25), Place(11, 14))
    assert [node.place for node in right.arguments] == [Place(15, 18), Place(20, 24)]
    assert parsed.place == Place(1, 25)


def test_a_node_stands_without_its_brackets_and_its_parent_with_them():
    parsed = parse_formula("(a + b) * (c)")
    assert isinstance(parsed, Arithmetic)
    assert parsed.place == Place(0, 13)
    assert parsed.left.place == Place(1, 6)
    assert parsed.right.place == Place(11, 12)


@pytest.mark.parametrize(
    ("case", "word", "bounds"),
    [
        ("from 70%", "from", (_n("70", "%"),)),
        ("from -5", "from", (Negative(_n("5")),)),
        ("from 2025-06-16", "from", (Day(date(2025, 6, 16)),)),
        ("from 50000 元", "from", (_n("50000", "CNY"),)),
        ("  from   90 ", "from", (_n("90"),)),
        ("up to 25 s", "up to", (_n("25", "s"),)),
        ("86 to 90", "to", (_n("86"), _n("90"))),
        ("-5 to 5 %", "to", (Negative(_n("5")), _n("5", "%"))),
        ("2024-01-01 to 2024-06-30", "to", (Day(date(2024, 1, 1)), Day(date(2024, 6, 30)))),
        ("at 90%", "at", (_n("90", "%"),)),
        ("is A", "is", (Text("A"),)),
        ("is 'A'", "is", (Text("A"),)),
        ("is 'it''s'", "is", (Text("it's"),)),
        ('is "A"', "is", (Text("A"),)),
        ("is 超时", "is", (Text("超时"),)),
        ("is A+", "is", (Text("A+"),)),
        ("is 5S 检查 ", "is", (Text("5S 检查"),)),
        ("is 3.75", "is", (Text("3.75"),)),
        ("is 'unknown'", "is", (Text("unknown"),)),
        ("top 30%", "top", (_n("30", "%"),)),
        ("top 3", "top", (_n("3"),)),
        ("else", "else", ()),
    ],
)
def test_a_case_of_a_scale_is_a_word_and_its_bounds(case, word, bounds):
    assert parse_bound(case) == (word, bounds)


def test_bounds_stand_where_they_are_written():
    parsed = parse_bound("up to -2 s")
    assert isinstance(parsed, tuple)
    assert parsed[1][0].place == Place(6, 10)
    labelled = parse_bound(" is  超时 ")
    assert isinstance(labelled, tuple)
    assert labelled[1][0].place == Place(5, 7)
