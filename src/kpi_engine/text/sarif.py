"""Diagnostics as a SARIF log, which code scanning services and editors read."""

import json
from collections.abc import Iterable
from pathlib import PurePath
from typing import Final
from urllib.parse import quote

from kpi_engine.text.diagnostics import Diagnostic
from kpi_engine.text.meanings import MEANINGS
from kpi_engine.text.messages import MESSAGES
from kpi_engine.text.pages import outline
from kpi_engine.text.source import Span, position

_SCHEMA: Final = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


def render_sarif(diagnostics: Iterable[Diagnostic], version: str) -> str:
    r"""Return a SARIF 2.1.0 log of one run of this version, on several lines.

    The levels of SARIF are our severities. Columns are code points, the end exclusive. Files that
    were named from the working folder stay relative to it: run at the root of the repository.

    >>> from kpi_engine.text.source import Source, Span
    >>> span = Span(Source("店.yaml", "value: stauts\n"), 7, 13)
    >>> log = render_sarif([Diagnostic("K220", "error", "unknown name `stauts`", span)], "0.1.0")
    >>> json.loads(log)["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]
    {'startLine': 1, 'startColumn': 8, 'endLine': 1, 'endColumn': 14}
    """
    findings = list(diagnostics)
    codes = sorted({finding.code for finding in findings})
    driver = {"name": "kpi-engine", "version": version, "rules": [_rule(code) for code in codes]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, codes.index(finding.code)) for finding in findings],
    }
    document = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _rule(code: str) -> dict[str, object]:
    message = MESSAGES[code]
    hint = f"\n{outline(message.help)}" if message.help is not None else ""
    return {
        "id": code,
        "shortDescription": {"text": outline(message.text)},
        "fullDescription": {"text": MEANINGS[code]},
        "help": {"text": f"{MEANINGS[code]}{hint}\n`kpi-engine rule {code}` shows an example"},
        "defaultConfiguration": {"level": message.severity},
    }


def _result(finding: Diagnostic, rule: int) -> dict[str, object]:
    hint = f"\nhelp: {finding.help}" if finding.help is not None else ""
    result: dict[str, object] = {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": finding.severity,
        "message": {"text": finding.message + hint},
    }
    if finding.span is not None:
        result["locations"] = [{"physicalLocation": _location(finding.span)}]
    if finding.related:
        result["relatedLocations"] = [
            {"message": {"text": related.message}, "physicalLocation": _location(related.span)}
            for related in dict.fromkeys(finding.related)  # SARIF wants each once
        ]
    return result


def _location(span: Span) -> dict[str, object]:
    start, end = position(span.source, span.start), position(span.source, span.end)
    region = {
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    }
    return {"artifactLocation": _artifact(span.source.name), "region": region}


def _artifact(name: str) -> dict[str, str]:
    path = PurePath(name)
    if path.is_absolute():
        return {"uri": path.as_uri()}
    return {"uri": quote(path.as_posix()), "uriBaseId": "%SRCROOT%"}
