"""Slips: metric by metric over all subjects, then scores, the metrics that read them, and pay."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal, cast

from kpi_engine.reference.formulas import Evaluator
from kpi_engine.reference.groups import Month, ask_group, asked_group, is_of_group, last_name
from kpi_engine.reference.lookups import Key
from kpi_engine.reference.metrics import MetricValue, compute_metric, plain_value, settled
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
    pay_status: Literal["ok", "held", "below_zero"] | None


@dataclass(frozen=True, slots=True)
class Desk:
    """What slips are filled from: values measured from rows, given ones, and past months.

    ``gathered`` are by metric and subject; ``given`` ones take the place of all others.
    """

    ruleset: Ruleset
    gathered: Mapping[str, Mapping[Key, MetricValue]]
    given: Mapping[Key, Row]
    month: int
    past: Sequence[Month]
    evaluator: Evaluator


@dataclass(frozen=True, slots=True)
class Draft:
    """A slip being filled: what formulas about the subject name so far, and her metrics."""

    attributes: Row
    names: dict[str, Value]
    metrics: dict[str, MetricValue] = field(default_factory=dict)


def fill_slips(desk: Desk, roster: Mapping[Key, Row]) -> dict[Key, Slip]:
    """Return the slip of every subject of the roster."""
    drafts: dict[Key, Draft] = {}
    for key, row in roster.items():
        given = desk.given.get(key, {})
        attributes = {**row, **{name: given[name] for name in row if name in given}}
        drafts[key] = Draft(attributes, dict(attributes))
    _add_metrics(desk, drafts, after_score=False)
    scores = {key: _score(desk, key, draft.names) for key, draft in drafts.items()}
    for key, scored in scores.items():
        drafts[key].names["score"] = scored.score if scored is not None else None
    _add_metrics(desk, drafts, after_score=True)
    return {key: _slip(desk, draft, scores[key]) for key, draft in drafts.items()}


def _add_metrics(desk: Desk, drafts: Mapping[Key, Draft], *, after_score: bool) -> None:
    for name, metric in desk.ruleset.metrics.items():
        if metric.after_score is not after_score:
            continue
        # what is given for everybody is not computed: nothing it is made from need be there
        everybody = all(name in desk.given.get(key, {}) for key in drafts)
        values = {} if everybody else _values(desk, metric, drafts)
        for key, draft in drafts.items():
            given = desk.given.get(key, {})
            draft.metrics[name] = plain_value(given[name]) if name in given else values[key]
            draft.names[name] = draft.metrics[name].value


def _values(desk: Desk, metric: Metric, drafts: Mapping[Key, Draft]) -> Mapping[Key, MetricValue]:
    """Return a metric of every subject, from what is known of all of them so far."""
    if metric.name in desk.gathered:
        return desk.gathered[metric.name]
    last = last_name(metric)
    if last is not None:
        before = (month for month in desk.past if month.month == desk.month - 1)
        values = {month.key: month.names[last] for month in before}
        return {key: plain_value(values.get(key)) for key in drafts}
    name = asked_group(metric)
    if name is None:
        return {
            key: compute_metric(metric, draft.names, desk.evaluator)
            for key, draft in drafts.items()
        }
    group = desk.ruleset.groups[name]
    past = [month for month in desk.past if is_of_group(group, desk.month, month.month)]
    present = [
        Month(key, desk.month, draft.names if group.of_period else _shown(desk, draft.names))
        for key, draft in drafts.items()
    ]
    return ask_group(metric, group, present, past, desk.evaluator)


def _shown(desk: Desk, names: Row) -> Row:
    """Return values as results show them, alike in this month and in those of the past."""
    metrics = desk.ruleset.metrics
    return {
        name: settled(value, metrics[name].type.kind) if name in metrics else value
        for name, value in names.items()
    }


def _slip(desk: Desk, draft: Draft, scored: Scored | None) -> Slip:
    pay = desk.ruleset.pay
    lines, total = ({}, None) if pay is None else _pay(pay, draft.names, desk.evaluator)
    status: Literal["ok", "held", "below_zero"] = "held" if total is None else "ok"
    if pay is not None and not pay.owed and total is not None and total < 0:
        status, total = "below_zero", None
    return Slip(
        attributes=draft.attributes,
        metrics={name: draft.metrics[name] for name in desk.ruleset.metrics},
        points=scored.points if scored is not None else {},
        parts=scored.parts if scored is not None else {},
        score=scored.score if scored is not None else None,
        score_status=scored.status if scored is not None else None,
        lines=lines,
        pay=total,
        pay_status=None if pay is None else status,
    )


def _score(desk: Desk, key: Key, names: Row) -> Scored | None:
    given = desk.given.get(key, {})
    if "score" in given:
        known = cast("Fraction | None", given["score"])
        return Scored(known, "unknown" if known is None else "ok", {}, {})
    score = desk.ruleset.score
    return None if score is None else compute_score(score, names, desk.evaluator)


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
        after = _to_minor_unit(evaluator.rule_value(formula, {**names, "pay": running}))
        lines[name] = None if after is None or running is None else after - running
        running = None if running is None else after
    return lines, running


def _to_minor_unit(amount: Value) -> Fraction | None:
    return None if amount is None else round_half_away(cast("Fraction", amount), _MINOR_UNIT)
