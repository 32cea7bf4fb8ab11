"""Runs of rows that stand in order: where each begins and ends, and what it holds."""

import polars as pl


def differs(column: str) -> pl.Expr:
    """Return whether a row differs from the row before; the first row does."""
    return (pl.col(column) != pl.col(column).shift()).fill_null(value=True)


def run_ends(rows: pl.DataFrame, *counted: str) -> pl.DataFrame:
    """Return the first row of each run, as marked by ``first``, with the place of its last row.

    ``last`` is that place, for `gather`; the columns that are ``counted``, true or false, become
    the number of rows of the run where they are true.
    """
    running = rows.select(pl.col(name).cum_sum().cast(pl.Int64) for name in counted)
    heads = rows.with_row_index("place").filter("first")
    last = (heads["place"].shift(-1, fill_value=rows.height) - 1).alias("last")
    counts = [
        running[name].gather(last)
        - running[name].gather(heads["place"])
        + heads[name].cast(pl.Int64)
        for name in counted
    ]
    return heads.drop("place", "first").with_columns(last, *counts)
