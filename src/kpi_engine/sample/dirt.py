"""Bad rows: copies of good ones, each with the one fault that an input contract must find."""

from collections.abc import Callable, Mapping

import polars as pl
import polars.selectors as cs

from kpi_engine.sample.shapes import COUNT, INSTANT, MONEY, SHAPE_BY_TABLE, Shape

LARGEST = 2**53  # whole numbers beyond are not exact everywhere, and are refused
FINER_MONEY = pl.Decimal(18, 3)  # room for a tenth of a minor unit

Fault = Callable[[Shape, pl.DataFrame], pl.DataFrame | None]


def bad_rows(table: str, good: pl.DataFrame, share: float) -> dict[str, pl.DataFrame]:
    """Return the bad rows of a table by reason; together about the share of the good rows.

    Money columns come as decimals of three places, so that a tenth of a cent can be written.
    Reference tables have no bad rows, and a reason that cannot happen in a table is left out.
    """
    shape = SHAPE_BY_TABLE[table]
    if shape.reference or good.is_empty():
        return {}
    finer = with_finer_money(good)
    possible = {
        reason: fault
        for reason, fault in FAULT_BY_REASON.items()
        if fault(shape, finer.head(0)) is not None
    }
    each = max(1, round(good.height * share / len(possible)))
    bad: dict[str, pl.DataFrame] = {}
    for place, (reason, fault) in enumerate(possible.items()):
        rows = finer.gather_every(max(1, good.height // each), place % good.height).head(each)
        faulty = fault(shape, rows)
        if faulty is not None:
            bad[reason] = faulty
    return bad


def with_finer_money(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the same amounts with a third place, in which a bad row may differ."""
    return frame.with_columns(cs.by_dtype(MONEY).cast(FINER_MONEY))


def _renamed(shape: Shape, rows: pl.DataFrame, letter: str) -> pl.DataFrame:
    """Return the rows under keys of their own, so that nothing else is wrong with them."""
    text = next(name for name in reversed(shape.key) if shape.kinds[name] == pl.String)
    number = pl.int_range(pl.len())
    return rows.with_columns(pl.format(f"{{}}-{letter}{{}}", text, number).alias(text))


def _missing(shape: Shape, rows: pl.DataFrame) -> pl.DataFrame | None:
    column = next(
        name for name in shape.kinds if name not in shape.optional and name not in shape.key
    )
    return _renamed(shape, rows, "v").with_columns(_nothing(shape, column))


def _undated(shape: Shape, rows: pl.DataFrame) -> pl.DataFrame | None:
    if shape.dated is None or shape.dated in shape.optional or shape.dated in shape.key:
        return None
    return _renamed(shape, rows, "t").with_columns(_nothing(shape, shape.dated))


def _unknown_label(shape: Shape, rows: pl.DataFrame) -> pl.DataFrame | None:
    if not shape.labels:
        return None
    strange = [pl.lit("robot").alias(name) for name in shape.labels]
    return _renamed(shape, rows, "l").with_columns(strange)


def _out_of_range(shape: Shape, rows: pl.DataFrame) -> pl.DataFrame | None:
    count = next((name for name, kind in shape.kinds.items() if kind == pl.Int64), None)
    if count is None:
        return None
    return _renamed(shape, rows, "n").with_columns(pl.lit(LARGEST + 1).alias(count))


def _fractional_money(shape: Shape, rows: pl.DataFrame) -> pl.DataFrame | None:
    amount = next((name for name, kind in shape.kinds.items() if kind == MONEY), None)
    if amount is None:
        return None
    return _renamed(shape, rows, "m").with_columns(pl.lit("19.999").cast(FINER_MONEY).alias(amount))


def _null_key(shape: Shape, rows: pl.DataFrame) -> pl.DataFrame | None:
    return rows.with_columns(_nothing(shape, shape.key[-1]))


def _repeated(_: Shape, rows: pl.DataFrame) -> pl.DataFrame | None:
    return rows


def _contradicted(shape: Shape, rows: pl.DataFrame) -> pl.DataFrame | None:
    """Return pairs of rows under one new key that differ: neither can be believed."""
    once = _renamed(shape, rows, "k")
    column, kind = next(
        (name, kind)
        for name, kind in shape.kinds.items()
        if name not in shape.optional and name not in shape.key and kind in CHANGE_BY_KIND
    )
    changed = pl.col(column) + CHANGE_BY_KIND[kind]
    return pl.concat([once, once.with_columns(changed)])


def _nothing(shape: Shape, column: str) -> pl.Expr:
    return pl.lit(None, dtype=shape.kinds[column]).alias(column)


CHANGE_BY_KIND: Mapping[pl.DataType, pl.Expr] = {
    INSTANT: pl.duration(minutes=1),
    COUNT: pl.lit(1),
}

FAULT_BY_REASON: Mapping[str, Fault] = {
    "missing value": _missing,
    "undated": _undated,
    "unknown label": _unknown_label,
    "number out of range": _out_of_range,
    "fraction of a cent": _fractional_money,
    "null key": _null_key,
    "repeated row": _repeated,
    "contradicted key": _contradicted,
}
