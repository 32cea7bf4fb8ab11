"""Diagnostics as JUnit XML, one test case a file, which CI servers show as test results."""

import re
from collections.abc import Mapping, Sequence
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from kpi_engine.text.diagnostics import Diagnostic
from kpi_engine.text.render import render_text

_SUITE: Final = "kpi-engine check"
_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_junit(findings_by_file: Mapping[str, Sequence[Diagnostic]]) -> str:
    """Return JUnit XML: a file with an error fails, with every error of it as its text.

    Warnings and notes are what a test case printed. Readers differ in what they make of several
    failures in one case, so that there is one.

    >>> print(render_junit({"a.yaml": []}), end="")
    <testsuites name="kpi-engine check" tests="1" failures="0" errors="0" skipped="0">
      <testsuite name="kpi-engine check" tests="1" failures="0" errors="0" skipped="0">
        <testcase classname="kpi-engine check" name="a.yaml" />
      </testsuite>
    </testsuites>
    """
    failed = sum(map(_has_error, findings_by_file.values()))
    counts = {
        "name": _SUITE,
        "tests": str(len(findings_by_file)),
        "failures": str(failed),
        "errors": "0",
        "skipped": "0",
    }
    root = Element("testsuites", counts)
    suite = SubElement(root, "testsuite", counts)
    for file, findings in findings_by_file.items():
        _add_case(suite, file, findings)
    indent(root)
    return tostring(root, encoding="unicode") + "\n"


def _add_case(suite: Element, file: str, findings: Sequence[Diagnostic]) -> None:
    case = SubElement(suite, "testcase", {"classname": _SUITE, "name": _shown(file)})
    errors = [finding for finding in findings if finding.severity == "error"]
    others = [finding for finding in findings if finding.severity != "error"]
    if errors:
        first, more = errors[0], len(errors) - 1
        message = first.message + (f" (and {more} more)" if more else "")
        attributes = {"message": _shown(message), "type": first.code}
        SubElement(case, "failure", attributes).text = _shown(render_text(errors))
    if others:
        SubElement(case, "system-out").text = _shown(render_text(others))


def _has_error(findings: Sequence[Diagnostic]) -> bool:
    return any(finding.severity == "error" for finding in findings)


def _shown(text: str) -> str:
    """Return a text without the characters that no XML can hold."""
    return _NO_XML.sub("\ufffd", text)
