"""Comments that ignore findings: `# kpi: ignore K386 until 2026-12-31: agreed with the shop`.

Behind a value such a comment speaks of its own line, on a line of its own of the next one that is
neither empty nor a comment.
"""

import re
from dataclasses import dataclass
from datetime import date

from kpi_engine.text.diagnostics import Diagnostic, diagnose
from kpi_engine.text.located import Scalar, scalars_of
from kpi_engine.text.messages import MESSAGES
from kpi_engine.text.pages import near_code
from kpi_engine.text.reading import parse_yaml
from kpi_engine.text.source import Source, Span, line_text, position

_MARK = re.compile(r"(?:^|(?<=[ \t]))#[ \t]*kpi:.*$", re.MULTILINE)
_IGNORE = re.compile(
    r"#[ \t]*kpi:[ \t]*ignore[ \t]+(?P<codes>K\d+(?:[ \t]*,[ \t]*K\d+)*)"
    r"(?:[ \t]+until[ \t]+(?P<until>[^\s:：]+))?[ \t]*(?:[:：](?P<reason>.*))?"
)
_CODE = re.compile(r"K\d+")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Ignore:
    """A comment: the code it ignores on a line, the last day it does so, and where it stands."""

    code: str
    line: int
    until: date | None
    span: Span


def find_ignores(source: Source) -> tuple[list[Ignore], list[Diagnostic]]:
    """Return what the comments of a text ignore, one for each code, and what is wrong with them.

    A text that cannot be read as YAML has none: its mistakes come first.
    """
    if "kpi:" not in source.text:
        return [], []
    root, _ = parse_yaml(source)
    if root is None:
        return [], []
    texts = list(scalars_of(root))
    ignores: list[Ignore] = []
    findings: list[Diagnostic] = []
    for match in _MARK.finditer(source.text):
        span = Span(source, match.start(), match.start() + len(match[0].rstrip()))
        if not any(_holds(text, span) for text in texts):
            _read(span, ignores, findings)
    return ignores, findings


def _read(span: Span, ignores: list[Ignore], findings: list[Diagnostic]) -> None:
    text = span.source.text[span.start : span.end]
    match = _IGNORE.fullmatch(text)
    if match is None:
        findings.append(diagnose("K150", span, text=text))
        return
    wrong: list[Diagnostic] = []
    codes = [
        (found[0], Span(span.source, span.start + found.start(), span.start + found.end()))
        for found in _CODE.finditer(text, match.start("codes"), match.end("codes"))
    ]
    for code, place in codes:
        if code not in MESSAGES:
            wrong.append(diagnose("K551", place, text=code, near=near_code(code)))
        elif MESSAGES[code].severity == "error":
            wrong.append(diagnose("K552", place, text=code))
    until = _day(match["until"])
    if match["until"] is not None and until is None:
        start, end = (span.start + place for place in match.span("until"))
        wrong.append(diagnose("K317", Span(span.source, start, end), text=match["until"]))
    if not (match["reason"] or "").strip():
        wrong.append(diagnose("K151", span))
    findings += wrong
    if not wrong:
        line = _line_meant(span)
        ignores += [Ignore(code, line, until, span) for code, _ in codes]


def _line_meant(span: Span) -> int:
    """Return the line that a comment speaks of."""
    source, line = span.source, position(span.source, span.start).line
    last = position(source, len(source.text)).line
    while line < last and _says_nothing(line_text(source, line)):
        line += 1
    return line


def _says_nothing(line: str) -> bool:
    content = line.strip()
    return not content or content.startswith("#")


def _day(text: str | None) -> date | None:
    if text is None or _DAY.fullmatch(text) is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _holds(text: Scalar, span: Span) -> bool:
    """Return whether what looks like a comment is a part of a text.

    The line that opens a block of lines may end in a comment.
    """
    if not text.span.start <= span.start < text.span.end:
        return False
    if text.style not in ("literal", "folded"):
        return True
    header_end = text.span.source.text.find("\n", text.span.start)
    return span.start > header_end
