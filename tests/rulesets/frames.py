"""The input tables of a ruleset, made of a few rows of text."""

from collections.abc import Mapping, Sequence

import polars as pl

from kpi_engine.ruleset.checked import Ruleset, Table

Rows = Sequence[Mapping[str, str | None]]


def frames_of(ruleset: Ruleset, rows: Mapping[str, Rows]) -> dict[str, pl.DataFrame]:
    """Return every input of a ruleset; those without rows are empty."""
    return {
        name: _frame_of(table, rows.get(name, []))
        for name, table in ruleset.tables.items()
        if table.origin is None
    }


def _frame_of(table: Table, rows: Rows) -> pl.DataFrame:
    """Return rows with every column of their table, unknown where a row has none."""
    names = [column.source for column in table.columns]
    texts = [{name: row.get(name) for name in names} for row in rows]
    return pl.DataFrame(texts, schema=dict.fromkeys(names, pl.String))
