"""The ruleset tests of this folder, and what holds for all rulesets that ship.

The tests beside shipped rulesets are run by `make check`, as anybody runs them.
"""

import re
from pathlib import Path

import pytest

import kpi_engine as ke
from kpi_engine.ruleset.loading import load_ruleset_text

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "rulesets"
CASES = ROOT / "tests" / "rulesets"
OWN_TESTS = sorted(CASES.rglob("*.test.yaml"))
TEST_FILES = sorted([*SHIPPED.rglob("*.test.yaml"), *OWN_TESTS])
SHIPPED_FILES = sorted(set(SHIPPED.rglob("*.yaml")) - set(TEST_FILES))
PLATFORM_FILES = [file for file in SHIPPED_FILES if file.parent.name != "examples"]
NOTES = {
    "K272",  # on a base, whose children have the score
    *("K386", "K393"),  # on the tables that were printed with wrong weights
    *("K710", "K711", "K712", "K713"),  # on steps in pay
}
RULESET_FILES = sorted({*SHIPPED_FILES, *CASES.rglob("*.yaml")} - set(TEST_FILES))


def from_root(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("file", OWN_TESTS, ids=from_root)
def test_every_case_holds(file):
    report = ke.run_cases(file)
    assert report.diagnostics == (), "\n" + ke.render_text(report.diagnostics)
    assert report.failed == 0
    assert report.passed > 0


@pytest.mark.parametrize("file", RULESET_FILES, ids=from_root)
def test_every_ruleset_is_checked_without_a_finding(file):
    findings = ke.check(file).diagnostics
    assert [finding for finding in findings if finding.code not in NOTES] == []


@pytest.mark.parametrize("file", SHIPPED_FILES, ids=from_root)
def test_every_shipped_ruleset_has_its_tests_beside_it(file):
    assert file.with_name(f"{file.stem}.test.yaml") in TEST_FILES


@pytest.mark.parametrize("file", SHIPPED_FILES, ids=from_root)
def test_every_shipped_ruleset_is_found_by_its_name(file):
    assert ke.load(file).name == file.relative_to(SHIPPED).with_suffix("").as_posix()


@pytest.mark.parametrize("file", PLATFORM_FILES, ids=from_root)
def test_names_of_the_platform_rulesets_are_english_and_titles_chinese_too(file):
    ruleset = ke.load(file)
    # what is read of a group, `count(score is known, team)` or `shop.aov`, is a metric too
    written = [m for m in ruleset.metrics.values() if re.search(r"[.(]", m.name) is None]
    titles = {ruleset.name: ruleset.title} | {m.name: m.title for m in written}
    assert {name: set(title) for name, title in titles.items()} == {
        name: {"zh", "en"} for name in titles
    }
    assert [m.name for m in written if re.fullmatch(r"[a-z]+(_[a-z0-9]+)*", m.name) is None] == []


def test_every_name_of_the_chinese_example_is_chinese():
    ruleset = ke.load(SHIPPED / "examples" / "chinese.yaml")
    assert ruleset.score is not None
    assert ruleset.pay is not None
    names = {
        *ruleset.params,
        *ruleset.tables,
        *(column for table in ruleset.tables.values() for column in table.types),
        *ruleset.metrics,
        *(item.path for item in ruleset.score.items),
        *(name for name, _ in (*ruleset.score.steps, *ruleset.pay.lines, *ruleset.pay.steps)),
    } - {"day", "period"}
    assert [name for name in sorted(names) if re.fullmatch(r"[\u4e00-\u9fff]+", name) is None] == []


def test_the_layer_shown_in_the_readme_is_a_ruleset():
    text = (SHIPPED / "README.md").read_text("utf-8")
    layer = "\n".join(line[6:] for line in text.splitlines() if line.startswith("      "))
    ruleset, findings = load_ruleset_text(layer)
    assert findings == []
    assert ruleset is not None
    assert [layer.name for layer in ruleset.layers] == [
        "maple/presales",
        "taobao/presales",
        "taobao/shop",
        "wages",
        "shop",
    ]
