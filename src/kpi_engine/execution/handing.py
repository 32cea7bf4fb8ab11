"""Facts handed on: written with the tables that a score from them reads, names replaced or not."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from kpi_engine.execution.handed import (
    handed_tables,
    refuse_made_tables,
    with_pseudonyms,
)
from kpi_engine.execution.history import History
from kpi_engine.execution.inputs import Tables
from kpi_engine.execution.look import look_at
from kpi_engine.execution.placing import placed, write_frame, write_text
from kpi_engine.execution.pseudonyms import keep_key, read_key
from kpi_engine.execution.receipts import versions
from kpi_engine.execution.results import Results
from kpi_engine.execution.running import score
from kpi_engine.execution.subjects import subjects_as_read
from kpi_engine.plan.nodes import Plan
from kpi_engine.text.diagnostics import diagnose
from kpi_engine.text.errors import DataError

FACTS = "facts.parquet"
CONTENTS = "contents.json"
_REAL = "real "


@dataclass(frozen=True, slots=True)
class HandedFacts:
    """What was written: ``files``, the columns with pseudonyms, by table the columns as given.

    ``key_made`` says that the file of the key was made for it.
    """

    files: tuple[str, ...]
    pseudonyms: tuple[str, ...]
    as_given: Mapping[str, tuple[str, ...]]
    key_made: bool


def write_facts(  # noqa: PLR0913 (the public API: the last two by name)
    plan: Plan,
    results: Results,
    tables: Tables,
    folder: str | Path,
    *,
    key: str | Path | None = None,
    history: History | None = None,
) -> HandedFacts:
    """Return what was written into a folder: the facts of a run, and what a score of them reads.

    ``tables`` and ``history`` are those of the run. With the file of a ``key`` the values of the
    subject's key are replaced. What was written is scored, and held to the results.

    Raises:
        DataError: the facts cannot be handed on, the key cannot be used, or the folder holds
            something else or cannot be written.
    """
    facts = _refuse_at_once(plan, results, Path(folder), key)
    receipt = results.receipt
    read = subjects_as_read(plan)
    refuse_made_tables(read)
    look = look_at(plan.ruleset, receipt["period"], receipt["as_of"])
    handed = handed_tables(read, tables, look)
    _refuse_files([table.file for table in handed])
    subjects, secret, is_new = results.subjects, b"", False
    columns = list(plan.ruleset.subject.key)
    real = subjects.select(pl.col(columns).name.prefix(_REAL))
    if key is not None:
        secret, is_new = read_key(Path(key))
        replaced = with_pseudonyms(plan.ruleset, handed, facts, subjects, secret)
        handed, facts, subjects = replaced.tables, replaced.facts, replaced.subjects
    expected = pl.concat([subjects, real], how="horizontal").sort(columns)
    as_given = {
        table.name: tuple(c for c in table.columns if key is None or c not in columns)
        for table in handed
    }
    pseudonyms = () if key is None else tuple(columns)
    files = (FACTS, *(table.file for table in handed))
    contents = {
        "versions": versions(),
        "ruleset": receipt["ruleset"],
        "version": receipt["version"],
        "period": receipt["period"],
        "files": files,
        "pseudonyms": pseudonyms,
        "as_given": as_given,
    }
    with placed(folder, _is_handed) as partial:
        write_frame(facts, partial / FACTS)
        for table in handed:
            write_frame(table.rows, partial / table.file)
        text = json.dumps(contents, ensure_ascii=False, indent=2)
        write_text(f"{text}\n", partial / CONTENTS)
        _refuse_others(plan, partial, expected, receipt["period"], history)
        if key is not None and is_new:
            # last, so that no key is left behind of which nobody was told
            keep_key(secret, Path(key))
    return HandedFacts(files, pseudonyms, as_given, is_new)


def _refuse_at_once(
    plan: Plan, results: Results, folder: Path, key: str | Path | None
) -> pl.DataFrame:
    """Return the facts of a run whose facts can be handed on."""
    if results.facts is None:
        raise _refusal("results that were read back have none, those of `run` were expected")
    if key is not None and plan.history:
        raise _refusal(
            "formulas read earlier months, whose results name people, and names were to be replaced"
        )
    if key is not None and Path(key).absolute().is_relative_to(folder.absolute()):
        raise _refusal(f"the key `{Path(key).as_posix()}` would be handed on with them")
    return results.facts


def _refuse_files(files: list[str]) -> None:
    """Refuse tables that cannot stand beside the facts in one folder."""
    for file in files:
        if Path(file).name != file or file in {FACTS, CONTENTS} or files.count(file) > 1:
            raise _refusal(f"a table has the file `{file}`, one of its own was expected")


def _refuse_others(
    plan: Plan, folder: Path, expected: pl.DataFrame, period: str, history: History | None
) -> None:
    """Refuse facts from which other scores or pay follow than the run's."""
    key = list(plan.ruleset.subject.key)
    try:
        facts = pl.read_parquet(folder / FACTS, glob=False)
        found = score(plan, facts, period=period, tables=folder, history=history).subjects
    except DataError as error:
        raise _changed(error.diagnostics[0].message) from error
    if not found.select(key).equals(expected.select(key)):
        raise _changed("the roster has other subjects")
    differs = [
        (_settled(found[name]).ne_missing(_settled(expected[name]))).alias(name)
        for name in found.columns
    ]
    columns = [name.name for name in differs if name.any()]
    if columns:
        row = expected.filter(differs[found.columns.index(columns[0])]).row(0, named=True)
        subject = ", ".join(f"{name} {row[_REAL + name]}" for name in key)
        raise _changed(f"`{columns[0]}` of {subject} differs")


def _settled(column: pl.Series) -> pl.Series:
    """Return a column with known values as known, whether or not they are provisional."""
    return column.replace({"provisional": "ok"}) if column.name.endswith(".status") else column


def _is_handed(folder: Path) -> bool:
    """Return whether a folder holds what was handed on before, and nothing else."""
    try:
        contents = json.loads((folder / CONTENTS).read_text("utf-8"))
        names = {entry.name for entry in folder.iterdir()}
        return bool(
            "kpi_engine" in contents["versions"] and names == {CONTENTS, *contents["files"]}
        )
    except (OSError, ValueError, TypeError, KeyError):
        return False


def _refusal(reason: str) -> DataError:
    return DataError([diagnose("K454", reason=reason)])


def _changed(reason: str) -> DataError:
    return DataError([diagnose("K459", reason=reason)])
