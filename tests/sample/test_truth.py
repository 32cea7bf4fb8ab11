"""The prepared tables against a slow reading of the rules, written from the rules alone."""

from collections import defaultdict
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from kpi_engine.sample import write_sample

Row = dict[str, Any]

SHANGHAI = timezone(timedelta(hours=8))
SEEDS = (0, 1, 2)
REPLIES = {"agent", "bot_assist"}
SILENCE = timedelta(minutes=10)
CREDIT_WINDOW = timedelta(days=2)
INQUIRY_WINDOW = timedelta(days=2)
SETTLES = timedelta(days=4)
AFTERSALES = timedelta(days=21)


def rows_of(folder: Path, table: str) -> list[Row]:
    return pl.read_parquet(folder / f"{table}.parquet").to_dicts()


def grouped(rows: list[Row], key: Any) -> dict[Any, list[Row]]:
    groups: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups


def local_day(moment: datetime) -> Any:
    return moment.astimezone(SHANGHAI).date()


def kept_messages(folder: Path) -> list[Row]:
    kept = [row for row in rows_of(folder, "messages") if not row["is_filtered"]]
    return sorted(kept, key=lambda row: (row["sent_at"], row["message_id"]))


def brute_rounds(folder: Path) -> list[Row]:
    exempt = {
        (row["shop_id"], row["day"]) for row in rows_of(folder, "calendar") if row["excluded"]
    }
    talks = grouped(
        kept_messages(folder),
        lambda row: (row["shop_id"], row["buyer_id"], row["agent_id"], local_day(row["sent_at"])),
    )
    rounds = []
    for (shop, buyer, agent, day), talk in talks.items():
        senders = {row["sender"] for row in talk}
        if "bot_auto" in senders and not senders & REPLIES:
            continue
        if (shop, day) in exempt:
            continue
        open_round: Row | None = None
        for row in talk:
            if row["sender"] == "buyer" and open_round is None:
                open_round = {
                    "round_id": row["message_id"],
                    "shop_id": shop,
                    "agent_id": agent,
                    "buyer_id": buyer,
                    "asked_at": row["sent_at"],
                    "replied_at": None,
                }
                rounds.append(open_round)
            elif row["sender"] in REPLIES and open_round is not None:
                open_round["replied_at"] = row["sent_at"]
                open_round = None
    return rounds


def brute_conversations(folder: Path) -> list[Row]:
    chats: list[Row] = []
    pairs = grouped(
        kept_messages(folder), lambda row: (row["shop_id"], row["buyer_id"], row["agent_id"])
    )
    for (shop, buyer, agent), said in pairs.items():
        last: datetime | None = None
        for row in said:
            if last is None or row["sent_at"] - last >= SILENCE:
                chats.append(
                    {
                        "id": row["message_id"],
                        "shop_id": shop,
                        "buyer_id": buyer,
                        "agent_id": agent,
                        "start": row["sent_at"],
                        "senders": set(),
                    }
                )
            last = row["sent_at"]
            chats[-1]["end"] = last
            chats[-1]["senders"].add(row["sender"])
    return chats


def genuine_orders(folder: Path) -> list[Row]:
    return [row for row in rows_of(folder, "orders") if not row["is_fake"]]


def owner_of(order: Row, chats: list[Row]) -> str | None:
    """In progress at creation and ending last, else ended last within two days, else nobody."""
    if order["owner_agent_id"] is not None:
        return str(order["owner_agent_id"])
    created = order["created_at"]
    able = [
        chat
        for chat in chats
        if chat["agent_id"] is not None and chat["senders"] & REPLIES and chat["start"] <= created
    ]
    in_progress = [chat for chat in able if created < chat["end"]]
    ended = [chat for chat in able if chat["end"] <= created < chat["end"] + CREDIT_WINDOW]
    candidates = in_progress or ended
    if not candidates:
        return None
    latest = max(chat["end"] for chat in candidates)
    return min(str(chat["agent_id"]) for chat in candidates if chat["end"] == latest)


def brute_credited_orders(folder: Path) -> list[Row]:
    chats = grouped(brute_conversations(folder), lambda row: (row["shop_id"], row["buyer_id"]))
    refunds = rows_of(folder, "refunds")
    return [
        {
            "order_id": order["order_id"],
            "shop_id": order["shop_id"],
            "agent_id": owner_of(order, chats[order["shop_id"], order["buyer_id"]]),
            "buyer_id": order["buyer_id"],
            "paid_at": order["paid_at"],
            "paid_amount": order["paid_amount"],
            "refunded": sum(
                (
                    refund["amount"]
                    for refund in refunds
                    if refund["order_id"] == order["order_id"] and refund["success"]
                ),
                Decimal("0.00"),
            ),
        }
        for order in genuine_orders(folder)
        if order["paid_at"] is not None
    ]


def brute_inquiries(folder: Path) -> list[Row]:
    owner_by_order = {row["order_id"]: row["agent_id"] for row in brute_credited_orders(folder)}
    orders = grouped(genuine_orders(folder), lambda row: (row["shop_id"], row["buyer_id"]))
    asked = [chat for chat in brute_conversations(folder) if "buyer" in chat["senders"]]
    visits = grouped(
        asked,
        lambda row: (row["shop_id"], row["agent_id"], row["buyer_id"], local_day(row["start"])),
    )
    inquiries = []
    for (shop, agent, buyer, _), chats in visits.items():
        first = min(chats, key=lambda chat: chat["start"])
        at = first["start"]
        next_orders = [
            order
            for order in orders[shop, buyer]
            if at <= order["created_at"] < at + INQUIRY_WINDOW
        ]
        bought = min(
            next_orders,
            key=lambda order: (order["paid_at"] is None, order["created_at"], order["order_id"]),
            default=None,
        )
        bought_before = any(
            order["paid_at"] is not None and at - AFTERSALES <= order["created_at"] < at
            for order in orders[shop, buyer]
        )
        owner = None if bought is None else owner_by_order.get(bought["order_id"])
        if owner is not None and owner != agent:
            continue
        if bought_before and bought is None:
            continue
        paid_in_time = (
            bought is not None
            and bought["paid_at"] is not None
            and bought["paid_at"] < at + SETTLES
        )
        inquiries.append(
            {
                "inquiry_id": first["id"],
                "shop_id": shop,
                "agent_id": agent,
                "buyer_id": buyer,
                "asked_at": at,
                "paid": paid_in_time and owner == agent,
            }
        )
    return inquiries


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    paths = [tmp_path_factory.mktemp(f"seed-{seed}") for seed in SEEDS]
    for seed, path in zip(SEEDS, paths, strict=True):
        write_sample(path, messages=12_000, seed=seed)
    return paths


@pytest.fixture(params=range(len(SEEDS)), ids="seed {}".format)
def folder(request: pytest.FixtureRequest, folders: list[Path]) -> Path:
    place: int = request.param
    return folders[place]


def by_key(rows: list[Row], key: str) -> list[Row]:
    return sorted(rows, key=lambda row: str(row[key]))


def test_rounds_are_those_of_the_rules(folder: Path) -> None:
    assert by_key(brute_rounds(folder), "round_id") == rows_of(folder, "rounds")


def test_credited_orders_are_those_of_the_rules(folder: Path) -> None:
    assert by_key(brute_credited_orders(folder), "order_id") == rows_of(folder, "credited_orders")


def test_inquiries_are_those_of_the_rules(folder: Path) -> None:
    assert by_key(brute_inquiries(folder), "inquiry_id") == rows_of(folder, "inquiries")


def cases_missing_in(folder: Path) -> set[str]:
    """Return the cases of the rules that do not occur in a sample."""
    messages = kept_messages(folder)
    chats = brute_conversations(folder)
    owned = [chat for chat in chats if chat["agent_id"] is not None]
    chats_by_buyer = grouped(owned, lambda row: (row["shop_id"], row["buyer_id"]))
    orders = genuine_orders(folder)
    credited = brute_credited_orders(folder)
    rounds = brute_rounds(folder)
    waits = [row["replied_at"] - row["asked_at"] for row in rounds if row["replied_at"] is not None]
    pairs = grouped(messages, lambda row: (row["shop_id"], row["buyer_id"], row["agent_id"]))
    gaps = {b["sent_at"] - a["sent_at"] for said in pairs.values() for a, b in pairwise(said)}
    asked = grouped(
        [chat for chat in chats if "buyer" in chat["senders"]],
        lambda row: (row["shop_id"], row["agent_id"], row["buyer_id"], local_day(row["start"])),
    )
    exempt = {
        (row["shop_id"], row["day"]) for row in rows_of(folder, "calendar") if row["excluded"]
    }
    shops_by_buyer = grouped(orders, lambda row: row["buyer_id"])
    november = datetime(2026, 11, 1, tzinfo=SHANGHAI)
    occurs = {
        "a question nobody answered": len(waits) < len(rounds),
        "an answer after exactly three minutes": timedelta(minutes=3) in waits,
        "a silence of exactly ten minutes": SILENCE in gaps,
        "two messages at one instant": timedelta(0) in gaps,
        "a robot alone": any(chat["senders"] == {"buyer", "bot_auto"} for chat in chats),
        "a robot, then a person": any({"agent", "bot_auto"} <= chat["senders"] for chat in chats),
        "an agent who writes first": any(chat["senders"] == {"agent"} for chat in chats),
        "a conversation over midnight": any(
            local_day(chat["start"]) != local_day(chat["end"]) for chat in chats
        ),
        "messages on an exempt day": any(
            (row["shop_id"], local_day(row["sent_at"])) in exempt for row in messages
        ),
        "two agents at a time": any(
            a["agent_id"] != b["agent_id"] and a["start"] <= b["start"] < a["end"]
            for group in chats_by_buyer.values()
            for a in group
            for b in group
        ),
        "an order during a conversation": any(
            chat["start"] <= order["created_at"] < chat["end"]
            for order in orders
            for chat in chats_by_buyer[order["shop_id"], order["buyer_id"]]
        ),
        "an order too late to be credited": any(
            row["agent_id"] is None and chats_by_buyer[row["shop_id"], row["buyer_id"]]
            for row in credited
        ),
        "a silent order": any(
            not chats_by_buyer[row["shop_id"], row["buyer_id"]] for row in credited
        ),
        "an order given by hand": any(row["owner_agent_id"] is not None for row in orders),
        "an order never paid": any(row["paid_at"] is None for row in orders),
        "an order paid after four days": any(
            row["paid_at"] is not None and row["paid_at"] - row["created_at"] > SETTLES
            for row in orders
        ),
        "brushing": len(orders) < len(rows_of(folder, "orders")),
        "a buyer of two shops": any(
            len({row["shop_id"] for row in group}) > 1 for group in shops_by_buyer.values()
        ),
        "a visit that is no inquiry": len(asked) > len(rows_of(folder, "inquiries")),
        "an inquiry of the last day paid in november": any(
            row["paid_at"] is not None and row["created_at"] < november <= row["paid_at"]
            for row in orders
        ),
        "money back": any(row["refunded"] > 0 for row in credited),
        "money back after the month": any(
            row["success"] and row["completed_at"] >= november for row in rows_of(folder, "refunds")
        ),
        "a refund that is refused": any(
            row["success"] is False for row in rows_of(folder, "refunds")
        ),
    }
    return {case for case, found in occurs.items() if not found}


def test_every_case_that_disputes_are_about_occurs(folders: list[Path]) -> None:
    """A ground truth proves nothing about a rule that no row of it needs."""
    assert set.intersection(*(cases_missing_in(folder) for folder in folders)) == set()
