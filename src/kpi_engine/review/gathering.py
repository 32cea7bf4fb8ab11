"""The facts of a test case: its rows held to the contracts of their tables, then gathered."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

import polars as pl

from kpi_engine.execution.columns import Standards, storage_type
from kpi_engine.execution.contracts import admit_rows, fit_columns, reject_types
from kpi_engine.execution.inputs import open_inputs
from kpi_engine.language.exact import NUMBER_SCALE
from kpi_engine.language.kinds import PLAIN, Kind
from kpi_engine.plan.facts import gather_facts
from kpi_engine.plan.nodes import Plan
from kpi_engine.plan.period import period_window
from kpi_engine.ruleset.checked import Column
from kpi_engine.text.errors import DataError

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class GatheredCase:
    """The facts, one row per subject as the slip reads them, and the refused values and keys."""

    facts: pl.DataFrame
    rejects: pl.DataFrame


def gather_frames(plan: Plan, frames: Mapping[str, pl.DataFrame], period: str) -> GatheredCase:
    """Return the facts of a period without asking for a row in any table.

    Raises:
        DataError: a subject is on the roster twice, or a number does not fit.
    """
    ruleset = plan.ruleset
    needed = [table for name, table in ruleset.tables.items() if name in plan.inputs]
    opened, diagnostics = open_inputs(needed, frames, frames)
    if diagnostics:
        raise DataError(diagnostics)
    standards = Standards(ruleset.zone, ruleset.minor_digits)
    rows: dict[str, pl.LazyFrame] = {}
    rejects = [pl.DataFrame(schema=reject_types(values=False))]
    for table in needed:
        fitted, wrong = fit_columns(table, opened[table.name], standards)
        if wrong:
            raise DataError(wrong)
        admission = admit_rows(fitted, keyed=table.name != ruleset.subject.table)
        rows[table.name] = admission.rows
        rejects.append(admission.rejects)
    window = period_window(period, plan.calendar.zone, plan.calendar.day_starts)
    return GatheredCase(gather_facts(plan, rows, window).facts, pl.concat(rejects))


def facts_of_nobody(plan: Plan, period: str) -> pl.DataFrame:
    """Return the facts of a subject of whom no row says anything: one row.

    Her counts and sums are 0, the roster's columns have their defaults, all else is unknown.
    """
    rows: dict[str, pl.LazyFrame] = {}
    for name in plan.inputs:
        columns = plan.ruleset.tables[name].columns
        schema = {column.name: storage_type(column.type.kind) for column in columns}
        rows[name] = pl.LazyFrame(schema=schema)
        if name == plan.roster.table:
            nobody = {column.name: [_stored(column, plan.roster.key)] for column in columns}
            rows[name] = pl.LazyFrame(nobody, schema=schema)
    anybody = replace(plan, roster=replace(plan.roster, where=None, valid=None))
    window = period_window(period, plan.calendar.zone, plan.calendar.day_starts)
    return gather_facts(anybody, rows, window).facts


def _stored(column: Column, key: tuple[str, ...]) -> int | str | bool | None:
    """Return what is kept of a column that is not given; a key is never missing."""
    kind = column.type.kind
    if column.name in key:
        return "" if kind is Kind.TEXT else 0
    default = None if column.default is None else column.default.value
    match default:
        case Fraction():
            return int(default * (NUMBER_SCALE if kind in PLAIN and not column.type.whole else 1))
        case date():
            return (default - _EPOCH).days
        case bool() | str() | None:
            return default
        case _:
            raise TypeError(default)
