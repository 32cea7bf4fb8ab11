"""Places inside a scalar: offsets into its value led back to the text as written."""

import re
from collections.abc import Iterator

from kpi_engine.text.located import Scalar
from kpi_engine.text.source import Span

# One character of the value, and where it is written.
_Piece = tuple[str, int, int]

_ESCAPES = {
    "0": "\0",
    "a": "\a",
    "b": "\b",
    "t": "\t",
    "\t": "\t",
    "n": "\n",
    "v": "\v",
    "f": "\f",
    "r": "\r",
    "e": "\x1b",
    "N": "\x85",
    "_": "\xa0",
    "L": "\u2028",
    "P": "\u2029",
}
_DIGITS_BY_ESCAPE = {"x": 2, "u": 4, "U": 8}
_WHITE = " \t\r\n"
_HEADER = re.compile(r"[|>]([-+0-9]*)[^\n]*\n?")


def inner_span(scalar: Scalar, start: int, end: int) -> Span:
    """Return the place of ``scalar.value[start:end]`` in the source.

    An empty stretch gets an empty place; behind the last word that is right behind the word, not
    behind the line ends after it. Where a scalar is written in a way that is not understood
    (an anchor before it, say), its own start is returned.

    >>> from kpi_engine.text.source import Source
    >>> scalar = Scalar("it's on", "single", Span(Source("a.yaml", "v: 'it''s on'"), 3, 13))
    >>> inner_span(scalar, 5, 7)
    Span(start=10, end=12)
    """
    span = scalar.span
    pieces = _written(scalar)
    if pieces is None:
        return Span(span.source, span.start, span.start)
    if start < end:
        return Span(span.source, pieces[start][1], pieces[end - 1][2])
    words = len(scalar.value.rstrip())
    if start < words:
        place = pieces[start][1]
    elif words:
        place = pieces[words - 1][2]
    else:
        place = span.start
    return Span(span.source, place, place)


def _written(scalar: Scalar) -> list[_Piece] | None:
    """Return where every character of the value is written, or None where that fails."""
    text = scalar.span.source.text
    start, end = scalar.span.start, scalar.span.end
    match scalar.style:
        case "plain":
            attempts = iter([_folded_line(text, start, end, "plain")])
        case "single" | "double":
            attempts = iter([_folded_line(text, start + 1, end - 1, scalar.style)])
        case "literal" | "folded":
            attempts = _block_attempts(text, start, end, folded=scalar.style == "folded")
    for attempt in attempts:
        pieces = list(attempt)
        if "".join([character for character, _, _ in pieces]) == scalar.value:
            return pieces
    return None


def _folded_line(text: str, start: int, end: int, style: str) -> Iterator[_Piece]:
    offset = start
    while offset < end:
        character = text[offset]
        after = offset + 1
        if character in _WHITE:
            after = _white_end(text, offset, end)
            yield from _folded_white(text, offset, after)
        elif style == "single" and character == "'":
            after = offset + 2
            yield "'", offset, after
        elif style == "double" and character == "\\":
            if text[after] in "\r\n":
                white_end = _white_end(text, after, end)
                breaks = [at for at in range(after, white_end) if text[at] == "\n"]
                yield from (("\n", at, at + 1) for at in breaks[1:])
                after = white_end
            else:
                digits = _DIGITS_BY_ESCAPE.get(text[after], 0)
                after += 1 + digits
                yield _unescaped(text[offset + 1 : after]), offset, after
        else:
            yield character, offset, after
        offset = after


def _white_end(text: str, start: int, end: int) -> int:
    while start < end and text[start] in _WHITE:
        start += 1
    return start


def _folded_white(text: str, start: int, end: int) -> Iterator[_Piece]:
    breaks = [at for at in range(start, end) if text[at] == "\n"]
    if not breaks:
        yield from ((text[at], at, at + 1) for at in range(start, end))
    elif len(breaks) == 1:
        yield " ", start, end
    else:
        yield from (("\n", at, at + 1) for at in breaks[1:])


def _unescaped(escape: str) -> str:
    if escape[0] in _DIGITS_BY_ESCAPE:
        return chr(int(escape[1:], 16))
    return _ESCAPES.get(escape[0], escape[0])


def _block_attempts(text: str, start: int, end: int, *, folded: bool) -> Iterator[Iterator[_Piece]]:
    header = _HEADER.match(text, start, end)
    if header is None:
        return
    lines = _lines(text, header.end(), end)
    leads = [
        len(line) - len(line.lstrip(" "))
        for line in (text[a:b] for a, b, _ in lines)
        if line.strip(" ")
    ]
    chomping = "-" if "-" in header[1] else "+" if "+" in header[1] else ""
    # a written indentation counts from the parent's, which the scalar does not know: the one
    # that gives the value is right
    indents = range(min(leads, default=0), -1, -1)
    for indent in indents:
        yield _block(text, lines, indent, chomping, folded=folded)


def _lines(text: str, start: int, end: int) -> list[tuple[int, int, int]]:
    """Return the start of every line, the end of its text and the end of its line end."""
    lines = []
    while start < end:
        feed = text.find("\n", start, end)
        after = end if feed < 0 else feed + 1
        stop = after
        while stop > start and text[stop - 1] in "\r\n":
            stop -= 1
        lines.append((start, stop, after))
        start = after
    return lines


def _block(
    text: str, lines: list[tuple[int, int, int]], indent: int, chomping: str, *, folded: bool
) -> Iterator[_Piece]:
    pending: _Piece | None = None
    blank: list[_Piece] = []
    was_white = True
    for start, stop, after in lines:
        content = start + indent
        line_end = ("\n", stop, after)
        if content >= stop:
            if after > stop:
                blank.append(line_end)
            continue
        white = text[content] in " \t"
        if folded and pending is not None and not was_white and not white:
            if not blank:
                yield " ", pending[1], content
        elif pending is not None:
            yield pending
        yield from blank
        yield from ((text[at], at, at + 1) for at in range(content, stop))
        pending = line_end if after > stop else None
        blank = []
        was_white = white
    if pending is not None and chomping != "-":
        yield pending
    if chomping == "+":
        yield from blank
