"""Conversations and owners for Polars, from whole numbers whose order is what the rules ask for.

One Int128 holds who, when and what; sorting it sorts the messages, and every rule is then a look at
the row before or after. From the highest bits: buyer 57 (a hash), shop 10, account 14, time 43,
asks 1, replies 1. Buyer and shop are a pair. Two buyers of one hash would be merged: 1 in 80,000 at
20 million messages, and every measured answer is compared with the other roads'.
"""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from benchmarks.events.polars_runs import differs, run_ends
from benchmarks.events.rules import CREDIT_WINDOW, REPLIES, SILENCE

BUYERS, SHOPS, ACCOUNTS, TIMES, FLAGS = 2**57, 2**10, 2**14, 2**43, 2**2
PACKED = pl.Int128


@dataclass(frozen=True, slots=True)
class Codes:
    """Shops and accounts in the order of their names, and the instant that times count from."""

    shops: pl.Enum
    accounts: pl.Enum
    start: int

    def shop(self) -> pl.Expr:
        """Return the code of the shop of a row."""
        return pl.col("shop_id").cast(self.shops).to_physical().cast(pl.Int64)

    def account(self, column: str = "agent_id") -> pl.Expr:
        """Return the code of an account, null where there is none."""
        return pl.col(column).cast(self.accounts).to_physical().cast(pl.Int64)

    def pair(self) -> pl.Expr:
        """Return buyer and shop of a row as one number."""
        buyer = pl.col("buyer_id").hash() // (2**64 // BUYERS)
        return buyer.cast(PACKED) * SHOPS + self.shop().cast(PACKED)

    def time(self, column: str) -> pl.Expr:
        """Return the microseconds from the start to an instant."""
        return pl.col(column).to_physical() - self.start


def read_codes(folder: Path) -> Codes:
    """Return the codes of everybody in the messages, the orders and the roster of a folder.

    Raises:
        ValueError: the bits have no room for so many shops or accounts, or so long a time.
    """
    messages, orders, agents = (
        pl.scan_parquet(folder / f"{table}.parquet") for table in ("messages", "orders", "agents")
    )
    moments = (messages.select(at="sent_at"), orders.select(at="created_at"))
    *found, start, end = pl.collect_all(
        [
            agents.select("shop_id", "agent_id").unique(),
            messages.select("shop_id", "agent_id").unique(),
            orders.select("shop_id", agent_id="owner_agent_id").unique(),
            pl.concat(times.min() for times in moments).min(),
            pl.concat(times.max() for times in moments).max(),
        ],
        engine="streaming",
    )
    people = pl.concat(found)
    shops, accounts = (people[name].drop_nulls().unique().sort() for name in people.columns)
    first, last = (frame["at"].to_physical().item() for frame in (start, end))
    if shops.len() > SHOPS or accounts.len() > ACCOUNTS or last - first >= TIMES:
        raise ValueError("found more shops, accounts or time than expected")
    return Codes(pl.Enum(shops), pl.Enum(accounts), first)


def conversations(folder: Path, codes: Codes) -> pl.DataFrame:
    """Return one row per conversation, in order of pair, account and start.

    ``pair``, ``account``, ``start`` and ``end`` (of its first and last message), and whether the
    buyer (``from_buyer``) and the account (``replied_to``) wrote in it.
    """
    asks, replies = pl.col("sender") == "buyer", pl.col("sender").is_in(REPLIES)
    what = codes.time("sent_at") * FLAGS + asks.cast(pl.Int64) * 2 + replies.cast(pl.Int64)
    who = codes.pair() * ACCOUNTS + codes.account().cast(PACKED)
    low = pl.col("low")
    said = (
        pl.scan_parquet(folder / "messages.parquet")
        .filter(~pl.col("is_filtered"), pl.col("agent_id").is_not_null())
        .select(packed=who * (TIMES * FLAGS) + what.cast(PACKED))
        .collect(engine="streaming")
        .sort("packed")
        .lazy()
        .select(
            who=pl.col("packed") // (TIMES * FLAGS),
            low=(pl.col("packed") % (TIMES * FLAGS)).cast(pl.Int64),
        )
        .select("who", time=low // FLAGS, asks=low // 2 % 2 == 1, replies=low % 2 == 1)
        .with_columns(first=differs("who") | (pl.col("time").diff() >= SILENCE))
        .collect()
    )
    return run_ends(said, "asks", "replies").select(
        pair=pl.col("who") // ACCOUNTS,
        account=(pl.col("who") % ACCOUNTS).cast(pl.Int64),
        start="time",
        end=pl.lit(said["time"]).gather("last"),
        from_buyer=pl.col("asks") > 0,
        replied_to=pl.col("replies") > 0,
    )


def shop_orders(folder: Path, codes: Codes) -> pl.LazyFrame:
    """Return the genuine orders: pair, ``created`` and ``paid`` times, cents, owner by hand."""
    return (
        pl.scan_parquet(folder / "orders.parquet")
        .filter(~pl.col("is_fake"))
        .select(
            "order_id",
            pair=codes.pair(),
            created=codes.time("created_at"),
            paid=codes.time("paid_at"),
            cents=(pl.col("paid_amount") * 100).cast(pl.Int64),
            named=codes.account("owner_agent_id"),
        )
    )


def with_owners(orders: pl.LazyFrame, chats: pl.DataFrame) -> pl.LazyFrame:
    """Return the orders with the account that owns each (``account``), null for nobody's.

    Of the conversations begun before an order the one that ends last wins, of these the lower
    account, if it ended less than two days before. The winner so far is a running maximum of pair,
    end and account, in order of pair and start.
    """
    won = (pl.col("pair") * TIMES + pl.col("end").cast(PACKED)) * ACCOUNTS
    best = (
        chats.lazy()
        .filter("replied_to")
        .select(
            begun=pl.col("pair") * TIMES + pl.col("start").cast(PACKED),
            best=won + (ACCOUNTS - 1 - pl.col("account")).cast(PACKED),
        )
        .sort("begun")
        .with_columns(pl.col("best").cum_max())
    )
    end = (pl.col("best") // ACCOUNTS % TIMES).cast(pl.Int64)
    winner = ACCOUNTS - 1 - (pl.col("best") % ACCOUNTS).cast(pl.Int64)
    in_time = (pl.col("best") // (ACCOUNTS * TIMES) == pl.col("pair")) & (
        pl.col("created") < end + CREDIT_WINDOW
    )
    return (
        orders.with_columns(at=pl.col("pair") * TIMES + pl.col("created").cast(PACKED))
        .sort("at")
        .join_asof(best, left_on="at", right_on="begun", check_sortedness=False)
        .with_columns(account=pl.coalesce("named", pl.when(in_time).then(winner)))
        .drop("best", "named", "at")
    )
