"""Modules of these benchmarks, each run in a process of its own.

The process that starts them must stay small: Linux counts the memory of who starts a process into
the peak of that process.
"""

import os
import subprocess
import sys
from pathlib import Path

THREADS = 2
ENVIRONMENT = {"POLARS_MAX_THREADS": str(THREADS), "OMP_NUM_THREADS": str(THREADS)}


def run_module(module: str, *arguments: str | int | Path) -> str:
    """Return what a module prints when it is run with these arguments."""
    run = subprocess.run(
        [sys.executable, "-m", f"benchmarks.events.{module}", *map(str, arguments)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | ENVIRONMENT,
    )
    return run.stdout
