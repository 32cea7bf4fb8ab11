"""The pay lines of every subject in long form, each with the rule it follows."""

import polars as pl

from kpi_engine.execution.contract import shown_value
from kpi_engine.execution.rules import line_rule, step_rule
from kpi_engine.ruleset.checked import Rule, Ruleset
from kpi_engine.text.source import position


def pay_lines(ruleset: Ruleset, slip: pl.DataFrame, period: str) -> pl.DataFrame:
    """Return the pay lines and steps of the subjects of a slip, sorted by key, in the rules' order.

    Grain: one row per subject and line. ``amount`` is in minor units, null where the line is
    unknown and the pay held.
    """
    types = ruleset.tables[ruleset.subject.table].types
    key = [shown_value(pl.col(k), types[k].kind).alias(k) for k in ruleset.subject.key]
    parts = [
        slip.select(
            *key,
            pl.lit(period).alias("period"),
            pl.lit(name).alias("line"),
            pl.col(f"line.{name}").cast(pl.Int64).alias("amount"),
            pl.lit(ruleset.currency).alias("currency"),
            pl.lit(rule_name).alias("rule"),
            pl.lit(rule.span.source.name).alias("file"),
            pl.lit(position(rule.span.source, rule.span.start).line, dtype=pl.Int64).alias(
                "line_number"
            ),
        )
        for name, rule_name, rule in named_lines(ruleset)
    ]
    if not parts:
        return slip.head(0).select(*key).with_columns(**_NO_LINES)
    return pl.concat(parts).sort(ruleset.subject.key, maintain_order=True)


_NO_LINES = {
    name: pl.lit(None, dtype=dtype)
    for name, dtype in {
        "period": pl.String(),
        "line": pl.String(),
        "amount": pl.Int64(),
        "currency": pl.String(),
        "rule": pl.String(),
        "file": pl.String(),
        "line_number": pl.Int64(),
    }.items()
}


def named_lines(ruleset: Ruleset) -> list[tuple[str, str, Rule]]:
    """Return the names of lines and steps, the names of their rules, and the rules."""
    if ruleset.pay is None:
        return []
    lines: list[tuple[str, str, Rule]] = [
        (name, line_rule(name), rule) for name, rule in ruleset.pay.lines
    ]
    return lines + [(name, step_rule(name), rule) for name, rule in ruleset.pay.steps]
