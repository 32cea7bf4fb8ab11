"""The input tables of a run: opened, held to their contracts, and what was there at the look."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from kpi_engine.execution.columns import Standards
from kpi_engine.execution.contracts import Admission, admit_rows, reject_types
from kpi_engine.execution.inputs import ROW, Input, Tables, composed, open_inputs
from kpi_engine.execution.look import Look
from kpi_engine.execution.lookups import names_looked_up
from kpi_engine.execution.taking import Fitted, fit_columns
from kpi_engine.plan.coding import met_types
from kpi_engine.plan.nodes import Plan
from kpi_engine.plan.ranges import Engine
from kpi_engine.ruleset.checked import POOL, Table
from kpi_engine.text.diagnostics import Diagnostic, diagnose
from kpi_engine.text.errors import DataError


@dataclass(frozen=True, slots=True)
class Admitted:
    """Input tables by name, in the ruleset's order: as they were given, and after their contracts.

    ``rejects`` are those of all tables.
    """

    inputs: Mapping[str, Input]
    admissions: Mapping[str, Admission]
    rejects: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Share:
    """The shops of a run: of tables with the column ``shop`` it takes no rows but theirs.

    ``own`` has a row for each of them, with the numbers that are its own.
    """

    shop: str
    own: pl.DataFrame


def admit_tables(  # noqa: PLR0913 (a run's own arguments, by name)
    plan: Plan,
    tables: Tables,
    look: Look,
    *,
    share: Share | None = None,
    engine: Engine = "auto",
    values: bool = False,
    narrow: bool = False,
) -> Admitted:
    """Return the input tables that a plan reads, after their contracts.

    Where they may be ``narrow``, declared columns that the plan does not read can be missing.

    Raises:
        DataError: all that is wrong with the files, frames and columns at once; then, subjects
            that a roster contradicts itself about.
    """
    ruleset = plan.ruleset
    needed = [ruleset.tables[name] for name in ruleset.tables if name in plan.inputs]
    known = [table.name for table in ruleset.tables.values() if table.origin is None]
    inputs, diagnostics = open_inputs(
        [table for table in needed if table.name != POOL],
        [name for name in known if name != POOL],
        tables,
    )
    if share is not None and POOL in plan.inputs:
        inputs[POOL] = Input(POOL, share.own.lazy().with_row_index(ROW), None, None, None)
    standards = Standards(ruleset.zone, ruleset.minor_digits)
    types = met_types(plan)
    fitted = {}
    for table in needed:
        if table.name in inputs:
            met = types.get(table.name, {})
            held = _held(plan, table, inputs[table.name]) if narrow else table
            laid, found = fit_columns(held, inputs[table.name], standards, met)
            fitted[table.name] = laid if share is None else _of_shops(laid, share)
            diagnostics += found
    if diagnostics:
        raise DataError(diagnostics)
    roster = roster_input(plan)
    admissions = {
        name: admit_rows(laid, look, keyed=name != roster, values=values, engine=engine)
        for name, laid in fitted.items()
    }
    if roster in admissions and roster in names_looked_up(ruleset):
        contradictions = _contradictions(admissions[roster], engine)
        if contradictions:
            raise DataError(contradictions)
    rejects = [admission.rejects for admission in admissions.values()]
    empty = pl.DataFrame(schema=reject_types(values=values))
    return Admitted(inputs, admissions, pl.concat([empty, *rejects]))


def _held(plan: Plan, table: Table, opened: Input) -> Table:
    """Return a table without the columns that an input does not have and nothing reads."""
    read = {*plan.inputs[table.name], *table.identity, table.clock}
    present = {composed(name) for name in opened.frame.collect_schema()}
    columns = (c for c in table.columns if c.name in read or composed(c.source) in present)
    return replace(table, columns=tuple(columns))


def _of_shops(laid: Fitted, share: Share) -> Fitted:
    """Return an input without the rows of other shops, or of none."""
    if laid.sheet.types.get(share.shop) != pl.String:
        return laid
    shops = share.own[share.shop]
    named = pl.col(share.shop)
    if (shops.str.len_bytes() != shops.str.len_chars()).any():
        named = named.str.normalize("NFC")
    rows = laid.sheet.frame.filter(named.is_in(shops.implode()))
    return replace(laid, sheet=replace(laid.sheet, frame=rows))


def admitted_rows(admitted: Admitted) -> dict[str, pl.LazyFrame]:
    """Return the rows that a plan may see, by table."""
    return {name: admission.rows for name, admission in admitted.admissions.items()}


def roster_input(plan: Plan) -> str | None:
    """Return the input whose rows are the roster's, None where the roster is gathered from rows.

    A subject twice among these rows refuses the run, so they are not held to their key before.
    """
    table = plan.ruleset.tables[plan.roster.table]
    while table.origin is not None and table.per is None:
        table = plan.ruleset.tables[table.origin]
    return table.name if table.origin is None else None


def _contradictions(roster: Admission, engine: Engine) -> list[Diagnostic]:
    """Return a refusal for every subject of whom a roster that is looked into has two rows at once.

    A lookup finds rows of any period, not only those of the subjects of this one.
    """
    table = roster.table
    key = list(table.identity)
    counts = roster.rows.group_by(key).len().filter(pl.col("len") > 1)
    rows = counts.sort(key).collect(engine=engine).iter_rows(named=True)
    fix = "delete the others" if table.valid is None else "give each its own first day"
    return [
        diagnose(
            "K432",
            table=table.name,
            count=row["len"],
            subject=", ".join(f"{name} {row[name]}" for name in table.key),
            fix=fix,
        )
        for row in rows
    ]
