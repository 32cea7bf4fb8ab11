"""How long 10,000 slips take on three roads: `python -m benchmarks.slips [AGENTS]`.

First the answers are compared: floats differ from the exact cents in places, and these are
counted. Then the roads run in turn, and the medians of the ratios are what is published.
"""

import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path

import polars as pl

import kpi_engine as ke
from benchmarks.slips import polars_floats, simpleeval_rows
from benchmarks.slips.engine import compiled_rules, facts_as_columns, settled
from benchmarks.slips.made_facts import PERIOD, made_facts, made_roster

AGENTS, REPETITIONS = 10_000, 7
LEAST = 1e-9  # scores have two places, amounts none: whatever is nearer is equal
RESULTS = Path(__file__).resolve().parents[1] / "results" / "slips.md"
ENGINE, SCORE, FLOATS, ROWS = (
    "kpi_engine",
    "kpi_engine, `ke.score`",
    "Polars in floats",
    "simpleeval",
)
COMPARED = ("score", *polars_floats.LINES, "pay")
LIBRARIES = ("polars", "simpleeval")


def main() -> None:
    """Compare and measure as many agents as the command line says, write and print the table."""
    agents = int(sys.argv[1]) if len(sys.argv) > 1 else AGENTS
    plan, roster = compiled_rules(), made_roster(agents)
    facts = made_facts(roster)
    wide = facts_as_columns(plan, facts, roster)
    roads: Mapping[str, Callable[[], pl.DataFrame]] = {
        FLOATS: lambda: polars_floats.settled(wide),
        ENGINE: lambda: settled(plan, wide),
        SCORE: lambda: ke.score(plan, facts, period=PERIOD, tables={"agents": roster}).subjects,
        ROWS: lambda: simpleeval_rows.settled(wide),
    }
    exact = roads[ENGINE]()
    different = {road: _different(exact, roads[road]()) for road in (FLOATS, ROWS)}
    text = _report(agents, _measured(roads), different)
    RESULTS.write_text(text, encoding="utf-8")
    print(text, end="")


def _different(exact: pl.DataFrame, floats: pl.DataFrame) -> tuple[int, int]:
    """Return how many amounts and scores differ, the pay among them.

    Raises:
        ValueError: something differs by more than a float's error can explain: another rule.
    """
    others, pays = 0, 0
    for name in COMPARED:
        ours = (
            exact["score"] / 100
            if name == "score"
            else exact[f"line.{name}" if name != "pay" else name]
        )
        apart = (ours.cast(pl.Float64) - floats[name].cast(pl.Float64)).abs()
        count = int((apart > LEAST).sum())
        if count > ours.len() // 100:
            raise ValueError(name, count)
        others += count
        pays += count if name == "pay" else 0
    return others, pays


def _measured(
    roads: Mapping[str, Callable[[], pl.DataFrame]],
) -> dict[str, list[tuple[float, float]]]:
    """Return seconds on the wall and of CPU of every road, in turns."""
    times: dict[str, list[tuple[float, float]]] = {road: [] for road in roads}
    for _ in range(REPETITIONS):
        for road, run in roads.items():
            wall, cpu = time.perf_counter(), time.process_time()
            run()
            times[road].append((time.perf_counter() - wall, time.process_time() - cpu))
    return times


def _report(
    agents: int,
    times: Mapping[str, list[tuple[float, float]]],
    different: Mapping[str, tuple[int, int]],
) -> str:
    versions = [f"Python {platform.python_version()}"]
    versions += [f"{name} {version(name)}" for name in LIBRARIES]
    rows = []
    for road, taken in times.items():
        wall, cpu = (statistics.median(each) * 1000 for each in zip(*taken, strict=True))
        to_wall, to_cpu = (
            statistics.median(
                mine[clock] / theirs[clock]
                for mine, theirs in zip(taken, times[FLOATS], strict=True)
            )
            for clock in (0, 1)
        )
        rows.append(f"| {road} | {wall:,.0f} | {to_wall:.2f} | {cpu:,.0f} | {to_cpu:.2f} |")
    told = [
        f"{road}: {amounts:,} of {agents * len(COMPARED):,} scores and amounts, {pays:,} pays"
        for road, (amounts, pays) in different.items()
    ]
    return HEAD.format(
        agents=agents, versions=", ".join(versions), rows="\n".join(rows), told="; ".join(told)
    )


HEAD = """\
# From facts to pay

Measured by `python -m benchmarks.slips` with {versions}: {agents:,} agents in shops of fifty, ten
metrics from rows and three from metrics, scales, groups of items, gates, tiers read as slab and as
slices, a pool, prizes, steps with a guarantee and a cap. All roads but one start from the facts as
columns of one frame; `ke.score` starts from their long form, holds it to its contract, keeps the
receipt and hashes the result. kpi_engine gives every part, status and line, exactly.

Medians of {repetitions} runs in turn; × is the median of the ratios to Polars in floats in the same
turn.

| road | wall ms | × | CPU ms | × |
|---|---:|---:|---:|---:|
{rows}

Other than the exact answer is, by the errors of floats, {told}.
""".replace("{repetitions}", str(REPETITIONS))


if __name__ == "__main__":
    main()
