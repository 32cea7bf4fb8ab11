"""The rows of every table, in order: where, per, add, drop; and the rows of the roster."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import cast

from kpi_engine.language.kinds import Kind
from kpi_engine.reference.formulas import Evaluator
from kpi_engine.reference.moments import Calendar, Period, day_of, month_of
from kpi_engine.reference.values import Row, Value
from kpi_engine.ruleset.checked import Formula, Ruleset, Table
from kpi_engine.text.diagnostics import diagnose
from kpi_engine.text.errors import DataError

Key = tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class MadeRow:
    """A row with every column of its table.

    ``month`` is the one its clock falls in, None where there is no clock or it shows nothing.
    ``dropped`` names the drop that took the row, if one did.
    """

    values: Row
    month: int | None
    dropped: str | None


def make_tables(
    ruleset: Ruleset, tables: Mapping[str, Sequence[Row]], evaluator: Evaluator, calendar: Calendar
) -> dict[str, list[MadeRow]]:
    """Return the rows of every table by its name, dropped rows included; a missing input is empty.

    A derived table is made from what its origin's drops left, whatever the period.
    """
    made: dict[str, list[MadeRow]] = {}
    for name, table in ruleset.tables.items():
        if table.origin is None:
            source = list(tables.get(name, ()))
        else:
            source = [row.values for row in made[table.origin] if row.dropped is None]
            if table.per is None and table.clock != ruleset.tables[table.origin].clock:
                source = [_undated(row) for row in source]
        make = _rows_per_row if table.per is None else _rows_per_key
        made[name] = [
            MadeRow(row, _month(row, table, calendar), _drop(row, table, evaluator))
            for row in make(table, source, evaluator, calendar)
        ]
    return made


def rows_in_period(table: Table, rows: Sequence[MadeRow], period: Period) -> list[MadeRow]:
    """Return the rows of a period, dropped ones included; without a clock every row is of all."""
    return [row for row in rows if table.clock is None or row.month == period.month]


def _rows_per_row(
    table: Table, source: Sequence[Row], evaluator: Evaluator, calendar: Calendar
) -> Iterator[Row]:
    for found in source:
        row = _dated(found, table, calendar)
        if _passes(row, table.where, evaluator):
            for name, formula in table.add:
                row = {**row, name: evaluator.value(formula.tree, row)}
            yield row


def _rows_per_key(
    table: Table, source: Sequence[Row], evaluator: Evaluator, calendar: Calendar
) -> Iterator[Row]:
    keys = table.per or ()
    rows_by_key: dict[Key, list[Row]] = {}
    for found in source:
        if _passes(found, table.where, evaluator):
            rows_by_key.setdefault(tuple(found[name] for name in keys), []).append(found)
    for key, rows in rows_by_key.items():
        row: Row = dict(zip(keys, key, strict=True))
        for name, formula in table.add:
            row = {**row, name: evaluator.value(formula.tree, row, rows)}
        yield _dated(row, table, calendar)


def _passes(row: Row, condition: Formula | None, evaluator: Evaluator) -> bool:
    return condition is None or evaluator.value(condition.tree, row) is True


def _drop(row: Row, table: Table, evaluator: Evaluator) -> str | None:
    return next((name for name, drop in table.drop if _passes(row, drop, evaluator)), None)


def _month(row: Row, table: Table, calendar: Calendar) -> int | None:
    if table.clock is None or row[table.clock] is None:
        return None
    moment = cast("int | date", row[table.clock])
    if table.types[table.clock].kind is Kind.MONTH:
        return cast("int", moment)
    return month_of(calendar, moment)


def _dated(row: Row, table: Table, calendar: Calendar) -> Row:
    """Return the row with its built-in day and period; columns of these names win."""
    if table.clock is None:
        return row
    built_in: dict[str, Value] = {"period": _month(row, table, calendar)}
    if table.types[table.clock].kind is not Kind.MONTH:
        moment = cast("int | date | None", row[table.clock])
        built_in["day"] = None if moment is None else day_of(calendar, moment)
    return {**built_in, **row}


def _undated(row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in {"day", "period"}}


def roster_rows(
    ruleset: Ruleset, rows: Sequence[MadeRow], period: Period, evaluator: Evaluator
) -> dict[Key, Row]:
    """Return the row of every subject by its key, the last one that is valid in the period.

    Raises:
        DataError: if a subject has two rows, or with validity two that start on the same day.
    """
    subject = ruleset.subject
    valid = ruleset.tables[subject.table].valid
    found: dict[Key, dict[date, list[Row]]] = {}
    for made in rows:
        row = made.values
        key = tuple(row[name] for name in subject.key)
        if made.dropped is not None or not _passes(row, subject.where, evaluator):
            continue
        starts = date.min
        if valid is not None:
            first, end = (cast("date | None", row[name]) for name in valid)
            if first is None or first > period.last_day:
                continue
            if end is not None and end <= period.first_day:
                continue
            starts = first
        found.setdefault(key, {}).setdefault(starts, []).append(row)
    twice = [
        diagnose("K432", table=subject.table, count=len(rivals), subject=_shown(key), fix=None)
        for key, rows_by_start in found.items()
        for rivals in rows_by_start.values()
        if len(rivals) > 1
    ]
    if twice:
        raise DataError(twice)
    return {key: rows_by_start[max(rows_by_start)][0] for key, rows_by_start in found.items()}


def _shown(key: Key) -> str:
    return ", ".join(f"`{part}`" for part in key)
