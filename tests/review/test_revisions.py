"""Rulesets as they were at a revision, read from a real repository."""

import os
import subprocess
from pathlib import Path

import pytest

import kpi_engine as ke

BASE = """\
ruleset: base
zone: UTC
currency: CNY
subject: {from: agents, key: agent_id}
params: {bonus: 50 CNY}
tables: {agents: {key: agent_id, columns: {agent_id: text, wage: money}}}
pay: {lines: {base: wage, bonus: bonus}}
"""


def git(*arguments: str) -> None:
    who = ("-c", "user.name=Xiao Li", "-c", "user.email=li@example.com")
    subprocess.run(["git", *who, *arguments], check=True, capture_output=True)


def commit() -> None:
    git("add", "--all")
    git("commit", "--message", "more")


def write(path: str, text: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text, "utf-8")


@pytest.fixture(autouse=True)
def _repository(tmp_path, monkeypatch):
    """Work in a repository with a base and a shop, committed, and the base changed since."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    monkeypatch.chdir(tmp_path)
    git("init", "--initial-branch", "main")
    write("shops/base.yaml", BASE)
    write("shops/枫叶.yaml", "ruleset: 枫叶\nextends: base\n")
    commit()
    write("shops/base.yaml", "# of 2027\n" + BASE.replace("50 CNY", "80 CNY"))


def test_the_parents_of_a_file_are_those_of_the_revision():
    (change,) = ke.diff("git:HEAD:shops/枫叶.yaml", "shops/枫叶.yaml").changes
    assert change.before == ke.Said("50 CNY", "git:HEAD:shops/base.yaml", 5)
    assert change.after == ke.Said("80 CNY", "shops/base.yaml", 6)


def test_two_revisions_are_compared():
    commit()
    diff = ke.diff("git:HEAD~1:shops/枫叶.yaml", "git:main:shops/枫叶.yaml")
    assert [change.path for change in diff.changes] == [("params", "bonus")]
    assert diff.old.files == ("git:HEAD~1:shops/枫叶.yaml", "git:HEAD~1:shops/base.yaml")
    assert ke.diff("git:main:shops/枫叶.yaml", "shops/枫叶.yaml").changes == ()


def test_a_path_may_begin_in_the_working_folder(monkeypatch):
    monkeypatch.chdir("shops")
    assert len(ke.diff("git:HEAD:./枫叶.yaml", "枫叶.yaml").changes) == 1
    assert len(ke.diff("git:HEAD:../shops/枫叶.yaml", "枫叶.yaml").changes) == 1


def test_shipped_parents_are_those_of_the_package():
    write("maple.yaml", "ruleset: maple\nextends: taobao/presales\n")
    commit()
    write(
        "maple.yaml", "ruleset: maple\nextends: taobao/presales\nparams: {response_standard: 80%}\n"
    )
    diff = ke.diff("git:HEAD:maple.yaml", "maple.yaml")
    assert [change.path for change in diff.changes] == [("params", "response_standard")]
    assert diff.old.files[1] == "rulesets/taobao/presales.yaml"


def test_a_locked_base_is_the_one_of_the_revision():
    write("maple.yaml", "ruleset: maple\nextends: taobao/presales@1\n")
    locking = ke.lock("maple.yaml")
    commit()
    diff = ke.diff("git:HEAD:maple.yaml", "maple.yaml")
    assert diff.changes == ()
    assert diff.old.files[1:] == tuple(f"git:HEAD:{file}" for file in diff.new.files[1:])
    assert locking.standing == "new"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("git:nobody:shops/base.yaml", "git knows no revision `nobody`"),
        ("git:HEAD:shops/bsae.yaml", "`HEAD` has no file `shops/bsae.yaml`"),
        ("git:HEAD:../base.yaml", "`../base.yaml` is not in the repository of the working folder"),
        ("git:HEAD", "`git:HEAD` names no revision and file, `git:REV:path` was expected"),
        ("git:--all:shops/base.yaml", "git knows no revision `--all`"),
    ],
)
def test_what_cannot_be_read_is_said(given, reason):
    with pytest.raises(ke.DataError) as error:
        ke.diff(given, "shops/base.yaml")
    (finding,) = error.value.diagnostics
    assert finding.code == "K642"
    assert finding.message == f"the ruleset of a revision cannot be read: {reason}"


def test_without_a_repository_nothing_is_read(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    (tmp_path / ".git").rename(tmp_path / "no-git")
    with pytest.raises(ke.DataError, match="the working folder is in no repository"):
        ke.diff("git:HEAD:shops/base.yaml", "shops/base.yaml")


def test_a_mistake_of_a_revision_is_told_at_its_place():
    write("shops/base.yaml", BASE.replace("bonus: bonus}", "bonus: bonsu}"))
    commit()
    with pytest.raises(ke.RulesetError) as error:
        ke.diff("git:HEAD:shops/枫叶.yaml", "shops/枫叶.yaml")
    (finding,) = error.value.diagnostics
    assert finding.span is not None
    assert (finding.code, finding.span.source.name) == ("K220", "git:HEAD:shops/base.yaml")
