"""Cases that give the months before their own."""

import pytest

import kpi_engine as ke

RULES = """
ruleset: h
zone: Asia/Shanghai
currency: CNY
subject: {from: agents, key: [shop_id, agent_id]}
groups: {year: [shop_id, agent_id, year]}
tables:
  agents: {key: [shop_id, agent_id], columns: {shop_id: text, agent_id: text}}
  marks: {key: [shop_id, agent_id], columns: {shop_id: text, agent_id: text, score: number}}
metrics:
  不合格月数: count(score < 70, year)
  连续不合格: longest_run(score < 70, year)
  年终奖资格: not (连续不合格 >= 3 or 不合格月数 >= 4)
score: {empty: stop, items: {mark: {points: marks.score}}}
"""
CASES = """
test: h
period: 2016-12
given:
  agents: |
    shop_id | agent_id
    S | 小李
    S | 小王
cases:
  - name: D4
    for: 小李
    history: {score: [68, 69, 65, 80, 80, 80, 80, 80, 80, 80, 80]}
    given:
      marks: |
        shop_id | agent_id | score
        S | 小李 | 80
    expect: {年终奖资格: false, 连续不合格: 3}
  - name: two
    history: {小李: {score: [69, 69, 80, unknown]}, 小王: {score: [69,80,69]}}
    given:
      marks: |
        shop_id | agent_id | score
        S | 小李 | 69
        S | 小王 | 69
    expect: {小李: {年终奖资格: true, 连续不合格: 2, 不合格月数: 3}, 小王: {年终奖资格: true, 不合格月数: 3}}
  - name: given
    for: 小李
    history: {score: [68, 69]}
    table: |
      score => 不合格月数 | 年终奖资格
      65    => 3 | false
      70    => 2 | true
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "h.yaml").write_text(RULES, encoding="utf-8")
    return tmp_path


def _report(folder, cases):
    (folder / "h.test.yaml").write_text(cases, encoding="utf-8")
    return ke.run_cases(folder)


def _codes(report):
    return [finding.code for finding in report.diagnostics]


def test_cases_see_the_months_they_give(folder):
    report = _report(folder, CASES)
    assert (report.passed, report.failed, _codes(report)) == (3, 0, [])


def test_a_case_fails_where_the_months_before_say_otherwise(folder):
    report = _report(folder, CASES.replace("[68, 69, 65,", "[68, 70, 65,"))
    assert (report.passed, report.failed) == (2, 1)
    assert set(_codes(report)) == {"K530"}


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("history: {scor: [68, 69]}", "K534"),
        ("history: {score: [60 CNY]}", "K525"),
        ("history: {score: [68.1234567891]}", "K526"),
        ("history: {score: 68}", "K504"),
        ("history: {小赵: {score: [68]}}", "K527"),
    ],
)
def test_months_that_cannot_be_are_refused_where_they_are_written(folder, written, code):
    report = _report(folder, CASES.replace("history: {score: [68, 69]}", written))
    assert set(_codes(report)) == {code}


def test_months_of_nobody_need_a_subject(folder):
    report = _report(
        folder,
        CASES.replace(
            "    for: 小李\n    history: {score: [68, 69]}", "    history: {score: [68, 69]}"
        ),
    )
    assert set(_codes(report)) == {"K504"}
