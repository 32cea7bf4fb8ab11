"""Keys and labels as numbers: encoded once as they are read, texts again at the end.

An encoded column is an Enum whose categories are all texts of its domain in the order of their code
points. Its numbers are grouped, joined and put in order; everywhere else it reads like the texts.
"""

from collections.abc import Mapping
from typing import TypeVar

import polars as pl
from polars.selectors import categorical, enum

from kpi_engine.plan.nodes import Plan
from kpi_engine.plan.order import order_of_runs, settling_column
from kpi_engine.plan.ordering import places_in_order
from kpi_engine.plan.ranges import Engine

Rows = TypeVar("Rows", pl.DataFrame, pl.LazyFrame)


def met_types(plan: Plan) -> dict[str, dict[str, pl.Categorical]]:
    """Return for every input table the types in which to read the columns of the plan's domains.

    The numbers of a Categorical follow the order in which threads met the texts.
    """
    types: dict[str, dict[str, pl.Categorical]] = {}
    for domain in plan.domains:
        met = pl.Categorical(pl.Categories.random(__name__, pl.UInt32))
        for table, column in domain:
            types.setdefault(table, {})[column] = met
    return types


def encoded_tables(
    plan: Plan, tables: Mapping[str, pl.LazyFrame], engine: Engine
) -> dict[str, pl.LazyFrame]:
    """Return the input tables with the columns of the plan's domains encoded.

    These are read as texts, or in the types of `met_types`. Tables that have any are worked out
    here, once, and no more of them than the plan needs.
    """
    types = {name: types for name, types in met_types(plan).items() if name in plan.inputs}
    read = [_as_met(tables[name].select(plan.inputs[name]), types[name]) for name in types]
    frames = dict(zip(types, pl.collect_all(read, engine=engine), strict=True))
    encoded = {name: frame.to_dict() for name, frame in frames.items()}
    for domain in plan.domains:
        places = [(table, column) for table, column in domain if table in frames]
        if not places:
            continue
        columns = [encoded[table][column] for table, column in places]
        texts = max((texts_met(column) for column in columns), key=len)
        order = texts.arg_sort()
        dtype, ranks = pl.Enum(texts.gather(order)), order.arg_sort().cast(pl.UInt32)
        # All at once: to hand a type with many texts to Polars takes long.
        ranked = [ranks.gather(column.to_physical()) for column in columns]
        joined = pl.concat(ranked, rechunk=False).cat.to(dtype)
        for (table, name), column in zip(places, columns, strict=True):
            encoded[table][name] = joined.head(column.len()).alias(name)
            joined = joined.slice(column.len())
    del frames
    ordered = {name: _ordered_rows(plan, name, encoded.pop(name)) for name in types}
    return {**tables, **ordered}


def _ordered_rows(plan: Plan, table: str, columns: dict[str, pl.Series]) -> pl.LazyFrame:
    """Return the rows of an input in the order of the runs cut from them.

    What does no more than settle that order becomes the place in it.
    """
    order = order_of_runs(plan, table)
    rows = pl.DataFrame(columns)
    columns.clear()
    places = places_in_order(rows, order)
    settling = settling_column(plan, table, order)
    if settling is not None:
        rows = rows.drop(settling)
    rows = rows if places is None else rows[places]
    if settling is not None:
        place = pl.int_range(pl.len(), dtype=pl.UInt32)
        rows = rows.with_columns(place.alias(settling))
    return rows.lazy()


def texts_met(column: pl.Series) -> pl.Series:
    """Return the texts behind the numbers of a Categorical, up to the largest that it holds."""
    count = pl.first().to_physical().max().cast(pl.Int64).fill_null(-1) + 1
    numbers = column.to_frame().select(pl.int_range(count)).to_series().cast(pl.UInt32)
    return numbers.cat.to(column.dtype).cast(pl.String)


def _as_met(rows: pl.LazyFrame, types: Mapping[str, pl.Categorical]) -> pl.LazyFrame:
    """Return rows with texts as the Categoricals they are to be read in."""
    schema = rows.collect_schema()
    texts = (name for name in types if schema[name] == pl.String)
    return rows.with_columns(pl.col(name).cast(types[name]) for name in texts)


def with_texts(rows: Rows) -> Rows:
    """Return rows with all that was encoded, or read to be, as the texts it stands for."""
    return rows.with_columns(enum().cast(pl.String), categorical().cast(pl.String))
