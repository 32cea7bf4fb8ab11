"""Test files of rulesets: which keys stand where, every value with its place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar, assert_never

from kpi_engine.language.scopes import closest
from kpi_engine.review.pipes import PipeTable, read_pipes
from kpi_engine.text.diagnostics import Diagnostic, diagnose
from kpi_engine.text.located import Entry, Node, Scalar, Sequence
from kpi_engine.text.located import Mapping as YamlMapping
from kpi_engine.text.reading import parse_yaml, read_text
from kpi_engine.text.source import Span

FILE_KEYS = ("test", "period", "as_of", "given", "params", "cases", "title", "source", "note")
CASE_KEYS = (
    *("name", "for", "given", "history", "params", "table", "expect", "rows"),
    *("source", "note"),
)


@dataclass(frozen=True, slots=True)
class Pair:
    """A name and the text beside it."""

    name: Scalar
    value: Scalar


@dataclass(frozen=True, slots=True)
class Expectation:
    """What one subject, or one table or metric of the accounting, is to show."""

    of: Scalar
    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class GivenTable:
    """The rows of an input table."""

    name: Scalar
    table: PipeTable


@dataclass(frozen=True, slots=True)
class PastValues:
    """Values of one name in the months just before a case's own, the oldest first."""

    subject: Scalar
    name: Scalar
    values: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """One case of a test file.

    ``tables`` and ``params`` hold those of the file too, where the case does not replace them.
    ``values`` is the table of given and expected values, one evaluation a row.
    """

    name: Scalar
    subject: Scalar | None
    tables: tuple[GivenTable, ...]
    history: tuple[PastValues, ...]
    params: tuple[Pair, ...]
    values: PipeTable | None
    expected: tuple[Expectation, ...]
    rows: tuple[Expectation, ...]


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A test file: the ruleset it tests, its period, its cases in the order they are written.

    ``as_of`` is when its runs look at the data, where it says so.
    """

    path: Path
    ruleset: Scalar
    period: Scalar
    as_of: Scalar | None
    cases: tuple[Case, ...]


Findings = list[Diagnostic]

_Named = TypeVar("_Named", bound=GivenTable | Pair)


def read_case_file(path: Path) -> tuple[CaseFile | None, Findings]:
    """Return the cases of a file, or None and everything that is wrong with its shape."""
    source = read_text(path, path.as_posix())
    if isinstance(source, Diagnostic):
        return None, [source]
    root, findings = parse_yaml(source)
    if not isinstance(root, YamlMapping) or findings:
        return None, findings
    entries = _entries(root, FILE_KEYS, findings)
    start = Span(source, root.span.start, root.span.start)
    if "test" not in entries:
        return None, [diagnose("K509", start, name=source.name)]
    for key in ("period", "cases"):
        if key not in entries:
            findings.append(diagnose("K302", start, key=key))
    given = _given(entries.get("given"), findings)
    params = _pairs(entries.get("params"), findings)
    ruleset, period = _text(entries.get("test"), findings), _text(entries.get("period"), findings)
    as_of = _text(entries.get("as_of"), findings)
    cases = [
        _case(node, given, params, findings) for node in _items(entries.get("cases"), findings)
    ]
    if "cases" in entries and not cases and not findings:
        findings.append(diagnose("K502", entries["cases"].key.span, name=source.name))
    if ruleset is None or period is None or findings:
        return None, findings
    return CaseFile(path, ruleset, period, as_of, tuple(case for case in cases if case)), findings


def _case(
    node: Node, given: tuple[GivenTable, ...], params: tuple[Pair, ...], findings: Findings
) -> Case | None:
    if not isinstance(node, YamlMapping):
        findings.append(_wrong(node, "cases", "a mapping"))
        return None
    entries = _entries(node, CASE_KEYS, findings)
    start = Span(node.span.source, node.span.start, node.span.start)
    if "name" not in entries:
        findings.append(diagnose("K302", start, key="name"))
    name = _text(entries.get("name"), findings)
    if "table" in entries and (also := entries.keys() & {"expect", "rows"}):
        clash = entries[min(also)].key
        findings.append(diagnose("K506", clash.span, key=clash.value))
    table = _text(entries.get("table"), findings)
    subject = _text(entries.get("for"), findings)
    values, drawn = read_pipes(table, arrow=True) if table is not None else (None, [])
    findings += drawn
    before = len(findings)
    expected = _expectations(entries.get("expect"), subject, findings)
    rows = _counts(entries.get("rows"), findings)
    checks = any(each.pairs for each in (*expected, *rows))
    if table is None and not checks and len(findings) == before:
        findings.append(diagnose("K505", name.span if name is not None else start))
    case = Case(
        name or Scalar("", "plain", start),
        subject,
        _replaced(given, _given(entries.get("given"), findings)),
        tuple(_history(entries.get("history"), subject, findings)),
        _replaced(params, _pairs(entries.get("params"), findings)),
        values,
        expected,
        rows,
    )
    return case if name is not None else None


def _replaced(old: tuple[_Named, ...], new: tuple[_Named, ...]) -> tuple[_Named, ...]:
    """Return the old things with those of the same name replaced, the others behind them."""
    by_name = {each.name.value: each for each in (*old, *new)}
    return tuple(by_name.values())


def _given(entry: Entry | None, findings: Findings) -> tuple[GivenTable, ...]:
    tables: list[GivenTable] = []
    for pair in _pairs(entry, findings):
        table, drawn = read_pipes(pair.value)
        findings += drawn
        if table is not None:
            tables.append(GivenTable(pair.name, table))
    return tuple(tables)


def _history(
    entry: Entry | None, subject: Scalar | None, findings: Findings
) -> Iterator[PastValues]:
    """Return earlier values by subject; with a subject they may stand without her name."""
    for each in _children(entry, findings) if entry is not None else ():
        if isinstance(each.value, YamlMapping):
            for past in each.value.entries:
                yield PastValues(each.key, past.key, _months(past, findings))
        elif subject is not None:
            yield PastValues(subject, each.key, _months(each, findings))
        else:
            findings.append(_wrong(each.value, each.key.value, "a mapping"))


def _months(entry: Entry, findings: Findings) -> tuple[Scalar, ...]:
    values: list[Scalar] = []
    for node in _items(entry, findings):
        if isinstance(node, Scalar):
            values.append(node)
        else:
            findings.append(_wrong(node, entry.key.value, "a text"))
    return tuple(values)


def _expectations(
    entry: Entry | None, subject: Scalar | None, findings: Findings
) -> tuple[Expectation, ...]:
    """Return what is expected by name; with a subject its values may stand without her name."""
    if entry is None:
        return ()
    expectations: list[Expectation] = []
    direct: list[Pair] = []
    for each in _children(entry, findings):
        if isinstance(each.value, YamlMapping):
            pairs = _pairs(each, findings)
            expectations.append(Expectation(each.key, pairs))
        elif subject is not None and isinstance(each.value, Scalar):
            direct.append(Pair(each.key, each.value))
        else:
            findings.append(_wrong(each.value, each.key.value, "a mapping"))
    if subject is not None and direct:
        expectations.append(Expectation(subject, tuple(direct)))
    return tuple(expectations)


def _counts(entry: Entry | None, findings: Findings) -> tuple[Expectation, ...]:
    """Return the counts that are expected; those of a word that has several stand behind a dot."""
    if entry is None:
        return ()
    expectations: list[Expectation] = []
    for each in _children(entry, findings):
        pairs: list[Pair] = []
        for word in _children(each, findings):
            if isinstance(word.value, YamlMapping):
                parts = _pairs(word, findings)
                pairs += (Pair(_behind(word.key, part.name), part.value) for part in parts)
            elif isinstance(word.value, Scalar):
                pairs.append(Pair(word.key, word.value))
            else:
                findings.append(_wrong(word.value, word.key.value, "a number of rows"))
        expectations.append(Expectation(each.key, tuple(pairs)))
    return tuple(expectations)


def _behind(word: Scalar, part: Scalar) -> Scalar:
    return replace(part, value=f"{word.value}.{part.value}")


def _entries(node: YamlMapping, keys: tuple[str, ...], findings: Findings) -> dict[str, Entry]:
    entries = {entry.key.value: entry for entry in node.entries}
    for name, entry in entries.items():
        if name not in keys:
            near = closest(name, set(keys))
            findings.append(diagnose("K301", entry.key.span, key=name, near=near))
    return entries


def _text(entry: Entry | None, findings: Findings) -> Scalar | None:
    if entry is None:
        return None
    if isinstance(entry.value, Scalar) and entry.value.value:
        return entry.value
    findings.append(_wrong(entry.value, entry.key.value, "a text"))
    return None


def _pairs(entry: Entry | None, findings: Findings) -> tuple[Pair, ...]:
    if entry is None:
        return ()
    pairs: list[Pair] = []
    for each in _children(entry, findings):
        if isinstance(each.value, Scalar):
            pairs.append(Pair(each.key, each.value))
        else:
            findings.append(_wrong(each.value, each.key.value, "a text"))
    return tuple(pairs)


def _children(entry: Entry, findings: Findings) -> Iterator[Entry]:
    if isinstance(entry.value, YamlMapping):
        yield from entry.value.entries
        return
    findings.append(_wrong(entry.value, entry.key.value, "a mapping"))


def _items(entry: Entry | None, findings: Findings) -> tuple[Node, ...]:
    if entry is None:
        return ()
    if isinstance(entry.value, Sequence):
        return entry.value.items
    findings.append(_wrong(entry.value, entry.key.value, "a list"))
    return ()


def params_of(case: Case) -> Mapping[str, str]:
    """Return the params of a case as they are written."""
    return {pair.name.value: pair.value.value for pair in case.params}


def _wrong(node: Node, key: str, expected: str) -> Diagnostic:
    match node:
        case Scalar(value=""):
            found = "nothing"
        case Scalar():
            found = "a text"
        case Sequence():
            found = "a list"
        case YamlMapping():
            found = "a mapping"
        case _:
            assert_never(node)
    return diagnose("K504", node.span, key=key, found=found, expected=expected)
