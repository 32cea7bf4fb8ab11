"""The tables beside facts that are handed on: the rows and columns that a score reads of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl
from polars.selectors import categorical, enum

from kpi_engine.execution.admission import admit_tables
from kpi_engine.execution.inputs import ROW, Tables, composed
from kpi_engine.execution.look import Look
from kpi_engine.execution.pseudonyms import pseudonyms_of
from kpi_engine.execution.seen import RECORDED_AT
from kpi_engine.language.kinds import Kind
from kpi_engine.plan.nodes import Plan
from kpi_engine.ruleset.checked import Column, Ruleset, Table
from kpi_engine.text.diagnostics import Diagnostic, diagnose
from kpi_engine.text.errors import DataError


@dataclass(frozen=True, slots=True)
class HandedTable:
    """The accepted rows of an input, as they were given, and the file they belong in.

    ``sources`` are the names of the columns in the file, by those that the ruleset declares.
    """

    table: Table
    file: str
    rows: pl.DataFrame
    sources: Mapping[str, str]

    @property
    def name(self) -> str:
        """The name of the table."""
        return self.table.name

    @property
    def columns(self) -> tuple[str, ...]:
        """The declared names of the columns that are there."""
        return tuple(self.sources)


@dataclass(frozen=True, slots=True)
class Replaced:
    """Tables, facts and results with pseudonyms; tables and facts in the order of these."""

    tables: list[HandedTable]
    facts: pl.DataFrame
    subjects: pl.DataFrame


def refuse_made_tables(plan: Plan) -> None:
    """Raise `DataError` where a subject's formulas read a table that is gathered or matched."""
    made = [step.name for step in plan.tables if step.per is not None or step.matches]
    if made:
        raise DataError([diagnose("K456", table=name) for name in made])


def handed_tables(plan: Plan, tables: Tables, look: Look) -> list[HandedTable]:
    """Return the input tables of a plan: accepted rows, and no columns but those that are read.

    Times stand beside them, since they tell whether a row was there, and the key. ``plan`` is that
    of a score.

    Raises:
        DataError: the tables cannot be used.
    """
    admitted = admit_tables(plan, tables, look)
    found: list[HandedTable] = []
    for name, admission in admitted.admissions.items():
        table, frame = plan.ruleset.tables[name], admitted.inputs[name].frame
        given = {composed(actual): actual for actual in frame.collect_schema()}
        read = [column for column in table.columns if _is_handed(plan, table, column)]
        sources = {column.name: given[composed(column.source)] for column in read}
        refused = admission.rejected.select(pl.col(ROW).cast(frame.collect_schema()[ROW]))
        rows = (
            frame.join(refused.lazy(), on=ROW, how="anti", maintain_order="left")
            .select(list(dict.fromkeys(sources.values())))
            .with_columns(categorical().cast(pl.String), enum().cast(pl.String))
            .collect()
        )
        found.append(HandedTable(table, table.file or f"{name}.parquet", rows, sources))
    return found


def _is_handed(plan: Plan, table: Table, column: Column) -> bool:
    is_time = column.type.kind is Kind.DATETIME or column.name in {table.clock, RECORDED_AT}
    return is_time or column.name in {*plan.inputs[table.name], *table.identity}


def with_pseudonyms(
    ruleset: Ruleset,
    tables: Sequence[HandedTable],
    facts: pl.DataFrame,
    subjects: pl.DataFrame,
    secret: bytes,
) -> Replaced:
    """Return tables, facts and results with a pseudonym for every value of the subject's key.

    Raises:
        DataError: a column of the key is no text, or another column of texts has its values.
    """
    key = ruleset.subject.key
    _refuse_kinds(ruleset, tables)
    texts = {
        (table.name, name): _key_texts(table, name)
        for table in tables
        for name in key
        if name in table.sources
    }
    pseudonyms: dict[str, dict[str, str]] = {}
    for name in key:
        columns = [facts[name], subjects[name]]
        columns += [text for (_, column), text in texts.items() if column == name]
        names = pl.concat([column.cast(pl.String).rename(name) for column in columns])
        pseudonyms[name] = pseudonyms_of(secret, name, names.drop_nulls().unique().sort())
    _refuse_names(tables, facts, pseudonyms)
    replaced = []
    for table in tables:
        own = [name for name in key if name in table.sources]
        rows = table.rows.with_columns(
            _renamed(texts[table.name, name], pseudonyms[name]).alias(table.sources[name])
            for name in own
        )
        order = [table.sources[name] for name in own]
        ordered = rows.sort(order, maintain_order=True) if order else rows
        replaced.append(replace(table, rows=ordered))
    return Replaced(
        replaced,
        _of_frame(facts, pseudonyms).sort(key, maintain_order=True),
        _of_frame(subjects, pseudonyms),
    )


def _key_texts(table: HandedTable, name: str) -> pl.Series:
    """Return a column of the key as a run reads it."""
    column = next(column for column in table.table.columns if column.name == name)
    texts = table.rows[table.sources[name]].cast(pl.String).str.normalize("NFC")
    read: pl.Expr = pl.when(~pl.col(name).is_in(["", *table.table.missing])).then(pl.col(name))
    if column.default is not None:
        read = read.fill_null(pl.lit(column.default.value))
    return texts.rename(name).to_frame().select(read).to_series()


def _renamed(column: pl.Series, pseudonyms: Mapping[str, str]) -> pl.Series:
    if not pseudonyms:
        return column
    return column.replace_strict(pseudonyms, default=None, return_dtype=pl.String)


def _of_frame(frame: pl.DataFrame, pseudonyms: Mapping[str, Mapping[str, str]]) -> pl.DataFrame:
    return frame.with_columns(_renamed(frame[name], known) for name, known in pseudonyms.items())


def _refuse_kinds(ruleset: Ruleset, tables: Iterable[HandedTable]) -> None:
    """Refuse columns of the key that are no texts, in the roster or in a table beside it."""
    roster = ruleset.tables[ruleset.subject.table]
    types = [
        (table.name, name, table.types[name])
        for table in (roster, *(handed.table for handed in tables))
        for name in ruleset.subject.key
        if name in table.types
    ]
    found = [
        diagnose("K457", column=name, table=table, found=found.kind.value)
        for table, name, found in dict.fromkeys(types)
        if found.kind is not Kind.TEXT
    ]
    if found:
        raise DataError(found)


def _refuse_names(
    tables: Iterable[HandedTable],
    facts: pl.DataFrame,
    pseudonyms: Mapping[str, Mapping[str, str]],
) -> None:
    """Refuse columns of other names in which the values of the key stand too."""
    plain = [
        (table.name, column.name, table.rows[table.sources[column.name]])
        for table in tables
        for column in table.table.columns
        if column.name in table.sources and column.name not in pseudonyms
        if column.type.kind is Kind.TEXT and column.type.labels is None
    ]
    if "text" in facts.columns:
        plain.append(("facts", "text", facts["text"]))
    found: list[Diagnostic] = []
    for table, column, values in plain:
        texts = set(values.cast(pl.String).str.normalize("NFC").drop_nulls().unique())
        found += [
            diagnose("K458", column=column, table=table, key=name)
            for name, known in pseudonyms.items()
            if not texts.isdisjoint(known)
        ]
    if found:
        raise DataError(found)
