"""Small rulesets and their rows, in storage form for the plan and as values for the reference."""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import polars as pl

from kpi_engine.language.core import Rational, constant
from kpi_engine.language.kinds import QUANTITIES, Kind
from kpi_engine.plan.compiling import compile_ruleset
from kpi_engine.plan.facts import gather_facts
from kpi_engine.plan.making import made_tables
from kpi_engine.plan.period import period_window
from kpi_engine.plan.pruning import pruned
from kpi_engine.plan.slip import settle_slip
from kpi_engine.plan.tables import DROPPED, table_forms
from kpi_engine.ruleset.loading import load_ruleset_text
from kpi_engine.ruleset.params import constants_of
from kpi_engine.text.render import render_text

HEAD = """
ruleset: case
zone: {zone}
day_starts: '{day_starts}'
currency: CNY
subject: {{from: agents, key: agent_id}}
tables:
  agents:
    key: agent_id
    columns: {{agent_id: text, team: optional text, wage: optional money, since: optional date}}
  events:
    key: id
    columns:
      id: int
      agent_id: optional text
      at: optional datetime
      kind: optional chat | note | call
      k: optional int
      x: optional number
      amount: optional money
      good: optional bool
      due: optional date
    dated: at
"""

STORED = {Kind.TEXT: pl.String, Kind.BOOL: pl.Boolean}
EPOCH = date(1970, 1, 1)


def load(rest, zone="Asia/Shanghai", day_starts="00:00", head=HEAD):
    """The checked ruleset of a text that has no mistakes; ``rest`` follows the tables."""
    ruleset, findings = load_ruleset_text(head.format(zone=zone, day_starts=day_starts) + rest)
    assert ruleset is not None, render_text(findings)
    return ruleset


def stored(ruleset, table, rows):
    """Rows in storage form; what a row does not say is unknown."""
    columns = ruleset.tables[table].columns
    return pl.DataFrame(
        {column.name: [row.get(column.name) for row in rows] for column in columns},
        schema={column.name: STORED.get(column.type.kind, pl.Int64) for column in columns},
    )


def as_values(ruleset, table, rows):
    """The same rows as the reference reads them."""
    return [
        {c.name: _value(c.type, row.get(c.name)) for c in ruleset.tables[table].columns}
        for row in rows
    ]


def _value(type_, value):
    if value is None:
        return None
    match type_.kind:
        case Kind.NUMBER:
            return Fraction(value) if type_.whole else Fraction(value, 10**6)
        case Kind.MONEY | Kind.DURATION:
            return Fraction(value)
        case Kind.DATE:
            return EPOCH + timedelta(days=value)
        case _:
            return value


def gathered(ruleset, rows_by_table, period, engine="auto"):
    plan = compile_ruleset(ruleset)
    tables = {n: stored(ruleset, n, rows_by_table.get(n, [])).lazy() for n in plan.inputs}
    window = period_window(period, ruleset.zone, ruleset.day_starts)
    return plan, gather_facts(plan, tables, window, engine=engine)


def slips(ruleset, rows_by_table, period, engine="auto"):
    """One row per subject with every public column."""
    plan, found = gathered(ruleset, rows_by_table, period, engine)
    return settle_slip(plan, found.facts, engine=engine)


def made(ruleset, rows_by_table, engine="auto"):
    """The rows of every table with every column, by table: as values, after the drop's name."""
    inputs = [table.name for table in ruleset.tables.values() if table.origin is None]
    tables = {n: stored(ruleset, n, rows_by_table.get(n, [])).lazy() for n in inputs}
    return made_from(ruleset, tables, engine)


def made_from(ruleset, tables, engine="auto"):
    """The same of inputs in storage form, lazy frames by table."""
    forms = table_forms(ruleset, constants_of(ruleset.params))
    steps = tuple(pruned(form.step, set(form.step.columns)) for form in forms.values())
    plan = replace(compile_ruleset(ruleset), tables=steps)
    found = made_tables(plan, tables, engine)
    return {
        step.name: [
            (_dropped_by(step, row), _shown(ruleset, forms, step, row))
            for row in found.rows[step.name].collect(engine=engine).iter_rows(named=True)
        ]
        for step in steps
    }, found.unmatched


def _dropped_by(step, row):
    place = row.get(DROPPED)
    return None if place is None else step.drops[place]


def _shown(ruleset, forms, step, row):
    types, values = ruleset.tables[step.name].types, forms[step.name].values
    return {name: _read(types[name], values[name], row[name]) for name in step.columns}


def _read(type_, value, kept):
    if kept is None:
        return None
    if type_.kind in QUANTITIES:
        return Fraction(kept, constant(value.den) if isinstance(value, Rational) else 1)
    return EPOCH + timedelta(days=kept) if type_.kind is Kind.DATE else kept
