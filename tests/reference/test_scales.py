from datetime import date
from fractions import Fraction
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi_engine.reference.scales import Arm, scale_value, stair_area


def arms(*cases):
    """Arms from (kind, bounds…, value)."""
    return [Arm(kind, tuple(bounds), partial(_same, value)) for kind, *bounds, value in cases]


def _same(value):
    return value


FROM = arms(("from", 90, "high"), ("from", 70, "middle"), ("else", "low"))
UP_TO = arms(("up to", 30, "good"), ("up to", 25, "best"), ("else", "bad"))
BANDS = arms(("to", 91, 100, "A"), ("to", 86, 90, "B"))
LINE = arms(
    ("at", Fraction(9, 10), Fraction(80)),
    ("at", Fraction(7, 10), Fraction(0)),
    ("at", Fraction(1), Fraction(100)),
)
LABELS = arms(("is", "A", 1), ("is", "B", 2))
DATES = arms(("from", date(2025, 6, 16), 3), ("from", date(2025, 1, 1), 5))


@pytest.mark.parametrize(
    ("scale", "x", "value"),
    [
        (FROM, Fraction(90), "high"),
        (FROM, Fraction(8999, 100), "middle"),
        (FROM, Fraction(70), "middle"),
        (FROM, Fraction(6999, 100), "low"),
        (UP_TO, Fraction(25), "best"),
        (UP_TO, Fraction(251, 10), "good"),
        (UP_TO, Fraction(30), "good"),
        (UP_TO, Fraction(31), "bad"),
        (BANDS, Fraction(100), "A"),
        (BANDS, Fraction(91), "A"),
        (BANDS, Fraction(181, 2), None),
        (BANDS, Fraction(86), "B"),
        (BANDS, Fraction(101), None),
        (LINE, Fraction(0), 0),
        (LINE, Fraction(7, 10), 0),
        (LINE, Fraction(8, 10), 40),
        (LINE, Fraction(95, 100), 90),
        (LINE, Fraction(2), 100),
        (LABELS, "B", 2),
        (LABELS, "C", None),
        (DATES, date(2025, 6, 15), 5),
        (DATES, date(2025, 6, 16), 3),
        (DATES, date(2024, 12, 31), None),
    ],
)
def test_a_scale_gives_the_value_of_the_case_that_holds(scale, x, value):
    assert scale_value(scale, x) == value


COMMISSION = arms(
    ("else", Fraction(5, 1000)),
    ("from", Fraction(50000), Fraction(8, 1000)),
    ("from", Fraction(100000), Fraction(12, 1000)),
)


@pytest.mark.parametrize(
    ("x", "area"), [(118_000, 866), (100_000, 650), (50_000, 250), (0, 0), (-1000, -5)]
)
def test_slices_pay_each_slice_at_its_own_rate(x, area):
    assert stair_area(COMMISSION, Fraction(x)) == area


def test_below_0_the_rate_that_holds_at_0_goes_on():
    upwards = arms(("up to", Fraction(0), Fraction(2)), ("else", Fraction(3)))
    assert stair_area(upwards, Fraction(-10)) == -20
    assert stair_area(upwards, Fraction(10)) == 30
    negative = arms(("from", Fraction(-5), Fraction(7)), ("else", Fraction(1)))
    assert stair_area(negative, Fraction(-10)) == -70
    below = arms(
        ("from", Fraction(-9), Fraction(2)),
        ("from", Fraction(-5), Fraction(7)),
        ("else", Fraction(1)),
    )
    assert stair_area(below, Fraction(10)) == 70


amounts = st.fractions(min_value=0, max_value=200_000, max_denominator=100)


@given(amounts, amounts)
def test_slices_of_a_rising_stair_lie_between_its_lowest_and_its_slab_reading(x, more):
    area = stair_area(COMMISSION, x)
    assert x * Fraction(5, 1000) <= area <= x * scale_value(COMMISSION, x)
    assert stair_area(COMMISSION, x + more) >= area
