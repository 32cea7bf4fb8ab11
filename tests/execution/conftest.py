from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from kpi_engine.execution.columns import Standards
from kpi_engine.execution.contracts import Admission, admit_rows, fit_columns
from kpi_engine.execution.inputs import open_inputs
from kpi_engine.execution.look import Look
from kpi_engine.plan.period import period_window
from kpi_engine.ruleset.checked import Ruleset, Table
from kpi_engine.ruleset.loading import load_ruleset_text
from kpi_engine.text.errors import DataError
from kpi_engine.text.render import render_text

FRAME = """\
ruleset: test/rows
zone: {zone}
currency: CNY
subject: {{from: agents, key: agent_id}}
tables:
  agents: {{key: agent_id, columns: {{agent_id: text}}}}
  rows:
{table}
metrics:
  rows_seen: {{from: rows, value: count()}}
"""

EVERYTHING = Look(period_window("2026-10", "UTC", 0), 2**62, "in the end", 2**62, 2**62)
"""A look at the data that sees every row."""

SOURCES = ("frame", "lazy", "parquet", "csv")


def load(text: str) -> Ruleset:
    ruleset, findings = load_ruleset_text(text)
    assert ruleset is not None, render_text(findings)
    return ruleset


@pytest.fixture
def ruleset_of() -> Callable[[str], Ruleset]:
    return load


@pytest.fixture
def table_of() -> Callable[..., Table]:
    """Make an input table from lines of YAML, `key: id` unless they say otherwise."""

    def make(lines: str, zone: str = "Asia/Shanghai") -> Table:
        text = lines if "key:" in lines else f"key: id\n{lines}"
        if "agent_id" not in text:
            text = text.replace("columns: {", "columns: {agent_id: text, ")
        table = "\n".join(f"    {line}" for line in text.splitlines())
        return load(FRAME.format(zone=zone, table=table)).tables["rows"]

    return make


@pytest.fixture
def admit(tmp_path: Path) -> Callable[..., Admission]:
    """Hold rows to a table's contract, given in one of four ways."""

    def held(
        table: Table,
        rows: Any,
        source: str = "frame",
        zone: str = "Asia/Shanghai",
        **choices: Any,
    ) -> Admission:
        given = rows
        if isinstance(rows, pl.DataFrame):
            if "agent_id" not in rows.columns and any(c.name == "agent_id" for c in table.columns):
                rows = rows.with_columns(agent_id=pl.lit("a1"))
            given = rows
            if source == "lazy":
                given = rows.lazy()
            if source == "parquet":
                given = tmp_path / "rows.parquet"
                rows.write_parquet(given)
            if source == "csv":
                given = tmp_path / "rows.csv"
                rows.write_csv(given)
        inputs, found = open_inputs([table], [table.name], {table.name: given})
        if found:
            raise DataError(found)
        fitted, found = fit_columns(table, inputs[table.name], Standards(zone, 2))
        if found:
            raise DataError(found)
        return admit_rows(fitted, EVERYTHING, **{"keyed": True, **choices})

    return held
