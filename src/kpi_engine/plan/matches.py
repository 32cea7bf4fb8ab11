"""Matches: rows of another table brought to every row, the best that fits or all that do."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import polars as pl

from kpi_engine.language.core import Core, Value
from kpi_engine.language.exact import exact_value
from kpi_engine.plan.as_of import best_as_of
from kpi_engine.plan.graph import columns_in
from kpi_engine.plan.levels import with_assigned, with_shared
from kpi_engine.plan.lookups import Sources, asked_exprs, paired, row_environment
from kpi_engine.plan.lowering import lower
from kpi_engine.plan.nodes import AsOf, Assignment, Brought, Calendar, MatchStep, Preferred
from kpi_engine.plan.ranges import Engine
from kpi_engine.plan.readings import condition, single
from kpi_engine.plan.roads import road_of
from kpi_engine.ruleset.checked import Match
from kpi_engine.ruleset.lookups import brought

_ROW, _ASKED, _HELD, _PREFERRED = "~row", "~asked", "~held", "~preferred"
_PAIRS = "~pairs"

_PAIRS_AT_ONCE = 2**22
"""So many pairs of rows stand in memory together, however many rows share a key."""


@dataclass(frozen=True, slots=True)
class Matched:
    """Rows with what was matched to them, and how many were left out for want of a match."""

    rows: pl.DataFrame
    unmatched: int


def match_step(match: Match, sources: Sources, rows: Mapping[str, Value]) -> MatchStep:
    """Return how a match finds its rows; ``rows`` are the columns of the asking ones."""
    held = sources.values[match.to]
    columns = brought(match.name, held)
    environment = row_environment(sources, {**rows, **columns})
    where = None if match.where is None else condition(match.where.node, environment)
    prefer = tuple(
        Preferred(single(exact_value(preference.formula.node, environment)), preference.highest)
        for preference in match.prefer
    )
    key = sources.tables[match.to].identity
    ties = [f"{match.name}.{name}" for name in key if name not in match.same]
    return MatchStep(
        name=match.name,
        table=match.to,
        same=tuple(paired(rows[key], held[key]) for key in match.same),
        reads=tuple(name for name in columns_in(_cores(where, prefer)) if name not in columns),
        columns=tuple(Brought(f"{match.name}.{name}", name) for name in held),
        carried=tuple(columns),
        where=where,
        prefer=prefer,
        ties=() if match.every else tuple(ties),
        every=match.every,
        road=road_of(where, prefer, columns, every=match.every),
    )


def _cores(where: Core | None, prefer: Iterable[Preferred]) -> list[Core]:
    return [*(() if where is None else (where,)), *(preferred.value for preferred in prefer)]


def match_cores(step: MatchStep) -> list[Core]:
    """Return the operations by which a match chooses among the rows that share its values."""
    return _cores(step.where, step.prefer)


def match_reads(step: MatchStep) -> set[str]:
    """Return the columns of the asking rows that a match reads."""
    return {*step.reads, *columns_in(pair.asked for pair in step.same)}


def pruned_match(step: MatchStep, names: set[str]) -> MatchStep | None:
    """Return a match with the columns that it or the named ones read, None where it is idle."""
    carried = tuple(name for name in step.carried if name in names)
    if not carried and not step.every:
        return None
    read = {*carried, *step.ties, *columns_in(match_cores(step))}
    columns = tuple(column for column in step.columns if column.name in read)
    return replace(step, carried=carried, columns=columns)


def matched_columns(step: MatchStep) -> set[str]:
    """Return the columns of the other table that a match reads."""
    return {*(c.column for c in step.columns), *columns_in(pair.held for pair in step.same)}


def matched_rows(
    steps: Iterable[MatchStep],
    asking: pl.DataFrame,
    tables: Mapping[str, pl.LazyFrame],
    calendar: Calendar,
    engine: Engine,
) -> Matched:
    """Return the asking rows with the columns that matches carry, one row per match of `every`.

    A row that an `every` match leaves without any is left out and counted. ``tables`` are undropped
    rows by table.
    """
    rows = asking.with_row_index(_ROW)
    found = [
        best_as_of(step, asking, tables[step.table], calendar, engine)
        for step in steps
        if isinstance(step.road, AsOf)
    ]
    result = pl.concat([rows, *found], how="horizontal").lazy()
    for step in steps:
        if isinstance(step.road, AsOf):
            continue
        how: Literal["inner", "left"] = "inner" if step.every else "left"
        chosen = _chosen(step, rows.lazy(), tables[step.table], calendar, engine)
        result = result.join(chosen.lazy(), on=_ROW, how=how)
    matched = result.collect(engine=engine)
    return Matched(matched.drop(_ROW), rows.height - matched[_ROW].n_unique())


def _chosen(
    step: MatchStep, rows: pl.LazyFrame, table: pl.LazyFrame, calendar: Calendar, engine: Engine
) -> pl.DataFrame:
    """Return the columns that a match carries by `_ROW`, of every pair or the best one of a row."""
    asked = [f"{_ASKED}.{index}" for index in range(len(step.same))]
    held = [f"{_HELD}.{index}" for index in range(len(step.same))]
    left = rows.select(_ROW, *step.reads, *asked_exprs(step.same, asked, calendar))
    right = table.select(
        *(lower(pair.held, calendar).alias(n) for pair, n in zip(step.same, held, strict=True)),
        *(pl.col(column.column).alias(column.name) for column in step.columns),
    )
    sides = pl.collect_all([left, right], engine=engine)
    chosen = []
    for part in _parts(sides[0], asked, sides[1], held):
        pairs = part.join(sides[1].lazy(), left_on=asked, right_on=held)
        pairs = pairs if step.where is None else pairs.filter(lower(step.where, calendar))
        if not step.every:
            pairs = _best(step, pairs, calendar, engine)
        chosen.append(pairs.select(_ROW, *step.carried).collect(engine=engine))
    return pl.concat(chosen)


def _parts(
    left: pl.DataFrame, asked: list[str], right: pl.DataFrame, held: list[str]
) -> Iterator[pl.LazyFrame]:
    """Return some asking rows at a time, of no more than `_PAIRS_AT_ONCE` pairs or one row."""
    if left.height * right.height <= _PAIRS_AT_ONCE:
        yield left.lazy()
        return
    counts = right.lazy().group_by(held).agg(pl.len().cast(pl.Int64).alias(_PAIRS))
    paired = left.lazy().join(
        counts, left_on=asked, right_on=held, how="left", maintain_order="left"
    )
    pairs = paired.select(pl.col(_PAIRS).fill_null(0).cum_sum()).collect()[_PAIRS]
    start = 0
    while start < left.height:
        before = pairs[start - 1] if start else 0
        end = max(int(pairs.search_sorted(before + _PAIRS_AT_ONCE, "right")), start + 1)
        yield left.slice(start, end - start).lazy()
        start = end


def _best(step: MatchStep, pairs: pl.LazyFrame, calendar: Calendar, engine: Engine) -> pl.LazyFrame:
    """Return the best pair of every asking row that has one; the order leaves no ties."""
    names = [f"{_PREFERRED}.{index}" for index in range(len(step.prefer))]
    values = (preferred.value for preferred in step.prefer)
    preferred = tuple(Assignment(n, core) for n, core in zip(names, values, strict=True))
    order = [_ROW, *names, *step.ties]
    highest = [
        False,
        *(preferred.highest for preferred in step.prefer),
        *(False for _ in step.ties),
    ]
    ranked = (
        with_assigned(pairs, with_shared(preferred), calendar)
        .select(*dict.fromkeys((*order, *step.carried)))
        .sort(order, descending=highest, nulls_last=True)
        .collect(engine=engine)
    )
    return ranked.filter(pl.col(_ROW).ne_missing(pl.col(_ROW).shift(1))).lazy()
