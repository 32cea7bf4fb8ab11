"""Orders and the refunds of some of them, in minor units until they are written."""

import polars as pl

from kpi_engine.sample.attendance import SLOTS, Duty, on_duty
from kpi_engine.sample.days import DAY, END, HOUR, MINUTE
from kpi_engine.sample.draws import at, below, chance, key_of, pick, skewed, with_draws
from kpi_engine.sample.people import Shop
from kpi_engine.sample.stories import LEGS

ITEMS = (1, 1, 1, 1, 2, 2, 3, 5)
REFUNDS = 2  # the most of an order
SILENT_SPENDING = 95


def drawn_orders(shop: Shop, duty: Duty, planned: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Return one row per order: number, buyer's story, times in seconds, cents, owner by hand.

    ``paid`` and ``cents`` are null for an order never paid, ``owner`` is null but for the few
    that a manager gave to somebody. Numbers follow the time of creation.
    """
    key = key_of(seed, shop.number, "order")
    counter = pl.col("story") * LEGS + pl.col("slot")
    planned = with_draws(
        planned,
        counter,
        luck=key,
        money=key_of(key, "money"),
        hand=key_of(key, "hand"),
    )
    luck, money = pl.col("luck"), pl.col("money")
    spending = at(pl.col("asked"), [*(agent.spending for agent in shop.agents), SILENT_SPENDING])
    cents = 2_900 + skewed(money, 0, 1_200) * 100 + below(money, 2, 100)
    return (
        planned.sort("created", "story", "slot")
        .with_columns(
            number=pl.int_range(pl.len(), dtype=pl.Int64),
            paid=pl.when(chance(luck, 0, 930) & ~pl.col("abandoned")).then(
                pl.col("created") + _time_to_pay(luck),
            ),
            items=pick(money, 3, ITEMS),
            fake=chance(luck, 3, 9),
            owner=pl.when(chance(pl.col("hand"), 0, 6)).then(
                on_duty(duty.presales, pl.col("created"), below(pl.col("hand"), 1, SLOTS)),
            ),
            cents=cents * spending.fill_null(SILENT_SPENDING) // 100 * shop.price // 100,
        )
        .with_columns(
            cents=pl.when(pl.col("paid").is_not_null()).then("cents"),
            owner=pl.when(pl.col("owner") != shop.main_account).then("owner"),
        )
    )


def drawn_refunds(shop: Shop, duty: Duty, orders: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Return one row per refund of a paid order, weeks later at times; never more than was paid.

    A refund still open has no ``completed`` and no ``success``; one that is refused was completed.
    """
    key = key_of(seed, shop.number, "refund")
    bits = pl.col("bits")
    asked = chance(bits, 0, 50 + shop.number % 4 * 14)
    paid = orders.filter(pl.col("paid").is_not_null())
    refunds = with_draws(paid, pl.col("number"), bits=key).filter(asked)
    refunds = with_draws(refunds, pl.col("number"), bits=key_of(key, "amount"))
    partly = chance(bits, 0, 400)
    refunds = refunds.select(
        "number",
        "paid",
        nth=pl.int_ranges(0, 1 + (partly & chance(bits, 1, 120)).cast(pl.Int64)),
        cents=pl.when(partly)
        .then((pl.col("cents") * (10 + below(bits, 2, 36)) // 100).clip(lower_bound=1))
        .otherwise("cents"),
    ).explode("nth")
    refunds = with_draws(
        refunds,
        pl.col("number") * REFUNDS + pl.col("nth"),
        luck=key_of(key, "luck"),
        handler=key_of(key, "handler"),
    )
    luck = pl.col("luck")
    applied = pl.col("paid") + HOUR // 2 + skewed(luck, 0, 25 * DAY // 60) * 60
    return (
        refunds.with_columns(
            applied=applied, success=pl.when(chance(luck, 2, 940)).then(chance(luck, 2, 870))
        )
        .with_columns(
            completed=pl.when(pl.col("success").is_not_null()).then(
                pl.col("applied") + 5 * MINUTE + skewed(luck, 2, 5 * DAY // 10) * 10,
            ),
            intervened=chance(luck, 3, 30),
        )
        .with_columns(
            handler=pl.when(pl.col("completed") < END).then(
                on_duty(duty.aftersales, pl.col("completed"), below(pl.col("handler"), 0, SLOTS)),
            ),
        )
        .with_columns(handler=pl.when(pl.col("handler") != shop.main_account).then("handler"))
        .sort("applied", "number", "nth")
    )


def _time_to_pay(bits: pl.Expr) -> pl.Expr:
    """Return the seconds from creation to payment: mostly minutes, some beyond four days."""
    return (
        pl.when(chance(bits, 1, 820))
        .then(5 + skewed(bits, 2, 20 * MINUTE))
        .when(chance(bits, 1, 920))
        .then(20 * MINUTE + skewed(bits, 2, 23 * HOUR))
        .when(chance(bits, 1, 970))
        .then(DAY + skewed(bits, 2, 60 * HOUR))
        .otherwise(3 * DAY + skewed(bits, 2, 4 * DAY))
    )
