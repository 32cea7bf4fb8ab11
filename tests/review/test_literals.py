from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi_engine.language.kinds import Kind, Type
from kpi_engine.language.mistakes import Mistake
from kpi_engine.review.literals import read_value, units_of, written_value
from kpi_engine.ruleset.checked import Ruleset
from kpi_engine.ruleset.loading import load_ruleset_text

TEXT = """\
ruleset: literals
zone: Asia/Shanghai
currency: CNY
subject: {from: agents, key: agent_id}
tables: {agents: {key: agent_id, columns: {agent_id: text}}}
metrics: {one: "1"}
"""


def ruleset() -> Ruleset:
    loaded, diagnostics = load_ruleset_text(TEXT)
    assert loaded is not None, diagnostics
    return loaded


RULESET = ruleset()
UNITS = units_of(RULESET)


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("85", Kind.NUMBER, Fraction(85)),
        ("-0.5", Kind.NUMBER, Fraction(-1, 2)),
        ("89.5%", Kind.RATIO, Fraction(895, 1000)),
        ("0.895", Kind.RATIO, Fraction(895, 1000)),
        ("2 / 3", Kind.RATIO, Fraction(2, 3)),
        ("50%", Kind.NUMBER, Fraction(1, 2)),
        ("1700.00 CNY", Kind.MONEY, Fraction(170000)),
        ("100 元 / 3", Kind.MONEY, Fraction(10000, 3)),
        ("3 min", Kind.DURATION, Fraction(180 * 10**6)),
        ("true", Kind.BOOL, True),
        ("A", Kind.TEXT, "A"),
        ("'true'", Kind.TEXT, "true"),
        ("售前 组", Kind.TEXT, "售前 组"),
        ("2016-02-29", Kind.DATE, 16860),
        ("2016-02", Kind.MONTH, 2016 * 12 + 1),
        ("1970-01-01 08:00:01", Kind.DATETIME, 1_000_000),
        *(("unknown", kind, None) for kind in Kind if kind not in {Kind.HOURS, Kind.ANY}),
    ],
)
def test_a_value_is_read_as_formulas_write_it(text, kind, value):
    assert read_value(text, Type(kind), RULESET) == value


@pytest.mark.parametrize(
    ("text", "kind", "code"),
    [
        ("85 CNY", Kind.NUMBER, "K525"),
        ("85", Kind.MONEY, "K525"),
        ("85 USD", Kind.MONEY, "K222"),
        ("1 / 0", Kind.NUMBER, "K230"),
        ("score", Kind.NUMBER, "K220"),
        ("1 if true else 2", Kind.TEXT, None),
        ("not true", Kind.BOOL, "K525"),
        ("2016-13", Kind.MONTH, "K525"),
        ("2016-02-30 10:00", Kind.DATETIME, "K525"),
        ("10:00", Kind.DATETIME, "K525"),
        ("", Kind.NUMBER, "K201"),
    ],
)
def test_a_value_of_another_kind_is_a_mistake(text, kind, code):
    read = read_value(text, Type(kind), RULESET)
    assert (read.code if isinstance(read, Mistake) else None) == code


@given(
    st.fractions(-(10**9), 10**9, max_denominator=10**5),
    st.sampled_from([Kind.NUMBER, Kind.RATIO, Kind.MONEY, Kind.DURATION]),
)
def test_what_is_written_reads_as_the_same_value(value, kind):
    text = written_value(value, kind, UNITS)
    if "/" not in text or kind in {Kind.NUMBER, Kind.RATIO}:
        assert read_value(text, Type(kind), RULESET) == value


@given(st.integers(0, 4 * 10**4), st.sampled_from([Kind.DATE, Kind.MONTH]))
def test_a_moment_reads_as_it_is_written(value, kind):
    assert read_value(written_value(value, kind, UNITS), Type(kind), RULESET) == value


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (Fraction(895, 1000), Kind.RATIO, "89.5%"),
        (Fraction(2, 3), Kind.RATIO, "2 / 3"),
        (Fraction(179980), Kind.MONEY, "1799.80 CNY"),
        (Fraction(-5), Kind.MONEY, "-0.05 CNY"),
        (Fraction(1, 2), Kind.MONEY, "0.005 CNY"),
        (Fraction(90 * 10**6), Kind.DURATION, "90 s"),
        (Fraction(7200 * 10**6), Kind.DURATION, "2 h"),
        (Fraction(0), Kind.DURATION, "0 s"),
        (1_000_000, Kind.DATETIME, "1970-01-01 08:00:01"),
        (None, Kind.MONEY, "unknown"),
        (False, Kind.BOOL, "false"),
        ("A", Kind.TEXT, "'A'"),
    ],
)
def test_a_value_is_written_as_formulas_write_it(value, kind, text):
    assert written_value(value, kind, UNITS) == text
