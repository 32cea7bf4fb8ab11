"""Raw rows held to the contract of their table: kept in storage form, or rejected with a reason.

Storage form: numbers as Int64 millionths (whole numbers as they are), money as Int64 minor units,
times as Int64 microseconds of UTC, days as Int64 days since 1970, months as Int64
year * 12 + month - 1, conditions as Boolean, texts as String.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

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
from kpi_engine.execution.keys import REFUSED, repeated_keys
from kpi_engine.execution.look import Look
from kpi_engine.execution.reading import Reading, with_stages
from kpi_engine.execution.reasons import Reason
from kpi_engine.execution.seen import (
    CLOCK,
    SEEN,
    UNREADABLE,
    UNSEEN,
    broken_times,
    is_seen,
    stored_times,
    times_to_come,
)
from kpi_engine.language.kinds import Kind
from kpi_engine.plan.ranges import Engine
from kpi_engine.ruleset.checked import Column, Table
from kpi_engine.text.diagnostics import Diagnostic, diagnose
from kpi_engine.text.errors import DataError

REJECT_TYPES: Mapping[str, pl.DataType] = {
    "table": pl.String(),
    "row": pl.Int64(),
    "column": pl.String(),
    "reason": pl.String(),
    "value": pl.String(),
}
"""The columns of ``rejects``; the last, the value itself, stands there on request alone."""


_REJECTED_TYPES: Mapping[str, pl.DataType] = {
    ROW: pl.Int64(),
    CLOCK: pl.Int64(),
    UNREADABLE: pl.Boolean(),
    UNSEEN: pl.Boolean(),
}


def reject_types(*, values: bool) -> dict[str, pl.DataType]:
    """Return the columns of ``rejects``, with the values or without."""
    types = dict(REJECT_TYPES)
    if not values:
        del types["value"]
    return types


@dataclass(frozen=True, slots=True)
class Admission:
    """A table after its contract.

    ``accepted`` are the accepted rows in storage form, ``rows`` those of them that were there when
    the run looks at the data: those that are ``seen``, None where all are. ``rejects`` has one row
    per refused value or key. ``rejected`` has one row per refused row: `ROW`, `CLOCK` as it is kept
    (null: none), whether the clock is `UNREADABLE`, and whether the row is known to be `UNSEEN`.
    ``height`` counts the rows of the input.
    """

    table: Table
    rows: pl.LazyFrame
    accepted: pl.LazyFrame
    seen: pl.Expr | None
    height: int
    rejects: pl.DataFrame
    rejected: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Fitted:
    """An input whose columns can hold what the table declares, and how each is read."""

    opened: Input
    sheet: Sheet
    readings: Mapping[str, Reading]


def fit_columns(
    table: Table, opened: Input, standards: Standards, engine: Engine = "auto"
) -> tuple[Fitted, list[Diagnostic]]:
    """Return an input laid out as its table declares, and every column that does not fit.

    Raises:
        DataError: the file breaks off or cannot be decoded.
    """
    with _reading(opened):
        sheet, diagnostics = lay_columns(table, opened)
        readings, wrong = _read_columns(sheet, standards, engine)
    return Fitted(opened, sheet, readings), diagnostics + wrong


def admit_rows(
    fitted: Fitted, look: Look, *, keyed: bool, values: bool = False, engine: Engine = "auto"
) -> Admission:
    """Return a table after its contract.

    ``keyed`` says that rows are held to the key of the table, those that are seen: a row that was
    recorded after the look cannot contradict one that was there. ``values`` says that ``rejects``
    show what was found.

    Raises:
        DataError: the file breaks off or cannot be decoded.
    """
    with _reading(fitted.opened):
        return _admit(fitted, look, keyed=keyed, values=values, engine=engine)


@contextmanager
def _reading(opened: Input) -> Iterator[None]:
    """Say which file it is whose content breaks off or cannot be decoded."""
    try:
        yield
    except ComputeError as error:
        if opened.file is None:
            raise
        reason = str(error).partition("\n")[0]
        raise DataError([diagnose("K409", file=opened.file, reason=reason)]) from error


def _read_columns(
    sheet: Sheet, standards: Standards, engine: Engine
) -> tuple[dict[str, Reading], list[Diagnostic]]:
    columns = [column for column in sheet.table.columns if column.name in sheet.types]
    loose = _uncomposed(sheet, columns, engine)
    readings: dict[str, Reading] = {}
    diagnostics: list[Diagnostic] = []
    for column in columns:
        dtype = sheet.types[column.name]
        compose = column.name in loose
        reading = read_column(sheet.table, column, dtype, standards, compose=compose)
        if isinstance(reading, Diagnostic):
            diagnostics.append(reading)
        else:
            readings[column.name] = reading
    return readings, diagnostics


def _uncomposed(sheet: Sheet, columns: Sequence[Column], engine: Engine) -> frozenset[str]:
    """Return the text columns that hold texts not in Unicode's composed form.

    Composing costs more than all else in reading a text, and nearly every text is composed.
    """
    texts = [
        column.name
        for column in columns
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


def _admit(fitted: Fitted, look: Look, *, keyed: bool, values: bool, engine: Engine) -> Admission:
    sheet, readings = fitted.sheet, fitted.readings
    table = sheet.table
    frame = with_stages(sheet.frame, readings.values())
    faults = {column.name: is_fault(column, readings[column.name]) for column in table.columns}
    counts = frame.select(
        pl.len().alias(ROW), *(fault.sum().alias(name) for name, fault in faults.items())
    ).collect(engine=engine)
    faulty = [name for name in faults if counts[name][0]]
    rejects: list[pl.LazyFrame] = []
    rejected: list[pl.LazyFrame] = []
    clean = frame
    if faulty:
        any_fault = pl.any_horizontal(faults[name] for name in faulty)
        broken = frame.filter(any_fault).collect(engine=engine)
        rejects += [
            _value_rejects(table, broken, name, readings[name], faults[name]) for name in faulty
        ]
        rejected.append(broken.lazy().select(ROW, *broken_times(table, look, readings, faults)))
        clean = clean.join(broken.select(ROW).lazy(), on=ROW, how="anti")
    columns = [column.name for column in table.columns]
    stored = clean.select(
        ROW, *(kept_value(column, readings[column.name]) for column in table.columns)
    )
    seen = is_seen(table, look)
    if keyed:
        key = list(table.identity)
        there = stored if seen is None else stored.filter(seen)
        repeated = repeated_keys(there, key, columns, engine)
        if repeated.height:
            rejects.append(_key_rejects(table, repeated.lazy(), key))
            rejected.append(repeated.lazy().select(ROW, *stored_times(table)))
            stored = stored.join(repeated.select(ROW).lazy(), on=ROW, how="anti")
    accepted = stored.select(columns)
    if seen is not None:
        accepted = accepted.with_columns(seen.alias(SEEN)).with_columns(
            pl.when(SEEN).then(time).otherwise(pl.col(name)).alias(name)
            for name, time in times_to_come(table, look).items()
        )
    if _is_parsed(sheet):
        # every reader of the table would parse the texts again
        accepted = accepted.collect(engine=engine).lazy()
    return Admission(
        table,
        accepted if seen is None else accepted.filter(SEEN).drop(SEEN),
        accepted,
        None if seen is None else pl.col(SEEN),
        counts[ROW][0],
        _gathered(rejects, reject_types(values=values)).sort("row", "column"),
        _gathered(rejected, _REJECTED_TYPES),
    )


def _is_parsed(sheet: Sheet) -> bool:
    return any(
        dtype == pl.String and column.type.kind is not Kind.TEXT
        for column in sheet.table.columns
        for dtype in (sheet.types[column.name],)
    )


def _value_rejects(
    table: Table, broken: pl.DataFrame, name: str, reading: Reading, fault: pl.Expr
) -> pl.LazyFrame:
    missing: Reason = "missing_value"
    return (
        broken.lazy()
        .filter(fault)
        .select(
            table=pl.lit(table.name),
            row=pl.col(ROW),
            column=pl.lit(name),
            reason=pl.when(reading.given.is_null()).then(pl.lit(missing)).otherwise(reading.reason),
            value=pl.col(name).cast(pl.String),
        )
    )


def _key_rejects(table: Table, repeated: pl.LazyFrame, key: Sequence[str]) -> pl.LazyFrame:
    """Return one row per refused key, its columns named together; the values stay in the input."""
    return repeated.select(
        table=pl.lit(table.name),
        row=pl.col(ROW),
        column=pl.lit(", ".join(key)),
        reason=pl.col(REFUSED),
        value=pl.lit(None, dtype=pl.String),
    )


def _gathered(parts: Sequence[pl.LazyFrame], types: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """Return the parts as one frame of fixed columns, an empty one where there are none."""
    if not parts:
        return pl.DataFrame(schema=types)
    columns = [pl.col(name).cast(dtype) for name, dtype in types.items()]
    return pl.concat([part.select(columns) for part in parts]).collect()
