"""What happened in a shop, as frames of codes, seconds and cents, before anything has a name."""

from dataclasses import dataclass

import polars as pl

from kpi_engine.sample.attendance import duty_of
from kpi_engine.sample.chats import MESSAGES_PER_STORY, SYSTEM, chat_messages
from kpi_engine.sample.days import END
from kpi_engine.sample.draws import key_of, with_draws
from kpi_engine.sample.feedback import answered_legs, drawn_ratings, drawn_tickets
from kpi_engine.sample.incidents import drawn_incidents
from kpi_engine.sample.orders import drawn_orders, drawn_refunds
from kpi_engine.sample.people import Shop
from kpi_engine.sample.stories import planned_legs, planned_orders, planned_stories

CHAT_SHARE = 98  # per cent of the messages; the rest are notices of the system
SPARE_STORIES = 3  # so that even a tiny shop has somebody writing to it
SILENT_BUYERS = 5  # one for so many who write
ROWS = 2**24  # more than the messages of a shop, so that time and row fit one sort key


@dataclass(frozen=True, slots=True)
class ShopEvents:
    """The events of one shop; ``said`` is the messages of people and robots that count.

    ``said`` stands in order of buyer, agent and time, ``messages`` in order of time. ``buyers``
    is how many buyers there are, those who never write included.
    """

    messages: pl.DataFrame
    said: pl.DataFrame
    orders: pl.DataFrame
    refunds: pl.DataFrame
    ratings: pl.DataFrame
    tickets: pl.DataFrame
    incidents: pl.DataFrame
    buyers: int


def drawn_events(shop: Shop, seed: int) -> ShopEvents:
    """Return the events of a shop; the stories told are as many as its messages allow."""
    duty = duty_of(shop, seed)
    wanted = shop.messages * CHAT_SHARE // 100
    stories = planned_stories(shop, duty, seed, SPARE_STORIES + wanted // MESSAGES_PER_STORY)
    legs = planned_legs(stories, duty)
    chats = chat_messages(shop, legs, seed)
    told = chats["story"][wanted] if chats.height > wanted else stories.height
    stories, legs, chats = (
        frame.filter(pl.col("story") < told) for frame in (stories, legs, chats)
    )
    messages = _numbered(_with_notices(shop, chats, told, seed))
    silent = stories.height // SILENT_BUYERS
    planned = planned_orders(shop, stories, range(told, told + silent), seed)
    orders = drawn_orders(shop, duty, planned, seed)
    answered = answered_legs(legs, chats)
    return ShopEvents(
        messages=messages.sort("number"),
        said=messages.head(chats.height).filter(~pl.col("filtered")),
        orders=orders,
        refunds=drawn_refunds(shop, duty, orders, seed),
        ratings=drawn_ratings(shop, duty, answered, seed),
        tickets=drawn_tickets(shop, duty, answered, seed),
        incidents=drawn_incidents(shop, duty, seed),
        buyers=told + silent,
    )


def _with_notices(shop: Shop, chats: pl.DataFrame, buyers: int, seed: int) -> pl.DataFrame:
    """Return the messages, filled up with notices to buyers that belong to no agent."""
    missing = shop.messages - chats.height
    nth = pl.select(nth=pl.int_range(missing, dtype=pl.Int64))
    bits = pl.col("bits")
    notices = with_draws(nth, pl.col("nth"), bits=key_of(seed, shop.number, "notice")).select(
        story=(bits // 2**32 % max(1, buyers)).cast(pl.Int64),
        agent=pl.lit(None, dtype=pl.Int64),
        t=(bits % END).cast(pl.Int64),
        sender=pl.lit(SYSTEM, dtype=pl.Int8),
        filtered=False,
    )
    return pl.concat([chats.select(notices.columns), notices])


def _numbered(messages: pl.DataFrame) -> pl.DataFrame:
    """Return the messages with their number in order of time, of equal times as they were said."""
    row = pl.int_range(pl.len(), dtype=pl.Int64)
    in_time = messages.select(row=(pl.col("t") * ROWS + row).sort() % ROWS)
    number = in_time.select(number=pl.col("row").arg_sort().cast(pl.Int64))
    return messages.hstack(number)
