"""What libyaml lets pass and other readers of YAML do not: lines and comments out of place."""

import re

from kpi_engine.text.diagnostics import Diagnostic, diagnose
from kpi_engine.text.source import Source, Span

_COMMENT_AT_HEADER = re.compile(r"[|>][-+0-9]*#")


def find_misplaced_line(source: Source, start: int, end: int, indent: int) -> Diagnostic | None:
    """Return the refusal of the first line of a quote or bracket that its key does not own.

    Lines after the first must be indented deeper than ``indent``, the column of the key; a
    closing bracket may stand in the column of the key, as most people write it.
    """
    text = source.text
    line = text.find("\n", start, end) + 1
    while line:
        following = text.find("\n", line, end)
        stop = end if following < 0 else following
        content = text[line:stop].strip()
        column = len(text[line:stop]) - len(text[line:stop].lstrip())
        if content and column <= indent and content[0] not in "]}":
            place = line + column
            return diagnose("K135", Span(source, place, place + len(content)))
        line = following + 1
    return None


def find_glued_comment(source: Source, start: int, end: int) -> Diagnostic | None:
    """Return the refusal of a `#` that follows a quote, a bracket or a block header directly."""
    text = source.text
    header = _COMMENT_AT_HEADER.match(text, start)
    if header is not None:
        return diagnose("K140", Span(source, start, start + 1), start=text[start])
    if text.startswith("#", end) and text[end - 1] in "\"']}":
        stop = text.find("\n", end)
        rest = text[end : stop if stop >= 0 else len(text)].rstrip()
        return diagnose("K141", Span(source, end, end + len(rest)), closer=text[end - 1])
    return None
