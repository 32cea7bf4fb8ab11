"""Cases of a shop whose rows come late, are matched, and look into other tables."""

from pathlib import Path

import pytest
from tests.execution.shop import SHOP

from kpi_engine.review.cases import CaseReport, run_case_files
from kpi_engine.text.render import render_text

CASES = """\
test: test/shop
period: 2026-10
as_of: 2026-11-03
given:
  agents: |
    shop_id | agent_id | team_id | since      | wage
    S1      | a1       | t1      | 2025-01-01 | 1000.00
    S1      | a2       | t9      | 2025-01-01 | 1500.00
  teams: |
    team_id | bonus
    t1      | 20.00
  marks: |
    shop_id | agent_id | period  | item      | points
    S1      | a1       | 2026-10 | knowledge | 80
    S1      | a1       | 2026-09 | knowledge | 10
  calendar: |
    shop_id | day        | closed
    S1      | 2026-10-04 | true
cases:
  - name: rows that come late
    given:
      chats: |
        chat_id | shop_id | agent_id | buyer_id | at               | recorded_at      | wait
        c1      | S1      | a1       | b1       | 2026-10-01 09:00 |                  | 50
        c2      | S1      | a1       | b1       | 2026-10-04 09:00 |                  | 50
        c3      | S1      | a1       | b1       | 2026-10-31 09:00 | 2026-11-02 23:59 |
        c4      | S1      | a1       | b1       | 2026-10-31 09:00 | 2026-11-03 00:00 | 5
        c5      | S1      | a2       | b2       | 2026-10-31 09:00 |                  |
      orders: |
        order_id | shop_id | buyer_id | paid_on    | amount
        o1       | S1      | b1       | 2026-10-02 | 10.00
        o2       | S1      | b2       | 2026-10-02 | 0.50
        o3       | S1      | b9       | 2026-10-02 | 10.00
    expect:
      a1: {received: 2, received.status: ok, in_time: 1, sales: 20.00 CNY, sales.status: provisional, score: 92, pay: 1020.00 CNY, pay.status: ok}
      a2: {in_time: unknown, in_time.status: no_rows, score.status: no_points, pay.status: held, per_chat.status: provisional}
    rows:
      chats: {in_window: 4, outside: 1, accepted: 4, dropped: {closed: 1, test: 0}}
      sold: {in_window: 3, unmatched: 1, dropped: {small: 1}}
      days: {accepted: 3}
      in_time: {filtered: 3, filtered_by: {closed: 1, where: 2, test: 0}}
  - name: what an agent looks up
    for: a1
    table: |
      team_id | in_time => bonus     | score | score.status | knowledge
      t1      | 50%     => 20.00 CNY | 62    | ok           | 80
      t7      | 50%     => 10.00 CNY | 62    | ok           | 80
      t1      | 10%     => 0 CNY     | 38    | ok           | 80
  - name: what nobody looks up
    table: |
      team_id | score | wage     => bonus     | pay       | sales.status
      t1      | 50    | 5.00 CNY => 20.00 CNY | 25.00 CNY | provisional
      t8      | 50    | 5.00 CNY => 10.00 CNY | 15.00 CNY | provisional
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.yaml").write_text(SHOP, "utf-8")
    (tmp_path / "shop.test.yaml").write_text(CASES, "utf-8")
    return tmp_path


def changed(folder: Path, old: str, new: str) -> CaseReport:
    assert CASES.count(old) == 1, CASES.count(old)
    (folder / "shop.test.yaml").write_text(CASES.replace(old, new), "utf-8")
    return run_case_files([Path("shop.test.yaml")])


@pytest.mark.usefixtures("folder")
def test_what_is_late_matched_looked_up_and_counted_can_be_expected():
    report = run_case_files([Path("shop.test.yaml")])
    assert render_text(report.diagnostics) == ""
    assert (report.passed, report.failed) == (3, 0)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("received.status: ok", "received.status: provisional"),
        ("sales.status: provisional", "sales.status: ok"),
        ("in_time.status: no_rows", "in_time.status: unknown"),
        ("score.status: no_points", "score.status: unknown"),
        ("pay.status: held", "pay.status: ok"),
        ("outside: 1", "outside: 2"),
        ("dropped: {closed: 1, test: 0}", "dropped: {closed: 2, test: 0}"),
        ("unmatched: 1", "unmatched: 0"),
        ("dropped: {small: 1}", "dropped: {small: 0}"),
        ("days: {accepted: 3}", "days: {accepted: 4}"),
        ("filtered_by: {closed: 1, where: 2", "filtered_by: {closed: 1, where: 1"),
        ("t7      | 50%     => 10.00 CNY", "t7      | 50%     => 20.00 CNY"),
        ("t8      | 50    | 5.00 CNY => 10.00 CNY", "t8      | 50    | 5.00 CNY => 20.00 CNY"),
        ("2026-10-02 | 0.50", "2026-10-02 | 1.00"),
        ("2026-11-02 23:59", "2026-11-03 23:59"),
    ],
)
def test_what_differs_in_the_least_fails_its_case_alone(folder, right, wrong):
    report = changed(folder, right, wrong)
    assert (report.passed, report.failed) == (2, 1)
    assert {finding.code for finding in report.diagnostics} <= {"K530", "K531"}


def test_the_status_unknown_is_a_word_and_not_an_unknown_status(folder):
    report = changed(folder, "in_time.status: no_rows", "in_time.status: unknown")
    assert [finding.message for finding in report.diagnostics] == [
        "case `rows that come late`: `in_time.status` of `a2` is `'no_rows'`, `'unknown'` was expected"
    ]


@pytest.mark.parametrize(
    ("right", "wrong", "code", "place"),
    [
        ("as_of: 2026-11-03", "as_of: 2026-11-03 09:00", "K435", "2026-11-03 09:00"),
        ("received.status: ok", "received.status: oke", "K237", "oke"),
        ("received.status: ok", "recieved.status: ok", "K520", "recieved.status"),
        ("unmatched: 1", "unmached: 1", "K524", "unmached"),
        ("dropped: {small: 1}", "dropped: {smal: 1}", "K524", "smal"),
        ("where: 2, test: 0", "where: 2, tset: 0", "K524", "tset"),
        ("dropped: {small: 1}", "dropped: [small]", "K504", "[small]"),
        ("days: {accepted: 3}", "days: 3", "K504", "3"),
        ("2026-09 | knowledge", "2026-9 | knowledge", "K517", "2026-9"),
    ],
)
def test_what_is_wrong_is_said_at_its_place(folder, right, wrong, code, place):
    report = changed(folder, right, wrong)
    spans = [finding.span for finding in report.diagnostics if finding.code == code]
    assert {finding.code for finding in report.diagnostics} == {code}
    for span in spans:
        assert span is not None
        assert span.source.text[span.start : span.end] == place


def test_a_case_looks_at_the_data_when_all_has_settled_unless_it_says_otherwise(folder):
    report = changed(folder, "as_of: 2026-11-03\n", "")
    messages = [finding.message for finding in report.diagnostics]
    assert any("`received` of `a1` is `3`" in message for message in messages)
    assert any("`sales.status` of `a1` is `'ok'`" in message for message in messages)


def test_a_roster_column_by_which_something_is_looked_up_is_asked_for(folder):
    report = changed(
        folder,
        "team_id | score | wage     => bonus     | pay       | sales.status\n"
        "      t1      | 50    | 5.00 CNY => 20.00 CNY | 25.00 CNY | provisional\n"
        "      t8      | 50    | 5.00 CNY => 10.00 CNY | 15.00 CNY | provisional\n",
        "score | wage     => bonus\n      50    | 5.00 CNY => 20.00 CNY\n",
    )
    assert [(finding.code, "`team_id`" in finding.message) for finding in report.diagnostics] == [
        ("K529", True)
    ]
