"""The tables that are written: their columns, what may be unknown, and their labels."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from kpi_engine.sample.chats import SENDERS
from kpi_engine.sample.incidents import KINDS

MONEY = pl.Decimal(18, 2)  # major units: 19.99 is 19.99 yuan
NUMBER = pl.Decimal(9, 1)
INSTANT = pl.Datetime("us", "UTC")
TEXT, COUNT, FLAG, DAY = pl.String(), pl.Int64(), pl.Boolean(), pl.Date()


@dataclass(frozen=True, slots=True)
class Shape:
    """One table: physical kind by column, its key, the columns that may be null, and labels.

    ``dated`` is the column that puts a row into a period. ``reference`` tables (roster, calendar)
    hold no events: nothing of theirs can be refused row by row.
    """

    kinds: Mapping[str, pl.DataType]
    key: tuple[str, ...]
    optional: frozenset[str] = frozenset()
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    dated: str | None = None
    reference: bool = False


SHAPE_BY_TABLE: Mapping[str, Shape] = {
    "agents": Shape(
        {
            "shop_id": TEXT, "agent_id": TEXT, "valid_from": DAY, "valid_to": DAY, "role": TEXT,
            "team": TEXT, "supervisor_id": TEXT, "base_pay": MONEY, "perf_wage": MONEY,
            "regular": FLAG,
        },
        ("shop_id", "agent_id", "valid_from"),
        frozenset({"valid_to", "team", "supervisor_id", "base_pay", "perf_wage"}),
        {"role": ("presale", "aftersale", "lead")},
        reference=True,
    ),
    "calendar": Shape(
        {"shop_id": TEXT, "day": DAY, "excluded": FLAG, "reason": TEXT},
        ("shop_id", "day"),
        frozenset({"reason"}),
        reference=True,
    ),
    "messages": Shape(
        {
            "message_id": TEXT, "shop_id": TEXT, "buyer_id": TEXT, "agent_id": TEXT,
            "sent_at": INSTANT, "sender": TEXT, "is_filtered": FLAG,
        },
        ("message_id",),
        frozenset({"agent_id"}),
        {"sender": SENDERS},
        dated="sent_at",
    ),
    "orders": Shape(
        {
            "order_id": TEXT, "shop_id": TEXT, "buyer_id": TEXT, "created_at": INSTANT,
            "paid_at": INSTANT, "paid_amount": MONEY, "items": COUNT, "is_fake": FLAG,
            "owner_agent_id": TEXT,
        },
        ("order_id",),
        frozenset({"paid_at", "paid_amount", "items", "owner_agent_id"}),
        dated="paid_at",
    ),
    "refunds": Shape(
        {
            "refund_id": TEXT, "order_id": TEXT, "applied_at": INSTANT, "completed_at": INSTANT,
            "amount": MONEY, "success": FLAG, "platform_intervened": FLAG, "handler_agent_id": TEXT,
        },
        ("refund_id",),
        frozenset({"completed_at", "success", "handler_agent_id"}),
        dated="completed_at",
    ),
    "ratings": Shape(
        {"rating_id": TEXT, "shop_id": TEXT, "agent_id": TEXT, "rated_at": INSTANT, "score": COUNT},
        ("rating_id",),
        frozenset({"score"}),
        dated="rated_at",
    ),
    "tickets": Shape(
        {
            "ticket_id": TEXT, "shop_id": TEXT, "agent_id": TEXT, "buyer_id": TEXT,
            "opened_at": INSTANT, "resolved": FLAG, "reopened_at": INSTANT,
        },
        ("ticket_id",),
        frozenset({"buyer_id", "reopened_at"}),
        dated="opened_at",
    ),
    "incidents": Shape(
        {
            "incident_id": TEXT, "shop_id": TEXT, "agent_id": TEXT, "happened_at": INSTANT,
            "kind": TEXT, "points": NUMBER, "times": COUNT, "upheld": FLAG, "assessor_id": TEXT,
        },
        ("incident_id",),
        frozenset({"assessor_id"}),
        {"kind": KINDS},
        dated="happened_at",
    ),
    "shifts": Shape(
        {
            "shop_id": TEXT, "agent_id": TEXT, "date": DAY, "scheduled_minutes": COUNT,
            "worked_minutes": COUNT, "paid_leave": FLAG,
        },
        ("shop_id", "agent_id", "date"),
        dated="date",
    ),
    "rounds": Shape(
        {
            "round_id": TEXT, "shop_id": TEXT, "agent_id": TEXT, "buyer_id": TEXT,
            "asked_at": INSTANT, "replied_at": INSTANT,
        },
        ("round_id",),
        frozenset({"replied_at"}),
        dated="asked_at",
    ),
    "inquiries": Shape(
        {
            "inquiry_id": TEXT, "shop_id": TEXT, "agent_id": TEXT, "buyer_id": TEXT,
            "asked_at": INSTANT, "paid": FLAG,
        },
        ("inquiry_id",),
        dated="asked_at",
    ),
    "credited_orders": Shape(
        {
            "order_id": TEXT, "shop_id": TEXT, "agent_id": TEXT, "buyer_id": TEXT,
            "paid_at": INSTANT, "paid_amount": MONEY, "refunded": MONEY,
        },
        ("order_id",),
        frozenset({"agent_id"}),
        dated="paid_at",
    ),
}  # fmt: skip


def money(cents: pl.Expr) -> pl.Expr:
    """Return exact decimals in major units of whole minor units."""
    return (cents.cast(pl.Decimal(18, 0)) * pl.lit("0.01").cast(MONEY)).cast(MONEY)


def shaped(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the columns of a table, in its order and of its kinds."""
    return frame.select(
        pl.col(name).cast(kind) for name, kind in SHAPE_BY_TABLE[table].kinds.items()
    )
