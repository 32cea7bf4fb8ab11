"""Diagnostics as the lines that GitHub Actions turns into annotations of a pull request."""

from typing import Final

from kpi_engine.text.diagnostics import Diagnostic, Severity
from kpi_engine.text.source import position

_COMMAND_BY_SEVERITY: dict[Severity, str] = {
    "error": "error",
    "warning": "warning",
    "note": "notice",
}
# A line is one command: what would end it, or one of its properties, is written in per cent.
_IN_MESSAGE: Final = {ord("%"): "%25", ord("\r"): "%0D", ord("\n"): "%0A"}
_IN_PROPERTY: Final = _IN_MESSAGE | {ord(":"): "%3A", ord(","): "%2C"}


def render_annotation(diagnostic: Diagnostic) -> str:
    r"""Return one workflow command: where, the code as its title, the sentence and the help.

    Columns are code points, the end exclusive. A place over several lines has no columns, which
    GitHub takes of one line only.

    >>> from kpi_engine.text.source import Source, Span
    >>> span = Span(Source("a.yaml", "value: stauts\n"), 7, 13)
    >>> render_annotation(Diagnostic("K220", "error", "unknown name `stauts`", span))
    '::error file=a.yaml,line=1,col=8,endLine=1,endColumn=14,title=K220::unknown name `stauts`'
    """
    lines = [diagnostic.message]
    for related in diagnostic.related:
        there = position(related.span.source, related.span.start)
        name = related.span.source.name
        lines.append(f"{name}:{there.line}:{there.column}: {related.message}")
    if diagnostic.help is not None:
        lines.append(f"help: {diagnostic.help}")
    properties = _place(diagnostic) | {"title": diagnostic.code}
    written = ",".join(f"{key}={text.translate(_IN_PROPERTY)}" for key, text in properties.items())
    message = "\n".join(lines).translate(_IN_MESSAGE)
    return f"::{_COMMAND_BY_SEVERITY[diagnostic.severity]} {written}::{message}"


def _place(diagnostic: Diagnostic) -> dict[str, str]:
    span = diagnostic.span
    if span is None:
        return {}
    start, end = position(span.source, span.start), position(span.source, span.end)
    place = {"file": span.source.name, "line": str(start.line)}
    if start.line != end.line:
        return place | {"endLine": str(end.line)}
    columns = {"col": str(start.column), "endLine": str(end.line), "endColumn": str(end.column)}
    return place | columns
