"""The tables of a shop under their public names, from its people to the prepared tables."""

import polars as pl

from kpi_engine.sample.attendance import shift_table
from kpi_engine.sample.chats import SENDERS
from kpi_engine.sample.days import calendar_table, day_of, instant
from kpi_engine.sample.events import ShopEvents, drawn_events
from kpi_engine.sample.incidents import KINDS
from kpi_engine.sample.people import Shop, roster_table
from kpi_engine.sample.shapes import money, shaped
from kpi_engine.sample.truth import (
    true_conversations,
    true_inquiries,
    true_owners,
    true_refunds,
    true_rounds,
)

SCATTER = 2_654_435_761  # odd, so that no two buyers of a shop get one name
ID_DIGITS = 9


def shop_tables(shop: Shop, seed: int) -> dict[str, pl.DataFrame]:
    """Return the tables of a shop by name, in the columns and kinds in which they are written."""
    events = drawn_events(shop, seed)
    tables = {
        "agents": roster_table(shop),
        "calendar": calendar_table(shop.shop_id, shop.reasons_by_day),
        "shifts": shift_table(shop, seed),
        **_event_tables(shop, events),
        **_prepared_tables(shop, events),
    }
    return {table: shaped(table, frame) for table, frame in tables.items()}


def _event_tables(shop: Shop, events: ShopEvents) -> dict[str, pl.DataFrame]:
    nth = pl.int_range(pl.len())
    return {
        "messages": events.messages.select(
            _id(shop, "m", pl.col("number")).alias("message_id"),
            *_buyer(shop, events),
            _agent(shop, "agent").alias("agent_id"),
            instant(pl.col("t")).alias("sent_at"),
            pl.lit(pl.Series(SENDERS)).gather("sender").alias("sender"),
            pl.col("filtered").alias("is_filtered"),
        ),
        "orders": events.orders.select(
            _id(shop, "o", pl.col("number")).alias("order_id"),
            *_buyer(shop, events),
            instant(pl.col("created")).alias("created_at"),
            instant(pl.col("paid")).alias("paid_at"),
            money(pl.col("cents")).alias("paid_amount"),
            "items",
            pl.col("fake").alias("is_fake"),
            _agent(shop, "owner").alias("owner_agent_id"),
        ),
        "refunds": events.refunds.select(
            _id(shop, "f", nth).alias("refund_id"),
            _id(shop, "o", pl.col("number")).alias("order_id"),
            instant(pl.col("applied")).alias("applied_at"),
            instant(pl.col("completed")).alias("completed_at"),
            money(pl.col("cents")).alias("amount"),
            "success",
            pl.col("intervened").alias("platform_intervened"),
            _agent(shop, "handler").alias("handler_agent_id"),
        ),
        "ratings": events.ratings.select(
            _id(shop, "r", nth).alias("rating_id"),
            pl.lit(shop.shop_id).alias("shop_id"),
            _agent(shop, "agent").alias("agent_id"),
            instant(pl.col("t")).alias("rated_at"),
            "score",
        ),
        "tickets": events.tickets.select(
            _id(shop, "t", nth).alias("ticket_id"),
            *_buyer(shop, events),
            _agent(shop, "agent").alias("agent_id"),
            instant(pl.col("t")).alias("opened_at"),
            "resolved",
            instant(pl.col("reopened")).alias("reopened_at"),
        ),
        "incidents": events.incidents.select(
            _id(shop, "i", nth).alias("incident_id"),
            pl.lit(shop.shop_id).alias("shop_id"),
            _agent(shop, "agent").alias("agent_id"),
            instant(pl.col("t")).alias("happened_at"),
            pl.lit(pl.Series(KINDS)).gather("kind").alias("kind"),
            "points",
            "times",
            "upheld",
            _agent(shop, "assessor").alias("assessor_id"),
        ),
    }


def _prepared_tables(shop: Shop, events: ShopEvents) -> dict[str, pl.DataFrame]:
    conversations = true_conversations(events.said)
    owners = true_owners(events.orders, conversations)
    rounds = true_rounds(events.said, [day_of(day) for day in shop.reasons_by_day])
    inquiries = true_inquiries(conversations, events.orders, owners)
    return {
        "rounds": rounds.sort("number").select(
            _id(shop, "m", pl.col("number")).alias("round_id"),
            *_buyer(shop, events),
            _agent(shop, "agent").alias("agent_id"),
            instant(pl.col("asked")).alias("asked_at"),
            instant(pl.col("replied")).alias("replied_at"),
        ),
        "inquiries": inquiries.sort("number").select(
            _id(shop, "m", pl.col("number")).alias("inquiry_id"),
            *_buyer(shop, events),
            _agent(shop, "agent").alias("agent_id"),
            instant(pl.col("asked")).alias("asked_at"),
            "paid",
        ),
        "credited_orders": true_refunds(owners, events.refunds).select(
            _id(shop, "o", pl.col("number")).alias("order_id"),
            *_buyer(shop, events),
            _agent(shop, "credited").alias("agent_id"),
            instant(pl.col("paid")).alias("paid_at"),
            money(pl.col("cents")).alias("paid_amount"),
            money(pl.col("refunded")).alias("refunded"),
        ),
    }


def _buyer(shop: Shop, events: ShopEvents) -> tuple[pl.Expr, pl.Expr]:
    """Return the shop and the buyer of a story.

    Buyers are scattered over two to four times as many names, the same in all shops: many a name
    is a buyer of several shops, as people are.
    """
    names = 2 << events.buyers.bit_length()
    number = (pl.col("story") * SCATTER + shop.number * shop.messages) % names
    return (pl.lit(shop.shop_id).alias("shop_id"), _padded("B", number).alias("buyer_id"))


def _agent(shop: Shop, column: str) -> pl.Expr:
    names = [*(agent.agent_id for agent in shop.agents), f"{shop.shop_id}-main"]
    return pl.lit(pl.Series(names)).gather(column)


def _id(shop: Shop, letter: str, number: pl.Expr) -> pl.Expr:
    """Return ids whose order as text is that of their numbers."""
    return _padded(f"{shop.shop_id}-{letter}", number)


def _padded(prefix: str, number: pl.Expr) -> pl.Expr:
    digits = (number + 10**ID_DIGITS).cast(pl.String).str.slice(1)
    return pl.concat_str(pl.lit(prefix), digits)
