"""What a run says although it could run."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from fractions import Fraction

import polars as pl

from kpi_engine.execution.accounting import InputAccount
from kpi_engine.execution.admission import roster_input
from kpi_engine.execution.contracts import Admission
from kpi_engine.execution.inputs import near_name
from kpi_engine.execution.look import Look
from kpi_engine.execution.lookups import names_looked_up
from kpi_engine.execution.rules import named_rules
from kpi_engine.language import ir
from kpi_engine.plan.nodes import Plan
from kpi_engine.plan.period import Window
from kpi_engine.plan.ranges import Engine
from kpi_engine.ruleset.checked import ParamScale, Ruleset
from kpi_engine.text.diagnostics import Diagnostic, diagnose

_EPOCH = date(1970, 1, 1)


def admission_notes(
    plan: Plan, admissions: Mapping[str, Admission], engine: Engine
) -> Iterator[Diagnostic]:
    """Return what the tables make one say: rejected subjects, names that no row carries."""
    roster = admissions.get(roster_input(plan) or "")
    if roster is not None and not roster.rejected.is_empty():
        yield diagnose("K437", table=roster.table.name, count=roster.rejected.height)
    for table, names in names_looked_up(plan.ruleset).items():
        long = plan.ruleset.tables[table].long
        if long is None or table not in admissions:
            continue
        column = admissions[table].rows.select(pl.col(long[0]).drop_nulls().unique())
        carried = set(column.collect(engine=engine).to_series())
        for name in names if carried else ():
            if name not in carried:
                near = near_name(name, sorted(carried))
                yield diagnose("K422", table=table, column=long[0], name=name, near=near)


def empty_notes(plan: Plan, inputs: Mapping[str, InputAccount], look: Look) -> Iterator[Diagnostic]:
    """Return a note on every table without a row in the period, but for the roster."""
    for name, given in inputs.items():
        if name != roster_input(plan) and not given.account["in_window"]:
            late, period = given.late or None, look.window.period
            yield diagnose("K436", table=name, period=period, late=late, as_of=look.shown)


def provisional_notes(final: Mapping[str, date], look: Look) -> Iterator[Diagnostic]:
    """Return a note on the metrics that are provisional, one for each day that ends it."""
    for day in sorted(set(final.values())):
        names = "`, `".join(name for name, last in final.items() if last == day)
        yield diagnose("K439", names=names, as_of=look.shown, day=day)


def dated_notes(ruleset: Ruleset, window: Window) -> Iterator[Diagnostic]:
    """Return a note on every dated param that changes inside the period and subjects read."""
    read = dict.fromkeys(
        name for _, rule in named_rules(ruleset) for name in sorted(_dated_scales(rule.node))
    )
    for name in read:
        value = ruleset.params[name].value
        if isinstance(value, ParamScale):
            # in whole numbers: the day after the last one of a calendar is no day
            inside = range(_number(window.first_day) + 1, _number(window.last_day) + 1)
            days = sorted(_changes(value.scale).intersection(inside))
            listed = ", ".join((_EPOCH + timedelta(days=day)).isoformat() for day in days)
            if days:
                yield diagnose("K449", name=name, days=listed, last=window.last_day)


def _dated_scales(node: ir.Node) -> Iterator[str]:
    """Return the params that a formula reads as of the period's last day."""
    match node:
        case ir.Apply(scale=str(name), x=ir.Ref(space="period")):
            yield name
    for child in ir.children(node):
        yield from _dated_scales(child)


def _changes(scale: ir.Scale) -> set[int]:
    """Return the days, since 1970, on which the value of a scale of days may change."""
    match scale:
        case ir.Steps():
            edges = [step.bound + (not step.inclusive) for step in scale.steps]
        case ir.Ranges():
            edges = [edge for band in scale.ranges for edge in (band.low, band.high + 1)]
        case ir.Choice():
            days = [option for option, _ in scale.options if isinstance(option, Fraction)]
            edges = [edge for day in days for edge in (day, day + 1)]
        case ir.Line():
            edges = []
    return {int(edge) for edge in edges}


def _number(day: date) -> int:
    return (day - _EPOCH).days
