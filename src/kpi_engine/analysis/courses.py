"""Courses: what a formula comes to along one variable, piece by piece."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from kpi_engine.analysis.terms import Sum, at

Cut = tuple[Fraction, bool]
"""Where a piece begins: at a bound, or where the second part is true, right above it."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text by the conditions under which it is each: exactly one of them holds."""

    condition_by_word: Mapping[str, Sum]


Value = Sum | Text | None
"""A number or condition, a text, or unknown."""

Course = tuple[tuple[Cut | None, Value], ...]
"""Pieces from the lowest; the first begins nowhere."""


def flat(value: Value) -> Course:
    """Return a course of one piece."""
    return ((None, value),)


def joined(function: Callable[..., Value], courses: Sequence[Course]) -> Course:
    """Return what a function makes of courses, piece by piece."""
    cuts = sorted({cut for course in courses for cut, _ in course if cut is not None})
    return merged(
        [(cut, function(*(value_from(course, cut) for course in courses))) for cut in (None, *cuts)]
    )


def value_from(course: Course, cut: Cut | None) -> Value:
    """Return the value of the piece that begins at a cut, or in which it lies."""
    value = course[0][1]
    for begin, later in course[1:] if cut is not None else ():
        if begin is None or cut is None or begin > cut:
            break
        value = later
    return value


def merged(pieces: Sequence[tuple[Cut | None, Value]]) -> Course:
    """Return a course without cuts that change nothing."""
    made = [pieces[0]]
    made += [piece for before, piece in pairwise(pieces) if piece[1] != before[1]]
    return tuple(made)


def spread(course: Course, inner: Callable[[Value], Course]) -> Course:
    """Return the course that has, along each piece of one, what is made of its value."""
    made: list[tuple[Cut | None, Value]] = []
    for index, (low, value) in enumerate(course):
        high = course[index + 1][0] if index + 1 < len(course) else None
        made_of_it = inner(value)
        made.append((low, value_from(made_of_it, low)))
        made += [
            (cut, later)
            for cut, later in made_of_it
            if cut is not None and (low is None or cut > low) and (high is None or cut < high)
        ]
    return merged(made)


def is_unbroken(course: Course) -> bool:
    """Return whether a course of numbers is known everywhere and has no jump."""
    for (_, before), (cut, after) in pairwise(course):
        if cut is None or not isinstance(before, Mapping) or not isinstance(after, Mapping):
            return False
        if at(before, cut[0]) != at(after, cut[0]):
            return False
    return all(isinstance(value, Mapping) for _, value in course)
