"""Scales: the case that holds at a value, the line through points, the area under a stair."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from kpi_engine.reference.values import Value
from kpi_engine.ruleset.checked import CaseKind


@dataclass(frozen=True, slots=True)
class Arm:
    """One case of a scale: what it compares with, and how its value is found."""

    kind: CaseKind
    bounds: tuple[Fraction, ...]
    value: Callable[[], Value]


def scale_value(arms: Sequence[Arm], x: Fraction) -> Value:
    """Return the value of a scale at x; where no case holds, unknown.

    Days, times and texts compare like the fractions of the signature.
    """
    if arms[0].kind == "at":
        return _on_line(arms, x)
    holding = [arm for arm in arms if _holds(arm, x)]
    if holding:
        # Of stairs the nearest bound holds; printed bands and labels hold one at a time.
        nearest = min if holding[0].kind == "up to" else max
        return nearest(holding, key=lambda arm: arm.bounds[0]).value()
    return next((arm.value() for arm in arms if arm.kind == "else"), None)


def stair_area(arms: Sequence[Arm], x: Fraction) -> Fraction:
    """Return the area under a stair from 0 to x; below 0 the rate that holds at 0 goes on."""
    if x <= 0:
        return _rate(arms, Fraction(0)) * x
    inner = sorted(bound for arm in arms for bound in arm.bounds if 0 < bound < x)
    slices = pairwise([Fraction(0), *inner, x])
    return sum(((high - low) * _rate(arms, (low + high) / 2) for low, high in slices), Fraction(0))


def pieces_at(arms: Sequence[Arm], x: Fraction) -> list[int]:
    """Return the places of the cases at which the pieces of a line that x lies on start.

    A piece has both its ends; beyond the ends of a line is none.
    """
    order = sorted(range(len(arms)), key=lambda place: arms[place].bounds[0])
    return [
        left
        for left, right in pairwise(order)
        if arms[left].bounds[0] <= x <= arms[right].bounds[0]
    ]


def _holds(arm: Arm, x: Fraction) -> bool:
    match arm.kind:
        case "from":
            return arm.bounds[0] <= x
        case "up to":
            return x <= arm.bounds[0]
        case "to":
            return arm.bounds[0] <= x <= arm.bounds[1]
        case "is":
            return x in arm.bounds
        case "else" | "at":
            return False


def _on_line(arms: Sequence[Arm], x: Fraction) -> Value:
    points = sorted((arm.bounds[0], _fraction(arm.value())) for arm in arms)
    if x <= points[0][0]:
        return points[0][1]
    for (left, low), (right, high) in pairwise(points):
        if x <= right:
            return low + (high - low) * (x - left) / (right - left)
    return points[-1][1]


def _rate(arms: Sequence[Arm], x: Fraction) -> Fraction:
    return _fraction(scale_value(arms, x))


def _fraction(value: Value) -> Fraction:
    if not isinstance(value, Fraction):
        raise TypeError(f"`{value}` is the value of a line or a stair, a number was expected")
    return value
