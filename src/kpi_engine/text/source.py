"""Source texts and places in them.

A place is a pair of code point offsets into a text that was read once and never changes.
"""

import hashlib
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate

from kpi_engine.text.nodes import passive


@dataclass(frozen=True, slots=True)
class Source:
    """A text and the name people know it by, usually the path as it was given."""

    name: str
    text: str = field(repr=False)


@passive
class Span:
    """The code points ``start`` up to, not including, ``end`` of a source."""

    source: Source
    start: int
    end: int

    def __repr__(self) -> str:
        """Return the two offsets: the text itself would drown what it stands beside."""
        return f"Span(start={self.start}, end={self.end})"


@dataclass(frozen=True, slots=True)
class Position:
    """A line and a column, both counted from 1, the column in code points."""

    line: int
    column: int


@lru_cache(maxsize=64)
def _line_starts(source: Source) -> tuple[int, ...]:
    lines = source.text.split("\n")
    return tuple(accumulate((len(line) + 1 for line in lines[:-1]), initial=0))


def position(source: Source, offset: int) -> Position:
    r"""Return the line and column of an offset.

    >>> position(Source("a.yaml", "x: 1\ny: 2\n"), 8)
    Position(line=2, column=4)
    """
    starts = _line_starts(source)
    line = bisect_right(starts, offset)
    return Position(line, offset - starts[line - 1] + 1)


def line_text(source: Source, line: int) -> str:
    """Return one line, counted from 1, without its end."""
    starts = _line_starts(source)
    end = starts[line] if line < len(starts) else len(source.text)
    return source.text[starts[line - 1] : end].rstrip("\r\n")


@lru_cache(maxsize=256)
def text_digest(source: Source) -> str:
    """Return the SHA-256 of a text, in hexadecimal digits."""
    return hashlib.sha256(source.text.encode()).hexdigest()
