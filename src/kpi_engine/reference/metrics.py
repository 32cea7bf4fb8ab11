"""Metrics: from rows by a verdict on every candidate, or from other values of the subject."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from math import ceil
from typing import Literal, cast

from kpi_engine.language.kinds import PLAIN, QUANTITIES, Kind
from kpi_engine.reference.formulas import Evaluator
from kpi_engine.reference.lookups import Key
from kpi_engine.reference.moments import Calendar, Period, falls_in
from kpi_engine.reference.rows import MadeRow, MadeTable
from kpi_engine.reference.values import Row, Value, round_half_away, unknown_last
from kpi_engine.ruleset.checked import Metric, Table

Verdict = Literal["used", "filtered", "unknown", "no_subject"]
Status = Literal["ok", "no_rows", "below_min_rows", "unknown"]

WHERE = "where"
"""What filters the rows that a metric's own condition refuses."""

LATEST = "latest"
"""What filters the rows that are older than a metric wants."""

_BILLIONTH = Fraction(1, 10**9)
_UNIT = Fraction(1)
"""Money is in minor units, a duration in microseconds."""


@dataclass(frozen=True, slots=True)
class MetricValue:
    """The value of a metric for one subject, unknown unless its status is ``ok``.

    ``measured`` is what the rows gave even if they were below ``min_rows``. ``n`` rows were used,
    ``n_unknown`` had an unknown; both are None where a metric is computed from values or given. Of
    what a formula says of a group, ``n`` is the number of members whose value is known.
    """

    value: Value
    status: Status
    n: int | None = None
    n_unknown: int | None = None
    measured: Value = None


@dataclass(frozen=True, slots=True)
class Account:
    """What became of the candidates of a metric; accepted is the sum of the others.

    ``filtered_by`` says how many every drop of the table took, and ``where``, if there is one.
    """

    accepted: int
    used: int
    filtered: int
    unknown: int
    no_subject: int
    filtered_by: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class JudgedRow:
    """A candidate of a metric, whose it is, what became of it, and the name of what filtered it."""

    key: Key
    row: Row
    verdict: Verdict
    filtered_by: str | None = None


def judge_rows(
    metric: Metric,
    made: MadeTable,
    period: Period,
    subjects: Collection[Key],
    evaluator: Evaluator,
) -> list[JudgedRow]:
    """Return the verdict on every candidate of a metric, in the order of the rows."""
    candidates = rows_in_window(made, metric.clock, metric.window, period, evaluator.calendar)
    judged = [_judged(metric, row, subjects, evaluator) for row in candidates]
    used: dict[Key, list[Row]] = {}
    for each in judged:
        if each.verdict == "used":
            used.setdefault(each.key, []).append(each.row)
    newest = {id(row) for mine in used.values() for row in _newest(metric, made, mine)}
    return [
        replace(each, verdict="filtered", filtered_by=LATEST)
        if each.verdict == "used" and id(each.row) not in newest
        else each
        for each in judged
    ]


def _judged(
    metric: Metric, candidate: MadeRow, subjects: Collection[Key], evaluator: Evaluator
) -> JudgedRow:
    """Return the first verdict that fits a candidate, but for rows that newer ones put aside."""
    row = candidate.values
    key = tuple(evaluator.named(name, row) for name in metric.key)
    if key not in subjects:
        return JudgedRow(key, row, "no_subject")
    if candidate.dropped is not None:
        return JudgedRow(key, row, "filtered", candidate.dropped)
    passes = True if metric.where is None else evaluator.value(metric.where.tree, row)
    if passes is False:
        return JudgedRow(key, row, "filtered", WHERE)
    if passes is None or _has_unknown(metric, row, evaluator):
        return JudgedRow(key, row, "unknown")
    return JudgedRow(key, row, "used")


def measure_metric(
    metric: Metric,
    judged: Iterable[JudgedRow],
    subjects: Iterable[Key],
    period: Period,
    evaluator: Evaluator,
) -> dict[Key, MetricValue]:
    """Return a metric's value by subject, from the verdicts on its candidates."""
    used: dict[Key, list[Row]] = {key: [] for key in subjects}
    unknown: Counter[Key] = Counter()
    for each in judged:
        if each.verdict == "used":
            used[each.key].append(each.row)
        elif each.verdict == "unknown":
            unknown[each.key] += 1
    return {
        key: _measured(metric, mine, unknown[key], period, evaluator) for key, mine in used.items()
    }


def account_metric(metric: Metric, table: Table, judged: Sequence[JudgedRow]) -> Account:
    """Return what became of the candidates of a metric."""
    verdicts = Counter(each.verdict for each in judged)
    filters = Counter(each.filtered_by for each in judged)
    names = [name for name, _ in table.drop] + ([] if metric.where is None else [WHERE])
    names += [] if metric.latest is None else [LATEST]
    return Account(
        accepted=len(judged),
        used=verdicts["used"],
        filtered=verdicts["filtered"],
        unknown=verdicts["unknown"],
        no_subject=verdicts["no_subject"],
        filtered_by={name: filters[name] for name in names},
    )


def _newest(metric: Metric, made: MadeTable, rows: list[Row]) -> list[Row]:
    """Return the newest of a subject's rows, the lower identity first among those of one moment."""
    latest, clock = metric.latest, metric.clock
    if latest is None or clock is None:
        return rows
    count = latest.count if latest.share is None else ceil(len(rows) * latest.share)
    by_identity = sorted(
        rows, key=lambda row: [unknown_last(row[name]) for name in made.table.identity]
    )
    newest_first = sorted(by_identity, key=lambda row: cast("int", row[clock]), reverse=True)
    return newest_first[:count]


def rows_in_window(
    made: MadeTable,
    clock: str | None,
    days: int | None,
    period: Period,
    calendar: Calendar,
) -> list[MadeRow]:
    """Return the rows that a clock puts in a period, or in so many days that end with it.

    Dropped rows are among them. Without a clock every row is of every period.
    """
    if clock is None:
        return list(made.rows)
    kind = made.table.types[clock].kind
    dated = [(row, cast("int | date | None", row.values[clock])) for row in made.rows]
    return [
        row
        for row, moment in dated
        if moment is not None and falls_in(period, days, calendar, moment, kind)
    ]


def compute_metric(metric: Metric, names: Row, evaluator: Evaluator) -> MetricValue:
    """Return the value of a metric computed from other values of the subject."""
    return plain_value(settle(metric, evaluator.rule_value(metric.value, names)))


def plain_value(value: Value) -> MetricValue:
    """Return a value that no rows stand behind."""
    return MetricValue(value, "unknown" if value is None else "ok")


def settle(metric: Metric, value: Value) -> Value:
    """Return the value rounded once, unless it stays a fraction or is no quantity."""
    return value if metric.fraction else settled(value, metric.type.kind)


def settled(value: Value, kind: Kind) -> Value:
    """Return a value rounded once, where it is a quantity."""
    if value is None or kind not in QUANTITIES:
        return value
    return round_half_away(cast("Fraction", value), _BILLIONTH if kind in PLAIN else _UNIT)


def _has_unknown(metric: Metric, row: Row, evaluator: Evaluator) -> bool:
    arguments = evaluator.aggregate_arguments(metric.value)
    return any(evaluator.value(tree, row) is None for tree in arguments)


def _measured(
    metric: Metric, rows: Sequence[Row], n_unknown: int, period: Period, evaluator: Evaluator
) -> MetricValue:
    n = len(rows)
    # Outside its aggregates a metric is about a subject, and reads dated params as of the last day.
    about: Row = {"day": period.last_day}
    measured = settle(metric, evaluator.rule_value(metric.value, about, rows))
    status: Status = "ok"
    if metric.min_rows is not None and n < metric.min_rows:
        status = "below_min_rows"
    elif measured is None:
        status = "no_rows" if n == 0 else "unknown"
    return MetricValue(measured if status == "ok" else None, status, n, n_unknown, measured)
