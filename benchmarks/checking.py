"""How long a ruleset of many metrics takes to check and to compile, after the imports."""

import statistics
import sys
import time

from kpi_engine.plan.compiling import compile_ruleset
from kpi_engine.ruleset.loading import load_ruleset_text
from kpi_engine.ruleset.sheet import parsed

SIZES = (125, 250, 500, 1000)
REPETITIONS = 7

_HEAD = """\
ruleset: generated
zone: Asia/Shanghai
currency: CNY
subject: {from: agents, key: [shop_id, agent_id]}
tables:
  agents:
    key: [shop_id, agent_id]
    columns: {shop_id: text, agent_id: text, perf_wage: optional money}
  rounds:
    key: round_id
    dated: asked_at
    columns:
      round_id: text
      shop_id: text
      agent_id: text
      buyer_id: text
      asked_at: datetime
      replied_at: optional datetime
    add:
      wait: replied_at - asked_at
metrics:
"""
_TAIL = """\
score:
  empty: skip
  items:
{items}
pay:
  lines:
    wage: {{of: score, from 90: perf_wage, from 70: perf_wage * score / 100, else: 0 CNY}}
"""
_SHARE = """\
  share_{i}:
    from: rounds
    where: asked_at in 08:00-23:00
    value: share(default(wait <= {i} s, false))
    min_rows: 100
"""
_METRICS = (
    _SHARE,
    "  mean_{i}: {{from: rounds, where: wait is known and wait > {i} s, value: mean(wait)}}\n",
    "  load_{i}: {{from: rounds, where: wait > {i} s, value: count() / distinct(buyer_id)}}\n",
    "  mix_{i}: {{value: 'default(share_{share}, 0%) * 100 + default(load_{load}, 0)'}}\n",
)


def generated_ruleset(metrics: int) -> str:
    """Return a ruleset of so many metrics: shares, means, quotients and mixtures of them."""
    lines = []
    for index in range(metrics):
        line = _METRICS[index % len(_METRICS)]
        lines.append(line.format(i=index + 1, share=index - 2, load=index))
    shares = range(1, min(metrics, 80), len(_METRICS))
    items = "\n".join(f"    item_{i}: {{points: 'attain(share_{i}, 90%)'}}" for i in shares)
    return _HEAD + "".join(lines) + _TAIL.format(items=items)


def main() -> None:
    """Print the time to check and to compile by number of metrics: wall medians, best CPU times.

    The wall clock of a shared machine also tells what else it did; the least CPU time hardly does.
    """
    print(
        f"{'metrics':>8} {'KiB':>6} {'check ms':>10} {'compile ms':>11} {'ms a metric':>12}"
        f" {'best CPU: check ms':>19} {'compile ms':>11} {'both ms':>8}"
    )
    for size in SIZES:
        text = generated_ruleset(size)
        walls: list[tuple[float, float]] = []
        cpus: list[tuple[float, float]] = []
        for _ in range(REPETITIONS):
            # A formula that was met before is not parsed again: every round starts anew.
            parsed.cache_clear()
            start = _clocks()
            ruleset, findings = load_ruleset_text(text)
            checked = _clocks()
            if ruleset is None:
                sys.exit(f"the generated ruleset has mistakes: {findings[:3]}")
            compile_ruleset(ruleset)
            compiled = _clocks()
            for times, clock in ((walls, 0), (cpus, 1)):
                times.append((checked[clock] - start[clock], compiled[clock] - checked[clock]))
        wall_check, wall_compile = (
            statistics.median(part) * 1000 for part in zip(*walls, strict=True)
        )
        cpu_check, cpu_compile = (min(part) * 1000 for part in zip(*cpus, strict=True))
        kib, each = len(text.encode()) / 1024, (wall_check + wall_compile) / size
        print(
            f"{size:>8} {kib:>6.0f} {wall_check:>10.1f} {wall_compile:>11.1f} {each:>12.3f}"
            f" {cpu_check:>19.1f} {cpu_compile:>11.1f} {cpu_check + cpu_compile:>8.1f}"
        )


def _clocks() -> tuple[float, float]:
    """Return the time on the wall and the CPU time of the process, in seconds."""
    return time.perf_counter(), time.process_time()


if __name__ == "__main__":
    main()
