"""Rows of given values just below, at and just above every threshold, judged by the reference."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import cast

from kpi_engine.language import ir
from kpi_engine.language.kinds import Kind
from kpi_engine.reference.judging import judge
from kpi_engine.reference.lookups import Key
from kpi_engine.reference.slips import Slip
from kpi_engine.reference.values import Row
from kpi_engine.reference.values import Value as Judged
from kpi_engine.review.givens import (
    Ground,
    Setting,
    as_compared,
    ground_of,
    movable,
    ordinary_value,
    other_values,
    values_around,
)
from kpi_engine.review.literals import Value
from kpi_engine.review.thresholds import (
    Place,
    Scales,
    Threshold,
    can_be_given,
    places_of,
    thresholds_in,
    variables_of,
)
from kpi_engine.ruleset.checked import Formula, Ruleset
from kpi_engine.ruleset.rules import pay_rules, score_rules

_MOST_SETTINGS = 200


@dataclass(frozen=True, slots=True)
class BoundaryRow:
    """Values that are given, and what the reference makes of them."""

    given: Setting
    expected: tuple[Judged, ...]


@dataclass(frozen=True, slots=True)
class BoundaryCase:
    """The rows around the thresholds of one rule; ``given`` and ``shown`` are their columns.

    A number that is compared with a ratio is given as one.
    """

    title: str
    given: Mapping[str, Kind]
    shown: tuple[str, ...]
    rows: tuple[BoundaryRow, ...]


@dataclass(frozen=True, slots=True)
class Boundaries:
    """The cases of a ruleset, how many thresholds they surround, and those they cannot reach.

    ``unreached`` counts thresholds by where they decide.
    """

    cases: tuple[BoundaryCase, ...]
    reached: int
    unreached: Mapping[str, int]


def find_boundaries(ruleset: Ruleset, period: str) -> Boundaries:
    """Return rows around every threshold of the rules about a subject.

    What else a rule reads gets a value with which the threshold shows, where one is found.

    Raises:
        ValueError: if the period is no month.
    """
    ground = ground_of(ruleset)
    unreached = dict(_beyond_reach(ground))
    cases: list[BoundaryCase] = []
    reached = 0
    for place in places_of(ruleset):
        found = list(dict.fromkeys(thresholds_in(place.rule.node, ground.scales)))
        near = replace(ground, types=as_compared(ground.types, found))
        rows, met = _rows_around(near, place, found, period)
        reached += met
        if met < len(found):
            unreached[place.title] = len(found) - met
        if rows:
            given = {name: near.types[name].kind for name in rows[0].given}
            cases.append(BoundaryCase(place.title, given, place.shows, tuple(rows)))
    return Boundaries(tuple(cases), reached, unreached)


def _beyond_reach(ground: Ground) -> Iterator[tuple[str, int]]:
    """Return how many thresholds decide about rows, or about other subjects."""
    ruleset, scales = ground.ruleset, ground.scales
    for step in ground.plan.tables:
        table = ruleset.tables[step.name]
        formulas = [formula for _, formula in (*table.add, *table.drop)]
        formulas += [table.where] if table.where is not None else []
        formulas += [table.runs.starts_when] if table.runs is not None else []
        formulas += [match.where for match in table.matches if match.where is not None]
        count = _count(formulas, scales)
        if count:
            yield f"rows of {table.name}", count
    for name, metric in ruleset.metrics.items():
        if metric.table is not None or isinstance(metric.value.node, ir.Across):
            count = sum(1 for _ in thresholds_in(metric.value.node, scales))
            count += _count([metric.where] if metric.where is not None else [], scales)
            count += metric.min_rows is not None
            if count:
                yield name, count


def _count(formulas: Iterable[Formula], scales: Scales) -> int:
    return sum(1 for formula in formulas for _ in thresholds_in(formula.node, scales))


def _always_given(ruleset: Ruleset) -> tuple[str, ...]:
    """Return the columns of the roster that a test has to give wherever a rule reads them."""
    roster = ruleset.tables[ruleset.subject.table]
    defaults = {column.name for column in roster.columns if column.default is not None}
    rules = [rule for place in places_of(ruleset) for rule in place.reads]
    read = {ref.name for rule in rules for ref in variables_of(rule.node) if ref.space == "roster"}
    free = defaults | set(ruleset.subject.key)
    return tuple(sorted(name for name in read - free if not roster.types[name].nullable))


def _rows_around(
    ground: Ground, place: Place, thresholds: Sequence[Threshold], period: str
) -> tuple[list[BoundaryRow], int]:
    """Return the rows around a rule's thresholds, and how many of these can be reached."""
    names = _names_read(ground, place)
    if not thresholds or not names:
        return [], 0
    settings = _settings(ground, names, thresholds)
    rows: dict[tuple[Value, ...], BoundaryRow] = {}
    met = 0
    for threshold in thresholds:
        tried = [_around(ground, threshold, ref, settings) for ref in movable(threshold)]
        around = _most_telling(ground, place, next(filter(None, tried), []), period)
        met += bool(around)
        for row in around:
            rows.setdefault(tuple(row.given.values()), row)
    return list(rows.values()), met


def _names_read(ground: Ground, place: Place) -> tuple[str, ...]:
    read = variables_of(*(rule.node for rule in place.reads))
    names = [ref.name for ref in read if can_be_given(ref) and ref.name in ground.types]
    return tuple(dict.fromkeys((*names, *_always_given(ground.ruleset))))


def _settings(
    ground: Ground, names: Sequence[str], thresholds: Sequence[Threshold]
) -> list[dict[str, Value]]:
    """Return values of all names to surround thresholds in: ordinary ones, then others.

    The others are the best and the worst of all, and each of these with one or two names moved, so
    that what a threshold decides comes to the fore: the other side of an `if`, all of an `and`
    true.
    """
    usual = {name: ordinary_value(ground, name) for name in names}
    others = {name: other_values(ground, name) for name in names}
    extremes = [
        {name: values[place] if values else usual[name] for name, values in others.items()}
        for place in (0, -1)
    ]
    for threshold in thresholds:
        for ref in movable(threshold):
            others[ref.name] += values_around(ground, threshold, ref, usual)
    single = [(name, value) for name in names for value in dict.fromkeys(others[name])]
    bases = [usual, *extremes]
    settings = [*bases, *({**base, name: value} for base in bases for name, value in single)]
    settings += [{**usual, **dict(moved)} for moved in combinations(single, 2)]
    different = {tuple(setting.values()): setting for setting in settings}
    return list(different.values())[:_MOST_SETTINGS]


def _around(
    ground: Ground, threshold: Threshold, ref: ir.Ref, settings: Sequence[Setting]
) -> list[list[Setting]]:
    """Return, setting by setting, the values to give around a threshold that a quantity meets."""
    found: list[list[Setting]] = []
    for setting in settings:
        values = values_around(ground, threshold, ref, setting)
        if len(values) > 1:
            found.append([{**setting, ref.name: value} for value in values])
    return found


def _most_telling(
    ground: Ground, place: Place, tried: Sequence[Sequence[Setting]], period: str
) -> list[BoundaryRow]:
    """Return the rows of the first setting in which they differ, else of the first that has any."""
    if not tried:
        return []
    judged = iter(_judged(ground, place, [given for rows in tried for given in rows], period))
    shown = [[BoundaryRow(given, next(judged)) for given in rows] for rows in tried]
    telling = (rows for rows in shown if len({row.expected for row in rows}) > 1)
    return next(telling, shown[0])


def _judged(
    ground: Ground, place: Place, rows: Sequence[Setting], period: str
) -> list[tuple[Judged, ...]]:
    """Return what the reference says of every row, under the names the place shows.

    Every row is a subject of its own. No more is computed than the total the rule belongs to, and
    what its other rules read is unknown.
    """
    ruleset = ground.ruleset
    score = ruleset.score if place.of == "score" else None
    pay = ruleset.pay if place.of == "pay" else None
    rules = (*score_rules(score), *pay_rules(pay))
    others = [ref.name for rule in rules for ref in variables_of(rule.node) if can_be_given(ref)]
    read = {*rows[0], *others, *place.shows}
    metrics = {name: each for name, each in ruleset.metrics.items() if name in read}
    asked = replace(ruleset, metrics=metrics, score=score, pay=pay)
    roster = ruleset.tables[ruleset.subject.table]
    unsaid: dict[str, Value] = dict.fromkeys(others)
    spare = {
        column.name: column.default.value for column in roster.columns if column.default is not None
    }
    keys: list[Key] = [(str(number),) * len(ruleset.subject.key) for number in range(len(rows))]
    given = {
        key: cast("Row", {**unsaid, **spare, **row}) for key, row in zip(keys, rows, strict=True)
    }
    inputs: dict[str, list[Row]] = {
        name: [] for name, table in ruleset.tables.items() if table.origin is None
    }
    slips = judge(asked, inputs, period, given).subjects
    return [tuple(_shown(slips[key], name) for name in place.shows) for key in keys]


def _shown(slip: Slip, name: str) -> Judged:
    """Return what a slip says under a name that a test expects."""
    part, _, rest = name.partition(".")
    if name in slip.metrics:
        return slip.metrics[name].value
    match part:
        case "points":
            return slip.points.get(rest)
        case "line":
            return slip.lines.get(rest)
        case "step":
            return slip.parts.get(name)
        case "score":
            return slip.score
        case _:
            return slip.pay
