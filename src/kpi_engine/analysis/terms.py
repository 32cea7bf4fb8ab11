"""Sums of products: what a formula comes to while some of its values are not known as numbers.

A value is a sum of terms, each a number times factors. Factors stand for what a formula reads and
nobody knows when a ruleset is checked, such as a wage; conditions among them are 1 or 0.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from typing import Final, Literal

Factor = int
"""A factor by its number in `Factors`."""

Term = tuple[Factor, ...]
"""The factors of a product, sorted; none of them for a plain number."""

Sum = Mapping[Term, Fraction]
"""Numbers by their factors, none of them 0; nothing at all is 0."""

VARIABLE: Final[Factor] = 0
"""The factor that stands for the variable itself."""

ZERO: Final[Sum] = {}
ONE: Final[Sum] = {(): Fraction(1)}
MOST_TERMS = 64
MOST_CONDITIONS = 6


class TooManyTermsError(ValueError):
    """A sum of more terms than anybody could read."""


@dataclass(frozen=True, slots=True)
class Fact:
    """What is known of a factor: its words, and whether it is money, a condition, or moves.

    One that moves changes with the variable, without a jump; its trend is 1 where it never falls,
    -1 where it never rises. ``least`` says that it is never below zero. Of the conditions with one
    ``choice`` at most one holds.
    """

    words: str
    money: bool = False
    condition: bool = False
    moves: bool = False
    trend: Literal[-1, 0, 1] = 0
    least: bool = False
    choice: object = None


@dataclass(slots=True)
class Factors:
    """The factors met so far, by what they stand for."""

    number_by_key: dict[object, Factor] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=lambda: [Fact("")])


def factor(factors: Factors, key: object, fact: Fact) -> Sum:
    """Return the factor that stands for something, the same one whenever it is met."""
    number = factors.number_by_key.get(key)
    if number is None:
        number = factors.number_by_key[key] = len(factors.facts)
        factors.facts.append(fact)
    return {(number,): Fraction(1)}


def plain(number: Fraction | int) -> Sum:
    """Return a number as a sum."""
    return {(): Fraction(number)} if number else ZERO


def number_in(value: Sum) -> Fraction | None:
    """Return the number that a sum is, None where it has factors."""
    if not value:
        return Fraction(0)
    return value.get(()) if len(value) == 1 else None


def plus(left: Sum, right: Sum) -> Sum:
    """Return left + right."""
    total = dict(left)
    for term, number in right.items():
        added = total[term] + number if term in total else number
        if added:
            total[term] = added
        else:
            total.pop(term, None)
    return _limited(total)


def times(left: Sum, right: Sum, conditions: Factors) -> Sum:
    """Return left * right; a condition twice is the condition."""
    total: dict[Term, Fraction] = {}
    for term, number in left.items():
        for other, by in right.items():
            product = _product(term, other, conditions)
            total[product] = total.get(product, Fraction(0)) + number * by
    return _limited({term: number for term, number in total.items() if number})


def _product(left: Term, right: Term, factors: Factors) -> Term:
    if not left or not right:
        return left or right
    once = (f for f in right if not (factors.facts[f].condition and f in left))
    return tuple(sorted((*left, *once)))


def _limited(value: dict[Term, Fraction]) -> Sum:
    if len(value) > MOST_TERMS:
        raise TooManyTermsError
    return value


def scaled(value: Sum, by: Fraction | int) -> Sum:
    """Return a sum times a number."""
    return {term: number * by for term, number in value.items()} if by else ZERO


def minus(left: Sum, right: Sum) -> Sum:
    """Return left - right."""
    return plus(left, scaled(right, -1))


def straight(value: Sum) -> tuple[Fraction, Fraction] | None:
    """Return a and b of a + b * variable, None where a sum is no such line of plain numbers."""
    if all(term in {(), (VARIABLE,)} for term in value):
        return value.get((), Fraction(0)), value.get((VARIABLE,), Fraction(0))
    return None


def at(value: Sum, point: Fraction) -> Sum:
    """Return a sum where the variable is a number."""
    total: Sum = ZERO
    for term, number in value.items():
        rest = tuple(f for f in term if f != VARIABLE)
        power = len(term) - len(rest)
        total = plus(total, scaled({rest: number}, point**power) if power else {rest: number})
    return total


def slope(value: Sum) -> Sum | None:
    """Return how a sum grows with the variable, None where it is bent."""
    total: dict[Term, Fraction] = {}
    for term, number in value.items():
        power = term.count(VARIABLE)
        if power > 1:
            return None
        if power:
            total[tuple(f for f in term if f != VARIABLE)] = number
    return total


def factors_of(values: Iterable[Sum]) -> Iterator[Factor]:
    """Return the factors of sums, the variable among them, some more than once."""
    return (number for value in values for term in value for number in term)


def by_condition(value: Sum, factors: Factors) -> list[Sum]:
    """Return the different sums, but for 0, that one is as its conditions hold or do not.

    Raises:
        TooManyTermsError: there are too many conditions.
    """
    conditions = sorted({n for n in factors_of([value]) if factors.facts[n].condition})
    if not conditions:
        return [value] if value else []
    if len(conditions) > MOST_CONDITIONS:
        raise TooManyTermsError
    found: list[Sum] = []
    for held in product((False, True), repeat=len(conditions)):
        no = {n for n, holds in zip(conditions, held, strict=True) if not holds}
        chosen = [factors.facts[n].choice for n in conditions if n not in no]
        chosen = [choice for choice in chosen if choice is not None]
        if len(set(chosen)) < len(chosen):
            continue
        case: Sum = ZERO
        for term, number in value.items():
            if no.isdisjoint(term):
                rest = tuple(n for n in term if n not in conditions)
                case = plus(case, {rest: number})
        if case and case not in found:
            found.append(case)
    return found


def sign_of(value: Sum, factors: Factors) -> int | None:
    """Return 1 or -1 where a sum is never below or above zero, None where that is not known."""
    if not all(factors.facts[number].least for number in factors_of([value])):
        return None
    signs = {1 if number > 0 else -1 for number in value.values()}
    return signs.pop() if len(signs) == 1 else None


def trend_of(value: Sum, factors: Factors, *, above_zero: bool) -> int | None:
    """Return 1 where a sum never falls along the variable, -1 where it never rises, 0 for neither.

    None where that is not known. ``above_zero`` says that the variable is never below zero.
    """
    signs: set[int] = set()
    for term, number in value.items():
        moving = [n for n in term if n == VARIABLE or factors.facts[n].moves]
        if not moving:
            continue
        trends = {1 if n == VARIABLE else factors.facts[n].trend for n in moving}
        fixed = [n for n in term if n not in moving]
        sure = all(factors.facts[n].least for n in fixed)
        if len(moving) > 1:
            sure = sure and all(
                above_zero if n == VARIABLE else factors.facts[n].least for n in moving
            )
        if not sure or len(trends) > 1 or 0 in trends:
            return None
        signs.add(trends.pop() * (1 if number > 0 else -1))
    if len(signs) > 1:
        return None
    return signs.pop() if signs else 0
