"""Where a formula grows: what can be named and written there, and the choices that are drawn."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any, TypeVar

from hypothesis import strategies as st
from tests.properties.words import Words

from kpi_engine.language.kinds import Kind
from kpi_engine.language.syntax import Day, Expr, Negative, Number, Text, Truth

LABELS = ("A", "B", "C")
VALUE_KINDS = (
    Kind.NUMBER,
    Kind.RATIO,
    Kind.MONEY,
    Kind.DURATION,
    Kind.BOOL,
    Kind.TEXT,
    Kind.DATE,
    Kind.DATETIME,
    Kind.MONTH,
)
ORDERED = (Kind.NUMBER, Kind.RATIO, Kind.MONEY, Kind.DURATION, Kind.DATE, Kind.DATETIME, Kind.MONTH)

NUMBERS = ("0", "1", "2", "3", "7", "10", "49", "100", "0.5", "0.2", "2.5", "0.000001", "2.675")
PERCENTAGES = ("0", "50", "70", "100", "0.5", "33.3", "150")
AMOUNTS = ("0", "0.01", "1", "10", "0.50", "33.33", "500", "0.005")
LENGTHS = ("0 s", "1 s", "0.5 s", "30 s", "3 min", "2 h", "1 days", "0.000001 s")
QUANTITIES_IN_ORDER = (Kind.NUMBER, Kind.RATIO, Kind.MONEY, Kind.DURATION)

DAYS = (
    date(2026, 2, 28),
    date(2026, 3, 1),
    date(2026, 3, 8),
    date(2026, 3, 31),
    date(2025, 12, 31),
)
T = TypeVar("T")
Draw = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a formula grows: what it may name, and the names that a condition found known."""

    draw: Draw
    words: Words
    found: frozenset[str] = frozenset()


def pick(spot: Spot, options: tuple[T, ...] | list[T]) -> T:
    """Return one of some options."""
    place: int = spot.draw(st.integers(0, len(options) - 1))
    return options[place]


def chance(spot: Spot, one_in: int) -> bool:
    """Return true once in so many times; false is the simpler answer."""
    answer: int = spot.draw(st.integers(0, one_in - 1))
    return answer == one_in - 1


def can_grow(spot: Spot, kind: Kind, *, known: bool) -> bool:
    """Return whether there is a leaf of a kind."""
    return kind is not Kind.DATETIME or bool(names_of(spot, kind, known=known))


def names_of(spot: Spot, kind: Kind, *, known: bool) -> list[str]:
    """Return the names of a kind; params are fewer than the rest."""
    visible = [*spot.words.names.items(), *spot.words.names.items(), *spot.words.params.items()]
    return [
        name
        for name, ref in visible
        if ref.type.kind is kind and not (known and ref.type.nullable and name not in spot.found)
    ]


def literal(spot: Spot, kind: Kind) -> Expr:
    """Return a constant of a kind."""
    match kind:
        case Kind.BOOL:
            return Truth(chance(spot, 2))
        case Kind.TEXT:
            return Text(pick(spot, LABELS))
        case Kind.DATE:
            return Day(pick(spot, DAYS))
        case _:
            number = quantity(spot.words.currency, kind, pick(spot, literals_of(kind)))
            return number if not chance(spot, 4) else Negative(number)


def literals_of(kind: Kind) -> tuple[str, ...]:
    """Return the literals of a quantity as they are written, without unit but for durations."""
    return {
        Kind.NUMBER: NUMBERS,
        Kind.RATIO: PERCENTAGES,
        Kind.MONEY: AMOUNTS,
        Kind.DURATION: LENGTHS,
    }[kind]


def quantity(currency: str, kind: Kind, written: str) -> Number:
    """Return a literal of a kind of quantity."""
    match kind:
        case Kind.RATIO:
            return Number(Fraction(written), "%")
        case Kind.MONEY:
            return Number(Fraction(written), currency)
        case Kind.DURATION:
            number, unit = written.split()
            return Number(Fraction(number), unit)
        case _:
            return Number(Fraction(written))
