"""What tests reach of a ruleset, held to points that are counted by hand."""

from pathlib import Path

import pytest

import kpi_engine as ke

RULESET = """\
ruleset: shop
zone: UTC
currency: CNY
subject: {from: agents, key: agent_id}
params:
  rate:
    at 0%: 0%
    at 50%: 10%
    at 100%: 30%
tables:
  agents: {key: agent_id, columns: {agent_id: text, lead: bool = false}}
  sales:
    key: sale_id
    dated: paid_at
    columns: {sale_id: text, agent_id: text, paid_at: datetime, amount: money, kept: bool}
    add:
      counted: amount if kept else 0 CNY
metrics:
  sold: {from: sales, value: sum(counted)}
  kept_share: {from: sales, value: share(kept)}
  trusted: default(kept_share >= 50%, true)
score:
  needs: 60%
  items:
    sales:
      weight: 50
      points: {of: sold, from 100 CNY: 100, from 50 CNY: 60, else: 0}
    kept:
      weight: 50
      points: kept_share * 100
      empty: skip
  then:
    lead: score if lead else at_most(score, 90)
pay:
  lines:
    bonus: round(1000 CNY * rate(default(kept_share, 0%)), 0.01 CNY)
  then:
    halved: pay * 50%
"""

POINTS = {
    "the piece from 0% to 50% of scale `rate` was never reached",
    "the piece from 50% to 100% of scale `rate` was never reached",
    "the branch `amount` was never taken: `kept` never held",
    "the branch `else 0 CNY` was never taken: `kept` never failed",
    "metric `sold` was never computed",
    "metric `kept_share` was never computed",
    "metric `kept_share` was never unknown",
    "metric `trusted` never held",
    "metric `trusted` never failed",
    "`needs` of the score never held",
    "`needs` of the score never failed",
    "the points of item `sales` were never computed",
    "the case `from 100 CNY` of the scale of the points of item `sales` was never reached",
    "the case `from 50 CNY` of the scale of the points of item `sales` was never reached",
    "the case `else` of the scale of the points of item `sales` was never reached",
    "the points of item `kept` were never computed",
    "the points of item `kept` were never unknown: its `empty` was not asked",
    "step `lead` of the score was never computed",
    "the branch `score` was never taken: `lead` never held",
    "the branch `else at_most(score, 90)` was never taken: `lead` never failed",
    "line `bonus` of the pay was never computed",
    "step `halved` of the pay was never computed",
}

ROWS = """\
test: shop
period: 2026-10
cases:
  - name: one sale that is kept
    given:
      agents: |
        agent_id
        A
      sales: |
        sale_id | agent_id | paid_at          | amount | kept
        1       | A        | 2026-10-05 09:00 | 120    | true
    for: A
    expect: {sold: 120 CNY, kept_share: 100%, score: 90}
"""

VALUES = """\
test: shop
period: 2026-10
cases:
  - name: nothing is known of what was kept
    table: |
      sold   | kept_share | lead  => score   | bonus
      50 CNY | unknown    | false => unknown | 0 CNY
      10 CNY | 25%        | true  => 12.5    | 50 CNY
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "shop.yaml").write_text(RULESET, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def missed(*tests: str) -> set[str]:
    report = ke.run_cases(*tests, coverage=True)
    assert report.diagnostics == ()
    assert report.coverage is not None
    (covered,) = report.coverage
    assert (covered.file, covered.points) == ("shop.yaml", len(POINTS))
    return {point.message for point in covered.missed}


def write_test(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text, "utf-8")
    return name


def test_a_case_with_rows_reaches_what_it_computes(folder: Path):
    assert missed(write_test(folder, "rows.test.yaml", ROWS)) == {
        "the piece from 0% to 50% of scale `rate` was never reached",
        "the branch `else 0 CNY` was never taken: `kept` never failed",
        "metric `kept_share` was never unknown",
        "metric `trusted` never failed",
        "`needs` of the score never failed",
        "the case `from 50 CNY` of the scale of the points of item `sales` was never reached",
        "the case `else` of the scale of the points of item `sales` was never reached",
        "the points of item `kept` were never unknown: its `empty` was not asked",
        "the branch `score` was never taken: `lead` never held",
    }


def test_given_values_reach_what_follows_from_them_and_not_their_own_metrics(folder: Path):
    assert missed(write_test(folder, "values.test.yaml", VALUES)) == {
        "the piece from 50% to 100% of scale `rate` was never reached",
        "the branch `amount` was never taken: `kept` never held",
        "the branch `else 0 CNY` was never taken: `kept` never failed",
        "metric `sold` was never computed",
        "metric `kept_share` was never computed",
        "metric `kept_share` was never unknown",
        "the case `from 100 CNY` of the scale of the points of item `sales` was never reached",
        "the branch `else at_most(score, 90)` was never taken: `lead` never failed",
    }


def test_what_any_test_file_reaches_counts(folder: Path):
    names = [
        write_test(folder, "rows.test.yaml", ROWS),
        write_test(folder, "values.test.yaml", VALUES),
    ]
    assert missed(*names) == {
        "the branch `else 0 CNY` was never taken: `kept` never failed",
        "metric `kept_share` was never unknown",
    }


def test_a_case_that_fails_reaches_nothing(folder: Path):
    test = write_test(folder, "rows.test.yaml", ROWS.replace("score: 90", "score: 91"))
    (covered,) = ke.run_cases(test, coverage=True).coverage or ()
    assert {point.message for point in covered.missed} == POINTS


def test_a_missed_point_is_told_at_its_place(folder: Path):
    test = write_test(folder, "rows.test.yaml", ROWS)
    (covered,) = ke.run_cases(test, coverage=True).coverage or ()
    place = {point.message: (point.line, point.column) for point in covered.missed}
    lines = RULESET.splitlines()
    line, column = place["the branch `else 0 CNY` was never taken: `kept` never failed"]
    assert lines[line - 1][column - 1 :] == "0 CNY"
    line, column = place["the piece from 0% to 50% of scale `rate` was never reached"]
    assert lines[line - 1].strip() == "at 0%: 0%"


def test_what_a_child_inherits_counts_where_it_is_written(folder: Path):
    write_test(folder, "child.yaml", "ruleset: child\nextends: shop\nparams: {}\n")
    child = write_test(folder, "child.test.yaml", ROWS.replace("test: shop", "test: child"))
    alone = ke.run_cases(child, coverage=True).coverage
    assert alone is not None
    assert [(each.file, each.points) for each in alone] == [("child.yaml", 0)]
    both = [child, write_test(folder, "values.test.yaml", VALUES)]
    covered = {each.file: each for each in ke.run_cases(*both, coverage=True).coverage or ()}
    assert len(covered["shop.yaml"].missed) == 2


def test_a_ruleset_in_the_folder_that_nothing_tests_is_missed_altogether(folder: Path):
    write_test(folder, "other.yaml", RULESET.replace("ruleset: shop", "ruleset: other"))
    write_test(folder, "rows.test.yaml", ROWS)
    covered = {each.file: each for each in ke.run_cases(".", coverage=True).coverage or ()}
    assert {point.message for point in covered["other.yaml"].missed} == POINTS


@pytest.mark.parametrize(("target", "unknowns"), [("100 CNY", 0), ("0 CNY", 1)])
def test_a_target_above_zero_makes_no_points_unknown(folder: Path, target: str, unknowns: int):
    text = RULESET.replace("rate:\n", f"goal: {target}\n  rate:\n").replace(
        "points: {of: sold, from 100 CNY: 100, from 50 CNY: 60, else: 0}",
        "points: 'attain(sold, goal)'\n      empty: stop",
    )
    write_test(folder, "shop.yaml", text)
    (covered,) = ke.run_cases(".", coverage=True).coverage or ()
    said = "the points of item `sales` were never unknown: its `empty` was not asked"
    assert [point.message for point in covered.missed].count(said) == unknowns


def test_processes_that_share_the_files_report_the_same(folder: Path):
    for number in range(16):
        text = VALUES if number else VALUES.replace("50 CNY\n", "51 CNY\n")
        write_test(folder, f"values{number:02}.test.yaml", text)
    alone, shared = (ke.run_cases(".", coverage=True, jobs=jobs) for jobs in (1, 2))
    assert (alone.passed, alone.failed) == (15, 1)
    assert shared == alone
