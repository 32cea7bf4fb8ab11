"""The facts of a test case: its rows held to the contracts of their tables, then gathered."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

import polars as pl

from kpi_engine.execution.admission import admit_tables, admitted_rows
from kpi_engine.execution.columns import storage_type
from kpi_engine.execution.look import Look
from kpi_engine.execution.subjects import subjects_alone
from kpi_engine.language.exact import NUMBER_SCALE
from kpi_engine.language.kinds import PLAIN, Kind
from kpi_engine.plan.coding import with_texts
from kpi_engine.plan.facts import gather_facts
from kpi_engine.plan.making import made_tables
from kpi_engine.plan.nodes import Plan
from kpi_engine.ruleset.checked import Column

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class GatheredCase:
    """The facts of a case, and what formulas look into for its subjects.

    ``facts`` has one row per subject, as the slip reads them; ``looked_into`` the rows by table.
    ``rejects`` are the refused values and keys.
    """

    facts: pl.DataFrame
    looked_into: Mapping[str, pl.LazyFrame]
    rejects: pl.DataFrame


def gather_frames(plan: Plan, frames: Mapping[str, pl.DataFrame], look: Look) -> GatheredCase:
    """Return the facts of a period without asking for a row in any table.

    Raises:
        DataError: a subject is on the roster twice, or a number does not fit.
    """
    admitted = admit_tables(plan, frames, look)
    rows = admitted_rows(admitted)
    facts = gather_facts(plan, rows, look.window).facts
    return GatheredCase(facts, _looked_into(plan, rows), admitted.rejects)


def gather_nobody(plan: Plan, frames: Mapping[str, pl.DataFrame], look: Look) -> GatheredCase:
    """Return the facts of a subject of whom no row says anything: one row.

    Her counts and sums are 0, the roster's columns have their defaults, all else is unknown. Only
    what formulas look into for a subject is taken from the frames.
    """
    admitted = admit_tables(subjects_alone(plan), frames, look)
    facts = _facts_of_nobody(plan, look)
    return GatheredCase(facts, _looked_into(plan, admitted_rows(admitted)), admitted.rejects)


def _looked_into(plan: Plan, rows: Mapping[str, pl.LazyFrame]) -> Mapping[str, pl.LazyFrame]:
    shown = {name: with_texts(lf) for name, lf in rows.items()}
    return made_tables(subjects_alone(plan), shown, "auto").undropped if plan.lookups else {}


def _facts_of_nobody(plan: Plan, look: Look) -> pl.DataFrame:
    rows: dict[str, pl.LazyFrame] = {}
    for name in plan.inputs:
        columns = plan.ruleset.tables[name].columns
        schema = {column.name: storage_type(column.type.kind) for column in columns}
        rows[name] = pl.LazyFrame(schema=schema)
        if name == plan.roster.table:
            nobody = {column.name: [_stored(column, plan.roster.key)] for column in columns}
            rows[name] = pl.LazyFrame(nobody, schema=schema)
    anybody = replace(plan, roster=replace(plan.roster, opened=(), where=None, valid=None))
    return gather_facts(anybody, rows, look.window).facts


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
