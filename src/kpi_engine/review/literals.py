"""Values of ruleset tests: read as they are written in formulas, and written that way again."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import assert_never
from zoneinfo import ZoneInfo

from kpi_engine.language.core import Rational
from kpi_engine.language.exact import Environment, fraction_of
from kpi_engine.language.ir import Lit, Ref
from kpi_engine.language.kinds import QUANTITIES, Kind, Type, join_kinds
from kpi_engine.language.literals import MAX_DECIMALS
from kpi_engine.language.mistakes import Mistake
from kpi_engine.language.parser import parse_formula
from kpi_engine.language.scopes import Scope, Sight, closest
from kpi_engine.language.syntax import Place, Text, Unknown
from kpi_engine.language.typing import MICROSECONDS, type_formula
from kpi_engine.ruleset.checked import Ruleset

Value = Fraction | str | bool | int | None
"""Quantities are exact, money in minor units, durations in microseconds; moments are the whole
numbers they are kept as; None is unknown."""


@dataclass(frozen=True, slots=True)
class Units:
    """What amounts and times are written in; ``minor_digits`` are the decimals of the currency."""

    currency: str
    minor_digits: int
    zone: str


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?"
)


def units_of(ruleset: Ruleset) -> Units:
    """Return what the amounts and times of a ruleset are written in."""
    return Units(ruleset.currency, ruleset.minor_digits, ruleset.zone)


def read_value(text: str, type_: Type, ruleset: Ruleset) -> Value | Mistake:
    """Return the value that a text writes, which must be of a kind, or what is wrong with it.

    Quantities may be computed from constants: `2 / 3`. Texts need no quotes. Times are local times
    of the ruleset's zone.
    """
    if type_.kind in {Kind.DATETIME, Kind.MONTH}:
        return _moment(text, type_.kind, ruleset.zone)
    tree = parse_formula(text)
    if isinstance(tree, Unknown):
        return None
    if type_.kind is Kind.TEXT:
        return _label(tree.value if isinstance(tree, Text) else text, text, type_)
    if isinstance(tree, Mistake):
        return tree
    node, mistakes = type_formula(tree, Scope(Sight({}), ruleset.currency))
    if mistakes:
        return mistakes[0]
    found = node.type.kind
    joined = join_kinds(found, type_.kind)
    if joined is None or (joined is not type_.kind and type_.kind is not Kind.RATIO):
        return _wrong(text, found, type_.kind)
    if found in QUANTITIES:
        value = fraction_of(node, Environment(_no_value))
        return value if value is not None else _wrong(text, "a formula without a value", type_.kind)
    match node:
        case Lit(value=bool() as truth):
            return truth
        case Lit(value=date() as day):
            return (day - _EPOCH.date()).days
        case _:
            return _wrong(text, "a formula", type_.kind)


def _no_value(ref: Ref) -> Rational:
    raise KeyError(ref.name)


def _wrong(text: str, found: str, expected: Kind) -> Mistake:
    place = Place(0, len(text))
    return Mistake("K525", place, (("text", text), ("found", found), ("expected", expected)))


def _label(label: str, text: str, type_: Type) -> str | Mistake:
    if type_.labels is None or label in type_.labels:
        return label
    labels = ", ".join(f"`{each}`" for each in type_.labels)
    near = closest(label, set(type_.labels))
    facts = (("label", label), ("labels", labels), ("near", near))
    return Mistake("K237", Place(0, len(text)), facts)


def _moment(text: str, kind: Kind, zone: str) -> int | Mistake | None:
    if text == "unknown":
        return None
    month = _MONTH.fullmatch(text)
    if kind is Kind.MONTH and month is not None:
        return int(month[1]) * 12 + int(month[2]) - 1
    if kind is Kind.DATETIME and _TIME.fullmatch(text) is not None:
        try:
            local = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
        except ValueError:
            return _wrong(text, "no day of the calendar", kind)
        return (local.astimezone(UTC) - _EPOCH) // timedelta(microseconds=1)
    return _wrong(text, "a text", kind)


def written_value(value: Value, kind: Kind, units: Units) -> str:
    """Return a value as a formula would write it; what has no end of decimals, as a quotient."""
    if value is None:
        return "unknown"
    match kind:
        case Kind.NUMBER:
            return written_number(Fraction(value))
        case Kind.RATIO:
            fraction = Fraction(value)
            written = written_number(100 * fraction)
            return written_number(fraction) if "/" in written else f"{written}%"
        case Kind.MONEY:
            return written_money(Fraction(value), units.minor_digits, units.currency)
        case Kind.DURATION:
            return _written_duration(Fraction(value))
        case Kind.BOOL:
            return "true" if value else "false"
        case Kind.TEXT:
            return f"'{value}'"
        case Kind.DATE | Kind.DATETIME | Kind.MONTH:
            return _written_moment(int(value), kind, units.zone)
        case Kind.HOURS | Kind.NOTHING | Kind.ANY:
            return str(value)
        case _:
            assert_never(kind)


def written_number(value: Fraction) -> str:
    """Return a number in decimals where they end soon, else as a quotient.

    >>> written_number(Fraction(-5, 4)), written_number(Fraction(2, 3))
    ('-1.25', '2 / 3')
    """
    rest, places = value.denominator, 0
    for prime in (2, 5):
        power = 0
        while rest % prime == 0:
            rest, power = rest // prime, power + 1
        places = max(places, power)
    if rest != 1 or places > MAX_DECIMALS:
        return f"{value.numerator} / {value.denominator}"
    return written_decimal(value, places)


def written_decimal(value: Fraction, places: int) -> str:
    """Return a number that ends within so many decimals, with all of them.

    >>> written_decimal(Fraction(1799_80, 100), 2)
    '1799.80'
    """
    digits = f"{abs(int(value * 10**places)):0{places + 1}d}"
    whole, decimals = digits[: len(digits) - places], digits[len(digits) - places :]
    return f"{'-' if value < 0 else ''}{whole}{'.' if decimals else ''}{decimals}"


def rounded_value(value: Fraction, places: int) -> Fraction:
    """Return a number rounded to so many places, halves away from zero.

    >>> rounded_value(Fraction(-2, 3), 2), rounded_value(Fraction(5, 2), 0)
    (Fraction(-67, 100), Fraction(3, 1))
    """
    grid = 10**places
    size = (abs(value) * grid + Fraction(1, 2)) // 1
    return Fraction(-size if value < 0 else size, grid)


def written_money(minor: Fraction, digits: int, currency: str) -> str:
    """Return an amount with its currency; what is finer than the minor unit, as it comes.

    >>> written_money(Fraction(179980), 2, "CNY")
    '1799.80 CNY'
    """
    major = minor / 10**digits
    number = written_decimal(major, digits) if minor.denominator == 1 else written_number(major)
    return f"{number} {currency}"


def _written_duration(microseconds: Fraction) -> str:
    for unit in ("days", "h", "min"):
        count = microseconds / MICROSECONDS[unit]
        if count and count.denominator == 1:
            return f"{count} {unit}"
    return f"{written_number(microseconds / MICROSECONDS['s'])} s"


def _written_moment(value: int, kind: Kind, zone: str) -> str:
    if kind is Kind.MONTH:
        return f"{value // 12:04d}-{value % 12 + 1:02d}"
    if kind is Kind.DATE:
        return (_EPOCH.date() + timedelta(days=value)).isoformat()
    instant = _EPOCH + timedelta(microseconds=value)
    return instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None).isoformat(" ")
