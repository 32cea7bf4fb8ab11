"""The rows behind a metric: which there are, in which order, what became of them, what they bring."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl
import pytest

import kpi_engine as ke

RULESET = """\
ruleset: shop
zone: Asia/Shanghai
currency: CNY
subject: {from: agents, key: agent_id, where: role == 'agent'}
params: {goal: 50%}
tables:
  agents: {key: agent_id, columns: {agent_id: text, role: text, wage: money}}
  rounds:
    key: round_id
    dated: asked_at
    columns:
      round_id: text
      agent_id: text
      asked_at: optional datetime
      wait: optional int
      kind: optional text
      value: optional money
    add: {late: 'default(wait > 30, false)'}
    drop: {bots: kind == 'bot', calls: kind == 'call'}
  days:
    from: rounds
    per: [agent_id, day]
    add: {asked: count(), worth: sum(value)}
metrics:
  response_rate: {from: rounds, where: kind == 'chat', value: share(not late)}
  waited: {from: rounds, value: mean(wait)}
  middle: {from: rounds, value: median(wait)}
  worth: {from: rounds, value: sum(value)}
  worth_each: {from: rounds, value: sum(value) / count()}
  worth_by_wait: {from: rounds, value: sum(value) / sum(value - 2 * value)}
  kinds: {from: rounds, value: distinct(kind)}
  mixed: {from: rounds, value: max(wait) - min(wait)}
  newest: {from: rounds, latest: 2 rows, value: share(late)}
  busiest: {from: days, value: max(asked)}
  first: {from: rounds, value: min(asked_at)}
  gap: {value: waited - middle}
  extra: {value: wage * 2}
  good: {value: 'default(score > 50, false)'}
score:
  items: {speed: {points: 100 * response_rate, empty: skip}}
"""
GROUPED = """\
ruleset: grouped
zone: UTC
currency: CNY
subject: {from: agents, key: [shop_id, agent_id]}
groups: {shop: [shop_id, period], team: [team, period]}
tables:
  agents: {key: [shop_id, agent_id], columns: {shop_id: text, agent_id: text, team: text}}
  rounds:
    key: id
    columns: {id: text, shop_id: text, agent_id: text, team: text, in_time: bool}
metrics:
  rate: {from: rounds, value: share(in_time)}
  over_shop: rate - shop.rate
  over_team: rate - team.rate
"""
ROUNDS = pl.DataFrame(
    [
        ("8", "A", "2026-10-03 09:00", 10, "chat", "1.00"),
        ("1", "A", "2026-10-03 09:00", 31, "chat", "2.50"),
        ("2", "A", "2026-10-01 00:00", 20, "chat", "3.00"),
        ("3", "A", "2026-10-02 09:00", None, "chat", "4.00"),
        ("4", "A", "2026-10-02 10:00", 40, "note", "5.00"),
        ("5", "A", "2026-10-02 11:00", 40, "bot", "6.00"),
        ("6", "A", "2026-10-04 09:00", 40, None, None),
        ("7", "A", "2026-09-30 23:59", 40, "chat", "7.00"),
        ("9", "A", None, 40, "chat", "8.00"),
        ("a", "B", "2026-10-03 09:00", 40, "chat", "9.00"),
        ("b", "nobody", "2026-10-03 09:00", 40, "chat", "10.00"),
    ],
    schema=["round_id", "agent_id", "asked_at", "wait", "kind", "value"],
    orient="row",
)
AGENTS = pl.DataFrame(
    {"agent_id": ["A", "B", "C"], "role": ["agent", "agent", "lead"], "wage": ["1", "2", "3"]}
)
TABLES = {"agents": AGENTS, "rounds": ROUNDS}


@pytest.fixture
def plan(tmp_path: Path) -> ke.Plan:
    path = tmp_path / "shop.yaml"
    path.write_text(RULESET, "utf-8")
    return ke.compile(ke.load(path))


def of_a(plan: ke.Plan, metric: str, subject: str = "A") -> ke.MetricEvidence:
    found = ke.evidence(plan, TABLES, period="2026-10", subject=subject, metric=metric)
    assert list(found.metrics) == [metric]
    return found.metrics[metric]


def facts_of(plan: ke.Plan, metric: str) -> Mapping[str, object]:
    facts = ke.run(plan, TABLES, period="2026-10").facts
    assert facts is not None
    chosen = (pl.col("agent_id") == "A") & (pl.col("metric") == metric)
    return facts.filter(chosen).row(0, named=True)


def test_every_candidate_has_its_verdict_by_clock_then_key(plan):
    found = of_a(plan, "response_rate")
    assert found.rows.select("round_id", "verdict", "filtered_by", "numerator").rows() == [
        ("2", "used", None, 1),
        ("3", "used", None, 1),
        ("4", "filtered", "where", None),
        ("5", "filtered", "bots", None),
        ("1", "used", None, 0),
        ("8", "used", None, 1),
        ("6", "unknown", None, None),
    ]
    assert (found.used, found.unknown, found.filtered) == (4, 1, 2)
    assert found.filtered_by == {"bots": 1, "calls": 0, "where": 1}
    assert (found.num, found.den, found.shown) == (3, 4, "75%")
    assert (found.table, found.kind, found.status) == ("rounds", "ratio", "ok")
    assert (found.rule.text, found.where and found.where.text) == (
        "share(not late)",
        "kind == 'chat'",
    )


def test_columns_are_those_of_the_table_and_what_the_metric_reads(plan):
    rows = of_a(plan, "response_rate").rows
    declared = ["round_id", "agent_id", "asked_at", "wait", "kind", "value"]
    added = ["late", "verdict", "filtered_by", "numerator", "denominator"]
    assert rows.columns == [*declared, *added]
    assert rows.schema["asked_at"] == pl.Datetime("us", "UTC")
    assert "late" not in of_a(plan, "worth").rows.columns


@pytest.mark.parametrize("metric", ["response_rate", "worth", "waited", "worth_each", "newest"])
def test_what_rows_bring_adds_up_to_the_fact(plan, metric):
    found, fact = of_a(plan, metric), facts_of(plan, metric)
    assert (found.num, found.den, found.used) == (fact["num"], fact["den"], fact["n"])
    assert found.rows["numerator"].sum() == fact["num"]
    constant = metric == "worth"
    assert found.rows["denominator"].sum() == (0 if constant else fact["den"])
    assert found.rows.filter(pl.col("verdict") != "used")["numerator"].null_count() == (
        found.unknown + found.filtered
    )


def test_a_divisor_below_zero_changes_the_sign_of_both(plan):
    found, fact = of_a(plan, "worth_by_wait"), facts_of(plan, "worth_by_wait")
    assert (fact["num"], fact["den"]) == (-1550, 1550)
    assert found.rows["numerator"].sum() == -1550
    assert found.rows["denominator"].sum() == 1550


def test_what_does_not_add_up_shows_the_value_of_every_used_row(plan):
    found = of_a(plan, "middle")
    assert "numerator" not in found.rows.columns
    assert sorted(found.rows["value"].drop_nulls()) == [10, 20, 31, 40, 40]
    assert found.shown == "31"
    assert found.rows["rounds.value"].null_count() == 1
    assert of_a(plan, "kinds").rows["value"].to_list().count("chat") == 4
    both = of_a(plan, "mixed").rows
    assert [name for name in both.columns if name.startswith("value")] == ["value"]
    assert of_a(plan, "first").rows["value"].drop_nulls().len() == 6


def test_older_rows_are_filtered_by_latest(plan):
    found = of_a(plan, "newest")
    assert found.rows.filter(pl.col("verdict") == "used")["round_id"].to_list() == ["1", "6"]
    assert found.filtered_by == {"bots": 1, "calls": 0, "latest": 4}
    assert found.unknown == 0


def test_a_made_table_shows_its_key_and_what_is_read(plan):
    found = of_a(plan, "busiest")
    assert found.rows.columns == ["agent_id", "day", "asked", "verdict", "filtered_by", "value"]
    assert found.rows["value"].to_list() == [1, 2, 2, 1]
    assert found.shown == "2"


def test_a_metric_of_metrics_has_the_rows_behind_each(plan):
    found = ke.evidence(plan, TABLES, period="2026-10", subject="A", metric="gap")
    assert list(found.metrics) == ["waited", "middle"]
    assert found.rule.text == "waited - middle"
    by_score = ke.evidence(plan, TABLES, period="2026-10", subject="A", metric="good")
    assert list(by_score.metrics) == ["response_rate"]


@pytest.mark.parametrize(("group", "ids"), [("shop", "1234"), ("team", "13")])
def test_a_metric_measured_over_a_group_has_the_rows_of_all_of_it(tmp_path, group, ids):
    path = tmp_path / "shop.yaml"
    path.write_text(GROUPED, "utf-8")
    plan = ke.compile(ke.load(path))
    agents = {"shop_id": ["S", "S", "T"], "agent_id": ["A", "B", "C"], "team": ["x", "y", "x"]}
    rounds = {
        "id": ["4", "3", "2", "1", "5"],
        "shop_id": ["S", "S", "S", "S", "T"],
        "agent_id": ["nobody", "A", "B", "A", "C"],
        "team": ["y", "x", "y", "x", "z"],
        "in_time": [False, True, False, True, True],
    }
    tables = {"agents": pl.DataFrame(agents), "rounds": pl.DataFrame(rounds)}
    found = ke.evidence(plan, tables, period="2026-10", subject="A", metric=f"over_{group}")
    assert list(found.metrics) == ["rate", f"{group}.rate"]
    assert found.metrics["rate"].rows["id"].to_list() == ["1", "3"]
    of_group = found.metrics[f"{group}.rate"]
    assert of_group.rows["id"].to_list() == list(ids)
    subjects = ke.run(plan, tables, period="2026-10").subjects
    fraction = subjects.filter(pl.col("agent_id") == "A").select(
        pl.col(f"metric.{group}.rate.num", f"metric.{group}.rate.den")
    )
    assert of_group.rows.select("numerator", "denominator").sum().row(0) == fraction.row(0)


def test_rows_the_run_does_not_see_are_not_there(plan):
    found = ke.evidence(
        plan, TABLES, period="2026-10", subject="A", metric="worth", as_of="2026-10-02"
    )
    assert found.metrics["worth"].rows["round_id"].to_list() == ["2"]
    assert found.metrics["worth"].status == "provisional"
    assert found.as_of == "2026-10-02T00:00:00+08:00"


def test_a_subject_without_rows_has_empty_evidence(plan):
    tables = {**TABLES, "rounds": ROUNDS.filter(pl.col("agent_id") != "B")}
    found = ke.evidence(plan, tables, period="2026-10", subject="B", metric="response_rate")
    part = found.metrics["response_rate"]
    assert (part.rows.height, part.status, part.shown) == (0, "no_rows", "unknown")


@pytest.mark.parametrize(
    ("subject", "metric", "code", "message", "fix"),
    [
        ("A", "respons_rate", "K547", "unknown metric `respons_rate`", "`response_rate`?"),
        ("C", "worth", "K546", "the roster `agents` has no subject `C` in 2026-10", None),
        ("A", "extra", "K548", "comes from no rows but from `wage * 2`", "ask for `response_rate`"),
    ],
)
def test_what_has_no_rows_is_refused(plan, subject, metric, code, message, fix):
    with pytest.raises(ke.DataError) as error:
        ke.evidence(plan, TABLES, period="2026-10", subject=subject, metric=metric)
    (finding,) = error.value.diagnostics
    assert finding.code == code
    assert message in finding.message
    assert (fix or "") in (finding.help or "")


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_rows_are_written_whole(plan, tmp_path, suffix):
    found = ke.evidence(plan, TABLES, period="2026-10", subject="A", metric="gap")
    files = ke.write_evidence(found, tmp_path / f"gap.{suffix}")
    assert [file.name for file in files] == [f"gap.waited.{suffix}", f"gap.middle.{suffix}"]
    read = pl.read_parquet if suffix == "parquet" else pl.read_csv
    for file, part in zip(files, found.metrics.values(), strict=True):
        assert read(file).columns == part.rows.columns
        assert read(file).height == part.rows.height


@pytest.mark.parametrize(("file", "code"), [("gap.xlsx", "K549"), ("no/folder/gap.csv", "K451")])
def test_a_file_that_cannot_be_written_is_refused(plan, tmp_path, file, code):
    found = ke.evidence(plan, TABLES, period="2026-10", subject="A", metric="gap")
    with pytest.raises(ke.DataError) as error:
        ke.write_evidence(found, tmp_path / file)
    assert [finding.code for finding in error.value.diagnostics] == [code]
