"""The rules as staged SQL for DuckDB, with the windows and joins that measured fastest.

Shops and accounts become enums, and a day of a buyer and an account becomes a hash, so that
windows sort integers. Two such days of one hash of 64 bits would be merged: 1 in a million at
20 million messages, and every measured answer is compared with the other roads'.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import duckdb

from benchmarks.events.processes import THREADS
from benchmarks.events.rules import EVER, OCTOBER, SECOND

TABLES = ("agents", "calendar", "messages", "orders", "ratings", "refunds")
SQL = Path(__file__).parent / "sql"


def scan(folder: Path) -> Callable[[Path], None]:
    """Return what reading the needed columns adds up to, one row."""
    return _answer(folder, EVER, "scan")


def rounds(folder: Path) -> Callable[[Path], None]:
    """Return every round of the messages, one row each."""
    return _answer(folder, EVER, "codes", "rounds", "all_rounds")


def credited_orders(folder: Path) -> Callable[[Path], None]:
    """Return every genuine paid order and its owner, null where it is nobody's."""
    return _answer(folder, EVER, "codes", "conversations", "credited_orders", "all_owners")


def presales(folder: Path) -> Callable[[Path], None]:
    """Return the facts of October, one row for each agent of pre-sales."""
    stages = ("codes", "rounds", "conversations", "credited_orders", "presales")
    return _answer(folder, OCTOBER, *stages)


def _answer(folder: Path, between: tuple[int, int], *stages: str) -> Callable[[Path], None]:
    """Return how to write the answer of the stages; it stands in memory when this returns."""
    connection = duckdb.connect()
    connection.execute(f"set threads = {THREADS}")
    connection.execute("set preserve_insertion_order = false")
    for name, instant in zip(("since", "until"), between, strict=True):
        connection.execute(f"set variable {name} = to_timestamp({instant // SECOND})")
    for table in TABLES:
        path = folder / f"{table}.parquet"
        connection.execute(f"create view {table} as from read_parquet('{path}')")
    for stage in stages:
        connection.execute((SQL / f"{stage}.sql").read_text(encoding="utf-8"))
    return partial(_write, connection)


def _write(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    connection.execute(f"copy answer to '{path}' (format parquet)")
