"""The facts of a run: every metric from rows, for every subject of the roster."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from kpi_engine.plan.coding import encoded_tables, with_texts
from kpi_engine.plan.gathered import (
    PASSING,
    ROWS,
    dropped_rows,
    gathered_rows,
    of_subjects,
    with_values,
)
from kpi_engine.plan.making import Made, made_tables
from kpi_engine.plan.nodes import GatherStep, Plan, TableStep
from kpi_engine.plan.period import Window
from kpi_engine.plan.ranges import Engine, as_narrow, with_checked_sums
from kpi_engine.plan.scans import scanned_rows, window_of
from kpi_engine.plan.subjects import subject_rows
from kpi_engine.plan.tables import DROPPED
from kpi_engine.plan.verdicts import LATEST, WHERE
from kpi_engine.plan.windows import in_window


@dataclass(frozen=True, slots=True)
class MetricAccount:
    """What became of the rows a metric could have used; accepted is the sum of the others.

    ``filtered_by`` adds up to filtered: the rows each drop of the table was the first to take, and
    under `WHERE` those that failed the metric's own condition, under `LATEST` the older ones.
    """

    accepted: int
    used: int
    filtered: int
    unknown: int
    no_subject: int
    filtered_by: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class TableAccount:
    """The rows made for a table: taken by each drop, and of all made where they lie in time.

    Rows of a table without a clock are all in the window. ``unmatched`` rows were not made: nothing
    was found for them where a match takes every row.
    """

    made: int
    dropped: Mapping[str, int]
    in_window: int
    outside: int
    undated: int
    unmatched: int


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
    tables = encoded_tables(plan, scanned_rows(plan, tables, window), engine)
    made = made_tables(plan, tables, engine)
    subjects = subject_rows(plan, made.undropped, window, engine)
    accounted = [step for step in plan.tables if step.origin is not None or step.drops]
    groups = [_gathered(plan, step, made, window) for step in plan.gathers]
    counts = [_counted(plan, step, made.rows[step.name], window) for step in accounted]
    frames = pl.collect_all([*groups, *counts], engine=engine)
    facts = subjects
    accounts: dict[str, MetricAccount] = {}
    for gather, group in zip(plan.gathers, frames, strict=False):
        values = subject_values(plan, gather, subjects, group, engine)
        accounts |= _metric_accounts(gather, values, group)
        facts = pl.concat([facts, values.select(gather.columns)], how="horizontal")
    table_accounts = {
        step.name: _table_account(step, frame, made.unmatched.get(step.name, 0))
        for step, frame in zip(accounted, frames[len(groups) :], strict=True)
    }
    return Gathered(with_texts(facts), accounts, table_accounts)


def _gathered(plan: Plan, step: GatherStep, made: Made, window: Window) -> pl.LazyFrame:
    rows, window = made.rows[step.table], window_of(plan, step, window)
    return gathered_rows(step, rows, made.undropped, window, plan.calendar)


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


def _table_account(step: TableStep, counts: pl.DataFrame, unmatched: int) -> TableAccount:
    count = counts.row(0, named=True)
    return TableAccount(
        made=count["made"],
        dropped={name: count[f"dropped.{name}"] for name in step.drops},
        in_window=count["in_window"],
        outside=count["made"] - count["in_window"] - count["undated"],
        undated=count["undated"],
        unmatched=unmatched,
    )


def subject_values(
    plan: Plan, step: GatherStep, subjects: pl.DataFrame, group: pl.DataFrame, engine: Engine
) -> pl.DataFrame:
    """Return the metrics of a step, and `ROWS`, for the subjects in their order."""
    readers = ", ".join(f"`{name}`" for name in step.metrics)
    met = of_subjects(step, subjects, group)
    checked = with_checked_sums(met, step.gathers, step.table, readers)
    values = with_values(step, subjects.lazy(), checked.lazy(), plan.calendar)
    return as_narrow(values.collect(engine=engine), step.columns)


def _metric_accounts(
    step: GatherStep, values: pl.DataFrame, group: pl.DataFrame
) -> dict[str, MetricAccount]:
    # Subjects of one group share the rows of what is measured over it.
    values = values.unique(step.key) if step.key else values.head(1)
    accepted, taken = int(group[ROWS].sum()), int(values[ROWS].sum())
    dropped = {name: int(values[dropped_rows(i)].sum()) for i, name in enumerate(step.drops)}
    accounts = {}
    for metric in step.metrics:
        used = int(values[f"metric.{metric}.n"].sum())
        unknown = int(values[f"metric.{metric}.n_unknown"].sum())
        filtered = taken - used - unknown
        filtered_by = dict(dropped)
        older = {} if step.newest is None else {LATEST: int(values[PASSING].sum()) - used}
        if metric in step.filtered:
            filtered_by[WHERE] = filtered - sum(dropped.values()) - sum(older.values())
        filtered_by |= older
        accounts[metric] = MetricAccount(
            accepted, used, filtered, unknown, accepted - taken, filtered_by
        )
    return accounts
