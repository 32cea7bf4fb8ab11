"""Every benchmark, one after the other, each in a process of its own: `python -m benchmarks`."""

import subprocess
import sys

BENCHMARKS = ("checking", "folders", "running", "sample_data", "events", "slips", "fleets", "bombs")

if __name__ == "__main__":
    for benchmark in BENCHMARKS:
        subprocess.run([sys.executable, "-m", f"benchmarks.{benchmark}"], check=True)
