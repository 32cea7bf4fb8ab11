"""What a formula may name at one place of a ruleset, and whether the checker takes a formula."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from kpi_engine.language import ir
from kpi_engine.language.kinds import Kind, Level, Type
from kpi_engine.language.printer import print_formula
from kpi_engine.language.scopes import GroupSignature, Prefix, ScaleSignature, Scope, Sight
from kpi_engine.language.syntax import Expr
from kpi_engine.language.typing import type_formula
from kpi_engine.ruleset.layers import merged_of, read_layers
from kpi_engine.ruleset.params import check_params
from kpi_engine.ruleset.shape import read_document
from kpi_engine.ruleset.sheet import lay_out
from kpi_engine.text.diagnostics import has_errors
from kpi_engine.text.source import Source


@dataclass(frozen=True, slots=True)
class Words:
    """Names, params and scales by name; ``rows`` is what an argument of an aggregate names.

    A name may hold a dot. Dated params are names, of a row where it has a day.

    Without ``rows`` nothing can be gathered but subjects of ``groups``. ``lower`` are the metrics that are better lower.
    """

    names: Mapping[str, ir.Ref]
    params: Mapping[str, ir.Ref]
    scales: Mapping[str, ScaleSignature]
    currency: str
    rows: Mapping[str, ir.Ref] | None = None
    lower: frozenset[str] = field(default_factory=frozenset)
    groups: Mapping[str, GroupSignature] = field(default_factory=dict)


def words_of_params(text: str, currency: str) -> Words:
    """Return the params of a ruleset's text as its formulas see them, and no other names."""
    layers, _ = read_layers(Source("<text>", text), None)
    assert layers is not None
    sheet = lay_out(merged_of(layers).root)
    document = read_document(sheet)
    assert document is not None
    checked = check_params(sheet, document)
    assert not has_errors(sheet.findings), sheet.findings
    return Words({}, checked.refs, checked.scales, currency)


def row_words(words: Words, types: Mapping[str, Type]) -> Words:
    """Return what formulas over the rows of a table name."""
    names = {name: ir.Ref("row", name, type_) for name, type_ in types.items()}
    return replace(words, names=names, rows=None)


def group_words(words: Words, rows: Mapping[str, Type], groups: Mapping[str, Type]) -> Words:
    """Return what formulas over groups of rows name: columns of the groups outside aggregates."""
    inner = row_words(words, rows).names
    outer = {
        name: ir.Ref("row", name, type_._replace(level=Level.SUBJECT))
        for name, type_ in groups.items()
    }
    return replace(words, names=outer, rows=inner)


def subject_words(
    words: Words,
    roster: Mapping[str, Type],
    metrics: Mapping[str, Type],
    lower: frozenset[str] = frozenset(),
) -> Words:
    """Return what formulas about a subject name: roster columns and metrics."""
    spaces: tuple[tuple[ir.Space, Mapping[str, Type]], ...] = (
        ("roster", roster),
        ("metric", metrics),
    )
    names = {
        name: ir.Ref(space, name, type_._replace(level=Level.SUBJECT))
        for space, types in spaces
        for name, type_ in types.items()
    }
    return replace(words, names=names, rows=None, lower=lower)


def type_of(tree: Expr, words: Words) -> ir.Node | None:
    """Return the typed form of a formula, or None where the checker finds a mistake in it."""
    rows = None if words.rows is None else _sight(words, words.rows)
    scope = Scope(
        _sight(words, words.names),
        words.currency,
        words.scales,
        aggregates=words.rows is not None,
        rows=rows,
        lower=words.lower,
        groups=words.groups,
    )
    node, mistakes = type_formula(tree, scope)
    return None if mistakes else node


def _sight(words: Words, names: Mapping[str, ir.Ref]) -> Sight:
    """Return what is seen by name; a name with a dot also as it is read from a text."""
    prefixes: dict[str, dict[str, ir.Ref]] = {}
    for name, ref in names.items():
        before, dot, behind = name.partition(".")
        if dot:
            prefixes.setdefault(before, {})[behind] = ref
    shown = {before: Prefix(behind) for before, behind in prefixes.items()}
    return Sight({**words.params, **names}, shown)


def is_accepted(tree: Expr, words: Words, kind: Kind, *, known: bool, gathers: bool) -> bool:
    """Return whether a formula is well typed, of a kind, known where it must be, and not too long.

    Where ``gathers``, it must read its rows by an aggregate; where rows are seen, it must read one.
    """
    node = type_of(tree, words)
    if node is None or node.type.kind is not kind or (known and node.type.nullable):
        return False
    if gathers and not ir.aggregates(node):
        return False
    return len(print_formula(tree)) <= LONGEST


LONGEST = 600
"""Longer formulas are slow to read and test nothing new."""
