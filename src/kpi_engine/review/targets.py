"""What a ruleset test may give and may expect, by name, and how results show it."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from kpi_engine.execution.statuses import METRIC_STATUSES, PAY_STATUSES, SCORE_STATUSES
from kpi_engine.language.kinds import QUANTITIES, Kind, Level, Type
from kpi_engine.review.literals import Value
from kpi_engine.ruleset.checked import Item, Rule, Ruleset
from kpi_engine.ruleset.rules import pay_rules, score_rules

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER = Type(Kind.NUMBER, Level.SUBJECT, nullable=True)
_MONEY = Type(Kind.MONEY, Level.SUBJECT, nullable=True)


@dataclass(frozen=True, slots=True)
class Target:
    """A column of ``subjects`` and what it measures.

    ``fraction`` says that the exact value stands in the columns ``.num`` and ``.den`` beside it;
    ``status`` is the column that says why a value is unknown.
    """

    column: str
    type: Type
    fraction: bool = False
    status: str | None = None


def expectable(ruleset: Ruleset) -> dict[str, Target]:
    """Return what may be expected of a subject, by every name it has.

    Where a name could mean several things, a metric comes before a line of pay, a line before a
    step, a step before an item; `step.…`, `line.…` and `points.…` say which is meant.
    """
    targets: dict[str, Target] = {}
    if ruleset.score is not None:
        for path in _paths(ruleset.score.items):
            targets[path] = targets[f"points.{path}"] = Target(f"points.{path}", _NUMBER)
        for name, _ in ruleset.score.steps:
            targets[name] = targets[f"step.{name}"] = Target(f"step.{name}", _NUMBER)
    if ruleset.pay is not None:
        for name in pay_names(ruleset):
            targets[name] = targets[f"line.{name}"] = Target(f"line.{name}", _MONEY)
        targets["pay"] = Target("pay", _MONEY, status="pay.status")
        targets["pay.status"] = _status("pay.status", PAY_STATUSES)
    if ruleset.score is not None:
        targets["score"] = Target("score", _NUMBER, status="score.status")
        targets["score.status"] = _status("score.status", SCORE_STATUSES)
    for name, metric in ruleset.metrics.items():
        column = f"metric.{name}"
        fraction = metric.fraction and metric.type.kind in QUANTITIES
        targets[name] = Target(column, metric.type, fraction, f"{column}.status")
        targets[f"{name}.status"] = _status(f"{column}.status", METRIC_STATUSES)
        if metric.table is not None:
            targets[f"{name}.rows"] = Target(f"{column}.n", _NUMBER)
    return targets


def _status(column: str, words: tuple[str, ...]) -> Target:
    return Target(column, Type(Kind.TEXT, Level.SUBJECT, labels=words))


def givable(ruleset: Ruleset) -> dict[str, Type]:
    """Return the kinds of what may be given: metrics, the score, columns of the roster."""
    roster = ruleset.tables[ruleset.subject.table]
    types = {name: type_ for name, type_ in roster.types.items() if name not in ruleset.subject.key}
    types |= {name: metric.type for name, metric in ruleset.metrics.items()}
    if ruleset.score is not None:
        types["score"] = _NUMBER
    return types


def pay_names(ruleset: Ruleset) -> tuple[str, ...]:
    """Return the names of the lines of pay and of the steps after them."""
    if ruleset.pay is None:
        return ()
    return tuple(name for name, _ in (*ruleset.pay.lines, *ruleset.pay.steps))


def subject_rules(ruleset: Ruleset, given: AbstractSet[str]) -> Iterator[Rule]:
    """Return the rules that speak of a subject and not of rows, but for those of given values."""
    for metric in ruleset.metrics.values():
        if metric.table is None and metric.name not in given:
            yield metric.value
    if "score" not in given:
        yield from score_rules(ruleset.score)
    yield from pay_rules(ruleset.pay)


def _paths(items: tuple[Item, ...]) -> Iterator[str]:
    for item in items:
        yield item.path
        yield from _paths(item.children)


def found_value(row: Mapping[str, object], target: Target) -> Value:
    """Return what a row of ``subjects`` shows, exactly."""
    value = row[target.column]
    if value is not None and target.fraction:
        num, den = row[f"{target.column}.num"], row[f"{target.column}.den"]
        return Fraction(_whole(num), _whole(den))
    match value:
        case None | bool():
            return value
        case str() if target.type.kind is Kind.MONTH:
            return int(value[:4]) * 12 + int(value[5:]) - 1
        case str():
            return value
        case int() | Decimal():
            return Fraction(value)
        case datetime():
            return (value - _EPOCH) // timedelta(microseconds=1)
        case date():
            return (value - _EPOCH.date()).days
        case _:
            raise TypeError(value)


def _whole(value: object) -> int:
    if isinstance(value, int | Decimal):
        return int(value)
    raise TypeError(value)
