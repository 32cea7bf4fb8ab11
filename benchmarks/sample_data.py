"""Time and memory of writing sample data: `python benchmarks/sample_data.py [MESSAGES …]`.

Each size runs in a process of its own, so that its peak memory is its own. Aim: 20 million
messages in at most 120 s and 8 GB on two cores.
"""

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

SIZES = (1_000_000, 20_000_000)
MEBIBYTE = 2**20
COLUMNS = ("messages", "rows", "files MB", "wall s", "CPU s", "peak MB")


def main() -> None:
    """Measure the sizes named on the command line, else 1 and 20 million messages."""
    match sys.argv[1:]:
        case ["--one", size, folder]:
            print(json.dumps(measured(int(size), Path(folder))))
        case sizes:
            cores = os.cpu_count()
            print(f"Python {sys.version.split()[0]}, {cores} cores", flush=True)
            print("".join(f"{column:>12}" for column in COLUMNS), flush=True)
            for messages in map(int, sizes or SIZES):
                print("".join(f"{value:>12,}" for value in _in_own_process(messages)), flush=True)


def measured(messages: int, folder: Path) -> list[float]:
    """Return rows and mebibytes written, seconds of wall and CPU, and the peak in mebibytes."""
    # Imported here: the process that starts the others stays small.
    from kpi_engine.sample import write_sample  # noqa: PLC0415

    start = time.perf_counter()
    summary = write_sample(folder, messages=messages)
    wall = time.perf_counter() - start
    usage = resource.getrusage(resource.RUSAGE_SELF)
    written = sum(path.stat().st_size for path in folder.iterdir())
    return [
        sum(summary.rows_by_table.values()),
        round(written / MEBIBYTE, 1),
        round(wall, 1),
        round(usage.ru_utime + usage.ru_stime, 1),
        round(usage.ru_maxrss / 1024),
    ]


def _in_own_process(messages: int) -> list[float]:
    with TemporaryDirectory() as folder:
        run = subprocess.run(
            [sys.executable, __file__, "--one", str(messages), folder],
            check=True,
            capture_output=True,
            text=True,
        )
    measurements: list[float] = json.loads(run.stdout)
    return [messages, *measurements]


if __name__ == "__main__":
    main()
