"""The sample on disk: shop after shop into parts, then one file a table, moved into place whole."""

from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from kpi_engine.sample.dirt import bad_rows, with_finer_money
from kpi_engine.sample.people import Shop, open_shops
from kpi_engine.sample.shapes import SHAPE_BY_TABLE
from kpi_engine.sample.tables import shop_tables

SHOPS_AT_ONCE = 2  # one shop alone leaves a core idle for a third of the time
ROW_GROUP = 32_768  # rows that a reader of one month may skip together


@dataclass(frozen=True, slots=True)
class SampleSummary:
    """What was written: rows by table, bad ones included, and bad rows by table and reason."""

    folder: Path
    rows_by_table: Mapping[str, int]
    bad_rows_by_reason: Mapping[tuple[str, str], int]


def write_sample(
    folder: Path,
    *,
    messages: int,
    seed: int = 0,
    dirty: float = 0.0,
) -> SampleSummary:
    """Return what was written into the folder: twelve Parquet files, one a table.

    The events cover 2026-08-01 to 2026-10-31 in Asia/Shanghai; payments, refunds and ratings
    spill into the months after. There are exactly as many messages as asked for, and the same
    numbers and seed give the same rows on every machine. Times are UTC, money is decimal in
    major units (yuan).

    Beside the events stand the tables that follow from them. ``rounds``: first question to first
    effective reply of one account and day, ``round_id`` the id of the first question.
    ``inquiries``: one per agent, buyer and day, ``inquiry_id`` the id of the first message of
    that visit. ``credited_orders``: genuine paid orders with their one owner, null if silent;
    ``refunded`` sums every successful refund in the data, whenever it was completed.

    ``dirty`` adds that share of bad rows to each table but the roster and the calendar, at the
    end of the good rows of a shop, spread evenly over the reasons for which a table refuses rows.
    The good rows stay as they are, but that money gets a third decimal place. Of a repeated row
    one copy is good; of a contradicted key no row is, and the good rows never have that key.

    Raises:
        ValueError: ``messages`` is less than 1, or ``dirty`` is not a share from 0 to 1.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     summary = write_sample(Path(folder), messages=500)
    >>> summary.rows_by_table["messages"]
    500
    """
    if messages < 1:
        raise ValueError(f"found `messages` = {messages}, expected at least 1")
    if not 0 <= dirty <= 1:
        raise ValueError(f"found `dirty` = {dirty}, expected a share from 0 to 1")
    rows: Counter[str] = Counter()
    bad: Counter[tuple[str, str]] = Counter()
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder, prefix=".writing-") as place:
        parts = Path(place)
        with ThreadPoolExecutor(SHOPS_AT_ONCE) as pool:
            write_shop = partial(_write_shop, parts, seed, dirty)
            for rows_of_shop, bad_of_shop in pool.map(write_shop, open_shops(messages, seed)):
                rows.update(rows_of_shop)
                bad.update(bad_of_shop)
        for table in SHAPE_BY_TABLE:
            shops = sorted(parts.glob(f"{table}-*.arrow"))
            pl.scan_ipc(shops).sink_parquet(
                parts / f"{table}.parquet",
                row_group_size=ROW_GROUP,
                maintain_order=True,
            )
        for table in SHAPE_BY_TABLE:
            (parts / f"{table}.parquet").replace(folder / f"{table}.parquet")
    return SampleSummary(folder, dict(rows), dict(bad))


def _write_shop(
    parts: Path,
    seed: int,
    dirty: float,
    shop: Shop,
) -> tuple[dict[str, int], dict[tuple[str, str], int]]:
    """Return the number of rows by table and of bad rows by table and reason of a written shop."""
    rows: dict[str, int] = {}
    bad: dict[tuple[str, str], int] = {}
    for table, good in shop_tables(shop, seed).items():
        frame = good
        if dirty > 0:
            faulty = bad_rows(table, good, dirty)
            bad |= {(table, reason): found.height for reason, found in faulty.items()}
            frame = pl.concat([with_finer_money(good), *faulty.values()])
        rows[table] = frame.height
        frame.write_ipc(parts / f"{table}-{shop.number:06}.arrow")
    return rows, bad
