"""Tables: inputs and what is derived from them, every formula of theirs typed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from kpi_engine.language import ir
from kpi_engine.language.kinds import Level, Type
from kpi_engine.language.scopes import closest, narrowed
from kpi_engine.language.syntax import Expr
from kpi_engine.ruleset.checked import Formula, Table
from kpi_engine.ruleset.columns import columns_exist, read_clock, read_column, with_calendar
from kpi_engine.ruleset.context import (
    Context,
    circle_words,
    condition_at,
    in_order,
    names_in,
    scope_of,
)
from kpi_engine.ruleset.document import TableDocument
from kpi_engine.ruleset.sheet import (
    BROKEN,
    Path,
    key_span,
    parse_at,
    report,
    span_of,
    typed_at,
)

_INPUT_KEYS = ("key", "columns", "file", "missing", "valid")
_DERIVED_KEYS = ("from", "per")
_BOTH_ENDS = len(("from", "to"))

Names = dict[str, ir.Ref]
Named = tuple[tuple[str, Formula], ...]


@dataclass(frozen=True, slots=True)
class _RowFormulas:
    """What a table does to its rows, and the columns a reader sees afterwards."""

    where: Formula | None
    add: Named
    drop: Named
    types: Mapping[str, Type]


def check_tables(context: Context) -> dict[str, Table]:
    """Return the tables in the order they are made."""
    documents = context.document.tables
    needs = {
        name: [document.from_] if document.from_ else [] for name, document in documents.items()
    }
    order, circles = in_order(needs)
    for circle in circles:
        span = key_span(context.sheet, ("tables", circle[0]))
        report(context.sheet, "K357", span, **circle_words(circle))
    tables: dict[str, Table] = {}
    for name in order:
        table = _check_table(context, name, documents[name], tables)
        if table is not None:
            tables[name] = table
    return tables


def row_names(context: Context, types: Mapping[str, Type]) -> Names:
    """Return what formulas over rows with some columns see: the columns and the params."""
    return {**context.param_refs, **{name: _ref(name, type_) for name, type_ in types.items()}}


def _ref(name: str, type_: Type) -> ir.Ref:
    return ir.Ref("row", name, type_)


def _check_table(
    context: Context, name: str, document: TableDocument, tables: Mapping[str, Table]
) -> Table | None:
    sheet, path = context.sheet, ("tables", name)
    if document.columns is not None and document.from_ is not None:
        report(sheet, "K353", key_span(sheet, path), name=name)
        return None
    if document.columns is None and document.from_ is None:
        report(sheet, "K354", key_span(sheet, path), name=name)
        return None
    wrong = _DERIVED_KEYS if document.columns is not None else _INPUT_KEYS
    for key in wrong:
        if (*path, key) in sheet.node_by_path:
            kinds = "an input table", "a table made `from` another"
            found, expected = kinds if document.columns is not None else reversed(kinds)
            span = key_span(sheet, (*path, key))
            report(sheet, "K356", span, key=key, found=found, expected=expected)
    if document.columns is not None:
        return _input_table(context, name, document)
    source = tables.get(document.from_ or "")
    if source is None:
        if document.from_ not in context.document.tables:
            near = closest(document.from_ or "", set(context.document.tables))
            report(sheet, "K350", span_of(sheet, (*path, "from")), name=document.from_, near=near)
        return None
    if document.per is None:
        return _filtered_table(context, name, document, source)
    return _grouped_table(context, name, document, source, document.per)


def _input_table(context: Context, name: str, document: TableDocument) -> Table:
    sheet, path = context.sheet, ("tables", name)
    columns = tuple(
        column
        for column in (
            read_column(context, (*path, "columns", header), header, text)
            for header, text in (document.columns or {}).items()
        )
        if column is not None
    )
    types = {column.name: column.type for column in columns}
    if document.key is None:
        report(sheet, "K355", key_span(sheet, path), name=name)
    for list_name, names in (("key", document.key), ("valid", document.valid)):
        columns_exist(context, (*path, list_name), names or [], types, name)
    if document.valid is not None and len(document.valid) != _BOTH_ENDS:
        count = "1 column" if len(document.valid) == 1 else f"{len(document.valid)} columns"
        report(sheet, "K360", span_of(sheet, (*path, "valid")), count=count)
    clock = read_clock(context, path, document.dated, types, name)
    made = _row_formulas(context, path, document, with_calendar(types, clock))
    valid = document.valid
    return Table(
        name=name,
        key=tuple(document.key or ()),
        columns=columns,
        clock=clock,
        valid=(valid[0], valid[1]) if valid is not None and len(valid) == _BOTH_ENDS else None,
        file=document.file,
        missing=tuple(document.missing or ()),
        origin=None,
        where=made.where,
        per=None,
        add=made.add,
        drop=made.drop,
        types=made.types,
        span=span_of(sheet, path),
    )


def _row_formulas(
    context: Context, path: Path, document: TableDocument, types: Mapping[str, Type]
) -> _RowFormulas:
    """Return the formulas of a table whose rows stay rows."""
    where = None
    seen = dict(types)
    if document.where is not None:
        scope = scope_of(context, row_names(context, types))
        where = condition_at(context, (*path, "where"), document.where, scope)
        for name in narrowed(where.tree) & set(seen):
            seen[name] = seen[name]._replace(nullable=False)
    added: list[tuple[str, Formula]] = []
    names = row_names(context, seen)
    for name, tree in _parse_added(context, path, document, seen).items():
        text = (document.add or {})[name]
        scope = scope_of(context, names)
        formula = typed_at(context.sheet, (*path, "add", name), text, tree, scope)
        added.append((name, formula))
        seen[name] = formula.node.type._replace(level=Level.ROW)
        names[name] = _ref(name, seen[name])
    return _RowFormulas(where, tuple(added), _drops(context, path, document, seen), seen)


def _parse_added(
    context: Context, path: Path, document: TableDocument, taken: Mapping[str, Type]
) -> dict[str, Expr]:
    """Return the parse trees of the added columns in the order they are computed."""
    trees: dict[str, Expr] = {}
    for name, text in (document.add or {}).items():
        where = (*path, "add", name)
        if name in taken:
            span = key_span(context.sheet, where)
            report(context.sheet, "K363", span, name=name, table=path[-1])
            continue
        tree = parse_at(context.sheet, where, text)
        if tree is not None:
            trees[name] = tree
    needs = {name: sorted(names_in(tree, context.scales)) for name, tree in trees.items()}
    order, circles = in_order(needs)
    for circle in circles:
        span = key_span(context.sheet, (*path, "add", circle[0]))
        report(context.sheet, "K357", span, **circle_words(circle))
    return {name: trees[name] for name in order}


def _drops(
    context: Context, path: Path, document: TableDocument, types: Mapping[str, Type]
) -> tuple[tuple[str, Formula], ...]:
    scope = scope_of(context, row_names(context, types))
    return tuple(
        (name, condition_at(context, (*path, "drop", name), text, scope))
        for name, text in (document.drop or {}).items()
    )


def _filtered_table(context: Context, name: str, document: TableDocument, source: Table) -> Table:
    """Return a table whose rows are rows of another one."""
    path = ("tables", name)
    types = dict(source.types)
    clock = source.clock
    if document.dated is not None:
        bare = {n: t for n, t in types.items() if n not in {"day", "period"}}
        clock = read_clock(context, path, document.dated, bare, name) or source.clock
        types = with_calendar(bare, clock)
    made = _row_formulas(context, path, document, types)
    return _derived(context, name, source, clock, made)


def _derived(
    context: Context, name: str, source: Table, clock: str | None, made: _RowFormulas
) -> Table:
    per = context.document.tables[name].per
    return Table(
        name=name,
        key=tuple(per) if per is not None else source.key,
        columns=(),
        clock=clock,
        valid=None,
        file=None,
        missing=(),
        origin=source.name,
        where=made.where,
        per=tuple(per) if per is not None else None,
        add=made.add,
        drop=made.drop,
        types=made.types,
        span=span_of(context.sheet, ("tables", name)),
    )


def _grouped_table(
    context: Context, name: str, document: TableDocument, source: Table, per: list[str]
) -> Table | None:
    sheet, path = context.sheet, ("tables", name)
    rows = row_names(context, source.types)
    if not columns_exist(context, (*path, "per"), per, source.types, source.name):
        return None
    where = None
    known: frozenset[str] = frozenset()
    if document.where is not None:
        where = condition_at(context, (*path, "where"), document.where, scope_of(context, rows))
        known = narrowed(where.tree)
    types = {
        key: source.types[key]._replace(nullable=source.types[key].nullable and key not in known)
        for key in per
    }
    # outside an aggregate a name is a column of the groups, where there is one
    names = dict(rows)
    for key, type_ in types.items():
        names[key] = _ref(key, type_._replace(level=Level.SUBJECT))
    added: list[tuple[str, Formula]] = []
    for column, tree in _parse_added(context, path, document, types).items():
        where_written = (*path, "add", column)
        scope = replace(scope_of(context, names, known=known, aggregates=True), rows=rows)
        formula = typed_at(sheet, where_written, (document.add or {})[column], tree, scope)
        if formula.node.type.level is Level.ROW:
            report(sheet, "K364", span_of(sheet, where_written))
            formula = replace(formula, node=BROKEN)
        added.append((column, formula))
        types[column] = formula.node.type._replace(level=Level.ROW)
        names[column] = _ref(column, formula.node.type._replace(level=Level.SUBJECT))
        known -= {column}
    clock = _grouped_clock(document, types, source)
    if document.dated is not None:
        clock = read_clock(context, path, document.dated, types, name)
    seen = with_calendar(types, clock)
    made = _RowFormulas(where, tuple(added), _drops(context, path, document, seen), seen)
    return _derived(context, name, source, clock, made)


def _grouped_clock(document: TableDocument, types: Mapping[str, Type], source: Table) -> str | None:
    """Return the key of a grouped table that dates it by itself: a clock, a day or a period."""
    keys = document.per or []
    if source.clock is not None and source.clock in keys:
        return source.clock
    return next((key for key in ("day", "period") if key in keys and key in types), None)
