"""From a checked ruleset to a plan: tables, gathers and the slip, reduced to what is read."""

from dataclasses import replace

from kpi_engine.plan.description import describe_plan
from kpi_engine.plan.graph import columns_in
from kpi_engine.plan.metrics import gather_step
from kpi_engine.plan.nodes import (
    Calendar,
    Feed,
    GatherStep,
    Plan,
    RosterStep,
    SlipPart,
    Step,
    TableStep,
)
from kpi_engine.plan.readings import constants_of, renamed
from kpi_engine.plan.roster import roster_step
from kpi_engine.plan.slip import slip_parts
from kpi_engine.plan.tables import DROPPED, TableForm, pruned, table_forms
from kpi_engine.ruleset.checked import Metric, Ruleset
from kpi_engine.ruleset.forms import check_budget, roster_column


def missing_params(ruleset: Ruleset) -> list[str]:
    """Return the names of required params that still have no value."""
    return [name for name, param in ruleset.params.items() if param.value is None]


def compile_ruleset(ruleset: Ruleset) -> Plan:
    """Return the plan of a ruleset whose params all have values."""
    if not ruleset.forms:
        # While a param is missing the check stops short of them; such a plan is shown, never run.
        ruleset = replace(ruleset, forms=check_budget(ruleset)[0])
    constants = constants_of(ruleset)
    forms = table_forms(ruleset, constants)
    roster = roster_step(ruleset, forms[ruleset.subject.table], constants)
    values = {
        name: renamed(value, name if name in roster.key else roster_column(name))
        for name, value in forms[ruleset.subject.table].values.items()
    }
    gathers: list[GatherStep] = []
    for table, metrics in _metrics_by_table(ruleset).items():
        gathers.append(gather_step(metrics, ruleset.forms, forms[table], roster.key, constants))
        values |= {metric.name: ruleset.forms[metric.name].kept for metric in metrics}
    slip = slip_parts(ruleset, values, constants)
    tables = _needed_tables(forms, roster, gathers)
    return Plan(
        ruleset=ruleset,
        calendar=Calendar(ruleset.zone, ruleset.day_starts),
        inputs={step.name: step.reads for step in tables if step.origin is None},
        tables=tables,
        roster=roster,
        gathers=tuple(gathers),
        slip=slip,
        steps=_steps(tables, roster, gathers, slip),
        values=values,
    )


def _metrics_by_table(ruleset: Ruleset) -> dict[str, list[Metric]]:
    found: dict[str, list[Metric]] = {}
    for metric in ruleset.metrics.values():
        if metric.table is not None:
            found.setdefault(metric.table, []).append(metric)
    return found


def _needed_tables(
    forms: dict[str, TableForm], roster: RosterStep, gathers: list[GatherStep]
) -> tuple[TableStep, ...]:
    """Return the tables that something reads, each with no more columns than are read."""
    demanded: dict[str, set[str]] = {roster.table: {*roster.key, *roster.columns}}
    if roster.where is not None:
        demanded[roster.table] |= set(columns_in([roster.where]))
    for gather in gathers:
        demanded.setdefault(gather.table, set()).update(gather.reads)
    steps: list[TableStep] = []
    for name, form in reversed(forms.items()):
        if name not in demanded:
            continue
        if form.step.clock is not None:
            demanded[name].add(form.step.clock.column)
        step = pruned(form.step, demanded[name] - {DROPPED})
        steps.append(step)
        if step.origin is not None:
            demanded.setdefault(step.origin, set()).update(step.reads)
    return tuple(reversed(steps))


def _steps(
    tables: tuple[TableStep, ...],
    roster: RosterStep,
    gathers: list[GatherStep],
    slip: tuple[SlipPart, ...],
) -> tuple[Step, ...]:
    """Return the keyed steps, for a runner that sees a part of the rows at a time."""
    steps = [Step(t.name, _feeds(t.origin or t.name), t.per or (), t.columns) for t in tables]
    steps.append(Step("roster", _feeds(roster.table), roster.key, (*roster.key, *roster.columns)))
    for gather in gathers:
        inputs: dict[str, Feed] = {gather.table: "partitioned", "roster": "broadcast"}
        steps.append(Step(f"facts of {gather.table}", inputs, gather.key, gather.columns))
    columns = tuple(name for part in slip for name in part.columns)
    steps.append(Step("slip", _feeds("facts"), roster.key, columns))
    return tuple(steps)


def _feeds(name: str) -> dict[str, Feed]:
    return {name: "partitioned"}


__all__ = ["Plan", "Step", "compile_ruleset", "describe_plan", "missing_params"]
