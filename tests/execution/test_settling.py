import polars as pl
import pytest
from tests.execution.shop import shop, tables

from kpi_engine.execution.folders import read_results, write_results
from kpi_engine.execution.running import run, score
from kpi_engine.plan.nodes import Plan
from kpi_engine.review.explanation import explain_subject


@pytest.fixture(scope="module")
def plan() -> Plan:
    return shop(
        ("busy_days:", "grade: {value: {of: score, from 50: \"'A'\", else: \"'B'\"}}\n  busy_days:")
    )


PROVISIONAL = {
    "2026-10-25": ["received", "recent", "in_time", "sales", "busy_days", "per_chat", "grade"],
    "2026-11-01": ["in_time", "sales", "per_chat", "grade"],
    "2026-11-02T23:59:59.999999+08:00": ["in_time", "sales", "per_chat", "grade"],
    "2026-11-03": ["sales", "per_chat"],
    "2026-11-04T23:59:59.999999+08:00": ["sales", "per_chat"],
    "2026-11-05": [],
    "2027-01-01": [],
}


@pytest.mark.parametrize("as_of", PROVISIONAL)
def test_a_metric_is_provisional_until_it_and_all_it_is_computed_from_have_settled(plan, as_of):
    result = run(plan, tables(), period="2026-10", as_of=as_of)
    expected = PROVISIONAL[as_of]
    assert sorted(result.receipt["provisional"]) == sorted(expected)
    for name in plan.ruleset.metrics:
        statuses = set(result.subjects[f"metric.{name}.status"])
        assert ("provisional" in statuses) == (name in expected)
        assert not {"ok", "provisional"} <= statuses


def test_a_provisional_value_is_used_and_an_unknown_one_keeps_its_reason(plan):
    final = run(plan, tables(), period="2026-10", as_of="2026-11-05")
    early = run(plan, tables(), period="2026-10", as_of="2026-11-04")
    assert early.subjects["metric.sales"].to_list() == final.subjects["metric.sales"].to_list()
    assert early.subjects["pay"].to_list() == final.subjects["pay"].to_list()
    assert early.receipt["result_hash"] != final.receipt["result_hash"]
    sooner = run(plan, tables(), period="2026-10", as_of="2026-11-02")
    assert sooner.subjects["metric.in_time.status"].to_list() == ["provisional", "no_rows"]


def test_a_note_says_from_which_day_on_each_metric_is_final(plan):
    result = run(plan, tables(), period="2026-10", as_of="2026-11-01")
    notes = [note for note in result.diagnostics if note.code == "K439"]
    said = "provisional as of 2026-11-01T00:00:00+08:00, since rows may still come in: "
    assert [(note.message, note.help) for note in notes] == [
        (f"{said}`in_time`, `grade`", "final in a run as of 2026-11-03 or later"),
        (f"{said}`sales`, `per_chat`", "final in a run as of 2026-11-05 or later"),
    ]
    assert [note["code"] for note in result.receipt["notes"]].count("K439") == 2
    again = run(plan, tables(), period="2026-10", as_of="2026-11-03")
    assert "in_time" not in again.receipt["provisional"]


def test_the_day_from_which_a_metric_is_final_is_one_on_which_it_is():
    late = shop(
        ("zone: Asia/Shanghai", "zone: America/Sao_Paulo"), ("settles: 4 days", "settles: 8 days")
    )
    given = {
        name: rows.with_columns(pl.col(pl.String).str.replace("2026-1", "2018-1"))
        for name, rows in tables().items()
    }
    early = run(late, given, period="2018-10", as_of="2018-11-08")
    note = next(note for note in early.diagnostics if note.code == "K439")
    day = str(note.help).split("as of ")[1].split(" ")[0]
    assert "sales" in early.receipt["provisional"]
    assert run(late, given, period="2018-10", as_of=day).receipt["provisional"] == []


def test_facts_are_never_provisional_and_score_like_a_settled_run(plan):
    early = run(plan, tables(), period="2026-10", as_of="2026-11-04")
    assert early.facts is not None
    assert "provisional" not in set(early.facts["status"])
    roster = {name: tables()[name] for name in ("agents", "teams", "marks")}
    scored = score(plan, early.facts, period="2026-10", tables=roster)
    assert scored.receipt["provisional"] == []
    assert scored.receipt["as_of"] == "2026-11-05T00:00:00+08:00"
    assert scored.subjects["pay"].to_list() == early.subjects["pay"].to_list()


def test_an_explanation_says_that_a_value_is_not_final(plan, tmp_path):
    write_results(run(plan, tables(), period="2026-10", as_of="2026-11-04"), tmp_path / "out")
    explained = explain_subject(read_results(tmp_path / "out"), "a1")
    shown = {metric.name: metric for metric in explained.metrics}
    assert (shown["sales"].status, shown["sales"].shown) == ("provisional", "100.00 CNY")
    assert shown["sales"].reason == "rows may still come in"
    assert shown["received"].reason is None
