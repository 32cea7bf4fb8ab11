"""The border back to 64 bits: what a run hands out is Int64, or the run is refused."""

from collections.abc import Iterable, Sequence
from typing import Literal

import polars as pl

from kpi_engine.language.core import Core, Rational, Size, bounds
from kpi_engine.language.exact import HIGHEST_SUM
from kpi_engine.language.grouped import HIGHEST_SIZE
from kpi_engine.plan.gathering import SIZE
from kpi_engine.plan.lowering import is_wide
from kpi_engine.plan.nodes import GatherColumn, Plan
from kpi_engine.text.diagnostics import diagnose
from kpi_engine.text.errors import DataError

Engine = Literal["auto", "streaming", "in-memory"]
"""The engine of Polars that collects; every one gives the same rows."""

_HIGHEST = 2**63 - 1


def with_checked_sums(
    frame: pl.DataFrame, columns: Sequence[GatherColumn], table: str, readers: str
) -> pl.DataFrame:
    """Return the frame with its sums as Int64.

    Raises:
        DataError: if a sum, or a term of a sum that could leave 128 bits, is beyond 2**60.
    """
    limited = [c for c in columns if c.gather.function == "sum" or c.name.startswith(SIZE)]
    if _exceeding(frame, [column.name for column in limited], HIGHEST_SUM):
        raise DataError([diagnose("K460", table=table, names=readers, limit="2**60")])
    sums = [column.name for column in limited if column.gather.function == "sum"]
    return frame.with_columns(pl.col(sums).cast(pl.Int64)) if sums else frame


def as_narrow(frame: pl.DataFrame, columns: Iterable[str]) -> pl.DataFrame:
    """Return the frame with the named whole numbers as Int64.

    Points beyond Int64 become unknown: they are out of range, and their status says so.

    Raises:
        DataError: if another number does not fit.
    """
    wide = [name for name in columns if frame.schema[name] == pl.Int128]
    held = [name for name in wide if not name.startswith("points.")]
    beyond = _exceeding(frame, held, _HIGHEST)
    if beyond:
        raise DataError([diagnose("K461", name=name) for name in beyond])
    return frame.with_columns(pl.col(wide).cast(pl.Int64, strict=False)) if wide else frame


def check_size(plan: Plan, rows: pl.DataFrame) -> None:
    """Raise `DataError` where there are more subjects and months than groups reckon with."""
    if plan.ruleset.groups and rows.height > HIGHEST_SIZE:
        raise DataError([diagnose("K463", count=rows.height, limit=HIGHEST_SIZE)])


def check_bounds(frame: pl.DataFrame, fractions: Iterable[Rational]) -> None:
    """Raise `DataError` where a fraction's numbers are not within what it is computed with."""
    fractions = list(fractions)
    columns = [
        part
        for fraction in fractions
        for part in (fraction.num, fraction.den)
        if part.op == "column" and part.args[0] in frame.columns
    ]
    outside = frame.select(
        (~pl.col(str(part.args[0])).is_between(*_limits(part))).any()
        for part in dict.fromkeys(columns)
    )
    beyond = [name for name in outside.columns if outside[name].item()]
    beyond += [
        str(fraction.num.args[0])
        for fraction in fractions
        if fraction.limit is not None and _exceeds_limit(frame, fraction, fraction.limit)
    ]
    if beyond:
        raise DataError([diagnose("K462", name=name) for name in beyond])


def _exceeds_limit(frame: pl.DataFrame, fraction: Rational, limit: Size) -> bool:
    """Return whether some quotient of two columns is larger than it can be."""
    parts = fraction.num, fraction.den
    if any(part.op != "column" or part.args[0] not in frame.columns for part in parts):
        return False
    num, den = (pl.col(str(part.args[0])).cast(pl.Int128) for part in parts)
    within = num.abs() * limit.denominator <= den * min(limit.numerator, HIGHEST_SUM)
    return bool(frame.select((~within).any()).item())


def _limits(part: Core) -> tuple[pl.Expr, pl.Expr]:
    low, high = bounds(part)
    dtype = pl.Int128 if is_wide(part) else pl.Int64
    return pl.lit(low, dtype=dtype), pl.lit(high, dtype=dtype)


def _exceeding(frame: pl.DataFrame, names: Sequence[str], highest: int) -> list[str]:
    """Return the columns with a number of a larger size."""
    limit = pl.lit(highest, dtype=pl.Int128)
    found = frame.select((pl.col(name).cast(pl.Int128).abs() > limit).any() for name in names)
    return [name for name in names if found[name].item()]
