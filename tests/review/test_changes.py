"""Findings limited to what a change touches, asked of a real repository."""

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kpi_engine as ke
from kpi_engine.review.changes import find_changes

BASE = """\
ruleset: base
zone: UTC
currency: CNY
subject: {from: agents, key: agent_id}
tables: {agents: {key: agent_id, columns: {agent_id: text, wage: money, rating: int}}}
params:
  bonus: 50 CNY
  grade: {86 to 90: 90, 91 to 100: 100, else: 0}
score:
  items:
    service: {weight: 60, points: grade(rating)}
    volume: {points: 100}
pay: {lines: {base: wage, bonus: bonus}}
"""
CHILD = "ruleset: child\nextends: base\nparams: {bonus: 80 CNY}\n"
TEST = "test: base\nperiod: 2026-10\ncases:\n  - name: one\n    table: |\n      wage => pya\n      5 CNY => 5 CNY\n"


def git(*arguments: str) -> None:
    who = ("-c", "user.name=Xiao Li", "-c", "user.email=li@example.com")
    subprocess.run(["git", *who, *arguments], check=True, capture_output=True)


def commit(message: str = "more") -> None:
    git("add", "--all")
    git("commit", "--message", message)


@pytest.fixture(autouse=True)
def _repository(tmp_path, monkeypatch):
    """Work in a repository with a base and a child, committed, and no settings but its own."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    (tmp_path / "shops").mkdir()
    monkeypatch.chdir(tmp_path / "shops")
    git("init", "--initial-branch", "main")
    write("base.yaml", BASE)
    write("child.yaml", CHILD)
    commit()


def write(path: str, text: str) -> None:
    Path(path).write_text(text, "utf-8")


def changed(path: str, old: str, new: str) -> None:
    text = Path(path).read_text("utf-8")
    assert text.count(old) == 1
    write(path, text.replace(old, new))


def codes(*paths: str, since: str = "HEAD") -> list[str]:
    """Return the codes found in what has changed; everything else is untouched."""
    report = ke.check(*(paths or (".",)), changed_since=since)
    every = ke.check(*(paths or (".",))).diagnostics
    assert {*report.diagnostics, *report.untouched} == set(every)
    return [finding.code for finding in report.diagnostics]


def refused(*paths: str, since: str) -> str:
    with pytest.raises(ke.DataError) as error:
        ke.check(*(paths or (".",)), changed_since=since)
    (finding,) = error.value.diagnostics
    assert finding.code == "K553"
    return finding.message


def test_without_a_change_nothing_is_touched():
    assert [finding.code for finding in ke.check(".").diagnostics] == ["K341", "K386"]
    assert codes() == []


def test_a_note_is_touched_on_a_changed_line_alone():
    changed("base.yaml", "    volume: {points: 100}", "    volume: {points: 90}")
    assert codes("base.yaml") == ["K386"]


def test_a_change_is_told_before_and_after_it_is_committed():
    changed("base.yaml", "    volume: {points: 100}", "    volume: {points: 90}")
    git("add", "base.yaml")
    assert codes("base.yaml") == ["K386"]
    commit()
    assert codes("base.yaml") == []
    assert codes("base.yaml", since="HEAD~1") == ["K386"]


def test_an_error_is_touched_anywhere_in_a_changed_file():
    changed("base.yaml", "bonus: 50 CNY", "bounty: 50 CNY")
    assert codes("base.yaml") == ["K220"]


def test_of_a_child_of_a_changed_base_everything_is_touched():
    write("child.yaml", CHILD + "score: {items: {extra: {points: 100}}}\n")
    commit()
    assert codes("child.yaml") == []
    changed("base.yaml", "bonus: 50 CNY", "bonus: 60 CNY")
    assert codes("child.yaml") == ["K385"]


def test_an_error_that_a_changed_child_shows_in_its_base_is_touched():
    changed("child.yaml", "bonus: 80 CNY", "bonus: 3")
    assert "K386" not in codes(".")
    assert len(codes(".")) == 1


def test_an_error_that_a_base_shows_by_itself_is_not_its_children_s_doing():
    changed("base.yaml", "base: wage", "base: wgae")
    commit()
    changed("child.yaml", "80 CNY", "90 CNY")
    assert codes(".") == []


def test_the_test_of_a_changed_ruleset_is_touched():
    write("base.test.yaml", TEST)
    commit()
    assert codes("base.test.yaml") == []
    changed("base.yaml", "bonus: 50 CNY", "bonus: 60 CNY")
    assert codes("base.test.yaml") == ["K529", "K520"]


def test_all_of_a_new_file_is_touched():
    write("枫叶 1.yaml", BASE.replace("ruleset: base", "ruleset: 枫叶"))
    assert codes() == ["K341", "K386"]
    commit()
    assert codes() == []
    assert codes(since="HEAD~1") == ["K341", "K386"]


def test_a_renamed_file_is_new():
    Path("base.yaml").rename("basis.yaml")
    changed("basis.yaml", "ruleset: base", "ruleset: basis")
    assert codes("basis.yaml") == ["K341", "K386"]


def test_a_child_whose_base_is_gone_is_touched():
    Path("base.yaml").unlink()
    assert codes() == ["K310"]


def test_a_child_that_cannot_be_read_any_more_is_touched():
    changed("base.yaml", "ruleset: base\n", "ruleset: base\nversion: 1\n")
    changed("child.yaml", "extends: base", "extends: base@1")
    commit()
    assert codes("child.yaml") == []
    changed("base.yaml", "version: 1\n", "version: 2\n")
    assert codes("child.yaml") == ["K620"]


def test_lines_around_deleted_ones_are_touched():
    changed("base.yaml", "    service: {weight: 60, points: grade(rating)}\n", "")
    changed(
        "base.yaml",
        "    volume: {points: 100}\n",
        "    volume: {points: 100}\n    price: {points: 100, weight: 30}\n",
    )
    commit()
    changed("base.yaml", "    price: {points: 100, weight: 30}\n", "")
    assert set(codes("base.yaml")) <= {"K386"}


def test_a_gap_between_two_files_is_touched_where_one_of_them_has_changed():
    write(
        "a.yaml",
        BASE.replace("zone: UTC", "zone: UTC\neffective: {from: 2025-01-01, to: 2026-01-01}"),
    )
    write("b.yaml", BASE.replace("zone: UTC", "zone: UTC\neffective: {from: 2026-01-01}"))
    Path("base.yaml").unlink()
    Path("child.yaml").unlink()
    commit()
    changed("a.yaml", "to: 2026-01-01", "to: 2025-12-01")
    assert codes() == ["K631"]


def test_what_others_have_changed_since_is_not_ours():
    git("switch", "--create", "ours")
    git("switch", "main")
    changed("base.yaml", "    volume: {points: 100}", "    volume: {points: 90}")
    commit()
    git("switch", "ours")
    assert codes(since="main") == []
    changed("base.yaml", "91 to 100: 100", "92 to 100: 100")
    commit()
    assert codes("base.yaml", since="main") == ["K341"]


def test_settings_of_people_change_nothing():
    for setting in (
        "diff.noprefix=true",
        "color.ui=always",
        "diff.interHunkContext=9",
        "core.quotePath=true",
        "diff.renames=copies",
        "diff.context=9",
    ):
        git("config", *setting.split("="))
    write("枫叶.yaml", BASE.replace("ruleset: base", "ruleset: 枫叶"))
    commit()
    changed("枫叶.yaml", "    volume: {points: 100}", "    volume: {points: 90}")
    assert codes() == ["K386"]


def test_a_revision_that_is_none_is_refused():
    assert refused(since="nosuch") == (
        "what has changed cannot be told: git knows no revision `nosuch`"
    )
    assert "knows no revision" in refused(since="--output=stolen")
    assert "knows no revision" in refused(since="")
    assert not Path("stolen").exists()


def test_histories_that_share_nothing_are_refused():
    git("switch", "--orphan", "alone")
    write("base.yaml", BASE)
    commit()
    assert refused(since="main").endswith(
        "`main` and what is checked out share no commit that is here"
    )


def test_outside_a_repository_nothing_can_be_told(tmp_path_factory, monkeypatch):
    outside = tmp_path_factory.mktemp("outside")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(outside.parent))
    here = Path.cwd()
    monkeypatch.chdir(outside)
    assert refused(since="HEAD").endswith("the working folder is in no repository")
    write("base.yaml", BASE)
    monkeypatch.chdir(here)
    assert refused(str(outside), since="HEAD").endswith(
        "is not in the repository of the working folder"
    )


def test_without_git_nothing_can_be_told(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert refused(since="HEAD").endswith("the command `git` was not found")


def test_a_path_that_is_wrong_is_no_success():
    assert codes("missing.yaml") == ["K101"]


lines = st.lists(
    st.sampled_from(["a", "b", "", "@@ -1 +1 @@", "+@@ -1,2 +3 @@", "-x", "\\ x", "枫叶", "c\r"]),
    max_size=8,
)


@settings(max_examples=30, deadline=None)
@given(lines, lines, st.booleans())
def test_lines_that_have_not_changed_were_there_in_this_order(old, new, ended):
    end = "\n" if ended else ""
    Path("text.yaml").write_bytes(("\n".join(old) + end).encode())
    git("add", "text.yaml")
    git("commit", "--allow-empty", "--message", "old")
    Path("text.yaml").write_bytes(("\n".join(new) + "\n").encode())
    changed_lines = find_changes("HEAD").lines_by_path.get(Path("text.yaml").resolve(), frozenset())
    assert changed_lines is not None
    kept = [line for number, line in enumerate(new, 1) if number not in changed_lines]
    before = iter(old or [""])  # an end of line alone is an empty line
    assert all(line in before for line in kept)
    if ended and old == new:
        assert changed_lines == frozenset()
