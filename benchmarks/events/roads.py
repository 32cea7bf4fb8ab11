"""The tasks, and for each the roads to its answer: the modules that have a function of its name.

Such a function takes the folder of a sample, and returns how to write its answer to a Parquet file
once the answer stands in memory.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

PEER = "DuckDB"  # what the others are measured against
ENGINE, POLARS, PANDAS = "kpi_engine", "Polars by hand", "pandas by hand"

TITLE_BY_TASK: Mapping[str, str] = {
    "scan": "scan alone",
    "rounds": "rounds",
    "credited_orders": "credited orders",
    "presales": "all KPIs of pre-sales",
}
ROADS_BY_TASK: Mapping[str, Mapping[str, str]] = {
    "scan": {PEER: "duckdb_sql", POLARS: "polars_by_hand"},
    "rounds": {
        ENGINE: "shipped",
        PEER: "duckdb_sql",
        POLARS: "polars_by_hand",
        PANDAS: "pandas_by_hand",
    },
    "credited_orders": {
        ENGINE: "shipped",
        PEER: "duckdb_sql",
        POLARS: "polars_by_hand",
        PANDAS: "pandas_by_hand",
    },
    "presales": {ENGINE: "shipped", PEER: "duckdb_sql", POLARS: "polars_presales"},
}


def load_road(task: str, road: str) -> Callable[[Path], Callable[[Path], None]]:
    """Return the function that answers a task on a road; nothing but its module is imported."""
    module = import_module(f"benchmarks.events.{ROADS_BY_TASK[task][road]}")
    answer: Callable[[Path], Callable[[Path], None]] = getattr(module, task)
    return answer
