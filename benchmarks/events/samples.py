"""The events that are measured: `python -m benchmarks.events.samples write|shuffle FOLDER …`.

A shop of the sample sells to one message in sixteen. Here there is an order to every fifth: orders
are written again under ids of their own, each time after its first, with their refunds and owners.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from kpi_engine.sample import write_sample

SEED = 1
SHUFFLED = ("messages", "orders", "refunds")
MESSAGES_TO_AN_ORDER = 5
ID_BY_TABLE = {"orders": "order_id", "refunds": "refund_id", "credited_orders": "order_id"}
"""Tables that say something of orders, and their keys."""


def main() -> None:
    """Write a sample of so many messages and print its rows by table, or shuffle one's events."""
    match sys.argv[1:]:
        case ["write", folder, messages]:
            summary = write_sample(Path(folder), messages=int(messages), seed=SEED)
            wanted = int(messages) // MESSAGES_TO_AN_ORDER
            print(json.dumps({**summary.rows_by_table, **_write_orders(Path(folder), wanted)}))
        case ["shuffle", folder]:
            for table in SHUFFLED:
                path = Path(folder) / f"{table}.parquet"
                rows = pl.read_parquet(path)
                rows.sample(fraction=1, shuffle=True, seed=SEED).write_parquet(path)
        case arguments:
            sys.exit(f"found `{' '.join(arguments)}`, expected `write` or `shuffle`")


def _write_orders(folder: Path, wanted: int) -> Mapping[str, int]:
    """Write so many orders and what belongs to them, and return the rows by table."""
    orders = pl.read_parquet(folder / "orders.parquet", columns=["order_id"])
    again = pl.int_ranges(0, (wanted - 1 - pl.int_range(pl.len())) // orders.height + 1)
    copies = orders.select("order_id", again.alias("copy")).explode("copy", empty_as_null=False)
    rows = {}
    for table, key in ID_BY_TABLE.items():
        path = folder / f"{table}.parquet"
        found = pl.read_parquet(path)
        names = dict.fromkeys((key, "order_id"))
        more = found.join(copies, on="order_id", maintain_order="left").with_columns(
            pl.when(pl.col("copy") > 0)
            .then(pl.format("{}-{}", name, "copy"))
            .otherwise(name)
            .alias(name)
            for name in names
        )
        more.select(found.columns).write_parquet(path)
        rows[table] = more.height
    return rows


if __name__ == "__main__":
    main()
