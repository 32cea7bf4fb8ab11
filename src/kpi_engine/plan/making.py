"""The rows of every table as lazy frames: what groups, cuts or matches rows is made at once."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from kpi_engine.language.core import Core
from kpi_engine.plan.boundaries import gathered_between
from kpi_engine.plan.gathering import gather_expr
from kpi_engine.plan.lowering import lower
from kpi_engine.plan.matches import matched_rows
from kpi_engine.plan.narrowing import keeping
from kpi_engine.plan.nodes import Calendar, GatherColumn, Plan, TableStep
from kpi_engine.plan.ordering import heads_in_order
from kpi_engine.plan.ranges import Engine, with_checked_sums
from kpi_engine.plan.runs import Cut, cut_rows, run_numbers, run_reads
from kpi_engine.plan.stages import assignments_in, lookups_in, with_stages
from kpi_engine.plan.tables import DROPPED
from kpi_engine.ruleset.derived import RUN

_WHOLE: Mapping[str, Mapping[str, object]] = {}


@dataclass(frozen=True, slots=True)
class Made:
    """The rows of every table by name.

    ``rows`` are all of them, with `DROPPED` where the table has drops. ``undropped`` are those that
    other tables see. ``unmatched`` counts what had to match and did not.
    """

    rows: Mapping[str, pl.LazyFrame]
    undropped: Mapping[str, pl.LazyFrame]
    unmatched: Mapping[str, int]


def made_tables(
    plan: Plan,
    inputs: Mapping[str, pl.LazyFrame],
    engine: Engine,
    narrowed: Mapping[str, Mapping[str, object]] = _WHOLE,
) -> Made:
    """Return the rows of the tables of a plan.

    Tables that are ``narrowed`` are made only from rows that have certain values.

    Raises:
        DataError: if a sum does not fit 60 bits.
    """
    rows: dict[str, pl.LazyFrame] = {}
    undropped: dict[str, pl.LazyFrame] = {}
    unmatched: dict[str, int] = {}
    for step in plan.tables:
        source = inputs[step.name] if step.origin is None else undropped[step.origin]
        source = keeping(source, narrowed.get(step.name, {}))
        made = _taken_rows(plan, step, source, undropped)
        if step.per is not None:
            made = _grouped_rows(plan, step, made, engine)
        if step.matches:
            asking = made.collect(engine=engine)
            matched = matched_rows(step.matches, asking, undropped, plan.calendar, engine)
            made, unmatched[step.name] = matched.rows.lazy(), matched.unmatched
        verdict = [DROPPED] if step.drops else []
        made = with_stages(made, step.added, undropped, plan.calendar)
        made = made.select(*step.columns, *verdict)
        if step.origin is not None and lookups_in(step.added):
            # Several read these rows: what was looked up is not looked up again for each.
            made = made.collect(engine=engine).lazy()
        rows[step.name] = made
        undropped[step.name] = _undropped_rows(step, made)
    return Made(rows, undropped, unmatched)


def _undropped_rows(step: TableStep, rows: pl.LazyFrame) -> pl.LazyFrame:
    return rows.filter(pl.col(DROPPED).is_null()).drop(DROPPED) if step.drops else rows


def _taken_rows(
    plan: Plan, step: TableStep, source: pl.LazyFrame, tables: Mapping[str, pl.LazyFrame]
) -> pl.LazyFrame:
    """Return the rows a table is made from, with what is to be gathered or matched by."""
    opened = with_stages(source.select(step.reads), step.opened, tables, plan.calendar)
    passing = _passing_rows(opened, step.where, plan.calendar)
    return with_stages(passing, step.taken, tables, plan.calendar)


def _passing_rows(rows: pl.LazyFrame, where: Core | None, calendar: Calendar) -> pl.LazyFrame:
    return rows if where is None else rows.filter(lower(where, calendar))


def _grouped_rows(plan: Plan, step: TableStep, rows: pl.LazyFrame, engine: Engine) -> pl.LazyFrame:
    """Return one row per key, unknown keys as one, or per run of a key; sums are checked."""
    per = step.per or ()
    taken = {c.argument: None for c in step.gathers if c.argument is not None}
    if step.runs is None:
        met = rows.select(*{**dict.fromkeys(per), **taken}).collect(engine=engine)
        groups = _groups(met, heads_in_order(met, per), per, step.gathers, engine)
    else:
        needed = {**dict.fromkeys((*per, *sorted(run_reads(step.runs)))), **taken}
        cut = cut_rows(step.runs, per, rows.select(*needed), plan.calendar, engine)
        groups = _runs(cut, per, step.gathers, engine)
    added = assignments_in(step.added)
    readers = ", ".join(f"`{a.name}`" for a in added if not a.name.startswith("~"))
    return with_checked_sums(groups, step.gathers, step.origin or "", readers).lazy()


def _runs(
    cut: Cut, per: tuple[str, ...], gathers: tuple[GatherColumn, ...], engine: Engine
) -> pl.DataFrame:
    """Return one row per run, with its key and ``run``."""
    numbers = run_numbers(cut)
    together = gathered_between(cut.rows, cut.starts, per, gathers)
    if together is not None:
        return together.with_columns(numbers)
    places = cut.starts.to_frame().select(pl.first().cast(pl.UInt32).cum_sum() - 1).to_series()
    rows = cut.rows.with_columns(numbers.gather(places))
    return _groups(rows, None, (*per, RUN), gathers, engine)


def _groups(
    rows: pl.DataFrame,
    heads: pl.Series | None,
    keys: tuple[str, ...],
    gathers: tuple[GatherColumn, ...],
    engine: Engine,
) -> pl.DataFrame:
    """Return one row per key; ``heads`` are the first rows of keys whose rows stand together."""
    together = None if heads is None else gathered_between(rows, heads, keys, gathers)
    if together is not None:
        return together
    exprs = [gather_expr(column) for column in gathers]
    return rows.lazy().group_by(keys).agg(exprs).collect(engine=engine)
