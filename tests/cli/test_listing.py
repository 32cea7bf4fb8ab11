"""What the command line says of many rulesets."""

import json

import pytest
from tests.cli.test_commands import called, refused

pytestmark = pytest.mark.usefixtures("folder")


def test_a_list_has_a_row_for_each_ruleset_and_counts_them():
    lines = called("list", ".", status=0).stdout.splitlines()
    assert lines[0].split() == [
        "ruleset",
        "role",
        "needs",
        "metrics",
        "weights",
        "pay",
        "scored",
        "from",
    ]
    assert [line for line in lines if line.startswith("shop ")]
    assert lines[-1] == "1 ruleset"


def test_a_list_for_machines_has_a_line_for_each_ruleset_with_exact_weights():
    shown = called("list", ".", "--format", "json", status=0).stdout
    (document,) = map(json.loads, shown.splitlines())
    assert document["ruleset"] == "shop"
    assert document["inputs"][0] == "agents"
    assert all("/" in share or share == "1" for share in document["weights"].values())


def test_without_paths_the_shipped_rulesets_are_listed_by_what_they_need():
    shown = called("list", "--needs", "tickets,shifts", "--format", "json", status=0).stdout
    listed = {document["ruleset"]: document for document in map(json.loads, shown.splitlines())}
    assert "taobao/aftersales" in listed
    assert "taobao/presales" not in listed
    assert all({"tickets", "shifts"} <= set(each["inputs"]) for each in listed.values())


def test_a_table_that_nothing_needs_is_refused():
    assert refused("list", ".", "--needs", "agnets") == ["K641"]
