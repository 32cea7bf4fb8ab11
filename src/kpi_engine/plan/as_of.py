"""As-of joins: the best row up to a moment, as the running maximum of rows in order."""

from collections.abc import Iterator, Sequence

import polars as pl

from kpi_engine.plan.graph import columns_in
from kpi_engine.plan.levels import with_assigned, with_shared
from kpi_engine.plan.lookups import asked_exprs
from kpi_engine.plan.lowering import lower
from kpi_engine.plan.nodes import AsOf, Assignment, Calendar, Joined, MatchStep
from kpi_engine.plan.ordering import in_order
from kpi_engine.plan.ranges import Engine

_KEY, _AT, _PREFERRED, _FIRST = "~key", "~at", "~preferred", "~first"
_HELD, _ASKED, _BEST = "~held", "~asked", "~best"
_PLACES = 2**32
"""No frame has so many rows: a group and a place among them fit an Int64."""


def best_as_of(
    step: MatchStep,
    asking: pl.DataFrame,
    table: pl.LazyFrame,
    calendar: Calendar,
    engine: Engine,
) -> pl.DataFrame:
    """Return the columns that a match carries, one row per asking row in the same order.

    They are unknown where no row fits.
    """
    road = step.road
    if isinstance(road, Joined):
        raise TypeError(road)
    held = _held_rows(step, road, table, calendar, engine)
    keys = [f"{_KEY}.{index}" for index in range(len(step.same))]
    asked = asking.lazy().select(
        *asked_exprs(step.same, keys, calendar),
        lower(road.asked, calendar).cast(pl.Int64).alias(_AT),
    )
    marks = _in_order_of_moments(road, held, asked.collect(engine=engine), keys)
    running = _running(road, marks, keys, held.height)
    found = [_fitting(step, asking, held, best, calendar) for best in running]
    places = pl.select(pl.coalesce(found)).to_series()
    return held.select(pl.col(step.carried).gather(places))


def _held_rows(
    step: MatchStep, road: AsOf, table: pl.LazyFrame, calendar: Calendar, engine: Engine
) -> pl.DataFrame:
    """Return the rows that may be found, the best first."""
    keys = [
        lower(pair.held, calendar).alias(f"{_KEY}.{index}") for index, pair in enumerate(step.same)
    ]
    rows = table.select(*keys, *(pl.col(c.column).alias(c.name) for c in step.columns))
    rows = rows.filter(pl.all_horizontal(pl.col(road.column, *_names(keys)).is_not_null()))
    if road.where is not None:
        rows = rows.filter(lower(road.where, calendar))
    names = [f"{_PREFERRED}.{index}" for index in range(len(road.prefer))]
    values = [Assignment(n, p.value) for n, p in zip(names, road.prefer, strict=True)]
    if road.first is not None:
        values.append(Assignment(_FIRST, road.first.value))
    falling = {n for n, p in zip(names, road.prefer, strict=True) if p.highest}
    valued = with_assigned(rows, with_shared(tuple(values)), calendar).collect(engine=engine)
    return in_order(valued, [*names, *step.ties], falling)


def _names(exprs: Sequence[pl.Expr]) -> list[str]:
    return [expr.meta.output_name() for expr in exprs]


def _in_order_of_moments(
    road: AsOf, held: pl.DataFrame, asked: pl.DataFrame, keys: list[str]
) -> pl.DataFrame:
    """Return both sides by key and moment: better rows have higher numbers, asking rows places."""
    first = [_FIRST] if road.first is not None else []
    number = pl.int_range(pl.len(), 0, -1, dtype=pl.Int64)
    place = pl.int_range(pl.len(), dtype=pl.UInt32)
    parts = [
        held.select(
            *keys, pl.col(road.column).cast(pl.Int64).alias(_AT), *first, number.alias(_HELD)
        ),
        asked.select(*keys, _AT, place.alias(_ASKED)),
    ]
    # Of equals those come first that stand first.
    marks = pl.concat(parts if road.level else reversed(parts), how="diagonal")
    return in_order(marks, [*keys, _AT], [_AT] if road.falling else [])


def _running(road: AsOf, marks: pl.DataFrame, keys: list[str], count: int) -> Iterator[pl.Series]:
    """Return for every asking row the place of the best row so far, by class, the best first.

    ``count`` is that of the rows that may be found. Places are unknown where there is none so far.
    """
    same = pl.all_horizontal(pl.col(key).eq_missing(pl.col(key).shift(1)) for key in keys)
    group = (~same).cast(pl.Int64).cum_sum() * _PLACES
    for passing in _classes(road):
        number = pl.when(passing).then(pl.col(_HELD)).fill_null(0)
        best = (group + number).cum_max() % _PLACES
        asked = pl.col(_ASKED).is_not_null()
        found = marks.select(_ASKED, best.alias(_BEST)).filter(asked)
        place = pl.when(pl.col(_BEST) > 0).then(count - pl.col(_BEST)).cast(pl.UInt32)
        yield found.select(place.gather(pl.col(_ASKED).arg_sort())).to_series()


def _classes(road: AsOf) -> list[pl.Expr]:
    """Return conditions that tell rows apart by what wins before all else, the winning first."""
    if road.first is None:
        return [pl.lit(True, dtype=pl.Boolean)]
    values: list[bool | None] = [road.first.highest, not road.first.highest]
    if road.first.value.op != "known":
        values.append(None)
    return [pl.col(_FIRST).eq_missing(pl.lit(value, dtype=pl.Boolean)) for value in values]


def _fitting(
    step: MatchStep, asking: pl.DataFrame, held: pl.DataFrame, best: pl.Series, calendar: Calendar
) -> pl.Series:
    """Return the places of the rows found, unknown where one does not fit after all."""
    if step.where is None:
        return best
    read = columns_in([step.where])
    found = held.select(pl.col([c.name for c in step.columns if c.name in read]).gather(best))
    pairs = pl.concat([asking.select(step.reads), found], how="horizontal")
    return pairs.select(pl.when(lower(step.where, calendar)).then(best)).to_series()
