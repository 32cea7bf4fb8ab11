"""Pages of findings that come from data, runs and commands: each says what really happens."""

import re

import pytest
from tests.diagnostics.telling import HERE, TOLD, copy_shared_files, follow
from tests.transcripts import assert_shown

from kpi_engine.text.messages import MESSAGES

PAGES = sorted(TOLD.glob("K*.md"))
_FOUND = re.compile(r"^(?:\S+: )?(?:error|warning|note)\[(K\d+)\]", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_shows_its_code_and_no_other(page, tmp_path, monkeypatch):
    copy_shared_files(tmp_path)
    monkeypatch.chdir(tmp_path)
    answered = follow(page)
    for asked, shown, real in answered:
        assert_shown(shown, real, asked)
    _, _, last = answered[-1]
    assert {*_FOUND.findall(last)} == {page.stem.partition("-")[0]}


def test_every_code_has_a_page_or_a_ruleset_that_shows_it():
    told = {page.stem.split("-")[0] for page in PAGES}
    rulesets = {path.stem.split("-")[0] for path in HERE.glob("K*.yaml")}
    assert told | rulesets == MESSAGES.keys()
    assert not told & rulesets


def test_nothing_is_found_in_the_files_that_pages_begin_with(tmp_path, monkeypatch):
    copy_shared_files(tmp_path)
    monkeypatch.chdir(tmp_path)
    page = tmp_path / "page.md"
    page.write_text("```console\n$ kpi-engine check pay.yaml shop.yaml north.yaml\n```\n", "utf-8")
    assert [real for _, _, real in follow(page)] == [""]
