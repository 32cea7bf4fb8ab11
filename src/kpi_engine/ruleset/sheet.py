"""The merged tree as data for the model, with the place of every path, and the findings so far."""

import re
from collections.abc import Mapping as MappingOf
from collections.abc import MutableMapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from kpi_engine.language import ir
from kpi_engine.language.kinds import ANY
from kpi_engine.language.mistakes import Mistake
from kpi_engine.language.parser import parse_formula
from kpi_engine.language.scopes import Scope
from kpi_engine.language.syntax import Expr, Place, Unknown
from kpi_engine.language.typing import type_formula
from kpi_engine.ruleset.checked import Formula
from kpi_engine.ruleset.merging import Keys, long_metric
from kpi_engine.text.diagnostics import Diagnostic, Related, diagnose
from kpi_engine.text.located import Entry, Mapping, Node, Scalar, Sequence
from kpi_engine.text.scalars import inner_span
from kpi_engine.text.source import Span

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The tree as plain data, the node and key of every path, and a growing list of findings.

    ``files`` are the names of the files it was merged from, the nearest first, and ``removed`` the
    `null` by the path it removed.
    """

    data: dict[str, object]
    node_by_path: MutableMapping[Path, Node]
    key_by_path: MutableMapping[Path, Scalar]
    files: tuple[str, ...] = ()
    removed: MappingOf[Keys, Entry] = field(default_factory=dict)
    findings: list[Diagnostic] = field(default_factory=list)


def lay_out(
    root: Mapping, files: tuple[str, ...] = (), removed: MappingOf[Keys, Entry] | None = None
) -> Sheet:
    """Return the sheet of a merged tree; a metric written as a formula is given its long form."""
    nodes: dict[Path, Node] = {(): root}
    keys: dict[Path, Scalar] = {}
    data = {entry.key.value: _lay(entry, (), nodes, keys) for entry in root.entries}
    return Sheet(data, nodes, keys, files, removed or {})


def _lay(entry: Entry, path: Path, nodes: dict[Path, Node], keys: dict[Path, Scalar]) -> object:
    """Return the value of an entry as data, after noting where it and all in it are written."""
    mine = (*path, entry.key.value)
    keys[mine] = entry.key
    node = _long_form(entry) if path == _METRICS else entry.value
    return _lay_node(node, mine, nodes, keys)


def _lay_node(node: Node, path: Path, nodes: dict[Path, Node], keys: dict[Path, Scalar]) -> object:
    nodes[path] = node
    match node:
        case Scalar():
            return node.value
        case Sequence():
            items = enumerate(node.items)
            return [_lay_node(item, (*path, index), nodes, keys) for index, item in items]
        case Mapping():
            return {entry.key.value: _lay(entry, path, nodes, keys) for entry in node.entries}


_METRICS = ("metrics",)
_CASE = re.compile(r"(?:from|up to|at|is|top) |else$|\S+ to ")


def _long_form(entry: Entry) -> Node:
    value = entry.value
    keys = [each.key.value for each in value.entries] if isinstance(value, Mapping) else []
    bare_scale = "of" in keys or ("value" not in keys and any(map(_CASE.match, keys)))
    return long_metric(value) if isinstance(value, Scalar) or bare_scale else value


def span_of(sheet: Sheet, path: Path) -> Span:
    """Return the place of a value, or of the nearest value around it that is written."""
    while (node := sheet.node_by_path.get(path)) is None:
        path = path[:-1]
    return node.span


def key_span(sheet: Sheet, path: Path) -> Span:
    """Return the place of a key, or of its value where the key is not written."""
    key = sheet.key_by_path.get(path)
    return key.span if key is not None else span_of(sheet, path)


def distance(sheet: Sheet, span: Span) -> int:
    """Return how many files lie between the ruleset's own and that of a place; given values, -1."""
    name = span.source.name
    return sheet.files.index(name) if name in sheet.files else -1


def report(sheet: Sheet, code: str, span: Span, **facts: object) -> None:
    """Note a finding."""
    sheet.findings.append(diagnose(code, span, **facts))


def report_between(
    sheet: Sheet, code: str, span: Span, ends: tuple[Related, ...], /, **facts: object
) -> None:
    """Note a finding that lies between files; of its ends those in other files are named."""
    others = tuple(end for end in ends if end.span.source != span.source)
    sheet.findings.append(replace(diagnose(code, span, **facts), related=others))


def report_mistake(sheet: Sheet, path: Path, mistake: Mistake) -> None:
    """Note a mistake of the formula at a path, its caret under the very word."""
    node = sheet.node_by_path.get(path)
    span = span_of(sheet, path)
    if isinstance(node, Scalar):
        span = inner_span(node, mistake.place.start, mistake.place.end)
    report(sheet, mistake.code, span, **dict(mistake.facts))


def report_in_key(sheet: Sheet, path: Path, mistake: Mistake) -> None:
    """Note a mistake of the case that the key at a path writes, its caret under the very word."""
    key = sheet.key_by_path.get(path)
    place = mistake.place
    span = inner_span(key, place.start, place.end) if key is not None else span_of(sheet, path)
    report(sheet, mistake.code, span, **dict(mistake.facts))


def report_inside(sheet: Sheet, path: Path, code: str, place: Place, **facts: object) -> None:
    """Note a finding at a place inside the formula at a path."""
    report_mistake(sheet, path, Mistake(code, place, tuple(facts.items())))


@lru_cache(maxsize=8192)
def parsed(text: str) -> Expr | Mistake:
    """Return the parse tree of a formula; the same text is parsed once."""
    return parse_formula(text)


def parse_at(sheet: Sheet, path: Path, text: str) -> Expr | None:
    """Return the parse tree of the formula at a path, or None after noting what is wrong."""
    tree = parsed(text)
    if isinstance(tree, Mistake):
        report_mistake(sheet, path, tree)
        return None
    return tree


BROKEN = ir.Lit(None, ANY)


def formula_at(sheet: Sheet, path: Path, text: str, scope: Scope) -> Formula:
    """Return the typed formula at a path; one that is broken, and reported, has the kind *any*."""
    tree = parse_at(sheet, path, text)
    if tree is None:
        return Formula(text, Unknown(), BROKEN, span_of(sheet, path))
    return typed_at(sheet, path, text, tree, scope)


def typed_at(sheet: Sheet, path: Path, text: str, tree: Expr, scope: Scope) -> Formula:
    """Return the typed form of a formula that was parsed before."""
    node, mistakes = type_formula(tree, scope)
    for mistake in mistakes:
        report_mistake(sheet, path, mistake)
    return Formula(text, tree, node if not mistakes else BROKEN, span_of(sheet, path))
