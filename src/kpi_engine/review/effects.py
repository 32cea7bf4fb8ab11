"""What a change of a ruleset does to people: two results of one period, subject by subject."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from kpi_engine.execution.results import Results
from kpi_engine.review.literals import written_number
from kpi_engine.ruleset.checked import Ruleset
from kpi_engine.text.diagnostics import Diagnostic, diagnose
from kpi_engine.text.errors import DataError

Row = Mapping[str, object]
Whereabouts = Literal["both", "joined", "left"]

_ACTS, _RESTS = "acts", "does nothing"
_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class AmountChange:
    """An amount before and after, in minor units, and their difference.

    Before or after it is None where there is no such amount or it is held back; nothing is paid
    then, and the difference counts it as nothing.
    """

    name: str
    before: int | None
    after: int | None
    change: int


@dataclass(frozen=True, slots=True)
class PartChange:
    """By how much a part of the score, or a step after it, gives more or less."""

    name: str
    change: Decimal


@dataclass(frozen=True, slots=True)
class Turn:
    """A value or a status before and after; None where there is none."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class SubjectEffect:
    """What moves for one subject.

    The differences of ``lines`` add up to that of ``pay``, and where both scores are known those of
    ``parts`` to that of the scores, exactly; only what differs is there. ``flips`` are statuses,
    and steps that act on one side alone. ``rank`` is the place by score, 1 the best, equals share
    one; by pay where there is no score.
    """

    subject: Mapping[str, str]
    whereabouts: Whereabouts
    score_before: Decimal | None
    score_after: Decimal | None
    rank_before: int | None
    rank_after: int | None
    pay: AmountChange
    lines: tuple[AmountChange, ...]
    parts: tuple[PartChange, ...]
    metrics: tuple[Turn, ...]
    flips: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change of a ruleset does in one period.

    ``subjects`` are those for whom anything but the rank differs, the largest difference in pay
    first. ``pay`` is the total over everybody, ``lines`` the same by line: their differences add up
    to it, and so do those of the subjects. ``held`` counts whose pay is held back, before and
    after.
    """

    period: str
    currency: str
    minor_digits: int
    key: tuple[str, ...]
    people: tuple[int, int]
    joined: int
    left: int
    ranks_moved: int
    held: tuple[int, int]
    pay: AmountChange
    lines: tuple[AmountChange, ...]
    subjects: tuple[SubjectEffect, ...]
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class _Columns:
    """The columns that are compared: amounts and parts of either, values and statuses of both."""

    lines: tuple[str, ...]
    parts: tuple[str, ...]
    metrics: tuple[str, ...]
    statuses: tuple[str, ...]
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Assessed:
    """A result read for comparison: the rows and the places by subject, and the steps."""

    columns: tuple[str, ...]
    row_by_key: Mapping[tuple[str, ...], Row]
    rank_by_key: Mapping[tuple[str, ...], int]
    steps: tuple[str, ...]


def refuse_strangers(old: Ruleset, new: Ruleset) -> None:
    """Raise where subjects or amounts of two rulesets cannot be compared.

    Raises:
        DataError: they assess by different keys, or pay in different currencies.
    """
    reasons: list[str] = []
    if set(old.subject.key) != set(new.subject.key):
        keys = (", ".join(f"`{name}`" for name in each.subject.key) for each in (old, new))
        reasons.append("the old ruleset assesses by {}, the new one by {}".format(*keys))
    if old.currency != new.currency:
        reasons.append(f"the old ruleset pays in {old.currency}, the new one in {new.currency}")
    if reasons:
        raise DataError([diagnose("K644", reason=reason) for reason in reasons])


def measure_effect(
    old: tuple[Ruleset, Results], new: tuple[Ruleset, Results], notes: Sequence[Diagnostic]
) -> Effect:
    """Return what differs between the results of two rulesets for one period."""
    key = new[0].subject.key
    measure = _measure(old[1], new[1])
    before, after = (_assessed(*each, key, measure) for each in (old, new))
    every = sorted({*before.row_by_key, *after.row_by_key})
    columns = _columns(before, after)
    effects = [_effect(who, key, before, after, columns) for who in every]
    moved = [effect for effect in effects if _moves(effect)]
    moved.sort(key=lambda effect: -abs(effect.pay.change))
    return Effect(
        period=new[1].receipt["period"],
        currency=new[0].currency,
        minor_digits=new[0].minor_digits,
        key=key,
        people=(len(before.row_by_key), len(after.row_by_key)),
        joined=sum(effect.whereabouts == "joined" for effect in effects),
        left=sum(effect.whereabouts == "left" for effect in effects),
        ranks_moved=sum(
            effect.rank_before != effect.rank_after
            for effect in effects
            if effect.whereabouts == "both"
        ),
        held=(_held(before), _held(after)),
        pay=_summed("pay", [effect.pay for effect in effects]),
        lines=tuple(_totals(every, before, after, columns)),
        subjects=tuple(moved),
        diagnostics=tuple(dict.fromkeys(notes)),
    )


def _measure(old: Results, new: Results) -> str | None:
    """Return the column by which places are given: one that both results have."""
    return next(
        (
            name
            for name in ("score", "pay")
            if name in old.subjects.columns and name in new.subjects.columns
        ),
        None,
    )


def _assessed(
    ruleset: Ruleset, results: Results, key: tuple[str, ...], measure: str | None
) -> _Assessed:
    rows = {
        tuple(str(row[name]) for name in key): row for row in results.subjects.iter_rows(named=True)
    }
    steps = [f"step.{name}" for name, _ in ruleset.score.steps] if ruleset.score else []
    steps += [f"line.{name}" for name, _ in ruleset.pay.steps] if ruleset.pay else []
    return _Assessed(tuple(results.subjects.columns), rows, _ranks(rows, measure), tuple(steps))


def _ranks(rows: Mapping[tuple[str, ...], Row], measure: str | None) -> dict[tuple[str, ...], int]:
    """Return the places of those whose value is known; equals share the best of theirs."""
    value_by_key = {
        who: value
        for who, row in rows.items()
        if measure is not None and isinstance(value := row[measure], int | Decimal)
    }
    place_by_value: dict[int | Decimal, int] = {}
    for place, value in enumerate(sorted(value_by_key.values(), reverse=True), 1):
        place_by_value.setdefault(value, place)
    return {who: place_by_value[value] for who, value in value_by_key.items()}


def _held(side: _Assessed) -> int:
    return sum(row.get("pay.status", "ok") != "ok" for row in side.row_by_key.values())


def _columns(old: _Assessed, new: _Assessed) -> _Columns:
    either = tuple(dict.fromkeys((*old.columns, *new.columns)))
    statuses = [name for name in old.columns if name.endswith(".status") and name in new.columns]
    values = (name.removesuffix(".status") for name in statuses if name.startswith("metric."))
    return _Columns(
        lines=tuple(name for name in either if name.startswith("line.")),
        parts=tuple(name for name in either if name.startswith(("part.", "step."))),
        metrics=tuple(values),
        statuses=tuple(statuses),
        steps=tuple(dict.fromkeys((*old.steps, *new.steps))),
    )


def _effect(
    who: tuple[str, ...],
    key: tuple[str, ...],
    old: _Assessed,
    new: _Assessed,
    columns: _Columns,
) -> SubjectEffect:
    before, after = old.row_by_key.get(who), new.row_by_key.get(who)
    first, second = before or {}, after or {}
    lines = tuple(line for name in columns.lines if (line := _amount(name, first, second)).change)
    scores = (_decimal(first.get("score")), _decimal(second.get("score")))
    both = before is not None and after is not None
    return SubjectEffect(
        subject=dict(zip(key, who, strict=True)),
        whereabouts="both" if both else "joined" if before is None else "left",
        score_before=scores[0],
        score_after=scores[1],
        rank_before=old.rank_by_key.get(who),
        rank_after=new.rank_by_key.get(who),
        pay=_amount("pay", first, second),
        lines=lines,
        parts=tuple(_parts(first, second, columns)) if None not in scores else (),
        metrics=tuple(_metrics(first, second, columns)) if both else (),
        flips=tuple(_flips(first, second, columns)) if both else (),
    )


def _moves(effect: SubjectEffect) -> bool:
    return (
        effect.whereabouts != "both"
        or effect.score_before != effect.score_after
        or effect.pay.before != effect.pay.after
        or bool(effect.lines or effect.parts or effect.metrics or effect.flips)
    )


def _amount(name: str, before: Row, after: Row) -> AmountChange:
    """Return what is paid under a name: nothing of a pay that is held back."""
    amounts = (_paid(name, before), _paid(name, after))
    change = (amounts[1] or 0) - (amounts[0] or 0)
    return AmountChange(name.removeprefix("line."), amounts[0], amounts[1], change)


def _paid(name: str, row: Row) -> int | None:
    amount = row.get(name)
    return amount if row.get("pay.status") == "ok" and isinstance(amount, int) else None


def _parts(before: Row, after: Row, columns: _Columns) -> Iterator[PartChange]:
    for name in columns.parts:
        old, new = before.get(name), after.get(name)
        change = (_decimal(new) or _NOTHING) - (_decimal(old) or _NOTHING)
        if change:
            yield PartChange(name, change)


def _metrics(before: Row, after: Row, columns: _Columns) -> Iterator[Turn]:
    """Return the metrics of both rulesets whose values differ."""
    for name in columns.metrics:
        if before[name] != after[name]:
            yield Turn(name.removeprefix("metric."), _text(before[name]), _text(after[name]))


def _flips(before: Row, after: Row, columns: _Columns) -> Iterator[Turn]:
    """Return the statuses that differ, and the steps that act on one side alone."""
    for name in columns.statuses:
        if before[name] != after[name]:
            yield Turn(name, _text(before[name]), _text(after[name]))
    for name in columns.steps:
        acts = bool(before.get(name))
        if acts is not bool(after.get(name)):
            words = (_ACTS, _RESTS) if acts else (_RESTS, _ACTS)
            yield Turn(_step_name(name), *words)


def _step_name(column: str) -> str:
    section, _, name = column.partition(".")
    return f"{'score' if section == 'step' else 'pay'}.then.{name}"


def _totals(
    every: Sequence[tuple[str, ...]], old: _Assessed, new: _Assessed, columns: _Columns
) -> Iterator[AmountChange]:
    """Return the sum of every line over everybody."""
    pairs = [(old.row_by_key.get(who, {}), new.row_by_key.get(who, {})) for who in every]
    for name in columns.lines:
        yield _summed(name.removeprefix("line."), [_amount(name, *pair) for pair in pairs])


def _summed(name: str, amounts: Sequence[AmountChange]) -> AmountChange:
    before, after = (
        sum(value or 0 for value in values)
        for values in ((each.before for each in amounts), (each.after for each in amounts))
    )
    return AmountChange(name, before, after, after - before)


def _decimal(value: object) -> Decimal | None:
    return value if isinstance(value, Decimal) else None


def _text(value: object) -> str | None:
    match value:
        case None:
            return None
        case int() | Decimal() if not isinstance(value, bool):
            return written_number(Fraction(value))
        case _:
            return str(value)
