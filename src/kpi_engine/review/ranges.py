"""Which periods the files of one shop govern: gaps and overlaps between them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from pathlib import Path

from kpi_engine.language.syntax import Day
from kpi_engine.ruleset.locks import said
from kpi_engine.ruleset.merging import entry_of
from kpi_engine.ruleset.sheet import parsed
from kpi_engine.text.diagnostics import Diagnostic, Related, diagnose, relate
from kpi_engine.text.located import Mapping, Scalar
from kpi_engine.text.source import Span


@dataclass(frozen=True, slots=True)
class Reign:
    """The days a file governs, the last exclusive, and where it says so; open ends are the ends."""

    folder: Path
    ruleset: str
    start: date
    end: date
    start_span: Span
    end_span: Span


def reign_of(file: Path, root: Mapping) -> Reign | None:
    """Return the days that a file, by its real path, governs; None if it does not say rightly."""
    name, entry = said(root, "ruleset"), entry_of(root, "ruleset")
    if name is None or entry is None:
        return None
    effective = entry_of(root, "effective")
    whole = effective.key.span if effective is not None else entry.value.span
    days, spans = [date.min, date.max], [whole, whole]
    if effective is not None and isinstance(effective.value, Mapping):
        for index, key in enumerate(("from", "to")):
            written = entry_of(effective.value, key)
            if written is None or not isinstance(written.value, Scalar):
                continue
            tree = parsed(written.value.value)
            if not isinstance(tree, Day):
                return None
            days[index], spans[index] = tree.value, written.value.span
    start, end = days
    return Reign(file.parent, name, start, end, *spans) if start < end else None


def find_conflicts(reigns: Iterable[Reign]) -> Iterator[Diagnostic]:
    """Return the days that two files of one name and folder govern, and those left between two."""

    def place(reign: Reign) -> tuple[Path, str]:
        return reign.folder, reign.ruleset

    def order(reign: Reign) -> tuple[Path, str, date, date, str]:
        return *place(reign), reign.start, reign.end, reign.start_span.source.name

    for _, group in groupby(sorted(reigns, key=order), key=place):
        last, *others = group
        for reign in others:
            facts = {"name": reign.ruleset}
            if reign.start < last.end:
                until = min(last.end, reign.end)
                days = _days(reign.start, until)
                there = relate("governs", last.end_span, days=_days(last.start, last.end))
                finding = diagnose("K630", reign.start_span, days=days, **facts)
                yield _beside(finding, there)
            elif last.end < reign.start:
                there = relate("ends", last.end_span)
                days = _days(last.end, reign.start)
                yield _beside(diagnose("K631", reign.start_span, days=days, **facts), there)
            last = max(last, reign, key=lambda each: each.end)


def _beside(finding: Diagnostic, there: Related) -> Diagnostic:
    return replace(finding, related=(there,))


def _days(start: date, end: date) -> str:
    """Return days in words, the end exclusive.

    >>> _days(date(2025, 1, 1), date.max)
    'from 2025-01-01 on'
    """
    if start == date.min and end == date.max:
        return "at all times"
    if end == date.max:
        return f"from {start} on"
    return f"until {end}" if start == date.min else f"from {start} to {end}"
