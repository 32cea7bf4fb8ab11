"""One run: `python -m benchmarks.fleets.measure check|load|fleet|ruleset FOLDER`.

Prints seconds of wall and of CPU and the peak of the process in mebibytes, imports included.
`fleet` runs plans that were compiled before, as `ruleset` does; what loading and compiling take,
`load` tells. `check` is the command, from cold: its seconds include the start of Python.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import kpi_engine as ke
from benchmarks.fleets.made_shops import BASE

PERIOD = "2026-10"
RULESET = Path(__file__).resolve().parents[2] / "rulesets" / f"{BASE}.yaml"


def main() -> None:
    """Run what the command line names, and print what it took as JSON."""
    name, folder = sys.argv[1], Path(sys.argv[2])
    step = {"check": _check, "load": _load, "fleet": _fleet, "ruleset": _ruleset}[name](folder)
    wall, cpu = time.perf_counter(), _cpu()
    step()
    wall, cpu = time.perf_counter() - wall, _cpu() - cpu
    whose = resource.RUSAGE_CHILDREN if name == "check" else resource.RUSAGE_SELF
    peak = resource.getrusage(whose).ru_maxrss // 1024
    print(json.dumps({"wall": wall, "cpu": cpu, "peak": peak}))


def _cpu() -> float:
    """Return the seconds of CPU so far, of this process and those it waited for."""
    return sum(os.times()[:4])


def _check(folder: Path) -> Callable[[], object]:
    command = [sys.executable, "-c", "import kpi_engine.cli as cli; cli.main()", "check"]
    return lambda: subprocess.run(
        [*command, str(folder / "shops")], check=True, stdout=subprocess.DEVNULL
    )


def _load(folder: Path) -> Callable[[], object]:
    return lambda: ke.compile_fleet(ke.load_fleet(folder / "shops"))


def _fleet(folder: Path) -> Callable[[], object]:
    plan = ke.compile_fleet(ke.load_fleet(folder / "shops"))
    return lambda: ke.run_fleet(plan, folder / "data", period=PERIOD)


def _ruleset(folder: Path) -> Callable[[], object]:
    plan = ke.compile(ke.load(RULESET))
    return lambda: ke.run(plan, folder / "data", period=PERIOD)


if __name__ == "__main__":
    main()
