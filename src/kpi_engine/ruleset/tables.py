"""Tables: the order they are made in, and the inputs; every formula of theirs typed."""

from collections.abc import Mapping

from kpi_engine.language.kinds import Kind, Type
from kpi_engine.language.scopes import Scope, closest, narrowed
from kpi_engine.ruleset.added import Added, Named, add_columns, drop_rows
from kpi_engine.ruleset.checked import Formula, Table
from kpi_engine.ruleset.columns import columns_exist, read_clock, read_column, with_calendar
from kpi_engine.ruleset.context import Context, circle_words, condition_at, in_order, scope_of
from kpi_engine.ruleset.derived import derived_table, known_types
from kpi_engine.ruleset.document import TableDocument
from kpi_engine.ruleset.sheet import Path, key_span, report, span_of
from kpi_engine.ruleset.sights import Draft, formulas_of, seen_from, tables_read

_INPUT_KEYS = ("key", "columns", "file", "missing", "valid", "long", "better")
_DERIVED_KEYS = ("from", "per", "in_order", "starts_when", "match")
_BOTH_ENDS = len(("from", "to"))


def check_tables(context: Context) -> dict[str, Table]:
    """Return the tables in the order they are made: after those they come from or look into."""
    documents = context.document.tables
    needs = {name: _needs(name, document) for name, document in documents.items()}
    order, circles = in_order(needs)
    for circle in circles:
        span = key_span(context.sheet, ("tables", circle[0]))
        report(context.sheet, "K357", span, **circle_words(circle))
        context.unmade.update(circle)
    tables: dict[str, Table] = {}
    for name in order:
        table = _check_table(context, name, documents[name], tables)
        if table is not None:
            tables[name] = table
        else:
            context.unmade.add(name)
    return tables


def _needs(name: str, document: TableDocument) -> list[str]:
    matched = [match.to for match in (document.match or {}).values()]
    read = tables_read(formulas_of(document)) - {name, *(document.match or {})}
    return [*([document.from_] if document.from_ else []), *matched, *sorted(read)]


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
        return _input_table(context, name, document, tables)
    source = tables.get(document.from_ or "")
    if source is None:
        if document.from_ not in context.document.tables:
            near = closest(document.from_ or "", set(context.document.tables))
            report(sheet, "K350", span_of(sheet, (*path, "from")), name=document.from_, near=near)
        return None
    return derived_table(context, name, document, source, tables)


def _input_table(
    context: Context, name: str, document: TableDocument, tables: Mapping[str, Table]
) -> Table:
    sheet, path = context.sheet, ("tables", name)
    columns = tuple(
        read_column(context, (*path, "columns", header), header, text)
        for header, text in (document.columns or {}).items()
    )
    types = {column.name: column.type for column in columns}
    if document.key is None:
        report(sheet, "K355", key_span(sheet, path), name=name)
    columns_exist(context, (*path, "key"), document.key or [], types, name)
    recorded = types.get("recorded_at")
    if recorded is not None and recorded.kind not in {Kind.DATETIME, Kind.ANY}:
        span = span_of(sheet, (*path, "columns", "recorded_at"))
        report(sheet, "K369", span, found=recorded.kind)
    clock = read_clock(context, path, document.dated, types, name)
    draft = Draft(context, path, document, tables, tables_read(formulas_of(document)))
    where, added, drop = _row_formulas(draft, with_calendar(types, clock, document.dated))
    key = tuple(key for key in document.key or () if key in types)
    valid, long = _valid(context, path, document, types), _long(context, path, document, types)
    return Table(
        name=name,
        key=key,
        identity=tuple(dict.fromkeys((*key, *(valid or ())[:1], *(long or ())[:1]))),
        columns=columns,
        clock=clock,
        valid=valid,
        long=long,
        file=document.file,
        missing=tuple(document.missing or ()),
        origin=None,
        where=where,
        per=None,
        runs=None,
        matches=(),
        add=added.formulas,
        drop=drop,
        types=added.types,
        span=span_of(sheet, path),
        lower=_lower(context, path, document),
    )


def _valid(
    context: Context, path: Path, document: TableDocument, types: Mapping[str, Type]
) -> tuple[str, str] | None:
    valid = document.valid
    if valid is None or not columns_exist(context, (*path, "valid"), valid, types, str(path[-1])):
        return None
    if len(valid) != _BOTH_ENDS:
        count = "1 column" if len(valid) == 1 else f"{len(valid)} columns"
        report(context.sheet, "K360", span_of(context.sheet, (*path, "valid")), count=count)
        return None
    for index, name in enumerate(valid):
        if types[name].kind not in {Kind.DATE, Kind.ANY}:
            span, found = span_of(context.sheet, (*path, "valid", index)), types[name].kind
            report(context.sheet, "K378", span, name=name, found=found)
    return valid[0], valid[1]


def _long(
    context: Context, path: Path, document: TableDocument, types: Mapping[str, Type]
) -> tuple[str, str] | None:
    if document.long is None:
        return None
    name, value = document.long.name, document.long.value
    where = (*path, "long")
    found = [
        columns_exist(context, (*where, key), [column], types, str(path[-1]))
        for key, column in (("name", name), ("value", value))
    ]
    if not all(found):
        return None
    if types[name].kind not in {Kind.TEXT, Kind.ANY}:
        span = span_of(context.sheet, (*where, "name"))
        report(context.sheet, "K368", span, name=name, found=types[name].kind)
        return None
    return name, value


def _lower(context: Context, path: Path, document: TableDocument) -> tuple[str, ...]:
    """Return the names of a long table of which less is better."""
    if document.better and document.long is None:
        span = key_span(context.sheet, (*path, "better"))
        kinds = {"found": "a table without `long`", "expected": "one with it, or to a metric"}
        report(context.sheet, "K356", span, key="better", **kinds)
    better = document.better or {}
    return tuple(sorted(name for name, way in better.items() if way == "lower"))


def _row_formulas(draft: Draft, types: Mapping[str, Type]) -> tuple[Formula | None, Added, Named]:
    """Return the formulas of an input table: its condition, what it adds, what it drops."""
    where = None
    seen = dict(types)
    if draft.document.where is not None:
        scope = scope_of(draft.context, seen_from(draft, types))
        where = condition_at(draft.context, (*draft.path, "where"), draft.document.where, scope)
        seen = known_types(seen, narrowed(where.tree))

    def scope_with(types: Mapping[str, Type]) -> Scope:
        return scope_of(draft.context, seen_from(draft, types))

    added = add_columns(draft, seen, scope_with)
    return where, added, drop_rows(draft, scope_with(added.types))
