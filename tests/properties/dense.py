"""Dense shops: few buyers and agents at a time, ties everywhere, the tables of the shipped rules."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from random import Random

from tests.properties.pinned import instant

from kpi_engine.reference.values import Row, Value
from kpi_engine.ruleset.checked import Ruleset
from kpi_engine.ruleset.loading import load_ruleset
from kpi_engine.text.render import render_text

SHOP = Path(__file__).parents[2] / "rulesets" / "shop.yaml"
INPUTS = ("agents", "calendar", "messages", "orders", "refunds")
DERIVED = (
    "chat_days",
    "rounds",
    "conversations",
    "refunded_orders",
    "credited_orders",
    "assists",
    "assisted_orders",
)
PERIOD = "2026-10"

MICROSECOND, MINUTE = 1, 60 * 10**6
DAY = 24 * 60 * MINUTE
SIZES = (4, 15, 25, 40)
PACES = ((MINUTE, 60), (4 * MINUTE, 36), (5 * MINUTE, 24), (5 * MINUTE, 60), (DAY // 8, 40))
"""Between the moments at which anything is written, and how many of them there are."""
MOST_ORDERS = 40
AGENTS = ("a10", "a2", "A", "客服", "\U0001f600", "\uff21", "a")
"""By code point, full-width letters stand before what is beyond 16 bits, in UTF-16 after it."""

_SENDERS = ("buyer", "buyer", "buyer", "agent", "agent", "bot_auto", "bot_assist", "auto_reply")
_EDGES = (0, 0, 0, 0, MICROSECOND, -MICROSECOND, 10 * MINUTE)
_WINDOW = 2 * DAY
"""Of the shop: a chat that ended so long ago wins no order."""


@lru_cache
def dense_rules() -> Ruleset:
    """Return the shipped rules of rounds, conversations and credited orders, and their metrics."""
    ruleset, findings = load_ruleset(SHOP)
    assert ruleset is not None, render_text(findings)
    tables = {name: ruleset.tables[name] for name in (*INPUTS, *DERIVED)}
    metrics = {n: m for n, m in ruleset.metrics.items() if m.table in DERIVED}
    return replace(ruleset, tables=tables, metrics=metrics)


def dense_tables(seed: int, messages: int | None = None) -> dict[str, list[Row]]:
    """Return the rows of one shop, named by the seed, with an order to every other message or so."""
    random = Random(seed)
    shop = f"s{seed}"
    agents = random.sample(AGENTS, random.choice((2, 3, 4)))
    buyers = [f"b{number}" for number in range(random.choice((1, 1, 2)))]
    step, count = random.choice(
        ((MINUTE, 60), (5 * MINUTE, 36), (10 * MINUTE, 200), (DAY // 4, 20))
    )
    times = [instant("2026-10-04 22:30") + step * number for number in range(count)]
    sent = [random.choice(times) for _ in range(messages or random.choice(SIZES))]
    ids = random.sample(range(10_000), len(sent))
    written: list[Row] = [
        {
            "message_id": f"{shop}-{number}",
            "shop_id": shop,
            "buyer_id": random.choice(buyers),
            "agent_id": random.choice(agents) if random.random() < 0.92 else None,
            "sent_at": time,
            "sender": random.choice(_SENDERS),
            "is_filtered": random.random() < 0.05,
        }
        for number, time in zip(ids, sent, strict=True)
    ]
    bought = min(len(sent) // 2, MOST_ORDERS)
    orders = [_order(random, shop, number, buyers, agents, sent) for number in range(bought)]
    return {
        "agents": [_agent(random, shop, agent) for agent in agents],
        "calendar": [
            {"shop_id": shop, "day": date(2026, 10, 4 + n), "excluded": True, "reason": None}
            for n in range(4)
            if random.random() < 0.2
        ],
        "messages": written,
        "orders": orders,
        "refunds": [
            _refund(random, f"{shop}-r{number}", str(order["order_id"]), times[-1])
            for number, order in enumerate(orders[::2])
        ],
    }


def together(parts: Sequence[Mapping[str, Sequence[Row]]]) -> dict[str, list[Row]]:
    """Return the rows of some shops as one."""
    return {name: [row for part in parts for row in part[name]] for name in INPUTS}


def _agent(random: Random, shop: str, agent: str) -> Row:
    row: dict[str, Value] = dict.fromkeys(("valid_to", "team", "supervisor_id", "base_pay"))
    row |= {"shop_id": shop, "agent_id": agent, "valid_from": date(2026, 1, 1), "role": "presale"}
    return {**row, "perf_wage": None, "regular": random.random() < 0.8}


def _order(
    random: Random,
    shop: str,
    number: int,
    buyers: Sequence[str],
    agents: Sequence[str],
    sent: Sequence[int],
) -> Row:
    created_at = random.choice(sent) + random.choice((0, 0, 0, _WINDOW)) + random.choice(_EDGES)
    paid = random.choice((0, 0, MINUTE, DAY, None))
    return {
        "order_id": f"{shop}-o{number}",
        "shop_id": shop,
        "buyer_id": random.choice(buyers),
        "created_at": created_at,
        "paid_at": None if paid is None else created_at + paid,
        "paid_amount": Fraction(random.choice((1, 200, 999))) if random.random() < 0.9 else None,
        "items": Fraction(random.randint(1, 4)),
        "is_fake": random.random() < 0.08,
        "owner_agent_id": random.choice(agents) if random.random() < 0.15 else None,
    }


def _refund(random: Random, refund: str, order: str, applied_at: int) -> Row:
    return {
        "refund_id": refund,
        "order_id": order,
        "applied_at": applied_at,
        "completed_at": applied_at + int(timedelta(hours=3).total_seconds()) * 10**6,
        "amount": Fraction(random.choice((1, 50))),
        "success": random.choice((True, True, False, None)),
        "platform_intervened": False,
        "handler_agent_id": None,
    }
