"""What results show held against what a case expects."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from kpi_engine.execution.results import Accounting
from kpi_engine.language.kinds import PLAIN, QUANTITIES, Kind
from kpi_engine.language.scopes import closest
from kpi_engine.review.binding import Check, RowCheck
from kpi_engine.review.literals import Units, Value, written_decimal, written_value
from kpi_engine.review.pipes import Cell, cell_span
from kpi_engine.review.targets import Target, found_value
from kpi_engine.text.diagnostics import Diagnostic, diagnose
from kpi_engine.text.located import Scalar

Row = Mapping[str, object]

_WORD = re.compile(r"[^\W\d]\w*")

_APPROXIMATE_PLACES = 4


@dataclass(frozen=True, slots=True)
class Difference:
    """A value that is not what is expected: what is said of it, and how the cell would be right."""

    finding: Diagnostic
    cell: Cell
    right: str


def find_subject(
    name: Scalar, rows: Iterable[Row], key: Sequence[str]
) -> tuple[Row | None, list[Diagnostic]]:
    """Return the row of a subject, who is named by the last part of her key or by all of it.

    The parts of a whole key stand with `/` between them: `S1/A`.
    """
    found: list[Row] = []
    names: dict[str, None] = {}
    for row in rows:
        short, whole = str(row[key[-1]]), "/".join(str(row[part]) for part in key)
        names |= dict.fromkeys((short, whole))
        if whole == name.value:
            return row, []
        if short == name.value:
            found.append(row)
    if len(found) == 1:
        return found[0], []
    if not found:
        near = closest(name.value, set(names))
        return None, [diagnose("K527", name.span, name=name.value, near=near)]
    wholes = " or ".join("`" + "/".join(str(row[part]) for part in key) + "`" for row in found)
    return None, [diagnose("K528", name.span, name=name.value, count=len(found), names=wholes)]


def compare_values(
    case: str, subject: str, row: Row, checks: Iterable[Check], units: Units
) -> list[Difference]:
    """Return every value of a subject that is not exactly what is expected."""
    differences: list[Difference] = []
    for check in checks:
        found = found_value(row, check.target)
        if found == check.expected:
            continue
        kind = check.target.type.kind
        finding = diagnose(
            "K530",
            cell_span(check.cell),
            case=case,
            name=check.name,
            subject=subject,
            found=_shown(found, kind, units),
            expected=f"`{written_value(check.expected, kind, units)}`",
            reason=_reason(row, check.target) if found is None else None,
        )
        is_word = isinstance(found, str) and _WORD.fullmatch(found) is not None
        right = str(found) if is_word else written_value(found, kind, units)
        differences.append(Difference(finding, check.cell, right))
    return differences


def _shown(found: Value, kind: Kind, units: Units) -> str:
    """Return a value as a formula writes it; beside a quotient, how much it is about."""
    written = f"`{written_value(found, kind, units)}`"
    if kind not in QUANTITIES or kind not in PLAIN or "/" not in written:
        return written
    percent = 100 if kind is Kind.RATIO else 1
    rounded = round(Fraction(found or 0) * percent, _APPROXIMATE_PLACES)
    sign = "%" if kind is Kind.RATIO else ""
    return f"{written} (about {written_decimal(rounded, _APPROXIMATE_PLACES)}{sign})"


def _reason(row: Row, target: Target) -> str | None:
    status = row[target.status] if target.status is not None else None
    return None if status is None else f"its status is `{status}`"


def _count(account: Mapping[str, object], word: str) -> object:
    """Return a count of an account; behind a dot, of what a word has by name."""
    word, dot, name = word.partition(".")
    counted = account[word]
    return counted.get(name, 0) if dot and isinstance(counted, Mapping) else counted


def compare_rows(
    case: str, accounting: Accounting, checks: Iterable[RowCheck]
) -> tuple[list[Difference], list[Diagnostic]]:
    """Return every count that is not what is expected, and what the accounting does not count."""
    differences: list[Difference] = []
    findings: list[Diagnostic] = []
    for check in checks:
        accounts: Mapping[str, Mapping[str, object]] = accounting[check.section]
        if check.name not in accounts:
            span = cell_span(check.cell)
            findings.append(diagnose("K533", span, case=case, name=check.name))
            continue
        found = _count(accounts[check.name], check.word)
        if found != check.expected:
            finding = diagnose(
                "K531",
                cell_span(check.cell),
                case=case,
                word=check.word,
                name=check.name,
                found=f"`{found}`",
                expected=f"`{check.cell.text}`",
            )
            differences.append(Difference(finding, check.cell, str(found)))
    return differences, findings
