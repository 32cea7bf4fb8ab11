"""The tables of a test case as frames of texts, and rejected rows led back to their cells."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

import polars as pl

from kpi_engine.execution.reasons import REASONS
from kpi_engine.review.casefiles import GivenTable
from kpi_engine.review.headers import column_by_header
from kpi_engine.review.pipes import Cell, cell_span, is_unknown
from kpi_engine.ruleset.checked import Ruleset, Table
from kpi_engine.text.diagnostics import Diagnostic, diagnose


def text_frames(ruleset: Ruleset, given: Sequence[GivenTable]) -> dict[str, pl.DataFrame]:
    """Return every input table of a ruleset as raw texts under the names its input has.

    What is not given is missing: whole tables are empty, columns hold nothing.
    """
    given_by_name = {each.name.value: each for each in given}
    return {
        name: _text_frame(table, given_by_name.get(name))
        for name, table in ruleset.tables.items()
        if table.origin is None
    }


def _text_frame(table: Table, given: GivenTable | None) -> pl.DataFrame:
    rows = given.table.rows if given is not None else ()
    columns: dict[str, list[str | None]] = {
        column.source: [None] * len(rows) for column in table.columns
    }
    if given is not None:
        by_header = column_by_header(table)
        for index, cell in enumerate(given.table.header):
            columns[by_header[cell.text].source] = [_text(row[index]) for row in rows]
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))


def _text(cell: Cell) -> str | None:
    return None if is_unknown(cell) else cell.text


def report_rejects(
    ruleset: Ruleset,
    given: Sequence[GivenTable],
    rejects: pl.DataFrame,
    expected: AbstractSet[str],
) -> list[Diagnostic]:
    """Return a finding for every refused row but of the tables whose rejects are expected.

    ``rejects`` are as in the results: one row per refused value or key, rows counted from 0.
    """
    given_by_name = {each.name.value: each for each in given}
    sentences: Mapping[str, str] = {str(reason): words for reason, words in REASONS.items()}
    findings: list[Diagnostic] = []
    for reject in rejects.iter_rows(named=True):
        each = given_by_name[reject["table"]]
        if reject["table"] in expected:
            continue
        header = column_by_header(ruleset.tables[reject["table"]])
        names = {cell.text: index for index, cell in enumerate(each.table.header)}
        column = header.get(str(reject["column"]).split(", ")[0])
        index = names.get(column.name, names.get(column.source, 0)) if column is not None else 0
        span = cell_span(each.table.rows[reject["row"]][index])
        reason = sentences[reject["reason"]]
        findings.append(
            diagnose("K517", span, table=reject["table"], column=reject["column"], reason=reason)
        )
    return findings
