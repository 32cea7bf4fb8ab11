"""What the pages say is what the code does."""

from pathlib import Path

import pytest
from tests.diagnostics.pages import PAGES, page_by_name

from kpi_engine.cli.exits import Exit
from kpi_engine.cli.output import CheckFormat
from kpi_engine.language.functions import FUNCTIONS
from kpi_engine.ruleset.loading import load_ruleset_text
from kpi_engine.text.meanings import MEANINGS
from kpi_engine.text.messages import MESSAGES
from kpi_engine.text.render import render_text

ROOT = Path(__file__).resolve().parents[1]
LANGUAGE = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_language_page_has_the_row_of_every_function(name: str):
    function = FUNCTIONS[name]
    signature = f"{name}({', '.join(function.parameters)})"
    gathers = "yes" if function.aggregate else ""
    row = f"| `{signature}` | {gathers} | {function.sentence} | {function.unknown} |"
    assert row in LANGUAGE.splitlines()


def test_the_language_page_has_no_other_function():
    _, table = LANGUAGE.split("### Functions")
    rows = [line for line in table.splitlines() if line.startswith("| `")]
    assert len(rows) == len(FUNCTIONS)


def _readme_ruleset() -> str:
    _, rest = README.split("```yaml\n", 1)
    return rest.split("```", 1)[0]


def test_the_ruleset_of_the_readme_is_clean():
    ruleset, findings = load_ruleset_text(_readme_ruleset(), "example.yaml")
    assert render_text(findings) == ""
    assert ruleset is not None


def test_the_mistake_in_the_readme_is_what_the_checker_says():
    broken = _readme_ruleset().replace("share(score >= 4)", "share(scor >= 4)")
    _, findings = load_ruleset_text(broken, "example.yaml")
    shown = [f"    {line}".rstrip() for line in render_text(findings).splitlines()]
    assert "\n".join(shown) in README


def test_the_page_on_checking_has_every_exit_code_and_format():
    page = (ROOT / "docs" / "checking.md").read_text(encoding="utf-8")
    codes = [f"| {code.value} | {code.name.lower().replace('_', ' ')}" for code in Exit]
    rows = [*codes, *(f"| `{form}` |" for form in CheckFormat)]
    assert [row for row in rows if f"\n{row}" not in page] == []


def test_every_code_has_its_meaning_in_the_same_order():
    assert list(MEANINGS) == list(MESSAGES)


def test_the_pages_are_those_that_the_tables_and_fixtures_make():
    written = {path.name: path.read_text("utf-8") for path in PAGES.iterdir()}
    expected = page_by_name()
    assert sorted(written) == sorted(expected), "run `make docs`"
    stale = [name for name, text in expected.items() if written[name] != text]
    assert stale == [], "run `make docs`"
