import json
import subprocess
import sys
from dataclasses import asdict
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest

import kpi_engine as ke

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "docs/recompute.py"
MOST_LINES = 40
RULES = """\
ruleset: steps
zone: UTC
currency: JPY
subject: {from: agents, key: agent_id}
tables:
  agents:
    key: agent_id
    columns: {agent_id: text, wage: optional money, mark: optional number, tone: optional number}
score:
  empty: skip
  items:
    work: {weight: 70, items: {mark: {points: mark}, tone: {points: tone, empty: 50}}}
    rest: {weight: 30, points: 'at_most(2 * mark, 100)'}
  then: {fine: score - 7.125, grace: score * 101%}
pay:
  lines: {base: wage * score / 300, fine: -50 JPY}
  then: {half: pay * 50%, tens: 'floor(pay, 10 JPY)'}
"""
AGENTS = {
    "agent_id": ["A", "B", "C", "D", "E"],
    "wage": ["30001", None, "1", "777", "333"],
    "mark": ["99.999999", "70", "3", None, "66.666667"],
    "tone": ["88", "70", None, None, "33.333333"],
}


def recomputed(lines: list[str]) -> subprocess.CompletedProcess[str]:
    """Run the script on explanations; it sees nothing of the project."""
    return subprocess.run(
        [sys.executable, "-I", str(SCRIPT)],
        input="\n".join(lines),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def explained(results: ke.Results) -> list[str]:
    return [json.dumps(asdict(told)) for told in ke.explain_all(results)]


def assert_everybody_is_recomputed(results: ke.Results) -> None:
    script = recomputed(explained(results))
    assert script.returncode == 0, script.stderr
    rows = [json.loads(line) for line in script.stdout.splitlines()]
    assert len(rows) == results.subjects.height
    key = results.receipt["subject"]["key"]
    for row, subject in zip(rows, results.subjects.iter_rows(named=True), strict=True):
        assert [row[name] for name in key] == [subject[name] for name in key]
        score = None if row["score"] is None else Fraction(row["score"])
        assert score == (None if subject["score"] is None else Fraction(subject["score"]))
        assert row["pay"] == subject["pay"]


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sample")
    ke.write_sample(folder, messages=200_000, seed=1)
    return folder


@pytest.mark.parametrize("name", ["presales", "aftersales"])
def test_forty_lines_recompute_the_pay_of_a_shipped_ruleset(name, sample):
    plan = ke.compile(ke.load(ROOT / f"rulesets/taobao/{name}.yaml"))
    results = ke.run(plan, sample, period="2026-10")
    assert results.subjects["pay"].count() > 0
    assert_everybody_is_recomputed(results)


@pytest.fixture
def steps(tmp_path):
    path = tmp_path / "steps.yaml"
    path.write_text(RULES, "utf-8")
    return ke.run(ke.compile(ke.load(path)), {"agents": pl.DataFrame(AGENTS)}, period="2026-10")


def test_forty_lines_recompute_steps_limits_and_pay_held_back(steps):
    statuses = steps.subjects["pay.status"].to_list()
    assert statuses == ["ok", "held", "below_zero", "ok", "ok"]
    assert_everybody_is_recomputed(steps)


@pytest.mark.parametrize("part", ["contribution", "amount"])
def test_an_explanation_that_does_not_add_up_is_told(steps, part):
    first, *others = explained(steps)
    told = json.loads(first)
    if part == "amount":
        told["pay"]["lines"][0]["amount"] += 1
    else:
        item = told["score"]["items"][1]
        item["contribution"] = str(Decimal(item["contribution"]) + Decimal("0.000002"))
    assert recomputed([json.dumps(told), *others]).returncode == 1


def test_the_script_keeps_to_forty_lines_and_the_standard_library():
    lines = SCRIPT.read_text("utf-8").splitlines()
    assert len(lines) <= MOST_LINES
    imported = {line.split()[1] for line in lines if line.startswith(("import ", "from "))}
    assert imported <= set(sys.stdlib_module_names)
