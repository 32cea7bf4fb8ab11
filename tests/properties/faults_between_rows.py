"""Ways to get a fault into how rows are cut, matched and looked up: mostly a plan that says it wrong."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import cast

import polars as pl
import pytest
from tests.properties import comparing
from tests.properties.faults import Inject

from kpi_engine.language import core
from kpi_engine.language.core import Core, Operation, whole
from kpi_engine.language.kinds import Kind
from kpi_engine.plan import as_of, making
from kpi_engine.plan.compiling import compile_ruleset
from kpi_engine.plan.matches import Matched, matched_rows
from kpi_engine.plan.nodes import (
    AsOf,
    Assignment,
    Clock,
    GatherStep,
    Joined,
    Lookup,
    MatchStep,
    Pairing,
    Plan,
    Preferred,
    Road,
    RunStep,
    Stages,
    TableStep,
)
from kpi_engine.plan.readings import rewritten
from kpi_engine.plan.roads import road_of
from kpi_engine.plan.runs import Cut, cut_rows
from kpi_engine.plan.tables import DROPPED
from kpi_engine.ruleset.derived import RUN

NOBODY = whole(-1)
"""What no row of an example has as its buyer."""


def planned(fault: Callable[[Plan], Plan]) -> Inject:
    """Return what compiles a ruleset to a plan with a fault."""

    def inject(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(comparing, "compile_ruleset", lambda ruleset: fault(compile_ruleset(ruleset)))

    return inject


def tables(fault: Callable[[TableStep], TableStep]) -> Inject:
    return planned(lambda plan: replace(plan, tables=tuple(fault(step) for step in plan.tables)))


def runs(fault: Callable[[RunStep], RunStep]) -> Inject:
    return tables(
        lambda table: table if table.runs is None else replace(table, runs=fault(table.runs))
    )


def matches(fault: Callable[[MatchStep], MatchStep]) -> Inject:
    """Return what matches by a fault, on the road that its conditions and preferences allow."""

    def faulty(step: MatchStep) -> MatchStep:
        made = fault(step)
        held = [column.name for column in made.columns]
        return replace(made, road=road_of(made.where, made.prefer, held, every=made.every))

    return kept_on_road(faulty)


def kept_on_road(fault: Callable[[MatchStep], MatchStep]) -> Inject:
    """Return what matches by a fault on the road that was right without it."""
    return tables(
        lambda table: replace(table, matches=tuple(fault(step) for step in table.matches))
    )


def on_the_road(fault: Callable[[AsOf], Road]) -> Inject:
    """Return what goes wrong on the road of an as-of join alone."""

    def faulty(step: MatchStep) -> MatchStep:
        return replace(step, road=fault(step.road)) if isinstance(step.road, AsOf) else step

    return kept_on_road(faulty)


def latest_start(road: AsOf) -> AsOf:
    """Return a road without its running maximum: the row at the moment wins."""
    return replace(road, prefer=(Preferred(_moment(road.column), highest=not road.falling),))


def tie_of_highest(step: MatchStep) -> MatchStep:
    """Return a match on whose road the greatest key wins among those equal in what comes first."""
    if isinstance(step.road, Joined):
        return step
    ties = (Preferred(Core("column", (name,)), highest=True) for name in step.ties)
    return replace(step, road=replace(step.road, prefer=(*step.road.prefer[:1], *ties)))


def tolerance_forgotten(step: MatchStep) -> MatchStep:
    """Return a match whose row is not looked at again once it is found."""
    return replace(step, where=None) if isinstance(step.road, AsOf) else step


def maximum_over_keys(patch: pytest.MonkeyPatch) -> None:
    faithful = as_of._running  # noqa: SLF001 (the fault goes where the maximum runs)

    def running(
        road: AsOf, marks: pl.DataFrame, keys: list[str], count: int
    ) -> Iterator[pl.Series]:
        return faithful(road, marks.with_columns(pl.lit(0).alias(k) for k in keys), keys, count)

    patch.setattr(as_of, "_running", running)


def gathers(fault: Callable[[GatherStep], GatherStep]) -> Inject:
    return planned(lambda plan: replace(plan, gathers=tuple(fault(step) for step in plan.gathers)))


def lookups(fault: Callable[[Lookup], Lookup]) -> Inject:
    """Return what looks up by a fault from the rows that metrics are gathered from."""

    def stages(taken: Stages) -> Stages:
        return tuple(fault(stage) if isinstance(stage, Lookup) else stage for stage in taken)

    return gathers(lambda gather: replace(gather, taken=stages(gather.taken)))


def compared(core_: Core, right: Operation, wrong: Operation) -> Core:
    """Return an operation that compares by another relation."""

    def swap(node: Core, over: Core) -> Core:
        return over._replace(op=wrong) if node.op == right else over

    return cast("Core", rewritten(core_, swap))


def matched_by(right: Operation, wrong: Operation) -> Inject:
    """Return what compares by another relation where rows are matched."""

    def fault(step: MatchStep) -> MatchStep:
        return replace(
            step, where=None if step.where is None else compared(step.where, right, wrong)
        )

    return matches(fault)


def valid_by(right: Operation, wrong: Operation) -> Inject:
    """Return what compares by another relation where the row in force is looked up."""

    def fault(step: Lookup) -> Lookup:
        if step.valid is None:
            return step
        in_force = compared(step.valid.in_force, right, wrong)
        return replace(step, valid=replace(step.valid, in_force=in_force))

    return lookups(fault)


def preferring(*names: str) -> Inject:
    """Return what prefers the highest of some columns of the matched row."""

    def fault(step: MatchStep) -> MatchStep:
        return replace(step, prefer=tuple(Preferred(_moment(name), highest=True) for name in names))

    return matches(fault)


def _moment(name: str) -> Core:
    return Core("column", (name,), 0, 2**53)


def preferring_unknown(step: MatchStep) -> MatchStep:
    def spared(preferred: Preferred) -> Preferred:
        spare = whole(2**60 if preferred.highest else -(2**60))
        value = core.choose(core.known(preferred.value), preferred.value, spare)
        return replace(preferred, value=value)

    return replace(step, prefer=tuple(map(spared, step.prefer)))


def turned(step: MatchStep) -> MatchStep:
    prefer = (replace(preferred, highest=not preferred.highest) for preferred in step.prefer)
    return replace(step, prefer=tuple(prefer))


def highest_key_first(step: MatchStep) -> MatchStep:
    ties = tuple(Preferred(Core("column", (name,)), highest=True) for name in step.ties)
    return replace(step, prefer=(*step.prefer, *ties))


def highest_agent_first(step: MatchStep) -> MatchStep:
    prefer = tuple(replace(p, highest=True) for p in step.prefer)
    return replace(step, prefer=prefer)


def nobody_alike(step: MatchStep) -> MatchStep:
    """Return a match that takes one unknown value for another."""

    def filled(value: Core) -> Core:
        return core.choose(core.known(value), value, NOBODY)

    same = tuple(Pairing(filled(pair.asked), filled(pair.held)) for pair in step.same)
    return replace(step, same=same)


def dated_by_payment(gather: GatherStep) -> GatherStep:
    return replace(gather, clock=Clock("paid", Kind.DATETIME), reads=tuple({*gather.reads, "paid"}))


def own_agent(gather: GatherStep) -> GatherStep:
    asked = tuple(replace(pair, asked=Core("column", ("agent",))) for pair in gather.asked)
    return replace(gather, asked=asked, reads=tuple({*gather.reads, "agent"}))


def as_of_last_day(table: TableStep) -> TableStep:
    """Return a table that takes every day for the last of October 2026."""
    last_day = whole((date(2026, 10, 31) - date(1970, 1, 1)).days)

    def dated(node: Core, over: Core) -> Core:
        return last_day if node.op == "column" and node.args == ("day",) else over

    added = tuple(
        stage
        if isinstance(stage, Lookup)
        else tuple(Assignment(a.name, cast("Core", rewritten(a.core, dated))) for a in stage)
        for stage in table.added
    )
    return replace(table, added=added)


def cut_by_fault(
    fault: Callable[[RunStep, tuple[str, ...]], tuple[RunStep, tuple[str, ...]]],
) -> Inject:
    """Return what cuts rows by a faulty step and key."""

    def cut(step: RunStep, per: tuple[str, ...], *others: object) -> Cut:
        return cut_rows(*fault(step, per), *others)  # type: ignore[arg-type]

    return lambda patch: patch.setattr(making, "cut_rows", cut)


def run_over_keys(step: RunStep, per: tuple[str, ...]) -> tuple[RunStep, tuple[str, ...]]:
    return replace(step, order=(*per, *step.order)), ()


def numbered_over_keys(patch: pytest.MonkeyPatch) -> None:
    def numbered(cut: Cut) -> pl.Series:
        return pl.Series(RUN, range(1, cut.starts.arg_true().len() + 1), dtype=pl.Int64)

    patch.setattr(making, "run_numbers", numbered)


def unmatched_kept(patch: pytest.MonkeyPatch) -> None:
    def matched(steps: tuple[MatchStep, ...], asking: pl.DataFrame, *others: object) -> Matched:
        found = matched_rows(steps, asking, *others)  # type: ignore[arg-type]
        left_out = asking.join(found.rows, on=asking.columns, how="anti", nulls_equal=True)
        return Matched(pl.concat([found.rows, left_out], how="diagonal"), found.unmatched)

    patch.setattr(making, "matched_rows", matched)


def drops_forgotten_by(name: str) -> Inject:
    """Return what shows the dropped rows of a table to the tables made after it."""
    faithful = making._undropped_rows  # noqa: SLF001 (the fault goes where drops take rows)

    def undropped(step: TableStep, rows: pl.LazyFrame) -> pl.LazyFrame:
        return rows.drop(DROPPED) if step.name == name else faithful(step, rows)

    return lambda patch: patch.setattr(making, "_undropped_rows", undropped)
