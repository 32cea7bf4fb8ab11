"""Raw rows read once: their values in storage form, apart from the rows that break the contract."""

from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType

import polars as pl
from polars.exceptions import ComputeError

from kpi_engine.execution.columns import (
    Sheet,
    Standards,
    is_fault,
    kept_value,
    lay_columns,
    read_column,
)
from kpi_engine.execution.inputs import ROW, Input
from kpi_engine.execution.reading import Reading, with_stages
from kpi_engine.language.kinds import Kind
from kpi_engine.plan.coding import texts_met
from kpi_engine.plan.ranges import Engine
from kpi_engine.ruleset.checked import Table
from kpi_engine.text.diagnostics import Diagnostic, diagnose
from kpi_engine.text.errors import DataError

_BROKEN = "~broken"


@dataclass(frozen=True, slots=True)
class Fitted:
    """An input whose columns can hold what the table declares, and how each is read.

    ``types`` are those of the texts that are to be kept as Categoricals.
    """

    opened: Input
    sheet: Sheet
    readings: Mapping[str, Reading]
    standards: Standards
    types: Mapping[str, pl.Categorical]


@dataclass(frozen=True, slots=True)
class Taken:
    """The rows of an input: `ROW` and the columns in storage form of those that keep the contract.

    ``broken`` are the other rows as they were read. ``height`` counts both.
    """

    table: Table
    readings: Mapping[str, Reading]
    rows: pl.DataFrame
    broken: pl.DataFrame
    height: int


def fit_columns(
    table: Table,
    opened: Input,
    standards: Standards,
    types: Mapping[str, pl.Categorical] = MappingProxyType({}),
) -> tuple[Fitted, list[Diagnostic]]:
    """Return an input laid out as its table declares, and every column that does not fit.

    Raises:
        DataError: the file breaks off or cannot be decoded.
    """
    with reading(opened):
        sheet, diagnostics = lay_columns(table, opened)
    readings, wrong = _readings(sheet, standards)
    return Fitted(opened, sheet, readings, standards, types), diagnostics + wrong


@contextmanager
def reading(opened: Input) -> Iterator[None]:
    """Say which file it is whose content breaks off or cannot be decoded."""
    try:
        yield
    except ComputeError as error:
        if opened.file is None:
            raise
        reason = str(error).partition("\n")[0]
        raise DataError([diagnose("K409", file=opened.file, reason=reason)]) from error


def _readings(
    sheet: Sheet, standards: Standards, loose: Container[str] = ()
) -> tuple[dict[str, Reading], list[Diagnostic]]:
    """Return how every column is read, where the texts of ``loose`` ones are to be composed."""
    readings: dict[str, Reading] = {}
    diagnostics: list[Diagnostic] = []
    for column in sheet.table.columns:
        if column.name not in sheet.types:
            continue
        dtype, compose = sheet.types[column.name], column.name in loose
        found = read_column(sheet.table, column, dtype, standards, compose=compose)
        if isinstance(found, Diagnostic):
            diagnostics.append(found)
        else:
            readings[column.name] = found
    return readings, diagnostics


def take_rows(fitted: Fitted, engine: Engine) -> Taken:
    """Return the rows of an input, read once where their texts are in Unicode's composed form.

    Nearly every text is, and composing costs more than all else in reading one.
    """
    readings = fitted.readings
    read = _read(fitted, readings, engine)
    if read[_BROKEN].any() or not _is_composed(read):
        # a label that is not composed looks broken
        loose = _uncomposed(fitted.sheet, engine)
        if loose:
            readings, _ = _readings(fitted.sheet, fitted.standards, loose)
            read = _read(fitted, readings, engine)
    frame = with_stages(fitted.sheet.frame, readings.values())
    is_broken = read[_BROKEN]
    height, broken = read.height, pl.DataFrame()
    if is_broken.any():
        broken = frame.filter(_any_fault(fitted, readings)).collect(engine=engine)
        read = read.filter(~is_broken)
    return Taken(fitted.sheet.table, readings, read.drop(_BROKEN), broken, height)


def _read(fitted: Fitted, readings: Mapping[str, Reading], engine: Engine) -> pl.DataFrame:
    columns = [
        kept_value(column, readings[column.name]).cast(fitted.types[column.name])
        if column.name in fitted.types
        else kept_value(column, readings[column.name])
        for column in fitted.sheet.table.columns
    ]
    frame = with_stages(fitted.sheet.frame, readings.values())
    broken = _any_fault(fitted, readings).alias(_BROKEN)
    return frame.select(ROW, *columns, broken).collect(engine=engine)


def _any_fault(fitted: Fitted, readings: Mapping[str, Reading]) -> pl.Expr:
    columns = fitted.sheet.table.columns
    return pl.any_horizontal(is_fault(column, readings[column.name]) for column in columns)


def _is_composed(rows: pl.DataFrame) -> bool:
    """Return whether all texts are composed; of a Categorical, also some of other tables."""
    for column in rows:
        texts = texts_met(column) if isinstance(column.dtype, pl.Categorical) else column
        if texts.dtype == pl.String:
            beyond_ascii = texts.filter(texts.str.len_bytes() != texts.str.len_chars())
            if (beyond_ascii != beyond_ascii.str.normalize("NFC")).any():
                return False
    return True


def _uncomposed(sheet: Sheet, engine: Engine) -> frozenset[str]:
    """Return the text columns that hold texts not in Unicode's composed form."""
    texts = [
        column.name
        for column in sheet.table.columns
        if column.type.kind is Kind.TEXT and sheet.types[column.name] == pl.String
    ]
    if not texts:
        return frozenset()
    beyond_ascii = {
        name: pl.when(pl.col(name).str.len_bytes() != pl.col(name).str.len_chars()).then(name)
        for name in texts
    }
    answers = sheet.frame.select(
        (text != text.str.normalize("NFC")).any().alias(name) for name, text in beyond_ascii.items()
    ).collect(engine=engine)
    return frozenset(name for name in texts if answers[name][0])
