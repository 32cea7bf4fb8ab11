"""The page of the shipped rulesets says what they are now."""

from tests.rulesets.readme import README, ruleset_table, with_table


def test_the_table_of_the_page_is_made_from_the_rulesets():
    text = README.read_text("utf-8")
    assert text == with_table(text), "run `make docs`"


def test_the_table_has_a_row_for_every_ruleset_that_ships():
    files = [f for f in README.parent.rglob("*.yaml") if not f.name.endswith(".test.yaml")]
    rows = ruleset_table().splitlines()[2:]
    assert len(rows) == len(files)
    assert {row.count(" | ") for row in rows} == {9}
