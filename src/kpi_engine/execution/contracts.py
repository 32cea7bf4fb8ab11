"""Raw rows held to the contract of their table: kept in storage form, or rejected with a reason.

Storage form: numbers as Int64 millionths (whole numbers as they are), money as Int64 minor units,
times as Int64 microseconds of UTC, days as Int64 days since 1970, months as Int64
year * 12 + month - 1, conditions as Boolean, texts as String, or as Categoricals where a run
asks for them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from kpi_engine.execution.columns import is_fault
from kpi_engine.execution.inputs import ROW
from kpi_engine.execution.keys import REFUSED, repeated_keys
from kpi_engine.execution.look import Look
from kpi_engine.execution.reading import Reading
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
from kpi_engine.execution.taking import Fitted, Taken, reading, take_rows
from kpi_engine.plan.ranges import Engine
from kpi_engine.ruleset.checked import Table

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
    with reading(fitted.opened):
        return _admit(take_rows(fitted, engine), look, keyed=keyed, values=values, engine=engine)


def _admit(taken: Taken, look: Look, *, keyed: bool, values: bool, engine: Engine) -> Admission:
    table, readings = taken.table, taken.readings
    rejects: list[pl.LazyFrame] = []
    rejected: list[pl.LazyFrame] = []
    if not taken.broken.is_empty():
        faults = {c.name: is_fault(c, readings[c.name]) for c in table.columns}
        rejects += [
            _value_rejects(table, taken.broken, name, readings[name], fault)
            for name, fault in faults.items()
        ]
        times = broken_times(table, look, readings, faults)
        rejected.append(taken.broken.lazy().select(ROW, *times))
    columns = [column.name for column in table.columns]
    stored = taken.rows.lazy()
    seen = is_seen(table, look)
    empty = taken.rows.is_empty()
    if seen is not None and (empty or taken.rows.select(seen.all()).item()):
        seen = None
    if keyed and not empty:
        key = list(table.identity)
        there = stored if seen is None else stored.filter(seen)
        repeated = repeated_keys(there, key, columns, engine)
        if repeated.height:
            rejects.append(_key_rejects(table, repeated.lazy(), key))
            rejected.append(repeated.lazy().select(ROW, *stored_times(table)))
            stored = stored.join(repeated.select(ROW).lazy(), on=ROW, how="anti")
    accepted = stored.select(columns)
    to_come = times_to_come(table, look)
    if seen is not None:
        accepted = accepted.with_columns(seen.alias(SEEN))
        to_come = {
            name: pl.when(SEEN).then(time).otherwise(pl.col(name)) for name, time in to_come.items()
        }
    accepted = accepted.with_columns(time.alias(name) for name, time in to_come.items())
    return Admission(
        table,
        accepted if seen is None else accepted.filter(SEEN).drop(SEEN),
        accepted,
        None if seen is None else pl.col(SEEN),
        taken.height,
        _gathered(rejects, reject_types(values=values)).sort("row", "column"),
        _gathered(rejected, _REJECTED_TYPES),
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
