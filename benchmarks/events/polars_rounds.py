"""Talks and rounds for Polars: messages sorted as whole numbers, then looks at the row before.

One Int128 holds who, when and which: shop, buyer and account 58 bits (a hash), time 43, row 26. A
talk is a day of an account and a buyer. Two hashes that are one would merge talks: 1 in 90,000 at
20 million messages, and every measured answer is compared with the other roads'.
"""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from benchmarks.events.polars_runs import differs, run_ends
from benchmarks.events.rules import DAY, SHANGHAI, SPOKEN

KEYS, TIMES, ROWS = 2**58, 2**43, 2**26
PACKED = pl.Int128
NAMES = ("shop_id", "buyer_id", "agent_id")


@dataclass(frozen=True, slots=True)
class Talks:
    """Messages in order of talk, time and id, and which talks count.

    ``names`` stands in the order of the file. ``said``: ``row`` in the names, ``at``, ``asks``,
    ``robot`` and the number of the ``talk``. ``counts`` by that number: the day is not exempt, and
    not left to the robot.
    """

    names: pl.DataFrame
    said: pl.DataFrame
    counts: pl.Series


def read_talks(folder: Path, between: tuple[int, int]) -> Talks:
    """Return the talks of a span that begins and ends at local midnight.

    Raises:
        ValueError: the bits have no room for so many messages or so long a time.
    """
    since, until = (pl.lit(instant).cast(pl.Datetime("us", "UTC")) for instant in between)
    read = (
        pl.scan_parquet(folder / "messages.parquet")
        .filter(
            ~pl.col("is_filtered"),
            pl.col("sender").is_in(SPOKEN),
            pl.col("sent_at") >= since,
            pl.col("sent_at") < until,
        )
        .select(
            *NAMES,
            "message_id",
            at=pl.col("sent_at").to_physical(),
            asks=pl.col("sender") == "buyer",
            robot=pl.col("sender") == "bot_auto",
            key=pl.struct(NAMES).hash() // (2**64 // KEYS),
        )
        .collect(engine="streaming")
    )
    said = _in_order(read)
    said = said.with_columns(
        first=differs("key") | (((pl.col("at") + SHANGHAI) // DAY).diff() != 0),
        replies=~(pl.col("asks") | pl.col("robot")),
    )
    ends = run_ends(said, "robot", "replies")
    names = read.select(NAMES)
    counts = (
        ends.select(
            shop_id=pl.lit(names["shop_id"]).gather("row"),
            day=(pl.col("at") + SHANGHAI) // DAY,
            served=(pl.col("robot") == 0) | (pl.col("replies") > 0),
        )
        .join(_exempt(folder), on=("shop_id", "day"), how="left", maintain_order="left")
        .select(pl.col("served") & pl.col("exempt").is_null())
        .to_series()
    )
    said = said.select("row", "at", "asks", "robot", talk=pl.col("first").cum_sum() - 1)
    return Talks(names, said, counts)


def rounds_of(found: Talks) -> pl.LazyFrame:
    """Return the rounds: ``row`` of the first question in the names, asked, replied or null."""
    same_talk = pl.col("talk") == pl.col("talk").shift(-1)
    return (
        found.said.lazy()
        .filter(~pl.col("robot"), pl.lit(found.counts).gather("talk"))
        .filter(differs("talk") | differs("asks"))
        .with_columns(replied_at=pl.when(same_talk).then(pl.col("at").shift(-1)))
        .filter("asks")
        .select("row", "replied_at", asked_at="at")
    )


def _in_order(read: pl.DataFrame) -> pl.DataFrame:
    """Return the messages by key, time and id; only where times are equal are ids looked at."""
    start, end = read.select(start=pl.col("at").min(), end=pl.col("at").max()).row(0)
    if read.height > ROWS or end - start >= TIMES:
        raise ValueError("found more messages or time than expected")
    when = (pl.col("at") - start).cast(PACKED) * ROWS + pl.int_range(pl.len()).cast(PACKED)
    packed = read.select(packed=pl.col("key").cast(PACKED) * (TIMES * ROWS) + when).sort("packed")
    order = packed.select(
        key=pl.col("packed") // (TIMES * ROWS),
        at=(pl.col("packed") // ROWS % TIMES).cast(pl.Int64) + start,
        row=(pl.col("packed") % ROWS).cast(pl.UInt32),
    )
    again = ~(differs("key") | differs("at"))
    places = order.select((again | again.shift(-1, fill_value=False)).arg_true()).to_series()
    tied = order[places].with_columns(message_id=pl.lit(read["message_id"]).gather("row"))
    row = order["row"].scatter(places, tied.sort("key", "at", "message_id")["row"])
    return order.with_columns(
        row,
        asks=read["asks"].gather(row),
        robot=read["robot"].gather(row),
    )


def _exempt(folder: Path) -> pl.DataFrame:
    return (
        pl.scan_parquet(folder / "calendar.parquet")
        .filter("excluded")
        .select("shop_id", day=pl.col("day").to_physical().cast(pl.Int64), exempt=True)
        .collect()
    )
