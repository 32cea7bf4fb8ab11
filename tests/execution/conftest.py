from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from kpi_engine.execution.columns import Standards
from kpi_engine.execution.contracts import Admission, admit_rows
from kpi_engine.execution.inputs import open_inputs
from kpi_engine.execution.look import Look
from kpi_engine.execution.taking import fit_columns
from kpi_engine.language.kinds import Kind
from kpi_engine.plan.coding import with_texts
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
        opened, standards = inputs[table.name], Standards(zone, 2)
        fitted, found = fit_columns(table, opened, standards)
        if found:
            raise DataError(found)
        choices = {"keyed": True, **choices}
        admission = admit_rows(fitted, EVERYTHING, **choices)
        coded, _ = fit_columns(table, opened, standards, categoricals(table))
        assert_admitted_alike(admit_rows(coded, EVERYTHING, **choices), admission)
        return admission

    return held


def categoricals(table: Table) -> dict[str, pl.Categorical]:
    """Every text to be read as a Categorical, two and two sharing one."""
    texts = [column.name for column in table.columns if column.type.kind is Kind.TEXT]
    shared = [pl.Categorical(pl.Categories.random("tests", pl.UInt32)) for _ in texts[::2]]
    return {name: shared[index // 2] for index, name in enumerate(texts)}


def assert_admitted_alike(coded: Admission, plain: Admission) -> None:
    """Hold a table with texts as Categoricals to the same table with texts."""
    for found, expected in ((coded.rows, plain.rows), (coded.accepted, plain.accepted)):
        assert_frame_equal(with_texts(found.collect()), expected.collect())
    assert_frame_equal(coded.rejects, plain.rejects)
    assert_frame_equal(coded.rejected, plain.rejected)
    assert coded.height == plain.height
