"""What a check looks at, and under which file each finding stands."""

from pathlib import Path

import pytest

import kpi_engine as ke

SOUND = """\
ruleset: {name}
zone: UTC
currency: CNY
subject: {{from: agents, key: agent_id}}
tables: {{agents: {{key: agent_id, columns: {{agent_id: text, wage: money}}}}}}
pay: {{lines: {{base: {rule}}}}}
"""


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write(path: str, rule: str = "wage", parent: str | None = None) -> None:
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    name = file.stem
    text = SOUND.format(name=name, rule=rule)
    file.write_text(text if parent is None else f"ruleset: {name}\nextends: {parent}\n", "utf-8")


def codes_by_file(*paths: str) -> dict[str, list[str]]:
    found = ke.check(*paths).files
    return {name: [finding.code for finding in findings] for name, findings in found.items()}


def test_every_file_is_there_with_or_without_findings():
    write("shops/枫叶.yaml")
    write("shops/broken.yaml", "wgae")
    assert codes_by_file("shops") == {"shops/broken.yaml": ["K220"], "shops/枫叶.yaml": []}


def test_a_mistake_of_a_base_stands_under_the_base_where_it_is_looked_at():
    write("base.yaml", "wgae")
    write("child.yaml", parent="base")
    assert codes_by_file(".") == {"base.yaml": ["K220"], "child.yaml": []}


def test_a_mistake_of_a_base_stands_under_the_child_where_the_base_is_not_looked_at():
    write("base.yaml", "wgae")
    write("child.yaml", parent="base")
    assert codes_by_file("child.yaml") == {"child.yaml": ["K220"]}


def test_a_mistake_that_two_files_show_is_reported_once():
    write("base.yaml", "wgae")
    write("child.yaml", parent="base")
    assert [finding.code for finding in ke.check(".").diagnostics] == ["K220"]


def test_what_cannot_be_read_stands_under_its_path():
    write("sound.yaml")
    Path("folder.yaml").mkdir()
    assert codes_by_file("sound.yaml", "missing.yaml", "folder.yaml") == {
        "folder.yaml": ["K501"],
        "missing.yaml": ["K101"],
        "sound.yaml": [],
    }


def test_a_pattern_finds_files_in_folders_of_folders():
    for path in ("shops/a/one.yaml", "shops/b/two.yaml", "shops/b/c/three.yaml", "base.yaml"):
        write(path)
    write("shops/.lock/copy.yaml", "wgae")
    assert list(codes_by_file("shops/**/*.yaml")) == [
        "shops/a/one.yaml",
        "shops/b/c/three.yaml",
        "shops/b/two.yaml",
    ]
    assert list(codes_by_file("shops/[ab]")) == list(codes_by_file("shops"))


def test_a_pattern_notes_what_is_no_ruleset():
    write("shops/one.yaml")
    Path("shops/README.md").write_text("# shops\n")
    assert codes_by_file("shops/*") == {"shops/README.md": ["K503"], "shops/one.yaml": []}


def test_a_pattern_that_finds_nothing_is_an_error():
    assert codes_by_file("shops/*.yaml") == {"shops/*.yaml": ["K550"]}
    Path("README.md").write_text("# shops\n")
    assert codes_by_file("*.md") == {"*.md": ["K501"]}


def test_a_file_named_like_a_pattern_is_a_file():
    write("a[1].yaml", "wgae")
    assert codes_by_file("a[1].yaml") == {"a[1].yaml": ["K220"]}


def test_a_fleet_is_checked_with_all_its_shops():
    write("shop.yaml")
    listed = "  S1: maple\n  S2: {extends: shop, currency: CNX}\n  S3: shop\n"
    Path("north.yaml").write_text(f"fleet: north\nshop: agent_id\nshops:\n{listed}", "utf-8")
    Path("maple.yaml").write_text("ruleset: maple\nextends: shop\nzoone: UTC\n", "utf-8")
    found = {"maple.yaml": ["K301"], "north.yaml": ["K307"]}
    assert {
        finding.span.source.name: [finding.code]
        for finding in ke.check("north.yaml").diagnostics
        if finding.span is not None
    } == found
    assert codes_by_file(".") == {**found, "shop.yaml": []}
