"""The rules as kpi_engine runs them: facts as columns in, every public column of the slip out."""

from pathlib import Path

import polars as pl

from benchmarks.slips.made_facts import PERIOD
from kpi_engine.execution.admission import admit_tables, admitted_rows
from kpi_engine.execution.given_facts import facts_of_period, wide_facts
from kpi_engine.execution.look import look_at
from kpi_engine.execution.subjects import subjects_alone
from kpi_engine.plan.compiling import compile_ruleset
from kpi_engine.plan.facts import gather_facts
from kpi_engine.plan.nodes import Plan
from kpi_engine.plan.slip import settle_slip
from kpi_engine.ruleset.loading import load_ruleset

RULES = Path(__file__).parent / "rules.yaml"


def compiled_rules() -> Plan:
    """Return the plan of the rules.

    Raises:
        ValueError: they have mistakes.
    """
    ruleset, findings = load_ruleset(RULES)
    if ruleset is None:
        raise ValueError(findings)
    return compile_ruleset(ruleset)


def facts_as_columns(plan: Plan, facts: pl.DataFrame, roster: pl.DataFrame) -> pl.DataFrame:
    """Return one row per agent with her roster and her facts, as a run gathers them."""
    look = look_at(plan.ruleset, PERIOD, None)
    alone = subjects_alone(plan)
    admitted = admit_tables(alone, {"agents": roster}, look, engine="auto")
    subjects = gather_facts(alone, admitted_rows(admitted), look.window, engine="auto").facts
    return wide_facts(plan, facts_of_period(plan, facts, PERIOD), subjects, PERIOD)


def settled(plan: Plan, wide: pl.DataFrame) -> pl.DataFrame:
    """Return the slips of all agents."""
    return settle_slip(plan, wide)
