"""The rows of every table: compiled to steps, pruned to what is read, run as lazy frames."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import polars as pl

from kpi_engine.language import core
from kpi_engine.language.core import Core, Operation, Value, whole
from kpi_engine.language.exact import (
    Environment,
    column_value,
    exact_value,
    kept_as,
)
from kpi_engine.language.kinds import Kind, Type
from kpi_engine.plan.gathering import (
    gather_columns,
    gather_expr,
    gathers_of,
    pruned_gathers,
    with_gathers_named,
)
from kpi_engine.plan.graph import columns_in
from kpi_engine.plan.levels import needed, with_assigned, with_shared
from kpi_engine.plan.lowering import lower
from kpi_engine.plan.nodes import Assignment, Assignments, Calendar, Clock, TableStep
from kpi_engine.plan.readings import condition, grouped_environment, named_environment, single
from kpi_engine.ruleset.checked import Formula, Ruleset, Table

DROPPED = "~dropped"
"""The place, among the drops of a table, of the first that takes a row; null where none does."""


@dataclass(frozen=True, slots=True)
class TableForm:
    """A table in the whole-number form: its step before pruning, and how its columns read."""

    step: TableStep
    values: Mapping[str, Value]


def table_forms(ruleset: Ruleset, constants: Environment) -> dict[str, TableForm]:
    """Return every table in the whole-number form, in the order they are made."""
    forms: dict[str, TableForm] = {}
    for table in ruleset.tables.values():
        origin = None if table.origin is None else forms[table.origin]
        forms[table.name] = _table_form(table, origin, constants)
    return forms


def _table_form(table: Table, origin: TableForm | None, constants: Environment) -> TableForm:
    if origin is None:
        rows = {column.name: column_value(column.name, column.type) for column in table.columns}
    else:
        rows = dict(origin.values)
    clock = _clock_of(table)
    dating: Assignments = ()
    dated_already = origin is not None and table.per is None and clock == origin.step.clock
    if clock is not None and not dated_already:
        dating = _dating(table, clock)
    before_where: Assignments = ()
    if table.per is None:
        # A column of the input wins over a built-in one; the day of another clock does not.
        before_where = _not_in(rows, dating) if origin is None else dating
    rows.update(_values(before_where))
    where = None
    if table.where is not None:
        where = condition(table.where.node, named_environment(constants, rows))
    values = {key: rows[key] for key in table.per} if table.per is not None else rows
    environment = named_environment(constants, values)
    if table.per is not None:
        environment = grouped_environment(constants, rows, values)
    added = _computed(table.add, values, environment)
    gathers, arguments = gather_columns(gathers_of(added))
    if table.per is not None:
        added = (*with_gathers_named(added, gathers), *_not_in(values, dating))
        values.update(_values(_not_in(values, dating)))
    step = TableStep(
        name=table.name,
        origin=table.origin,
        reads=(),
        dating=before_where,
        where=where,
        per=table.per,
        arguments=arguments,
        gathers=gathers,
        added=(*added, *_dropped(table, named_environment(constants, values))),
        drops=tuple(name for name, _ in table.drop),
        columns=tuple(values),
        clock=clock,
    )
    return TableForm(step, values)


def _clock_of(table: Table) -> Clock | None:
    return None if table.clock is None else Clock(table.clock, table.types[table.clock].kind)


def _dating(table: Table, clock: Clock) -> Assignments:
    """Return the built-in day and period as they follow from the clock."""
    moment = single(column_value(clock.column, Type(clock.kind)))
    match clock.kind:
        case Kind.MONTH:
            built_in = {"period": moment}
        case Kind.DATE:
            built_in = {"day": moment, "period": _bounded("month_of_date", moment, Kind.MONTH)}
        case _:
            day = _bounded("day_of_time", moment, Kind.DATE)
            built_in = {"day": day, "period": _bounded("month_of_date", day, Kind.MONTH)}
    return tuple(
        Assignment(name, made)
        for name, made in built_in.items()
        if name in table.types and name != clock.column
    )


def _bounded(op: Operation, moment: Core, kind: Kind) -> Core:
    """Return an operation on a moment, within the bounds of what it gives."""
    like = single(column_value("", Type(kind)))
    return Core(op, (moment,), like.low, like.high)


def _not_in(values: Mapping[str, Value], assignments: Assignments) -> Assignments:
    return tuple(assignment for assignment in assignments if assignment.name not in values)


def _values(assignments: Assignments) -> dict[str, Value]:
    return {a.name: kept_as(a.name, a.core) for a in assignments}


def _computed(
    formulas: Iterable[tuple[str, Formula]], values: dict[str, Value], environment: Environment
) -> Assignments:
    """Return a column for every formula, each of which becomes a value the next can read."""
    assignments: list[Assignment] = []
    for name, formula in formulas:
        value = exact_value(formula.node, environment)
        assignments.append(Assignment(name, single(value)))
        values[name] = kept_as(name, value)
    return tuple(assignments)


def _dropped(table: Table, environment: Environment) -> Assignments:
    if not table.drop:
        return ()
    place = core.UNKNOWN_WHOLE
    for index, (_, formula) in reversed(list(enumerate(table.drop))):
        place = core.choose(condition(formula.node, environment), whole(index), place)
    return (Assignment(DROPPED, place),)


def pruned(step: TableStep, demanded: set[str]) -> TableStep:
    """Return the step reduced to what the demanded columns and its drops need."""
    added = needed(step.added, {*demanded, DROPPED})
    late = {*demanded, *columns_in(a.core for a in added)} - {a.name for a in added}
    gathers, arguments = step.gathers, step.arguments
    if step.per is not None:
        gathers = pruned_gathers(gathers, late)
        taken = {column.argument for column in gathers if column.argument is not None}
        arguments = needed(arguments, taken)
        late = {*step.per, *taken, *columns_in(a.core for a in arguments)}
        late -= {a.name for a in arguments}
    if step.where is not None:
        late |= set(columns_in([step.where]))
    dating = needed(step.dating, late)
    late = {*late, *columns_in(a.core for a in dating)} - {a.name for a in dating}
    return replace(
        step,
        reads=tuple(sorted(late)),
        dating=dating,
        arguments=with_shared(arguments),
        gathers=gathers,
        added=with_shared(added),
        columns=tuple(name for name in step.columns if name in demanded),
    )


def source_rows(step: TableStep, source: pl.LazyFrame, calendar: Calendar) -> pl.LazyFrame:
    """Return the rows of the origin or input that a table is made from.

    Needs the columns ``step.reads``; adds the built-in day and period where they are read.
    """
    frame = with_assigned(source.select(step.reads), step.dating, calendar)
    return frame if step.where is None else frame.filter(lower(step.where, calendar))


def grouped_rows(step: TableStep, rows: pl.LazyFrame, calendar: Calendar) -> pl.LazyFrame:
    """Return one row per key of a ``per`` table, unknown keys as one, with what is gathered."""
    taken = with_assigned(rows, step.arguments, calendar)
    return taken.group_by(step.per or ()).agg(gather_expr(column) for column in step.gathers)


def finished_rows(step: TableStep, rows: pl.LazyFrame, calendar: Calendar) -> pl.LazyFrame:
    """Return the rows of a table with its columns, and `DROPPED` where the table has drops."""
    verdict = [DROPPED] if step.drops else []
    return with_assigned(rows, step.added, calendar).select(*step.columns, *verdict)


def undropped(step: TableStep, rows: pl.LazyFrame) -> pl.LazyFrame:
    """Return the finished rows that no drop has taken: what derived tables read."""
    return rows.filter(pl.col(DROPPED).is_null()).drop(DROPPED) if step.drops else rows
