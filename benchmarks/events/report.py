"""The table and the picture of what was measured last: `python -m benchmarks.events.report`."""

import statistics
from dataclasses import dataclass
from itertools import groupby

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.events.processes import THREADS
from benchmarks.events.results import RESULTS, Results, Run, read_results
from benchmarks.events.roads import ENGINE, PANDAS, PEER, POLARS, TITLE_BY_TASK

COLOUR_BY_ROAD = {
    ENGINE: "#2a9d5c",
    PEER: "#d9a400",
    POLARS: "#3b75af",
    PANDAS: "#8c6bb1",
}
HEAD = """\
# From raw events to facts

Measured by `python -m benchmarks.events` with {versions}, on {cores} cores, {threads} threads each
(pandas uses one for most). Before, every answer was found equal to the other roads' and to the
truth that the sample knows, to the last digit: on a small sample in two orders of rows, and at each
size.

- **scan alone**: the columns of messages and orders that the rules need, read and added up.
- **rounds**: from messages, each first question and its first reply, with the names.
- **credited orders**: from messages and orders, conversations, and from these each order's owner.
- **all KPIs of pre-sales**: from all raw tables, the facts of October by agent.

The events are those of `kpi-engine sample`, but for the orders: they are written again under other
ids until there is one to every fifth message.

kpi_engine runs the shipped rules: it checks every row against its contract, which the others do
not, and for the KPIs it keeps account of every row and computes scores and pay too.

Medians of runs in turn, each in a process of its own. × is the median of the ratios to the run of
{peer} in the same turn. Memory is the peak of the process, imports included.

![Time and memory as multiples of {peer}'s](events.svg)
"""
COLUMNS = """
| task | road | wall s | least | × | CPU s | × | peak MiB | × |
|---|---|---:|---:|---:|---:|---:|---:|---:|
"""


@dataclass(frozen=True, slots=True)
class Line:
    """What a road took for a task at a size; the ratios are to the peer's runs of the same turn."""

    messages: int
    task: str
    road: str
    wall: float
    least_wall: float
    wall_ratio: float
    cpu: float
    cpu_ratio: float
    peak: float
    peak_ratio: float


def main() -> None:
    """Write the table and the picture, and print the table."""
    results = read_results()
    lines = _lines(results.runs)
    table = _table(results, lines)
    (RESULTS / "events.md").write_text(table, encoding="utf-8")
    _draw(lines)
    print(table, end="")


def _lines(runs: list[Run]) -> list[Line]:
    """Return one line per size, task and road, in the order in which they ran first."""
    runs_by_case: dict[tuple[int, str, str], list[Run]] = {}
    for run in runs:
        runs_by_case.setdefault((run.messages, run.task, run.road), []).append(run)
    return [
        Line(
            *case,
            wall=statistics.median(run.wall for run in own),
            least_wall=min(run.wall for run in own),
            wall_ratio=_ratio([run.wall for run in own], [run.wall for run in peers]),
            cpu=statistics.median(run.cpu for run in own),
            cpu_ratio=_ratio([run.cpu for run in own], [run.cpu for run in peers]),
            peak=statistics.median(run.peak for run in own),
            peak_ratio=_ratio([run.peak for run in own], [run.peak for run in peers]),
        )
        for case, own in runs_by_case.items()
        for peers in [runs_by_case[case[0], case[1], PEER]]
    ]


def _ratio(own: list[float], peers: list[float]) -> float:
    return statistics.median(mine / theirs for mine, theirs in zip(own, peers, strict=True))


def _table(results: Results, lines: list[Line]) -> str:
    versions = [f"{name} {version}" for name, version in results.version_by_name.items()]
    head = HEAD.format(
        versions=", ".join(versions), cores=results.cores, threads=THREADS, peer=PEER
    )
    parts = [head]
    for messages, of_size in groupby(lines, key=lambda line: line.messages):
        rows = results.rows_by_size[messages]
        parts.append(f"\n## {messages:,} messages, {rows['orders']:,} orders\n{COLUMNS}")
        parts += [
            f"| {TITLE_BY_TASK[line.task]} | {line.road} | {line.wall:.2f} | {line.least_wall:.2f} "
            f"| {line.wall_ratio:.2f} | {line.cpu:.2f} | {line.cpu_ratio:.2f} "
            f"| {line.peak:,.0f} | {line.peak_ratio:.2f} |\n"
            for line in of_size
        ]
    return "".join(parts)


def _draw(lines: list[Line]) -> None:
    """Draw time and memory of each size as bars, the peer's being 1."""
    sizes = list(dict.fromkeys(line.messages for line in lines))
    # The same measurements give the same file.
    mpl.rcParams.update({"svg.hashsalt": "events", "svg.fonttype": "none", "font.size": 9})
    figure = Figure(figsize=(11, 4.2 * len(sizes)), layout="constrained")
    rows = figure.subplots(len(sizes), 2, squeeze=False)
    for messages, (time, memory) in zip(sizes, rows, strict=True):
        of_size = [line for line in lines if line.messages == messages]
        _bars(time, of_size, [(line.wall_ratio, f"{line.wall:.2f} s") for line in of_size])
        _bars(memory, of_size, [(line.peak_ratio, f"{line.peak:,.0f} MiB") for line in of_size])
        time.set_title(f"{messages / 1e6:g} million messages: wall time, {PEER} = 1")
        memory.set_title(f"peak memory, {PEER} = 1")
    figure.savefig(RESULTS / "events.svg", metadata={"Date": None})


def _bars(axes: Axes, lines: list[Line], values: list[tuple[float, str]]) -> None:
    tasks = [line.task for line in lines]
    # A gap between tasks, and the first one on top.
    places = [-place - 0.7 * len(set(tasks[: place + 1])) for place in range(len(lines))]
    for place, line, (value, label) in zip(places, lines, values, strict=True):
        axes.barh(place, value, color=COLOUR_BY_ROAD[line.road])
        axes.text(value, place, f" {label}", va="center")
    names = [f"{TITLE_BY_TASK[line.task]} · {line.road}" for line in lines]
    axes.set_yticks(places, names)
    axes.axvline(1, color="black", linewidth=0.8)
    axes.margins(x=0.18)
    axes.spines[["top", "right"]].set_visible(False)


if __name__ == "__main__":
    main()
