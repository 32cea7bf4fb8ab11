"""Every row has one fate, and the accounts say which."""

import random
from typing import Any

import polars as pl
import pytest
from tests.execution.shop import frame, shop, tables

from kpi_engine.execution.results import Results
from kpi_engine.execution.running import run
from kpi_engine.plan.nodes import Plan

TABLE_WORDS = [
    *("in_window", "outside", "undated", "accepted", "rejected", "unmatched", "dropped"),
]
METRIC_WORDS = ["accepted", "used", "filtered", "unknown", "no_subject", "filtered_by"]


@pytest.fixture(scope="module")
def plan() -> Plan:
    return shop()


def assert_accounts_add_up(plan: Plan, given: dict[str, Any], result: Results) -> None:
    """Hold every identity of the accounts, and the accounts to the rows and results themselves."""
    tables_, metrics = result.accounting["tables"], result.accounting["metrics"]
    for name, account in tables_.items():
        assert list(account) == TABLE_WORDS
        assert account["in_window"] == account["accepted"] + account["rejected"]
        rows = account["in_window"] + account["outside"] + account["undated"]
        if name in given:
            assert rows == given[name].height == result.receipt["inputs"][name]["rows"]
            assert account["unmatched"] == 0
        else:
            assert account["rejected"] == 0
        assert list(account["dropped"]) == [drop for drop, _ in plan.ruleset.tables[name].drop]
        assert sum(account["dropped"].values()) <= rows
    for name, use in metrics.items():
        metric = plan.ruleset.metrics[name]
        assert list(use) == METRIC_WORDS
        assert use["accepted"] == use["used"] + use["filtered"] + use["unknown"] + use["no_subject"]
        assert use["filtered"] == sum(use["filtered_by"].values())
        drops = [drop for drop, _ in plan.ruleset.tables[metric.table or ""].drop]
        assert list(use["filtered_by"]) == [*drops, *(["where"] if metric.where else [])]
        assert use["used"] == result.subjects[f"metric.{name}.n"].sum()
        if metric.window is None:
            assert use["accepted"] == tables_[metric.table or ""]["accepted"]
        fates = (use["used"], use["unknown"], use["no_subject"], *use["filtered_by"].values())
        assert all(rows >= 0 for rows in fates)
    assert [n for n in plan.ruleset.tables if n in tables_] == list(tables_)
    assert list(metrics) == [n for n, m in plan.ruleset.metrics.items() if m.table is not None]


def test_the_accounts_of_a_month_by_hand(plan):
    result = run(plan, tables(), period="2026-10")
    assert_accounts_add_up(plan, tables(), result)
    accounts = result.accounting
    assert accounts["tables"]["chats"] == {
        "in_window": 8, "outside": 4, "undated": 0, "accepted": 7, "rejected": 1,
        "dropped": {"test": 1, "closed": 1}, "unmatched": 0,
    }  # fmt: skip
    assert accounts["tables"]["sold"] == {
        "in_window": 3, "outside": 1, "undated": 1, "accepted": 3, "rejected": 0,
        "dropped": {"small": 1}, "unmatched": 1,
    }  # fmt: skip
    assert accounts["metrics"]["in_time"] == {
        "accepted": 7, "used": 2, "filtered": 3, "unknown": 0, "no_subject": 2,
        "filtered_by": {"test": 1, "closed": 1, "where": 1},
    }  # fmt: skip
    assert accounts["metrics"]["recent"]["accepted"] == 8


def many(seed: int) -> dict[str, pl.DataFrame]:
    """Make tables with rows of every fate, in any mixture."""
    rng = random.Random(seed)
    given = tables()
    times = ["2026-09-01 10:00", "2026-10-01 00:00", "2026-10-31 23:59:59", "2026-11-01 00:00", "2026-11-04 12:00", "2026-12-01 00:00"]  # fmt: skip
    chats = [
        {
            "chat_id": f"c{index if rng.random() < 0.97 else 0}",
            "shop_id": "S1",
            "agent_id": rng.choice(["a1", "a2", "a3", None]),
            "buyer_id": rng.choice(["b1", "b2", "b3", "test"]),
            "at": rng.choice([*times, "never"]),
            "recorded_at": rng.choice([None, None, *times, "never"]),
            "wait": rng.choice(["1", "50", None, "soon"]),
        }
        for index in range(300)
    ]
    orders = [
        {
            "order_id": f"o{index}",
            "shop_id": rng.choice(["S1", "S2"]),
            "buyer_id": rng.choice(["b1", "b2", "b9"]),
            "paid_on": rng.choice([time[:10] for time in times] + [None]),
            "amount": rng.choice(["0.50", "7.00", "x"]),
        }
        for index in range(60)
    ]
    return {**given, "chats": pl.DataFrame(chats), "orders": pl.DataFrame(orders)}


@pytest.mark.parametrize("as_of", [None, "2026-10-31", "2026-12-24"])
@pytest.mark.parametrize("seed", range(4))
def test_the_accounts_of_any_rows_add_up(plan, seed, as_of):
    given = many(seed)
    assert_accounts_add_up(plan, given, run(plan, given, period="2026-10", as_of=as_of))


def test_more_is_seen_the_later_one_looks(plan):
    given = many(7)
    moments = ["2026-10-31", "2026-11-01", "2026-11-05", "2026-12-24"]
    runs = [run(plan, given, period="2026-10", as_of=moment) for moment in moments]
    for name in ("chats", "orders"):
        outside = [result.accounting["tables"][name]["outside"] for result in runs]
        assert outside == sorted(outside, reverse=True)


def test_a_refused_row_counts_in_the_window_unless_it_is_known_not_to_be_there(plan):
    chats = frame(
        "chat_id | shop_id | agent_id | buyer_id | at | recorded_at | wait",
        "c1 | S1 | a1 | b1 | 2026-10-01 09:00 |                  | soon",
        "c2 | S1 | a1 | b1 | 2026-10-01 09:00 | 2026-11-05 00:00 | soon",
        "c3 | S1 | a1 | b1 | 2026-10-01 09:00 | never            | 1",
        "c4 | S1 | a1 | b1 | never            | 2026-11-05 00:00 | 1",
        "c5 | S1 | a1 | b1 | never            | 2026-11-04 00:00 | 1",
        "c6 | S1 | a1 | b1 | 2026-11-01 09:00 | 2026-10-01 00:00 | soon",
        "c7 | S1 | a1 | b1 | 2026-10-01 09:00 |                  | 1",
    )
    result = run(plan, tables(chats=chats), period="2026-10")
    account = result.accounting["tables"]["chats"]
    assert (account["accepted"], account["rejected"], account["outside"]) == (1, 3, 3)
    assert result.rejects["row"].to_list() == [0, 1, 2, 3, 4, 5]


def test_a_table_without_a_clock_is_outside_where_it_was_recorded_too_late():
    plan = shop(("{team_id: text, bonus", "{team_id: text, recorded_at: optional datetime, bonus"))
    teams = frame(
        "team_id | bonus | recorded_at",
        "t1 | 1.00 | 2026-11-04 00:00",
        "t2 | 1.00 | 2026-11-05 00:00",
        "t3 | x    | 2026-11-05 00:00",
        "t4 | x    |",
    )
    result = run(plan, tables(teams=teams), period="2026-10")
    assert result.accounting["tables"]["teams"] == {
        "in_window": 2, "outside": 2, "undated": 0, "accepted": 1, "rejected": 1,
        "dropped": {}, "unmatched": 0,
    }  # fmt: skip
