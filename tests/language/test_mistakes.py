"""Every usual accident in a formula has its code, its exact place and its sentences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi_engine.language.mistakes import Mistake
from kpi_engine.language.parser import parse_bound, parse_formula
from kpi_engine.language.syntax import Place
from kpi_engine.text.diagnostics import diagnose
from kpi_engine.text.messages import MESSAGES

# The place is given as the text that stands there; `instead` as the fact of that name.
MISTAKES = [
    ("a = b", "K203", 2, "=", "=="),
    ("a === b", "K203", 2, "===", "=="),
    ("a !== b", "K203", 2, "!==", "!="),
    ("a <> b", "K203", 2, "<>", "!="),
    ("a => b", "K203", 2, "=>", ">="),
    ("a =< b", "K203", 2, "=<", "<="),
    ("a & b", "K203", 2, "&", "and"),
    ("a && b", "K203", 2, "&&", "and"),
    ("a | b", "K203", 2, "|", "or"),
    ("a || b", "K203", 2, "||", "or"),
    ("!a", "K203", 0, "!", "not"),
    ("a ** b", "K203", 2, "**", "x * x"),
    ("a ^ b", "K203", 2, "^", "x * x"),
    ("a // b", "K203", 2, "//", "floor(x / y, 1)"),
    ("a % b", "K203", 2, "%", "x - floor(x, y)"),
    ("70 % 5", "K203", 3, "%", "x - floor(x, y)"),
    ("70%5", "K203", 2, "%", "x - floor(x, y)"),
    ("70%(x)", "K203", 2, "%", "x - floor(x, y)"),
    ("a ? b : c", "K203", 2, "?", "a if condition else b"),
    ("x == “a”", "K203", 5, "“", "'"),
    ("x == ‘a’", "K203", 5, "‘", "'"),
    ("计数（x）", "K203", 2, "（", "("),
    ("f(x）", "K203", 3, "）", ")"),
    ("f(a，b)", "K203", 3, "，", ","),
    ("f(a、b)", "K203", 3, "、", ","),
    ("70％", "K203", 2, "％", "%"),
    ("a ＞ b", "K203", 2, "＞", ">"),
    ("a ＝ b", "K203", 2, "＝", "=="),
    ("a ≥ b", "K203", 2, "≥", ">="),
    ("a ≤ b", "K203", 2, "≤", "<="),
    ("a ≠ b", "K203", 2, "≠", "!="),
    ("a × b", "K203", 2, "×", "*"),
    ("a ÷ b", "K203", 2, "÷", "/"),
    ("a − b", "K203", 2, "−", "-"),
    ("９０", "K203", 0, "９", "9"),
    ("x²", "K203", 1, "²", "2"),
    ("¥500", "K203", 0, "¥", "500 CNY"),
    ("a @ b", "K203", 2, "@", None),
    ("a\u200bb", "K203", 1, "\u200b", None),
    ("3 x", "K212", 2, "x", None),
    ("3 mins", "K212", 2, "mins", "3 min"),
    ("30 seconds", "K212", 3, "seconds", "30 s"),
    ("3 分钟", "K212", 2, "分钟", "3 min"),
    ("3分钟响应率", "K212", 1, "分钟响应率", None),
    ("500 RMB", "K212", 4, "RMB", "500 CNY"),
    ("500 usd", "K212", 4, "usd", "500 USD"),
    ("5 percent", "K212", 2, "percent", "5%"),
    ("1e3", "K215", 0, "1e3", "1000"),
    ("1e-3", "K215", 0, "1e-3", "0.001"),
    ("1e999999999", "K215", 0, "1e999999999", None),
    ("a + .5", "K215", 4, ".5", "0.5"),
    ("5. + a", "K215", 0, "5.", "5"),
    ("1.2.3", "K215", 0, "1.2.3", None),
    ("1_000", "K215", 0, "1_000", "1000"),
    ("0x10", "K215", 0, "0x10", "16"),
    ("007", "K215", 0, "007", "7"),
    ("1,000.5 + a", "K215", 0, "1,000.5", "1000.5"),
    ("at_least(pay, 1,000)", "K215", 14, "1,000", "1000"),
    ("1" * 16, "K215", 0, "1" * 16, None),
    ("0." + "1" * 19, "K215", 0, "0." + "1" * 19, None),
    ("* a", "K206", 0, "*", None),
    ("a + * b", "K206", 4, "*", None),
    ("--a", "K206", 1, "-", None),
    ("f(a,)", "K206", 4, ")", None),
    ("()", "K206", 1, ")", None),
    ("if(a, b, c)", "K206", 0, "if", "a if condition else b"),
    ("a == not b", "K206", 5, "not", "(not x)"),
    ("not not a", "K206", 4, "not", "(not x)"),
    ("is known", "K206", 0, "is", "x is known"),
    ("['a']", "K206", 0, "[", "x in ['a', 'b']"),
    ("a b", "K209", 2, "b", None),
    ("a AND b", "K209", 2, "AND", "and"),
    ("a not in ['x']", "K209", 2, "not", "not x in ['a', 'b']"),
    ("a else b", "K209", 2, "else", "a if condition else b"),
    ("a[0]", "K209", 1, "[", "prefix.name"),
    ("a, b", "K209", 1, ",", None),
    ("a.b(x)", "K209", 3, "(", None),
    ("CNY 500", "K209", 4, "500", "500 CNY"),
    ("3 min 20 s", "K209", 6, "20 s", "3 min + 20 s"),
    ("3  min", "K209", 3, "min", "3 min"),
    ("f(a b)", "K209", 4, "b", None),
    ("a if b c", "K209", 7, "c", None),
    ("a is b", "K211", 5, "b", "=="),
    ("a is not known", "K211", 5, "not", "is unknown"),
    ("a is not null", "K211", 5, "not", "is known"),
    ("a is null", "K211", 5, "null", "is unknown"),
    ("a is not b", "K211", 5, "not", "!="),
    ("a in []", "K218", 6, "]", None),
    ("a in [1]", "K218", 6, "1", "'1'"),
    ("a in [b]", "K218", 6, "b", "'b'"),
    ("a in ['x' 'y']", "K218", 10, "'y'", ", 'y'"),
    ("a in ['x',]", "K218", 10, "]", None),
    ("a in ('x', 'y')", "K218", 5, "(", "['a', 'b']"),
    ("a in 'x'", "K218", 5, "'x'", "['x']"),
    ("a in f(x)", "K218", 5, "f", None),
]

PLAIN_MISTAKES = [
    ("a.b.c", "K204", 3, "."),
    ("a .b", "K204", 2, "."),
    ("a.", "K204", 1, "."),
    ("(a + b", "K205", 0, "("),
    ("mean_of(a", "K205", 7, "("),
    ("a + b)", "K205", 5, ")"),
    (")", "K205", 0, ")"),
    ("(a]", "K205", 2, "]"),
    ("a in ['x'", "K205", 5, "["),
    ("a +", "K207", 2, "+"),
    ("a if b else ", "K207", 7, "else"),
    ("f(a,", "K207", 3, ","),
    ("not", "K207", 0, "not"),
    ("a in", "K207", 2, "in"),
    ("a is", "K207", 2, "is"),
    ("a if b", "K208", 2, "if b"),
    ("f(a if b + 1, c)", "K208", 4, "if b + 1"),
    ("a in b in c", "K210", 7, "in"),
    ("a < b is known", "K210", 6, "is"),
    ("a is known == b", "K210", 11, "=="),
    ("a is unknown + b", "K210", 13, "+"),
    ("a in ['x'] * b", "K210", 11, "*"),
    ("70%%", "K213", 3, "%"),
    ("3 min s", "K213", 6, "s"),
    ("500 CNY 元", "K213", 8, "元"),
    ("x == 'abc", "K214", 5, "'abc"),
    ('x == "abc', "K214", 5, '"abc'),
    ("'a\nb'", "K214", 0, "'a\nb'"),
    ("2024-02-30", "K216", 0, "2024-02-30"),
    ("a < 2024-9-1", "K216", 4, "2024-9-1"),
    ("2024-09-01x", "K216", 0, "2024-09-01x"),
    ("a in 08:00", "K217", 5, "08:00"),
    ("8:00-23:00", "K217", 0, "8:00-23:00"),
    ("08:00 - 23:00", "K217", 0, "08:00 - 23:00"),
    ("08：00-23：00", "K217", 0, "08：00-23：00"),
    ("08:00-08:00", "K217", 0, "08:00-08:00"),
    ("24:00-08:00", "K217", 0, "24:00-08:00"),
    ("08:00-24:30", "K217", 0, "08:00-24:30"),
]

CASE_MISTAKES = [
    ("", "K219", 0, "", None),
    ("from", "K219", 0, "from", None),
    ("from x", "K219", 0, "from x", None),
    ("from --5", "K219", 0, "from --5", None),
    ("from 90 to 100", "K219", 0, "from 90 to 100", "90 to 100"),
    (">= 90", "K219", 0, ">= 90", "from 90"),
    ("<= 5 min", "K219", 0, "<= 5 min", "up to 5 min"),
    ("90-100", "K219", 0, "90-100", "90 to 100"),
    ("90 ~ 100", "K219", 0, "90 ~ 100", "90 to 100"),
    ("up 5", "K219", 0, "up 5", "up to 5"),
    ("== A", "K219", 0, "== A", "is A"),
    ("default", "K219", 0, "default", "else"),
    ("其他", "K219", 0, "其他", "else"),
    ("> 90", "K219", 0, "> 90", None),
    ("90", "K219", 0, "90", None),
    ("86 to", "K219", 0, "86 to", None),
    ("top 3 min", "K219", 0, "top 3 min", None),
    ("top -3", "K219", 0, "top -3", None),
    ("else 5", "K219", 0, "else 5", None),
    ("is", "K219", 0, "is", None),
    ("is unknown", "K219", 0, "is unknown", None),
    ("is not A", "K219", 0, "is not A", None),
    ("is 'A' B", "K219", 0, "is 'A' B", None),
    ("is “A”", "K203", 3, "“", "'"),
    ("up to 25 seconds", "K212", 9, "seconds", "25 s"),
    ("from 007", "K215", 5, "007", "7"),
]


def _is(found: object, text: str, code: str, start: int, at: str) -> bool:
    return (
        isinstance(found, Mistake)
        and (found.code, found.place) == (code, Place(start, start + len(at)))
        and text[start : start + len(at)] == at
    )


@pytest.mark.parametrize(("text", "code", "start", "at", "instead"), MISTAKES)
def test_an_accident_is_told_at_its_place_with_what_to_write_instead(
    text, code, start, at, instead
):
    mistake = parse_formula(text)
    assert _is(mistake, text, code, start, at), mistake
    assert isinstance(mistake, Mistake)
    assert dict(mistake.facts)["instead"] == instead


@pytest.mark.parametrize(("text", "code", "start", "at"), PLAIN_MISTAKES)
def test_an_accident_is_told_at_its_place(text, code, start, at):
    assert _is(mistake := parse_formula(text), text, code, start, at), mistake


@pytest.mark.parametrize(("text", "code", "start", "at", "instead"), CASE_MISTAKES)
def test_a_wrong_case_of_a_scale_is_told_with_the_right_one(text, code, start, at, instead):
    mistake = parse_bound(text)
    assert _is(mistake, text, code, start, at), mistake
    assert isinstance(mistake, Mistake)
    assert dict(mistake.facts)["instead"] == instead


@pytest.mark.parametrize(
    ("text", "code"), [("is A's", "K214"), ("is 'A", "K214"), ("from 2025-02-30", "K216")]
)
def test_a_mistake_in_a_bound_is_told_as_in_a_formula(text, code):
    mistake = parse_bound(text)
    assert isinstance(mistake, Mistake)
    assert mistake.code == code


@pytest.mark.parametrize("text", ["", " \n\t"])
def test_an_empty_formula_is_a_mistake(text):
    assert parse_formula(text) == Mistake("K201", Place(0, len(text)), ())


def test_the_leftmost_of_two_mistakes_is_told():
    mistake = parse_formula("a + * b = c")
    assert isinstance(mistake, Mistake)
    assert (mistake.code, mistake.place) == ("K206", Place(4, 5))


def test_a_long_token_is_shortened_in_the_facts():
    mistake = parse_formula("a " + "b" * 500)
    assert isinstance(mistake, Mistake)
    assert dict(mistake.facts)["found"] == "b" * 40 + "…"


@pytest.mark.parametrize(
    ("text", "message", "help"),
    [
        ("a = b", "`=` has no meaning here", "write `==`"),
        ("a @ b", "`@` has no meaning here", None),
        ("a\u200bb", "`U+200B` has no meaning here", None),
        ("x == 'abc", "the text opened here is not closed on its line, `'` was expected", "write `''` for a quote inside the text"),
        ("3 mins", "`mins` follows a number, an operator or a unit was expected: `%`, `s`, `min`, `h`, `days` or a currency such as `CNY`", "did you mean `3 min`?"),
        ("a +", "the formula ends after `+`, a value was expected", None),
        ("1_000", "`1_000` cannot be read as a number, plain digits were expected: at most 15, and after a point at most 18", "write `1000`"),
    ],
)  # fmt: skip
def test_the_sentences_read_well(text, message, help):
    mistake = parse_formula(text)
    assert isinstance(mistake, Mistake)
    diagnostic = diagnose(mistake.code, None, **dict(mistake.facts))
    assert (diagnostic.message, diagnostic.help) == (message, help)


def test_every_code_of_the_syntax_is_pinned_here():
    pinned = {row[1] for row in (*MISTAKES, *PLAIN_MISTAKES, *CASE_MISTAKES)} | {"K201", "K202"}
    assert pinned == {code for code in MESSAGES if "K201" <= code <= "K219"}


PIECES = [*"abs1.,()[]<>=!+-*/%'\"&|?:~^{}@ \n\t　（），“”％²９é\u0301満时", "and", "or", "not ", " if ",
          " else ", " in ", " is ", "known", "unknown", "true", " min", " s", " CNY", "元", "08:00", "-",
          "2024-01-01", "from ", "up to ", " to ", "top ", "\x00", "\u200b", "\ud800", "🙂", "1e9", "0x"]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=14).map("".join))
def test_no_text_breaks_the_parser_and_every_mistake_can_be_told(text):
    for found in (parse_formula(text), parse_bound(text)):
        if isinstance(found, Mistake):
            assert 0 <= found.place.start <= found.place.end <= len(text)
            told = diagnose(found.code, None, **dict(found.facts))
            assert told.severity == "error"
