"""Kinds, units and levels: what a value is, where it lives, and whether it may be unknown."""

from enum import IntEnum, StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What a value measures, as messages say it; money is in minor units, a duration in µs."""

    NUMBER = "a number"
    RATIO = "a ratio"
    MONEY = "an amount of money"
    DURATION = "a duration"
    BOOL = "a condition"
    TEXT = "a text"
    DATE = "a day"
    DATETIME = "a time"
    MONTH = "a month"
    HOURS = "hours"
    NOTHING = "unknown"
    """The literal `unknown`, which fits beside every kind."""
    ANY = "anything"
    """A value that could not be typed, or that is not written yet: fits everywhere, so that one
    mistake is told once."""


class Level(IntEnum):
    """Where a value lives: the same for all, one per row, one per group of rows or subject."""

    CONSTANT = 0
    ROW = 1
    SUBJECT = 2


QUANTITIES = frozenset({Kind.NUMBER, Kind.RATIO, Kind.MONEY, Kind.DURATION})
PLAIN = frozenset({Kind.NUMBER, Kind.RATIO})
MOMENTS = frozenset({Kind.DATE, Kind.DATETIME, Kind.MONTH})
ORDERED = QUANTITIES | MOMENTS
UNTYPED = frozenset({Kind.ANY, Kind.NOTHING})


class Type(NamedTuple):
    """A kind at a level; ``nullable`` where the value can be unknown.

    ``labels`` are the only texts a text can be; ``whole`` marks numbers without a fraction.
    """

    kind: Kind
    level: Level = Level.CONSTANT
    nullable: bool = False
    labels: tuple[str, ...] | None = None
    whole: bool = False


ANY = Type(Kind.ANY)
CONDITION, NUMBER, RATIO = Type(Kind.BOOL), Type(Kind.NUMBER), Type(Kind.RATIO)
COUNT = Type(Kind.NUMBER, whole=True)
MONEY, DURATION = Type(Kind.MONEY), Type(Kind.DURATION)


def join_kinds(left: Kind, right: Kind) -> Kind | None:
    """Return the kind that holds values of both, or None where there is none."""
    if left == right:
        return left
    if Kind.ANY in (left, right):
        return Kind.ANY
    if left is Kind.NOTHING:
        return right
    if right is Kind.NOTHING:
        return left
    if left in PLAIN and right in PLAIN:
        return Kind.NUMBER
    return None


def sum_kind(operator: str, left: Kind, right: Kind) -> Kind | None:
    """Return the kind of a sum or difference; a time moves by a duration."""
    if left is Kind.DATETIME and right is Kind.DURATION:
        return Kind.DATETIME
    if left is Kind.DURATION and right is Kind.DATETIME and operator == "+":
        return Kind.DATETIME
    if left == right and left in {Kind.DATETIME, Kind.DATE}:
        return Kind.DURATION if operator == "-" else None
    joined = join_kinds(left, right)
    return joined if joined in QUANTITIES or joined in UNTYPED else None


def product_kind(left: Kind, right: Kind) -> Kind | None:
    """Return the kind of a product of two quantities; at most one may carry a unit."""
    if Kind.ANY in (left, right):
        return Kind.ANY
    if Kind.NOTHING in (left, right):
        return Kind.NOTHING
    if left not in QUANTITIES or right not in QUANTITIES:
        return None
    if left in PLAIN:
        return join_kinds(left, right) if right in PLAIN else right
    return left if right in PLAIN else None


def quotient_kind(left: Kind, right: Kind) -> Kind | None:
    """Return the kind of a quotient: equal units cancel, a plain divisor keeps the unit."""
    if Kind.ANY in (left, right):
        return Kind.ANY
    if Kind.NOTHING in (left, right):
        return Kind.NOTHING
    if left not in QUANTITIES or right not in QUANTITIES:
        return None
    if right in PLAIN:
        return Kind.NUMBER if left in PLAIN else left
    return Kind.NUMBER if left == right else None


def as_known(type_: Type) -> Type:
    """Return the type of the same value once it is known."""
    return type_._replace(nullable=False) if type_.nullable else type_
