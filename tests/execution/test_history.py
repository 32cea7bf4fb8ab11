"""Earlier results as history: read as they are, checked, and said where they are missing."""

import shutil
from decimal import Decimal

import polars as pl
import pytest

import kpi_engine as ke
from kpi_engine.text.errors import DataError

RULES = """
ruleset: t/history
zone: Asia/Shanghai
currency: CNY
subject: {from: agents, key: [shop_id, agent_id]}
groups:
  year: [shop_id, agent_id, year]
  quarter: {key: [shop_id, agent_id], window: 3 months}
  ever: [shop_id, agent_id]
tables:
  agents: {key: [shop_id, agent_id], columns: {shop_id: text, agent_id: text}}
  marks:
    key: [shop_id, agent_id, period]
    dated: period
    columns: {shop_id: text, agent_id: text, period: month, score: number, sales: money}
metrics:
  mark: {from: marks, value: sum(score)}
  sales: {from: marks, value: sum(sales)}
  bad_months: count(score < 70, year)
  worst_run: longest_run(score < 70, year)
  quarter_sales: sum(sales, quarter)
  best: max(score, ever)
  growth: sales - previous.sales
  bonus: not (worst_run >= 3 or bad_months >= 4)
score: {empty: stop, items: {mark: {points: mark}}}
pay: {lines: {bonus: 100 CNY if bonus else 0 CNY}}
"""
AGENTS = pl.DataFrame({"shop_id": ["S", "S"], "agent_id": ["A", "B"]})


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    path = tmp_path_factory.mktemp("rules") / "history.yaml"
    path.write_text(RULES, encoding="utf-8")
    return ke.compile(ke.load(path))


def _tables(period, scores, sales=(100, 200)):
    names = {"shop_id": ["S", "S"], "agent_id": ["A", "B"], "period": [period, period]}
    return {"agents": AGENTS, "marks": pl.DataFrame({**names, "score": scores, "sales": sales})}


def _year(plan, folder, marks, *, year=2026):
    """The results of a year, month after month, each written beside those before it."""
    results: list[ke.Results] = []
    for month, scores in enumerate(marks, 1):
        period = f"{year}-{month:02}"
        earlier = folder if results else None
        results.append(ke.run(plan, _tables(period, scores), period=period, history=earlier))
        ke.write_results(results[-1], folder / period)
    return results


def _values(results, name):
    return results.subjects[f"metric.{name}"].to_list()


def test_a_year_of_scores_decides_the_bonus_at_its_end(plan, tmp_path):
    # three in a row below 70; four of them, no two in a row
    first = [68, 69, 65, *[80] * 9]
    second = [69, 80, 69, 80, 69, 80, 69, 80, 80, 80, 80, 80]
    last = _year(plan, tmp_path, zip(first, second, strict=True))[-1]
    assert _values(last, "worst_run") == [3, 1]
    assert _values(last, "bad_months") == [3, 4]
    assert _values(last, "bonus") == [False, False]


def test_what_does_not_reach_the_limits_keeps_the_bonus(plan, tmp_path):
    first = [69, 69, 80, 69, *[80] * 8]
    second = [70] * 12
    last = _year(plan, tmp_path, zip(first, second, strict=True))[-1]
    assert _values(last, "worst_run") == [2, 0]
    assert _values(last, "bad_months") == [3, 0]
    assert _values(last, "bonus") == [True, True]


def test_a_year_is_counted_by_itself(plan, tmp_path):
    _year(plan, tmp_path, [[80, 80]] * 10 + [[69, 69]] * 2)
    tables = _tables("2027-01", [69, 80])
    january = ke.run(plan, tables, period="2027-01", history=tmp_path)
    assert _values(january, "worst_run") == [1, 0]
    assert _values(january, "best") == [80, 80]


def test_a_window_holds_the_period_and_the_months_before_it(plan, tmp_path):
    results = _year(plan, tmp_path, [[80, 80]] * 5)
    assert [_values(each, "quarter_sales")[0] for each in results] == [
        10_000, 20_000, 30_000, 30_000, 30_000
    ]  # fmt: skip


def test_the_month_before_is_the_one_before_and_no_other(plan, tmp_path):
    results = _year(plan, tmp_path, [[80, 80]] * 2)
    assert _values(results[0], "growth") == [None, None]
    assert _values(results[1], "growth") == [0, 0]
    march = ke.run(plan, _tables("2026-04", [80, 80]), period="2026-04", history=tmp_path)
    assert _values(march, "growth") == [None, None]
    assert [n.code for n in march.diagnostics if n.code == "K498"] == ["K498"]
    assert "2026-03" in next(n.message for n in march.diagnostics if n.code == "K498")


def test_later_results_and_this_month_again_are_no_history(plan, tmp_path):
    _year(plan, tmp_path, [[60, 60]] * 6)
    march = ke.run(plan, _tables("2026-03", [80, 60]), period="2026-03", history=tmp_path)
    assert _values(march, "bad_months") == [2, 3]
    assert [each["period"] for each in march.receipt["history"]] == ["2026-01", "2026-02"]


def test_results_a_folder_and_a_frame_are_the_same_history(plan, tmp_path):
    earlier = _year(plan, tmp_path, [[60, 80]] * 3)
    tables = _tables("2026-04", [60, 80])
    frame = pl.concat([each.subjects for each in earlier])
    named = frame.select("shop_id", "agent_id", "period", "score", "metric.sales")
    hashes = {
        ke.run(plan, tables, period="2026-04", history=history).receipt["result_hash"]
        for history in (tmp_path, earlier, frame, named.reverse())
    }
    assert len(hashes) == 1


def test_one_result_by_itself_is_a_history(plan):
    before = ke.run(plan, _tables("2026-01", [60, 90]), period="2026-01")
    alone, listed = (
        ke.run(plan, _tables("2026-02", [65, 80]), period="2026-02", history=history)
        for history in (before, [before])
    )
    assert alone.subjects.equals(listed.subjects)
    assert alone.subjects["metric.bad_months"].to_list() == [2, 0]


def test_scores_may_be_given_as_whole_numbers(plan):
    history = pl.DataFrame(
        {
            "shop_id": ["S"] * 3,
            "agent_id": ["A"] * 3,
            "period": ["2016-01", "2016-02", "2016-03"],
            "score": [68, 69, 65],
            "metric.sales": [1, 2, None],
        }
    )
    results = ke.run(plan, _tables("2016-04", [80, 80]), period="2016-04", history=history)
    assert _values(results, "worst_run") == [3, 0]
    assert _values(results, "quarter_sales")[0] == 10_002
    assert _values(results, "best") == [80, 80]


def _codes(plan, history):
    with pytest.raises(DataError) as refused:
        ke.run(plan, _tables("2026-04", [80, 80]), period="2026-04", history=history)
    return [diagnostic.code for diagnostic in refused.value.diagnostics]


def _history(**columns):
    usual = {
        "shop_id": ["S"],
        "agent_id": ["A"],
        "period": ["2026-03"],
        "score": [Decimal("70.00")],
        "metric.sales": [1],
    }
    return pl.DataFrame({**usual, **columns})


def test_a_history_that_cannot_be_used_is_refused_with_every_reason(plan, tmp_path):
    assert _codes(plan, tmp_path) == ["K491"]
    assert _codes(plan, _history().drop("score", "period")) == ["K494", "K494"]
    assert _codes(plan, _history(score=[70.5], **{"metric.sales": ["1"]})) == ["K495", "K495"]
    assert _codes(plan, _history(period=["March"])) == ["K495"]
    assert _codes(plan, _history(period=[None])) == ["K495"]
    assert _codes(plan, pl.concat([_history()] * 2)) == ["K496"]
    assert _codes(plan, _history(**{"metric.sales": [2**62]})) == ["K497"]


def test_two_different_results_of_one_month_are_refused(plan, tmp_path):
    _year(plan, tmp_path / "once", [[60, 80]])
    other = _year(plan, tmp_path / "again", [[61, 80]])
    ke.write_results(other[0], tmp_path / "once" / "corrected")
    assert _codes(plan, tmp_path / "once") == ["K492"]


def test_a_ruleset_that_reads_no_earlier_month_refuses_history(tmp_path):
    lines = [line for line in RULES.splitlines() if not any(w in line for w in _READ_HISTORY)]
    path = tmp_path / "present.yaml"
    path.write_text("\n".join(lines).replace("bonus if", "mark > 5 if"), encoding="utf-8")
    plan = ke.compile(ke.load(path))
    assert _codes(plan, _history()) == ["K490"]


_READ_HISTORY = ("year", "quarter", "ever", "previous", "not (", "pay:", "groups")


def test_results_without_a_new_metric_are_unknown_there_and_it_is_said(plan, tmp_path):
    results = _year(plan, tmp_path, [[60, 80]] * 2)
    lacking = results[1].subjects.drop("metric.sales")
    partial = [results[0], ke.Results(lacking, *_rest(results[1]))]
    april = ke.run(plan, _tables("2026-03", [80, 80]), period="2026-03", history=partial)
    assert _values(april, "quarter_sales") == [20_000, 40_000]
    said = [note.message for note in april.diagnostics if note.code == "K493"]
    assert said == ["results of 2026-02 do not tell `sales`: it is unknown there"]


def _rest(results):
    return results.lines, results.rejects, results.receipt


def test_a_receipt_is_verified_with_the_results_it_read(plan, tmp_path):
    results = _year(plan, tmp_path, [[60, 80]] * 2)
    out = tmp_path / "2026-02"
    tables = _tables("2026-02", [60, 80])
    assert ke.verify(out, tables).result_hash == results[1].receipt["result_hash"]
    ke.write_results(_year(plan, tmp_path / "other", [[60, 60]])[0], tmp_path / "2026-01")
    changed = ke.verify(out, tables)
    assert changed.verdict == "differs"
    assert {"K485", "K489"} <= {finding.code for finding in changed.diagnostics}
    by_hand = ke.verify(out, tables, results[:1])
    assert by_hand.verdict == "verified"
    shutil.rmtree(tmp_path / "2026-01")
    gone = ke.verify(out, tables)
    assert gone.verdict == "could_not_run"
    assert "K452" in {finding.code for finding in gone.diagnostics}
