"""The rows of every table: compiled to steps over the columns of the table before."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from kpi_engine.language import core, ir
from kpi_engine.language.core import Core, Operation, Value, whole
from kpi_engine.language.exact import Environment, column_value, exact_value, kept_as
from kpi_engine.language.kinds import Kind, Level, Type
from kpi_engine.plan.gathering import gather_columns, gathers_of, taken_cores, with_gathers_named
from kpi_engine.plan.lookups import Sources, row_environment
from kpi_engine.plan.matches import match_cores, match_step
from kpi_engine.plan.nodes import Assignment, Assignments, Clock, TableStep
from kpi_engine.plan.readings import condition, single
from kpi_engine.plan.runs import BEFORE, run_step
from kpi_engine.plan.stages import placed, shelf_for
from kpi_engine.ruleset.checked import Formula, Ruleset, Table
from kpi_engine.ruleset.derived import RUN
from kpi_engine.ruleset.lookups import brought

DROPPED = "~dropped"
"""The place, among the drops of a table, of the first that takes a row; null where none does."""

_CALENDAR = frozenset({"day", "period"})


@dataclass(frozen=True, slots=True)
class TableForm:
    """A table in the whole-number form: its step before pruning, and how its columns read."""

    step: TableStep
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class _Source:
    """The rows a table is made from: how they read, what dates them, which of them pass.

    ``dating`` is the day and period that follow from the clock once there is one; ``opened`` is
    the same where the clock stands among the rows from the start.
    """

    sources: Sources
    values: Mapping[str, Value]
    clock: Clock | None
    dating: Assignments
    opened: Assignments
    where: Core | None


def table_forms(ruleset: Ruleset, constants: Environment) -> dict[str, TableForm]:
    """Return every table in the whole-number form, in the order they are made."""
    forms: dict[str, TableForm] = {}
    for table in ruleset.tables.values():
        sources = sources_of(ruleset, forms, constants, asking=table.name)
        source = _source(table, forms, sources)
        forms[table.name] = _kept(table, source) if table.per is None else _grouped(table, source)
    return forms


def sources_of(
    ruleset: Ruleset, forms: Mapping[str, TableForm], constants: Environment, *, asking: str
) -> Sources:
    """Return what formulas about the rows of a table can look into once some tables are made."""
    values = {name: form.values for name, form in forms.items()}
    return Sources(ruleset.tables, values, constants, asking, ruleset.pool)


def _source(table: Table, forms: Mapping[str, TableForm], sources: Sources) -> _Source:
    clock = None if table.clock is None else Clock(table.clock, table.types[table.clock].kind)
    dating = () if clock is None else _dating(table, clock)
    if table.origin is None:
        rows = {column.name: column_value(column.name, column.type) for column in table.columns}
        # A column of the input wins over a built-in one; the day of another clock does not.
        dating = _not_in(rows, dating)
    else:
        rows = dict(forms[table.origin].values)
        if table.per is None and clock == forms[table.origin].step.clock:
            dating = ()
        elif table.per is None:
            rows = {name: value for name, value in rows.items() if name not in _CALENDAR}
    dated = table.per is None and clock is not None and clock.column in rows
    opened = dating if dated else ()
    rows.update(_values(opened))
    where = None
    if table.where is not None:
        where = condition(table.where.node, row_environment(sources, rows))
    return _Source(sources, rows, clock, () if dated else dating, opened, where)


def _kept(table: Table, source: _Source) -> TableForm:
    """Return a table whose rows stay rows, with what is matched to them."""
    sources, values = source.sources, dict(source.values)
    matches = tuple(match_step(match, sources, source.values) for match in table.matches)
    for match in table.matches:
        values |= brought(match.name, sources.values[match.to])
    environment = row_environment(sources, values)
    added = _computed(table.add, values, environment, source)
    added += _dropped(table, environment)
    where = () if source.where is None else (source.where,)
    asked = tuple(core for match in matches for core in match_cores(match))
    shelf = shelf_for(sources, values, (*where, *asked, *(a.core for a in added)))
    step = replace(
        _bare_step(table, source, values),
        opened=placed(shelf, source.opened, where),
        taken=placed(shelf, (), asked),
        matches=matches,
        added=placed(shelf, added),
    )
    return TableForm(step, {name: values[name] for name in step.columns})


def _grouped(table: Table, source: _Source) -> TableForm:
    """Return a table of one row per key, or per run of a key."""
    sources, rows = source.sources, source.values
    values = {key: rows[key] for key in table.per or ()}
    runs = run_step(table, sources, rows)
    if runs is not None:
        values[RUN] = column_value(RUN, table.types[RUN])
        rows = {**rows, **brought(BEFORE, rows)}
    of_rows, of_groups = row_environment(sources, rows), row_environment(sources, values)

    def value_of(ref: ir.Ref) -> Value:
        """Inside an aggregate a name is a column of the rows, outside it one of the groups."""
        return (of_rows if ref.type.level is Level.ROW else of_groups).value_of(ref)

    added = _computed(table.add, values, replace(of_groups, value_of=value_of), source)
    gathers, arguments = gather_columns(gathers_of(added))
    added = with_gathers_named(added, gathers) + _dropped(table, of_groups)
    where = () if source.where is None else (source.where,)
    taken = (*(() if runs is None else (runs.starts,)), *taken_cores(gathers, arguments))
    row_shelf = shelf_for(sources, rows, (*where, *taken))
    step = replace(
        _bare_step(table, source, values),
        opened=placed(row_shelf, (), where),
        taken=placed(row_shelf, arguments, taken),
        runs=runs,
        gathers=gathers,
        added=placed(shelf_for(sources, values, (a.core for a in added)), added),
    )
    return TableForm(step, {name: values[name] for name in step.columns})


def _bare_step(table: Table, source: _Source, values: Mapping[str, Value]) -> TableStep:
    """Return the step of a table before it does anything to its rows."""
    return TableStep(
        name=table.name,
        origin=table.origin,
        reads=(),
        opened=(),
        where=source.where,
        taken=(),
        per=table.per,
        runs=None,
        gathers=(),
        matches=(),
        added=(),
        drops=tuple(name for name, _ in table.drop),
        columns=tuple(name for name in values if name in table.types),
        clock=source.clock,
    )


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
    formulas: Iterable[tuple[str, Formula]],
    values: dict[str, Value],
    environment: Environment,
    source: _Source,
) -> Assignments:
    """Return a column for every formula, each of which becomes a value the next can read.

    As soon as there is a clock, the day and the period follow from it.
    """
    assignments: list[Assignment] = []

    def date_rows(name: str) -> None:
        if source.clock is not None and source.clock.column == name:
            dating = _not_in(values, source.dating)
            assignments.extend(dating)
            values.update(_values(dating))

    for name in tuple(values):
        date_rows(name)
    for name, formula in formulas:
        value = exact_value(formula.node, environment)
        assignments.append(Assignment(name, single(value)))
        values[name] = kept_as(name, value)
        date_rows(name)
    return tuple(assignments)


def _dropped(table: Table, environment: Environment) -> Assignments:
    if not table.drop:
        return ()
    place = core.UNKNOWN_WHOLE
    for index, (_, formula) in reversed(list(enumerate(table.drop))):
        place = core.choose(condition(formula.node, environment), whole(index), place)
    return (Assignment(DROPPED, place),)
