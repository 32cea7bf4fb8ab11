"""The subjects of a score without rows: those of the roster, or those that facts speak of."""

from collections.abc import Iterator
from dataclasses import replace

import polars as pl

from kpi_engine.execution.contract import stored_value
from kpi_engine.plan.graph import columns_in
from kpi_engine.plan.nodes import Lookup, Plan, Stages, TableStep
from kpi_engine.plan.period import Window
from kpi_engine.plan.subjects import with_period
from kpi_engine.text.diagnostics import Diagnostic, diagnose
from kpi_engine.text.errors import DataError


def subjects_alone(plan: Plan) -> Plan:
    """Return the part of a plan that finds the subjects and what is looked up for them."""
    step_by_name = {step.name: step for step in plan.tables}
    lookups = (*plan.roster.opened, *plan.lookups)
    waiting = [plan.roster.table, *_looked_up(lookups)]
    needed: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting += _read_tables(step_by_name[name])
    steps = tuple(step for step in plan.tables if step.name in needed)
    inputs = {name: columns for name, columns in plan.inputs.items() if name in needed}
    return replace(plan, tables=steps, gathers=(), inputs=inputs)


def _read_tables(step: TableStep) -> Iterator[str]:
    """Return the tables that a table is made from, matched with or looks into."""
    if step.origin is not None:
        yield step.origin
    yield from (match.table for match in step.matches)
    yield from _looked_up((*step.opened, *step.taken, *step.added))


def _looked_up(stages: Stages) -> Iterator[str]:
    return (stage.table for stage in stages if isinstance(stage, Lookup))


def subjects_of_facts(plan: Plan, facts: pl.DataFrame, window: Window) -> pl.DataFrame:
    """Return the subjects that facts speak of, as a roster without attributes would.

    Raises:
        DataError: formulas read columns of the roster, or look something up for a subject.
    """
    missing = [*_unknown_columns(plan), *_unknown_tables(plan)]
    if missing:
        raise DataError(missing)
    types = plan.ruleset.tables[plan.roster.table].types
    key = [stored_value(pl.col(k), types[k].kind).alias(k) for k in plan.roster.key]
    return with_period(facts.lazy().select(key).unique(), window).sort(plan.roster.key).collect()


def _unknown_columns(plan: Plan) -> Iterator[Diagnostic]:
    made = {a.name for part in plan.slip for a in part.assignments}
    read = columns_in(a.core for part in plan.slip for a in part.assignments)
    missing = sorted(name for name in read if name.startswith("roster.") and name not in made)
    if missing:
        names = "`, `".join(name.removeprefix("roster.") for name in missing)
        yield diagnose("K447", names=names, table=plan.roster.table)


def _unknown_tables(plan: Plan) -> Iterator[Diagnostic]:
    tables = dict.fromkeys(lookup.table for lookup in plan.lookups)
    if tables:
        verb, them = ("was", "it") if len(tables) == 1 else ("were", "them")
        yield diagnose("K448", names="`, `".join(tables), verb=verb, them=them)
