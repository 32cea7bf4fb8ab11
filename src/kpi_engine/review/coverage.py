"""How much of rulesets their tests reach: every point, by the file in which it is written."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kpi_engine.plan.nodes import Plan
from kpi_engine.reference.formulas import Watch
from kpi_engine.reference.slips import Slip
from kpi_engine.reference.values import Value
from kpi_engine.review.binding import BoundCase
from kpi_engine.review.files import find_files, kind_of
from kpi_engine.review.judged import judged_slips
from kpi_engine.review.points import Key, Point, outcome_of, points_of
from kpi_engine.ruleset.checked import Case, Ruleset
from kpi_engine.ruleset.loading import load_layered
from kpi_engine.text.source import position

_Place = tuple[Path, int, int, str]
"""What makes a point the same in every ruleset that reads the file it is written in."""


@dataclass(frozen=True, slots=True)
class MissedPoint:
    """Something that no case reached: where it is written, from 1, and what it is in words."""

    file: str
    line: int
    column: int
    message: str


@dataclass(frozen=True, slots=True)
class FileCoverage:
    """How many points are written in a ruleset's file, and those that no case reached."""

    file: str
    points: int
    missed: tuple[MissedPoint, ...]


@dataclass(slots=True)
class Reached:
    """What the cases of a run can reach, and have reached, of all rulesets they test.

    ``asked`` are the files whose points count, resolved, by the name they are reported under.
    """

    asked: dict[Path, str] = field(default_factory=dict)
    points: dict[_Place, Point] = field(default_factory=dict)
    reached: set[_Place] = field(default_factory=set)
    resolved: dict[str, Path] = field(default_factory=dict)


def ask_for(reached: Reached, ruleset: Ruleset, file: Path) -> None:
    """Make the points that are written in the file of a ruleset count."""
    reached.asked.setdefault(file.resolve(), file.as_posix())
    _add_points(reached, ruleset)


def add_reached(reached: Reached, more: Reached) -> None:
    """Add what other cases can reach, and have reached."""
    for file, name in more.asked.items():
        reached.asked.setdefault(file, name)
    for place, point in more.points.items():
        reached.points.setdefault(place, point)
    reached.reached |= more.reached


def ask_for_folder(reached: Reached, folder: Path) -> None:
    """Make the points of a folder's rulesets count that no test has asked for: nothing tests them.

    One with an error has no points; a check says what is wrong with it.
    """
    for file in find_files(folder):
        if file.resolve() not in reached.asked and kind_of(file) == "ruleset":
            ruleset = load_layered(file).ruleset
            if ruleset is not None:
                ask_for(reached, ruleset, file)


def _add_points(reached: Reached, ruleset: Ruleset) -> dict[Key, _Place]:
    """Return where the points of a ruleset are written, once they are known."""
    place_by_key: dict[Key, _Place] = {}
    for key, point in points_of(ruleset).items():
        place = _place_of(reached, point)
        place_by_key[key] = place
        reached.points.setdefault(place, point)
    return place_by_key


def _place_of(reached: Reached, point: Point) -> _Place:
    name = point.span.source.name
    if name not in reached.resolved:
        reached.resolved[name] = Path(name).resolve()
    return reached.resolved[name], point.span.start, point.span.end, point.missed


def note_cases(
    reached: Reached, plan: Plan, cases: Iterable[BoundCase], period: str, as_of: str | None
) -> None:
    """Note what cases of one ruleset reach, which pass."""
    place_by_key = _add_points(reached, plan.ruleset)
    met: set[Key] = set()
    watch = _noting(met)
    for bound in cases:
        for slip, given in judged_slips(bound, plan, period, as_of, watch):
            met.update(_met_by(slip, given, plan.ruleset))
    reached.reached |= {place_by_key[key] for key in met if key in place_by_key}


def _noting(met: set[Key]) -> Watch:
    def note(node: object, value: Value) -> None:
        met.add((id(node), "known" if isinstance(node, Case) else outcome_of(value)))

    return note


def _met_by(slip: Slip, given: frozenset[str], ruleset: Ruleset) -> Iterable[Key]:
    """Return what became of metrics that were computed, and of what the score needs."""
    for name, metric in ruleset.metrics.items():
        if name not in given:
            yield id(metric), outcome_of(slip.metrics[name].value)
    if slip.score_status in {"ok", "needs", "no_points"} and "score" not in given:
        yield id(ruleset.score), "true" if slip.score_status == "ok" else "false"


def coverage_of(reached: Reached) -> tuple[FileCoverage, ...]:
    """Return how much of every file that was asked for is reached, by name, in reading order."""
    by_file: Mapping[Path, list[_Place]] = {file: [] for file in reached.asked}
    for place in reached.points:
        if place[0] in by_file:
            by_file[place[0]].append(place)
    found = [
        FileCoverage(
            reached.asked[file],
            len(places),
            tuple(
                _missed(reached.asked[file], reached.points[place])
                for place in sorted(places)
                if place not in reached.reached
            ),
        )
        for file, places in by_file.items()
    ]
    return tuple(sorted(found, key=lambda each: each.file))


def _missed(file: str, point: Point) -> MissedPoint:
    at = position(point.span.source, point.span.start)
    return MissedPoint(file, at.line, at.column, point.missed)
