"""The rows behind a metric as people read them, and how they add up."""

from __future__ import annotations  # the types of the facade are loaded on use

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

import kpi_engine as ke
from kpi_engine.cli.summaries import counted

MOST_ROWS = 40
"""So many rows are shown of a metric; a file holds them all."""

_MICROSECONDS = 10**6
_NUMBERS = frozenset({"number", "ratio", "money", "duration"})
_OF_VERDICT = frozenset({"filtered_by", "numerator", "denominator"})


def evidence_parts(evidence: ke.Evidence, ruleset: ke.Ruleset) -> Iterator[RenderableType]:
    """Return a title, and for every metric its rows, what became of them, and the value."""
    subject = ", ".join(f"{name} {value}" for name, value in evidence.subject.items())
    title = f"{subject}: {evidence.metric} of {evidence.ruleset} for {evidence.period}"
    yield Text(title, style="bold")
    if evidence.metric not in evidence.metrics:
        yield f"{evidence.metric}: {_rule(evidence.rule)}"
    for part in evidence.metrics.values():
        yield ""
        yield f"{part.metric}: {_rule(part.rule)}"
        if part.where is not None:
            yield f"where: {_rule(part.where)}"
        if not part.rows.is_empty():
            yield _rows(part, evidence.subject, ruleset)
        more = part.rows.height - MOST_ROWS
        if more > 0:
            yield f"… and {counted(more, 'more row')}, `--out` writes them all"
        yield _counts(part)
        yield Text(_sum(part), style="bold")


def evidence_document(evidence: ke.Evidence) -> dict[str, object]:
    """Return evidence as JSON knows it, with every row."""
    return {
        "ruleset": evidence.ruleset,
        "period": evidence.period,
        "as_of": evidence.as_of,
        "subject": dict(evidence.subject),
        "metric": evidence.metric,
        "rule": asdict(evidence.rule),
        "metrics": [_part_document(part) for part in evidence.metrics.values()],
    }


def _part_document(part: ke.MetricEvidence) -> dict[str, object]:
    names = ("metric", "kind", "table", "used", "unknown", "filtered")
    more = ("num", "den", "status", "shown")
    rows = [{name: _plain(cell) for name, cell in row.items()} for row in part.rows.to_dicts()]
    return {
        **{name: getattr(part, name) for name in names},
        "filtered_by": dict(part.filtered_by),
        **{name: getattr(part, name) for name in more},
        "rule": asdict(part.rule),
        "where": None if part.where is None else asdict(part.where),
        "kinds": dict(part.kinds),
        "rows": rows,
    }


def _plain(cell: object) -> object:
    match cell:
        case date():
            return cell.isoformat()
        case Decimal():
            return str(cell)
        case _:
            return cell


def _rule(rule: ke.RuleText) -> str:
    return f"{rule.text}  {rule.file}:{rule.line}"


def _rows(part: ke.MetricEvidence, subject: Mapping[str, str], ruleset: ke.Ruleset) -> Table:
    """Return the first rows as a table; what names the subject in each of them stands above it."""
    table = Table(box=None, pad_edge=False)
    names = [
        name
        for name in part.rows.columns
        if name not in subject or (part.rows[name] != subject[name]).any()
    ]
    for name in names:
        number = part.kinds[name] in _NUMBERS
        table.add_column(name, justify="right" if number else "left")
    for row in part.rows.head(MOST_ROWS).select(names).iter_rows(named=True):
        cells = (_cell(name, row[name], part.kinds[name], ruleset) for name in names)
        table.add_row(*map(Text, cells), style=None if row["verdict"] == "used" else "dim")
    return table


def _cell(name: str, cell: object, kind: str, ruleset: ke.Ruleset) -> str:
    """Return a value as people write it: amounts in major units, times on the ruleset's clocks."""
    match cell:
        case None:
            return "" if name in _OF_VERDICT or name.startswith("value") else "unknown"
        case bool():
            return "yes" if cell else "no"
        case datetime():
            local = cell.astimezone(ZoneInfo(ruleset.zone)).replace(tzinfo=None)
            return local.isoformat(" ", "auto")
        case int() | Decimal() if kind == "money":
            digits = ruleset.minor_digits
            return f"{Decimal(cell).scaleb(-digits):,f}"
        case int() | Decimal() if kind == "duration":
            return f"{_short(Decimal(cell) / _MICROSECONDS)} s"
        case int() | Decimal():
            return _short(Decimal(cell))
        case _:
            return str(cell)


def _short(number: Decimal) -> str:
    """Return a number without zeros at its end."""
    text = f"{number:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _counts(part: ke.MetricEvidence) -> str:
    said = [f"{part.used:,} used"]
    if part.filtered:
        names = ", ".join(f"{name} {rows:,}" for name, rows in part.filtered_by.items() if rows)
        said.append(f"{part.filtered:,} filtered ({names})")
    if part.unknown:
        said.append(f"{part.unknown:,} unknown")
    return f"{counted(part.rows.height, 'row')} of {part.table}: {', '.join(said)}"


def _sum(part: ke.MetricEvidence) -> str:
    """Return what the rows add up to: `87 of 100 = 87.00%`, or the value alone."""
    value = part.shown if part.status in {"ok", "provisional"} else f"unknown, {part.status}"
    columns = part.rows.columns
    summed = "denominator" in columns and part.rows["denominator"].null_count() < part.rows.height
    if not summed or part.num is None or part.den is None:
        return f"{part.metric} = {value}"
    if part.kind != "ratio" or part.den == 0 or part.status not in {"ok", "provisional"}:
        return f"{part.metric}: {part.num:,} of {part.den:,} = {value}"
    share = Fraction(100 * part.num, part.den)
    sign = "=" if (share * 100).denominator == 1 else "≈"
    return f"{part.metric}: {part.num:,} of {part.den:,} {sign} {_percent(share)}"


def _percent(share: Fraction) -> str:
    """Return a number of hundredths with two decimals, halves away from zero.

    >>> _percent(Fraction(200, 3)), _percent(Fraction(87))
    ('66.67%', '87.00%')
    """
    hundredths = (abs(share) * 100 + Fraction(1, 2)) // 1
    sign = "-" if share < 0 else ""
    return f"{sign}{hundredths // 100:,}.{hundredths % 100:02d}%"
