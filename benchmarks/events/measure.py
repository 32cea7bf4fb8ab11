"""One run of a road: `python -m benchmarks.events.measure TASK ROAD FOLDER [ANSWER]`.

Prints seconds of wall and of CPU until the answer stands in memory, and the peak of the process in
mebibytes, imports included. Writing the answer to a file, if one is named, is not measured.
"""

import json
import resource
import sys
import time
from pathlib import Path

from benchmarks.events.roads import load_road


def main() -> None:
    """Run the road that the command line names, and print what it took as JSON."""
    task, road, folder, *answer = sys.argv[1:]
    find_answer = load_road(task, road)
    wall, cpu = time.perf_counter(), time.process_time()
    write_answer = find_answer(Path(folder))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    for path in answer:
        write_answer(Path(path))
    print(json.dumps({"wall": wall, "cpu": cpu, "peak": peak}))


if __name__ == "__main__":
    main()
