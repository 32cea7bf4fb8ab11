import random
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from kpi_engine.execution.folders import read_results, write_results
from kpi_engine.execution.results import Results
from kpi_engine.execution.running import run, score
from kpi_engine.plan.compiling import compile_ruleset
from kpi_engine.text.errors import DataError

RULESET = """\
ruleset: test/team
zone: Asia/Shanghai
currency: CNY
subject: {from: agents, key: [shop_id, agent_id], where: "role == 'seller'"}
params:
  target: 10
  commission: {else: 0.5%, from 500 CNY: 0.8%}
tables:
  agents:
    key: [shop_id, agent_id]
    columns: {shop_id: text, agent_id: text, wage: money, role: seller | lead}
  chats:
    key: id
    dated: at
    columns: {id: text, shop_id: text, agent_id: optional text, at: optional datetime, good: bool, wait: optional number}
    drop: {short: wait < 1}
  orders:
    key: id
    dated: paid_on
    columns: {id: text, shop_id: text, agent_id: text, paid_on: date, amount: optional money}
  days:
    from: chats
    per: [shop_id, agent_id, day]
    add: {asked: count()}
metrics:
  received: {from: chats, value: count()}
  good_share: {from: chats, value: share(good), min_rows: 3}
  wait: {from: chats, value: mean(wait), better: lower}
  busy: {from: chats, value: count() > 5}
  last: {from: chats, value: max(at)}
  sales: {from: orders, value: sum(amount)}
  busy_days: {from: days, value: count(asked > 1)}
  twice: received * 2
  per_chat: sales / received
  grade: {value: {of: score, from 50: "'A'", else: "'B'"}}
score:
  empty: skip
  items:
    quality: {weight: 60, points: good_share * 100}
    volume:
      weight: 40
      items:
        chats: {points: "attain(received, target)"}
        sales: {points: "attain(sales, 1000 CNY)"}
  then:
    fine: score - 5
pay:
  lines:
    commission: sales * commission(sales)
    wage: wage * score / 100
    by_chat: per_chat * 2
  then:
    floor: at_least(pay, 100 CNY)
"""

MEASURED = ("num", "den", "n", "status")


def tables(seed: int = 1, chats: int = 2500) -> dict[str, pl.DataFrame]:
    """Make a month of events around 2026-10 with every sort of trouble in it."""
    rng = random.Random(seed)
    agents = [("S1", f"a{i}") for i in range(12)]
    rows = [
        {
            "id": f"c{i}",
            "shop_id": "S1",
            "agent_id": rng.choice(["a1", "a2", "a3", "a4", "a5", "gone", None]),
            "at": rng.choice(
                [
                    f"2026-{m}-{d:02} {h:02}:30:00"
                    for m in ("09", "10", "10", "10", "11")
                    for d in (1, 15, 30)
                    for h in (0, 23)
                ]
                + [None, "bad"]
            ),
            "good": rng.choice(["1", "0", "1", "?"] if i % 50 == 0 else ["1", "0"]),
            "wait": rng.choice(["0.5", "12.25", "40", None]),
        }
        for i in range(chats)
    ]
    orders = [
        {
            "id": f"o{i}",
            "shop_id": "S1",
            "agent_id": rng.choice(["a1", "a2", "a3", "gone"]),
            "paid_on": rng.choice(["2026-10-01", "2026-10-31", "2026-09-30", "2026-11-01"]),
            "amount": rng.choice(
                [None, f"{rng.randint(1, 99999) / 100:.2f}", "1.999" if i % 40 == 0 else "1.99"]
            ),
        }
        for i in range(1200)
    ]
    return {
        "agents": pl.DataFrame(
            {
                "shop_id": [s for s, _ in agents],
                "agent_id": [a for _, a in agents],
                "wage": ["2000.00"] * 12,
                "role": ["seller"] * 11 + ["lead"],
            }
        ),
        "chats": pl.DataFrame(rows),
        "orders": pl.DataFrame(orders),
    }


@pytest.fixture
def plan(ruleset_of):
    return compile_ruleset(ruleset_of(RULESET))


def facts_of(result: Results) -> pl.DataFrame:
    assert result.facts is not None
    return result.facts


def codes(error: pytest.ExceptionInfo[DataError]) -> list[str]:
    return [diagnostic.code for diagnostic in error.value.diagnostics]


def test_the_columns_of_a_result_are_those_of_the_contract_in_its_order(plan):
    result = run(plan, tables(), period="2026-10")
    metrics = [
        "received",
        "good_share",
        "wait",
        "busy",
        "last",
        "sales",
        "busy_days",
        "twice",
        "per_chat",
        "grade",
    ]
    assert sorted(plan.ruleset.metrics) == sorted(metrics)
    assert result.subjects.columns == [
        "shop_id", "agent_id", "period",
        *(f"metric.{m}{part}" for m in plan.ruleset.metrics for part in ("", *(f".{p}" for p in MEASURED))),
        "points.quality", "points.volume", "points.volume/chats", "points.volume/sales",
        "part.quality", "part.volume/chats", "part.volume/sales",
        "step.fine", "part.limits", "part.rounding", "score", "score.status",
        "line.commission", "line.wage", "line.by_chat", "line.floor", "pay", "pay.status", "currency",
    ]  # fmt: skip
    assert result.lines.schema == {
        "shop_id": pl.String, "agent_id": pl.String, "period": pl.String, "line": pl.String,
        "amount": pl.Int64, "currency": pl.String, "rule": pl.String, "file": pl.String, "line_number": pl.Int64,
    }  # fmt: skip
    assert result.rejects.schema == {
        "table": pl.String,
        "row": pl.Int64,
        "column": pl.String,
        "reason": pl.String,
    }


def test_no_column_is_a_float_and_money_is_in_whole_minor_units(plan):
    result = run(plan, tables(), period="2026-10")
    schema = result.subjects.schema
    frames = (result.subjects, result.lines, result.rejects, facts_of(result))
    assert not [
        name for frame in frames for name, dtype in frame.schema.items() if dtype.is_float()
    ]
    whole = [
        name
        for name in schema
        if name.startswith("line.") or name in {"pay", "metric.sales", "metric.per_chat"}
    ]
    assert {schema[name] for name in whole} == {pl.Int64}
    assert schema["metric.wait"] == pl.Decimal(38, 9)
    assert schema["metric.last"] == pl.Datetime("us", "UTC")
    assert schema["metric.busy"] == pl.Boolean
    assert schema["metric.grade"] == pl.String
    assert schema["points.volume/chats"] == schema["part.rounding"] == pl.Decimal(38, 6)
    assert schema["score"] == pl.Decimal(38, 2)


def test_shown_numbers_are_the_fractions_beside_them_rounded_half_away(plan):
    rows = run(plan, tables(), period="2026-10").subjects.rows(named=True)
    for row in rows:
        for metric in ("received", "good_share", "wait", "per_chat"):
            value, num, den = (row[f"metric.{metric}{part}"] for part in ("", ".num", ".den"))
            if row[f"metric.{metric}.status"] != "ok":
                assert value is None
                continue
            places = Decimal(1) if metric == "per_chat" else Decimal("1e-9")
            assert Decimal(value) == (Decimal(num) / Decimal(den)).quantize(places, "ROUND_HALF_UP")
        assert row["metric.twice.num"] is row["metric.twice.den"] is row["metric.twice.n"] is None


def test_parts_steps_and_lines_add_up_for_everybody(plan):
    result = run(plan, tables(), period="2026-10")
    for row in result.subjects.rows(named=True):
        if row["score"] is not None:
            assert row["score"] == sum(
                v for k, v in row.items() if k.startswith(("part.", "step.")) and v is not None
            )
        lines = result.lines.filter(pl.col("agent_id") == row["agent_id"])
        assert dict(zip(lines["line"], lines["amount"], strict=True)) == {
            name: row[f"line.{name}"] for name in ("commission", "wage", "by_chat", "floor")
        }
        if row["pay.status"] == "ok":
            assert row["pay"] == lines["amount"].sum()
        else:
            assert row["pay"] is None
            assert row["pay.status"] == "held"
    assert set(result.subjects["pay.status"]) == {"ok", "held"}


def test_everybody_on_the_roster_has_a_row_and_nobody_else(plan):
    subjects = run(plan, tables(), period="2026-10").subjects
    assert subjects["agent_id"].to_list() == sorted(f"a{i}" for i in range(11))


def test_each_line_names_its_rule_and_where_it_is_written(plan):
    result = run(plan, tables(), period="2026-10")
    written = RULESET.splitlines()
    for rule, file, number in result.lines.select("rule", "file", "line_number").unique().rows():
        receipt = result.receipt["rules"][rule]
        assert (receipt["file"], receipt["line"]) == (file, number)
        assert receipt["text"] in written[number - 1]
    assert result.receipt["rules"]["pay.lines.commission"]["params"] == {
        "commission": "{else: 0.5%, from 500 CNY: 0.8%}"
    }
    assert result.receipt["rules"]["score.items.volume/chats"]["params"] == {"target": "10"}


def test_the_accounts_of_every_table_and_metric_add_up(plan):
    given = tables()
    result = run(plan, given, period="2026-10")
    for name, account in result.accounting["tables"].items():
        assert account["in_window"] == account["accepted"] + account["rejected"]
        if name in given:
            assert (
                sum(account[k] for k in ("in_window", "outside", "undated")) == given[name].height
            )
    for name, use in result.accounting["metrics"].items():
        assert use["accepted"] == use["used"] + use["filtered"] + use["unknown"] + use["no_subject"]
        table = plan.ruleset.metrics[name].table
        assert use["accepted"] == result.accounting["tables"][table]["accepted"]
        assert use["used"] == result.subjects[f"metric.{name}.n"].sum()
    assert set(result.accounting["tables"]) == {"agents", "chats", "orders", "days"}


def test_rejected_rows_count_in_the_window_unless_their_clock_lies_outside(plan):
    given = tables(chats=0)
    given["chats"] = pl.DataFrame({
        "id": ["1", "2", "3", "4", "5", "6", "7"], "shop_id": "S1", "agent_id": "a1",
        "at": ["2026-10-01 00:00", "2026-09-30 23:59", "bad", None, "2026-10-31 23:59:59.999999", "2026-11-01 00:00", None],
        "good": ["x", "x", "x", "x", "1", "1", "1"], "wait": None,
    })  # fmt: skip
    account = run(plan, given, period="2026-10").accounting["tables"]["chats"]
    assert account == {
        "in_window": 3, "outside": 2, "undated": 2, "accepted": 1, "rejected": 2,
        "dropped": {"short": 0}, "unmatched": 0,
    }  # fmt: skip


@pytest.mark.parametrize("engine", ["streaming", "in-memory"])
def test_the_result_is_the_same_in_any_order_on_any_engine_in_any_format(
    plan, tmp_path: Path, engine
):
    given = tables()
    expected = run(plan, given, period="2026-10")
    folder = tmp_path / "csv"
    folder.mkdir()
    for name, frame in given.items():
        frame.write_csv(folder / f"{name}.csv")
    assert (
        run(plan, folder, period="2026-10", engine=engine).receipt["result_hash"]
        == expected.receipt["result_hash"]
    )
    for seed in range(5):
        shuffled = {
            name: frame.sample(fraction=1, shuffle=True, seed=seed) for name, frame in given.items()
        }
        for name, frame in shuffled.items():
            frame.write_parquet(tmp_path / f"{name}.parquet")
        for source in (shuffled, tmp_path):
            result = run(plan, source, period="2026-10", engine=engine)
            assert result.receipt["result_hash"] == expected.receipt["result_hash"]
            assert result.accounting == expected.accounting


def test_a_result_survives_the_disk(plan, tmp_path):
    result = run(plan, tables(), period="2026-10")
    write_results(result, tmp_path / "out")
    found = read_results(tmp_path / "out")
    for name in ("subjects", "lines", "rejects"):
        assert getattr(found, name).equals(getattr(result, name))
        assert getattr(found, name).schema == getattr(result, name).schema
    assert found.receipt == result.receipt


def test_the_receipt_says_what_went_in(plan, tmp_path):
    for name, frame in tables().items():
        frame.write_csv(tmp_path / f"{name}.csv")
    receipt = run(plan, tmp_path, period="2026-10").receipt
    assert set(receipt["versions"]) == {"kpi_engine", "polars", "python"}
    assert [layer["name"] for layer in receipt["layers"]] == ["test/team"]
    assert receipt["inputs"]["orders"]["file"] == "orders.csv"
    assert len(receipt["inputs"]["orders"]["sha256"] or "") == 64
    assert receipt["inputs"]["orders"]["rows"] == 1200
    assert (receipt["period"], receipt["as_of"]) == ("2026-10", "2026-11-01T00:00:00+08:00")
    assert receipt["subject"] == {"table": "agents", "key": ["shop_id", "agent_id"]}


@pytest.mark.parametrize("as_of", ["2026-11-03T12:00:00Z", datetime(2026, 11, 3, 12, tzinfo=UTC)])
def test_as_of_is_noted_in_the_zone_of_the_ruleset(plan, as_of):
    assert (
        run(plan, tables(), period="2026-10", as_of=as_of).receipt["as_of"]
        == "2026-11-03T20:00:00+08:00"
    )


def test_a_run_repeated_has_the_same_receipt(plan):
    assert (
        run(plan, tables(), period="2026-10").receipt
        == run(plan, tables(), period="2026-10").receipt
    )


def test_one_empty_table_is_a_note_in_the_receipt(plan):
    given = tables()
    result = run(plan, {**given, "orders": given["orders"].head(0)}, period="2026-10")
    assert [note["code"] for note in result.receipt["notes"]] == ["K436"]
    assert "`orders`" in result.receipt["notes"][0]["message"]
    assert [diagnostic.code for diagnostic in result.diagnostics] == ["K436"]


def test_a_rejected_row_of_the_roster_is_a_warning(plan):
    given = tables()
    wages = ["2000.00"] * 11 + ["much"]
    result = run(
        plan,
        {**given, "agents": given["agents"].with_columns(wage=pl.Series(wages))},
        period="2026-10",
    )
    assert [note["code"] for note in result.receipt["notes"]] == ["K437"]


REFUSALS: dict[str, tuple[list[str], dict[str, Any], dict[str, Any]]] = {
    "a period of nothing": (["K431"], {"period": "2027-01"}, {}),
    "a malformed period": (["K434"], {"period": "2026-13"}, {}),
    "a time without a zone": (["K435"], {"as_of": "2026-11-01 00:00"}, {}),
    "an empty roster": (["K430"], {}, {"agents": lambda f: f.head(0)}),
    "a roster of others": (["K430"], {}, {"agents": lambda f: f.with_columns(role=pl.lit("lead"))}),
    "a roster of bad rows": (
        ["K430"],
        {},
        {"agents": lambda f: f.with_columns(wage=pl.lit("much"))},
    ),
    "a subject twice": (["K432"], {}, {"agents": lambda f: pl.concat([f, f.head(1)])}),
    "missing columns": (
        ["K420", "K420"],
        {},
        {"chats": lambda f: f.drop("at"), "orders": lambda f: f.drop("amount")},
    ),
    "a wrong kind": (["K421"], {}, {"chats": lambda f: f.with_columns(at=1)}),
    "a missing table": (["K404"], {}, {"chats": None}),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_run_that_cannot_start_says_why(plan, case):
    expected, choices, changes = REFUSALS[case]
    given = tables()
    for name, change in changes.items():
        frame = given.pop(name)
        if change is not None:
            given[name] = change(frame)
    with pytest.raises(DataError) as error:
        run(plan, given, **{"period": "2026-10", **choices})
    assert codes(error) == expected


def test_a_period_of_nothing_names_the_periods_that_have_rows(plan):
    with pytest.raises(DataError) as error:
        run(plan, tables(), period="2027-01")
    assert "`chats` 2026-09 to 2026-11" in str(error.value.diagnostics[0].help)


def test_two_rows_of_the_roster_of_which_where_keeps_one_are_one_subject(plan):
    given = tables()
    lead = given["agents"].head(1).with_columns(role=pl.lit("lead"))
    result = run(plan, {**given, "agents": pl.concat([given["agents"], lead])}, period="2026-10")
    assert result.subjects.height == 11


def test_a_required_param_without_a_value_refuses_the_run(ruleset_of):
    plan = compile_ruleset(
        ruleset_of(RULESET.replace("target: 10", "target: 10\n  unused: required"))
    )
    with pytest.raises(DataError) as error:
        run(plan, tables(), period="2026-10")
    assert codes(error) == ["K316"]


def roster(given):
    return {"agents": given["agents"]}


@pytest.mark.parametrize("seed", range(3))
def test_facts_alone_give_the_same_slip(plan, seed):
    given = tables(seed)
    result = run(plan, given, period="2026-10")
    shuffled = facts_of(result).sample(fraction=1, shuffle=True, seed=seed)
    again = score(plan, shuffled, period="2026-10", tables=roster(given))
    assert again.subjects.equals(result.subjects)
    assert again.lines.equals(result.lines)
    assert facts_of(again).equals(facts_of(result))
    assert again.receipt["result_hash"] == result.receipt["result_hash"]


def test_reduced_fractions_of_a_warehouse_give_the_same_slip(plan):
    given = tables()
    result = run(plan, given, period="2026-10")
    known = (pl.col("metric") == "wait") & (pl.col("status") == "ok")
    reduced = (
        facts_of(result)
        .with_columns(
            num=pl.when(known).then(pl.col("num") // 10**4).otherwise("num"),
            den=pl.when(known).then(pl.col("den") // 10**4).otherwise("den"),
        )
        .with_columns(pl.col("n").cast(pl.Int32))
    )
    again = score(plan, reduced, period="2026-10", tables=roster(given))
    shown = [name for name in result.subjects.columns if not name.startswith("metric.wait.")]
    assert again.subjects.select(shown).equals(result.subjects.select(shown))


def test_facts_without_a_roster_need_rules_that_read_none(ruleset_of, plan):
    given = tables()
    result = run(plan, given, period="2026-10")
    with pytest.raises(DataError) as error:
        score(plan, facts_of(result), period="2026-10")
    assert codes(error) == ["K447"]
    bare = compile_ruleset(
        ruleset_of(RULESET.replace("wage: wage * score / 100", "wage: 2000 CNY * score / 100"))
    )
    assert score(bare, facts_of(result), period="2026-10").subjects.equals(
        run(bare, given, period="2026-10").subjects
    )


BAD_FACTS = {
    "a missing column": ("K440", lambda f: f.drop("n_unknown")),
    "a column of floats": ("K441", lambda f: f.with_columns(pl.col("num").cast(pl.Float64))),
    "an unknown metric": (
        "K442",
        lambda f: f.with_columns(metric=pl.col("metric").replace("sales", "sale")),
    ),
    "a metric less": ("K443", lambda f: f.filter(pl.col("metric") != "sales")),
    "a metric of one less": ("K443", lambda f: f.slice(1)),
    "a metric twice": ("K444", lambda f: pl.concat([f, f.head(1)])),
    "no divisor": ("K445", lambda f: f.with_columns(den=0)),
    "a negative divisor": ("K445", lambda f: f.with_columns(den=-pl.col("den"))),
    "a number beyond all sums": ("K445", lambda f: f.with_columns(num=2**62)),
    "a status of its own": ("K445", lambda f: f.with_columns(status=pl.lit("fine"))),
    "nobody": ("K446", lambda f: f.with_columns(period=pl.lit("2026-09"))),
}


@pytest.mark.parametrize("case", BAD_FACTS)
def test_facts_that_cannot_be_used_say_why(ruleset_of, case):
    code, change = BAD_FACTS[case]
    plan = compile_ruleset(
        ruleset_of(RULESET.replace("wage: wage * score / 100", "wage: 2000 CNY * score / 100"))
    )
    facts = facts_of(run(plan, tables(), period="2026-10"))
    with pytest.raises(DataError) as error:
        score(plan, change(facts), period="2026-10")
    assert set(codes(error)) == {code} or (case == "an unknown metric" and "K442" in codes(error))


def test_a_ruleset_without_score_or_pay_has_neither_columns_nor_lines(ruleset_of):
    text = RULESET.split("score:\n", maxsplit=1)[0].replace(
        "  grade: {value: {of: score, from 50: \"'A'\", else: \"'B'\"}}\n", ""
    )
    result = run(compile_ruleset(ruleset_of(text)), tables(), period="2026-10")
    assert result.lines.is_empty()
    assert result.lines.columns[-1] == "line_number"
    assert not [
        name
        for name in result.subjects.columns
        if name.startswith(("points.", "line.", "pay", "score"))
    ]


def test_values_of_rejected_rows_are_shown_on_request_alone(plan):
    shown = run(plan, tables(), period="2026-10", values=True).rejects
    assert set(shown.filter(pl.col("column") == "at")["value"]) == {"bad"}
