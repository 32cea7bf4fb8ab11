"""Facts that someone else gathered, held to what a score needs and laid out one row per subject."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from kpi_engine.execution.contract import shown_value
from kpi_engine.execution.facts import COUNTS, fact_schema, row_metrics
from kpi_engine.execution.inputs import near_name
from kpi_engine.execution.statuses import FACT_STATUSES
from kpi_engine.language import core
from kpi_engine.language.core import Rational, Value
from kpi_engine.language.kinds import Kind
from kpi_engine.plan.nodes import Plan
from kpi_engine.ruleset.checked import Metric
from kpi_engine.text.diagnostics import Diagnostic, diagnose
from kpi_engine.text.errors import DataError

_FOUND = "what was found"


def facts_of_period(plan: Plan, facts: pl.DataFrame, period: str) -> pl.DataFrame:
    """Return the facts of a period, their columns checked and in order.

    Raises:
        DataError: columns are missing or of another type, a metric is unknown, or a subject has a
            metric twice.
    """
    schema = fact_schema(plan.ruleset)
    diagnostics = _check_columns(facts, schema)
    if diagnostics:
        raise DataError(diagnostics)
    columns = [pl.col(name).cast(dtype) for name, dtype in schema.items()]
    taken = facts.select(columns).filter(pl.col("period") == period)
    names = [metric.name for metric in row_metrics(plan.ruleset)]
    diagnostics = [
        diagnose("K442", name=name, near=near_name(name, names))
        for name in taken["metric"].unique().sort().drop_nulls()
        if name not in names
    ]
    twice = (taken.group_by(*plan.roster.key, "metric").len().filter(pl.col("len") > 1)).sort(
        *plan.roster.key, "metric"
    )
    diagnostics += [
        diagnose(
            "K444",
            period=period,
            metric=row["metric"],
            subject=", ".join(f"{name} {row[name]}" for name in plan.roster.key),
            count=row["len"],
        )
        for row in twice.iter_rows(named=True)
    ]
    if diagnostics:
        raise DataError(diagnostics)
    return taken


def _check_columns(facts: pl.DataFrame, schema: Mapping[str, pl.DataType]) -> list[Diagnostic]:
    diagnostics: list[Diagnostic] = []
    for name, dtype in schema.items():
        found = facts.schema.get(name)
        if found is None:
            diagnostics.append(diagnose("K440", column=name, columns=f"`{'`, `'.join(schema)}`"))
        elif found != dtype and not (dtype == pl.Int64 and found.is_integer()):
            diagnostics.append(diagnose("K441", column=name, found=found, expected=dtype))
    return diagnostics


def wide_facts(
    plan: Plan, facts: pl.DataFrame, subjects: pl.DataFrame, period: str
) -> pl.DataFrame:
    """Return subjects with the columns the slip reads of every metric gathered from rows.

    ``facts`` are those of the period; facts of others than the subjects are left out. A fraction
    may be given reduced, ``3 / 1`` for ``3000000 / 1000000``.

    Raises:
        DataError: a subject lacks a metric, or a number lies outside what the ruleset can reckon
            with.
    """
    types = plan.ruleset.tables[plan.ruleset.subject.table].types
    key = list(plan.roster.key)
    keyed = subjects.with_columns(
        shown_value(pl.col(k), types[k].kind).alias(_shown(k)) for k in key
    )
    wide = keyed
    diagnostics: list[Diagnostic] = []
    for metric in row_metrics(plan.ruleset):
        found = facts.filter(pl.col("metric") == metric.name).drop("period", "metric")
        name = f"metric.{metric.name}"
        parts = [*COUNTS, "status", *(["text"] if metric.type.kind is Kind.TEXT else [])]
        named = found.select(
            *(pl.col(k).alias(_shown(k)) for k in key),
            *(pl.col(part).alias(f"{name}.{part}") for part in parts),
        )
        joined = keyed.select(_shown(k) for k in key).join(
            named, on=[_shown(k) for k in key], how="left", maintain_order="left"
        )
        diagnostics += _check_metric(plan, metric, joined, period)
        fraction = _fitted(plan.values[metric.name], name)
        fitted = joined.with_columns(
            fraction.num.cast(pl.Int64, strict=False).alias(f"{name}.num"),
            fraction.den.cast(pl.Int64, strict=False).alias(f"{name}.den"),
        )
        wide = pl.concat([wide, fitted.drop(_shown(k) for k in key)], how="horizontal")
    if diagnostics:
        raise DataError(diagnostics)
    return wide.drop(_shown(k) for k in key)


def _shown(key: str) -> str:
    return f"shown {key}"


def _subject(key: Sequence[str], frame: pl.DataFrame) -> str:
    """Return the first subject of a frame."""
    return ", ".join(f"{name} {frame[_shown(name)][0]}" for name in key)


@dataclass(frozen=True, slots=True)
class _Fraction:
    """A fraction over the divisor that the slip reckons with, whether it is exact, its limits."""

    num: pl.Expr
    den: pl.Expr
    exact: pl.Expr
    low: int
    high: int
    highest_den: int


def _fitted(value: Value, name: str) -> _Fraction:
    num, den = (pl.col(f"{name}.{part}").cast(pl.Int128) for part in ("num", "den"))
    den = pl.when(den > 0).then(den)
    if isinstance(value, Rational):
        divisor = core.constant(value.den)
        low, high = core.bounds(value.num)
        least, most = core.bounds(value.den)
    else:
        divisor = least = most = 1
        low, high = core.bounds(value) if value.low is not None else (0, 1)
    if divisor is None:
        factor = pl.when(den < least).then(pl.lit(least, dtype=pl.Int128)).otherwise(1)
        return _Fraction(num * factor, den * factor, den.is_not_null(), low, high, most)
    whole = pl.when(den.is_not_null()).then(pl.lit(divisor, dtype=pl.Int128))
    return _Fraction(num * divisor // den, whole, num * divisor % den == 0, low, high, most)


def _check_metric(
    plan: Plan, metric: Metric, joined: pl.DataFrame, period: str
) -> list[Diagnostic]:
    name = f"metric.{metric.name}"
    status = pl.col(f"{name}.status")
    absent = joined.filter(status.is_null())
    if absent.height:
        subject = _subject(plan.roster.key, absent)
        count = absent.height
        return [diagnose("K443", period=period, metric=metric.name, count=count, subject=subject)]
    faults: list[tuple[pl.Expr, pl.Expr, str]] = [
        (status.is_in(FACT_STATUSES), status, f"one of `{'`, `'.join(FACT_STATUSES)}`"),
    ]
    if metric.type.kind is Kind.TEXT:
        text = pl.col(f"{name}.text")
        faults.append(((status != "ok") | text.is_not_null(), text, "a text"))
    else:
        fraction = _fitted(plan.values[metric.name], name)
        fits = (
            fraction.exact
            & fraction.num.is_between(fraction.low, fraction.high)
            & (fraction.den <= fraction.highest_den)
        )
        shown = pl.concat_str(f"{name}.num", pl.lit(" / "), f"{name}.den")
        expected = f"a numerator from {fraction.low} to {fraction.high} over a positive divisor"
        faults.append(((status != "ok") | fits.fill_null(value=False), shown, expected))
    for fits, shown, expected in faults:
        wrong = joined.filter(~fits).with_columns(shown.fill_null("missing").alias(_FOUND))
        if wrong.height:
            return [
                diagnose(
                    "K445",
                    metric=metric.name,
                    subject=_subject(plan.roster.key, wrong),
                    found=wrong[_FOUND][0],
                    expected=expected,
                )
            ]
    return []
