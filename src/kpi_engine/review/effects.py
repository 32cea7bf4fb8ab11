"""What a change of a ruleset does to people: two results of one period, subject by subject."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    effects = [_effect(who, key, before, after) for who in every]
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
        lines=tuple(_totals(every, before, after)),
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


def _effect(
    who: tuple[str, ...], key: tuple[str, ...], old: _Assessed, new: _Assessed
) -> SubjectEffect:
    before, after = old.row_by_key.get(who), new.row_by_key.get(who)
    first, second = before or {}, after or {}
    lines = tuple(
        change
        for name in _names("line.", first, second)
        if (change := _amount(name, first, second)).before != change.after
    )
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
        parts=tuple(_parts(first, second)) if None not in scores else (),
        metrics=tuple(_metrics(first, second)) if both else (),
        flips=tuple(_flips(first, second, old, new)) if both else (),
    )


def _moves(effect: SubjectEffect) -> bool:
    return (
        effect.whereabouts != "both"
        or effect.score_before != effect.score_after
        or effect.pay.before != effect.pay.after
        or bool(effect.lines or effect.parts or effect.metrics or effect.flips)
    )


def _names(start: str, *rows: Iterable[str]) -> list[str]:
    return [
        name for name in dict.fromkeys(n for row in rows for n in row) if name.startswith(start)
    ]


def _amount(name: str, before: Row, after: Row) -> AmountChange:
    """Return what is paid under a name: nothing of a pay that is held back."""
    amounts = [
        value if row.get("pay.status") == "ok" and isinstance(value := row.get(name), int) else None
        for row in (before, after)
    ]
    change = (amounts[1] or 0) - (amounts[0] or 0)
    return AmountChange(name.removeprefix("line."), amounts[0], amounts[1], change)


def _parts(before: Row, after: Row) -> Iterator[PartChange]:
    for start in ("part.", "step."):
        for name in _names(start, before, after):
            old, new = (_decimal(row.get(name)) or Decimal(0) for row in (before, after))
            if old != new:
                yield PartChange(name, new - old)


def _metrics(before: Row, after: Row) -> Iterator[Turn]:
    """Return the metrics of both rulesets whose values differ."""
    for name in (name for name in before if name.endswith(".status") and name in after):
        value = name.removesuffix(".status")
        if value.startswith("metric.") and before[value] != after[value]:
            texts = (_text(before[value]), _text(after[value]))
            yield Turn(value.removeprefix("metric."), *texts)


def _flips(before: Row, after: Row, old: _Assessed, new: _Assessed) -> Iterator[Turn]:
    """Return the statuses that differ, and the steps that act on one side alone."""
    statuses = [name for name in before if name.endswith(".status") and name in after]
    for name in statuses:
        if before[name] != after[name]:
            yield Turn(name, _text(before[name]), _text(after[name]))
    for name in dict.fromkeys((*old.steps, *new.steps)):
        acts = [bool(row.get(name)) for row in (before, after)]
        if acts[0] != acts[1]:
            words = (_ACTS if each else _RESTS for each in acts)
            yield Turn(_step_name(name), *words)


def _step_name(column: str) -> str:
    section, _, name = column.partition(".")
    return f"{'score' if section == 'step' else 'pay'}.then.{name}"


def _totals(
    every: Sequence[tuple[str, ...]], old: _Assessed, new: _Assessed
) -> Iterator[AmountChange]:
    """Return the sum of every line over everybody."""
    pairs = [(old.row_by_key.get(who, {}), new.row_by_key.get(who, {})) for who in every]
    for name in _names("line.", old.columns, new.columns):
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
