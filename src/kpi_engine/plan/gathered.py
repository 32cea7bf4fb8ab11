"""Rows gathered by subject: one group-by over the rows of a window, then the values of metrics."""

from collections.abc import Mapping

import polars as pl

from kpi_engine.plan.gathering import EMPTY_IS_ZERO, gather_expr
from kpi_engine.plan.levels import with_assigned, with_shared
from kpi_engine.plan.lookups import asked_exprs
from kpi_engine.plan.nodes import Calendar, GatherStep, Newest
from kpi_engine.plan.period import Window
from kpi_engine.plan.stages import with_stages
from kpi_engine.plan.tables import DROPPED
from kpi_engine.plan.verdicts import NEWEST
from kpi_engine.plan.windows import in_window

_EVERYBODY = pl.lit(0, dtype=pl.Int64).alias("~everybody")
"""The key of all rows and of all subjects, where a group is told apart by nothing."""

ROWS, PASSING = "~rows", "~passing"
"""The number of candidate rows of a group, and of those among which the newest are found."""


def gathered_rows(
    step: GatherStep,
    rows: pl.LazyFrame,
    tables: Mapping[str, pl.LazyFrame],
    window: Window,
    calendar: Calendar,
) -> pl.LazyFrame:
    """Return `grouped_rows` of the candidates among rows."""
    return grouped_rows(step, candidate_rows(step, rows, tables, window, calendar))


def candidate_rows(  # noqa: PLR0913 (what `gathered_rows` takes, and whose rows)
    step: GatherStep,
    rows: pl.LazyFrame,
    tables: Mapping[str, pl.LazyFrame],
    window: Window,
    calendar: Calendar,
    *,
    subject: pl.DataFrame | None = None,
) -> pl.LazyFrame:
    """Return the rows that metrics could use, with whose they are and what the step computes.

    Needs the columns ``step.reads``, and the undropped rows of what is looked up. Of one
    ``subject``, a row with her key, no other rows are returned.
    """
    frame = rows.select(step.reads)
    if step.clock is not None:
        frame = frame.filter(in_window(step.clock, window, calendar))
    frame = with_stages(frame, step.taken, tables, calendar)
    keys = key_names(step)
    asked = asked_exprs(step.asked, keys, calendar) if step.key else [_EVERYBODY.alias(*keys)]
    frame = frame.with_columns(asked)
    if subject is not None and step.key:
        frame = frame.join(subject.lazy(), left_on=keys, right_on=list(step.key), how="semi")
    if step.newest is not None:
        newest = _with_newest(frame, step.newest, keys)
        frame = with_assigned(newest, with_shared(step.arguments), calendar)
    return frame


def grouped_rows(step: GatherStep, candidates: pl.LazyFrame) -> pl.LazyFrame:
    """Return one row per subject key met, on the roster or not, and unknown as one.

    Needs the columns of `candidate_rows`; gives the key under the names of `key_names`, the
    gathered columns, and the counts `ROWS` and `dropped_rows`.
    """
    keys = key_names(step)
    taken = {column.argument: None for column in step.gathers if column.argument is not None}
    verdict = {DROPPED: None} if step.drops else {}
    passes = {step.newest.passes: None} if step.newest is not None else {}
    return (
        candidates.select(*keys, *{**taken, **verdict, **passes})
        .group_by(keys)
        .agg(
            pl.len().cast(pl.Int64).alias(ROWS),
            *(_dropped_by(index) for index in range(len(step.drops))),
            *(gather_expr(column) for column in step.gathers),
            *(pl.col(name).sum().cast(pl.Int64).alias(PASSING) for name in passes),
        )
    )


def _with_newest(frame: pl.LazyFrame, newest: Newest, keys: list[str]) -> pl.LazyFrame:
    """Return the rows with `NEWEST`: whether each is one of the newest that pass, by subject."""
    passes = pl.col(newest.passes)
    first, *others = newest.order
    ordered = frame.sort(
        *keys,
        passes,
        first,
        *others,
        descending=[*(False for _ in keys), True, True, *(False for _ in others)],
        nulls_last=True,
    )
    number = passes.sum().cast(pl.Int64).over(keys)
    kept = pl.lit(newest.count, dtype=pl.Int64)
    if newest.share is not None:
        parts, whole = newest.share.numerator, newest.share.denominator
        kept = (number * parts + (whole - 1)) // whole
    place = pl.int_range(pl.len(), dtype=pl.Int64).over(keys)
    return ordered.with_columns((passes & (place < kept)).alias(NEWEST))


def key_names(step: GatherStep) -> list[str]:
    """Return the columns that say whose a candidate is, in the order of the subject's key."""
    return [f"~subject.{index}" for index in range(max(len(step.key), 1))]


def _owners(step: GatherStep, subjects: pl.LazyFrame) -> tuple[pl.LazyFrame, list[str]]:
    """Return subjects with the columns that `key_names` are joined to."""
    if step.key:
        return subjects, list(step.key)
    return subjects.with_columns(_EVERYBODY), [_EVERYBODY.meta.output_name()]


def dropped_rows(index: int) -> str:
    """Return the column that counts what a drop has taken, by its place among the drops."""
    return f"~dropped.{index}"


def _dropped_by(index: int) -> pl.Expr:
    taken = pl.col(DROPPED) == pl.lit(index, dtype=pl.Int64)
    return taken.sum().cast(pl.Int64).alias(dropped_rows(index))


def of_subjects(step: GatherStep, subjects: pl.DataFrame, gathered: pl.DataFrame) -> pl.DataFrame:
    """Return what was gathered of subjects, without strangers."""
    owned, owners = _owners(step, subjects.lazy())
    return gathered.join(owned.collect(), left_on=key_names(step), right_on=owners, how="semi")


def with_values(
    step: GatherStep, subjects: pl.LazyFrame, gathered: pl.LazyFrame, calendar: Calendar
) -> pl.LazyFrame:
    """Return one row per subject with the public columns of every metric of the step.

    ``subjects`` are the rows of the roster; a subject without rows has the values of no rows.
    """
    owned, owners = _owners(step, subjects)
    frame = owned.join(
        gathered,
        left_on=owners,
        right_on=key_names(step),
        how="left",
        maintain_order="left",
    )
    empty = [c.name for c in step.gathers if c.gather.function in EMPTY_IS_ZERO]
    counts = [dropped_rows(index) for index in range(len(step.drops))]
    counts += [] if step.newest is None else [PASSING]
    frame = frame.with_columns(pl.col(*empty, *counts, ROWS).fill_null(0))
    return with_assigned(frame, step.assignments, calendar)
