import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

import kpi_engine as ke
from kpi_engine.cli.commands import app

run = CliRunner()
pytestmark = pytest.mark.usefixtures("maple")


@pytest.fixture
def maple(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the working folder one with a small ruleset, whose test misses one of its edges."""
    monkeypatch.chdir(tmp_path)
    _, test = ke.init_ruleset("maple", tmp_path)
    rows = test.read_text("utf-8").splitlines(keepends=True)
    test.write_text("".join(row for row in rows if "89.99" not in row), "utf-8")


def test_mutants_that_nobody_notices_are_told_with_their_place():
    result = run.invoke(app, ["test", "--mutate", "maple.test.yaml"])
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "maple.yaml:29:28: no case notices 90 -> 89",
        "ruleset     noticed  survived  refused  score",
        "maple.yaml       11         1        1  91.6%",
        "11 of 12 mutants noticed: 91.6%; 1 refused by the check",
    ]


def test_a_mutation_score_below_the_limit_is_a_finding(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    command = ["test", "maple.test.yaml", "--format", "json", "--mutate-fail-under"]
    result = run.invoke(app, [*command, "91.7"])
    assert result.exit_code == 1
    *mutants, ruleset, together = map(json.loads, result.stdout.splitlines())
    assert len(mutants) == 13
    assert [mutant["new"] for mutant in mutants if mutant["verdict"] == "survived"] == ["89"]
    assert (ruleset["ruleset"], ruleset["survived"]) == ("maple.yaml", 1)
    assert together == {"score": 11 / 12, "untested": []}


def test_boundary_cases_are_printed_or_written_and_never_over_a_file():
    printed = run.invoke(app, ["gen-cases", "maple.yaml"])
    assert printed.exit_code == 0
    assert printed.stdout.startswith("# Generated: the rows say what the ruleset does, not what")
    assert printed.stderr == "9 rows around 3 thresholds; 1 not reached by given values\n"
    command = ["gen-cases", "maple.yaml", "--period", "2026-10", "--out", "edges.test.yaml"]
    assert run.invoke(app, command).exit_code == 0
    assert Path("edges.test.yaml").read_text("utf-8") == printed.stdout
    assert run.invoke(app, ["test", "edges.test.yaml"]).stdout == "2 cases passed\n"
    again = run.invoke(app, command)
    assert again.exit_code == 2
    assert "K611" in again.stderr
