"""Runs: the rows of a key in order, cut where a condition starts a new one."""

from collections.abc import Mapping
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Cut:
    """Rows in order, and whether each is the first of its key (``heads``) or of its run."""

    rows: pl.DataFrame
    heads: pl.Series
    starts: pl.Series


def cut_rows(
    step: RunStep, per: tuple[str, ...], rows: pl.LazyFrame, calendar: Calendar, engine: Engine
) -> Cut:
    """Return the rows in order, cut into runs.

    Needs the columns of the key and `run_reads`. They are put in order at once: what reads the row
    before must not see another order the second time.
    """
    ordered = in_order(rows.collect(engine=engine), [*per, *step.order])
    same = pl.all_horizontal(
        pl.int_range(pl.len()) > 0, *(pl.col(k).eq_missing(pl.col(k).shift(1)) for k in per)
    )
    cut = ordered.lazy().with_columns((~same).alias(_HEAD))
    cut = cut.with_columns(
        pl.when(~pl.col(_HEAD)).then(pl.col(column.column).shift(1)).alias(column.name)
        for column in step.before
    )
    cut = with_assigned(cut, (Assignment(_STARTS, step.starts),), calendar)
    starts = pl.col(_HEAD) | pl.col(_STARTS).fill_null(value=False)
    found = cut.select(_HEAD, starts.alias(_STARTS)).collect(engine="in-memory")
    return Cut(ordered, found[_HEAD], found[_STARTS])


def run_numbers(cut: Cut) -> pl.Series:
    """Return of every run, in order, which of its key it is."""
    number = pl.int_range(pl.len(), dtype=pl.Int64)
    first = pl.when(pl.col(_HEAD)).then(number).forward_fill()
    heads = pl.DataFrame({_HEAD: cut.heads.filter(cut.starts)})
    return heads.select((number - first + 1).alias(RUN)).to_series()
