"""Time and memory of checking files meant to break a reader: `python -m benchmarks.bombs [FILE …]`.

Without files, the bombs that the tests make, and those of other people where their data stands
beside the checkout. Each is checked in a process of its own, whose peak includes the imports; the
time does not. Aim: those of other people are refused within a second and 200 MB.
"""

import json
import platform
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.text.bombs import METRIC, made_bombs

PUBLISHED = Path(__file__).resolve().parents[2] / "shared" / "data" / "bad_input" / "yaml_bombs"
RESULTS = Path(__file__).parent / "results" / "bombs.md"
HEAD = """\
# Bombs

`python -m benchmarks.bombs`: Python {}. Each file is checked in a process of its own; the peak
includes the imports.

| file | bytes | CPU s | wall s | peak MiB | refused with |
|---|---|---|---|---|---|
"""


def main() -> None:
    """Print what each bomb costs and what it is refused with."""
    match sys.argv[1:]:
        case ["--one", path]:
            print(json.dumps(_cost(Path(path))))
        case files:
            with TemporaryDirectory() as folder:
                paths = [Path(file) for file in files] or _bombs(Path(folder))
                rows = "".join(_row(path) for path in paths)
            table = HEAD.format(platform.python_version()) + rows
            print(table)
            if not files:
                RESULTS.write_text(table, encoding="utf-8")


def _bombs(folder: Path) -> list[Path]:
    """Return the files of all bombs that there are."""
    if not PUBLISHED.is_dir():
        print(f"{PUBLISHED} is not on this machine: its bombs are left out")
    published = sorted(PUBLISHED.glob("*.yaml"))
    made = [folder / "sound.yaml"]
    made[0].write_text(f"{METRIC}wage\n", encoding="utf-8")
    for name, (text, _) in made_bombs().items():
        made.append(folder / f"{name}.yaml")
        made[-1].write_text(text, encoding="utf-8")
    return published + made


def _row(path: Path) -> str:
    cpu, wall, peak, codes = _in_own_process(path)
    size = path.stat().st_size
    return f"| {path.stem} | {size:,} | {cpu:.2f} | {wall:.2f} | {peak:,} | {codes} |\n"


def _in_own_process(path: Path) -> tuple[float, float, int, str]:
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.bombs", "--one", str(path)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    cpu, wall, peak, codes = json.loads(run.stdout)
    return cpu, wall, peak, codes


def _cost(path: Path) -> tuple[float, float, int, str]:
    """Return seconds of CPU and wall, the peak in mebibytes, and how often each code was said."""
    # Imported here: the process that starts the others stays small.
    import kpi_engine as ke  # noqa: PLC0415

    ke.check(__file__)  # what a first check loads is loaded
    cpu, wall = time.process_time(), time.perf_counter()
    found = ke.check(path).diagnostics
    ke.render_text(found)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    codes = [finding.code for finding in found]
    times = [f"{code} × {codes.count(code)}" for code in sorted({*codes})]
    return cpu, wall, peak, ", ".join(times)


if __name__ == "__main__":
    main()
