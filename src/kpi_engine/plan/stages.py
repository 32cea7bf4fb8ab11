"""Stages of columns: computed from those before them or looked up, in order, pruned, run."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import polars as pl

from kpi_engine.language.core import Core, Value
from kpi_engine.plan.graph import columns_in
from kpi_engine.plan.levels import needed, with_assigned, with_shared
from kpi_engine.plan.lookups import Sources, lookup, reads_of, with_lookup
from kpi_engine.plan.nodes import Assignment, Assignments, Calendar, Lookup, Stages
from kpi_engine.ruleset.lookups import LAST_DAY_COLUMN


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where the lookups of some rows go: before the first formula that reads them, each once.

    ``values`` are the columns the rows have or get, ``wanted`` what is looked up by them,
    ``done`` what of it has its place.
    """

    sources: Sources
    values: Mapping[str, Value]
    wanted: dict[str, None]
    done: set[str]


def shelf_for(sources: Sources, values: Mapping[str, Value], cores: Iterable[Core]) -> Shelf:
    """Return the shelf of rows, by all the operations that read them."""
    # A name with a dot that is no column of the rows is looked up.
    wanted = {n: None for n in columns_in(cores) if "." in n and n[0] != "~" and n not in values}
    wanted.pop(LAST_DAY_COLUMN, None)
    return Shelf(sources, values, wanted, set())


def placed(shelf: Shelf, assignments: Assignments, then: Iterable[Core] = ()) -> Stages:
    """Return the assignments with the lookups that they, and what is read ``then``, need."""
    if shelf.done == shelf.wanted.keys():
        return in_stages(assignments)
    items: list[Assignment | Lookup] = []
    for assignment in assignments:
        items += _missing(shelf, [assignment.core])
        items.append(assignment)
    return in_stages([*items, *_missing(shelf, then)])


def _missing(shelf: Shelf, cores: Iterable[Core]) -> list[Lookup]:
    """Return the lookups that operations still lack, each with all that is read of its table."""
    lookups = []
    for name in columns_in(cores):
        if name in shelf.wanted and name not in shelf.done:
            table = name.partition(".")[0]
            names = [n for n in shelf.wanted if n.partition(".")[0] == table]
            shelf.done.update(names)
            lookups.append(lookup(shelf.sources, table, names, shelf.values))
    return lookups


def in_stages(items: Iterable[Assignment | Lookup]) -> Stages:
    """Return columns and lookups in their order, neighbouring columns as one stage."""
    stages: list[Assignments | Lookup] = []
    columns: list[Assignment] = []
    for item in items:
        if isinstance(item, Assignment):
            columns.append(item)
            continue
        if columns:
            stages.append(tuple(columns))
        columns = []
        stages.append(item)
    return (*stages, tuple(columns)) if columns else tuple(stages)


def pruned_stages(stages: Stages, names: Iterable[str]) -> tuple[Stages, set[str]]:
    """Return what the named columns need of some stages, and what these read of the rows before."""
    wanted = set(names)
    kept: list[Assignment | Lookup] = []
    for stage in reversed(stages):
        if isinstance(stage, Lookup):
            columns = tuple(column for column in stage.columns if column.name in wanted)
            if columns:
                kept.append(replace(stage, columns=columns))
                wanted -= {column.name for column in columns}
                wanted |= reads_of(stage)
        else:
            assignments, wanted = needed(stage, wanted)
            kept += reversed(assignments)
    return in_stages(reversed(kept)), wanted


def assignments_in(stages: Stages) -> Assignments:
    """Return the computed columns of some stages."""
    return tuple(item for stage in stages if not isinstance(stage, Lookup) for item in stage)


def lookups_in(stages: Stages) -> tuple[Lookup, ...]:
    """Return the lookups among some stages."""
    return tuple(stage for stage in stages if isinstance(stage, Lookup))


def with_stages(
    rows: pl.LazyFrame, stages: Stages, tables: Mapping[str, pl.LazyFrame], calendar: Calendar
) -> pl.LazyFrame:
    """Return the rows with the columns of every stage; ``tables`` are undropped rows by table."""
    for stage in stages:
        if isinstance(stage, Lookup):
            rows = with_lookup(rows, stage, tables, calendar)
        else:
            rows = with_assigned(rows, with_shared(stage), calendar)
    return rows
