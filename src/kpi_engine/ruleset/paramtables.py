"""Tables of params: a row for each shop, a column for each param, as a CSV or Parquet file."""

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from typing import assert_never

from kpi_engine.text.diagnostics import Diagnostic
from kpi_engine.text.located import Entry, Node, Scalar, Sequence
from kpi_engine.text.located import Mapping as YamlMapping
from kpi_engine.text.reading import parse_yaml, read_text
from kpi_engine.text.source import Source, Span


@dataclass(frozen=True, slots=True)
class ParamRow:
    """A row of a table of params: where it stands, and its cells with their places by column.

    ``heads`` are the places of the columns' names: in a first line, or else the row itself.
    ``mistake`` is what is wrong with a scale in one of them.
    """

    span: Span
    cells: Mapping[str, Node]
    heads: Mapping[str, Span]
    mistake: Diagnostic | None


def read_param_table(path: Path, shown: str, shop: str) -> list[ParamRow] | Diagnostic | str:
    """Return the rows of a table, or what is wrong with the file or, in words, with the table.

    ``shop`` is the column that names the shop of a row. Cells are texts as a ruleset has them.
    """
    if path.suffix == ".parquet":
        rows = _parquet_rows(path, shown)
    else:
        text = read_text(path, shown)
        if isinstance(text, Diagnostic):
            return text
        rows = _csv_rows(text)
    if isinstance(rows, str):
        return rows
    if not rows:
        return "it has no rows"
    if shop not in rows[0].cells:
        return f"it has no column `{shop}`, which names the shops"
    return rows


def _csv_rows(text: Source) -> list[ParamRow] | str:
    """Return the rows of a table as text, or why there are none; a cell knows its place."""
    reader = csv.reader(StringIO(text.text, newline=""), strict=True)
    starts = [0, *(at + 1 for at, character in enumerate(text.text) if character == "\n")]
    rows: list[ParamRow] = []
    header: list[str] | None = None
    heads: dict[str, Span] = {}
    before = 0
    try:
        for cells in reader:
            start, before = starts[before], reader.line_num
            end = starts[before] if before < len(starts) else len(text.text)
            if not any(cells):
                continue
            if header is None:
                header = [name.strip() for name in cells]
                if len(set(header)) != len(header) or "" in header:
                    return "its first line names a column twice, or not at all"
                heads = dict(zip(header, _places(text, header, start, end), strict=True))
                continue
            if len(cells) != len(header):
                return f"line {before} has {len(cells)} cells, {len(header)} were expected"
            rows.append(_row(heads, cells, Span(text, start, end)))
    except csv.Error as error:
        return f"line {reader.line_num}: {error}"
    return rows


def _places(text: Source, cells: list[str], start: int, end: int) -> list[Span]:
    """Return where the cells of a line stand; of an empty one, or one with quotes, the line."""
    line = Span(text, start, start + len(text.text[start:end].rstrip("\r\n")))
    places = []
    for cell in cells:
        found = text.text.find(cell, start, end) if cell else -1
        places.append(line if found < 0 else Span(text, found, found + len(cell)))
        start = start if found < 0 else found + len(cell)
    return places


def _row(heads: Mapping[str, Span], cells: list[str], span: Span) -> ParamRow:
    located: dict[str, Node] = {}
    mistake: Diagnostic | None = None
    source, stripped = span.source, [cell.strip() for cell in cells]
    places = _places(source, stripped, span.start, span.end)
    for name, cell, place in zip(heads, stripped, places, strict=True):
        node: Node | Diagnostic = Scalar(cell, "plain", place)
        if cell.startswith("{"):
            node = _scale(cell, place)
        if isinstance(node, Diagnostic):
            mistake = mistake or node
        else:
            located[name] = node
    text = source.text[span.start : span.end].rstrip("\r\n")
    return ParamRow(Span(source, span.start, span.start + len(text)), located, heads, mistake)


def _scale(cell: str, place: Span) -> Node | Diagnostic:
    """Return what a cell between braces holds, at its place, or what is wrong with it."""
    root, findings = parse_yaml(Source(place.source.name, cell))
    verbatim = place.end - place.start == len(cell)

    def moved(span: Span) -> Span:
        """Return where a part of the cell stands: where its quotes are doubled, its row does."""
        if not verbatim:
            return place
        return Span(place.source, place.start + span.start, place.start + span.end)

    mistake = next((found for found in findings if found.severity == "error"), None)
    if mistake is not None:
        inside = place if mistake.span is None else moved(mistake.span)
        return replace(mistake, span=inside, related=())
    return Scalar(cell, "plain", place) if root is None else _moved(root, moved)


def _moved(node: Node, moved: Callable[[Span], Span]) -> Node:
    """Return a node with its places moved."""
    match node:
        case Scalar():
            return _moved_scalar(node, moved)
        case Sequence():
            items = tuple(_moved(item, moved) for item in node.items)
            return Sequence(items, moved(node.span), node.flow)
        case YamlMapping():
            entries = tuple(
                Entry(_moved_scalar(entry.key, moved), _moved(entry.value, moved))
                for entry in node.entries
            )
            return YamlMapping(entries, moved(node.span), node.flow)
    assert_never(node)


def _moved_scalar(scalar: Scalar, moved: Callable[[Span], Span]) -> Scalar:
    return Scalar(scalar.value, scalar.style, moved(scalar.span))


def _parquet_rows(path: Path, shown: str) -> list[ParamRow] | str:
    """Return the rows of a table of texts, each as a text of its own: a row has no line."""
    import polars as pl  # noqa: PLC0415 (only fleets with such a table wait for it)
    from polars.exceptions import PolarsError  # noqa: PLC0415

    try:
        frame = pl.read_parquet(path)
    except (OSError, PolarsError) as error:
        return str(error).partition("\n")[0].lower()
    wrong = [name for name, dtype in frame.schema.items() if dtype not in {pl.String, pl.Null}]
    if wrong:
        expected = "texts as in a ruleset were expected, such as `25%`"
        return f"its column `{wrong[0]}` is of {frame.schema[wrong[0]]}, {expected}"
    rows = []
    for number, cells in enumerate(frame.iter_rows(named=True), 1):
        text = ", ".join(cell or "" for cell in cells.values())
        source = Source(f"{shown} row {number}", text)
        row = Span(source, 0, len(text))
        rows.append(_row(dict.fromkeys(cells, row), [c or "" for c in cells.values()], row))
    return rows
