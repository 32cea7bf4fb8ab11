"""What the names and literals of a formula stand for, and the limits they keep."""

import re
from datetime import date
from fractions import Fraction
from functools import lru_cache
from unicodedata import normalize

from kpi_engine.language.tokens import UNIT_BY_SPELLING

MAX_INTEGER_DIGITS = 15
MAX_DECIMALS = 18

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_HOURS = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-(?:([01][0-9]|2[0-3]):([0-5][0-9])|24:00)")
_DIGITS = re.compile(r"(0|[1-9][0-9]*)(?:\.([0-9]+))?")


@lru_cache(maxsize=4096)
def compose_name(text: str) -> str | None:
    r"""Return a name in its composed form (NFC), or None if a part of it is no identifier.

    >>> compose_name("cafe\u0301") == "caf\u00e9"
    True
    """
    composed = normalize("NFC", text)
    return composed if all(part.isidentifier() for part in composed.split(".")) else None


@lru_cache(maxsize=4096)
def read_number(text: str) -> tuple[Fraction, str | None] | None:
    """Return the exact value and the unit of a number token, or None if it is not well written.

    The value is as written, ``70%`` is 70. A number starts with no spare 0 and has at most 15
    digits before and 18 after the point, so it is less than 2**53.

    >>> read_number("0.80 CNY")
    (Fraction(4, 5), 'CNY')
    """
    match = _DIGITS.match(text)
    if match is None:
        return None
    whole, decimals = match[1], match[2] or ""
    spelling = text[match.end() :].strip()
    if spelling and spelling not in UNIT_BY_SPELLING:
        return None
    if len(whole) > MAX_INTEGER_DIGITS or len(decimals) > MAX_DECIMALS:
        return None
    value = Fraction(int(whole + decimals), 10 ** len(decimals))
    return value, UNIT_BY_SPELLING[spelling] if spelling else None


def read_day(text: str) -> date | None:
    """Return the day of ``2024-09-01``, or None if the calendar has no such day."""
    if _DAY.fullmatch(text) is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def read_hours(text: str) -> tuple[int, int] | None:
    """Return the minutes from midnight of both ends of ``08:00-23:00``, or None.

    A start after the end means over midnight; hours that end where they start are none.

    >>> read_hours("08:00-24:00")
    (480, 1440)
    """
    match = _HOURS.fullmatch(text)
    if match is None:
        return None
    start = 60 * int(match[1]) + int(match[2])
    end = 60 * int(match[3]) + int(match[4]) if match[3] else 24 * 60
    return None if start == end else (start, end)


def read_text(text: str) -> str:
    """Return what stands between the quotes, a doubled quote once.

    >>> read_text("'it''s'")
    "it's"
    """
    quote = text[0]
    return text[1:-1].replace(quote * 2, quote)
