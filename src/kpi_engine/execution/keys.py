"""Rows that share a key: equal rows are one row, rows that differ cannot be told apart."""

from collections.abc import Sequence

import polars as pl
from polars.selectors import categorical

from kpi_engine.execution.inputs import ROW
from kpi_engine.execution.reasons import Reason
from kpi_engine.plan.ranges import Engine

_HASH = "~hash of the key"
REFUSED = "~refused"
"""Why a row is refused: no column of an input can have this name."""


def repeated_keys(
    rows: pl.LazyFrame, key: Sequence[str], columns: Sequence[str], engine: Engine
) -> pl.DataFrame:
    """Return the rows to be refused for their key: `ROW`, the columns, `REFUSED`.

    Of rows equal in all columns all but the first are ``duplicate_row``. Rows of one key that
    differ are all ``conflicting_key``, however often each of them stands there: which rows are
    kept does not depend on their order. A missing value is a value like any other here.

    Only hashes of the keys are held in memory until one of them is found twice.
    """
    hashed = rows.with_columns(pl.struct(key).hash().alias(_HASH))
    hashes = hashed.select(_HASH).collect(engine=engine).to_series().sort()
    twice = hashes.filter(hashes == hashes.shift(1)).unique()
    if twice.is_empty():
        return _with_reason(rows, columns, pl.lit(None, dtype=pl.String)).head(0).collect()
    suspects = (
        hashed.join(twice.to_frame().lazy(), on=_HASH, how="semi")
        .select(ROW, *columns)
        .with_columns(categorical().cast(pl.String))
        .collect(engine=engine)
        .lazy()
    )
    # equal hashes do not make equal keys: from here on the keys themselves are compared
    variants = pl.struct(columns).n_unique().over(key)
    first = pl.col(ROW).min().over(columns)
    conflicting: Reason = "conflicting_key"
    duplicate: Reason = "duplicate_row"
    reason = (
        pl.when(variants > 1)
        .then(pl.lit(conflicting))
        .when(pl.col(ROW) > first)
        .then(pl.lit(duplicate))
    )
    return _with_reason(suspects, columns, reason).filter(pl.col(REFUSED).is_not_null()).collect()


def _with_reason(rows: pl.LazyFrame, columns: Sequence[str], reason: pl.Expr) -> pl.LazyFrame:
    return rows.select(ROW, *columns, reason.alias(REFUSED))
