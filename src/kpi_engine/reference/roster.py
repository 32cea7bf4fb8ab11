"""The roster: the one row of every subject."""

from collections.abc import Sequence
from datetime import date
from typing import cast

from kpi_engine.reference.formulas import Evaluator
from kpi_engine.reference.lookups import Key
from kpi_engine.reference.moments import Period
from kpi_engine.reference.rows import MadeRow, passes
from kpi_engine.reference.values import Row
from kpi_engine.ruleset.checked import Ruleset
from kpi_engine.text.diagnostics import diagnose
from kpi_engine.text.errors import DataError


def roster_rows(
    ruleset: Ruleset, rows: Sequence[MadeRow], period: Period, evaluator: Evaluator
) -> dict[Key, Row]:
    """Return the row of every subject by its key, the last one that is valid in the period.

    Raises:
        DataError: if a subject has two rows, or with validity two that start on the same day.
    """
    subject = ruleset.subject
    valid = ruleset.tables[subject.table].valid
    found: dict[Key, dict[date, list[Row]]] = {}
    for made in rows:
        row = made.values
        key = tuple(row[name] for name in subject.key)
        if made.dropped is not None or not passes(row, subject.where, evaluator):
            continue
        starts = date.min
        if valid is not None:
            first, end = (cast("date | None", row[name]) for name in valid)
            if first is None or first > period.last_day:
                continue
            if end is not None and end <= period.first_day:
                continue
            starts = first
        found.setdefault(key, {}).setdefault(starts, []).append(row)
    twice = [
        diagnose("K432", table=subject.table, count=len(rivals), subject=_shown(key), fix=None)
        for key, rows_by_start in found.items()
        for rivals in rows_by_start.values()
        if len(rivals) > 1
    ]
    if twice:
        raise DataError(twice)
    return {key: rows_by_start[max(rows_by_start)][0] for key, rows_by_start in found.items()}


def _shown(key: Key) -> str:
    return ", ".join(f"`{part}`" for part in key)
