"""Columns added to the rows of a table, in the order they are computed, and what drops rows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from kpi_engine.language.kinds import Level, Type
from kpi_engine.language.scopes import Scope
from kpi_engine.language.syntax import Expr
from kpi_engine.ruleset.checked import Formula
from kpi_engine.ruleset.columns import ANY_COLUMN, with_calendar
from kpi_engine.ruleset.context import circle_words, condition_at, in_order, names_in
from kpi_engine.ruleset.sheet import (
    BROKEN,
    Path,
    distance,
    key_span,
    parse_at,
    report,
    report_between,
    span_of,
    typed_at,
)
from kpi_engine.ruleset.sights import Draft
from kpi_engine.text.diagnostics import relate

Named = tuple[tuple[str, Formula], ...]
ScopeOf = Callable[[Mapping[str, Type]], Scope]
"""What a formula sees once a row has some columns."""

FILTERS = frozenset({"where", "latest"})
"""Under these names a metric's own keys keep rows out, beside the drops of its table."""

CALENDAR = frozenset({"day", "period"})


@dataclass(frozen=True, slots=True)
class Added:
    """The columns that formulas give the rows of a table, and all that it has then."""

    formulas: Named
    types: Mapping[str, Type]


def add_columns(draft: Draft, types: Mapping[str, Type], scope_of: ScopeOf) -> Added:
    """Return the added columns of a table; a clock among them gives it its day and period.

    A formula that stays at row level under ``per`` gathers nothing, and is reported.
    """
    context, path, document = draft.context, draft.path, draft.document
    trees = _trees_in_order(draft, types)
    broken = (document.add or {}).keys() - trees.keys() - types.keys()
    seen = {**types, **dict.fromkeys(broken, ANY_COLUMN)}
    added: list[tuple[str, Formula]] = []
    for name, tree in trees.items():
        where = (*path, "add", name)
        scope = scope_of(seen)
        formula = typed_at(context.sheet, where, (document.add or {})[name], tree, scope)
        if document.per is not None and formula.node.type.level is Level.ROW:
            report(context.sheet, "K364", span_of(context.sheet, where))
            formula = replace(formula, node=BROKEN)
        added.append((name, formula))
        seen[name] = formula.node.type._replace(level=Level.ROW)
        if name == document.dated:
            seen = with_calendar(seen, name)
    return Added(tuple(added), seen)


def _trees_in_order(draft: Draft, taken: Mapping[str, Type]) -> dict[str, Expr]:
    """Return the parse trees of the added columns in the order they are computed."""
    context, path, document = draft.context, draft.path, draft.document
    trees: dict[str, Expr] = {}
    for name, text in (document.add or {}).items():
        where = (*path, "add", name)
        if name in taken:
            _report_twice(draft, where, name)
            continue
        tree = parse_at(context.sheet, where, text)
        if tree is not None:
            trees[name] = tree
    needs = {name: sorted(_needs(draft, tree)) for name, tree in trees.items()}
    order, circles = in_order(needs)
    for circle in circles:
        span = key_span(context.sheet, (*path, "add", circle[0]))
        report(context.sheet, "K357", span, **circle_words(circle))
    return {name: trees[name] for name in order}


def _report_twice(draft: Draft, where: Path, name: str) -> None:
    """Note a name that is a column already, at the nearer of the two files that say it."""
    sheet = draft.context.sheet
    tables = (str(draft.path[-1]), draft.document.from_ or "")
    said = [
        path
        for table in tables
        for part in ("columns", "add")
        if (path := ("tables", table, part, name)) in sheet.key_by_path and path != where
    ]
    ends = [key_span(sheet, where), *(key_span(sheet, path) for path in said[:1])]
    nearest = min(ends, key=lambda span: distance(sheet, span))
    related = tuple(relate("column", span, name=name) for span in ends)
    report_between(sheet, "K363", nearest, related, name=name, table=draft.path[-1])


def _needs(draft: Draft, tree: Expr) -> set[str]:
    """Return the columns a formula reads: the key of what it looks up, the clock behind a day."""
    context, document, tables = draft.context, draft.document, draft.tables
    found: set[str] = set()
    for name in names_in(tree, context.scales):
        table = tables.get(name.partition(".")[0]) if "." in name else None
        if table is not None:
            found.update((*table.key, "day") if table.valid is not None else table.key)
        elif name in context.scales and context.scales[name].dated:
            found.add("day")
        else:
            found.add(name)
    if document.dated is not None and found & CALENDAR:
        found.add(document.dated)
    return found


def drop_rows(draft: Draft, scope: Scope) -> Named:
    """Return the named conditions that drop rows of a table."""
    for name in (draft.document.drop or {}).keys() & FILTERS:
        span = key_span(draft.context.sheet, (*draft.path, "drop", name))
        report(draft.context.sheet, "K379", span, name=name)
    return tuple(
        (name, condition_at(draft.context, (*draft.path, "drop", name), text, scope))
        for name, text in (draft.document.drop or {}).items()
    )
