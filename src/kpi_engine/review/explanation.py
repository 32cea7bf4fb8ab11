"""Why a subject's numbers are what they are, from written results alone."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from kpi_engine.execution.fleetjoining import shop_results
from kpi_engine.execution.fleetresults import FleetResults
from kpi_engine.execution.results import Receipt, Results, RuleReceipt
from kpi_engine.language.currencies import MINOR_DIGITS
from kpi_engine.language.kinds import QUANTITIES, Kind
from kpi_engine.review.explained import (
    Explanation,
    ItemShown,
    LineShown,
    MetricShown,
    PayShown,
    RuleText,
    ScoreShown,
    StepShown,
)
from kpi_engine.review.literals import Units, written_money, written_number, written_value
from kpi_engine.review.subjects import Row, chosen_subject
from kpi_engine.review.weights import effective_weights
from kpi_engine.text.diagnostics import diagnose
from kpi_engine.text.errors import DataError

METRIC_REASONS: Mapping[str, str] = {
    "no_rows": "no row of the period counts for this subject",
    "below_min_rows": "fewer rows than `min_rows` asks for",
    "unknown": "something it is computed from is unknown, or a divisor is 0",
    "provisional": "rows may still come in",
}
"""Why a metric is unknown or not final, by its status."""

SCORE_REASONS: Mapping[str, str] = {
    "out_of_range": "an item has points outside 0 to 100",
    "stopped": "an item has no points, and it says `empty: stop`",
    "no_points": "no item has points",
    "needs": "too little of the weight is known, `needs` asks for more",
    "unknown": "a step after the items is unknown",
}
"""Why a score is unknown, by its status."""


def explain_subject(
    results: Results | FleetResults, subject: Mapping[str, str] | str
) -> Explanation:
    """Return why the numbers of one subject are what they are.

    ``subject`` is the columns of the key with their values, or one value of the key alone where it
    is unique; in a fleet it names the shop.

    Raises:
        DataError: the results have no such subject, or several.
    """
    if isinstance(results, FleetResults):
        column = results.receipt["shop"]
        if isinstance(subject, str) or column not in subject:
            pairs = () if isinstance(subject, str) else subject.items()
            shown = ",".join(f"{key}={value}" for key, value in pairs) or subject
            raise DataError([diagnose("K668", shop=column, subject=shown)])
        results = shop_results(results, subject[column])
    key = results.receipt["subject"]["key"]
    return _explained(chosen_subject(results.subjects, key, subject), results.receipt)


def explain_everybody(results: Results | FleetResults) -> Iterator[Explanation]:
    """Return the explanations of all subjects, in the order of the results; of a fleet by shop."""
    if isinstance(results, FleetResults):
        for shop in results.receipt["shops"]:
            yield from explain_everybody(shop_results(results, shop))
        return
    for row in results.subjects.iter_rows(named=True):
        yield _explained(row, results.receipt)


def _explained(row: Row, receipt: Receipt) -> Explanation:
    currency = str(row["currency"])
    units = Units(currency, MINOR_DIGITS[currency], "UTC")
    return Explanation(
        ruleset=receipt["ruleset"],
        period=receipt["period"],
        subject={name: str(row[name]) for name in receipt["subject"]["key"]},
        currency=currency,
        minor_digits=units.minor_digits,
        metrics=tuple(_metric(row, name, receipt, units) for name in receipt["kinds"]),
        score=_score(row, receipt) if "score" in row else None,
        pay=_pay(row, receipt, units) if "pay" in row else None,
    )


def _rule(rule: RuleReceipt) -> RuleText:
    return RuleText(rule["text"], rule["file"], rule["line"], rule["params"])


def _metric(row: Row, name: str, receipt: Receipt, units: Units) -> MetricShown:
    column = f"metric.{name}"
    value, status = row[column], str(row[f"{column}.status"])
    kind = Kind[receipt["kinds"][name].upper()]
    num, den, rows = (row[f"{column}.{part}"] for part in ("num", "den", "n"))
    return MetricShown(
        name=name,
        kind=receipt["kinds"][name],
        value=_plain(value),
        shown=_shown(value, kind, units),
        num=_plain(num),
        den=_plain(den),
        rows=rows if isinstance(rows, int) else None,
        status=status,
        reason=METRIC_REASONS.get(status),
        rule=_rule(receipt["rules"][f"metrics.{name}"]),
    )


def _plain(value: object) -> str | None:
    """Return a value as text without loss, a number in plain decimals without spare zeros."""
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case int() | Decimal():
            return written_number(Fraction(value))
        case datetime() | date():
            return value.isoformat()
        case _:
            return str(value)


def _shown(value: object, kind: Kind, units: Units) -> str:
    match value:
        case None:
            return "unknown"
        case int() | Decimal() if kind in QUANTITIES:
            return written_value(Fraction(value), kind, units)
        case _:
            return _plain(value) or ""


def _score(row: Row, receipt: Receipt) -> ScoreShown:
    rules = receipt["rules"]
    paths = [name.removeprefix("points.") for name in row if name.startswith("points.")]
    points = {path: row[f"points.{path}"] for path in paths}
    weights = effective_weights(
        {path: Fraction(weight) for path, weight in receipt["weights"].items()},
        frozenset(path for path, known in points.items() if known is not None),
    )
    items = tuple(
        ItemShown(
            path,
            _plain(points[path]),
            _quotient(weights.get(path)),
            _plain(row.get(f"part.{path}")),
            _rule(rules[name]) if (name := f"score.items.{path}") in rules else None,
        )
        for path in paths
    )
    names = [name.removeprefix("step.") for name in row if name.startswith("step.")]
    steps = tuple(
        StepShown(name, _plain(row[f"step.{name}"]), _rule(rules[f"score.then.{name}"]))
        for name in names
    )
    status = str(row["score.status"])
    return ScoreShown(
        items,
        steps,
        _plain(row.get("part.limits")),
        _plain(row["part.rounding"]),
        _plain(row["score"]),
        status,
        SCORE_REASONS.get(status),
    )


def _quotient(weight: Fraction | None) -> str | None:
    return None if weight is None else str(weight)


def _pay(row: Row, receipt: Receipt, units: Units) -> PayShown:
    rules = receipt["rules"]
    names = [name.removeprefix("line.") for name in row if name.startswith("line.")]
    lines: list[LineShown] = []
    for name in names:
        line = f"pay.lines.{name}"
        rule = rules[line if line in rules else f"pay.then.{name}"]
        amount = _amount(row[f"line.{name}"])
        lines.append(LineShown(name, amount, _money(amount, units), _rule(rule)))
    amount, status = _amount(row["pay"]), str(row["pay.status"])
    unknown = ", ".join(f"`{line.name}`" for line in lines if line.amount is None)
    total = sum(line.amount or 0 for line in lines)
    reason_by_status = {
        "held": f"held back, for these lines are unknown: {unknown}",
        "below_zero": f"held back, for the lines add up to {_money(total, units)}, below zero",
    }
    reason = reason_by_status.get(status)
    return PayShown(tuple(lines), amount, _money(amount, units), status, reason)


def _amount(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _money(amount: int | None, units: Units) -> str:
    if amount is None:
        return "unknown"
    return written_money(Fraction(amount), units.minor_digits, units.currency)
