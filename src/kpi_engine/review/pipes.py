"""Tables as people draw them: a line of names, a line for each row, `|` between the cells."""

import re
from dataclasses import dataclass

from kpi_engine.language.literals import compose_name
from kpi_engine.text.diagnostics import Diagnostic, diagnose
from kpi_engine.text.located import Scalar
from kpi_engine.text.render import cells
from kpi_engine.text.scalars import inner_span
from kpi_engine.text.source import Span, line_text, position

ARROW = "=>"

_SEPARATOR = re.compile(r"=>|\|")


@dataclass(frozen=True, slots=True)
class Cell:
    """A text of a table without the spaces around it, and its offsets in the scalar.

    A cell with nothing in it, or with the word ``unknown``, says that the value is unknown.
    """

    text: str
    scalar: Scalar
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class PipeTable:
    """Rows of as many cells as the header has; ``given`` of them stand before ``=>``, if any."""

    header: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    given: int | None
    scalar: Scalar


def is_unknown(cell: Cell) -> bool:
    """Return whether a cell says that its value is unknown."""
    return cell.text in {"", "unknown"}


def cell_span(cell: Cell) -> Span:
    """Return the place of a cell, of an empty one the place where its text would begin."""
    return inner_span(cell.scalar, cell.start, cell.end)


def read_pipes(scalar: Scalar, *, arrow: bool = False) -> tuple[PipeTable | None, list[Diagnostic]]:
    """Return the table that a text draws, or None and what is wrong with it.

    Empty lines mean nothing. Where the header has a `|` at both ends, so may the rows. Names are in
    Unicode's composed form. With ``arrow``, ``=>`` may stand once in place of a `|`.
    """
    folded = _folded(scalar)
    if folded is not None:
        return None, [folded]
    lines = _lines(scalar)
    if not lines:
        return None, [diagnose("K510", scalar.span)]
    findings: list[Diagnostic] = []
    given = _arrow_index(scalar, *lines[0]) if arrow else None
    header = tuple(_name(cell) for cell in _cells(scalar, *lines[0], arrow=given is not None))
    seen: set[str] = set()
    for cell in header:
        if not cell.text:
            findings.append(diagnose("K512", cell_span(cell)))
        elif cell.text in seen:
            findings.append(diagnose("K513", cell_span(cell), name=cell.text))
        seen.add(cell.text)
    rows: list[tuple[Cell, ...]] = []
    for start, end in lines[1:]:
        row = _cells(scalar, start, end, arrow=given is not None)
        if len(row) != len(header):
            place = inner_span(scalar, row[0].start, row[-1].end)
            findings.append(diagnose("K511", place, count=len(row), expected=len(header)))
        rows.append(row)
    return (None if findings else PipeTable(header, tuple(rows), given, scalar)), findings


def draw_pipes(scalar: Scalar, *, arrow: bool = False) -> list[str] | None:
    """Return the lines of a table, each column as wide as its widest cell, or None if it is none.

    Frames and spaces around cells go, of empty lines between rows one stays. A table of one column
    with an empty cell is None too: the cell would be an empty line, and lost.
    """
    table, _ = read_pipes(scalar, arrow=arrow)
    if table is None:
        return None
    places = _lines(scalar)
    split = table.given is not None
    rows = [[f" {cell.text}" for cell in _cells(scalar, *place, arrow=split)] for place in places]
    if len(table.header) == 1 and [" "] in rows:
        return None
    if table.given is not None:
        # the arrow takes one place from the name behind it
        rows[0][table.given] = f">{rows[0][table.given]}"
    widths = [max(map(cells, column)) for column in zip(*rows, strict=True)]
    lines: list[str] = []
    end = places[0][0]
    for row, (start, stop) in zip(rows, places, strict=True):
        if scalar.value.count("\n", end, start) > 1:
            lines.append("")
        lines.append(_joined(row, widths))
        end = stop
    return lines


def _joined(row: list[str], widths: list[int]) -> str:
    padded = [text + " " * (width - cells(text)) for text, width in zip(row, widths, strict=True)]
    signs = ["=" if text.startswith(">") else "|" for text in padded]
    pairs = zip(signs[1:], padded[1:], strict=True)
    return (padded[0][1:] + "".join(f" {sign}{text}" for sign, text in pairs)).rstrip()


def _folded(scalar: Scalar) -> Diagnostic | None:
    """Return the refusal of a table whose lines YAML has joined."""
    if scalar.style in {"literal", "double"} or "\n" in scalar.value.strip():
        return None
    source = scalar.span.source
    if position(source, scalar.span.start).line == position(source, scalar.span.end).line:
        return None
    return diagnose("K514", Span(source, scalar.span.start, _line_end(scalar)))


def _line_end(scalar: Scalar) -> int:
    start = position(scalar.span.source, scalar.span.start)
    rest = len(line_text(scalar.span.source, start.line)) - start.column + 1
    return scalar.span.start + rest


def _lines(scalar: Scalar) -> list[tuple[int, int]]:
    """Return the offsets of every line that is not empty, its frame of pipes left out."""
    found: list[tuple[int, int]] = []
    offset = 0
    framed = True
    for line in scalar.value.split("\n"):
        text = line.strip()
        if text:
            start = offset + line.index(text)
            end = start + len(text)
            framed = framed and len(text) > 1 and text[0] == text[-1] == "|"
            found.append((start + 1, end - 1) if framed else (start, end))
        offset += len(line) + 1
    return found


def _arrow_index(scalar: Scalar, start: int, end: int) -> int | None:
    before, arrow, _ = scalar.value[start:end].partition(ARROW)
    return before.count("|") + 1 if arrow else None


def _cells(scalar: Scalar, start: int, end: int, *, arrow: bool) -> tuple[Cell, ...]:
    cells: list[Cell] = []
    at = start
    line = scalar.value[:end]
    while True:
        found = _SEPARATOR.search(line, at) if arrow else None
        cut = (found.start() if found else -1) if arrow else line.find("|", at)
        stop = cut if cut >= 0 else end
        raw = line[at:stop]
        text = raw.strip()
        first = at + len(raw) - len(raw.lstrip()) if text else min(at + 1, stop)
        cells.append(Cell(text, scalar, first, first + len(text)))
        if cut < 0:
            return tuple(cells)
        at = found.end() if found else cut + 1


def _name(cell: Cell) -> Cell:
    return Cell(compose_name(cell.text) or cell.text, cell.scalar, cell.start, cell.end)


def whole_cell(scalar: Scalar) -> Cell:
    """Return all of a text as one cell."""
    return Cell(scalar.value, scalar, 0, len(scalar.value))
