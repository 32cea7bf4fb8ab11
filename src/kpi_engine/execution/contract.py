"""The columns of a result: what the slip left as whole numbers, in the units people read."""

from collections.abc import Container, Iterator
from decimal import Decimal

import polars as pl

from kpi_engine.language import ir
from kpi_engine.language.kinds import PLAIN, QUANTITIES, Kind
from kpi_engine.ruleset.checked import Formula, Item, Metric, Ruleset

METRIC_PLACES = 9
"""The decimals with which a number is shown."""

POINT_PLACES = 6
"""The decimals of points and of parts of the score."""

_DIGITS_AT_ONCE = 3


def subject_columns(
    ruleset: Ruleset, period: str, provisional: Container[str] = ()
) -> list[pl.Expr]:
    """Return the columns of ``subjects`` in contract order, over the frame of the slip.

    Grain: one row per subject. ``provisional`` are the metrics that are not final yet.
    """
    types = ruleset.tables[ruleset.subject.table].types
    columns = [
        *(shown_value(pl.col(name), types[name].kind).alias(name) for name in ruleset.subject.key),
        pl.lit(period).alias("period"),
    ]
    for metric in ruleset.metrics.values():
        columns += _metric_columns(metric, provisional=metric.name in provisional)
    if ruleset.score is not None:
        columns += [_decimal(f"points.{path}") for path in point_paths(ruleset.score.items)]
        columns += [_decimal(f"part.{path}") for path in part_paths(ruleset.score.items)]
        if ruleset.score.steps:
            columns += [_decimal(f"step.{name}") for name, _ in ruleset.score.steps]
            columns.append(_decimal("part.limits"))
        columns += [
            _decimal("part.rounding"),
            _decimal("score", ruleset.score.places),
            pl.col("score.status"),
        ]
    if ruleset.pay is not None:
        columns += [pl.col(f"line.{name}").cast(pl.Int64) for name in pay_names(ruleset)]
        columns += [pl.col("pay").cast(pl.Int64), pl.col("pay.status")]
    columns.append(pl.lit(ruleset.currency).alias("currency"))
    return columns


def point_paths(items: tuple[Item, ...]) -> Iterator[str]:
    """Return the paths of items, a group before its children."""
    for item in items:
        yield item.path
        yield from point_paths(item.children)


def part_paths(items: tuple[Item, ...]) -> Iterator[str]:
    """Return the paths of what brings points into the score, a group before its children.

    That is every leaf, and every group that has points of its own where none of its items counts.
    """
    for item in items:
        if not item.children or isinstance(item.empty, Formula):
            yield item.path
        yield from part_paths(item.children)


def pay_names(ruleset: Ruleset) -> list[str]:
    """Return the names of the pay lines, then of the steps."""
    if ruleset.pay is None:
        return []
    return [name for name, _ in (*ruleset.pay.lines, *ruleset.pay.steps)]


def _metric_columns(metric: Metric, *, provisional: bool) -> list[pl.Expr]:
    name = f"metric.{metric.name}"
    status = pl.col(f"{name}.status")
    kind = metric.type.kind
    num = den = pl.lit(None, dtype=pl.Int64)
    if kind in QUANTITIES:
        above, below = pl.col(f"{name}.num"), pl.col(f"{name}.den")
        known = status == "ok"
        # only what is composed of fractions can have a denominator beyond 64 bits
        digits = _DIGITS_AT_ONCE if metric.fraction and metric.table is None else METRIC_PLACES
        value = _shown_quotient(
            pl.when(known).then(above), pl.when(known & (below != 0)).then(below), kind, digits
        )
        if metric.fraction:
            exact = pl.Int64 if metric.table is not None else pl.Decimal(38, 0)
            num, den = above.cast(exact), below.cast(exact)
    else:
        value = shown_value(pl.col(name), kind)
    counted = metric.table is not None or isinstance(metric.value.node, ir.Across)
    count = pl.col(f"{name}.n") if counted else pl.lit(None, dtype=pl.Int64)
    shown = status.replace({"ok": "provisional"}) if provisional else status
    return [
        value.alias(name),
        num.alias(f"{name}.num"),
        den.alias(f"{name}.den"),
        count.alias(f"{name}.n"),
        shown,
    ]


def shown_value(value: pl.Expr, kind: Kind) -> pl.Expr:
    """Return a value in storage form as people read it; numbers have other ways."""
    match kind:
        case Kind.DATETIME:
            return value.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
        case Kind.DATE:
            return value.cast(pl.Int32).cast(pl.Date)
        case Kind.MONTH:
            year = (value // 12).cast(pl.String).str.zfill(4)
            return year + "-" + (value % 12 + 1).cast(pl.String).str.zfill(2)
        case _:
            return value


def shown_quantity(parts: pl.Expr, divisor: int) -> pl.Expr:
    """Return so many parts of a divisor: as they are kept if of 1, else a decimal.

    It has the places it takes, 9 where it does not end within them.
    """
    if divisor == 1:
        return parts
    for places in range(1, METRIC_PLACES):
        if 10**places % divisor == 0:
            return _scaled(parts.cast(pl.Int128) * (10**places // divisor), places)
    below = pl.lit(divisor, dtype=pl.Int128)
    return _scaled(_rounded_quotient(parts, below, METRIC_PLACES), METRIC_PLACES)


def stored_value(shown: pl.Expr, kind: Kind) -> pl.Expr:
    """Return a value that people read in storage form again; numbers have other ways."""
    match kind:
        case Kind.DATETIME | Kind.DATE:
            return shown.to_physical().cast(pl.Int64)
        case Kind.MONTH:
            year, month = (
                shown.str.slice(at, size).cast(pl.Int64) for at, size in ((0, 4), (5, 2))
            )
            return year * 12 + month - 1
        case _:
            return shown


def _decimal(name: str, places: int = POINT_PLACES) -> pl.Expr:
    """Return a whole number of 10^-places as a decimal."""
    return _scaled(pl.col(name), places).alias(name)


def _scaled(units: pl.Expr, places: int) -> pl.Expr:
    step = pl.lit(Decimal(1).scaleb(-places), dtype=pl.Decimal(38, places))
    return units.cast(pl.Decimal(38, 0)) * step


def _shown_quotient(num: pl.Expr, den: pl.Expr, kind: Kind, digits: int) -> pl.Expr:
    if kind in PLAIN:
        return _scaled(_rounded_quotient(num, den, METRIC_PLACES, digits), METRIC_PLACES)
    return _rounded_quotient(num, den, 0).cast(pl.Int64)


def _rounded_quotient(
    num: pl.Expr, den: pl.Expr, places: int, digits: int = _DIGITS_AT_ONCE
) -> pl.Expr:
    """Return num / den in units of 10^-places, rounded half away from zero.

    Long division, a few digits at once: a product of all of them could leave 128 bits. Over a
    denominator of 64 bits it cannot, and fewer operations are quicker to prepare.
    """
    above, below = num.cast(pl.Int128), den.cast(pl.Int128)
    sign = above.sign() * below.sign()
    divisor = below.abs()
    quotient, rest = above.abs() // divisor, above.abs() % divisor
    for _ in range(places // digits):
        rest = rest * 10**digits
        quotient = quotient * 10**digits + rest // divisor
        rest = rest % divisor
    return sign * (quotient + (rest * 2 >= divisor).cast(pl.Int128))
