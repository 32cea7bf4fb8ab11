"""Rows of one subject kept as early as it changes nothing: before they are grouped or matched."""

from collections.abc import Mapping

import polars as pl

from kpi_engine.plan.lowering import is_wide
from kpi_engine.plan.nodes import GatherStep, Plan, TableStep
from kpi_engine.plan.pruning import lookups_of
from kpi_engine.plan.stages import assignments_in, lookups_in


def of_subject(rows: pl.LazyFrame, step: GatherStep, key: pl.DataFrame) -> pl.LazyFrame:
    """Return the rows of a step's table that may be a subject's, by columns that name her.

    ``key`` is one row with her key.
    """
    return keeping(rows, _naming(step, key))


def narrowed_sources(
    plan: Plan, step: GatherStep, key: pl.DataFrame
) -> dict[str, Mapping[str, object]]:
    """Return the values that rows must have which a table is made from, by column and table.

    A column goes with a subject from the table of her rows to the rows that this is made from, as
    long as every row made of them has its value. Tables that others read too are made whole.
    """
    steps = {table.name: table for table in plan.tables}
    found: dict[str, Mapping[str, object]] = {}
    table, naming = steps[step.table], _naming(step, key)
    while table.origin is not None:
        naming = {name: value for name, value in naming.items() if _comes_along(name, table)}
        if not naming:
            break
        found[table.name] = naming
        table = steps[table.origin]
        if _readers(plan, table.name) > 1:
            break
    return found


def keeping(rows: pl.LazyFrame, values: Mapping[str, object]) -> pl.LazyFrame:
    """Return the rows that have these values."""
    return rows.filter(pl.col(name).eq(value) for name, value in values.items()) if values else rows


def _naming(step: GatherStep, key: pl.DataFrame) -> dict[str, object]:
    """Return the columns that name the subject of a row as they are, and their values of one."""
    return {
        str(pair.asked.args[0]): key[name][0]
        for name, pair in zip(step.key, step.asked, strict=True)
        if pair.asked.op == pair.held.op == "column" and not is_wide(pair.asked)
        if str(pair.asked.args[0]) in step.reads
    }


def _comes_along(name: str, table: TableStep) -> bool:
    """Return whether rows are made only of rows with the same value of a column.

    They are where it is no column of their own: it was there before, and they are grouped by it.
    """
    made = assignments_in((*table.opened, *table.taken, *table.added))
    return name in table.reads and all(assignment.name != name for assignment in made)


def _readers(plan: Plan, table: str) -> int:
    """Return how many times the rows of a table are read, once where only one other is made."""
    read = [step.origin for step in plan.tables]
    read += [match.table for step in plan.tables for match in step.matches]
    read += [lookup.table for step in plan.tables for lookup in lookups_of(step)]
    read += [lookup.table for gather in plan.gathers for lookup in lookups_in(gather.taken)]
    read += [lookup.table for lookup in lookups_in(plan.roster.opened)]
    return sum(name == table for name in (*read, plan.roster.table))
