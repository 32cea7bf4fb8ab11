"""The history that a test case gives: values of the months just before its own."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction

import polars as pl

from kpi_engine.execution.contract import METRIC_PLACES, shown_value
from kpi_engine.execution.history import shown_column
from kpi_engine.language.kinds import PLAIN, QUANTITIES, Kind
from kpi_engine.plan.nodes import Plan
from kpi_engine.review.binding import SubjectHistory
from kpi_engine.review.verdicts import find_subject
from kpi_engine.text.diagnostics import Diagnostic


def history_frame(
    plan: Plan, given: Iterable[SubjectHistory], frames: Mapping[str, pl.DataFrame], month: int
) -> tuple[pl.DataFrame | None, list[Diagnostic]]:
    """Return given values as a history, one row per subject and month, and who is on no roster.

    The last value of every list is that of the month before ``month``. ``frames`` are the tables of
    the case as texts; None where the case gives no history.
    """
    roster = plan.ruleset.tables[plan.roster.table]
    sources = {column.name: column.source for column in roster.columns}
    people = frames[roster.name].select(pl.col(sources[key]).alias(key) for key in plan.roster.key)
    rows: list[dict[str, object]] = []
    findings: list[Diagnostic] = []
    for each in given:
        person, missing = find_subject(each.subject, people.unique().to_dicts(), plan.roster.key)
        findings += missing
        longest = max((len(values) for values in each.values.values()), default=0)
        for ago in range(longest, 0, -1) if person is not None else ():
            told = {
                name: values[-ago] for name, values in each.values.items() if len(values) >= ago
            }
            rows.append({**(person or {}), "period": _period(month - ago), **told})
    if not rows or findings:
        return None, findings
    columns = [pl.Series(key, [row[key] for row in rows]) for key in (*plan.roster.key, "period")]
    columns += [
        _column(name, [row.get(name) for row in rows], kind) for name, kind in plan.history.items()
    ]
    return pl.DataFrame(columns), []


def _period(month: int) -> str:
    return f"{month // 12:04}-{month % 12 + 1:02}"


def _column(name: str, values: Iterable[object], kind: Kind) -> pl.Series:
    column = shown_column(name)
    if kind in PLAIN:
        decimals = [None if value is None else _decimal(value) for value in values]
        return pl.Series(column, decimals, dtype=pl.Decimal(38, METRIC_PLACES))
    if kind in QUANTITIES:
        wholes = [None if value is None else int(Fraction(str(value))) for value in values]
        return pl.Series(column, wholes, dtype=pl.Int64)
    if kind in {Kind.BOOL, Kind.TEXT}:
        return pl.Series(column, list(values))
    stored = pl.DataFrame({column: pl.Series(list(values), dtype=pl.Int64)})
    return stored.select(shown_value(pl.col(column), kind).alias(column)).to_series()


def _decimal(value: object) -> Decimal:
    number = Fraction(str(value))
    return Decimal(number.numerator) / Decimal(number.denominator)
