"""How long `kpi-engine check` takes for 1,000 files, from cold: `python -m benchmarks.folders`.

Each check is a process of its own, the start of Python included. Shops over one base are measured
by `benchmarks.fleets` too; here stand beside them files that share nothing, and the rulesets that
come with the package, ten times over, each copy with its own parents. Aim: 5 s for 1,000 shops.
"""

import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.checking import generated_ruleset

RULESETS = Path(__file__).resolve().parents[1] / "rulesets"
RESULTS = Path(__file__).parent / "results" / "folders.md"
COMMAND = [sys.executable, "-c", "import kpi_engine.cli as cli; cli.main()", "check"]
FILES = 1000
COPIES = 10
METRICS = 8
REPETITIONS = 3
HEAD = """\
# Folders

`python -m benchmarks.folders`: Python {}, {} cores, medians of {} turns, each a process of its own
from cold.

| files | rulesets | wall s | CPU s |
|---|---|---|---|
"""
SHOP = """\
ruleset: shop_{number}
extends: taobao/presales

params:
  conversion_target: {target}%
"""


def main() -> None:
    """Print what the check of each folder takes, and keep it."""
    table = HEAD.format(platform.python_version(), os.cpu_count(), REPETITIONS)
    print(table, end="")
    for name, make in FOLDERS.items():
        row = _row(name, make)
        print(row, end="", flush=True)
        table += row
    RESULTS.write_text(table, encoding="utf-8")


def _row(name: str, make: Callable[[Path], None]) -> str:
    with TemporaryDirectory() as folder:
        make(Path(folder))
        count = sum(1 for _ in Path(folder).rglob("*.yaml"))
        walls, cpus = zip(*(_once(Path(folder)) for _ in range(REPETITIONS)), strict=True)
    return (
        f"| {name} | {count:,} | {statistics.median(walls):.2f} | {statistics.median(cpus):.2f} |\n"
    )


def _once(folder: Path) -> tuple[float, float]:
    """Return seconds of wall and of CPU."""
    wall, cpu = time.perf_counter(), sum(os.times()[2:4])
    nothing = subprocess.DEVNULL
    subprocess.run([*COMMAND, str(folder)], check=True, stdout=nothing, stderr=nothing)
    return time.perf_counter() - wall, sum(os.times()[2:4]) - cpu


def _shops(folder: Path) -> None:
    for number in range(FILES):
        text = SHOP.format(number=number, target=30 + number % 40)
        (folder / f"shop_{number}.yaml").write_text(text, "utf-8")


def _strangers(folder: Path) -> None:
    text = generated_ruleset(METRICS)
    for number in range(FILES):
        own = text.replace("ruleset: generated", f"ruleset: own_{number}").replace(
            "min_rows: 100", f"min_rows: {number + 1}"
        )
        (folder / f"own_{number}.yaml").write_text(own, "utf-8")


def _shelves(folder: Path) -> None:
    for number in range(COPIES):
        ignored = shutil.ignore_patterns("*.test.yaml", "*.md")
        shutil.copytree(RULESETS, folder / f"copy_{number}", ignore=ignored)


FOLDERS: dict[str, Callable[[Path], None]] = {
    "shops over one base": _shops,
    f"rulesets of {METRICS} metrics that share nothing": _strangers,
    "our own rulesets, ten copies": _shelves,
}


if __name__ == "__main__":
    main()
