"""Every KPI of pre-sales by hand in Polars: the facts of October from raw tables."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl

from benchmarks.events.polars_packing import (
    PACKED,
    SHOPS,
    TIMES,
    Codes,
    conversations,
    read_codes,
    shop_orders,
    with_owners,
)
from benchmarks.events.polars_rounds import Talks, read_talks, rounds_of
from benchmarks.events.polars_runs import differs
from benchmarks.events.rules import (
    AFTERSALES,
    CLOSES,
    DAY,
    INQUIRY_WINDOW,
    OCTOBER,
    OPENS,
    REPLY_LIMIT,
    SATISFIED_FROM,
    SETTLED,
    SHANGHAI,
)

AGENT = ("shop_id", "agent_id")
CODED = ("shop", "account")
FIRST_DAY, NEXT_MONTH = date(2026, 10, 1), date(2026, 11, 1)


def presales(folder: Path) -> Callable[[Path], None]:
    """Return the facts of October, one row for each agent of pre-sales."""
    talks = read_talks(folder, OCTOBER)
    by_name = pl.collect_all([_served(talks), _rated(folder)])
    del talks
    codes = read_codes(folder)
    chats = conversations(folder, codes)
    visits = _visits(chats, codes)
    orders = with_owners(_recent(shop_orders(folder, codes), codes), chats).collect()
    won = _won(folder, orders, codes)
    by_code = pl.collect_all([_received(visits), _inquired(visits, orders), _sold(won)])
    facts = _subjects(folder)
    for part in by_name:
        facts = facts.join(part.lazy(), on=AGENT, how="left")
    facts = facts.with_columns(shop=codes.shop(), account=codes.account())
    for part in by_code:
        facts = facts.join(part.lazy(), on=CODED, how="left")
    counts = pl.exclude(*AGENT).cast(pl.Int64).fill_null(0)
    return facts.drop(CODED).select(*AGENT, counts).collect().write_parquet


def _subjects(folder: Path) -> pl.LazyFrame:
    return (
        pl.scan_parquet(folder / "agents.parquet")
        .filter(
            pl.col("role") == "presale",
            pl.col("valid_from") < NEXT_MONTH,
            pl.col("valid_to").is_null() | (pl.col("valid_to") > FIRST_DAY),
        )
        .select(AGENT)
        .unique()
    )


def _served(talks: Talks) -> pl.LazyFrame:
    wait = pl.col("replied_at") - pl.col("asked_at")
    clock = (pl.col("asked_at") + SHANGHAI) % DAY
    return (
        rounds_of(talks)
        .filter(clock >= OPENS, clock < CLOSES)
        .select(*(pl.lit(talks.names[name]).gather("row").alias(name) for name in AGENT), wait=wait)
        .group_by(AGENT)
        .agg(
            rounds=pl.len(),
            rounds_in_time=(pl.col("wait") <= REPLY_LIMIT).sum(),
        )
    )


def _rated(folder: Path) -> pl.LazyFrame:
    return (
        pl.scan_parquet(folder / "ratings.parquet")
        .filter(pl.col("score").is_not_null(), _in_october(pl.col("rated_at").to_physical()))
        .group_by(AGENT)
        .agg(ratings=pl.len(), ratings_good=(pl.col("score") >= SATISFIED_FROM).sum())
    )


def _in_october(instant: pl.Expr, start: int = 0) -> pl.Expr:
    since, until = OCTOBER
    return instant.is_between(since - start, until - start, closed="left")


def _recent(orders: pl.LazyFrame, codes: Codes) -> pl.LazyFrame:
    """Return the orders that a visit or a payment of October can meet."""
    since = OCTOBER[0] - codes.start
    return orders.filter((pl.col("created") >= since - AFTERSALES) | (pl.col("paid") >= since))


def _visits(chats: pl.DataFrame, codes: Codes) -> pl.DataFrame:
    """Return one row per pair, account and day of October on which the buyer began to write."""
    day = (pl.col("start") + codes.start + SHANGHAI) // DAY
    return (
        chats.lazy()
        .filter("from_buyer", _in_october(pl.col("start"), codes.start))
        .with_columns(day=day)
        .filter(differs("pair") | differs("account") | differs("day"))
        .select("pair", "account", asked="start")
        .collect()
    )


def _received(visits: pl.DataFrame) -> pl.LazyFrame:
    buyers = visits.lazy().filter(differs("pair") | differs("account"))
    return _by_agent(buyers, buyers_received=pl.len())


def _inquired(visits: pl.DataFrame, orders: pl.DataFrame) -> pl.LazyFrame:
    """Return the inquiries by agent: what was bought next, a paid order before an abandoned one."""
    moments = orders.lazy().sort("pair", "created", "order_id")
    moments = moments.select(_moment("created"), "paid", owner="account")
    paid = moments.filter(pl.col("paid").is_not_null())
    carts = moments.filter(pl.col("paid").is_null()).select("moment")
    asked = visits.lazy().with_columns(_moment("asked")).sort("moment")
    met = (
        asked.join_asof(paid, on="moment", strategy="forward", coalesce=False)
        .rename({"moment_right": "bought"})
        .join_asof(carts, on="moment", strategy="forward", coalesce=False)
        .rename({"moment_right": "cart"})
        .join_asof(paid.select("moment"), on="moment", coalesce=False, allow_exact_matches=False)
        .rename({"moment_right": "earlier"})
    )
    bought, cart = (_near(order, INQUIRY_WINDOW - 1) for order in ("bought", "cart"))
    own = pl.col("owner") == pl.col("account")
    return _by_agent(
        met.with_columns(pl.when(bought).then(pl.col("owner", "paid")))
        .filter(own.fill_null(value=True), bought | cart | ~_near("earlier", AFTERSALES))
        .with_columns(paid=own & (pl.col("paid") < pl.col("asked") + SETTLED)),
        inquiries=pl.len(),
        inquiries_paid=pl.col("paid").sum(),
    )


def _moment(time: str) -> pl.Expr:
    return (pl.col("pair") * TIMES + pl.col(time).cast(PACKED)).alias("moment")


def _near(order: str, most: int) -> pl.Expr:
    """Return whether an order is the same pair's, and at most so far from the question."""
    same_pair = pl.col(order) // TIMES == pl.col("pair")
    distance = (pl.col(order) - pl.col("moment")).abs()
    return (same_pair & (distance <= most)).fill_null(value=False)


def _won(folder: Path, orders: pl.DataFrame, codes: Codes) -> pl.DataFrame:
    """Return the orders of an owner paid in October, with the cents given back."""
    back = (
        pl.scan_parquet(folder / "refunds.parquet")
        .filter("success")
        .group_by("order_id")
        .agg(refunded=(pl.col("amount") * 100).cast(pl.Int64).sum())
    )
    return (
        orders.lazy()
        .filter(_in_october(pl.col("paid"), codes.start), pl.col("account").is_not_null())
        .join(back, on="order_id", how="left")
        .collect()
    )


def _sold(won: pl.DataFrame) -> pl.LazyFrame:
    return _by_agent(
        won.lazy().group_by("pair", "account").agg(pl.col("cents", "refunded").sum()),
        sales=pl.col("cents").sum(),
        refunded=pl.col("refunded").sum(),
        order_buyers=pl.len(),
    )


def _by_agent(rows: pl.LazyFrame, **facts: pl.Expr) -> pl.LazyFrame:
    """Return the facts of rows of a pair and an account by shop and account."""
    shop = (pl.col("pair") % SHOPS).cast(pl.Int64)
    return rows.group_by(shop.alias("shop"), "account").agg(**facts)
