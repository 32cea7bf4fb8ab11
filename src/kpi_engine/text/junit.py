"""Findings as JUnit XML, which CI servers show as test results."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from kpi_engine.text.diagnostics import Diagnostic
from kpi_engine.text.render import render_text

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
    suite = "kpi-engine check"
    return render_suite(suite, (SuiteCase(suite, *each) for each in findings_by_file.items()))


@dataclass(frozen=True, slots=True)
class SuiteCase:
    """A test case: its group, its name, and what was found; an error among it is a failure.

    ``skipped`` says why it was not run, where it was not.
    """

    group: str
    name: str
    findings: Sequence[Diagnostic]
    skipped: str | None = None


def render_suite(name: str, cases: Iterable[SuiteCase]) -> str:
    """Return JUnit XML of one suite.

    >>> "<failure" in render_suite("kpi-engine test", [SuiteCase("a.test.yaml", "nobody", [])])
    False
    """
    cases = list(cases)
    failed = sum(any(each.severity == "error" for each in case.findings) for case in cases)
    counts = {
        "name": name,
        "tests": str(len(cases)),
        "failures": str(failed),
        "errors": "0",
        "skipped": str(sum(each.skipped is not None for each in cases)),
    }
    root = Element("testsuites", counts)
    suite = SubElement(root, "testsuite", counts)
    for case in cases:
        _add_case(suite, case)
    indent(root)
    return tostring(root, encoding="unicode") + "\n"


def _add_case(suite: Element, case: SuiteCase) -> None:
    names = {"classname": _shown(case.group), "name": _shown(case.name)}
    element = SubElement(suite, "testcase", names)
    if case.skipped is not None:
        SubElement(element, "skipped", {"message": case.skipped})
    errors = [finding for finding in case.findings if finding.severity == "error"]
    others = [finding for finding in case.findings if finding.severity != "error"]
    if errors:
        first, more = errors[0], len(errors) - 1
        message = first.message + (f" (and {more} more)" if more else "")
        attributes = {"message": _shown(message), "type": first.code}
        SubElement(element, "failure", attributes).text = _shown(render_text(errors))
    if others:
        SubElement(element, "system-out").text = _shown(render_text(others))


def _shown(text: str) -> str:
    """Return a text without the characters that no XML can hold."""
    return _NO_XML.sub("\ufffd", text)
