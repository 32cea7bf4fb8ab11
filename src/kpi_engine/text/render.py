"""Diagnostics as text for people and as JSON for machines."""

import json
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import accumulate

from kpi_engine.text.diagnostics import Diagnostic, Severity
from kpi_engine.text.source import Span, line_text, position

_LINE_CELLS = 100
_LEAD_CELLS = 40
# Code points on either side of a place that are looked at: more than are shown, few beside a line
# of a million.
_NEAR = 500
_TAB = "    "
_COLOR_BY_SEVERITY: dict[Severity, str] = {"error": "31", "warning": "33", "note": "36"}
# Zero width joiners hold emoji together; everything else of these categories could move the
# cursor or turn the line around.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_JOINERS = "\u200c\u200d"


def render_text(diagnostics: Iterable[Diagnostic], *, color: bool = False) -> str:
    r"""Return the diagnostics as given, each with its line and carets, empty lines between.

    A caret is as wide as what it stands under: Chinese takes two cells. Of a place over several
    lines the first is shown, of a long line the part around the place.

    >>> from kpi_engine.text.source import Source
    >>> span = Span(Source("a.yaml", "value: stauts\n"), 7, 13)
    >>> print(render_text([Diagnostic("K203", "error", "unknown name `stauts`", span)]), end="")
    a.yaml:1:8: error[K203]: unknown name `stauts`
       1 | value: stauts
         |        ^^^^^^
    """
    return "\n".join(_block(diagnostic, color=color) for diagnostic in diagnostics)


def render_json(diagnostic: Diagnostic) -> str:
    """Return one line of JSON; the end is exclusive, and a place that is not known is null."""
    span = diagnostic.span
    start = position(span.source, span.start) if span is not None else None
    end = position(span.source, span.end) if span is not None else None
    document = {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "file": span.source.name if span is not None else None,
        "line": start.line if start else None,
        "column": start.column if start else None,
        "end_line": end.line if end else None,
        "end_column": end.column if end else None,
        "help": diagnostic.help,
        "related": [
            {
                "message": related.message,
                "file": related.span.source.name,
                "line": (place := position(related.span.source, related.span.start)).line,
                "column": place.column,
            }
            for related in diagnostic.related
        ],
    }
    return json.dumps(document, ensure_ascii=False)


def _block(diagnostic: Diagnostic, *, color: bool) -> str:
    paint = _COLOR_BY_SEVERITY[diagnostic.severity] if color else None
    span = diagnostic.span
    place = ""
    if span is not None:
        start = position(span.source, span.start)
        place = f"{_visible(span.source.name)}:{start.line}:{start.column}: "
    title = _painted(f"{diagnostic.severity}[{diagnostic.code}]", paint)
    lines = [f"{place}{title}: {_visible(diagnostic.message)}"]
    if span is not None:
        lines += _excerpt(span, paint)
    for related in diagnostic.related:
        where = position(related.span.source, related.span.start)
        name = _visible(related.span.source.name)
        lines.append(f"   = {name}:{where.line}:{where.column}: {_visible(related.message)}")
    if diagnostic.help is not None:
        lines.append(f"   = help: {_visible(diagnostic.help)}")
    return "".join(f"{line}\n" for line in lines)


def _excerpt(span: Span, paint: str | None) -> list[str]:
    start = position(span.source, span.start)
    line = line_text(span.source, start.line)
    if not line and not span.source.text:
        return []
    offset = max(start.column - 1 - _NEAR, 0)
    text = line[offset : start.column - 1 + _NEAR]
    # one shown piece per code point, so that columns of the text find their cells
    plain = text.isascii() and text.isprintable()
    pieces = list(text if plain else map(_piece, text))
    if offset:
        pieces[0] = "…"
    if offset + len(text) < len(line):
        pieces[-1] = "…"
    first = min(start.column - 1 - offset, len(pieces))
    last = min(first + max(span.end - span.start, 1), len(pieces))
    edges = range(len(pieces) + 1) if plain else [0, *accumulate(map(cells, pieces))]
    shown, begin, stop = "".join(pieces), edges[first], max(edges[last], edges[first] + 1)
    if edges[-1] > _LINE_CELLS:
        shown, begin, stop = _window(pieces, edges, first, stop)
    gutter = f"   {start.line} |"
    blank = " " * (len(gutter) - 1) + "|"
    carets = _painted("^" * (stop - begin), paint)
    return [f"{gutter} {shown}".rstrip(), f"{blank} {' ' * begin}{carets}"]


def _window(pieces: list[str], edges: Sequence[int], first: int, stop: int) -> tuple[str, int, int]:
    """Return the part of a long line around a place, and the cells of the place in it."""
    left = 0
    if stop > _LINE_CELLS - 1:
        while edges[left] < edges[first] - _LEAD_CELLS:
            left += 1
    right = len(pieces)
    while edges[right] - edges[left] > _LINE_CELLS - 2:
        right -= 1
    before = "…" if left else ""
    after = "…" if right < len(pieces) else ""
    shift = edges[left] - len(before)
    shown = before + "".join(pieces[left:right]) + after
    return shown, edges[first] - shift, min(stop, edges[right]) - shift


def _piece(character: str) -> str:
    return _TAB if character == "\t" else _visible(character)


def _visible(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        "\ufffd"
        if unicodedata.category(character) in _UNSEEN and character not in _JOINERS
        else character
        for character in text
    )


def cells(text: str) -> int:
    """Return how many columns of a terminal a text is wide.

    >>> cells("订单 1")
    6
    """
    if text.isascii():
        return len(text)
    return sum(
        0
        if unicodedata.category(character) in {"Mn", "Me", "Cf"}
        else 1 + (unicodedata.east_asian_width(character) in "WF")
        for character in text
    )


def _painted(text: str, paint: str | None) -> str:
    return f"\x1b[1;{paint}m{text}\x1b[0m" if paint else text
