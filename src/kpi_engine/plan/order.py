"""The order of an input's rows, that of the runs cut from them, and what only settles it."""

from collections.abc import Iterator
from dataclasses import replace

from kpi_engine.plan.lookups import held_columns
from kpi_engine.plan.matches import matched_columns
from kpi_engine.plan.nodes import Lookup, Plan, TableStep
from kpi_engine.plan.pruning import lookups_of, pruned
from kpi_engine.plan.stages import lookups_in

_DATED_ANEW = frozenset({"day", "period"})
"""A table made of the rows may tell these by another clock."""


def order_of_runs(plan: Plan, table: str) -> list[str]:
    """Return the columns of an input that put its rows in the order of the runs cut from them.

    Every step finds its own order; what stands in order already is not sorted again.
    """
    for step in _made_of(plan, table):
        if step.runs is not None:
            columns = dict.fromkeys((*(step.per or ()), *step.runs.order))
            return [name for name in columns if name in plan.inputs[table]]
    return []


def settling_column(plan: Plan, table: str, order: list[str]) -> str | None:
    """Return the last column of an order if it does no more than settle the order of runs.

    Among rows that are equal in the columns before it their places do the same.
    """
    if not order:
        return None
    *before, last = order
    if not _DATED_ANEW.isdisjoint(before) or last in _read_beside(plan, table, last):
        return None
    for step in _made_of(plan, table):
        if step.runs is not None and last in step.runs.order:
            place = step.runs.order.index(last)
            if not {*(step.per or ()), *step.runs.order[:place]}.issuperset(before):
                return None
    return last


def _made_of(plan: Plan, table: str) -> Iterator[TableStep]:
    """Return the tables made of the rows of an input, as they are or in tables between."""
    kept = {table}
    for step in plan.tables:
        if step.origin in kept:
            yield step
            if step.per is None:
                kept.add(step.name)


def _read_beside(plan: Plan, table: str, name: str) -> set[str]:
    """Return what is read of an input's rows, and by whom they are found, but to put runs in order.

    ``name`` may go through tables that no one reads it of.
    """
    steps = [next(s for s in plan.tables if s.name == table), *_made_of(plan, table)]
    kept = {step.name for step in steps if step.per is None}
    read: set[str] = set()
    for step in steps:
        unordered = None if step.runs is None else replace(step.runs, order=())
        read.update(pruned(replace(step, runs=unordered), set(step.columns) - {name}).reads)
        read.update(() if step.clock is None else (step.clock.column,))
    for step in plan.tables:
        matches = (match for match in step.matches if match.table in kept)
        read.update(column for match in matches for column in matched_columns(match))
    for lookup in _lookups(plan):
        if lookup.table in kept:
            read.update(held_columns(lookup, plan.ruleset.tables[lookup.table]))
    for gather in plan.gathers:
        read.update(gather.reads if gather.table in kept else ())
    return {*read, name} if plan.roster.table in kept else read


def _lookups(plan: Plan) -> Iterator[Lookup]:
    """Return all lookups of a plan."""
    for step in plan.tables:
        yield from lookups_of(step)
    for gather in plan.gathers:
        yield from lookups_in(gather.taken)
    yield from lookups_in(plan.roster.opened)
    yield from plan.lookups
