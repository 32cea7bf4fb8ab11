"""What comes after a chat: ratings and tickets."""

import polars as pl

from kpi_engine.sample.attendance import Duty
from kpi_engine.sample.chats import REPLIES
from kpi_engine.sample.days import DAY, END, HOUR, MINUTE
from kpi_engine.sample.draws import at, below, chance, key_of, skewed, with_draws
from kpi_engine.sample.people import Shop


def answered_legs(legs: pl.DataFrame, messages: pl.DataFrame) -> pl.DataFrame:
    """Return the legs in which a person replied, with the second of the last message (``end``)."""
    ends = (
        messages.filter(~pl.col("filtered"))
        .group_by("leg")
        .agg(end=pl.col("t").max(), answered=pl.col("sender").is_in(REPLIES).any())
        .filter("answered")
    )
    numbered = legs.with_columns(leg=pl.int_range(pl.len(), dtype=pl.UInt32))
    return numbered.join(ends, on="leg", validate="1:1").sort("leg")


def drawn_ratings(shop: Shop, duty: Duty, answered: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Return one row per invitation to rate: agent, time, and a score of 1 to 5, often none.

    Some come days later, but none after the agent has left.
    """
    key = key_of(seed, shop.number, "rating")
    answered = with_draws(answered, pl.col("counter"), luck=key, mark=key_of(key, "mark"))
    luck, mark = pl.col("luck"), pl.col("mark")
    pleasing = at(pl.col("agent"), [*(agent.pleasing for agent in shop.agents), 0])
    late = chance(luck, 1, 50)
    good = chance(mark, 0, pleasing)
    return (
        answered.filter(chance(luck, 0, 360) & (pl.col("agent") < shop.main_account))
        .select(
            "agent",
            t=pl.col("end")
            + pl.when(late)
            .then(DAY + skewed(luck, 2, 9 * DAY))
            .otherwise(10 + skewed(luck, 2, HOUR)),
            score=pl.when(chance(mark, 1, 640)).then(
                pl.when(good).then(4 + below(mark, 2, 2)).otherwise(1 + below(mark, 2, 3)),
            ),
            left=at(pl.col("agent"), _leaving(shop, duty)),
        )
        .filter(pl.col("t") < pl.col("left"))
        .sort("t", "agent", maintain_order=True)
    )


def drawn_tickets(shop: Shop, duty: Duty, answered: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Return one row per ticket opened on an after-sales visit: resolved or not, opened again."""
    key = key_of(seed, shop.number, "ticket")
    answered = with_draws(answered, pl.col("counter"), luck=key)
    luck = pl.col("luck")
    solving = at(pl.col("agent"), [*(agent.solving for agent in shop.agents), 0])
    again = pl.col("resolved") & chance(luck, 2, 60)
    return (
        answered.filter(
            pl.col("aftersales") & chance(luck, 0, 800) & (pl.col("agent") < shop.main_account),
        )
        .with_columns(
            resolved=chance(luck, 1, solving),
            t=pl.col("start") + below(luck, 3, 5 * MINUTE),
        )
        .filter(pl.col("t") < at(pl.col("agent"), duty.left))
        .select(
            "agent",
            "story",
            "t",
            "resolved",
            reopened=pl.when(again).then(pl.col("t") + HOUR + skewed(luck, 2, 6 * DAY)),
        )
        .sort("t", "story")
    )


def _leaving(shop: Shop, duty: Duty) -> list[int]:
    """Return the second from which an agent is gone, by code, far off for those who stay."""
    forever = 2 * END
    return [duty.left[agent.code] if agent.left else forever for agent in shop.agents]
