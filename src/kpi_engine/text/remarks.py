"""Comments of a YAML text, which the tree of its values does not have."""

import re
from collections.abc import Iterator

from kpi_engine.text.located import Node, scalars_of
from kpi_engine.text.nodes import passive
from kpi_engine.text.source import Source

_COMMENT = re.compile(r"#[^\n]*")
_HEADER = re.compile(r"[|>][^#\n]*")
_MARK = re.compile(r"#\s*kpi:")


@passive
class Remark:
    """A comment as it is printed: where it starts, its column, and whether its line is its own."""

    text: str
    start: int
    column: int
    alone: bool


def find_remarks(root: Node) -> list[Remark]:
    """Return the comments of a text that was read without mistakes, in reading order."""
    source = root.span.source
    text = source.text
    found: list[Remark] = []
    at = 0
    for scalar in scalars_of(root):
        start, end = scalar.span.start, scalar.span.end
        found += _between(source, at, start)
        header = None
        if scalar.style in ("literal", "folded"):
            header = _HEADER.match(text, start, end)
        if header is not None and text.startswith("#", header.end()):
            line_end = text.find("\n", start)
            found += _between(source, header.end(), line_end if line_end >= 0 else end)
        at = end
    return [*found, *_between(source, at, len(text))]


def is_ignoring(remark: Remark) -> bool:
    """Return whether a comment speaks to the checker of what stands on a line."""
    return _MARK.match(remark.text) is not None


def _between(source: Source, start: int, end: int) -> Iterator[Remark]:
    """Return the comments of a stretch in which nothing else than signs and spaces stands."""
    for match in _COMMENT.finditer(source.text, start, end):
        line = source.text.rfind("\n", 0, match.start()) + 1
        column = match.start() - line
        alone = not source.text[line : match.start()].strip()
        yield Remark(match[0].rstrip(), match.start(), column, alone)
