"""From raw events to facts, on several roads: `python -m benchmarks.events [MESSAGES …]`.

First each road must give the same answer as the others and as the sample's own truth, to the last
digit: on a small sample, on the same in another order, and at every size that is measured. Then
the roads of a task run in turn, each run in a process of its own.
"""

import json
import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.events.processes import run_module
from benchmarks.events.results import Results, Run, write_results
from benchmarks.events.roads import ROADS_BY_TASK

SIZES = (2_000_000, 20_000_000)
TURNS, TURNS_OF_MANY, MANY = 5, 3, 10_000_000
SMALL = 20_000
LIBRARIES = ("duckdb", "polars", "pandas", "pyarrow")


def main() -> None:
    """Measure the sizes named on the command line, else 2 and 20 million messages."""
    sizes = [int(size) for size in sys.argv[1:]] or SIZES
    _check_small()
    versions = {"Python": platform.python_version(), **{name: version(name) for name in LIBRARIES}}
    results = Results(os.cpu_count() or 1, versions, {}, [])
    for messages in sizes:
        with TemporaryDirectory() as place:
            folder = Path(place)
            results.rows_by_size[messages] = json.loads(
                run_module("samples", "write", folder, messages),
            )
            for task in ROADS_BY_TASK:
                _refuse_difference(task, folder)
                results.runs.extend(_runs_in_turn(messages, task, folder))
                write_results(results)
    print(run_module("report"), end="")


def _check_small() -> None:
    """Stop if two roads differ on a small sample, in either order."""
    with TemporaryDirectory() as place:
        folder = Path(place)
        run_module("samples", "write", folder, SMALL)
        for task in ROADS_BY_TASK:
            _refuse_difference(task, folder)
        run_module("samples", "shuffle", folder)
        for task in ROADS_BY_TASK:
            _refuse_difference(task, folder)


def _refuse_difference(task: str, folder: Path) -> None:
    """Stop if a road's answer is not the truth and that of the others."""
    with TemporaryDirectory() as place:
        answers = {road: Path(place) / f"{road}.parquet" for road in ROADS_BY_TASK[task]}
        for road, path in answers.items():
            run_module("measure", task, road, folder, path)
        named = [f"{road}={path}" for road, path in answers.items()]
        different = json.loads(run_module("answers", task, folder, *named))
    if different:
        sys.exit(f"{task}: found another answer from {', '.join(different)}")


def _runs_in_turn(messages: int, task: str, folder: Path) -> list[Run]:
    runs = []
    for _ in range(TURNS if messages < MANY else TURNS_OF_MANY):
        for road in ROADS_BY_TASK[task]:
            run = Run(messages, task, road, **json.loads(run_module("measure", task, road, folder)))
            print(f"{messages:>11,} {task:>16} {road:>15} {run.wall:>8.2f} s", flush=True)
            runs.append(run)
    return runs


if __name__ == "__main__":
    main()
