"""The events that are measured: `python -m benchmarks.events.samples write|shuffle FOLDER …`."""

import json
import sys
from pathlib import Path

import polars as pl

from kpi_engine.sample import write_sample

SEED = 1
SHUFFLED = ("messages", "orders", "refunds")


def main() -> None:
    """Write a sample of so many messages and print its rows by table, or shuffle one's events."""
    match sys.argv[1:]:
        case ["write", folder, messages]:
            summary = write_sample(Path(folder), messages=int(messages), seed=SEED)
            print(json.dumps(dict(summary.rows_by_table)))
        case ["shuffle", folder]:
            for table in SHUFFLED:
                path = Path(folder) / f"{table}.parquet"
                rows = pl.read_parquet(path)
                rows.sample(fraction=1, shuffle=True, seed=SEED).write_parquet(path)
        case arguments:
            sys.exit(f"found `{' '.join(arguments)}`, expected `write` or `shuffle`")


if __name__ == "__main__":
    main()
