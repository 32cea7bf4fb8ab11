"""The prepared tables, from what the generator knows of its own messages and orders.

Messages stand in order of story, agent and time as they were made up, and what is said within a
story stays within it, so every rule is a look at the message before or at the few conversations
of one story. Nothing here sorts events or joins on time, which is how a ruleset has to do it.
"""

import polars as pl

from kpi_engine.sample.chats import BOT_AUTO, BUYER, REPLIES
from kpi_engine.sample.days import DAY, MINUTE

SILENCE = 10 * MINUTE
CREDIT_WINDOW = INQUIRY_WINDOW = 2 * DAY
AFTERSALES = 21 * DAY
SETTLED = 4 * DAY


def true_rounds(said: pl.DataFrame, exempt_days: list[int]) -> pl.DataFrame:
    """Return one row per round: number of its first message, story, agent, asked, replied or null.

    ``said`` is the unfiltered messages of people (``story``, ``agent``, ``t``, ``sender``,
    ``number``). Days on which only the robot answered an agent's buyer are left out, as are
    exempt days.
    """
    said = said.with_columns(day=pl.col("t") // DAY)
    said = said.with_columns(new=_differs("story") | _differs("agent") | _differs("day"))
    said = said.with_columns(
        talk=pl.col("new").cum_sum() - 1,
        reply=pl.col("sender").is_in(REPLIES),
    )
    talks = said.group_by("talk", maintain_order=True).agg(
        bot_only=(pl.col("sender") == BOT_AUTO).any() & ~pl.col("reply").any(),
    )
    counted = ~pl.col("day").is_in(exempt_days) & ~pl.lit(talks["bot_only"]).gather("talk")
    turns = (
        said.filter((pl.col("sender") == BUYER) | pl.col("reply"))
        .filter(counted)
        # A turn: the first message of a talk, or one by the other side.
        .filter(_differs("talk") | _differs("reply"))
        .with_columns(
            replied=pl.when(pl.col("talk") == pl.col("talk").shift(-1)).then(pl.col("t").shift(-1)),
        )
    )
    return turns.filter(~pl.col("reply")).select(
        "number",
        "story",
        "agent",
        asked="t",
        replied="replied",
    )


def true_conversations(said: pl.DataFrame) -> pl.DataFrame:
    """Return one row per conversation: ten minutes of silence between agent and buyer end one."""
    silent = (pl.col("t") - pl.col("t").shift() >= SILENCE).fill_null(value=True)
    return (
        said.with_columns(chat=(_differs("story") | _differs("agent") | silent).cum_sum())
        .group_by("chat", maintain_order=True)
        .agg(
            pl.col("story", "agent", "number").first(),
            start=pl.col("t").first(),
            end=pl.col("t").last(),
            from_buyer=(pl.col("sender") == BUYER).any(),
            replied_to=pl.col("sender").is_in(REPLIES).any(),
        )
        .drop("chat")
    )


def true_owners(orders: pl.DataFrame, conversations: pl.DataFrame) -> pl.DataFrame:
    """Return the genuine paid orders, with the agent who is credited, null for a silent order.

    The conversation in progress at creation that ends last wins, else the one that ended last
    within two days before; of equal ends the lower agent. An owner named by hand wins over both.
    """
    genuine = orders.filter(pl.col("paid").is_not_null() & ~pl.col("fake"))
    winners = (
        genuine.select("number", "story", "created")
        .join(conversations.filter("replied_to").drop("number"), on="story")
        .filter(
            pl.col("start") <= pl.col("created"),
            pl.col("created") < pl.col("end") + CREDIT_WINDOW,
        )
        .with_columns(over=pl.col("created") >= pl.col("end"))
        .sort("number", "over", -pl.col("end"), "agent")
        .unique("number", keep="first", maintain_order=True)
    )
    return genuine.join(
        winners.select("number", winner="agent"),
        on="number",
        how="left",
        maintain_order="left",
    ).with_columns(credited=pl.coalesce("owner", "winner"))


def true_inquiries(
    conversations: pl.DataFrame,
    orders: pl.DataFrame,
    owners: pl.DataFrame,
) -> pl.DataFrame:
    """Return one row per visit (agent, buyer, day) that asked about buying, and whether it sold.

    Visits whose order another agent is credited with, and visits after a purchase of the last 21
    days without a new order, are left out. ``number`` is that of the visit's first message.
    """
    visits = (
        conversations.filter("from_buyer")
        .with_columns(day=pl.col("start") // DAY)
        .filter(_differs("story") | _differs("agent") | _differs("day"))
        .select("number", "story", "agent", asked="start")
    )
    genuine = orders.filter(~pl.col("fake")).select("story", "created", "paid", order="number")
    pairs = visits.select("number", "story", "asked").join(genuine, on="story")
    bought = (
        pairs.filter(
            pl.col("asked") <= pl.col("created"),
            pl.col("created") < pl.col("asked") + INQUIRY_WINDOW,
        )
        .sort("number", pl.col("paid").is_null(), "created", "order")
        .unique("number", keep="first", maintain_order=True)
        .join(owners.select("credited", order="number"), on="order", how="left")
        .select("number", "order", "paid", "credited")
    )
    earlier = pairs.filter(
        pl.col("paid").is_not_null(),
        pl.col("asked") - AFTERSALES <= pl.col("created"),
        pl.col("created") < pl.col("asked"),
    ).select("number", bought_before=True)
    own = pl.col("credited") == pl.col("agent")
    return (
        visits.join(bought, on="number", how="left", maintain_order="left")
        .join(earlier.unique("number"), on="number", how="left", maintain_order="left")
        .filter(
            own.fill_null(value=True),
            pl.col("bought_before").is_null() | pl.col("order").is_not_null(),
        )
        .select(
            "number",
            "story",
            "agent",
            "asked",
            paid=((pl.col("paid") < pl.col("asked") + SETTLED) & own).fill_null(value=False),
        )
    )


def true_refunds(owners: pl.DataFrame, refunds: pl.DataFrame) -> pl.DataFrame:
    """Return the credited orders with the cents given back: every successful refund, whenever."""
    back = refunds.filter("success").group_by("number").agg(refunded=pl.col("cents").sum())
    return owners.join(back, on="number", how="left", maintain_order="left").with_columns(
        pl.col("refunded").fill_null(0),
    )


def _differs(column: str) -> pl.Expr:
    return (pl.col(column) != pl.col(column).shift()).fill_null(value=True)
