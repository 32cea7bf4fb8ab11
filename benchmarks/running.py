"""How long a month takes from event files to pay: `python -m benchmarks.running [MESSAGES …]`."""

import resource
import statistics
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import kpi_engine as ke

SIZES = (1_000_000,)
REPETITIONS = 5
PERIOD = "2026-10"
RULESETS = Path(__file__).resolve().parents[1] / "rulesets" / "taobao"


def main() -> None:
    """Print the median wall time of a run by ruleset and size, and the peak memory so far."""
    print(f"{'messages':>11} {'ruleset':>11} {'median s':>9} {'min s':>6} {'peak MB':>8}")
    for messages in [int(size) for size in sys.argv[1:]] or SIZES:
        with TemporaryDirectory() as folder:
            ke.write_sample(Path(folder), messages=messages, seed=1)
            for name in ("presales", "aftersales"):
                plan = ke.compile(ke.load(RULESETS / f"{name}.yaml"))
                times = []
                for _ in range(REPETITIONS):
                    start = time.perf_counter()
                    ke.run(plan, folder, period=PERIOD)
                    times.append(time.perf_counter() - start)
                peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
                row = f"{statistics.median(times):>9.2f} {min(times):>6.2f} {peak:>8,}"
                print(f"{messages:>11,} {name:>11} {row}", flush=True)


if __name__ == "__main__":
    main()
