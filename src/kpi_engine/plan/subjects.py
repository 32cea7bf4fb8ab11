"""The frame of subjects: the roster, the run's period, and what is looked up for each of them."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

import polars as pl

from kpi_engine.language import ir
from kpi_engine.language.core import Value
from kpi_engine.language.exact import column_value, kept_as
from kpi_engine.language.kinds import Kind, Type
from kpi_engine.plan.graph import columns_in
from kpi_engine.plan.lookups import Sources, lookup
from kpi_engine.plan.nodes import Assignments, Lookup, Plan
from kpi_engine.plan.period import Window
from kpi_engine.plan.ranges import Engine
from kpi_engine.plan.roster import check_roster, roster_rows
from kpi_engine.plan.stages import with_stages
from kpi_engine.ruleset.checked import POOL, Ruleset
from kpi_engine.ruleset.kept import MONTH_COLUMN
from kpi_engine.ruleset.lookups import LAST_DAY, LAST_DAY_COLUMN, looked_up, lookup_column
from kpi_engine.ruleset.rules import pay_rules, score_rules

_EPOCH = date(1970, 1, 1)


def looked_up_values(ruleset: Ruleset, sources: Sources) -> dict[str, Value]:
    """Return how everything reads that formulas look up for a subject, by its name with a dot."""
    rules = (
        *(metric.value for metric in ruleset.metrics.values() if metric.table is None),
        *score_rules(ruleset.score),
        *pay_rules(ruleset.pay),
    )
    refs = {ref for rule in rules for ref in ir.references(rule.node)}
    names = sorted(ref.name for ref in refs if ref.space == "subject")
    return {
        name: kept_as(lookup_column(name), looked_up(name, sources.tables, sources.values))
        for name in names
    }


def subject_lookups(
    names: Mapping[str, Value], roster: Mapping[str, Value], sources: Sources
) -> tuple[Lookup, ...]:
    """Return the lookups of the named columns, by what the roster and the period say.

    ``roster`` is how its columns read beside the subjects.
    """
    month = column_value(MONTH_COLUMN, Type(Kind.MONTH))
    asking = {**roster, "period": month, "day": LAST_DAY}
    by_table: dict[str, list[str]] = {}
    for name in names:
        by_table.setdefault(name.partition(".")[0], []).append(name)
    found = []
    for table, read in by_table.items():
        made = lookup(sources, table, read, asking)
        columns = (replace(column, name=lookup_column(column.name)) for column in made.columns)
        found.append(replace(made, columns=tuple(columns)))
    return tuple(found)


def pool_lookup(
    ruleset: Ruleset,
    made: Iterable[Assignments],
    subjects: Mapping[str, Value],
    sources: Sources,
) -> tuple[Lookup, ...]:
    """Return the lookup of the shop's own numbers that what is ``made`` of subjects reads."""
    if ruleset.pool is None:
        return ()
    cores = (assignment.core for assignments in made for assignment in assignments)
    own = [name for name in columns_in(cores) if name.startswith(f"{POOL}.")]
    return (lookup(sources, POOL, own, subjects),) if own else ()


def with_period(subjects: pl.LazyFrame, window: Window) -> pl.LazyFrame:
    """Return the subjects with the month and the last day of the period, as formulas read them."""
    last_day = (window.last_day - _EPOCH).days
    return subjects.with_columns(
        pl.lit(window.month, dtype=pl.Int64).alias(MONTH_COLUMN),
        pl.lit(last_day, dtype=pl.Int64).alias(LAST_DAY_COLUMN),
    )


def subject_rows(
    plan: Plan, tables: Mapping[str, pl.LazyFrame], window: Window, engine: Engine
) -> pl.DataFrame:
    """Return one row per subject sorted by key, with all that formulas about subjects can read.

    ``tables`` are undropped rows by table.

    Raises:
        DataError: if the roster names a subject twice.
    """
    roster = roster_rows(plan.roster, tables, window, plan.calendar).collect(engine=engine)
    check_roster(plan.roster, roster)
    return looked_up_for(plan, roster, tables, window, engine)


def looked_up_for(
    plan: Plan,
    subjects: pl.DataFrame,
    tables: Mapping[str, pl.LazyFrame],
    window: Window,
    engine: Engine,
) -> pl.DataFrame:
    """Return subjects with the period and what is looked up for them, sorted by key."""
    frame = with_stages(with_period(subjects.lazy(), window), plan.lookups, tables, plan.calendar)
    return frame.sort(plan.roster.key).collect(engine=engine)
