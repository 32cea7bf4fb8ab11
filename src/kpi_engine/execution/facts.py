"""Facts in long form: what is gathered from rows, and what a score can start from."""

import polars as pl

from kpi_engine.execution.contract import shown_value
from kpi_engine.language.kinds import Kind
from kpi_engine.ruleset.checked import Metric, Ruleset

Facts = pl.DataFrame
"""One row per subject and metric gathered from rows, columns as in `fact_schema`."""

COUNTS = ("num", "den", "n", "n_unknown")


def row_metrics(ruleset: Ruleset) -> list[Metric]:
    """Return the metrics that are gathered from rows."""
    return [metric for metric in ruleset.metrics.values() if metric.table is not None]


def fact_schema(ruleset: Ruleset) -> dict[str, pl.DataType]:
    """Return the columns of the long form and their types.

    ``text`` is there where some metric gathered from rows is a text.
    """
    types = ruleset.tables[ruleset.subject.table].types
    texts = any(metric.type.kind is Kind.TEXT for metric in row_metrics(ruleset))
    return {
        **{name: _shown_type(types[name].kind) for name in ruleset.subject.key},
        "period": pl.String(),
        "metric": pl.String(),
        **dict.fromkeys(COUNTS, pl.Int64()),
        "status": pl.String(),
        **({"text": pl.String()} if texts else {}),
    }


def _shown_type(kind: Kind) -> pl.DataType:
    empty = pl.DataFrame(schema={"value": pl.String() if kind is Kind.TEXT else pl.Int64()})
    return empty.select(shown_value(pl.col("value"), kind)).dtypes[0]


def long_facts(ruleset: Ruleset, facts: pl.DataFrame, period: str) -> pl.DataFrame:
    """Return the facts of a run in long form, sorted by subject, metrics in the ruleset's order.

    Grain: one row per subject and metric gathered from rows. ``num`` and ``den`` are null where
    there is no value at all; money is in minor units, a duration in microseconds.
    """
    schema = fact_schema(ruleset)
    types = ruleset.tables[ruleset.subject.table].types
    key = [shown_value(pl.col(k), types[k].kind).alias(k) for k in ruleset.subject.key]
    parts = [pl.DataFrame(schema=schema)]
    for metric in row_metrics(ruleset):
        name = f"metric.{metric.name}"
        is_text = metric.type.kind is Kind.TEXT
        text = pl.col(f"{name}.text") if is_text else pl.lit(None, dtype=pl.String)
        row = facts.select(
            *key,
            pl.lit(period).alias("period"),
            pl.lit(metric.name).alias("metric"),
            *(pl.col(f"{name}.{count}").alias(count) for count in COUNTS),
            pl.col(f"{name}.status").alias("status"),
            text.alias("text"),
        )
        parts.append(row.select(pl.col(column).cast(dtype) for column, dtype in schema.items()))
    return pl.concat(parts).sort(ruleset.subject.key, maintain_order=True)
