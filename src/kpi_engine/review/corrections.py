"""Expected values brought to what was computed: edits of the cells alone, all else stays."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kpi_engine.review.pipes import cell_span
from kpi_engine.review.verdicts import Difference
from kpi_engine.text.reading import read_text
from kpi_engine.text.render import cells
from kpi_engine.text.source import Source, Span

_SPACES = re.compile(" *")
_NEEDS_QUOTES = re.compile(r"[,\[\]{}]|: | #|^[-?:&*!|>'\"%@`]")


@dataclass(frozen=True, slots=True)
class Correction:
    """The place of an expected value, and what it would have to be."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class CorrectedFile:
    """A test file, its text before, and with its expected values corrected."""

    file: str
    before: str
    after: str


def correction_of(difference: Difference) -> Correction:
    """Return how a cell would be right: in a table its column stays as wide where it can."""
    cell, right = difference.cell, difference.right
    span = cell_span(cell)
    text = span.source.text
    if cell.end - cell.start < len(cell.scalar.value) or "\n" in cell.scalar.value:
        free = _SPACES.match(text, span.end)
        spaces = 0 if free is None else len(free[0])
        more = cells(right) - cells(cell.text)
        behind = span.end + spaces
        if behind < len(text) and text[behind] in "|=":
            kept = max(spaces - more, 1)
            return Correction(Span(span.source, span.start, behind), right + " " * kept)
        return Correction(span, right)
    if cell.scalar.style == "plain" and _NEEDS_QUOTES.search(right):
        right = f'"{right}"'
    elif cell.scalar.style == "single":
        right = right.replace("'", "''")
    return Correction(span, right)


def corrected_files(corrections: Iterable[Correction]) -> tuple[CorrectedFile, ...]:
    """Return the files in which expected values would change, in the order they are met."""
    by_source: dict[Source, list[Correction]] = {}
    for correction in dict.fromkeys(corrections):
        by_source.setdefault(correction.span.source, []).append(correction)
    return tuple(
        CorrectedFile(source.name, source.text, _corrected(source.text, found))
        for source, found in by_source.items()
    )


def _corrected(text: str, corrections: Iterable[Correction]) -> str:
    for each in sorted(corrections, key=lambda each: each.span.start, reverse=True):
        text = text[: each.span.start] + each.text + text[each.span.end :]
    return text


def write_corrected(files: Iterable[CorrectedFile]) -> tuple[str, ...]:
    """Return the names of the files that were written: those that are still as they were read."""
    written: list[str] = []
    for each in files:
        path = Path(each.file)
        now = read_text(path)
        if isinstance(now, Source) and now.text == each.before:
            mark = b"\xef\xbb\xbf" if path.read_bytes().startswith(b"\xef\xbb\xbf") else b""
            path.write_bytes(mark + each.after.encode())
            written.append(each.file)
    return tuple(written)
