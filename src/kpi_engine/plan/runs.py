"""Runs: the rows of a key in order, cut where a condition starts a new one."""

from collections.abc import Mapping

import polars as pl

from kpi_engine.language.core import Value
from kpi_engine.plan.graph import columns_in
from kpi_engine.plan.levels import with_assigned
from kpi_engine.plan.lookups import Sources, row_environment
from kpi_engine.plan.nodes import Assignment, Brought, Calendar, RunStep
from kpi_engine.plan.ordering import in_order
from kpi_engine.plan.ranges import Engine
from kpi_engine.plan.readings import condition
from kpi_engine.ruleset.checked import Table
from kpi_engine.ruleset.derived import RUN
from kpi_engine.ruleset.lookups import brought

BEFORE = "before"
RUN_ID = "~run"
"""The number of a run among those of all keys."""

_HEAD, _STARTS = "~head", "~starts"


def run_step(table: Table, sources: Sources, rows: Mapping[str, Value]) -> RunStep | None:
    """Return how the rows of a table's origin are cut into runs, None where they are not."""
    if table.runs is None or table.per is None or table.origin is None:
        return None
    names = {**rows, **brought(BEFORE, rows)}
    starts = condition(table.runs.starts_when.node, row_environment(sources, names))
    order = (*table.runs.in_order, *sources.tables[table.origin].identity)
    before = (name for name in columns_in([starts]) if name.startswith(f"{BEFORE}."))
    return RunStep(
        order=tuple(name for name in dict.fromkeys(order) if name not in table.per),
        before=tuple(Brought(name, name.partition(".")[2]) for name in before),
        starts=starts,
    )


def run_reads(step: RunStep) -> set[str]:
    """Return the columns that cutting rows into runs reads, those of the key aside."""
    before = {column.name for column in step.before}
    own = set(columns_in([step.starts])) - before
    return {*own, *step.order, *(column.column for column in step.before)}


def cut_rows(
    step: RunStep, per: tuple[str, ...], rows: pl.LazyFrame, calendar: Calendar, engine: Engine
) -> pl.LazyFrame:
    """Return the rows in order with `RUN_ID`, and ``run``: which run of its key a row is in.

    Needs the columns of the key and `run_reads`. They are put in order at once: what reads the row
    before must not see another order the second time.
    """
    ordered = in_order(rows.collect(engine=engine), [*per, *step.order]).lazy()
    same = pl.all_horizontal(
        pl.int_range(pl.len()) > 0, *(pl.col(k).eq_missing(pl.col(k).shift(1)) for k in per)
    )
    cut = ordered.with_columns((~same).alias(_HEAD)).with_columns(
        pl.when(~pl.col(_HEAD)).then(pl.col(column.column).shift(1)).alias(column.name)
        for column in step.before
    )
    cut = with_assigned(cut, (Assignment(_STARTS, step.starts),), calendar)
    starts = pl.col(_HEAD) | pl.col(_STARTS).fill_null(value=False)
    cut = cut.with_columns(starts.cast(pl.Int64).cum_sum().alias(RUN_ID))
    first = pl.when(pl.col(_HEAD)).then(pl.col(RUN_ID)).forward_fill()
    numbered = cut.with_columns((pl.col(RUN_ID) - first + 1).alias(RUN))
    inside = [_HEAD, _STARTS, *(column.name for column in step.before)]
    return numbered.drop(inside).collect(engine="in-memory").lazy()
