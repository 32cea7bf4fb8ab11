"""The names in the tables of a test case: which columns they fill, and which are wrong."""

from collections.abc import Sequence

from kpi_engine.language.scopes import closest
from kpi_engine.review.casefiles import GivenTable
from kpi_engine.review.pipes import cell_span
from kpi_engine.ruleset.checked import Column, Ruleset, Table
from kpi_engine.text.diagnostics import Diagnostic, diagnose
from kpi_engine.text.scalars import inner_span
from kpi_engine.text.source import Span


def check_tables(ruleset: Ruleset, given: Sequence[GivenTable]) -> list[Diagnostic]:
    """Return what is wrong with the names in the given tables."""
    findings: list[Diagnostic] = []
    inputs = {name for name, table in ruleset.tables.items() if table.origin is None}
    for each in given:
        name = each.name.value
        table = ruleset.tables.get(name)
        if table is None:
            findings.append(diagnose("K350", each.name.span, name=name, near=closest(name, inputs)))
        elif table.origin is not None:
            origin = _input_origin(ruleset, table)
            findings.append(diagnose("K515", each.name.span, name=name, origin=origin))
        else:
            findings += _check_header(table, each)
    return findings


def _input_origin(ruleset: Ruleset, table: Table) -> str:
    """Return the input table that a derived table is made from in the end."""
    while table.origin is not None:
        table = ruleset.tables[table.origin]
    return table.name


def _check_header(table: Table, given: GivenTable) -> list[Diagnostic]:
    findings: list[Diagnostic] = []
    seen: set[str] = set()
    columns = column_by_header(table)
    for cell in given.table.header:
        column = columns.get(cell.text)
        if column is None:
            near = closest(cell.text, set(columns))
            findings.append(
                diagnose("K351", cell_span(cell), name=cell.text, table=table.name, near=near)
            )
        elif column.source in seen:
            findings.append(diagnose("K513", cell_span(cell), name=cell.text))
        else:
            seen.add(column.source)
    for column in table.columns:
        needed = not column.type.nullable and column.default is None
        if needed and column.source not in seen:
            place = _header_span(given)
            findings.append(diagnose("K516", place, column=column.name, table=table.name))
    return findings


def column_by_header(table: Table) -> dict[str, Column]:
    """Return the columns of an input table by what may stand above them: their name, or header."""
    by_source = {column.source: column for column in table.columns}
    return by_source | {column.name: column for column in table.columns}


def _header_span(given: GivenTable) -> Span:
    header = given.table.header
    return inner_span(given.table.scalar, header[0].start, header[-1].end)
