"""Rounds, inquiries and credited orders as the shipped base derives them, against the sample's."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl
import pytest

from kpi_engine.execution.admission import admit_tables, admitted_rows
from kpi_engine.execution.look import look_at
from kpi_engine.plan.compiling import compile_ruleset
from kpi_engine.plan.making import made_tables
from kpi_engine.ruleset.loading import load_ruleset_text
from kpi_engine.sample import write_sample

READ_BY_TABLE = {
    "rounds": ("shop_id", "agent_id", "buyer_id", "asked_at", "replied_at"),
    "inquiries": ("shop_id", "agent_id", "buyer_id", "asked_at", "paid"),
    "credited_orders": (
        "shop_id",
        "agent_id",
        "buyer_id",
        "order_id",
        "paid_at",
        "paid_amount",
        "refunded",
    ),
}
AFTER_EVERYTHING = "2027-03-01"
MESSAGES = 6_000
SEEDS = (0, 1, 2)


def reading(columns_by_table: Mapping[str, tuple[str, ...]]) -> str:
    """Return a ruleset over the base that reads these columns, so that they are made."""
    metrics = [
        f"  {table}_{column}: {{from: {table}, value: distinct({column})}}"
        for table, columns in columns_by_table.items()
        for column in columns
    ]
    return "\n".join(["ruleset: reading", "extends: shop", "metrics:", *metrics])


@pytest.fixture(scope="module", params=SEEDS)
def folder(request, tmp_path_factory):
    place = tmp_path_factory.mktemp(f"sample-{request.param}")
    write_sample(place, messages=MESSAGES, seed=request.param)
    return place


@pytest.fixture(scope="module")
def made(folder):
    ruleset, findings = load_ruleset_text(reading(READ_BY_TABLE))
    assert findings == []
    assert ruleset is not None
    plan = compile_ruleset(ruleset)
    look = look_at(ruleset, "2026-10", AFTER_EVERYTHING)
    admitted = admit_tables(plan, folder, look)
    assert admitted.rejects.is_empty()
    return made_tables(plan, admitted_rows(admitted), "auto").undropped


def kept(truth: pl.DataFrame) -> pl.DataFrame:
    """Return a table of the sample as a run keeps it: microseconds and minor units."""
    return truth.with_columns(
        pl.col(pl.Datetime).dt.timestamp("us"),
        (pl.col(pl.Decimal) * 100).cast(pl.Int64),
    )


@pytest.mark.parametrize("table", READ_BY_TABLE)
def test_a_derived_table_is_the_sample_own_row_for_row(made, folder: Path, table: str):
    columns = READ_BY_TABLE[table]
    truth = kept(pl.read_parquet(folder / f"{table}.parquet")).select(columns).sort(columns)
    derived = made[table].select(columns).collect().sort(columns)
    assert truth.height > MESSAGES // 40
    assert derived.equals(truth)
