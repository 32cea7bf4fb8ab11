"""One token of a ruleset lost, or another in its place: a ruleset or findings, never a traceback."""

import re
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.corpus.reading import SOUND

from kpi_engine.ruleset.loading import load_layered_text
from kpi_engine.text.diagnostics import has_errors
from kpi_engine.text.render import render_text

SHIPPED = Path(__file__).parents[2] / "rulesets"
FILES = [
    SOUND / "base.yaml",
    SOUND / "child.yaml",
    *sorted(file for file in SHIPPED.rglob("*.yaml") if not file.name.endswith(".test.yaml")),
]
_TOKEN = re.compile(r"\w+(?:\.\w+)*%?|[^\w\s]|\n *")


@st.composite
def with_another_token(draw):
    file = draw(st.sampled_from(FILES))
    text = file.read_text(encoding="utf-8")
    tokens = list(_TOKEN.finditer(text))
    token, other = draw(st.sampled_from(tokens)), draw(st.sampled_from(tokens))
    instead = other.group() if draw(st.booleans()) else ""
    return file, text[: token.start()] + instead + text[token.end() :]


@settings(max_examples=60)
@given(with_another_token())
def test_one_token_that_is_lost_or_another_breaks_no_check(changed):
    file, text = changed
    loaded = load_layered_text(text, file)
    assert (loaded.ruleset is None) == has_errors(loaded.findings)
    assert render_text(loaded.findings) or loaded.ruleset is not None
