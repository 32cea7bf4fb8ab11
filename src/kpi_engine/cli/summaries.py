"""What commands say at their end: counts, and the best and the weakest of a run."""

from __future__ import annotations  # the types of the facade are loaded on use

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TypedDict

from rich.cells import cell_len
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

import kpi_engine as ke

SHOWN_AT_EACH_END = 5
CONTRIBUTIONS_SHOWN = 3
HELD_SHOWN = 5

_COUNTED_BY_NAME = frozenset({"dropped", "filtered_by"})
_ROUNDING = frozenset({"part.rounding", "part.limits"})


class Counts(TypedDict):
    """What was rejected and held back in a run."""

    rejects: int
    held: int


class RunDocument(Counts):
    """A run in numbers."""

    out: str
    ruleset: str
    period: str
    subjects: int
    result_hash: str


def counted(count: int, noun: str, several: str | None = None) -> str:
    """Return a number of things in words.

    >>> counted(1, "case"), counted(1200, "case"), counted(2, "entry", "entries")
    ('1 case', '1,200 cases', '2 entries')
    """
    return f"{count:,} {noun if count == 1 else several or f'{noun}s'}"


def check_line(found: ke.CheckReport) -> str:
    """Return how many errors, warnings and notes there are, and how many were left out."""
    counts = _severities(found.diagnostics) or "no findings"
    others = (
        ("ignored", found.ignored),
        ("outside the change", found.untouched),
        ("not selected", found.unselected),
    )
    left_out = [f"{_severities(findings)} {why}" for why, findings in others if findings]
    return "; ".join([counts, *left_out])


def format_line(found: ke.FormatReport, *, looking: bool) -> str:
    """Return how many files were, or would be, given their layout."""
    count = Counter(file.standing for file in found.files)
    parts = [
        (count["changed"], "would be formatted" if looking else "formatted"),
        (count["formatted"], "unchanged"),
        (count["refused"], "not formatted"),
    ]
    said = [f"{counted(number, 'file')} {words}" for number, words in parts if number]
    return ", ".join(said) or "no files"


def _severities(findings: Iterable[ke.Diagnostic]) -> str:
    count = Counter(finding.severity for finding in findings)
    parts = [counted(count[name], name) for name in ("error", "warning", "note") if count[name]]
    return ", ".join(parts)


def cases_line(cases: ke.CaseReport) -> str:
    """Return how many cases passed and failed."""
    failed = f", {cases.failed:,} failed" if cases.failed else ""
    return f"{counted(cases.passed, 'case')} passed{failed}"


def coverage_lines(coverage: Iterable[ke.FileCoverage]) -> Iterator[str]:
    """Return what no case reached, each with its place, and how much of each ruleset was."""
    coverage = list(coverage)
    for each in coverage:
        yield from (f"{each.file}:{m.line}:{m.column}: {m.message}" for m in each.missed)
    reached = [(each.file, each.points - len(each.missed), each.points) for each in coverage]
    if len(reached) > 1:
        met, points = sum(each[1] for each in reached), sum(each[2] for each in reached)
        reached.append((f"{len(reached)} rulesets", met, points))
    width = max((cell_len(file) for file, _, _ in reached), default=0)
    for file, met, points in reached:
        name = file + " " * (width - cell_len(file))
        yield f"{name}  {f'{met:,}/{points:,}':>11}  {_percent(met, points):>6}"


def _percent(part: int, whole: int) -> str:
    """Return a share in per cent, never rounded up; a dash where there is nothing to reach."""
    return f"{part * 1000 // whole / 10}%" if whole else "-"


def run_document(results: ke.Results, out: Path) -> RunDocument:
    """Return a run in numbers; ``rejects`` counts rows, ``held`` those whose pay is held back."""
    subjects = results.subjects
    held = 0
    if "pay.status" in subjects.columns:
        held = int((subjects["pay.status"] != "ok").sum())
    return {
        "out": out.as_posix(),
        "ruleset": results.receipt["ruleset"],
        "period": results.receipt["period"],
        "subjects": subjects.height,
        "rejects": results.rejects.select("table", "row").unique().height,
        "held": held,
        "result_hash": results.receipt["result_hash"],
    }


def run_parts(
    results: ke.Results, ruleset: ke.Ruleset, document: RunDocument
) -> Iterator[RenderableType]:
    """Return the best and the weakest of a run, what was rejected and held, and where it is."""
    key = results.receipt["subject"]["key"]
    columns = results.subjects.columns
    measure = next((name for name in ("score", "pay") if name in columns), None)
    yield (
        f"{document['ruleset']} for {document['period']}: "
        f"{counted(document['subjects'], 'subject')}, written to {document['out']}"
    )
    if measure is not None:
        known = results.subjects.filter(results.subjects[measure].is_not_null())
        ranked = known.sort([measure, *key], descending=[True, *(False for _ in key)])
        best, weakest = ranked.to_dicts(), []
        if ranked.height > 2 * SHOWN_AT_EACH_END:
            best = ranked.head(SHOWN_AT_EACH_END).to_dicts()
            weakest = ranked.tail(SHOWN_AT_EACH_END).to_dicts()
        if best:
            yield _ranking(best, weakest, key, ruleset)
    yield caution(results, document)


def _ranking(
    best: Sequence[Mapping[str, object]],
    weakest: Sequence[Mapping[str, object]],
    key: Sequence[str],
    ruleset: ke.Ruleset,
) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in key:
        table.add_column(name)
    shown = [name for name in ("score", "pay") if name in best[0]]
    for name in shown:
        heading = f"pay in {ruleset.currency}" if name == "pay" else name
        table.add_column(heading, justify="right")
    table.add_column("mostly from")
    for rows in (best, weakest):
        for index, row in enumerate(rows):
            cells = [str(row[name]) for name in key]
            cells += [_number(row[name], name, ruleset.minor_digits) for name in shown]
            last = rows is best and bool(weakest) and index == len(rows) - 1
            table.add_row(*map(Text, (*cells, _contributions(row))), end_section=last)
            if last:
                table.add_row(*("…" for _ in (*cells, "")))
    return table


def _number(value: object, name: str, minor_digits: int) -> str:
    match value:
        case None:
            return "held" if name == "pay" else "unknown"
        case int():
            return f"{Decimal(value).scaleb(-minor_digits):,f}"
        case _:
            return str(value)


def _contributions(row: Mapping[str, object]) -> str:
    """Return the parts and steps of a score that count most."""
    parts = {
        name.partition(".")[2]: value
        for name, value in row.items()
        if name.startswith(("part.", "step.")) and name not in _ROUNDING
    }
    known = {name: value for name, value in parts.items() if isinstance(value, Decimal) and value}
    most = sorted(known, key=lambda name: -abs(known[name]))[:CONTRIBUTIONS_SHOWN]
    return ", ".join(f"{name} {known[name]:+.2f}" for name in most)


def caution(results: ke.Results | ke.FleetResults, document: Counts) -> str:
    """Return how many rows were rejected, for which reasons, and whose pay is held back."""
    if not document["rejects"] and not document["held"]:
        return "no row rejected, no pay held back"
    said: list[str] = []
    if document["rejects"]:
        reasons = Counter(results.rejects["reason"].to_list())
        ordered = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
        listed = ", ".join(f"{reason} {count:,}" for reason, count in ordered)
        said.append(f"{counted(document['rejects'], 'row')} rejected ({listed})")
    if document["held"]:
        said.append(
            f"the pay of {counted(document['held'], 'subject')} held back: {_held(results)}"
        )
    return ", ".join(said)


def _held(results: ke.Results | ke.FleetResults) -> str:
    """Return whose pay is held back, by key: who has no score stands in no ranking."""
    columns = results.subjects.columns
    key = columns[: columns.index("period")]
    held = results.subjects.filter(results.subjects["pay.status"] != "ok")
    rows = held.select(key).sort(key).rows()
    names = [" ".join(str(value) for value in row if value is not None) for row in rows]
    more = [f"{len(names) - HELD_SHOWN:,} more"] if len(names) > HELD_SHOWN else []
    return ", ".join([*names[:HELD_SHOWN], *more])


def accounting_parts(receipt: ke.Receipt) -> Iterator[Table]:
    """Return where every row went, a table for the tables and one for the metrics.

    What only some tables or metrics can have stands there where one of them has it.
    """
    sections: dict[str, Mapping[str, Mapping[str, object]]] = {
        "tables": receipt["accounting"]["tables"],
        "metrics": receipt["accounting"]["metrics"],
    }
    for section, accounts in sections.items():
        if not accounts:
            continue
        words = [word for word in next(iter(accounts.values())) if _is_shown(word, accounts)]
        table = Table(box=None, pad_edge=False)
        table.add_column(section)
        for word in words:
            named = word in _COUNTED_BY_NAME
            table.add_column(word, justify="left" if named else "right")
        for name, account in accounts.items():
            table.add_row(Text(name), *(Text(_counts(account[word])) for word in words))
        yield table


def _is_shown(word: str, accounts: Mapping[str, Mapping[str, object]]) -> bool:
    sometimes = word in _COUNTED_BY_NAME or word == "unmatched"
    return not sometimes or any(_counts(a[word]) not in {"", "0"} for a in accounts.values())


def _counts(count: object) -> str:
    """Return a count, or the counts of something by name as far as there are any."""
    if isinstance(count, Mapping):
        return ", ".join(f"{name} {rows:,}" for name, rows in count.items() if rows)
    return f"{count:,}"


def closing_document(closing: ke.Closing, ledger: Path) -> dict[str, object]:
    """Return a closing in numbers; ``amount`` is the sum of its entries, in minor units."""
    return {
        "ledger": ledger.as_posix(),
        "ruleset": closing.ruleset,
        "period": closing.period,
        "closing": closing.number,
        "kind": closing.kind,
        "subjects": closing.entries["subject"].n_unique(),
        "entries": closing.entries.height,
        "amount": int(closing.entries["amount"].sum()),
        "currency": closing.currency,
        "held": closing.held.height,
    }


def closing_parts(closing: ke.Closing, ledger: Path) -> Iterator[str]:
    """Return what was entered into a ledger, in a sentence."""
    start = f"{closing.ruleset} for {closing.period}"
    if closing.kind is None:
        yield f"{start}: nothing to enter, {ledger.as_posix()} is unchanged"
        return
    entries = closing.entries
    noun = ("line", "lines") if closing.kind == "closed" else ("adjustment", "adjustments")
    amount = Decimal(int(entries["amount"].sum())).scaleb(-closing.minor_digits)
    yield (
        f"{start}: {counted(entries.height, *noun)} of "
        f"{counted(entries['subject'].n_unique(), 'subject')}, {amount:,f} {closing.currency} in "
        f"all, entered into {ledger.as_posix()} as closing {closing.number}"
    )


def verification_document(verification: ke.Verification, out: Path) -> dict[str, object]:
    """Return whether a result could be verified, and the hash of the new run."""
    return {
        "out": out.as_posix(),
        "verdict": verification.verdict,
        "result_hash": verification.result_hash,
    }


def verification_line(verification: ke.Verification, out: Path) -> str:
    """Return whether a result could be verified, in a sentence."""
    match verification.verdict:
        case "verified":
            said = f"verified, the run gives {verification.result_hash} again"
        case "differs":
            said = "differs"
        case "could_not_run":
            said = "could not be run again"
    return f"{out.as_posix()}: {said}"


def sample_document(summary: ke.SampleSummary) -> dict[str, object]:
    """Return what was made up, in numbers."""
    return {
        "folder": summary.folder.as_posix(),
        "rows": dict(summary.rows_by_table),
        "bad_rows": [
            {"table": table, "reason": reason, "rows": rows}
            for (table, reason), rows in summary.bad_rows_by_reason.items()
        ],
    }


def sample_parts(summary: ke.SampleSummary) -> Iterator[RenderableType]:
    """Return the tables that were made up and their rows."""
    bad: Counter[str] = Counter()
    for (name, _), rows in summary.bad_rows_by_reason.items():
        bad[name] += rows
    table = Table(box=None, pad_edge=False)
    table.add_column("table")
    table.add_column("rows", justify="right")
    if bad:
        table.add_column("bad rows", justify="right")
    for name, rows in summary.rows_by_table.items():
        table.add_row(name, f"{rows:,}", *([f"{bad[name]:,}"] if bad else []))
    yield table
    yield f"written to {summary.folder.as_posix()}"
