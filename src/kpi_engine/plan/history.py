"""Earlier months beside the subjects of a run: rows of their own, for groups to gather."""

from collections.abc import Mapping

import polars as pl

from kpi_engine.language.kinds import Kind
from kpi_engine.plan.lowering import is_wide
from kpi_engine.plan.readings import single
from kpi_engine.ruleset.checked import POOL, Pool
from kpi_engine.ruleset.kept import AGO_COLUMN, MONTH_COLUMN, past_column, past_value


def past_types(names: Mapping[str, Kind]) -> dict[str, pl.DataType]:
    """Return the columns that hold named values of earlier months, and their types."""
    return {past_column(name): _type_of(name, kind) for name, kind in names.items()}


def _type_of(name: str, kind: Kind) -> pl.DataType:
    if kind is Kind.TEXT:
        return pl.String()
    if kind is Kind.BOOL:
        return pl.Boolean()
    return pl.Int128() if is_wide(single(past_value(name, kind))) else pl.Int64()


def with_history(
    names: Mapping[str, Kind], facts: pl.DataFrame, history: pl.DataFrame | None
) -> pl.DataFrame:
    """Return facts with the rows of earlier months below them, all knowing how long ago they are.

    ``names`` are what is read of earlier months. ``history`` has the columns of the subject's key,
    the month and `past_types`, in storage form; only what lies before the month of the facts is of
    the past.
    """
    if not names:
        return facts
    blank = [pl.lit(None, dtype=dtype).alias(name) for name, dtype in past_types(names).items()]
    now = pl.lit(0, dtype=pl.Int64)
    present = facts.with_columns(now.alias(AGO_COLUMN), *blank)
    if history is None or facts.is_empty():
        return present
    month = facts[MONTH_COLUMN][0]
    ago = pl.lit(month, dtype=pl.Int64) - pl.col(MONTH_COLUMN)
    past = history.with_columns(ago.alias(AGO_COLUMN)).filter(pl.col(AGO_COLUMN) > now)
    return pl.concat([present, past], how="diagonal")


def with_own_numbers(pool: Pool | None, rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows of which those of earlier months have their shop's own numbers too."""
    own = [name for name in rows.columns if name.startswith(f"{POOL}.")]
    if pool is None or not own:
        return rows
    return rows.with_columns(pl.col(own).fill_null(pl.col(own).max().over(pool.shop)))


def of_present(names: Mapping[str, Kind], rows: pl.LazyFrame) -> pl.LazyFrame:
    """Return the rows of the month of a run alone."""
    return rows.filter(pl.col(AGO_COLUMN) == pl.lit(0, dtype=pl.Int64)) if names else rows
