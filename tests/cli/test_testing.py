"""The command `test`: coverage and its limit, JUnit, and expected values brought up to date."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner, Result

from kpi_engine.cli.commands import app

RULESET = """\
ruleset: shop
zone: UTC
currency: CNY
subject: {from: agents, key: agent_id}
tables:
  agents: {key: agent_id, columns: {agent_id: text}}
  sales:
    key: sale_id
    dated: paid_at
    columns: {sale_id: text, agent_id: text, paid_at: datetime, amount: money}
metrics:
  sold: {from: sales, value: sum(amount)}
  grade: {of: sold, from 100 CNY: "'high'", else: "'low'"}
pay:
  lines: {commission: sold * 10%}
"""

TEST = """\
test: shop
period: 2026-10
cases:
  - name: by hand   # ours
    table: |
      sold    => commission | grade
      200 CNY => 19 CNY     | high
      50 CNY  => 5 CNY      | high
  - name: a sale
    given:
      agents: |
        agent_id
        A
      sales: |
        sale_id | agent_id | paid_at          | amount
        1       | A        | 2026-10-05 09:00 | 300
    for: A
    expect: {sold: 299 CNY, grade: "low", pay: 30 CNY}   # kept
    rows: {sold: {used: 2}}
"""

RIGHT = (
    TEST.replace("19 CNY     | high", "20.00 CNY  | high")
    .replace("5 CNY      | high", "5 CNY      | low")
    .replace("299 CNY", "300.00 CNY")
    .replace('"low"', '"high"')
    .replace("used: 2", "used: 1")
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("shop.yaml").write_text(RULESET, "utf-8")
    Path("shop.test.yaml").write_text(TEST, "utf-8")


def called(*arguments: str, status: int) -> Result:
    result = CliRunner().invoke(app, ["test", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == status, result.output
    return result


def test_coverage_names_what_was_missed_and_ends_by_its_limit():
    Path("shop.test.yaml").write_text(RIGHT.replace("50 CNY  =>", "500 CNY =>"), "utf-8")
    text = Path("shop.test.yaml").read_text("utf-8").replace("5 CNY      | low", "50 CNY | high")
    Path("shop.test.yaml").write_text(text, "utf-8")
    missed = "the case `else` of the scale of metric `grade` was never reached"
    result = called("shop.test.yaml", "--cov", status=0)
    assert result.stdout.splitlines() == [
        f"shop.yaml:13:51: {missed}",
        "shop.yaml          4/5   80.0%",
        "2 cases passed",
    ]
    called(".", "--cov-fail-under", "80", status=0)
    result = called(".", "--cov-fail-under", "80.1", status=1)
    assert result.stderr.endswith("shop.yaml is reached less than 80.1%\n")
    document = json.loads(called(".", "--cov", "--format", "json", status=0).stdout)
    assert document == {
        "passed": 2,
        "failed": 0,
        "coverage": [
            {
                "file": "shop.yaml",
                "points": 5,
                "reached": 4,
                "missed": [{"line": 13, "column": 51, "message": missed}],
            }
        ],
    }


def test_a_limit_is_not_kept_where_there_is_nothing_to_reach():
    Path("child.yaml").write_text("ruleset: child\nextends: shop\n", "utf-8")
    Path("child.test.yaml").write_text(RIGHT.replace("test: shop", "test: child"), "utf-8")
    result = called("child.test.yaml", "--cov-fail-under", "0", status=1)
    assert result.stderr == "no ruleset with anything to reach was tested\n"


def test_junit_has_a_case_for_every_case_with_what_was_expected_and_found():
    Path("bad.test.yaml").write_text(TEST.replace("test: shop", "test: shoe"), "utf-8")
    root = ET.fromstring(called(".", "--format", "junit", status=1).stdout)
    (suite,) = root
    assert suite.attrib == {
        "name": "kpi-engine test",
        "tests": "5",
        "failures": "3",
        "errors": "0",
        "skipped": "2",
    }
    by_name = {(case.get("classname"), case.get("name")): case for case in suite}
    failure = by_name["shop.test.yaml", "a sale"].find("failure")
    assert failure is not None
    assert failure.get("type") == "K531"
    assert "`299.00 CNY`" in (failure.text or "")
    assert "`300.00 CNY`" in (failure.text or "")
    assert by_name["bad.test.yaml", "bad.test.yaml"].find("failure") is not None
    assert by_name["bad.test.yaml", "a sale"].find("skipped") is not None


def test_an_update_is_shown_and_not_written_without_consent():
    result = called("shop.test.yaml", "--update", status=1)
    assert Path("shop.test.yaml").read_text("utf-8") == TEST
    assert "-      200 CNY => 19 CNY     | high\n" in result.stderr
    assert "+      200 CNY => 20.00 CNY  | high\n" in result.stderr
    assert "nothing written: read the changes, then say --yes\n" in result.stderr


def test_an_update_changes_expected_values_and_nothing_else():
    result = called("shop.test.yaml", "--update", "--yes", status=0)
    assert result.stdout == "2 cases passed\n"
    assert Path("shop.test.yaml").read_text("utf-8") == RIGHT
    assert "no expected value to update" in called("shop.test.yaml", "--update", status=0).stderr


def test_an_update_leaves_a_case_that_cannot_run():
    refused = TEST.replace("| 300\n", "| many\n")
    Path("shop.test.yaml").write_text(refused, "utf-8")
    called("shop.test.yaml", "--update", "--yes", status=1)
    after = Path("shop.test.yaml").read_text("utf-8")
    assert after.splitlines()[8:] == refused.splitlines()[8:]
    assert after.splitlines()[:8] == RIGHT.splitlines()[:8]
