"""What the command line says of facts that are handed on."""

import json

import pytest
from tests.cli.test_commands import called

RUN = ("run", "shop.yaml", "--data", "data", "--period", "2026-10", "--out", "out")
HANDED = ("--facts-out", "facts", "--pseudonymise", "key")


@pytest.mark.usefixtures("folder")
def test_the_key_and_every_column_as_given_are_told():
    shown = called(*RUN, *HANDED, status=0).stdout
    assert shown.endswith(
        "facts written to facts: facts.parquet, agents.parquet\n"
        "key made: key; who has it can find who is who, keep it apart\n"
        "pseudonyms: shop_id, agent_id\n"
        "as given in agents: wage\n"
    )
    again = called(*RUN, *HANDED, "--format", "json", status=0).stdout
    assert json.loads(again)["facts"] == {
        "folder": "facts",
        "files": ["facts.parquet", "agents.parquet"],
        "pseudonyms": ["shop_id", "agent_id"],
        "as_given": {"agents": ["wage"]},
        "key_made": False,
    }
    plain = called(*RUN, "--facts-out", "plain", status=0).stdout
    assert "no pseudonyms: names are as they were given\n" in plain


def test_options_with_which_nothing_can_be_handed_on_are_refused_before_the_run(folder):
    fleet = folder / "fleet.yaml"
    fleet.write_text("fleet: two\nshops: {S1: shop}\n", "utf-8")
    for options, words in (
        ((*RUN, "--pseudonymise", "key"), "`--facts-out` was expected"),
        ((*RUN, "--facts-out", "out"), "another folder was expected"),
        (("run", "fleet.yaml", *RUN[2:], "--facts-out", "facts"), "this is a fleet"),
    ):
        assert words in called(*options, status=2).stderr
    assert not (folder / "out").exists()
    assert not (folder / "key").exists()
