"""Every code of the checker: a ruleset with that one mistake, and all that is said about it."""

from pathlib import Path

import pytest

from kpi_engine.analysis.findings import analyse_files
from kpi_engine.review.checks import check_files
from kpi_engine.ruleset.loading import load_layered_text, load_ruleset
from kpi_engine.text.comments import find_ignores
from kpi_engine.text.messages import MESSAGES
from kpi_engine.text.render import render_text
from kpi_engine.text.source import Source, position

HERE = Path(__file__).parent
FIXTURES = sorted(path.stem for path in HERE.glob("K*.yaml"))
MENDED = sorted((HERE / "mended").glob("K*.yaml"))
NOTHING_INSTEAD = {"K108", "K315"}  # an empty file, and a param that is given from outside
PARAMS_BY_FIXTURE = {"K315-param-that-is-none": {"reply_limt": "5 min"}}
SAID_OF_COMMENTS = {"K150", "K151", "K152", "K153"}
SAID_OF_RULES_THAT_RUN = {code for code in MESSAGES if code.startswith("K7")}
SAID_BY_CHECK = SAID_OF_COMMENTS | SAID_OF_RULES_THAT_RUN


@pytest.fixture(autouse=True)
def _names_without_folders(monkeypatch):
    monkeypatch.chdir(HERE)


def _findings(name: str):
    ruleset, findings = load_ruleset(Path(f"{name}.yaml"), PARAMS_BY_FIXTURE.get(name))
    if name.split("-", maxsplit=1)[0] in SAID_BY_CHECK:
        findings = list(check_files([Path(f"{name}.yaml")]).diagnostics)
    return ruleset, findings


@pytest.mark.parametrize("name", FIXTURES)
def test_a_mistake_is_told_in_these_words(name):
    _, findings = _findings(name)
    assert render_text(findings) == (HERE / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", FIXTURES)
def test_a_mistake_is_told_once(name):
    ruleset, findings = _findings(name)
    code = name.split("-")[0]
    assert [finding.code for finding in findings] == [code]
    refused = MESSAGES[code].severity == "error" and code not in SAID_OF_COMMENTS
    assert (ruleset is None) == refused


def test_every_text_belongs_to_a_ruleset():
    assert sorted(path.stem for path in HERE.glob("K*.txt")) == FIXTURES


@pytest.mark.parametrize("path", MENDED, ids=lambda path: path.stem)
def test_what_a_page_says_to_write_instead_has_no_mistake(path):
    text = path.read_text(encoding="utf-8")
    loaded = load_layered_text(text, Path(path.name))
    ignores, remarks = find_ignores(Source(path.name, text))
    ignored = {(ignore.code, ignore.line) for ignore in ignores}
    left = [
        finding
        for finding in [*loaded.findings, *_said_of_rules(path.stem, loaded)]
        if finding.span is None
        or (finding.code, position(finding.span.source, finding.span.start).line) not in ignored
    ]
    assert render_text([*remarks, *left]) == ""
    assert text != Path(path.name).read_text(encoding="utf-8")


def _said_of_rules(name: str, loaded):
    if name.split("-", maxsplit=1)[0] not in SAID_OF_RULES_THAT_RUN:
        return []
    return analyse_files({name: loaded})[name]


def test_every_code_with_a_fixture_has_something_to_write_instead():
    mended = {path.stem.split("-")[0] for path in MENDED}
    assert {name.split("-")[0] for name in FIXTURES} - mended == NOTHING_INSTEAD


def test_what_the_fixtures_share_has_no_mistake():
    ruleset, findings = load_ruleset(Path("shop.yaml"))
    assert ruleset is not None
    assert findings == []
