"""From a checked ruleset to a plan: tables, gathers and the slip, reduced to what is read."""

from collections.abc import Mapping
from dataclasses import replace

from kpi_engine.language import ir
from kpi_engine.plan.description import describe_plan
from kpi_engine.plan.domains import key_domains
from kpi_engine.plan.graph import columns_in
from kpi_engine.plan.keyed import keyed_steps
from kpi_engine.plan.metrics import gather_step
from kpi_engine.plan.nodes import Calendar, GatherStep, Lookup, Plan, RosterStep, Step, TableStep
from kpi_engine.plan.pruning import demand_others, lookups_of, pruned
from kpi_engine.plan.readings import renamed
from kpi_engine.plan.roster import roster_step
from kpi_engine.plan.slip import slip_parts
from kpi_engine.plan.stages import lookups_in, pruned_stages
from kpi_engine.plan.subjects import looked_up_values, pool_lookup, subject_lookups
from kpi_engine.plan.tables import DROPPED, TableForm, sources_of, table_forms
from kpi_engine.ruleset.across import names_of_history
from kpi_engine.ruleset.checked import Metric, Ruleset
from kpi_engine.ruleset.forms import check_budget
from kpi_engine.ruleset.kept import roster_column
from kpi_engine.ruleset.params import constants_of
from kpi_engine.text.nodes import many_nodes


@many_nodes()
def compile_ruleset(ruleset: Ruleset) -> Plan:
    """Return the plan of a ruleset whose params all have values."""
    if not ruleset.forms:
        # While a param is missing the check stops short of them; such a plan is shown, never run.
        ruleset = replace(ruleset, forms=check_budget(ruleset)[0])
    constants = constants_of(ruleset.params, ruleset.pool)
    forms = table_forms(ruleset, constants)
    sources = sources_of(ruleset, forms, constants, asking=ruleset.subject.table)
    roster = roster_step(ruleset, forms[ruleset.subject.table], sources)
    values = {
        name: renamed(value, name if name in roster.key else roster_column(name))
        for name, value in forms[ruleset.subject.table].values.items()
    }
    brought = looked_up_values(ruleset, sources)
    lookups = subject_lookups(brought, values, sources)
    values |= brought
    gathers: list[GatherStep] = []
    for metrics in _alike(ruleset):
        table = forms[metrics[0].table or ""]
        gathers.append(gather_step(metrics, ruleset.forms, table, ruleset.subject, sources))
        values |= {metric.name: ruleset.forms[metric.name].kept for metric in metrics}
    slip = slip_parts(ruleset, values, constants)
    made = (*(part.assignments for part in slip), *(gather.assignments for gather in gathers))
    lookups = (*lookups, *pool_lookup(ruleset, made, values, sources))
    tables = needed_tables(ruleset, forms, roster, lookups, gathers)
    return Plan(
        ruleset=ruleset,
        calendar=Calendar(ruleset.zone, ruleset.day_starts),
        inputs={step.name: step.reads for step in tables if step.origin is None},
        domains=key_domains(tables, roster, lookups, gathers, ruleset.tables),
        tables=tables,
        roster=roster,
        lookups=lookups,
        gathers=tuple(gathers),
        slip=slip,
        steps=keyed_steps(tables, roster, lookups, gathers, slip, together=_together(ruleset)),
        history=names_of_history(ruleset),
        values=values,
    )


def _together(ruleset: Ruleset) -> tuple[str, ...]:
    """Return the columns of the subject's key that every group of subjects shares."""
    nodes = (metric.value.node for metric in ruleset.metrics.values())
    used = {node.group for node in nodes if isinstance(node, ir.Across)}
    keys = [set(ruleset.groups[name].key) for name in used]
    return tuple(name for name in ruleset.subject.key if all(name in key for key in keys))


def _alike(ruleset: Ruleset) -> list[list[Metric]]:
    """Return the metrics from rows, those together that one group-by can gather."""
    found: dict[tuple[object, ...], list[Metric]] = {}
    for metric in ruleset.metrics.values():
        if metric.table is not None:
            # The newest rows are found among those that one metric could use.
            alone = None if metric.latest is None else metric.name
            who = (metric.key, metric.group)
            alike = (metric.table, metric.clock, metric.window, who, alone)
            found.setdefault(alike, []).append(metric)
    return list(found.values())


def needed_tables(
    ruleset: Ruleset,
    forms: Mapping[str, TableForm],
    roster: RosterStep,
    lookups: tuple[Lookup, ...],
    gathers: list[GatherStep],
) -> tuple[TableStep, ...]:
    """Return the tables that something reads, each with no more columns than are read."""
    where = () if roster.where is None else (roster.where,)
    opened, read = pruned_stages(roster.opened, {*roster.key, *roster.columns, *columns_in(where)})
    demanded: dict[str, set[str]] = {roster.table: read}
    demand_others((*lookups, *lookups_in(opened)), (), demanded, ruleset.tables)
    for gather in gathers:
        demanded.setdefault(gather.table, set()).update(gather.reads)
        demand_others(lookups_in(gather.taken), (), demanded, ruleset.tables)
    steps: list[TableStep] = []
    for name, form in reversed(list(forms.items())):
        if name not in demanded:
            continue
        if form.step.clock is not None:
            demanded[name].add(form.step.clock.column)
        step = pruned(form.step, demanded[name] - {DROPPED})
        steps.append(step)
        if step.origin is not None:
            demanded.setdefault(step.origin, set()).update(step.reads)
        demand_others(lookups_of(step), step.matches, demanded, ruleset.tables)
    return tuple(reversed(steps))


__all__ = ["Plan", "Step", "compile_ruleset", "describe_plan"]
