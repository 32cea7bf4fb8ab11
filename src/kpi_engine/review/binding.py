"""Test cases bound to their ruleset: names resolved and values read before anything runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from kpi_engine.language.ir import references
from kpi_engine.language.kinds import PLAIN, Kind, Level, Type
from kpi_engine.language.mistakes import Mistake
from kpi_engine.language.scopes import closest
from kpi_engine.review.casefiles import Case, Expectation, GivenTable, PastValues
from kpi_engine.review.headers import check_tables
from kpi_engine.review.literals import Value, read_value
from kpi_engine.review.pipes import Cell, PipeTable, cell_span, whole_cell
from kpi_engine.review.targets import Target, expectable, givable, pay_names, subject_rules
from kpi_engine.ruleset.across import names_of_history
from kpi_engine.ruleset.checked import Ruleset
from kpi_engine.ruleset.kept import COMPOSITE_GRID
from kpi_engine.text.diagnostics import Diagnostic, diagnose
from kpi_engine.text.located import Scalar
from kpi_engine.text.scalars import inner_span

TABLE_WORDS = ("in_window", "outside", "undated", "accepted", "rejected")
METRIC_WORDS = ("accepted", "used", "filtered", "unknown", "no_subject")
"""The counts of the receipt; those behind a word have names of their own, after a dot."""

_COUNT = Type(Kind.NUMBER, Level.CONSTANT, whole=True)


@dataclass(frozen=True, slots=True)
class Check:
    """A value that is expected, and where it is written."""

    name: str
    target: Target
    expected: Value
    cell: Cell


@dataclass(frozen=True, slots=True)
class SubjectChecks:
    """What is expected of one subject."""

    subject: Scalar
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class RowCheck:
    """A count that the accounting is expected to show of a table or a metric.

    Behind a dot in ``word`` stands the name of a drop, or ``where``.
    """

    section: Literal["tables", "metrics"]
    name: str
    word: str
    expected: Value
    cell: Cell


@dataclass(frozen=True, slots=True)
class GivenValue:
    """A value that is taken as it is instead of being computed."""

    name: str
    value: Value
    cell: Cell


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One row of a table of values: what is given and what is expected."""

    given: tuple[GivenValue, ...]
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class SubjectHistory:
    """Values of one subject in the months just before a case's own, the oldest first, by name."""

    subject: Scalar
    values: Mapping[str, tuple[Value, ...]]


@dataclass(frozen=True, slots=True)
class BoundCase:
    """A case whose names are known: either ``evaluations``, or a run with checks."""

    name: Scalar
    subject: Scalar | None
    tables: tuple[GivenTable, ...]
    history: tuple[SubjectHistory, ...]
    evaluations: tuple[Evaluation, ...]
    subjects: tuple[SubjectChecks, ...]
    rows: tuple[RowCheck, ...]


@dataclass(frozen=True, slots=True)
class _Names:
    """What the names of a case can mean, and a growing list of findings."""

    ruleset: Ruleset
    expectable: Mapping[str, Target]
    givable: Mapping[str, Type]
    findings: list[Diagnostic] = field(default_factory=list)


def bind_case(case: Case, ruleset: Ruleset) -> tuple[BoundCase, list[Diagnostic]]:
    """Return a case bound to its ruleset, and what is wrong with its names and values."""
    names = _Names(ruleset, expectable(ruleset), givable(ruleset))
    names.findings.extend(check_tables(ruleset, case.tables))
    if case.values is not None and case.subject is None:
        names.findings.extend(_check_roster(case.values, ruleset))
    bound = BoundCase(
        case.name,
        case.subject,
        case.tables,
        _history(case.history, names),
        _evaluations(case.values, names) if case.values is not None else (),
        tuple(_subject(each, names) for each in case.expected),
        tuple(check for each in case.rows for check in _rows(each, names)),
    )
    return bound, names.findings


def _history(pasts: Sequence[PastValues], names: _Names) -> tuple[SubjectHistory, ...]:
    """Return earlier values by subject, held to what the ruleset reads of earlier months."""
    kinds = names_of_history(names.ruleset)
    by_subject: dict[str, tuple[Scalar, dict[str, tuple[Value, ...]]]] = {}
    for past in pasts:
        name = past.name.value
        if name not in kinds:
            near = closest(name, set(kinds))
            names.findings.append(diagnose("K534", past.name.span, name=name, near=near))
            continue
        type_ = Type(kinds[name], Level.SUBJECT, nullable=True)
        read = [_kept(whole_cell(each), name, type_, names) for each in past.values]
        values = tuple(value for value in read if not isinstance(value, Mistake))
        by_subject.setdefault(past.subject.value, (past.subject, {}))[1][name] = values
    return tuple(SubjectHistory(subject, values) for subject, values in by_subject.values())


def _kept(cell: Cell, name: str, type_: Type, names: _Names) -> Value | Mistake:
    """Return a value that results can show: a number of at most nine decimals."""
    value = _read(cell, type_, names)
    if isinstance(value, Fraction):
        grid = COMPOSITE_GRID if type_.kind in PLAIN else 1
        if (value * grid).denominator > 1:
            facts = {"text": cell.text, "name": name, "reason": "results do not show it so finely"}
            names.findings.append(diagnose("K526", cell_span(cell), **facts))
    return value


def _subject(expectation: Expectation, names: _Names) -> SubjectChecks:
    checks: list[Check] = []
    for pair in expectation.pairs:
        target = _target(whole_cell(pair.name), names)
        if target is not None:
            checks += _check(pair.name.value, target, whole_cell(pair.value), names)
    return SubjectChecks(expectation.of, tuple(checks))


def _target(name: Cell, names: _Names) -> Target | None:
    target = names.expectable.get(name.text)
    if target is None:
        near = closest(name.text, set(names.expectable))
        names.findings.append(diagnose("K520", cell_span(name), name=name.text, near=near))
    return target


def _check(name: str, target: Target, cell: Cell, names: _Names) -> list[Check]:
    type_ = target.type
    # a status may be the word `unknown`, and is never unknown itself
    is_word = not type_.nullable and cell.text in (type_.labels or ())
    value = cell.text if is_word else _read(cell, type_, names)
    return [] if isinstance(value, Mistake) else [Check(name, target, value, cell)]


def _read(cell: Cell, type_: Type, names: _Names) -> Value | Mistake:
    value = read_value(cell.text or "unknown", type_, names.ruleset)
    if isinstance(value, Mistake):
        start, end = cell.start + value.place.start, cell.start + value.place.end
        place = inner_span(cell.scalar, start, min(end, cell.end))
        names.findings.append(diagnose(value.code, place, **dict(value.facts)))
    return value


def _evaluations(table: PipeTable, names: _Names) -> tuple[Evaluation, ...]:
    expected = _expected_columns(table, names.ruleset)
    clean = True
    for index, cell in enumerate(table.header):
        if index in expected:
            clean = _target(cell, names) is not None and clean
        elif cell.text not in names.givable:
            near = closest(cell.text, set(names.givable))
            names.findings.append(diagnose("K521", cell_span(cell), name=cell.text, near=near))
            clean = False
    if len(expected) in {0, len(table.header)}:
        found = "expected" if expected else "given"
        names.findings.append(diagnose("K522", table.scalar.span, found=found))
        clean = False
    if not table.rows:
        names.findings.append(diagnose("K507", table.scalar.span))
    if not clean:
        return ()
    return tuple(_evaluation(table, row, expected, names) for row in table.rows)


def _check_roster(table: PipeTable, ruleset: Ruleset) -> list[Diagnostic]:
    """Return a finding for every roster column that is read, always known, and yet not given."""
    roster = ruleset.tables[ruleset.subject.table]
    defaults = {column.name for column in roster.columns if column.default is not None}
    given = {cell.text for cell in table.header} | defaults | set(ruleset.subject.key)
    refs = {ref for rule in subject_rules(ruleset, given) for ref in references(rule.node)}
    asked = {ref.name.partition(".")[0] for ref in refs if ref.space == "subject"}
    keys = {name for table in asked for name in ruleset.tables[table].key}
    read = {ref.name for ref in refs} | keys
    return [
        diagnose("K529", table.scalar.span, name=name)
        for name, type_ in roster.types.items()
        if name in read - given and not type_.nullable
    ]


def _expected_columns(table: PipeTable, ruleset: Ruleset) -> frozenset[int]:
    if table.given is not None:
        return frozenset(range(table.given, len(table.header)))
    paid = {"pay", *pay_names(ruleset)}
    return frozenset(index for index, cell in enumerate(table.header) if cell.text in paid)


def _evaluation(
    table: PipeTable, row: Sequence[Cell], expected: frozenset[int], names: _Names
) -> Evaluation:
    given: list[GivenValue] = []
    checks: list[Check] = []
    for index, (head, cell) in enumerate(zip(table.header, row, strict=True)):
        if index in expected:
            checks += _check(head.text, names.expectable[head.text], cell, names)
            continue
        type_ = names.givable[head.text]
        value = _read(cell, type_, names)
        if value is None and not type_.nullable:
            reason = "it is always known"
            facts = {"text": cell.text or "unknown", "name": head.text, "reason": reason}
            names.findings.append(diagnose("K526", cell_span(cell), **facts))
        elif not isinstance(value, Mistake):
            given.append(GivenValue(head.text, value, cell))
    return Evaluation(tuple(given), tuple(checks))


def _rows(expectation: Expectation, names: _Names) -> list[RowCheck]:
    words_by_section = _counted(expectation.of, names)
    words = [word for words in words_by_section.values() for word in words]
    checks: list[RowCheck] = []
    for pair in expectation.pairs if words else ():
        word = pair.name.value
        if word not in words:
            facts = {"words": ", ".join(f"`{each}`" for each in words)}
            near = closest(word, set(words))
            names.findings.append(diagnose("K524", pair.name.span, word=word, near=near, **facts))
            continue
        section = next(name for name, words in words_by_section.items() if word in words)
        cell = whole_cell(pair.value)
        value = _read(cell, _COUNT, names)
        if not isinstance(value, Mistake):
            checks.append(RowCheck(section, expectation.of.value, word, value, cell))
    return checks


def _counted(of: Scalar, names: _Names) -> dict[Literal["tables", "metrics"], tuple[str, ...]]:
    """Return the words of the accounting for a table or a metric; a table comes first."""
    tables = names.ruleset.tables
    metrics = {n: metric for n, metric in names.ruleset.metrics.items() if metric.table is not None}
    found: dict[Literal["tables", "metrics"], tuple[str, ...]] = {}
    table, metric = tables.get(of.value), metrics.get(of.value)
    if table is not None:
        unmatched = ["unmatched"] if any(match.every for match in table.matches) else []
        dropped = [f"dropped.{name}" for name, _ in table.drop]
        found["tables"] = (*TABLE_WORDS, *unmatched, *dropped)
    if metric is not None:
        filters = [name for name, _ in tables[metric.table or ""].drop]
        filters += ["where"] if metric.where is not None else []
        filters += ["latest"] if metric.latest is not None else []
        found["metrics"] = (*METRIC_WORDS, *(f"filtered_by.{name}" for name in filters))
    if not found:
        near = closest(of.value, {*tables, *metrics})
        names.findings.append(diagnose("K523", of.span, name=of.value, near=near))
    return found
