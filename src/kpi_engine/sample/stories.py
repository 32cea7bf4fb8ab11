"""What buyers mean to do: when they write to whom, and what they order.

A story is one buyer of a shop: a first visit, often to one agent, now and then to a second one
beside or after her, and for some a return days later. A leg is what one agent and the buyer have
to say to each other on one visit; legs of one agent and buyer never overlap.
"""

import polars as pl

from kpi_engine.sample.attendance import SLOTS, Duty, on_duty
from kpi_engine.sample.days import DAY, END, HOUR, MINUTE, visit_days, visit_hours
from kpi_engine.sample.draws import at, below, chance, key_of, pick, skewed, with_draws
from kpi_engine.sample.people import Shop

MORNING_STARTS = 8 * HOUR
LEGS = 4  # the most legs of a story, and the most orders
LONGEST_LEG = 16 * HOUR
LATEST_SECOND_LEG = 30 * HOUR
LEAD = 0
ABANDONED = 1  # the slot of a cart
BOT_SELLING = 120


def planned_stories(shop: Shop, duty: Duty, seed: int, count: int) -> pl.DataFrame:
    """Return one row per buyer who writes: two visits, who is asked, and what kind of visit it is.

    ``agent_0`` and ``start_0`` are the first visit, ``_1`` a second agent of that visit, ``_2``
    the return; an agent is null where that did not happen.
    """
    key = key_of(seed, shop.number, "story")
    stories = with_draws(
        pl.select(story=pl.int_range(count, dtype=pl.Int64)),
        pl.col("story"),
        **{name: key_of(key, name) for name in ("when", "who", "more", "back", "whither")},
    )
    stories = _with_first_visit(stories, shop, duty)
    stories = _with_second_agent(stories, duty)
    return _with_return(stories, duty)


def _with_first_visit(stories: pl.DataFrame, shop: Shop, duty: Duty) -> pl.DataFrame:
    """Return the stories with a first visit; at night the robot answers most, for an account."""
    who, start = pl.col("who"), pl.col("start_0")
    by_bot = (start % DAY < MORNING_STARTS) & chance(who, 0, 780)
    asked = on_duty(duty.presales, start, below(who, 1, SLOTS))
    return stories.with_columns(start_0=_moment(pl.col("when"), shop)).with_columns(
        bot=by_bot,
        agent_0=pl.when(by_bot & chance(who, 2, 250)).then(shop.main_account).otherwise(asked),
    )


def _with_second_agent(stories: pl.DataFrame, duty: Duty) -> pl.DataFrame:
    """Return the stories with a second agent of the visit: at once (a transfer) or hours later."""
    who, more = pl.col("who"), pl.col("more")
    at_once = 20 + skewed(more, 1, 8 * MINUTE)
    later = 30 * MINUTE + skewed(more, 1, LATEST_SECOND_LEG - 31 * MINUTE)
    delay = pl.when(chance(more, 0, 600)).then(at_once).otherwise(later)
    stories = stories.with_columns(start_1=pl.col("start_0") + delay)
    colleague = on_duty(duty.presales, pl.col("start_1"), below(pl.col("whither"), 0, SLOTS))
    helper = pl.when(chance(more, 3, 80)).then(LEAD).otherwise(colleague)
    helped = chance(who, 3, 95) & ~pl.col("bot") & (helper != pl.col("agent_0"))
    return stories.with_columns(agent_1=pl.when(helped).then(helper))


def _with_return(stories: pl.DataFrame, duty: Duty) -> pl.DataFrame:
    """Return the stories with a return after the first visit is over, mostly for after-sales."""
    back, start = pl.col("back"), pl.col("start_2")
    alone = pl.col("agent_1").is_null()
    over = LONGEST_LEG + pl.when(alone).then(0).otherwise(LATEST_SECOND_LEG)
    slot = below(pl.col("whither"), 1, SLOTS)
    asked = (
        pl.when("aftersales")
        .then(on_duty(duty.aftersales, start, slot))
        .otherwise(on_duty(duty.presales, start, slot))
    )
    return stories.with_columns(
        aftersales=chance(back, 0, 640),
        start_2=pl.col("start_0") + over + skewed(back, 2, 30 * DAY // MINUTE) * MINUTE,
    ).with_columns(agent_2=pl.when(chance(back, 1, 260) & (start < END)).then(asked))


def planned_legs(stories: pl.DataFrame, duty: Duty) -> pl.DataFrame:
    """Return one row per leg, in order of story, agent and time, each within her employment.

    ``until`` is when she leaves, or the sample ends: nothing is said from then on.
    """
    legs = pl.concat(
        stories.select(
            "story",
            slot=pl.lit(slot, dtype=pl.Int64),
            agent=pl.col(f"agent_{slot}"),
            start=pl.col(f"start_{slot}"),
            bot=pl.col("bot") if slot == 0 else False,
            aftersales=pl.col("aftersales") if slot == LEGS - 2 else False,
        )
        for slot in range(LEGS - 1)
    )
    employed_from, until = at(pl.col("agent"), duty.hired), at(pl.col("agent"), duty.left)
    return (
        legs.filter(pl.col("agent").is_not_null())
        .with_columns(until=until)
        .filter(pl.col("start").is_between(employed_from, pl.col("until"), closed="left"))
        .sort("story", "agent", "start")
        .with_columns(counter=pl.col("story") * LEGS + pl.col("slot"))
    )


def planned_orders(
    shop: Shop,
    stories: pl.DataFrame,
    silent_buyers: range,
    seed: int,
) -> pl.DataFrame:
    """Return one row per order: story, slot and time of creation, and the agent asked, if any.

    ``silent_buyers`` are the story numbers of those who buy and never write. An abandoned cart
    may come before the order that is paid (``abandoned``).
    """
    key = key_of(seed, shop.number, "purchase")
    stories = with_draws(stories, pl.col("story"), luck=key, delay=key_of(key, "delay"))
    luck, delay = pl.col("luck"), pl.col("delay")
    selling = at(pl.col("agent_0"), [*(agent.selling for agent in shop.agents), BOT_SELLING])
    likely = pl.when("bot").then(BOT_SELLING).otherwise(selling)
    bought = stories.filter(chance(luck, 0, likely)).with_columns(
        created=pl.col("start_0") + _hesitation(delay),
    )
    carts = bought.filter(chance(luck, 1, 70)).with_columns(
        created=(pl.col("created") - 60 - skewed(delay, 2, 3 * HOUR)).clip(lower_bound=0),
    )
    again = stories.filter(
        pl.col("agent_2").is_not_null()
        & chance(luck, 2, pl.when("aftersales").then(40).otherwise(300)),
    ).with_columns(created=pl.col("start_2") + _hesitation(delay))
    parts = (
        (bought, pl.col("agent_0")),
        (carts, pl.col("agent_0")),
        (again, pl.col("agent_2")),
        (_silent_orders(shop, silent_buyers, key), pl.lit(None, dtype=pl.Int64)),
    )
    return pl.concat(
        frame.select(
            "story",
            "created",
            slot=pl.lit(slot, dtype=pl.Int64),
            asked=asked,
            abandoned=pl.lit(slot == ABANDONED),
        )
        for slot, (frame, asked) in enumerate(parts)
    )


def _silent_orders(shop: Shop, buyers: range, key: int) -> pl.DataFrame:
    stories = pl.select(story=pl.int_range(buyers.start, buyers.stop, dtype=pl.Int64))
    silent = with_draws(stories, pl.col("story"), when=key_of(key, "silent"))
    return silent.with_columns(created=_moment(pl.col("when"), shop))


def _moment(bits: pl.Expr, shop: Shop) -> pl.Expr:
    """Return seconds on busy days and at busy hours."""
    day = pick(bits, 0, visit_days(shop.reasons_by_day))
    return day * DAY + pick(bits, 1, visit_hours()) * HOUR + below(bits, 2, HOUR)


def _hesitation(bits: pl.Expr) -> pl.Expr:
    """Return the seconds from the question to the order: mostly minutes, some past two days."""
    return (
        pl.when(chance(bits, 0, 450))
        .then(20 + skewed(bits, 1, 12 * MINUTE))
        .when(chance(bits, 0, 750))
        .then(10 * MINUTE + skewed(bits, 1, 5 * HOUR))
        .when(chance(bits, 0, 920))
        .then(5 * HOUR + skewed(bits, 1, 35 * HOUR))
        .otherwise(40 * HOUR + skewed(bits, 1, 30 * HOUR))
    )
