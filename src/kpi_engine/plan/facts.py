"""The facts of a run: every metric from rows, for every subject of the roster."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from kpi_engine.plan.metrics import ROWS, gathered_rows, with_values
from kpi_engine.plan.nodes import GatherStep, Plan, TableStep
from kpi_engine.plan.period import Window
from kpi_engine.plan.ranges import Engine, as_narrow, with_checked_sums
from kpi_engine.plan.roster import check_roster, roster_rows
from kpi_engine.plan.tables import (
    DROPPED,
    finished_rows,
    grouped_rows,
    source_rows,
    undropped,
)
from kpi_engine.plan.windows import in_window


@dataclass(frozen=True, slots=True)
class MetricAccount:
    """What became of the rows a metric could have used; accepted is the sum of the others."""

    accepted: int
    used: int
    filtered: int
    unknown: int
    no_subject: int


@dataclass(frozen=True, slots=True)
class TableAccount:
    """The rows made for a table: taken by each drop, and of all made where they lie in time.

    Rows of a table without a clock are all in the window.
    """

    made: int
    dropped: Mapping[str, int]
    in_window: int
    outside: int
    undated: int


@dataclass(frozen=True, slots=True)
class Gathered:
    """The facts, one row per subject sorted by key, and what became of every row.

    ``tables`` are the accounts of derived tables and of inputs that have drops.
    """

    facts: pl.DataFrame
    metrics: Mapping[str, MetricAccount]
    tables: Mapping[str, TableAccount]


def gather_facts(
    plan: Plan, tables: Mapping[str, pl.LazyFrame], window: Window, *, engine: Engine = "auto"
) -> Gathered:
    """Return the facts of a window.

    ``tables`` holds for every input table its accepted rows in storage form, whatever their
    period. The same rows give the same facts in any order, on any engine.

    Raises:
        DataError: if the roster names a subject twice, or a number does not fit 64 bits.
    """
    made: dict[str, pl.LazyFrame] = {}
    for step in plan.tables:
        made[step.name] = _table_rows(plan, step, tables, made, engine)
    roster = made[plan.roster.table]
    step_by_name = {step.name: step for step in plan.tables}
    subjects = roster_rows(
        plan.roster, undropped(step_by_name[plan.roster.table], roster), window, plan.calendar
    ).collect(engine=engine)
    check_roster(plan.roster, subjects)
    accounted = [step for step in plan.tables if step.origin is not None or step.drops]
    groups = [gathered_rows(s, made[s.table], window, plan.calendar) for s in plan.gathers]
    counts = [_counted(plan, step, made[step.name], window) for step in accounted]
    frames = pl.collect_all([*groups, *counts], engine=engine)
    facts = subjects
    accounts: dict[str, MetricAccount] = {}
    for gather, group in zip(plan.gathers, frames, strict=False):
        values = _subject_values(plan, gather, subjects, group, engine)
        accounts |= _metric_accounts(gather, values, group)
        facts = pl.concat([facts, values.select(gather.columns)], how="horizontal")
    table_accounts = {
        step.name: _table_account(step, frame)
        for step, frame in zip(accounted, frames[len(groups) :], strict=True)
    }
    return Gathered(facts, accounts, table_accounts)


def _table_rows(
    plan: Plan,
    step: TableStep,
    tables: Mapping[str, pl.LazyFrame],
    made: Mapping[str, pl.LazyFrame],
    engine: Engine,
) -> pl.LazyFrame:
    """Return the rows of one table; groups are made at once, and their sums checked."""
    if step.origin is None:
        source = tables[step.name]
    else:
        origin = next(other for other in plan.tables if other.name == step.origin)
        source = undropped(origin, made[step.origin])
    rows = source_rows(step, source, plan.calendar)
    if step.per is not None:
        groups = grouped_rows(step, rows, plan.calendar).collect(engine=engine)
        readers = ", ".join(f"`{a.name}`" for a in step.added if not a.name.startswith("~"))
        rows = with_checked_sums(groups, step.gathers, step.origin or "", readers).lazy()
    return finished_rows(step, rows, plan.calendar)


def _counted(plan: Plan, step: TableStep, rows: pl.LazyFrame, window: Window) -> pl.LazyFrame:
    """Return one row of counts: made, in the window, undated, and per drop."""
    made = pl.len().alias("made")
    dropped = [
        (pl.col(DROPPED) == index).sum().alias(f"dropped.{name}")
        for index, name in enumerate(step.drops)
    ]
    if step.clock is None:
        return rows.select(made, made.alias("in_window"), pl.lit(0).alias("undated"), *dropped)
    inside = in_window(step.clock, window, plan.calendar).sum().alias("in_window")
    undated = pl.col(step.clock.column).is_null().sum().alias("undated")
    return rows.select(made, inside, undated, *dropped)


def _table_account(step: TableStep, counts: pl.DataFrame) -> TableAccount:
    count = counts.row(0, named=True)
    return TableAccount(
        made=count["made"],
        dropped={name: count[f"dropped.{name}"] for name in step.drops},
        in_window=count["in_window"],
        outside=count["made"] - count["in_window"] - count["undated"],
        undated=count["undated"],
    )


def _subject_values(
    plan: Plan, step: GatherStep, subjects: pl.DataFrame, group: pl.DataFrame, engine: Engine
) -> pl.DataFrame:
    """Return the metrics of a step, and `ROWS`, for the subjects in their order."""
    readers = ", ".join(f"`{name}`" for name in step.metrics)
    met = group.join(subjects, on=list(step.key), how="semi")
    checked = with_checked_sums(met, step.gathers, step.table, readers)
    values = with_values(step, subjects.lazy(), checked.lazy(), plan.calendar)
    return as_narrow(values.collect(engine=engine), step.columns)


def _metric_accounts(
    step: GatherStep, values: pl.DataFrame, group: pl.DataFrame
) -> dict[str, MetricAccount]:
    accepted, of_subjects = int(group[ROWS].sum()), int(values[ROWS].sum())
    accounts = {}
    for metric in step.metrics:
        used = int(values[f"metric.{metric}.n"].sum())
        unknown = int(values[f"metric.{metric}.n_unknown"].sum())
        filtered = of_subjects - used - unknown
        accounts[metric] = MetricAccount(accepted, used, filtered, unknown, accepted - of_subjects)
    return accounts
