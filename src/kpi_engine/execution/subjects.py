"""The subjects of a score without rows: those of the roster, or those that facts speak of."""

from collections.abc import Iterator
from dataclasses import replace

import polars as pl

from kpi_engine.execution.contract import stored_value
from kpi_engine.plan.graph import columns_in
from kpi_engine.plan.nodes import Lookup, Plan, RosterStep, Stages, TableStep
from kpi_engine.plan.period import Window
from kpi_engine.plan.pruning import demand_others, lookups_of, pruned
from kpi_engine.plan.stages import lookups_in, pruned_stages
from kpi_engine.plan.subjects import with_period
from kpi_engine.plan.tables import DROPPED
from kpi_engine.ruleset.checked import Ruleset
from kpi_engine.ruleset.kept import roster_column
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


def subjects_as_read(plan: Plan) -> Plan:
    """Return `subjects_alone`, with no more columns than a score from facts reads of each table."""
    alone = subjects_alone(plan)
    asked = [pair.asked for lookup in plan.lookups for pair in lookup.key]
    asked += [lookup.valid.asked for lookup in plan.lookups if lookup.valid is not None]
    read = set(columns_in([*asked, *(a.core for part in plan.slip for a in part.assignments)]))
    columns = tuple(name for name in plan.roster.columns if roster_column(name) in read)
    roster = replace(plan.roster, columns=columns)
    steps = _pruned_steps(plan.ruleset, alone.tables, roster, plan.lookups)
    inputs = {step.name: step.reads for step in steps if step.origin is None}
    domains = (
        tuple((table, column) for table, column in domain if column in inputs.get(table, ()))
        for domain in plan.domains
    )
    return replace(
        alone,
        tables=steps,
        roster=roster,
        inputs=inputs,
        domains=tuple(domain for domain in domains if domain),
    )


def _pruned_steps(
    ruleset: Ruleset, steps: tuple[TableStep, ...], roster: RosterStep, lookups: tuple[Lookup, ...]
) -> tuple[TableStep, ...]:
    """Return tables with no more columns than the roster and what is looked up for it need."""
    where = () if roster.where is None else (roster.where,)
    valid = () if roster.valid is None else [clock.column for clock in roster.valid]
    wanted = {*roster.key, *roster.columns, *valid, *columns_in(where)}
    opened, read = pruned_stages(roster.opened, wanted)
    demanded: dict[str, set[str]] = {roster.table: read}
    demand_others((*lookups, *lookups_in(opened)), (), demanded, ruleset.tables)
    kept: list[TableStep] = []
    for whole in reversed(steps):
        if whole.clock is not None:
            demanded[whole.name].add(whole.clock.column)
        step = pruned(whole, demanded[whole.name] - {DROPPED})
        kept.append(step)
        if step.origin is not None:
            demanded.setdefault(step.origin, set()).update(step.reads)
        demand_others(lookups_of(step), step.matches, demanded, ruleset.tables)
    return tuple(reversed(kept))


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
