"""Every shipped ruleset says the same of a sample on the plan's road and on the reference's."""

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest
from tests.properties.comparing import differences
from tests.rulesets.shipped import NAMES, shipped

from kpi_engine.language.kinds import Kind
from kpi_engine.reference.values import Row, Value
from kpi_engine.ruleset.checked import Column, Ruleset
from kpi_engine.sample import write_sample

EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
MESSAGES, MINOR_UNITS = 500, 100


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("sample")
    write_sample(place, messages=MESSAGES, seed=5)
    return place


def taken(column: Column, value: object) -> Value:
    """Return a value of the sample as formulas meet it."""
    if value is None and column.default is not None:
        value = column.default.value
    match value:
        case datetime():
            return (value - EPOCH).days * 86_400_000_000 + (value - EPOCH).seconds * 1_000_000
        case Decimal() if column.type.kind is Kind.MONEY:
            return Fraction(value) * MINOR_UNITS
        case Decimal() | int() if not isinstance(value, bool):
            return Fraction(value)
        case None | bool() | str() | date() | Fraction():
            return value
        case _:
            raise TypeError(value)


def rows_of(ruleset: Ruleset, folder: Path) -> dict[str, list[Row]]:
    return {
        name: [
            {column.name: taken(column, row[column.source]) for column in table.columns}
            for row in pl.read_parquet(folder / f"{name}.parquet").iter_rows(named=True)
        ]
        for name, table in ruleset.tables.items()
        if table.origin is None
    }


@pytest.mark.parametrize("name", NAMES)
def test_plan_and_reference_agree_on_a_shipped_ruleset(name, folder):
    ruleset = shipped(name)
    assert differences(ruleset, rows_of(ruleset, folder), "2026-10", ["in-memory"]) == []
