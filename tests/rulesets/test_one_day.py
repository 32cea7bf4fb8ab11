"""D5: the printed numbers of one agent's day, 100 buyers and 30,000 yuan, 45 of 150 inquirers."""

from fractions import Fraction
from pathlib import Path

import pytest
from tests.rulesets.frames import frames_of

import kpi_engine as ke

SHOP = Path(__file__).parents[2] / "rulesets" / "shop.yaml"
KEY = {"shop_id": "S1", "agent_id": "A"}
INQUIRERS, PAYERS, BUYERS, AMOUNT = 150, 45, 100, "300.00"


@pytest.fixture(scope="module")
def ruleset():
    return ke.load(SHOP)


def message(buyer: int, sender: str) -> dict[str, str]:
    clock = {"buyer": "10:00:00", "agent": "10:01:00"}[sender]
    return KEY | {
        "message_id": f"{buyer} {sender}",
        "buyer_id": f"b{buyer}",
        "sent_at": f"2026-10-05 {clock}",
        "sender": sender,
    }


def order(buyer: int) -> dict[str, str]:
    return {
        "order_id": f"o{buyer}",
        "shop_id": "S1",
        "buyer_id": f"b{buyer}",
        "created_at": "2026-10-05 11:00:00",
        "paid_at": "2026-10-05 11:30:00",
        "paid_amount": AMOUNT,
    }


def measured(ruleset, inquirers: int, payers: int):
    """Return the row of an agent who answers some buyers, the first of whom pay 300 yuan each."""
    rows = {
        "agents": [KEY | {"valid_from": "2025-03-01", "role": "presale"}],
        "messages": [
            message(buyer, sender) for buyer in range(inquirers) for sender in ("buyer", "agent")
        ],
        "orders": [order(buyer) for buyer in range(payers)],
    }
    results = ke.run(ke.compile(ruleset), frames_of(ruleset, rows), period="2026-10")
    assert results.rejects.is_empty()
    (row,) = results.subjects.to_dicts()
    return row


def test_30000_yuan_from_100_buyers_are_300_each(ruleset):
    row = measured(ruleset, BUYERS, BUYERS)
    assert row["metric.sales"] == 30_000_00
    assert row["metric.aov"] == row["metric.aov_by_day"] == 300_00


def test_45_final_payers_of_150_inquirers_are_30_percent(ruleset):
    row = measured(ruleset, INQUIRERS, PAYERS)
    assert row["metric.inquirers"] == INQUIRERS
    assert row["metric.orders_won"] == PAYERS
    assert Fraction(row["metric.conversion.num"], row["metric.conversion.den"]) == Fraction(3, 10)
