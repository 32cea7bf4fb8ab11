"""Test cases before the reference: their rows and given values as it reads them, and its slips."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction

import polars as pl

from kpi_engine.execution.admission import admit_tables, admitted_rows
from kpi_engine.execution.look import Look, look_at
from kpi_engine.execution.subjects import subjects_alone
from kpi_engine.language.exact import NUMBER_SCALE
from kpi_engine.language.kinds import PLAIN, QUANTITIES, Kind, Type
from kpi_engine.plan.nodes import Plan
from kpi_engine.reference.formulas import Watch
from kpi_engine.reference.judging import judge
from kpi_engine.reference.lookups import Key
from kpi_engine.reference.slips import Slip
from kpi_engine.reference.values import Row, Value
from kpi_engine.review.binding import BoundCase, Evaluation, GivenValue, SubjectHistory
from kpi_engine.review.frames import text_frames
from kpi_engine.review.targets import givable
from kpi_engine.review.verdicts import find_subject
from kpi_engine.ruleset.checked import Ruleset
from kpi_engine.text.located import Scalar

_EPOCH = date(1970, 1, 1)
_NOBODY = Fraction(0)


def judged_slips(
    bound: BoundCase, plan: Plan, period: str, as_of: str | None, watch: Watch
) -> Iterator[tuple[Slip, frozenset[str]]]:
    """Yield the slips of a case that runs, each with the names whose values were given.

    ``watch`` is told what their evaluation meets. Of a table of values that is one slip a row, else
    one for every subject of the roster.
    """
    ruleset = plan.ruleset
    look = look_at(ruleset, period, as_of)
    nobody = bool(bound.evaluations) and bound.subject is None
    rows = _rows(subjects_alone(plan) if nobody else plan, bound, look)
    roster = [] if nobody else rows[ruleset.subject.table]
    history = [*_history(bound.history, roster, ruleset.subject.key, look.window.month)]
    if not bound.evaluations:
        judged = judge(ruleset, rows, period, history=history, watch=watch)
        yield from ((slip, frozenset()) for slip in judged.subjects.values())
        return
    if nobody:
        rows = {**rows, ruleset.subject.table: []}
    for evaluation in bound.evaluations:
        given = _given(evaluation, ruleset)
        key = _key_of(bound.subject, roster, given, ruleset)
        own = given if bound.subject is not None else {**_defaults(ruleset), **given}
        slips = judge(ruleset, rows, period, {key: own}, history, watch=watch).subjects
        yield slips[key], frozenset(given)


def _rows(plan: Plan, bound: BoundCase, look: Look) -> dict[str, list[Row]]:
    """Return the tables of a case after their contracts, as formulas meet them."""
    admitted = admit_tables(plan, text_frames(plan.ruleset, bound.tables), look)
    lazy = admitted_rows(admitted)
    frames = dict(zip(lazy, pl.collect_all(lazy.values()), strict=True))
    types = plan.ruleset.tables
    return {
        name: [
            {column: _met(value, types[name].types[column]) for column, value in row.items()}
            for row in frame.iter_rows(named=True)
        ]
        for name, frame in frames.items()
    }


def _met(value: object, type_: Type) -> Value:
    """Return a value in storage form as the reference has it."""
    match value:
        case None | bool() | str():
            return value
        case int() if type_.kind is Kind.DATE:
            return _EPOCH + timedelta(days=value)
        case int() if type_.kind in QUANTITIES:
            scaled = type_.kind in PLAIN and not type_.whole
            return Fraction(value, NUMBER_SCALE if scaled else 1)
        case int():
            return value
        case _:
            raise TypeError(value)


def _given(evaluation: Evaluation, ruleset: Ruleset) -> dict[str, Value]:
    types = givable(ruleset)
    return {each.name: _read(each, types[each.name].kind) for each in evaluation.given}


def _read(given: GivenValue, kind: Kind) -> Value:
    """Return a given value as the reference has it: it reads a day as a day."""
    if kind is Kind.DATE and isinstance(given.value, int | Fraction):
        return _EPOCH + timedelta(days=int(given.value))
    return given.value


def _defaults(ruleset: Ruleset) -> dict[str, Value]:
    """Return the roster's columns of somebody of whom no row says anything."""
    columns = ruleset.tables[ruleset.subject.table].columns
    return {
        column.name: _constant(column.default.value)
        for column in columns
        if column.default is not None
    }


def _constant(value: object) -> Value:
    if value is None or isinstance(value, Fraction | str | bool | date):
        return value
    raise TypeError(value)


def _key_of(
    subject: Scalar | None, roster: Sequence[Row], given: Mapping[str, Value], ruleset: Ruleset
) -> Key:
    key, types = ruleset.subject.key, ruleset.tables[ruleset.subject.table].types
    if subject is not None:
        row, _ = find_subject(subject, roster, key)
        return tuple((row or {})[name] for name in key)  # type: ignore[misc] # rows of the roster
    blank = {name: "" if types[name].kind is Kind.TEXT else _NOBODY for name in key}
    return tuple(given.get(name, blank[name]) for name in key)


def _history(
    given: Sequence[SubjectHistory], roster: Sequence[Row], key: Sequence[str], month: int
) -> Iterator[Row]:
    """Yield the months that a case gives, those of each subject from the last one back."""
    people = [dict(person) for person in {tuple((k, row[k]) for k in key) for row in roster}]
    for each in given:
        person, _ = find_subject(each.subject, people, key)
        longest = max((len(values) for values in each.values.values()), default=0)
        for ago in range(1, longest + 1):
            told = {name: v[-ago] for name, v in each.values.items() if ago <= len(v)}
            yield {**(person or {}), "period": month - ago, **told}  # type: ignore[dict-item]
