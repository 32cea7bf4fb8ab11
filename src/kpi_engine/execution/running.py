"""A plan and tables in, results out: runs of one period, and scores from facts alone."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from kpi_engine.execution.accounting import account_input, account_run
from kpi_engine.execution.canon import result_hash
from kpi_engine.execution.columns import Standards
from kpi_engine.execution.contract import stored_value, subject_columns
from kpi_engine.execution.contracts import Admission, admit_rows, fit_columns, reject_types
from kpi_engine.execution.facts import long_facts
from kpi_engine.execution.given_facts import facts_of_period, wide_facts
from kpi_engine.execution.inputs import Input, Tables, open_inputs
from kpi_engine.execution.lines import pay_lines
from kpi_engine.execution.receipts import input_receipt, write_receipt
from kpi_engine.execution.refusals import (
    empty_period,
    nobody_in_facts,
    nobody_on_roster,
    roster_input,
    roster_notes,
    run_notes,
)
from kpi_engine.execution.results import Accounting, InputReceipt, Results
from kpi_engine.plan.compiling import missing_params
from kpi_engine.plan.facts import gather_facts
from kpi_engine.plan.graph import columns_in
from kpi_engine.plan.nodes import Plan
from kpi_engine.plan.period import Window, period_window
from kpi_engine.plan.ranges import Engine
from kpi_engine.plan.slip import settle_slip
from kpi_engine.text.diagnostics import Diagnostic, diagnose
from kpi_engine.text.errors import DataError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Frame:
    """What every run starts from: its window and the moment it looks at the data."""

    window: Window
    as_of: str


def run(  # noqa: PLR0913 (the public API: all but the first two by name)
    plan: Plan,
    tables: Tables,
    *,
    period: str,
    as_of: datetime | str | None = None,
    engine: Engine = "auto",
    values: bool = False,
) -> Results:
    """Return the results of a plan over tables for one period.

    ``tables`` is the folder of the tables' files, or the tables by name: paths of Parquet or CSV
    files, Polars frames, objects with the Arrow PyCapsule interface. ``as_of``, the end of the
    period unless said otherwise, is noted in the receipt. ``values`` shows in ``rejects`` what was
    refused. Same rows, same results, whatever their order, the files' format or the engine.

    Raises:
        DataError: tables or columns are missing or of a wrong kind, a subject is on the roster
            twice, nobody is on it, no table has a row in the period, a required param has no
            value, or the period is malformed.
    """
    frame = _open_frame(plan, period, as_of)
    inputs, admissions = _admitted(plan, list(plan.inputs), tables, engine, values=values)
    gathered = gather_facts(
        plan,
        {name: admission.rows for name, admission in admissions.items()},
        frame.window,
        engine=engine,
    )
    if gathered.facts.is_empty():
        raise DataError([nobody_on_roster(plan, admissions, period)])
    counted = {
        name: account_input(admission, frame.window, plan.calendar, engine)
        for name, admission in admissions.items()
    }
    accounting = account_run(plan, {name: count for name, (count, _) in counted.items()}, gathered)
    dates = {name: found for name, (_, found) in counted.items() if found is not None}
    empty = empty_period(plan, accounting, dates, period)
    if empty is not None:
        raise DataError([empty])
    rejects = pl.concat(
        [
            pl.DataFrame(schema=reject_types(values=values)),
            *(admissions[name].rejects for name in plan.ruleset.tables if name in admissions),
        ]
    )
    notes = run_notes(plan, admissions, accounting, period)
    receipts = {n: input_receipt(inputs[n], admissions[n].height) for n in admissions}
    return _results(
        plan, gathered.facts, frame, _Record(rejects, receipts, accounting, notes), engine
    )


def score(
    plan: Plan,
    facts: pl.DataFrame,
    *,
    period: str,
    tables: Tables | None = None,
    engine: Engine = "auto",
) -> Results:
    """Return the results that follow from facts alone, such as those a run or a warehouse gathered.

    ``facts`` is the long form of `Results.facts`. ``tables`` need hold no more than the roster; it
    says who is assessed and gives the roster's columns to formulas. Without it everybody is who
    has facts in the period.

    Raises:
        DataError: the facts are malformed or incomplete, the roster cannot be used or is needed, a
            required param has no value, or the period is malformed.
    """
    frame = _open_frame(plan, period, None)
    taken = facts_of_period(plan, facts, period)
    rejects = pl.DataFrame(schema=reject_types(values=False))
    receipts: dict[str, InputReceipt] = {}
    notes: tuple[Diagnostic, ...] = ()
    if tables is None:
        subjects = _subjects_of_facts(plan, taken)
        if subjects.is_empty():
            raise DataError([nobody_in_facts(facts, period)])
    else:
        roster_plan = _roster_alone(plan)
        inputs, admissions = _admitted(plan, list(roster_plan.inputs), tables, engine, values=False)
        rows = {name: admission.rows for name, admission in admissions.items()}
        subjects = gather_facts(roster_plan, rows, frame.window, engine=engine).facts
        if subjects.is_empty():
            raise DataError([nobody_on_roster(plan, admissions, period)])
        rejects = pl.concat([rejects, *(admission.rejects for admission in admissions.values())])
        receipts = {n: input_receipt(inputs[n], admissions[n].height) for n in admissions}
        notes = roster_notes(plan, admissions)
    wide = wide_facts(plan, taken, subjects, period)
    record = _Record(rejects, receipts, {"tables": {}, "metrics": {}}, notes)
    return _results(plan, wide, frame, record, engine)


@dataclass(frozen=True, slots=True)
class _Record:
    """What is known of a run beside its facts."""

    rejects: pl.DataFrame
    inputs: Mapping[str, InputReceipt]
    accounting: Accounting
    notes: tuple[Diagnostic, ...]


def _results(
    plan: Plan, facts: pl.DataFrame, frame: _Frame, record: _Record, engine: Engine
) -> Results:
    ruleset, period = plan.ruleset, frame.window.period
    slip = settle_slip(plan, facts, engine=engine).sort(ruleset.subject.key)
    subjects = slip.select(subject_columns(ruleset, period))
    lines = pay_lines(ruleset, slip, period)
    stamp = (period, frame.as_of, result_hash(subjects, lines))
    receipt = write_receipt(ruleset, record.inputs, record.accounting, record.notes, stamp)
    long = long_facts(ruleset, facts, period)
    return Results(subjects, lines, record.rejects, receipt, long, record.notes)


def _open_frame(plan: Plan, period: str, as_of: datetime | str | None) -> _Frame:
    diagnostics = [diagnose("K433", name=name) for name in missing_params(plan.ruleset)]
    window: Window | None = None
    try:
        window = period_window(period, plan.calendar.zone, plan.calendar.day_starts)
    except ValueError:
        diagnostics.append(diagnose("K434", found=period))
    moment = _moment(as_of)
    if as_of is not None and moment is None:
        diagnostics.append(diagnose("K435", found=as_of))
    if diagnostics or window is None:
        raise DataError(diagnostics)
    shown = moment or _EPOCH + timedelta(microseconds=window.end)
    return _Frame(window, shown.astimezone(ZoneInfo(plan.calendar.zone)).isoformat())


def _moment(as_of: datetime | str | None) -> datetime | None:
    """Return a moment that has a zone, None for every other."""
    if isinstance(as_of, str):
        try:
            as_of = datetime.fromisoformat(as_of)
        except ValueError:
            return None
    return as_of if as_of is not None and as_of.tzinfo is not None else None


def _admitted(
    plan: Plan, names: list[str], tables: Tables, engine: Engine, *, values: bool
) -> tuple[dict[str, Input], dict[str, Admission]]:
    """Return the named input tables as given and after their contracts.

    Raises:
        DataError: all that is wrong with the files, frames and columns at once.
    """
    ruleset = plan.ruleset
    needed = [ruleset.tables[name] for name in ruleset.tables if name in names]
    known = [table.name for table in ruleset.tables.values() if table.origin is None]
    inputs, diagnostics = open_inputs(needed, known, tables)
    standards = Standards(ruleset.zone, ruleset.minor_digits)
    fitted = {}
    for table in needed:
        if table.name in inputs:
            fitted[table.name], found = fit_columns(table, inputs[table.name], standards, engine)
            diagnostics += found
    if diagnostics:
        raise DataError(diagnostics)
    roster = roster_input(plan)
    admissions = {
        name: admit_rows(laid, keyed=name != roster, values=values, engine=engine)
        for name, laid in fitted.items()
    }
    return inputs, admissions


def _roster_alone(plan: Plan) -> Plan:
    """Return the part of a plan that finds the subjects and nothing else."""
    table: str | None = plan.roster.table
    chain: set[str] = set()
    while table is not None:
        chain.add(table)
        table = plan.ruleset.tables[table].origin
    steps = tuple(step for step in plan.tables if step.name in chain)
    inputs = {name: columns for name, columns in plan.inputs.items() if name in chain}
    return replace(plan, tables=steps, gathers=(), inputs=inputs)


def _subjects_of_facts(plan: Plan, facts: pl.DataFrame) -> pl.DataFrame:
    """Return the subjects that facts speak of, as a roster without attributes would.

    Raises:
        DataError: formulas read columns of the roster.
    """
    made = {a.name for part in plan.slip for a in part.assignments}
    read = columns_in(a.core for part in plan.slip for a in part.assignments)
    missing = sorted(name for name in read if name.startswith("roster.") and name not in made)
    if missing:
        names = "`, `".join(name.removeprefix("roster.") for name in missing)
        raise DataError([diagnose("K447", names=names, table=plan.roster.table)])
    types = plan.ruleset.tables[plan.roster.table].types
    key = [stored_value(pl.col(k), types[k].kind).alias(k) for k in plan.roster.key]
    return facts.select(key).unique().sort(plan.roster.key)
