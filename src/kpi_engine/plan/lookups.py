"""Columns of other tables: which row they are read from, and the join that brings them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from math import gcd

import polars as pl

from kpi_engine.language import core, ir
from kpi_engine.language.core import Core, Rational, Value, whole
from kpi_engine.language.exact import Environment, column_value, literal_value
from kpi_engine.language.kinds import Kind, Type
from kpi_engine.plan.graph import columns_in
from kpi_engine.plan.lowering import is_wide, lower
from kpi_engine.plan.nodes import Brought, Calendar, Lookup, Pairing, Validity
from kpi_engine.plan.packing import packed_key
from kpi_engine.plan.readings import all_of, any_of, negated, single
from kpi_engine.ruleset.checked import POOL, Column, Pool, Table
from kpi_engine.ruleset.lookups import LAST_DAY, held_column, looked_up
from kpi_engine.ruleset.pooling import NotPooledError

_ASKED, _DAY, _BEGINS, _NAME, _VALUE = "~asked", "~asked.day", "~begins", "~name", "~value"


@dataclass(frozen=True, slots=True)
class Sources:
    """What formulas can look into: the tables made so far, how their columns read, the params.

    ``asking`` is the table whose rows look, ``pool`` what differs between shops computed together.
    """

    tables: Mapping[str, Table]
    values: Mapping[str, Mapping[str, Value]]
    constants: Environment
    asking: str
    pool: Pool | None


def row_environment(sources: Sources, values: Mapping[str, Value]) -> Environment:
    """Return the environment of formulas on rows: their columns, and what is looked up by them."""

    def value_of(ref: ir.Ref) -> Value:
        if ref.space == "period":
            return LAST_DAY
        found = values.get(ref.name)
        return looked_up(ref.name, sources.tables, sources.values) if found is None else found

    return replace(sources.constants, value_of=value_of)


def lookup(
    sources: Sources, table: str, names: Iterable[str], values: Mapping[str, Value]
) -> Lookup:
    """Return the lookup of columns, named with a dot, by the values of the asking rows."""
    other, held = sources.tables[table], sources.values[table]
    valid = None
    if other.valid is not None:
        valid = _validity(other, single(values["day"]))
    default_by_name = {column.name: _default(column) for column in other.columns}
    columns = []
    for name in names:
        column = name.partition(".")[2]
        default = default_by_name.get(held_column(other, column))
        columns.append(Brought(name, column, default))
    asked = _asked_by(other)
    pool = sources.pool
    if pool is not None and table == POOL and pool.shop not in values:
        raise NotPooledError(f"rows of `{sources.asking}` that read a param name no shop")
    if pool is not None and pool.shop not in asked and {sources.asking, table} <= pool.own:
        asked = (*asked, pool.shop)
    return Lookup(
        table=table,
        key=tuple(paired(values[key], held[key]) for key in asked),
        valid=valid,
        long=other.long,
        columns=tuple(columns),
    )


def _asked_by(table: Table) -> tuple[str, ...]:
    """Return the columns rows are found by: the key, but for the name of a ``long`` table."""
    name = None if table.long is None else table.long[0]
    return tuple(key for key in table.key if key != name)


def paired(asked: Value, held: Value) -> Pairing:
    """Return a value to be compared with a column; what that column cannot hold is unknown."""
    column, value = single(held), single(asked)
    if isinstance(asked, Rational) and isinstance(held, Rational) and asked.den != held.den:
        have, need = core.bounds(asked.den)[1], core.bounds(held.den)[1]
        times, parts = need // gcd(have, need), whole(have // gcd(have, need))
        size = max(map(abs, core.bounds(column))) * core.bounds(parts)[0] // times
        fits = all_of(
            (
                core.compare("eq", core.mod(value, parts), whole(0)),
                core.compare("le", core.absolute(value), whole(size)),
            )
        )
        held_too = core.within(core.choose(fits, value, core.UNKNOWN_WHOLE), Fraction(size))
        value = core.mul(core.floordiv(held_too, parts), whole(times))
    return Pairing(value, column)


def _validity(table: Table, day: Core) -> Validity:
    starts, ends = table.valid or ("", "")
    asked = Core("column", (_DAY,), day.low, day.high)
    since, first = _day_of(table, starts), _asked_as(table, starts, asked)
    until, last = _day_of(table, ends), _asked_as(table, ends, asked)
    open_end = negated(core.known(until))
    in_force = all_of(
        (
            core.compare("le", since, first),
            any_of((open_end, core.compare("lt", last, until))),
        )
    )
    return Validity(day, in_force, starts)


def _day_of(table: Table, name: str) -> Core:
    """Return a column of validity as a day, or as the month it is."""
    column = single(column_value(name, table.types[name]))
    if table.types[name].kind is not Kind.DATETIME:
        return column
    like = single(column_value("", Type(Kind.DATE)))
    return Core("day_of_time", (column,), like.low, like.high)


def _asked_as(table: Table, name: str, day: Core) -> Core:
    if table.types[name].kind is not Kind.MONTH:
        return day
    like = single(column_value("", Type(Kind.MONTH)))
    return Core("month_of_date", (day,), like.low, like.high)


def _default(column: Column) -> Core | None:
    """Return the default of an input column as the column is kept."""
    if column.default is None:
        return None
    default, kept = literal_value(column.default), column_value(column.name, column.type)
    if isinstance(default, Rational) and isinstance(kept, Rational):
        num, den = core.bounds(default.num)[0], core.bounds(default.den)[0]
        return whole(num * core.bounds(kept.den)[0] // den)
    return single(default)


def reads_of(step: Lookup) -> set[str]:
    """Return the columns of the asking rows that a lookup reads."""
    asked = [pair.asked for pair in step.key]
    return set(columns_in(asked if step.valid is None else [*asked, step.valid.asked]))


def held_columns(step: Lookup, table: Table) -> set[str]:
    """Return the columns of the other table that a lookup reads."""
    found = {held_column(table, column.column) for column in step.columns}
    found.update(columns_in(pair.held for pair in step.key))
    found.update(() if step.long is None else step.long)
    if step.valid is not None:
        found.add(step.valid.begins)
        found.update(columns_in([step.valid.in_force]))
    return found - {_DAY}


def with_lookup(
    rows: pl.LazyFrame, step: Lookup, tables: Mapping[str, pl.LazyFrame], calendar: Calendar
) -> pl.LazyFrame:
    """Return the rows with the columns of a lookup; ``tables`` are undropped rows by table."""
    asked = _numbered(_ASKED, step.key)
    keyed = rows.with_columns(asked_exprs(step.key, asked, calendar))
    held = _held(step, tables[step.table], calendar)
    if step.valid is not None:
        keyed = keyed.with_columns(lower(step.valid.asked, calendar).alias(_DAY))
        asked.append(_DAY)
        held = _in_force(step, step.valid, keyed.select(asked).unique(), held, calendar)
    held, on = _by_name(step, held, asked), asked
    packed = None
    if step.valid is None:
        schemas = (frame.select(asked).collect_schema() for frame in (keyed, held))
        packed = packed_key(asked, step.key, *schemas)
    if packed is not None:
        keyed = keyed.with_columns(packed.alias(_ASKED))
        held = held.with_columns(packed.alias(_ASKED)).drop(asked)
        on, asked = [_ASKED], [*asked, _ASKED]
    joined = keyed.join(held, on=on, how="left", maintain_order="left")
    filled = [
        pl.col(column.name).fill_null(lower(column.default, calendar))
        for column in step.columns
        if column.default is not None
    ]
    return joined.drop(asked).with_columns(filled)


def asked_exprs(
    pairings: Iterable[Pairing], names: Iterable[str], calendar: Calendar
) -> list[pl.Expr]:
    """Return what rows are asked by, named, each of the type of the column it must equal."""
    return [
        _as_held(lower(pair.asked, calendar), pair).alias(name)
        for pair, name in zip(pairings, names, strict=True)
    ]


def _as_held(expr: pl.Expr, pair: Pairing) -> pl.Expr:
    if is_wide(pair.held):
        return expr if is_wide(pair.asked) else expr.cast(pl.Int128)
    # A number beyond Int64 equals none.
    return expr.cast(pl.Int64, strict=False) if is_wide(pair.asked) else expr


def _numbered(name: str, pairings: tuple[Pairing, ...]) -> list[str]:
    return [f"{name}.{index}" for index in range(len(pairings))]


def _held(step: Lookup, table: pl.LazyFrame, calendar: Calendar) -> pl.LazyFrame:
    """Return the rows of the other table by what they are asked by, columns under new names."""
    keys = zip(_numbered(_ASKED, step.key), step.key, strict=True)
    columns = [lower(pair.held, calendar).alias(name) for name, pair in keys]
    if step.valid is not None:
        days = (name for name in columns_in([step.valid.in_force]) if name != _DAY)
        columns += [pl.col(name).alias(name) for name in days]
        columns.append(pl.col(step.valid.begins).alias(_BEGINS))
    if step.long is None:
        brought = {column.name: column.column for column in step.columns}
    else:
        brought = dict(zip((_NAME, _VALUE), step.long, strict=True))
    return table.select(*columns, *(pl.col(held).alias(name) for name, held in brought.items()))


def _in_force(
    step: Lookup, valid: Validity, asked: pl.LazyFrame, held: pl.LazyFrame, calendar: Calendar
) -> pl.LazyFrame:
    """Return the rows in force for every key and day that is asked for, where there are any."""
    keys = _numbered(_ASKED, step.key)
    one = [*keys, _DAY] if step.long is None else [*keys, _DAY, _NAME]
    in_force = asked.join(held, on=keys).filter(lower(valid.in_force, calendar))
    latest = in_force.group_by(one).agg(pl.col(_BEGINS).max())
    return in_force.join(latest, on=[*one, _BEGINS], how="semi")


def _by_name(step: Lookup, held: pl.LazyFrame, asked: list[str]) -> pl.LazyFrame:
    """Return the columns of a lookup by what they are asked by; of a long table, by their names."""
    if step.long is None:
        return held.select(*asked, *(column.name for column in step.columns))
    chosen = [
        pl.when(pl.col(_NAME) == pl.lit(column.column, dtype=pl.String))
        .then(pl.col(_VALUE))
        .max()
        .alias(column.name)
        for column in step.columns
    ]
    return held.group_by(asked).agg(chosen)
