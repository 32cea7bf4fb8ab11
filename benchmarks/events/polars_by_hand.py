"""The rules by hand in Polars: what somebody writes who knows the engine and these events."""

from collections.abc import Callable
from pathlib import Path

import polars as pl

from benchmarks.events.polars_packing import conversations, read_codes, shop_orders, with_owners
from benchmarks.events.polars_rounds import NAMES, read_talks, rounds_of
from benchmarks.events.rules import EVER, SECOND


def scan(folder: Path) -> Callable[[Path], None]:
    """Return what reading the needed columns adds up to, one row."""
    messages = pl.scan_parquet(folder / "messages.parquet").select(
        message_bytes=_bytes("message_id", *NAMES, "sender"),
        sent_at=_seconds("sent_at"),
        filtered=pl.col("is_filtered").sum(),
    )
    orders = pl.scan_parquet(folder / "orders.parquet").select(
        order_bytes=_bytes("order_id", "shop_id", "buyer_id", "owner_agent_id"),
        created_at=_seconds("created_at"),
        paid_at=_seconds("paid_at"),
        cents=(pl.col("paid_amount") * 100).cast(pl.Int64).sum(),
        fake=pl.col("is_fake").sum(),
    )
    read = pl.collect_all([messages, orders], engine="streaming")
    return pl.concat(read, how="horizontal").write_parquet


def rounds(folder: Path) -> Callable[[Path], None]:
    """Return every round of the messages, one row each."""
    found = read_talks(folder, EVER)
    asked = rounds_of(found).collect()
    names = found.names[asked["row"]]
    return pl.concat([names, asked.drop("row")], how="horizontal").write_parquet


def credited_orders(folder: Path) -> Callable[[Path], None]:
    """Return every genuine paid order and its owner, null where it is nobody's."""
    codes = read_codes(folder)
    paid = shop_orders(folder, codes).filter(pl.col("paid").is_not_null())
    owner = pl.col("account").cast(pl.UInt16).cat.to(codes.accounts)
    owned = with_owners(paid, conversations(folder, codes)).select("order_id", agent_id=owner)
    return owned.collect().write_parquet


def _seconds(instant: str) -> pl.Expr:
    return (pl.col(instant).to_physical() // SECOND).sum()


def _bytes(*texts: str) -> pl.Expr:
    return pl.sum_horizontal(pl.col(text).str.len_bytes().cast(pl.Int64).sum() for text in texts)
