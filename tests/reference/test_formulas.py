import ast
from datetime import UTC, date, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simpleeval import FeatureNotAvailable

from kpi_engine.language.functions import FUNCTIONS
from kpi_engine.language.mistakes import Mistake
from kpi_engine.language.parser import parse_formula
from kpi_engine.reference.formulas import Evaluator, evaluate_formula
from kpi_engine.reference.functions import AGGREGATES, PLAIN
from kpi_engine.reference.groups import ACROSS
from kpi_engine.reference.moments import Calendar
from kpi_engine.reference.values import Row

EXAMPLES = [
    (function.name, example) for function in FUNCTIONS.values() for example in function.examples
]


def tree(text):
    parsed = parse_formula(text)
    assert not isinstance(parsed, Mistake), parsed
    return parsed


def value(text, **names):
    return evaluate_formula(tree(text), names, zone="Asia/Shanghai")


def instant(year, month, day, hour=0, minute=0, second=0):
    moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    return int(moment.timestamp()) * 10**6


@pytest.mark.parametrize(
    ("name", "example"), EXAMPLES, ids=lambda part: getattr(part, "formula", part)
)
def test_every_example_of_the_functions_table_comes_out_as_it_says(name, example):
    columns = {column: [value(text) for text in texts] for column, texts in example.columns}
    rows = [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
    found = evaluate_formula(tree(example.formula), {}, rows=rows)
    assert found == value(example.result), name


def test_the_reference_has_every_function_of_the_table_and_no_other():
    assert {*AGGREGATES, *PLAIN, *ACROSS, "month", "slices"} == set(FUNCTIONS)


def test_a_name_with_a_dot_is_read_like_any_other():
    found = evaluate_formula(tree("best.price + 1"), {"best.price": Fraction(1)})
    assert found == 2


def test_a_name_that_nobody_knows_is_an_error():
    for text in ("price", "best.price"):
        with pytest.raises(KeyError, match=text):
            value(text)


def test_another_tables_column_is_not_better_lower_because_a_metric_of_its_name_is():
    evaluator = Evaluator(Calendar(ZoneInfo("UTC"), 0), lower=frozenset({"speed"}))
    names: Row = {"speed": Fraction(4), "teams.speed": Fraction(4)}
    assert evaluator.value(tree("attain(speed, 2)"), names) == 50
    assert evaluator.value(tree("attain(teams.speed, 2)"), names) == 100


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("70%", Fraction(7, 10)),
        ("0.1", Fraction(1, 10)),
        ("3 min", Fraction(180 * 10**6)),
        ("2 days", Fraction(2 * 86400 * 10**6)),
        ("0.5 s", Fraction(500_000)),
        ("12 h", Fraction(12 * 3600 * 10**6)),
        ("19.99 CNY", Fraction(1999)),
        ("19 JPY", Fraction(19)),
        ("1.234 KWD", Fraction(1234)),
        ("500 元", Fraction(50000)),
        ("2024-09-01", date(2024, 9, 1)),
        ("08:00-24:00", (480, 1440)),
        ("'it''s'", "it's"),
        ("true", True),
        ("unknown", None),
    ],
)
def test_a_literal_stands_for_its_exact_value(text, expected):
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 / 3 + 1 / 6", Fraction(1, 2)),
        ("0.1 + 0.2", Fraction(3, 10)),
        ("49 / 49", 1),
        ("-(2 - 5)", 3),
        ("1 / 0", None),
        ("0 / 0", None),
        ("u + 1", None),
        ("0 * u", None),
        ("-u", None),
        ("u == 1", None),
        ("1 < 2 < 3", True),
        ("1 < 3 < 2", False),
        ("3 < 2 < u", False),
        ("1 < 2 < u", None),
        ("true and u", None),
        ("u and false", False),
        ("u or true", True),
        ("u or false", None),
        ("not u", None),
        ("not false", True),
        ("u is known", False),
        ("u is unknown", True),
        ("1 / 0 is unknown", True),
        ("default(u, 7) + 1", 8),
        ("1 if 2 > 1 else u", 1),
        ("u if 1 > 2 else 5", 5),
        ("1 if true or u else 2", 1),
        ("'a' in ['a', 'b']", True),
        ("'c' in ['a', 'b']", False),
        ("u in ['a', 'b']", None),
        ("2024-03-01 - 2024-02-28 == 2 days", True),
        ("2024-03-01 > 2024-02-28", True),
        ("at_most(2024-03-01, 2024-02-28) == 2024-02-28", True),
    ],
)
def test_operators_are_exact_and_unknown_goes_through(text, expected):
    found = value(text, u=None)
    assert found == expected
    assert (found is None) == (expected is None)


def test_a_condition_that_is_unknown_after_all_decides_nothing():
    assert value("1 if u else 2", u=None) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("round(0.285 CNY, 0.01 CNY)", 29),
        ("round(-0.285 CNY, 0.01 CNY)", -29),
        ("round(7.49, 5)", 5),
        ("floor(-0.1, 1)", -1),
        ("ceil(-0.1, 1)", 0),
        ("floor(3 min, 2 min)", 120 * 10**6),
        ("round(u, 1)", None),
        ("attain(0 - 5, 10)", 0),
        ("attain(u, 10)", None),
        ("attain(5, u)", None),
    ],
)
def test_rounding_and_points_follow_their_definitions(text, expected):
    assert value(text, u=None) == expected


@pytest.mark.parametrize(
    ("x", "target", "points"),
    [(20, 10, 50), (5, 10, 100), (0, 0, 100), (3, 0, 0), (0, 5, 100), (None, 5, None)],
)
def test_attain_of_a_metric_that_is_better_lower_turns_the_quotient_round(x, target, points):
    evaluator = Evaluator(Calendar(ZoneInfo("UTC"), 0), lower=frozenset({"wait"}))
    assert evaluator.value(tree("attain(wait, target)"), {"wait": x, "target": target}) == points


def test_attain_of_an_expression_is_better_higher_whatever_it_reads():
    evaluator = Evaluator(Calendar(ZoneInfo("UTC"), 0), lower=frozenset({"wait"}))
    assert evaluator.value(tree("attain(1 * wait, 10)"), {"wait": Fraction(20)}) == 100


def test_time_less_time_is_a_duration_and_time_moves_by_one():
    times = {"sent": instant(2026, 10, 1), "read": instant(2026, 10, 1, 0, 3)}
    assert value("read - sent == 3 min", **times) is True
    assert value("sent + 180 s == read", **times) is True
    assert value("read - 3 min == sent", **times) is True
    assert value("(read - sent) / 2 min", **times) == Fraction(3, 2)


@pytest.mark.parametrize(
    ("hours", "utc", "inside"),
    [
        ("08:00-23:00", (0, 0, 0), True),  # 08:00 in Shanghai
        ("08:00-23:00", (23, 59, 59), False),
        ("08:00-23:00", (14, 59, 59), True),
        ("08:00-23:00", (15, 0, 0), False),
        ("22:00-06:00", (14, 0, 0), True),
        ("22:00-06:00", (21, 59, 59), True),
        ("22:00-06:00", (22, 0, 0), False),
        ("22:00-24:00", (15, 59, 59), True),
        ("22:00-24:00", (16, 0, 0), False),
    ],
)
def test_hours_are_local_half_open_and_go_over_midnight(hours, utc, inside):
    assert value(f"t in {hours}", t=instant(2026, 10, 5, *utc)) is inside


def test_hours_of_unknown_are_unknown():
    assert value("t in 08:00-23:00", t=None) is None


def month(text, moment, zone, day_starts=0):
    found = evaluate_formula(tree(text), {"t": moment}, zone=zone, day_starts=day_starts)
    return divmod(found, 12) if isinstance(found, int) else found


def test_month_is_that_of_the_local_day_from_the_hour_its_days_start():
    last_night = instant(2026, 9, 30, 17)
    assert month("month(t)", last_night, "UTC") == (2026, 8)
    assert month("month(t)", last_night, "Asia/Shanghai") == (2026, 9)
    assert month("month(t)", last_night, "Asia/Shanghai", 6 * 60) == (2026, 8)
    assert month("month(t)", date(2026, 10, 1), "Asia/Shanghai", 6 * 60) == (2026, 9)
    assert month("month(t)", None, "UTC") is None


def test_days_start_by_the_wall_clock_also_where_clocks_are_turned():
    # Clocks in Berlin go from 02:00 to 03:00 on 2026-03-29: 03:30 there is 01:30 UTC.
    turned = instant(2026, 3, 29, 1, 30)
    assert month("month(t)", turned, "Europe/Berlin", 3 * 60) == (2026, 2)
    in_hours = tree("t in 03:00-04:00")
    assert evaluate_formula(in_hours, {"t": turned}, zone="Europe/Berlin") is True


def test_aggregates_skip_their_own_unknown_values_inside_a_formula():
    rows: list[Row] = [
        {"x": Fraction(1), "y": None},
        {"x": None, "y": Fraction(4)},
        {"x": Fraction(2), "y": Fraction(6)},
    ]
    assert evaluate_formula(tree("sum(x) / count()"), {}, rows=rows) == 1
    assert evaluate_formula(tree("mean(y) + count(x > 1) * 10"), {}, rows=rows) == 15
    assert evaluate_formula(tree("median(x + y)"), {}, rows=rows) == 8


def test_equal_aggregates_of_one_formula_do_not_disturb_each_other():
    rows: list[Row] = [{"x": Fraction(1)}, {"x": Fraction(2)}]
    found = evaluate_formula(
        tree("sum(x) - sum(0 - x) + count() if count() == 2 else 0"), {}, rows=rows
    )
    assert found == 8


def test_names_are_values_and_never_functions():
    with pytest.raises(KeyError):
        value("round + 1")


@pytest.mark.parametrize("text", ["x.real", "x[0]", "[x for x in y]", "lambda: 1", "f'{x}'"])
def test_python_that_is_no_formula_is_not_even_known(text):
    evaluator = Evaluator(Calendar(ZoneInfo("UTC"), 0))
    evaluator.names = {"x": 1}
    with pytest.raises(FeatureNotAvailable):
        evaluator.eval(text, previously_parsed=ast.parse(text, mode="eval").body)


quantities = st.fractions(min_value=-(10**6), max_value=10**6, max_denominator=1000)


@given(
    x=quantities, step=st.fractions(min_value=Fraction(1, 100), max_value=100, max_denominator=100)
)
def test_a_rounded_value_is_a_multiple_of_the_step_within_half_of_it(x, step):
    names = {"x": x, "step": step}
    rounded, low, high = (value(f"{name}(x, step)", **names) for name in ("round", "floor", "ceil"))
    assert all((found / step).denominator == 1 for found in (rounded, low, high))
    assert abs(rounded - x) * 2 <= step
    assert low <= x <= high < low + 2 * step
    assert value("round(-x, step)", **names) == -rounded


@given(st.lists(st.sampled_from([True, False, None]), min_size=3, max_size=3))
def test_not_and_or_obey_de_morgan_with_unknown(values):
    names = dict(zip("abc", values, strict=True))
    assert value("not (a and b and c)", **names) is value("not a or not b or not c", **names)
