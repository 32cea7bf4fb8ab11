"""Generated test files: the boundary cases of a ruleset, drawn as authors draw them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from kpi_engine.plan.period import period_window
from kpi_engine.reference.values import Value as Judged
from kpi_engine.review.boundaries import BoundaryCase, find_boundaries
from kpi_engine.review.casefiles import params_of, read_case_file
from kpi_engine.review.files import TEST_SUFFIX
from kpi_engine.review.formatting import format_text
from kpi_engine.review.literals import Value, units_of, written_value
from kpi_engine.review.targets import expectable
from kpi_engine.ruleset.checked import Ruleset
from kpi_engine.ruleset.loading import load_ruleset
from kpi_engine.ruleset.params import missing_params
from kpi_engine.text.diagnostics import diagnose
from kpi_engine.text.errors import DataError, RulesetError

_NAME = "generated.test.yaml"
_PERIOD = "2026-10"
_QUANTITY = re.compile(r"[0-9][0-9.]*%?(?: \w+)?")
_EPOCH = date(1970, 1, 1)
_WARNING = (
    "Generated: the rows say what the ruleset does, not what it should do.",
    "Nobody has read them yet. Hold every row to what was agreed before it stays.",
)
_NOTE = "generated, to be read"


@dataclass(frozen=True, slots=True)
class GeneratedCases:
    """A test file of boundary cases, and what it holds.

    ``thresholds`` are surrounded by its ``rows``; ``unreached`` counts by place those that given
    values do not reach.
    """

    text: str
    cases: int
    rows: int
    thresholds: int
    unreached: Mapping[str, int]


def generate_cases(
    path: Path, period: str | None = None, params: Mapping[str, str] | None = None
) -> GeneratedCases:
    """Return the boundary cases of a ruleset file as the text of a test file.

    Without a period and params, they are those of the first case of the test beside it.

    Raises:
        RulesetError: the file cannot be used, or a param is still required.
        DataError: the period is no month.
    """
    beside, beside_params = _said_beside(path)
    period = period or beside or _PERIOD
    params = beside_params if params is None else params
    ruleset, findings = load_ruleset(path, params)
    if ruleset is None:
        raise RulesetError(findings)
    missing = missing_params(ruleset)
    if missing:
        raise RulesetError(missing)
    try:
        period_window(period, ruleset.zone, ruleset.day_starts)
    except ValueError as error:
        raise DataError([diagnose("K434", found=period)]) from error
    found = find_boundaries(ruleset, period)
    lines = [
        *(f"# {sentence}" for sentence in _WARNING),
        *_unreached_lines(found.unreached),
        f"test: {ruleset.name}",
        f"title: {_quoted(f'Generated boundary cases of {ruleset.name}')}",
        f"period: {period}",
        *(["params:"] if params else []),
        *(f"  {name}: {_param(text)}" for name, text in params.items()),
        "cases:" if found.cases else "cases: []",
    ]
    for case in found.cases:
        lines += _case_lines(case, ruleset)
    rows = sum(len(case.rows) for case in found.cases)
    text = format_text("\n".join([*lines, ""]), _NAME)
    return GeneratedCases(text, len(found.cases), rows, found.reached, dict(found.unreached))


def write_cases(cases: GeneratedCases, path: Path) -> None:
    """Write a generated test file; one that is there already is never replaced.

    Raises:
        DataError: the file exists already, or cannot be written.
    """
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(cases.text)
    except FileExistsError as error:
        raise DataError([diagnose("K611", file=path.as_posix())]) from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DataError([diagnose("K451", folder=path.as_posix(), reason=reason)]) from error


def _said_beside(path: Path) -> tuple[str | None, Mapping[str, str]]:
    """Return the period and the params of the first case in the test file of a ruleset file."""
    test = path.with_name(f"{path.stem}{TEST_SUFFIX}")
    file = read_case_file(test)[0] if test.is_file() else None
    if file is None:
        return None, {}
    return file.period.value, params_of(file.cases[0]) if file.cases else {}


def _unreached_lines(unreached: Mapping[str, int]) -> Iterator[str]:
    """Return the comment that counts what the rows do not reach."""
    if unreached:
        yield f"# Not reached by given values, {sum(unreached.values())} thresholds:"
        yield from (f"#   {count} in {place}" for place, count in unreached.items())


def _case_lines(case: BoundaryCase, ruleset: Ruleset) -> Iterator[str]:
    units, targets = units_of(ruleset), expectable(ruleset)
    shown = [_short(name, case, ruleset) for name in case.shown]
    yield f"  - name: {_quoted(f'generated: {case.title}')}"
    yield f"    note: {_NOTE}"
    yield "    table: |"
    yield f"      {' | '.join(case.given)} => {' | '.join(shown)}"
    for row in case.rows:
        given = [written_value(row.given[name], kind, units) for name, kind in case.given.items()]
        expected = [
            written_value(_as_kept(value), targets[name].type.kind, units)
            for name, value in zip(case.shown, row.expected, strict=True)
        ]
        yield f"      {' | '.join([*given, *expected])}"
    yield ""


def _short(name: str, case: BoundaryCase, ruleset: Ruleset) -> str:
    """Return the shortest name under which a test sees a value beside those it gives."""
    targets = expectable(ruleset)
    short = name.partition(".")[2]
    is_free = name not in ruleset.metrics and short not in case.given
    return short if is_free and targets.get(short) == targets[name] else name


def _as_kept(value: Judged) -> Value:
    """Return a value of the reference as tests hold it: a day by its number."""
    if isinstance(value, date):
        return (value - _EPOCH).days
    if isinstance(value, tuple):
        raise TypeError(value)
    return value


def _param(text: str) -> str:
    """Return a param as authors write it: a quantity as it is, a formula in quotes."""
    return text if _QUANTITY.fullmatch(text) else _quoted(text)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
