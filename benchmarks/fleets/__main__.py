"""How much many shops cost: `python -m benchmarks.fleets [SHOPS:MESSAGES …]`.

First every shop of the smallest size must have the results of its single run, of larger ones some.
Then one ruleset over all rows and the fleet over the same rows run in turn, each in a process of
its own; what is published are medians and the ratio of the medians.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

SIZES = ((1_000, 2_000_000), (10_000, 20_000_000))
TURNS = 3
ALL_COMPARED, SOME_COMPARED = 1_000, 20
THREADS = {"POLARS_MAX_THREADS": "2"}
RESULTS = Path(__file__).resolve().parents[1] / "results" / "fleets.md"
HEAD = """\
`python -m benchmarks.fleets`: Python {}, Polars {}, {} cores. Medians of {} turns, each in a
process of its own; the peak includes the imports."""
STEPS = {
    "ruleset": "one ruleset, all shops alike",
    "fleet": "the fleet",
    "load": "reading, checking and compiling the fleet",
    "check": "`kpi-engine check` of the folder, from cold",
}


def main() -> None:
    """Measure the sizes that the command line names, else 1,000 and 10,000 shops."""
    sizes = [tuple(map(int, size.split(":"))) for size in sys.argv[1:]] or SIZES
    lines = [
        "# Fleets",
        "",
        HEAD.format(platform.python_version(), version("polars"), os.cpu_count(), TURNS),
    ]
    for shops, messages in sizes:
        with TemporaryDirectory() as place:
            folder = Path(place) / "fleet"
            _module("made_shops", shops, messages, folder)
            compared = ALL_COMPARED if shops <= ALL_COMPARED else SOME_COMPARED
            equal = _module("equality", folder, compared).strip()
            lines += ["", f"## {shops:,} shops, {messages:,} messages", "", f"{equal}.", ""]
            lines += _measured(folder)
            RESULTS.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


def _measured(folder: Path) -> list[str]:
    """Return the table of one size."""
    runs: dict[str, list[dict[str, float]]] = {step: [] for step in STEPS}
    for _ in range(TURNS):
        for step, found in runs.items():
            found.append(json.loads(_module("measure", step, folder)))
    medians = {
        step: {key: statistics.median(run[key] for run in found) for key in ("wall", "cpu", "peak")}
        for step, found in runs.items()
    }
    lines = ["| | wall s | CPU s | peak MiB | wall, of one ruleset |", "|---|---|---|---|---|"]
    for step, title in STEPS.items():
        row = medians[step]
        ratio = f"x{row['wall'] / medians['ruleset']['wall']:.2f}" if step == "fleet" else ""
        lines.append(
            f"| {title} | {row['wall']:.2f} | {row['cpu']:.2f} | {row['peak']:,.0f} | {ratio} |"
        )
    return lines


def _module(module: str, *arguments: str | int | Path) -> str:
    """Return what a module prints when it is run in a process of its own."""
    run = subprocess.run(
        [sys.executable, "-m", f"benchmarks.fleets.{module}", *map(str, arguments)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | THREADS,
    )
    return run.stdout


if __name__ == "__main__":
    main()
