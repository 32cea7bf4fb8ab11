"""The rows behind a metric as people read them."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from kpi_engine.execution.contract import shown_quantity, shown_value
from kpi_engine.language.kinds import QUANTITIES, Kind
from kpi_engine.plan.evidence import DEN, FILTERED_BY, NUM, VERDICT, EvidenceStep, ShownColumn


@dataclass(frozen=True, slots=True)
class ShownRows:
    """The rows behind a metric as people read them, and what every column measures."""

    rows: pl.DataFrame
    kinds: Mapping[str, Kind]


def shown_rows(step: EvidenceStep, rows: pl.DataFrame) -> ShownRows:
    """Return the rows behind a metric: the columns of their table, the verdict, what they bring.

    A column of the table that is named like one that is added stands there as ``table.column``.
    """
    added = {
        "verdict": pl.col(VERDICT),
        "filtered_by": pl.col(FILTERED_BY),
        **(_parts(step) if step.brings else _values(step)),
    }
    name_by_column = {
        column.name: f"{step.metric.table}.{column.name}" if column.name in added else column.name
        for column in step.shown
    }
    shown = {name_by_column[column.name]: _shown(column) for column in step.shown}
    kinds = {name_by_column[column.name]: column.type.kind for column in step.shown}
    kinds |= {_value_name(step, value): value.type.kind for value in step.values}
    words = dict.fromkeys(("verdict", "filtered_by"), Kind.TEXT)
    numbers = dict.fromkeys(_parts(step), Kind.NUMBER) if step.brings else {}
    return ShownRows(rows.select(**shown, **added), {**kinds, **words, **numbers})


def _parts(step: EvidenceStep) -> dict[str, pl.Expr]:
    """Return what rows bring to the fraction, the denominator unknown where it is constant."""
    den = pl.col(DEN) if DEN in step.brings else pl.lit(None, dtype=pl.Int64)
    return {"numerator": pl.col(NUM), "denominator": den}


def _values(step: EvidenceStep) -> dict[str, pl.Expr]:
    """Return what a metric takes of the rows it uses."""
    used = pl.col(VERDICT) == "used"
    return {_value_name(step, value): pl.when(used).then(_shown(value)) for value in step.values}


def _value_name(step: EvidenceStep, value: ShownColumn) -> str:
    """Return the column of what a metric takes of a row: of several they are numbered."""
    return "value" if len(step.values) == 1 else f"value.{value.name}"


def _shown(column: ShownColumn) -> pl.Expr:
    kept = pl.col(column.column)
    if column.type.kind in QUANTITIES:
        return shown_quantity(kept, column.divisor)
    return shown_value(kept, column.type.kind)
