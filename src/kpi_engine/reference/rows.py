"""The rows of every table, in order: where, per or match, add, drop."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import cast

from kpi_engine.language.kinds import Kind
from kpi_engine.reference.formulas import Evaluator
from kpi_engine.reference.lookups import Key, Shelf
from kpi_engine.reference.matches import match_rows
from kpi_engine.reference.moments import Calendar, day_of, month_of
from kpi_engine.reference.runs import cut_runs
from kpi_engine.reference.values import Row
from kpi_engine.ruleset.checked import Formula, Ruleset, Table

RUN = "run"
"""The column that numbers the runs of a key, from 1."""


@dataclass(frozen=True, slots=True)
class MadeRow:
    """A row with every column of its table; ``dropped`` names the drop that took it, if one did."""

    values: Row
    dropped: str | None


@dataclass(frozen=True, slots=True)
class MadeTable:
    """A table and its rows, dropped ones included.

    ``unmatched`` rows passed ``where``, but a match that takes every row found none for them.
    """

    table: Table
    rows: tuple[MadeRow, ...]
    unmatched: int


def make_tables(
    ruleset: Ruleset, inputs: Mapping[str, Sequence[Row]], shelf: Shelf, evaluator: Evaluator
) -> dict[str, MadeTable]:
    """Return every table by its name; a missing input is empty.

    A derived table is made from what its origin's drops left, whatever the period. What the drops
    of a table leave is put on the shelf, where the evaluator looks names up.
    """
    made: dict[str, MadeTable] = {}
    for name, table in ruleset.tables.items():
        source = inputs.get(name, ()) if table.origin is None else shelf.rows(table.origin)
        if table.per is None:
            made[name] = _make_per_row(ruleset, table, source, shelf, evaluator)
        else:
            made[name] = _make_per_key(ruleset, table, source, evaluator)
        shelf.put(name, [row.values for row in made[name].rows if row.dropped is None])
    return made


def passes(row: Row, condition: Formula | None, evaluator: Evaluator) -> bool:
    """Return whether a condition is true of a row, or there is none."""
    return condition is None or evaluator.value(condition.tree, row) is True


def _make_per_row(
    ruleset: Ruleset, table: Table, source: Sequence[Row], shelf: Shelf, evaluator: Evaluator
) -> MadeTable:
    if table.origin is not None and table.clock != ruleset.tables[table.origin].clock:
        source = [_undated(row) for row in source]
    dated = [_dated(row, table, evaluator.calendar) for row in source]
    passing = [row for row in dated if passes(row, table.where, evaluator)]
    becoming = match_rows(table, passing, ruleset.tables, shelf, evaluator)
    rows = [_added(row, (), table, evaluator) for matched in becoming for row in matched]
    unmatched = sum(not matched for matched in becoming)
    return MadeTable(table, tuple(_finished(row, table, evaluator) for row in rows), unmatched)


def _make_per_key(
    ruleset: Ruleset, table: Table, source: Sequence[Row], evaluator: Evaluator
) -> MadeTable:
    keys = table.per or ()
    passing = [row for row in source if passes(row, table.where, evaluator)]
    rows_by_key: dict[Key, list[Row]] = {}
    for row in passing:
        rows_by_key.setdefault(tuple(row[name] for name in keys), []).append(row)
    origin = ruleset.tables[cast("str", table.origin)]
    made: list[Row] = []
    for key, rows in rows_by_key.items():
        group = dict(zip(keys, key, strict=True))
        if table.runs is None:
            made.append(_added(group, rows, table, evaluator))
            continue
        for number, run in enumerate(
            cut_runs(rows, table.runs, origin.identity, evaluator), start=1
        ):
            made.append(_added({**group, RUN: Fraction(number)}, run, table, evaluator))
    return MadeTable(table, tuple(_finished(row, table, evaluator) for row in made), unmatched=0)


def _added(row: Row, rows: Sequence[Row], table: Table, evaluator: Evaluator) -> Row:
    """Return a row with the added columns, and its day and period once its clock is there."""
    row = _dated(row, table, evaluator.calendar)
    for name, formula in table.add:
        value = evaluator.value(formula.tree, row, rows)
        row = _dated({**row, name: value}, table, evaluator.calendar)
    return row


def _finished(row: Row, table: Table, evaluator: Evaluator) -> MadeRow:
    """Return a row as readers of the table see it, without what was matched for it."""
    drops = (name for name, drop in table.drop if passes(row, drop, evaluator))
    seen = {name: value for name, value in row.items() if name in table.types}
    return MadeRow(seen, next(drops, None))


def _dated(row: Row, table: Table, calendar: Calendar) -> Row:
    """Return the row with its built-in day and period; columns of these names win."""
    if table.clock is None or table.clock not in row:
        return row
    moment = row[table.clock]
    if table.types[table.clock].kind is Kind.MONTH:
        return {"period": moment, **row}
    if moment is None:
        return {"day": None, "period": None, **row}
    moment = cast("int | date", moment)
    return {"day": day_of(calendar, moment), "period": month_of(calendar, moment), **row}


def _undated(row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in {"day", "period"}}
