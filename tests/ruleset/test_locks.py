"""Pinned bases: which version is meant, and copies that no upgrade changes."""

import json
import shutil

import pytest

import kpi_engine as ke
from kpi_engine.ruleset.checked import Formula
from kpi_engine.ruleset.loading import load_ruleset

ROOT = """\
ruleset: root
version: 7
zone: UTC
currency: CNY
subject: {from: agents, key: agent_id}
params: {bonus: 50 CNY}
tables:
  agents: {key: agent_id, columns: {agent_id: text, wage: money}}
"""
BASE = "ruleset: base\nversion: 2026.1\nextends: root\npay: {lines: {wage: wage, bonus: bonus}}\n"
SHOP = "ruleset: maple\nextends: base@2026.1\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working folder: a shop over a pinned base with a parent."""
    monkeypatch.chdir(tmp_path)
    for name, text in (("root", ROOT), ("base", BASE), ("maple", SHOP)):
        (tmp_path / f"{name}.yaml").write_text(text)
    return tmp_path


@pytest.fixture
def locked(folder):
    ke.lock("maple.yaml")
    return folder


def change(folder, name, old, new):
    text = (folder / f"{name}.yaml").read_text()
    assert text.count(old) == 1
    (folder / f"{name}.yaml").write_text(text.replace(old, new))


def codes():
    return [finding.code for finding in load_ruleset("maple.yaml")[1]]


def bonus():
    value = ke.load("maple.yaml").params["bonus"].value
    assert isinstance(value, Formula)
    return value.text


@pytest.mark.usefixtures("folder")
def test_a_pin_without_a_lock_warns():
    assert codes() == ["K621"]
    assert bonus() == "50 CNY"


def test_a_version_that_is_not_there_is_told_with_those_that_are(locked):
    change(locked, "maple", "@2026.1", "@2026.2")
    (found,) = load_ruleset("maple.yaml")[1]
    assert found.code == "K620"
    assert found.message == (
        "`base` has no version `2026.2`: `2026.1` was found, locked are `2026.1`"
    )


def test_a_base_that_names_no_version_cannot_be_pinned(folder):
    change(folder, "base", "version: 2026.1\n", "")
    (found,) = load_ruleset("maple.yaml")[1]
    assert found.message == ("`base` has no version `2026.1`: the one that was found names none")


def test_a_pinned_base_that_is_not_there_is_told(folder):
    change(folder, "maple", "base@", "bose@")
    (found,) = load_ruleset("maple.yaml")[1]
    assert (found.code, found.help) == ("K310", "did you mean `base`?")


def test_a_lock_holds_the_base_and_its_parents(locked):
    lock = locked / ".lock" / "base@2026.1"
    assert sorted(path.name for path in lock.iterdir()) == [
        "1-base.yaml",
        "2-root.yaml",
        "lock.json",
    ]
    assert codes() == []
    assert [layer.path for layer in ke.load("maple.yaml").layers] == [
        "maple.yaml",
        ".lock/base@2026.1/1-base.yaml",
        ".lock/base@2026.1/2-root.yaml",
    ]


@pytest.mark.parametrize("name", ["base", "root"])
def test_another_text_under_the_same_version_is_an_error_until_the_update(locked, name):
    text = (locked / f"{name}.yaml").read_text()
    (locked / f"{name}.yaml").write_text(text + "# another line\n")
    assert codes() == ["K622"]
    with pytest.raises(ke.RulesetError, match="K622"):
        ke.lock("maple.yaml")
    ke.lock("maple.yaml", update=True)
    assert codes() == []


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [("base", "version: 2026.1", "version: 2026.2"), ("root", "version: 7", "version: 8")],
)
def test_a_new_version_changes_nothing_of_what_is_locked(locked, name, old, new):
    change(locked, name, old, new)
    change(locked, "root", "50 CNY", "70 CNY")
    if name == "root":
        assert codes() == []
        assert bonus() == "50 CNY"
    else:
        assert (codes(), bonus()) == ([], "50 CNY")


def test_a_base_that_is_gone_is_still_locked(locked):
    (locked / "base.yaml").unlink()
    (locked / "root.yaml").unlink()
    assert bonus() == "50 CNY"
    assert ke.lock("maple.yaml").standing == "unchanged"


def test_an_update_tells_what_changes_before_it_changes(locked):
    change(locked, "root", "50 CNY", "70 CNY")
    planned = ke.lock("maple.yaml", update=True, write=False)
    (changed,) = planned.changes
    assert changed.path == ("params", "bonus")
    assert changed.before is not None
    assert changed.after is not None
    assert (changed.before.said.text, changed.after.said.text) == ("50 CNY", "70 CNY")
    assert (planned.standing, planned.written, codes()) == ("changed", False, ["K622"])
    assert ke.lock("maple.yaml", update=True).written
    assert (codes(), bonus()) == ([], "70 CNY")


def test_the_shop_still_overrides_what_is_locked(locked):
    (locked / "maple.yaml").write_text(SHOP + "params: {bonus: 90 CNY}\n")
    values = {value.path: value for value in ke.show("maple.yaml").values}
    (over,) = values["params", "bonus"].overrides
    assert (bonus(), over.text, over.file) == ("90 CNY", "50 CNY", ".lock/base@2026.1/2-root.yaml")


def test_a_copy_that_was_edited_is_told(locked):
    copy = locked / ".lock" / "base@2026.1" / "2-root.yaml"
    copy.write_text(copy.read_text().replace("50 CNY", "51 CNY"))
    assert codes() == ["K623"]
    with pytest.raises(ke.RulesetError, match="K623"):
        ke.lock("maple.yaml")
    ke.lock("maple.yaml", update=True)
    assert (codes(), bonus()) == ([], "50 CNY")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"files": []}', '{"files": [{"file": "x"}]}'])
def test_a_list_that_is_none_is_told(locked, text):
    (locked / ".lock" / "base@2026.1" / "lock.json").write_text(text)
    assert codes() == ["K623"]


def test_a_list_never_leads_out_of_its_folder(locked):
    path = locked / ".lock" / "base@2026.1" / "lock.json"
    document = json.loads(path.read_text())
    document["files"][0]["file"] = "../../base.yaml"
    path.write_text(json.dumps(document))
    assert codes() == ["K623"]


def test_what_pins_nothing_cannot_be_locked(folder):
    change(folder, "maple", "@2026.1", "")
    with pytest.raises(ke.RulesetError, match="K624"):
        ke.lock("maple.yaml")
    assert not (folder / ".lock").exists()


@pytest.mark.usefixtures("locked")
def test_two_shops_of_a_folder_share_a_lock():
    shutil.copy("maple.yaml", "oak.yaml")
    assert ke.lock("oak.yaml").standing == "unchanged"
    assert load_ruleset("oak.yaml")[1] == []


def test_a_pin_of_a_parent_is_locked_beside_that_parent(folder):
    (folder / "agency").mkdir()
    (folder / "agency" / "all.yaml").write_text("ruleset: agency/all\nextends: base@2026.1\n")
    (folder / "maple.yaml").write_text("ruleset: maple\nextends: agency/all\n")
    ke.lock("maple.yaml")
    assert (folder / "agency" / ".lock" / "base@2026.1" / "lock.json").is_file()
    assert codes() == []
