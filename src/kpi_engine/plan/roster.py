"""The subjects of a run: who is assessed, each once."""

from collections.abc import Mapping

import polars as pl

from kpi_engine.plan.lookups import Sources, row_environment
from kpi_engine.plan.lowering import lower
from kpi_engine.plan.nodes import Calendar, Clock, RosterStep, Stages
from kpi_engine.plan.period import Window
from kpi_engine.plan.readings import condition
from kpi_engine.plan.stages import placed, shelf_for, with_stages
from kpi_engine.plan.tables import TableForm
from kpi_engine.plan.windows import valid_in_window
from kpi_engine.ruleset.checked import Ruleset
from kpi_engine.ruleset.kept import roster_column
from kpi_engine.text.diagnostics import diagnose
from kpi_engine.text.errors import DataError


def roster_step(ruleset: Ruleset, form: TableForm, sources: Sources) -> RosterStep:
    """Return how the subjects of a ruleset are found; ``columns`` are what formulas can read."""
    subject, table = ruleset.subject, ruleset.tables[ruleset.subject.table]
    where = None
    opened: Stages = ()
    if subject.where is not None:
        where = condition(subject.where.node, row_environment(sources, form.values))
        opened = placed(shelf_for(sources, form.values, (where,)), (), (where,))
    valid = None
    if table.valid is not None:
        starts, ends = (Clock(name, table.types[name].kind) for name in table.valid)
        valid = (starts, ends)
    columns = tuple(name for name in form.step.columns if name not in subject.key)
    return RosterStep(subject.table, subject.key, opened, where, valid, columns)


def roster_rows(
    step: RosterStep, tables: Mapping[str, pl.LazyFrame], window: Window, calendar: Calendar
) -> pl.LazyFrame:
    """Return the rows that are valid in the window, of each subject those that begin last.

    One row per subject, and more where the roster contradicts itself. Needs the undropped rows of
    tables; gives the key as it is and the rest under `roster.`.
    """
    frame = with_stages(tables[step.table], step.opened, tables, calendar)
    if step.where is not None:
        frame = frame.filter(lower(step.where, calendar))
    frame = frame.filter(valid_in_window(step, window))
    if step.valid is not None:
        starts = pl.col(step.valid[0].column)
        frame = frame.filter(starts == starts.max().over(step.key))
    attributes = [pl.col(name).alias(roster_column(name)) for name in step.columns]
    return frame.select(*step.key, *attributes).sort(step.key)


def check_roster(step: RosterStep, subjects: pl.DataFrame) -> None:
    """Raise `DataError` where a subject has more than one row, every such subject named."""
    counts = subjects.group_by(step.key).len().filter(pl.col("len") > 1).sort(step.key)
    if counts.is_empty():
        return
    fix = "delete the others" if step.valid is None else "give each its own first day"
    raise DataError(
        [
            diagnose(
                "K432",
                table=step.table,
                count=row["len"],
                subject=", ".join(f"{name} {row[name]}" for name in step.key),
                fix=fix,
            )
            for row in counts.iter_rows(named=True)
        ]
    )
