"""The pages of codes are found, and an unknown code suggests the closest."""

import pytest
from tests.diagnostics.pages import PAGES

import kpi_engine as ke
from kpi_engine.text.messages import MESSAGES
from kpi_engine.text.pages import find_pages, outline, read_page


def test_every_code_has_its_page():
    assert find_pages() == PAGES
    titles = [read_page(code).splitlines()[0] for code in MESSAGES]
    assert titles == [f"# {code}: {outline(said.text)}" for code, said in MESSAGES.items()]


def test_facts_are_dots_and_braces_are_braces():
    assert outline("`{name}` in `{{a: {b}}}`") == "`…` in `{a: …}`"


@pytest.mark.parametrize(("code", "near"), [("K2200", "K220"), ("220", "K220"), ("zebra", None)])
def test_an_unknown_code_suggests_the_closest(code, near):
    with pytest.raises(ke.DataError) as error:
        ke.describe_code(code)
    (finding,) = error.value.diagnostics
    assert finding.code == "K551"
    assert finding.help == (near and f"did you mean `{near}`?")


def test_a_code_may_be_written_small():
    assert ke.describe_code("k220") == ke.describe_code("K220")
