"""A million random pay cases against the oracle: `python -m tests.pay_oracle.million [CASES]`."""

import os
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

from tests.pay_oracle.comparing import Tally, compare_case

CASES, PEOPLE = 1_000_000, 2_000
WORKERS = os.cpu_count() or 1


def main() -> None:
    """Compare as many cases as the command line says, print what was met; fail on a difference."""
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else CASES
    start, counts, differences = time.perf_counter(), Counter[str](), list[str]()
    with ProcessPoolExecutor(WORKERS) as workers:
        for tally in workers.map(_tally, range(cases // PEOPLE)):
            counts += tally.counts
            differences += tally.differences
    counts["rulesets"] = cases // PEOPLE
    for name, count in [*sorted(counts.items()), ("differences", len(differences))]:
        sys.stdout.write(f"{name:>14} {count:>11,}\n")
    sys.stdout.write(f"{'seconds':>14} {time.perf_counter() - start:>11,.0f}\n")
    if differences:
        sys.exit("\n".join(differences[:20]))


def _tally(seed: int) -> Tally:
    return compare_case(seed, PEOPLE)


if __name__ == "__main__":
    main()
