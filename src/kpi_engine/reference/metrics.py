"""Metrics: from rows by a verdict on every candidate, or from other values of the subject."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, cast

from kpi_engine.language.kinds import PLAIN, QUANTITIES
from kpi_engine.reference.formulas import Evaluator
from kpi_engine.reference.rows import Key, MadeRow
from kpi_engine.reference.values import Row, Value, round_half_away
from kpi_engine.ruleset.checked import Metric

Verdict = Literal["used", "filtered", "unknown", "no_subject"]
Status = Literal["ok", "no_rows", "below_min_rows", "unknown"]

_BILLIONTH = Fraction(1, 10**9)
_UNIT = Fraction(1)
"""Money is in minor units, a duration in microseconds."""


@dataclass(frozen=True, slots=True)
class MetricValue:
    """The value of a metric for one subject, unknown unless its status is ``ok``.

    ``measured`` is what the rows gave even if they were below ``min_rows``. ``n`` rows were used,
    ``n_unknown`` had an unknown; both are None where a metric is computed from values or given.
    """

    value: Value
    status: Status
    n: int | None = None
    n_unknown: int | None = None
    measured: Value = None


@dataclass(frozen=True, slots=True)
class Account:
    """What became of the candidates of a metric; accepted is the sum of the others."""

    accepted: int
    used: int
    filtered: int
    unknown: int
    no_subject: int


def gather_metric(
    metric: Metric,
    candidates: Sequence[MadeRow],
    subjects: Iterable[Key],
    key_columns: Sequence[str],
    evaluator: Evaluator,
) -> tuple[dict[Key, MetricValue], Account]:
    """Return a metric's value by subject, and its account.

    ``candidates`` are the rows of its table in the period, dropped ones included.
    """
    used: dict[Key, list[Row]] = {key: [] for key in subjects}
    unknown: Counter[Key] = Counter()
    verdicts: Counter[Verdict] = Counter()
    for candidate in candidates:
        key = tuple(candidate.values[name] for name in key_columns)
        verdict: Verdict = "no_subject"
        if key in used:
            verdict = _verdict(metric, candidate, evaluator)
        verdicts[verdict] += 1
        if verdict == "used":
            used[key].append(candidate.values)
        elif verdict == "unknown":
            unknown[key] += 1
    values = {key: _measured(metric, rows, unknown[key], evaluator) for key, rows in used.items()}
    account = Account(
        accepted=len(candidates),
        used=verdicts["used"],
        filtered=verdicts["filtered"],
        unknown=verdicts["unknown"],
        no_subject=verdicts["no_subject"],
    )
    return values, account


def compute_metric(metric: Metric, names: Row, evaluator: Evaluator) -> MetricValue:
    """Return the value of a metric computed from other values of the subject."""
    return plain_value(settle(metric, evaluator.rule_value(metric.value, names)))


def plain_value(value: Value) -> MetricValue:
    """Return a value that no rows stand behind."""
    return MetricValue(value, "unknown" if value is None else "ok")


def settle(metric: Metric, value: Value) -> Value:
    """Return the value rounded once, unless it stays a fraction or is no quantity."""
    kind = metric.type.kind
    if value is None or metric.fraction or kind not in QUANTITIES:
        return value
    return round_half_away(cast("Fraction", value), _BILLIONTH if kind in PLAIN else _UNIT)


def _verdict(metric: Metric, candidate: MadeRow, evaluator: Evaluator) -> Verdict:
    row = candidate.values
    if candidate.dropped is not None:
        return "filtered"
    passes = True if metric.where is None else evaluator.value(metric.where.tree, row)
    if passes is False:
        return "filtered"
    arguments = evaluator.aggregate_arguments(metric.value)
    if passes is None or any(evaluator.value(tree, row) is None for tree in arguments):
        return "unknown"
    return "used"


def _measured(
    metric: Metric, rows: Sequence[Row], n_unknown: int, evaluator: Evaluator
) -> MetricValue:
    n = len(rows)
    measured = settle(metric, evaluator.rule_value(metric.value, {}, rows))
    status: Status = "ok"
    if metric.min_rows is not None and n < metric.min_rows:
        status = "below_min_rows"
    elif measured is None:
        status = "no_rows" if n == 0 else "unknown"
    return MetricValue(measured if status == "ok" else None, status, n, n_unknown, measured)
