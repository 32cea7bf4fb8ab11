"""The tables of a run found and opened: files of a folder, files by path, frames, Arrow objects."""

import hashlib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Protocol, runtime_checkable

import polars as pl
from polars.exceptions import PolarsError

from kpi_engine.execution.delimited import check_header, check_rows, digest_text, read_header
from kpi_engine.ruleset.checked import Table
from kpi_engine.text.diagnostics import Diagnostic, diagnose

ROW = "row of the input"
"""The column that numbers the rows of an input, from 0."""


@runtime_checkable
class ArrowStream(Protocol):
    """An object with the Arrow PyCapsule interface for streams of record batches."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Return a capsule with the stream."""


@runtime_checkable
class ArrowArray(Protocol):
    """An object with the Arrow PyCapsule interface for one record batch."""

    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]:
        """Return the capsules of the schema and the batch."""


TableSource = str | Path | pl.DataFrame | pl.LazyFrame | ArrowStream | ArrowArray
"""What a table can be given as: the path of a Parquet or CSV file, or a frame."""

Tables = str | Path | Mapping[str, TableSource]
"""The folder of the tables' files, or the tables by name."""


@dataclass(frozen=True, slots=True)
class Input:
    """A table as it was given, before its values are looked at.

    ``frame`` holds the raw columns and `ROW`; it can be read more than once and gives the same
    rows in the same order. ``file``, ``path`` and ``sha256`` are None for frames.
    """

    table: str
    frame: pl.LazyFrame
    file: str | None
    path: str | None
    sha256: str | None


def open_inputs(
    tables: Sequence[Table], known: Iterable[str], given: Tables
) -> tuple[dict[str, Input], list[Diagnostic]]:
    """Return the inputs of tables by name, and what is wrong with those that cannot be opened.

    ``known`` are the names of all input tables of the ruleset: other names are refused.
    """
    sources: Mapping[str, TableSource]
    if isinstance(given, str | Path):
        sources, diagnostics = _find_files(tables, Path(given))
    else:
        sources, diagnostics = given, _refuse_names(tables, known, given)
    inputs: dict[str, Input] = {}
    for table in tables:
        if table.name not in sources:
            continue
        opened = _open_input(table, sources[table.name])
        if isinstance(opened, Input):
            inputs[table.name] = opened
        else:
            diagnostics += opened
    return inputs, diagnostics


def read_streams(given: Tables) -> Tables:
    """Return tables that can be read more than once: what may be a stream becomes a frame.

    One that cannot be read stays as it is: whoever opens it says why.
    """
    if isinstance(given, str | Path):
        return given
    return {name: _read_stream(source) for name, source in given.items()}


def _read_stream(source: TableSource) -> TableSource:
    if isinstance(source, str | Path | pl.DataFrame | pl.LazyFrame):
        return source
    try:
        return pl.DataFrame(source)
    except (PolarsError, OSError, TypeError, ValueError):
        return source


def near_name(name: str, names: Iterable[str]) -> str | None:
    """Return the likely meant name among those that exist, if any is near.

    >>> near_name("ratings.csv", ["rating.csv", "agents.csv"])
    'rating.csv'
    """
    near = get_close_matches(name, list(names), n=1, cutoff=0.6)
    return near[0] if near else None


def _find_files(
    tables: Sequence[Table], folder: Path
) -> tuple[dict[str, TableSource], list[Diagnostic]]:
    if not folder.is_dir():
        return {}, [diagnose("K401", folder=folder)]
    found: dict[str, TableSource] = {}
    diagnostics: list[Diagnostic] = []
    for table in tables:
        names = [table.file] if table.file else [f"{table.name}.parquet", f"{table.name}.csv"]
        path = next((folder / name for name in names if (folder / name).is_file()), None)
        if path is not None:
            found[table.name] = path
            continue
        present = {entry.stem: entry.name for entry in sorted(folder.iterdir()) if entry.is_file()}
        near = near_name(Path(names[0]).stem, present)
        diagnostics.append(
            diagnose(
                "K402",
                table=table.name,
                folder=folder,
                names="` or `".join(names),
                near=present[near] if near is not None else None,
            )
        )
    return found, diagnostics


def _refuse_names(
    tables: Sequence[Table], known: Iterable[str], given: Mapping[str, TableSource]
) -> list[Diagnostic]:
    names = sorted(known)
    unknown = [name for name in given if name not in names]
    missing = [table.name for table in tables if table.name not in given]
    diagnostics = [
        diagnose("K403", name=name, near=near_name(name, missing or names)) for name in unknown
    ]
    return diagnostics + [
        diagnose("K404", table=name, near=near_name(name, unknown)) for name in missing
    ]


def _open_input(table: Table, source: object) -> Input | list[Diagnostic]:
    if isinstance(source, str | Path):
        path = Path(source)
        try:
            return _open_file(table, path)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else None
            reason = (reason or str(error)).lower()
            return [diagnose("K405", table=table.name, file=path, reason=reason)]
    try:
        if isinstance(source, pl.LazyFrame):
            # a lazy frame may give its rows in another order each time it is collected
            present = set(source.collect_schema().names())
            wanted = [name for name in _sources(table) if name in present]
            frame = source.select(wanted or pl.all()).collect()
        elif isinstance(source, pl.DataFrame):
            frame = source
        elif isinstance(source, ArrowStream | ArrowArray):
            frame = pl.DataFrame(source)
        else:
            return [diagnose("K407", table=table.name, found=type(source).__name__)]
    except (PolarsError, OSError) as error:
        return [diagnose("K408", table=table.name, reason=_first_line(error))]
    return Input(table.name, frame.lazy().with_row_index(ROW), None, None, None)


def count_rows(tables: Sequence[Table], given: Tables) -> dict[str, int]:
    """Return how many rows tables have that could be opened, by name."""
    sources: Mapping[str, TableSource]
    sources = _find_files(tables, Path(given))[0] if isinstance(given, str | Path) else given
    return {table.name: _count(sources[table.name]) for table in tables if table.name in sources}


def _count(source: TableSource) -> int:
    if isinstance(source, str | Path):
        path = Path(source)
        scan = pl.scan_parquet if path.suffix.lower() == ".parquet" else pl.scan_csv
        source = scan(path, glob=False)
    if isinstance(source, pl.LazyFrame):
        return int(source.select(pl.len()).collect().item())
    return pl.DataFrame(source).height


def _sources(table: Table) -> list[str]:
    return list(dict.fromkeys(column.source for column in table.columns))


def _open_file(table: Table, path: Path) -> Input | list[Diagnostic]:
    match path.suffix.lower():
        case ".parquet":
            return _open_parquet(table, path)
        case ".csv":
            return _open_csv(table, path)
        case _:
            return [diagnose("K406", table=table.name, file=path.name)]


def _open_parquet(table: Table, path: Path) -> Input | list[Diagnostic]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    frame = pl.scan_parquet(path, glob=False, hive_partitioning=False, row_index_name=ROW)
    try:
        frame.collect_schema()
    except PolarsError as error:
        return [diagnose("K409", file=path.name, reason=_first_line(error))]
    return Input(table.name, frame, path.name, path.as_posix(), digest)


def _open_csv(table: Table, path: Path) -> Input | list[Diagnostic]:
    digest, refusal = digest_text(path)
    if refusal is not None:
        return [refusal]
    header = read_header(path)
    diagnostics = check_header(path, header)
    if diagnostics:
        return diagnostics
    diagnostics, has_blank = check_rows(path, len(header))
    if diagnostics:
        return diagnostics
    frame = pl.scan_csv(path, infer_schema=False, glob=False, row_index_name=ROW)
    if has_blank:
        frame = frame.filter(pl.any_horizontal(pl.exclude(ROW).is_not_null()))
    return Input(table.name, frame, path.name, path.as_posix(), digest)


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


def composed(name: str) -> str:
    """Return a name in Unicode's composed form (NFC), the form of names in rulesets."""
    return unicodedata.normalize("NFC", name)
