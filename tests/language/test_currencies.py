"""The minor units of ISO 4217."""

import pytest

from kpi_engine.language.currencies import CODE_BY_SPELLING, MINOR_DIGITS


@pytest.mark.parametrize(
    ("code", "digits"),
    [
        ("CNY", 2),
        ("JPY", 0),
        ("KRW", 0),
        ("VND", 0),
        ("KWD", 3),
        ("IDR", 2),
        ("TWD", 2),
        ("BRL", 2),
    ],
)
def test_minor_digits_are_those_of_iso_4217(code, digits):
    assert MINOR_DIGITS[code] == digits


def test_other_spellings_mean_known_codes():
    assert {CODE_BY_SPELLING["元"]} == {"CNY"}
    assert set(CODE_BY_SPELLING.values()) <= MINOR_DIGITS.keys()
