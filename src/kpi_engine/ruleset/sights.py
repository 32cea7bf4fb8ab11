"""What formulas see from a row or from a subject: columns, and other tables behind a dot."""

from collections.abc import Container, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from kpi_engine.language import ir
from kpi_engine.language.kinds import ANY, Kind, Level, Type
from kpi_engine.language.mistakes import Mistake
from kpi_engine.language.scopes import Prefix, Sight
from kpi_engine.ruleset.checked import Table
from kpi_engine.ruleset.context import Context, names_in, subject_level
from kpi_engine.ruleset.document import TableDocument
from kpi_engine.ruleset.sheet import Path, parsed


@dataclass(frozen=True, slots=True)
class Draft:
    """A table being checked: what is written, and the tables made before it.

    ``read`` are the tables its formulas mention before a dot.
    """

    context: Context
    path: Path
    document: TableDocument
    tables: Mapping[str, Table]
    read: AbstractSet[str]


def seen_from(draft: Draft, types: Mapping[str, Type], level: Level = Level.ROW) -> Sight:
    """Return what formulas of a table see once its rows, or groups of rows, have some columns."""
    return row_sight(draft.context, types, draft.tables, draft.read, level=level)


LAST_DAY = ir.Ref("period", "last_day", Type(Kind.DATE, Level.SUBJECT))
"""The last day of the period, by which a dated param is read for a subject."""

_MONTH = Type(Kind.MONTH, Level.SUBJECT)


def row_sight(
    context: Context,
    types: Mapping[str, Type],
    tables: Mapping[str, Table],
    read: Container[str],
    *,
    level: Level = Level.ROW,
) -> Sight:
    """Return what is seen from a row with some columns, or from a group of rows.

    ``read`` are the tables that the formulas mention before a dot.
    """
    names = {**context.param_refs, **{n: _ref(n, type_, level) for n, type_ in types.items()}}
    prefixes = {
        table.name: _looked_up(table, types, "row", level, mentioned=table.name in read)
        for table in tables.values()
    }
    day = names["day"] if "day" in types else None
    return with_anything(Sight(names, prefixes, day), context.unmade, level)


def with_anything(sight: Sight, names: Iterable[str], level: Level = Level.ROW) -> Sight:
    """Return the sight with anything behind the dot of names whose mistake is reported already."""
    type_ = ANY._replace(level=level)
    unmade = {name: Prefix(any_name=ir.Ref("row", name, type_)) for name in names}
    return sight._replace(prefixes={**sight.prefixes, **unmade}) if unmade else sight


def subject_sight(
    refs: Mapping[str, ir.Ref],
    keys: Mapping[str, Type],
    tables: Mapping[str, Table],
    read: Container[str],
) -> Sight:
    """Return what is seen from a subject, whose roster columns are the keys to look with."""
    carried = {**keys, "period": _MONTH, "day": LAST_DAY.type}
    prefixes = {
        table.name: _looked_up(
            table, carried, "subject", Level.SUBJECT, mentioned=table.name in read
        )
        for table in tables.values()
    }
    return Sight(refs, prefixes, LAST_DAY)


def with_prefix(sight: Sight, name: str, types: Mapping[str, Type]) -> Sight:
    """Return the sight with the columns of one more row behind a dot."""
    names = {column: _ref(f"{name}.{column}", type_, Level.ROW) for column, type_ in types.items()}
    return sight._replace(prefixes={**sight.prefixes, name: Prefix(names)})


def _ref(name: str, type_: Type, level: Level) -> ir.Ref:
    return ir.Ref("row", name, type_ if type_.level is level else type_._replace(level=level))


def _looked_up(
    table: Table, carried: Mapping[str, Type], space: ir.Space, level: Level, *, mentioned: bool
) -> Prefix:
    """Return what can be read of the row of a table that shares the carried values of its key."""
    if not table.key:  # it has none, or one that is reported already
        return Prefix(any_name=ir.Ref(space, table.name, ANY._replace(level=level)))
    needed = (*table.key, "day") if table.valid is not None else table.key
    missing = [key for key in needed if key not in carried]
    if missing:
        facts = {"table": table.name, "keys": _listed(needed), "missing": _listed(missing)}
        return Prefix(refused=("K259", tuple(facts.items())))
    sure = (key for key in table.key if Kind.ANY not in {carried[key].kind, table.types[key].kind})
    other = next((key for key in sure if carried[key].kind is not table.types[key].kind), None)
    if other is not None:
        left, right = table.types[other].kind, carried[other].kind
        facts = {"name": other, "left": left, "table": table.name, "right": right}
        return Prefix(refused=("K361", (*facts.items(), ("other", "this row"))))
    if not mentioned:
        return Prefix()
    if table.long is not None:
        value = table.types[table.long[1]]._replace(level=level, nullable=True)
        return Prefix(any_name=ir.Ref(space, table.name, value))
    filled = {column.name for column in table.columns if column.default is not None}
    return Prefix(
        {
            name: ir.Ref(
                space,
                f"{table.name}.{name}",
                type_._replace(level=level, nullable=type_.nullable or name not in filled),
            )
            for name, type_ in table.types.items()
        }
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def tables_read(texts: Iterable[str]) -> frozenset[str]:
    """Return what formulas mention before a dot; those that do not parse are reported elsewhere."""
    trees = (parsed(text) for text in texts if "." in text)
    names = (names_in(tree, of_rows=True) for tree in trees if not isinstance(tree, Mistake))
    return frozenset(name.partition(".")[0] for found in names for name in found if "." in name)


def formulas_of(document: TableDocument) -> list[str]:
    """Return every formula of a table as it is written."""
    matches = (document.match or {}).values()
    wheres = [document.where, document.starts_when, *(match.where for match in matches)]
    return [
        *(text for text in wheres if text is not None),
        *(preference.partition(" ")[2] for match in matches for preference in match.prefer or ()),
        *(document.add or {}).values(),
        *(document.drop or {}).values(),
    ]


def subject_types(types: Mapping[str, Type]) -> dict[str, Type]:
    """Return the roster's columns as keys to look with."""
    return {name: subject_level(type_) for name, type_ in types.items()}
