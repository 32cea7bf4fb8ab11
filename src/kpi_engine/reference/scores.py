"""The score of one subject: points, weights of what counts, steps, and the parts it is made of."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, cast

from kpi_engine.reference.formulas import Evaluator
from kpi_engine.reference.values import HUNDRED, Row, Value, hold, round_half_away
from kpi_engine.ruleset.checked import Formula, Item, Score

ScoreStatus = Literal["ok", "out_of_range", "stopped", "no_points", "needs", "unknown"]

_MILLIONTH = Fraction(1, 10**6)
_ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class Mark:
    """The points of an item, None where it does not count: skipped, unless ``trouble`` says more.

    ``known`` says that a leaf's own rule gave points, before ``empty`` was asked.
    """

    item: Item
    points: Fraction | None
    known: bool
    trouble: Literal["out_of_range", "stopped"] | None
    children: tuple["Mark", ...]


@dataclass(frozen=True, slots=True)
class Scored:
    """A score, its status, the points of every item by path, and the parts that add up to it."""

    score: Fraction | None
    status: ScoreStatus
    points: dict[str, Fraction | None]
    parts: dict[str, Fraction | None]


def compute_score(score: Score, names: Row, evaluator: Evaluator) -> Scored:
    """Return the score of a subject, whose metrics, roster columns and params are ``names``.

    Parts are ``part.<leaf>``, ``step.<name>``, ``part.limits`` and ``part.rounding``, all None
    where the score is unknown.
    """
    marks = tuple(_mark(item, names, evaluator) for item in score.items)
    points = {mark.item.path: mark.points for mark in _all(marks)}
    part_names = [f"part.{mark.item.path}" for mark in _all(marks) if _can_bring(mark)]
    part_names += [f"step.{name}" for name, _ in score.steps]
    part_names += ["part.limits"] if score.steps else []
    nothing: dict[str, Fraction | None] = dict.fromkeys([*part_names, "part.rounding"])

    running = _average(marks)
    status = _status(score, marks, running)
    if running is None or status != "ok":
        return Scored(None, status, points, nothing)
    parts: dict[str, Fraction | None] = {
        f"part.{path}": share * leaf_points for path, share, leaf_points in _shares(marks)
    }
    for name, formula in score.steps:
        after = evaluator.rule_value(formula, {**names, "score": running})
        if after is None:
            return Scored(None, "unknown", points, nothing)
        parts[f"step.{name}"] = cast("Fraction", after) - running
        running = cast("Fraction", after)
    held = hold(running, _ZERO, HUNDRED)
    parts["part.limits"] = held - running
    rounded = {name: round_half_away(parts.get(name) or _ZERO, _MILLIONTH) for name in part_names}
    final = round_half_away(held, Fraction(1, 10**score.places))
    rest = final - sum(rounded.values(), _ZERO)
    return Scored(final, "ok", points, {**rounded, "part.rounding": rest})


def _mark(item: Item, names: Row, evaluator: Evaluator) -> Mark:
    children = tuple(_mark(child, names, evaluator) for child in item.children)
    troubles = {child.trouble for child in children}
    if "out_of_range" in troubles:
        return Mark(item, None, known=False, trouble="out_of_range", children=children)
    if "stopped" in troubles:
        return Mark(item, None, known=False, trouble="stopped", children=children)
    if item.points is None:
        points = _rounded(_average(children))
    else:
        points = _rounded(evaluator.rule_value(item.points, names))
    known = points is not None
    if points is None:
        if item.empty == "skip":
            return Mark(item, None, known=False, trouble=None, children=children)
        if item.empty is not None and item.empty != "stop":
            points = _rounded(evaluator.rule_value(item.empty, names))
    if points is None:
        return Mark(item, None, known=False, trouble="stopped", children=children)
    in_range = 0 <= points <= HUNDRED
    return Mark(item, points, known, None if in_range else "out_of_range", children)


def _average(marks: Sequence[Mark]) -> Fraction | None:
    counting = [(mark.item.weight, mark.points) for mark in marks if mark.points is not None]
    total = sum((weight for weight, _ in counting), _ZERO)
    if total == 0:
        return None
    return sum((weight * points for weight, points in counting), _ZERO) / total


def _status(score: Score, marks: Sequence[Mark], average: Fraction | None) -> ScoreStatus:
    troubles = {mark.trouble for mark in marks}
    if "out_of_range" in troubles:
        return "out_of_range"
    if "stopped" in troubles:
        return "stopped"
    if average is None:
        return "no_points"
    if score.needs is not None and _known_share(marks) < score.needs:
        return "needs"
    return "ok"


def _known_share(marks: Sequence[Mark]) -> Fraction:
    """Return the share of the weight whose leaves have points of their own, nothing skipped."""
    shares = (
        mark.item.weight * (_known_share(mark.children) if mark.children else Fraction(mark.known))
        for mark in marks
    )
    return sum(shares, _ZERO)


def _shares(
    marks: Sequence[Mark], whole: Fraction = Fraction(1)
) -> Iterator[tuple[str, Fraction, Fraction]]:
    """Yield path, share of the score and points of every leaf that counts.

    So does a group in whose place the points of its `empty` stand.
    """
    counting = [mark for mark in marks if mark.points is not None]
    total = sum((mark.item.weight for mark in counting), _ZERO)
    for mark in counting:
        share = whole * mark.item.weight / total
        if mark.children and mark.known:
            yield from _shares(mark.children, share)
        elif mark.points is not None:
            yield mark.item.path, share, mark.points


def _all(marks: Sequence[Mark]) -> Iterator[Mark]:
    for mark in marks:
        yield mark
        yield from _all(mark.children)


def _can_bring(mark: Mark) -> bool:
    """Return whether an item has a part: a leaf, or a group that `empty` gives points."""
    return not mark.children or isinstance(mark.item.empty, Formula)


def _rounded(points: Value) -> Fraction | None:
    return None if points is None else round_half_away(cast("Fraction", points), _MILLIONTH)
