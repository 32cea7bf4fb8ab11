"""The whole judgement: from the rows of every table to the slip of every subject."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, cast
from zoneinfo import ZoneInfo

from kpi_engine.reference.formulas import Evaluator
from kpi_engine.reference.lookups import Key, Shelf
from kpi_engine.reference.metrics import (
    Account,
    JudgedRow,
    MetricValue,
    account_metric,
    compute_metric,
    judge_rows,
    measure_metric,
    plain_value,
)
from kpi_engine.reference.moments import Calendar, read_period
from kpi_engine.reference.roster import roster_rows
from kpi_engine.reference.rows import MadeTable, make_tables
from kpi_engine.reference.scores import Scored, ScoreStatus, compute_score
from kpi_engine.reference.values import Row, Value, round_half_away
from kpi_engine.ruleset.checked import Metric, Pay, Ruleset

_MINOR_UNIT = Fraction(1)


@dataclass(frozen=True, slots=True)
class Slip:
    """All that is known of one subject; money in minor units, unknown as None.

    ``attributes`` are the columns of the roster. ``points`` are by the path of an item; ``parts``
    add up to the score; ``lines`` hold the steps of the pay too, and add up to it.
    """

    attributes: Row
    metrics: Mapping[str, MetricValue]
    points: Mapping[str, Fraction | None]
    parts: Mapping[str, Fraction | None]
    score: Fraction | None
    score_status: ScoreStatus | None
    lines: Mapping[str, Fraction | None]
    pay: Fraction | None
    pay_status: Literal["ok", "held"] | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """The slip of every subject by key, the account of every metric that comes from rows.

    ``tables`` are the rows of every table, whatever their period; ``judged`` the candidates of
    every such metric with the verdict on each.
    """

    subjects: Mapping[Key, Slip]
    accounts: Mapping[str, Account]
    tables: Mapping[str, MadeTable]
    judged: Mapping[str, Sequence[JudgedRow]]


def judge(
    ruleset: Ruleset,
    tables: Mapping[str, Sequence[Row]],
    period: str,
    given: Mapping[Key, Row] | None = None,
) -> Judgement:
    """Return what the ruleset says about every subject of the roster.

    ``tables`` are the accepted rows of the inputs, whatever their period, values as in ``values``.
    ``given`` are values by subject and name (metrics, ``score``, roster columns) that are taken as
    they are; a subject that is given and not on the roster is judged too, with no other columns.

    Raises:
        ValueError: if the period is no month.
        DataError: if the roster holds a subject twice.
    """
    given = given or {}
    calendar = Calendar(ZoneInfo(ruleset.zone), ruleset.day_starts)
    month = read_period(period)
    shelf = Shelf(ruleset.tables)
    of_rows = Evaluator(calendar, ruleset.params, look_up=shelf.value)
    made = make_tables(ruleset, tables, shelf, of_rows)
    subject = ruleset.subject
    roster = roster_rows(ruleset, made[subject.table].rows, month, of_rows)
    columns = dict.fromkeys(ruleset.tables[subject.table].types)
    for key in given:
        roster.setdefault(key, {**columns, **dict(zip(subject.key, key, strict=True))})

    gathered: dict[str, dict[Key, MetricValue]] = {}
    accounts: dict[str, Account] = {}
    judged: dict[str, Sequence[JudgedRow]] = {}
    for name, metric in ruleset.metrics.items():
        if metric.table is not None:
            rows = judge_rows(metric, made[metric.table], month, roster, of_rows)
            gathered[name] = measure_metric(metric, rows, roster, month, of_rows)
            accounts[name] = account_metric(metric, made[metric.table].table, rows)
            judged[name] = rows
    lower = frozenset(name for name, metric in ruleset.metrics.items() if metric.lower)
    today: Row = {"period": month.month, "day": month.last_day}
    evaluator = Evaluator(
        calendar,
        ruleset.params,
        lower,
        look_up=lambda names, name: shelf.value({**names, **today}, name),
        today=month.last_day,
    )
    slips = {
        key: fill_slip(
            ruleset,
            row,
            {name: values[key] for name, values in gathered.items()},
            given.get(key, {}),
            evaluator,
        )
        for key, row in roster.items()
    }
    return Judgement(slips, accounts, made, judged)


def fill_slip(
    ruleset: Ruleset,
    attributes: Row,
    gathered: Mapping[str, MetricValue],
    given: Row,
    evaluator: Evaluator,
) -> Slip:
    """Return the slip of one subject from its roster columns and its metrics from rows.

    ``given`` values take the place of those that rows or formulas would give.
    """
    attributes = {**attributes, **{name: given[name] for name in attributes if name in given}}
    names: dict[str, Value] = dict(attributes)
    metrics: dict[str, MetricValue] = {}

    def add_metrics(*, after_score: bool) -> None:
        for name, metric in ruleset.metrics.items():
            if metric.after_score is after_score:
                metrics[name] = _metric(metric, gathered, given, names, evaluator)
                names[name] = metrics[name].value

    add_metrics(after_score=False)
    scored = _score(ruleset, given, names, evaluator)
    names["score"] = scored.score if scored is not None else None
    add_metrics(after_score=True)
    lines: dict[str, Fraction | None] = {}
    pay = None
    if ruleset.pay is not None:
        lines, pay = _pay(ruleset.pay, names, evaluator)
    return Slip(
        attributes=attributes,
        metrics={name: metrics[name] for name in ruleset.metrics},
        points=scored.points if scored is not None else {},
        parts=scored.parts if scored is not None else {},
        score=scored.score if scored is not None else None,
        score_status=scored.status if scored is not None else None,
        lines=lines,
        pay=pay,
        pay_status=None if ruleset.pay is None else "held" if pay is None else "ok",
    )


def _metric(
    metric: Metric,
    gathered: Mapping[str, MetricValue],
    given: Row,
    names: Row,
    evaluator: Evaluator,
) -> MetricValue:
    if metric.name in given:
        return plain_value(given[metric.name])
    if metric.name in gathered:
        return gathered[metric.name]
    return compute_metric(metric, names, evaluator)


def _score(ruleset: Ruleset, given: Row, names: Row, evaluator: Evaluator) -> Scored | None:
    if "score" in given:
        score = cast("Fraction | None", given["score"])
        return Scored(score, "unknown" if score is None else "ok", {}, {})
    if ruleset.score is None:
        return None
    return compute_score(ruleset.score, names, evaluator)


def _pay(
    pay: Pay, names: Row, evaluator: Evaluator
) -> tuple[dict[str, Fraction | None], Fraction | None]:
    """Return every line and the difference every step made, and the total; None where unknown."""
    lines: dict[str, Fraction | None] = {
        name: _to_minor_unit(evaluator.rule_value(rule, names)) for name, rule in pay.lines
    }
    amounts = [amount for amount in lines.values() if amount is not None]
    running = sum(amounts, Fraction(0)) if len(amounts) == len(lines) else None
    for name, formula in pay.steps:
        after = _to_minor_unit(evaluator.value(formula.tree, {**names, "pay": running}))
        lines[name] = None if after is None or running is None else after - running
        running = None if running is None else after
    return lines, running


def _to_minor_unit(amount: Value) -> Fraction | None:
    return None if amount is None else round_half_away(cast("Fraction", amount), _MINOR_UNIT)
