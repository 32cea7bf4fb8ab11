"""A plan and tables in, results out: runs of one period, and scores from facts alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

import polars as pl

from kpi_engine.execution.accounting import account_input, account_run
from kpi_engine.execution.admission import Admitted, Share, admit_tables, admitted_rows
from kpi_engine.execution.canon import result_hash
from kpi_engine.execution.contract import subject_columns
from kpi_engine.execution.contracts import reject_types
from kpi_engine.execution.facts import long_facts
from kpi_engine.execution.given_facts import facts_of_period, wide_facts
from kpi_engine.execution.history import History, Past, read_history
from kpi_engine.execution.inputs import Tables
from kpi_engine.execution.lines import pay_lines
from kpi_engine.execution.look import Look, look_at
from kpi_engine.execution.notes import (
    admission_notes,
    dated_notes,
    empty_notes,
    provisional_notes,
)
from kpi_engine.execution.receipts import Stamp, input_receipt, write_receipt
from kpi_engine.execution.refusals import empty_period, nobody_in_facts, nobody_on_roster
from kpi_engine.execution.results import Accounting, InputReceipt, Results
from kpi_engine.execution.settling import provisional_metrics
from kpi_engine.execution.subjects import subjects_as_read, subjects_of_facts
from kpi_engine.plan.facts import gather_facts
from kpi_engine.plan.nodes import Plan
from kpi_engine.plan.ranges import Engine
from kpi_engine.plan.slip import settle_slip
from kpi_engine.ruleset.checked import POOL
from kpi_engine.text.diagnostics import Diagnostic
from kpi_engine.text.errors import DataError

_NO_ROWS: Accounting = {"tables": {}, "metrics": {}}


@dataclass(frozen=True, slots=True)
class _Record:
    """What is known of a run beside its facts."""

    source: Literal["rows", "facts"]
    rejects: pl.DataFrame
    inputs: Mapping[str, InputReceipt]
    accounting: Accounting
    past: Past | None
    notes: tuple[Diagnostic, ...]


def run(  # noqa: PLR0913 (the public API: all but the first two by name)
    plan: Plan,
    tables: Tables,
    *,
    period: str,
    as_of: date | str | None = None,
    history: History | None = None,
    engine: Engine = "auto",
    values: bool = False,
) -> Results:
    """Return the results of a plan over tables for one period.

    ``tables`` is the folder of the tables' files, or the tables by name: paths of Parquet or CSV
    files, Polars frames, objects with the Arrow PyCapsule interface. Rows that were recorded at or
    after ``as_of`` are not seen: a day, the moment it begins, or a time with a zone; the end of the
    period plus the longest time that a metric takes to settle unless said otherwise. ``history``
    are earlier results where formulas read earlier months: a folder of them, results, or a frame
    like ``subjects`` of several periods. ``values`` shows in ``rejects`` what was refused. Same
    rows, same results, whatever their order, the files' format or the engine.

    Raises:
        DataError: tables or columns are missing or of a wrong kind, a subject is on the roster
            twice, nobody is on it, no table has a row in the period, a required param has no
            value, the history cannot be used, or the period or ``as_of`` is malformed.
    """
    look = look_at(plan.ruleset, period, as_of)
    past = read_history(plan, history, look.window)
    return run_share(plan, None, tables, look, past=past, engine=engine, values=values)


def run_share(  # noqa: PLR0913 (what `run` takes, read)
    plan: Plan,
    share: Share | None,
    tables: Tables,
    look: Look,
    *,
    past: Past | None,
    engine: Engine,
    values: bool,
) -> Results:
    """Return the results of a plan over tables, of no more than the shops of a share.

    Raises:
        DataError: as `run`.
    """
    admitted = admit_tables(plan, tables, look, share=share, engine=engine, values=values)
    counted = {
        name: account_input(admission, look.window, plan.calendar, engine)
        for name, admission in admitted.admissions.items()
        if name != POOL
    }
    notes = (
        *admission_notes(plan, admitted.admissions, engine),
        *empty_notes(plan, counted, look),
    )
    rejects, receipts = admitted.rejects, _input_receipts(admitted)
    nobody = nobody_on_roster(plan, admitted.admissions, look, share)
    rows = [admitted_rows(admitted)]
    # The rows as they were read fill memory: nobody holds them while tables are made of them.
    del admitted
    gathered = gather_facts(plan, rows.pop(), look.window, engine=engine)
    if gathered.facts.is_empty():
        raise DataError([nobody])
    accounting = account_run(plan, counted, gathered)
    empty = empty_period(plan, accounting, counted, look)
    if empty is not None:
        raise DataError([empty])
    record = _Record("rows", rejects, receipts, accounting, past, notes)
    return _results(plan, gathered.facts, look, record, engine)


def score(  # noqa: PLR0913 (the public API: all but the first two by name)
    plan: Plan,
    facts: pl.DataFrame,
    *,
    period: str,
    tables: Tables | None = None,
    history: History | None = None,
    engine: Engine = "auto",
) -> Results:
    """Return the results that follow from facts alone, such as those a run or a warehouse gathered.

    ``facts`` is the long form of `Results.facts`. ``tables`` need hold no more than the roster,
    which says who is assessed and gives its columns to formulas, and what formulas look up for a
    subject; of their columns those that nothing reads then may be missing. Without it everybody is
    who has facts in the period. ``history`` is as in `run`.

    Raises:
        DataError: the facts are malformed or incomplete, the tables cannot be used or are needed, a
            required param has no value, or the period is malformed.
    """
    look = look_at(plan.ruleset, period, None)
    past = read_history(plan, history, look.window)
    taken = facts_of_period(plan, facts, period)
    if tables is None:
        rejects = pl.DataFrame(schema=reject_types(values=False))
        record = _Record("facts", rejects, {}, _NO_ROWS, past, ())
        subjects = subjects_of_facts(plan, taken, look.window)
        if subjects.is_empty():
            raise DataError([nobody_in_facts(facts, period)])
    else:
        roster = subjects_as_read(plan)
        admitted = admit_tables(roster, tables, look, engine=engine, narrow=True)
        subjects = gather_facts(roster, admitted_rows(admitted), look.window, engine=engine).facts
        if subjects.is_empty():
            raise DataError([nobody_on_roster(plan, admitted.admissions, look)])
        notes = tuple(admission_notes(plan, admitted.admissions, engine))
        inputs = _input_receipts(admitted)
        record = _Record("facts", admitted.rejects, inputs, _NO_ROWS, past, notes)
    wide = wide_facts(plan, taken, subjects, period)
    return _results(plan, wide, look, record, engine)


def _input_receipts(admitted: Admitted) -> dict[str, InputReceipt]:
    return {
        name: input_receipt(admitted.inputs[name], admission.height)
        for name, admission in admitted.admissions.items()
        if name != POOL
    }


def _results(
    plan: Plan, facts: pl.DataFrame, look: Look, record: _Record, engine: Engine
) -> Results:
    ruleset, period = plan.ruleset, look.window.period
    final = provisional_metrics(ruleset, look)
    past = record.past
    earlier = None if past is None else past.rows
    slip = settle_slip(plan, facts, history=earlier, engine=engine).sort(ruleset.subject.key)
    subjects = slip.select(subject_columns(ruleset, period, final))
    lines = pay_lines(ruleset, slip, period)
    notes = (
        *record.notes,
        *(() if past is None else past.notes),
        *dated_notes(ruleset, look.window),
        *provisional_notes(final, look),
    )
    digest = result_hash(subjects, lines)
    read = () if past is None else past.receipt
    stamp = Stamp(record.source, period, look.shown, tuple(final), digest, read)
    receipt = write_receipt(ruleset, record.inputs, record.accounting, notes, stamp)
    long = long_facts(ruleset, facts, period)
    return Results(subjects, lines, record.rejects, receipt, long, notes)
