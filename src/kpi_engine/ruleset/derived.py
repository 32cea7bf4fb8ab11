"""Tables made from other tables: their rows kept, grouped, cut into runs, or matched."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from kpi_engine.language.kinds import Kind, Level, Type
from kpi_engine.language.scopes import Scope, Sight, narrowed
from kpi_engine.ruleset.added import CALENDAR, Added, Named, add_columns, drop_rows
from kpi_engine.ruleset.checked import Formula, Match, Runs, Table
from kpi_engine.ruleset.columns import columns_exist, read_clock, with_calendar
from kpi_engine.ruleset.context import Context, condition_at, is_broken, scope_of
from kpi_engine.ruleset.document import TableDocument
from kpi_engine.ruleset.matches import check_match, matched_types
from kpi_engine.ruleset.sheet import key_span, report, span_of
from kpi_engine.ruleset.sights import (
    Draft,
    formulas_of,
    seen_from,
    tables_read,
    with_anything,
    with_prefix,
)

RUN = "run"
_RUN_TYPE = Type(Kind.NUMBER, Level.ROW, whole=True)


@dataclass(frozen=True, slots=True)
class _Source:
    """The rows a table is made from: their table, what passes ``where``, what they see."""

    table: Table
    where: Formula | None
    types: Mapping[str, Type]
    sight: Sight
    known: frozenset[str]


def derived_table(
    context: Context,
    name: str,
    document: TableDocument,
    source: Table,
    tables: Mapping[str, Table],
) -> Table | None:
    """Return a table made from the rows of another, or None after noting why it cannot be."""
    sheet, path = context.sheet, ("tables", name)
    if document.per is not None and document.match is not None:
        report(sheet, "K344", key_span(sheet, (*path, "match")), name=name)
    for key, needed in (("in_order", "starts_when"), ("starts_when", "in_order")):
        if (*path, key) in sheet.node_by_path:
            for other in (needed, "per"):
                if (*path, other) not in sheet.node_by_path:
                    report(sheet, "K302", key_span(sheet, (*path, key)), key=other)
    read = tables_read(formulas_of(document)) - set(document.match or {})
    draft = Draft(context, path, document, tables, read)
    rows = _source_rows(draft, source)
    return _kept(draft, rows) if document.per is None else _grouped(draft, rows, document.per)


def _source_rows(draft: Draft, source: Table) -> _Source:
    context, path, document = draft.context, draft.path, draft.document
    types = dict(source.types)
    redated = document.per is None and document.dated not in {None, source.clock}
    if redated:
        built_in = CALENDAR - set(source.key)
        types = {name: type_ for name, type_ in types.items() if name not in built_in}
        if document.dated in types:
            clock = read_clock(context, path, document.dated, types, source.name)
            types = with_calendar(types, clock, document.dated)
        elif document.dated not in (document.add or {}):
            types = with_calendar(types, None, document.dated)
    sight = seen_from(draft, types)
    where, known = None, frozenset[str]()
    if document.where is not None:
        where = condition_at(context, (*path, "where"), document.where, scope_of(context, sight))
        known = frozenset(types) if is_broken(where) else narrowed(where.tree)
        types = known_types(types, known)
        sight = seen_from(draft, types)
    return _Source(source, where, types, sight, known)


def known_types(types: Mapping[str, Type], known: AbstractSet[str]) -> dict[str, Type]:
    """Return the types of columns some of which were found known."""
    return {
        name: type_._replace(nullable=False) if name in known and type_.nullable else type_
        for name, type_ in types.items()
    }


def _kept(draft: Draft, rows: _Source) -> Table:
    """Return a table whose rows are rows of another one, each with what was matched to it."""
    context, path, tables = draft.context, draft.path, draft.tables
    matches: list[Match] = []
    for match_name, written in (draft.document.match or {}).items():
        where = (*path, "match", match_name)
        match = check_match(draft, where, written, rows.types, rows.sight)
        if match is not None:
            matches.append(match)
    types, key = dict(rows.types), rows.table.key
    for match in matches:
        if match.every:
            other = tables[match.to]
            dotted = {f"{match.name}.{k}": other.types[k] for k in other.identity}
            types, key = {**types, **dotted}, (*key, *dotted)

    def scope_with(seen: Mapping[str, Type]) -> Scope:
        sight = with_anything(seen_from(draft, seen), draft.document.match or ())
        for match in matches:
            sight = with_prefix(sight, match.name, matched_types(match, tables[match.to]))
        return scope_of(context, sight, known=rows.known)

    added = add_columns(draft, types, scope_with)
    clock = _clock(draft, added, rows.table.clock)
    drop = drop_rows(draft, scope_with(added.types))
    return _made(draft, rows, added, drop, clock=clock, key=key, matches=tuple(matches))


def _clock(draft: Draft, added: Added, inherited: str | None) -> str | None:
    dated = draft.document.dated
    if dated is None:
        return inherited
    return read_clock(draft.context, draft.path, dated, added.types, str(draft.path[-1]))


def _grouped(draft: Draft, rows: _Source, per: list[str]) -> Table | None:
    """Return a table of one row per key of another one's rows, or per run of a key."""
    context, path = draft.context, draft.path
    if not columns_exist(context, (*path, "per"), per, rows.types, rows.table.name):
        return None
    runs = _runs(draft, rows)
    keys = {key: rows.types[key] for key in per}
    if runs is not None and RUN in keys:
        report(
            context.sheet, "K363", span_of(context.sheet, (*path, "per")), name=RUN, table=path[-1]
        )
    if runs is not None:
        keys[RUN] = _RUN_TYPE

    def group_scope(seen: Mapping[str, Type]) -> Scope:
        # outside an aggregate a name is a column of the groups, where there is one
        group = seen_from(draft, seen, Level.SUBJECT)
        sight = group._replace(names={**rows.sight.names, **group.names})
        known = rows.known - (set(seen) - set(keys))
        scope = scope_of(context, sight, known=known, aggregates=True, rows=rows.sight)
        return scope._replace(filled=True)

    added = add_columns(draft, keys, group_scope)
    clock = _clock(draft, added, _dating_key(per, rows.table))
    added = Added(added.formulas, with_calendar(added.types, clock, draft.document.dated))
    drop = drop_rows(draft, scope_of(context, seen_from(draft, added.types)))
    key = (*per, RUN) if runs is not None else tuple(per)
    return _made(draft, rows, added, drop, clock=clock, key=key, runs=runs)


def _dating_key(per: list[str], source: Table) -> str | None:
    """Return the key of a grouped table that dates it by itself: a clock, a day or a period."""
    if source.clock is not None and source.clock in per:
        return source.clock
    return next((key for key in ("day", "period") if key in per and key in source.types), None)


def _runs(draft: Draft, rows: _Source) -> Runs | None:
    """Return how the rows of a key are cut into runs; their order leaves no row without a place."""
    context, path, document = draft.context, draft.path, draft.document
    order, starts_when = document.in_order, document.starts_when
    if order is None or starts_when is None:
        return None
    where = (*path, "in_order")
    if not columns_exist(context, where, order, rows.types, rows.table.name):
        return None
    for name in order:
        if rows.types[name].nullable:
            report(context.sheet, "K348", span_of(context.sheet, where), name=name, table=path[-1])
    sight = with_prefix(rows.sight, "before", rows.types)
    place = (*path, "starts_when")
    condition = condition_at(context, place, starts_when, scope_of(context, sight))
    if condition.node.type.nullable and condition.node.type.kind is Kind.BOOL:
        report(context.sheet, "K221", condition.span)
    return Runs(tuple(order), condition)


def _made(  # noqa: PLR0913 (what differs between them, by name)
    draft: Draft,
    rows: _Source,
    added: Added,
    drop: Named,
    *,
    clock: str | None,
    key: tuple[str, ...],
    runs: Runs | None = None,
    matches: tuple[Match, ...] = (),
) -> Table:
    per = draft.document.per
    return Table(
        name=str(draft.path[-1]),
        key=key,
        identity=key if per is not None else (*rows.table.identity, *key[len(rows.table.key) :]),
        columns=(),
        clock=clock,
        valid=None if per is not None else rows.table.valid,
        long=None if per is not None else rows.table.long,
        file=None,
        missing=(),
        origin=rows.table.name,
        where=rows.where,
        per=None if per is None else tuple(per),
        runs=runs,
        matches=matches,
        add=added.formulas,
        drop=drop,
        types=added.types,
        span=span_of(draft.context.sheet, draft.path),
    )
