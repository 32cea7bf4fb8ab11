"""The declared columns of a table laid over an input: how each is read, or what is wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import assert_never

import polars as pl

from kpi_engine.execution.inputs import ROW, Input, composed, near_name
from kpi_engine.execution.moments import read_day, read_month, read_time
from kpi_engine.execution.quantities import read_quantity
from kpi_engine.execution.reading import Reading, staged
from kpi_engine.execution.words import read_condition, read_text
from kpi_engine.language import ir
from kpi_engine.language.exact import NUMBER_SCALE
from kpi_engine.language.kinds import Kind
from kpi_engine.ruleset.checked import Column, Table
from kpi_engine.text.diagnostics import Diagnostic, diagnose

NUMBER_PLACES = 6
MONEY_TOLERANCE = Decimal("1e-6")
"""How far a float may lie from a minor unit, in minor units."""

NUMBER_TOLERANCE = Decimal("1e-3")
"""How far a float may lie from a millionth, in millionths: 10^-9."""

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Standards:
    """What a ruleset says about every table.

    ``zone`` is whose clocks local times were read from, ``minor_digits`` the places of the
    currency.
    """

    zone: str
    minor_digits: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """The declared columns of an input under their declared names, still raw, and `ROW`.

    ``types`` are their physical types.
    """

    table: Table
    frame: pl.LazyFrame
    types: Mapping[str, pl.DataType]


def lay_columns(table: Table, opened: Input) -> tuple[Sheet, list[Diagnostic]]:
    """Return the declared columns of an input, and a diagnostic for each that it does not have."""
    schema = opened.frame.collect_schema()
    actual = {composed(name): name for name in schema if name != ROW}
    diagnostics: list[Diagnostic] = []
    selected: list[pl.Expr] = [pl.col(ROW)]
    types: dict[str, pl.DataType] = {}
    for column in table.columns:
        name = actual.get(composed(column.source))
        if name is None:
            diagnostics.append(_missing_column(table, column, opened, actual))
            continue
        raw, dtype = pl.col(name), schema[name]
        if dtype == pl.Null or isinstance(dtype, pl.Categorical | pl.Enum):
            raw, dtype = raw.cast(pl.String), pl.String()
        selected.append(raw.alias(column.name))
        types[column.name] = dtype
    return Sheet(table, opened.frame.select(selected), types), diagnostics


def _missing_column(
    table: Table, column: Column, opened: Input, actual: Mapping[str, str]
) -> Diagnostic:
    declared = {other.source for other in table.columns}
    spare = [name for name in actual if name not in declared]
    place = f"`{opened.file}`" if opened.file is not None else "the frame given"
    near = near_name(column.source, spare)
    return diagnose("K420", table=table.name, column=column.source, place=place, near=near)


def read_column(
    table: Table, column: Column, dtype: pl.DataType, standards: Standards, *, compose: bool
) -> Reading | Diagnostic:
    """Return how a column is read, or what is wrong with its physical type.

    ``compose`` says that its texts are not all in Unicode's composed form.
    """
    raw = _given(table, column, dtype)
    made, given = staged(pl.col(column.name), "given", raw)
    reading = _reading(column, given, dtype, standards, compose=compose)
    if reading is not None:
        return replace(reading, stages=((made,), *reading.stages))
    expected, fix = EXPECTED_BY_KIND[column.type.kind]
    return diagnose(
        "K421", table=table.name, column=column.source, found=dtype, expected=expected, fix=fix
    )


def _given(table: Table, column: Column, dtype: pl.DataType) -> pl.Expr:
    """Return the raw values, null where the table says that they are missing.

    An empty text is missing, whatever the kind and the file; around other kinds than texts spaces
    mean nothing.
    """
    raw = pl.col(column.name)
    if dtype != pl.String:
        return raw
    text = raw if column.type.kind is Kind.TEXT else raw.str.strip_chars()
    return pl.when(~text.is_in(["", *table.missing])).then(text)


def _reading(
    column: Column, given: pl.Expr, dtype: pl.DataType, standards: Standards, *, compose: bool
) -> Reading | None:
    kind = column.type.kind
    match kind:
        case Kind.NUMBER | Kind.RATIO:
            if column.type.whole:
                return read_quantity(given, dtype, 0, "not_whole", NUMBER_TOLERANCE)
            return read_quantity(given, dtype, NUMBER_PLACES, "too_many_decimals", NUMBER_TOLERANCE)
        case Kind.MONEY:
            if column.minor:
                return read_quantity(given, dtype, 0, "not_whole", MONEY_TOLERANCE)
            places = standards.minor_digits
            return read_quantity(given, dtype, places, "too_many_decimals", MONEY_TOLERANCE)
        case Kind.BOOL:
            return read_condition(given, dtype)
        case Kind.TEXT:
            return read_text(given, dtype, column.type.labels, composed=compose)
        case Kind.DATETIME:
            return read_time(given, dtype, column.format, standards.zone)
        case Kind.DATE:
            return read_day(given, dtype, column.format)
        case Kind.MONTH:
            return read_month(given, dtype)
        case Kind.DURATION | Kind.HOURS | Kind.NOTHING | Kind.ANY:
            raise TypeError(kind)
        case _:
            assert_never(kind)


EXPECTED_BY_KIND: Mapping[Kind, tuple[str, str]] = {
    Kind.NUMBER: ("numbers were", "give it as integers, decimals, floats or text"),
    Kind.RATIO: ("numbers were", "give it as integers, decimals, floats or text"),
    Kind.MONEY: ("amounts were", "give it as decimals, integers, floats or text, in major units"),
    Kind.BOOL: ("conditions were", "give it as booleans, 0 and 1, or text"),
    Kind.TEXT: ("text was", "cast it to text; an identifier keeps its leading zeros as text alone"),
    Kind.DATETIME: ("times were", "cast it to a datetime, or declare the column as `date`"),
    Kind.DATE: ("days were", "cast it to a date, or declare the column as `datetime`"),
    Kind.MONTH: ("months were", "give it as text such as `2026-10`"),
}
"""What is expected of a column of a kind, and the likely fix where its type cannot hold it."""


def kept_value(column: Column, reading: Reading) -> pl.Expr:
    """Return the values of a column in storage form, its default where one is missing."""
    if column.default is None:
        return reading.value.alias(column.name)
    default = pl.lit(_stored(column.default, column), dtype=storage_type(column.type.kind))
    return (
        pl.when(reading.given.is_null()).then(default).otherwise(reading.value).alias(column.name)
    )


def is_fault(column: Column, reading: Reading) -> pl.Expr:
    """Return whether the value of a column breaks the contract; never unknown."""
    if column.type.nullable or column.default is not None:
        return reading.given.is_not_null() & reading.value.is_null()
    return reading.value.is_null()


def storage_type(kind: Kind) -> pl.DataType:
    """Return the physical type in which values of a kind are kept."""
    match kind:
        case Kind.BOOL:
            return pl.Boolean()
        case Kind.TEXT:
            return pl.String()
        case _:
            return pl.Int64()


def _stored(default: ir.Lit, column: Column) -> int | str | bool | None:
    value = default.value
    match value:
        case Fraction():
            plain = column.type.kind in {Kind.NUMBER, Kind.RATIO} and not column.type.whole
            stored = value * NUMBER_SCALE if plain else value
            if stored.denominator != 1:
                raise ValueError(f"`{column.name}` cannot keep its default {value}")
            return int(stored)
        case date():
            return (value - _EPOCH).days
        case bool() | str() | None:
            return value
        case _:
            raise TypeError(value)
