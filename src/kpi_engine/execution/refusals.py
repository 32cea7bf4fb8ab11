"""What a run refuses although every table could be read."""

from collections.abc import Mapping

import polars as pl

from kpi_engine.execution.accounting import InputAccount, months_of
from kpi_engine.execution.admission import Share, roster_input
from kpi_engine.execution.contracts import Admission
from kpi_engine.execution.look import Look
from kpi_engine.execution.results import Accounting
from kpi_engine.plan.nodes import Plan
from kpi_engine.text.diagnostics import Diagnostic, diagnose


def nobody_on_roster(
    plan: Plan, admissions: Mapping[str, Admission], look: Look, share: Share | None = None
) -> Diagnostic:
    """Return the refusal of a run without subjects."""
    roster = admissions.get(roster_input(plan) or "")
    if share is not None and roster is not None and roster.height == 0:
        fix = f"no row of it names one of these shops in `{share.shop}`"
    elif roster is not None and roster.height == 0:
        fix = "the table has no rows, give it those who are assessed"
    elif roster is not None and roster.rejected.height == roster.height:
        fix = "every row was rejected, correct them or the columns of the table"
    elif roster is not None and roster.rows.head(1).collect().is_empty():
        fix = f"no row was recorded before {look.shown}, look at the data at a later moment"
    else:
        fix = "check `where` of `subject`, and the days its rows are valid"
    return diagnose("K430", table=plan.roster.table, period=look.window.period, fix=fix)


def nobody_in_facts(facts: pl.DataFrame, period: str) -> Diagnostic:
    """Return the refusal of facts that speak of no one in the period."""
    periods = facts["period"].drop_nulls().unique().sort()
    found = f"{periods[0]} to {periods[-1]}" if periods.len() else None
    return diagnose("K446", period=period, found=found)


def empty_period(
    plan: Plan, accounting: Accounting, inputs: Mapping[str, InputAccount], look: Look
) -> Diagnostic | None:
    """Return the refusal of a run for a period in which no table is known to have a row.

    Rejected rows are rows, unless their clock cannot be read. A roster is there in every month,
    and so are the rows of a table without a clock wherever another table has one.
    """
    roster = {plan.roster.table, roster_input(plan)}
    known = {
        name: inputs[name].known if name in inputs else account["in_window"]
        for name, account in accounting["tables"].items()
        if name not in roster
    }
    dated = {n: rows for n, rows in known.items() if plan.ruleset.tables[n].clock is not None}
    if not known or any((dated or known).values()):
        return None
    period = look.window.period
    if any(given.late for name, given in inputs.items() if name in dated):
        return diagnose("K438", period=period, as_of=look.shown)
    found: list[str] = []
    for name, given in inputs.items():
        months = months_of(given.dates, plan.calendar) if given.dates is not None else None
        if months is not None:
            span = months[0] if months[0] == months[1] else " to ".join(months)
            found.append(f"`{name}` {span}")
    return diagnose("K431", period=period, found=", ".join(found) or None)
