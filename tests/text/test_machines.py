"""Findings as machines read them: annotations, SARIF and JUnit, each held to its format."""

import json
import re
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.text.sarif_schema import LOG

from kpi_engine.ruleset.loading import load_ruleset
from kpi_engine.text.annotations import render_annotation
from kpi_engine.text.diagnostics import Diagnostic, Related, diagnose
from kpi_engine.text.junit import render_junit
from kpi_engine.text.messages import MESSAGES
from kpi_engine.text.render import render_text
from kpi_engine.text.sarif import render_sarif
from kpi_engine.text.source import Source, Span

FIXTURES = Path(__file__).parents[1] / "diagnostics"
SHOP = Source("店铺/枫叶 1.yaml", "title: 枫叶\nmetrics:\n  响应率: {value: 回复 > 3 min}\n")
WORD = Span(SHOP, SHOP.text.index("回复"), SHOP.text.index("回复") + 2)
LINES = Span(SHOP, SHOP.text.index("metrics"), len(SHOP.text) - 1)
EMPTY = Span(SHOP, 0, 0)

VALIDATOR = jsonschema.Draft202012Validator(
    LOG, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
)

spans = st.sampled_from([None, WORD, LINES, EMPTY])
findings = st.builds(
    Diagnostic,
    code=st.sampled_from(sorted(MESSAGES)),
    severity=st.sampled_from(["error", "warning", "note"]),
    message=st.text(),
    span=spans,
    help=st.none() | st.text(),
    related=st.lists(st.builds(Related, st.text(), st.sampled_from([WORD, LINES]))).map(tuple),
)


def region(span: Span) -> dict[str, int]:
    log = json.loads(render_sarif([Diagnostic("K220", "error", "x", span)], "1"))
    (location,) = log["runs"][0]["results"][0]["locations"]
    found: dict[str, int] = location["physicalLocation"]["region"]
    return found


def text_of(region: dict[str, int], text: str) -> str:
    """Return what a region holds, as a reader of SARIF finds it: lines, then code points."""
    lines = text.split("\n")[region["startLine"] - 1 : region["endLine"]]
    lines[-1] = lines[-1][: region["endColumn"] - 1]
    lines[0] = lines[0][region["startColumn"] - 1 :]
    return "\n".join(lines)


@pytest.mark.parametrize("span", [WORD, LINES, EMPTY])
def test_a_region_holds_what_the_finding_speaks_of(span):
    assert text_of(region(span), SHOP.text) == SHOP.text[span.start : span.end]


def test_a_file_is_named_from_the_root_of_its_repository():
    log = json.loads(render_sarif([Diagnostic("K220", "error", "x", WORD)], "1"))
    (location,) = log["runs"][0]["results"][0]["locations"]
    artifact = location["physicalLocation"]["artifactLocation"]
    assert artifact["uriBaseId"] == "%SRCROOT%"
    assert artifact["uri"].isascii()
    assert unquote(artifact["uri"]) == SHOP.name


def test_a_file_named_from_the_root_of_the_machine_is_a_uri_of_its_own(tmp_path):
    path = (tmp_path / "枫 叶.yaml").as_posix()
    log = json.loads(
        render_sarif([Diagnostic("K220", "error", "x", Span(Source(path, ""), 0, 0))], "1")
    )
    (location,) = log["runs"][0]["results"][0]["locations"]
    artifact = location["physicalLocation"]["artifactLocation"]
    assert list(artifact) == ["uri"]
    assert unquote(artifact["uri"]) == f"file://{path}"


def test_a_log_without_findings_is_a_clean_run():
    log = json.loads(render_sarif([], "1"))
    VALIDATOR.validate(log)
    assert log["runs"][0]["results"] == []


def test_a_rule_stands_once_for_all_its_findings():
    found = [diagnose("K220", WORD, name=name, near=None) for name in ("a", "b")]
    log = json.loads(render_sarif([*found, diagnose("K102", name="a")], "1"))
    run = log["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["K102", "K220"]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])


def test_the_findings_of_every_fixture_make_a_log(monkeypatch):
    monkeypatch.chdir(FIXTURES)
    found = [
        finding for path in sorted(Path().glob("K*.yaml")) for finding in load_ruleset(path)[1]
    ]
    log = json.loads(render_sarif(found, "1"))
    VALIDATOR.validate(log)
    results = log["runs"][0]["results"]
    assert [result["ruleId"] for result in results] == [finding.code for finding in found]
    for finding, result in zip(found, results, strict=True):
        assert finding.span is not None
        here = result["locations"][0]["physicalLocation"]["region"]
        text = finding.span.source.text
        assert text_of(here, text) == text[finding.span.start : finding.span.end]


def test_the_schema_refuses_what_is_no_member_of_sarif():
    log = json.loads(render_sarif([Diagnostic("K220", "error", "x", WORD)], "1"))
    log["runs"][0]["results"][0]["severity"] = "error"
    with pytest.raises(jsonschema.ValidationError, match="severity"):
        VALIDATOR.validate(log)


@given(st.lists(findings, max_size=4))
def test_any_findings_make_a_log(found):
    log = json.loads(render_sarif(found, "1"))
    VALIDATOR.validate(log)
    assert len(log["runs"][0]["results"]) == len(found)


COMMAND = re.compile(r"::(error|warning|notice) ([^:]*)::(.*)")
WRITTEN = {"%25": "%", "%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ","}


def read_command(line: str) -> tuple[str, dict[str, str], str]:
    """Return a workflow command as its runner reads it."""

    def plain(text: str) -> str:
        return re.sub("%(25|0D|0A|3A|2C)", lambda match: WRITTEN[match.group()], text)

    match = COMMAND.fullmatch(line)
    assert match is not None, line
    properties = dict(pair.split("=", 1) for pair in match[2].split(","))
    return match[1], {key: plain(text) for key, text in properties.items()}, plain(match[3])


@given(findings)
def test_any_finding_is_one_command(finding):
    kind, properties, message = read_command(render_annotation(finding))
    assert kind == {"error": "error", "warning": "warning", "note": "notice"}[finding.severity]
    assert properties["title"] == finding.code
    assert ("file" in properties) == (finding.span is not None)
    assert message.startswith(finding.message)
    assert message.endswith(finding.help or "")


def test_a_command_names_the_place():
    finding = diagnose("K220", WORD, name="回复", near="回复率")
    assert render_annotation(finding) == (
        "::error file=店铺/枫叶 1.yaml,line=3,col=16,endLine=3,endColumn=18,title=K220"
        "::unknown name `回复`%0Ahelp: did you mean `回复率`?"
    )


def test_a_place_over_several_lines_has_no_columns():
    _, properties, _ = read_command(render_annotation(Diagnostic("K220", "error", "x", LINES)))
    assert properties == {"file": SHOP.name, "line": "2", "endLine": "3", "title": "K220"}


def test_what_would_end_a_command_or_its_property_is_escaped():
    span = Span(Source("a,b:c%.yaml", "x\n"), 0, 1)
    finding = Diagnostic("K220", "error", "50% of\r\na: b, c", span)
    assert render_annotation(finding) == (
        "::error file=a%2Cb%3Ac%25.yaml,line=1,col=1,endLine=1,endColumn=2,title=K220"
        "::50%25 of%0D%0Aa: b, c"
    )


def test_a_file_is_a_test_case_and_fails_with_all_its_errors():
    errors = [diagnose("K220", WORD, name=name, near=None) for name in ("a", "b")]
    note = diagnose("K386", WORD, name="volume", weight="40")
    root = ET.fromstring(
        render_junit({"clean.yaml": [], "noted.yaml": [note], SHOP.name: [*errors, note]})
    )
    (suite,) = root
    assert {key: suite.get(key) for key in ("tests", "failures", "errors")} == {
        "tests": "3",
        "failures": "1",
        "errors": "0",
    }
    clean, noted, failed = suite
    assert [case.get("name") for case in suite] == ["clean.yaml", "noted.yaml", SHOP.name]
    assert list(clean) == []
    assert [(part.tag, part.text) for part in noted] == [("system-out", render_text([note]))]
    failure, printed = failed
    assert failure.attrib == {"message": "unknown name `a` (and 1 more)", "type": "K220"}
    assert failure.text == render_text(errors)
    assert printed.text == render_text([note])


@given(st.dictionaries(st.text(), st.lists(findings, max_size=3), max_size=3))
def test_any_findings_are_xml(findings_by_file):
    root = ET.fromstring(render_junit(findings_by_file))
    cases = root.findall("testsuite/testcase")
    assert len(cases) == len(findings_by_file)
    failing = [
        any(finding.severity == "error" for finding in found) for found in findings_by_file.values()
    ]
    assert [case.find("failure") is not None for case in cases] == failing
