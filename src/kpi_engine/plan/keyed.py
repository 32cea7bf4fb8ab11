"""A plan as keyed steps, for a runner that sees a part of the rows at a time."""

from collections.abc import Iterable

from kpi_engine.plan.graph import columns_in
from kpi_engine.plan.nodes import (
    Clock,
    Feed,
    GatherStep,
    Lookup,
    MatchStep,
    RosterStep,
    SlipPart,
    Step,
    TableStep,
)
from kpi_engine.plan.pruning import lookups_of
from kpi_engine.plan.stages import lookups_in


def keyed_steps(  # noqa: PLR0913 (the parts of a plan, by name)
    tables: tuple[TableStep, ...],
    roster: RosterStep,
    lookups: tuple[Lookup, ...],
    gathers: list[GatherStep],
    slip: tuple[SlipPart, ...],
    *,
    together: tuple[str, ...],
) -> tuple[Step, ...]:
    """Return the steps of a plan in the order they run; tables that are looked into are whole.

    ``together`` are the columns of the subject's key whose subjects some formula sees at once.
    """
    steps = [_table_step(table) for table in tables]
    seen = _feeds(roster.table, (*lookups_in(roster.opened), *lookups))
    columns = [column.name for lookup in lookups for column in lookup.columns]
    steps.append(Step("roster", seen, roster.key, (*roster.key, *roster.columns, *columns)))
    clocks = {table.name: table.clock for table in tables}
    for gather in gathers:
        inputs = {**_feeds(gather.table, lookups_in(gather.taken)), "roster": _WHOLE}
        if not gather.key:
            inputs[gather.table] = _WHOLE
        name = _rows_of(gather, clocks[gather.table])
        steps.append(Step(f"facts of {name}", inputs, gather.key, gather.columns))
    made = tuple(name for part in slip for name in part.columns)
    feed: Feed = "partitioned" if together else _WHOLE
    steps.append(Step("slip", {"facts": feed}, together, made))
    return tuple(steps)


_WHOLE: Feed = "broadcast"


def _feeds(name: str, lookups: Iterable[Lookup]) -> dict[str, Feed]:
    return {**{lookup.table: _WHOLE for lookup in lookups}, name: "partitioned"}


def _table_step(table: TableStep) -> Step:
    """Return the step of a table; matched rows are split as the asking ones where they can be."""
    inputs = _feeds(table.origin or table.name, lookups_of(table))
    key = table.per or ()
    if table.matches:
        shared = [set(_same(match)) for match in table.matches]
        key = tuple(k for k in _same(table.matches[0]) if all(k in names for names in shared))
    for match in table.matches:
        inputs.setdefault(match.table, "partitioned" if key else _WHOLE)
    return Step(table.name, inputs, key, table.columns)


def _same(match: MatchStep) -> tuple[str, ...]:
    return tuple(columns_in(pair.held for pair in match.same))


def _rows_of(gather: GatherStep, clock: Clock | None) -> str:
    """Return the rows of a gather in words: the table, and where it is not read as usual."""
    words = [gather.table]
    if gather.window is not None:
        words.append(f"in {gather.window} days")
    if gather.clock is not None and gather.clock != clock:
        words.append(f"by {gather.clock.column}")
    asked = columns_in(pair.asked for pair in gather.asked)
    if tuple(asked) != gather.key:
        words.append(f"for {', '.join(asked)}")
    return " ".join(words)
