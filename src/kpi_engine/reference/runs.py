"""Runs: the rows of one key, put in order and cut where a condition says that a new run starts."""

from collections.abc import Sequence

from kpi_engine.reference.formulas import Evaluator
from kpi_engine.reference.values import Row, unknown_last
from kpi_engine.ruleset.checked import Runs


def cut_runs(
    rows: Sequence[Row], runs: Runs, key: Sequence[str], evaluator: Evaluator
) -> list[list[Row]]:
    """Return the rows of one key run by run; ties of the order go by the source table's ``key``."""
    found: list[list[Row]] = []
    before: Row | None = None
    for row in sorted(rows, key=lambda row: [unknown_last(row[n]) for n in (*runs.in_order, *key)]):
        if before is None or _starts(row, before, runs, evaluator):
            found.append([])
        found[-1].append(row)
        before = row
    return found


def _starts(row: Row, before: Row, runs: Runs, evaluator: Evaluator) -> bool:
    names = {**row, **{f"before.{name}": value for name, value in before.items()}}
    return evaluator.value(runs.starts_when.tree, names) is True
