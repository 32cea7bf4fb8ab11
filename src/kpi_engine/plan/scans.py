"""How little of an input is taken: only rows of the windows, where nobody sees the others."""

from collections.abc import Iterator, Mapping
from functools import reduce
from operator import or_

import polars as pl

from kpi_engine.plan.nodes import Clock, GatherStep, Plan, TableStep
from kpi_engine.plan.period import Window, days_window
from kpi_engine.plan.pruning import lookups_of
from kpi_engine.plan.stages import assignments_in, lookups_in
from kpi_engine.plan.windows import in_window


def scanned_clocks(plan: Plan) -> dict[str, tuple[Clock, ...]]:
    """Return the inputs of which metrics alone read rows, all by a clock, with those clocks.

    Derived tables, matches, lookups and the roster see rows of every period, and so do the accounts
    of an input with drops. A clock that the input does not hold itself is computed from all rows.
    """
    seen = {plan.roster.table, *_seen_whole(plan)}
    clocks: dict[str, dict[Clock, None]] = {}
    for gather in plan.gathers:
        if gather.clock is None:
            seen.add(gather.table)
        else:
            clocks.setdefault(gather.table, {})[gather.clock] = None
    return {
        step.name: tuple(clocks[step.name])
        for step in plan.tables
        if step.origin is None and not step.drops and step.name in clocks.keys() - seen
        if all(_holds(step, clock) for clock in clocks[step.name])
    }


def _holds(step: TableStep, clock: Clock) -> bool:
    made = assignments_in((*step.opened, *step.taken, *step.added))
    return clock.column in step.reads and all(one.name != clock.column for one in made)


def _seen_whole(plan: Plan) -> Iterator[str]:
    lookups = [*lookups_in(plan.roster.opened), *plan.lookups]
    for step in plan.tables:
        lookups += lookups_of(step)
        yield from _read_by(step)
    for gather in plan.gathers:
        lookups += lookups_in(gather.taken)
    yield from (lookup.table for lookup in lookups)


def _read_by(step: TableStep) -> Iterator[str]:
    if step.origin is not None:
        yield step.origin
    yield from (match.table for match in step.matches)


def window_of(plan: Plan, step: GatherStep, window: Window) -> Window:
    """Return the window of a step: that of the run, or the days of its own that end with it."""
    if step.window is None:
        return window
    return days_window(window, step.window, plan.calendar.zone, plan.calendar.day_starts)


def scanned_rows(
    plan: Plan, tables: Mapping[str, pl.LazyFrame], window: Window
) -> dict[str, pl.LazyFrame]:
    """Return the input tables, of some no more than the rows in the windows of their metrics."""
    scanned = dict(tables)
    for name in scanned_clocks(plan):
        wanted = [
            in_window(gather.clock, window_of(plan, gather, window), plan.calendar)
            for gather in plan.gathers
            if gather.table == name and gather.clock is not None
        ]
        scanned[name] = tables[name].filter(reduce(or_, wanted))
    return scanned
