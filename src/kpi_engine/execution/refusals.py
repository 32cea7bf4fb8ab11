"""What a run refuses although every table could be read, and what it notes in the receipt."""

from collections.abc import Mapping

import polars as pl

from kpi_engine.execution.accounting import Dates, months_of
from kpi_engine.execution.contracts import Admission
from kpi_engine.execution.results import Accounting
from kpi_engine.plan.nodes import Plan
from kpi_engine.text.diagnostics import Diagnostic, diagnose


def roster_input(plan: Plan) -> str | None:
    """Return the input whose rows are the roster's, None where the roster is gathered from rows.

    A subject twice among these rows refuses the run, so they are not held to their key before.
    """
    table = plan.ruleset.tables[plan.roster.table]
    while table.origin is not None and table.per is None:
        table = plan.ruleset.tables[table.origin]
    return table.name if table.origin is None else None


def nobody_on_roster(plan: Plan, admissions: Mapping[str, Admission], period: str) -> Diagnostic:
    """Return the refusal of a run without subjects."""
    roster = admissions.get(roster_input(plan) or "")
    if roster is not None and roster.height == 0:
        fix = "the table has no rows, give it those who are assessed"
    elif roster is not None and roster.rejected.height == roster.height:
        fix = "every row was rejected, correct them or the columns of the table"
    else:
        fix = "check `where` of `subject`, and the days its rows are valid"
    return diagnose("K430", table=plan.roster.table, period=period, fix=fix)


def nobody_in_facts(facts: pl.DataFrame, period: str) -> Diagnostic:
    """Return the refusal of facts that speak of no one in the period."""
    periods = facts["period"].drop_nulls().unique().sort()
    found = f"{periods[0]} to {periods[-1]}" if periods.len() else None
    return diagnose("K446", period=period, found=found)


def empty_period(
    plan: Plan, accounting: Accounting, dates: Mapping[str, Dates], period: str
) -> Diagnostic | None:
    """Return the refusal of a run for a period in which no table is known to have a row.

    Rejected rows are rows, unless their clock cannot be read. A roster is there in every month,
    and so are the rows of a table without a clock wherever another table has one.
    """
    roster = {plan.roster.table, roster_input(plan)}
    inside = {
        name: dates[name].inside if name in dates else account["in_window"]
        for name, account in accounting["tables"].items()
        if name not in roster
    }
    dated = {n: rows for n, rows in inside.items() if plan.ruleset.tables[n].clock is not None}
    if not inside or any((dated or inside).values()):
        return None
    found: list[str] = []
    for name, each in dates.items():
        months = months_of(each, plan.calendar)
        if months is not None:
            span = months[0] if months[0] == months[1] else " to ".join(months)
            found.append(f"`{name}` {span}")
    return diagnose("K431", period=period, found=", ".join(found) or None)


def run_notes(
    plan: Plan, admissions: Mapping[str, Admission], accounting: Accounting, period: str
) -> tuple[Diagnostic, ...]:
    """Return what a run says although it could run: rejected subjects, tables without rows."""
    empty = [
        diagnose("K436", table=name, period=period)
        for name in admissions
        if name != roster_input(plan) and not accounting["tables"][name]["in_window"]
    ]
    return (*roster_notes(plan, admissions), *empty)


def roster_notes(plan: Plan, admissions: Mapping[str, Admission]) -> tuple[Diagnostic, ...]:
    """Return a warning where rows of the roster were rejected."""
    roster = admissions.get(roster_input(plan) or "")
    if roster is None or roster.rejected.is_empty():
        return ()
    count = roster.rejected.height
    return (diagnose("K437", table=roster.table.name, count=count),)
