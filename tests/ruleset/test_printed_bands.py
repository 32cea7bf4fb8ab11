"""Bands as two sources print them are refused, each gap and each overlap named."""

from pathlib import Path

import pytest

from kpi_engine.ruleset.loading import load_ruleset
from kpi_engine.text.render import render_text

PRINTED = Path(__file__).parent / "printed_bands"


@pytest.mark.parametrize("name", ["grades", "medals"])
def test_bands_as_they_are_printed_are_refused_in_these_words(name, monkeypatch):
    monkeypatch.chdir(PRINTED)
    ruleset, findings = load_ruleset(f"{name}.yaml")
    assert ruleset is None
    assert render_text(findings) == (PRINTED / f"{name}.txt").read_text("utf-8")
