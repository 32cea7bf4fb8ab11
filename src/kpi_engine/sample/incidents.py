"""What is held against an agent, or to her credit, and who judged it."""

import polars as pl

from kpi_engine.sample.attendance import Duty
from kpi_engine.sample.days import DAY, DAYS
from kpi_engine.sample.draws import THOUSAND, chance, key_of, with_draws
from kpi_engine.sample.people import Agent, Shop

KINDS = ("complaint", "negative_item", "missed_deduction", "praise")
POINTS_BY_KIND = {"complaint": 5, "negative_item": 3, "missed_deduction": 3, "praise": 2}
MONTHS = ((0, 31), (31, 61), (61, DAYS))
MOST_OF_A_KIND = 3  # in a month
LEAD = 0  # the lead of a shop judges everybody else


def drawn_incidents(shop: Shop, duty: Duty, seed: int) -> pl.DataFrame:
    """Return one row per incident: agent, time, kind, points, times, whether upheld, assessor.

    The slow and the unfriendly have more of them, a few an agent and month at most.
    """
    cases = [
        (agent.code, first, until - first, kind, likely)
        for agent in shop.agents
        for start, end in MONTHS
        for first in [max(start * DAY, duty.hired[agent.code])]
        for until in [min(end * DAY, duty.left[agent.code])]
        for kind, likely in enumerate(_chances(agent))
        if first < until
    ]
    columns = ["agent", "first", "span", "kind", "likely"]
    frame = (
        pl.DataFrame(cases, schema=dict.fromkeys(columns, pl.Int64), orient="row")
        .with_columns(nth=pl.int_ranges(0, MOST_OF_A_KIND))
        .explode("nth")
        .with_columns(counter=pl.int_range(pl.len()))
    )
    key = key_of(seed, shop.number, "incident")
    frame = with_draws(frame, pl.col("counter"), luck=key, when=key_of(key, "when"))
    luck = pl.col("luck")
    return (
        frame.filter(chance(luck, 0, pl.col("likely")))
        .select(
            "agent",
            "kind",
            t=pl.col("first") + (pl.col("when") % pl.col("span").cast(pl.UInt64)).cast(pl.Int64),
            points=pl.lit(pl.Series([POINTS_BY_KIND[kind] for kind in KINDS])).gather("kind"),
            times=1 + chance(luck, 1, 120).cast(pl.Int64),
            upheld=chance(luck, 2, 850),
            assessor=pl.when(pl.col("agent") != LEAD).then(LEAD),
        )
        .sort("t", "agent", "kind")
    )


def _chances(agent: Agent) -> tuple[int, ...]:
    """Return the chances in a thousand of one more incident in a month, by kind."""
    unkind = THOUSAND - agent.pleasing
    return (300 + 5 * agent.slow, 120 + unkind * 4 // 5, 40, 250)
