"""Matches: which rows of another table are brought to a row, and which of them is the best."""

from collections.abc import Mapping

from kpi_engine.language.kinds import MOMENTS, QUANTITIES, Kind, Type
from kpi_engine.language.scopes import Scope, Sight, closest
from kpi_engine.ruleset.checked import Match, Preference, Table
from kpi_engine.ruleset.columns import columns_exist
from kpi_engine.ruleset.context import Context, condition_at, scope_of
from kpi_engine.ruleset.document import MatchDocument
from kpi_engine.ruleset.preferences import preference_at
from kpi_engine.ruleset.sheet import Path, key_span, report, span_of
from kpi_engine.ruleset.sights import Draft, with_prefix

_ORDERED = QUANTITIES | MOMENTS | {Kind.BOOL, Kind.TEXT, Kind.ANY}


def check_match(
    draft: Draft, path: Path, document: MatchDocument, types: Mapping[str, Type], sight: Sight
) -> Match | None:
    """Return one match of a table, or None after noting that there is nothing to match with.

    ``types`` are the columns of the asking rows, ``sight`` what is seen from them.
    """
    context, tables = draft.context, draft.tables
    sheet, name = context.sheet, str(path[-1])
    taken = _taken(name, tables, types)
    if taken is not None:
        report(sheet, "K349", key_span(sheet, path), name=name, kind="a match", other=taken)
    other = tables.get(document.to)
    if other is None:
        if document.to not in context.document.tables:
            near = closest(document.to, set(context.document.tables))
            report(sheet, "K350", span_of(sheet, (*path, "to")), name=document.to, near=near)
        return None
    same = (*path, "same")
    asking = str(draft.path[-1])
    carried = columns_exist(context, same, document.same, types, asking)
    if not carried or not columns_exist(context, same, document.same, other.types, other.name):
        return None
    for key in document.same:
        left, right = types[key].kind, other.types[key].kind
        if left is not right:
            facts = {"left": left, "table": asking, "right": right, "other": other.name}
            report(sheet, "K361", span_of(sheet, same), name=key, **facts)
    scope = scope_of(context, with_prefix(sight, name, other.types))
    where = None
    if document.where is not None:
        where = condition_at(context, (*path, "where"), document.where, scope)
    preferences = (
        _preference(context, (*path, "prefer", index), text, scope)
        for index, text in enumerate(document.prefer or ())
    )
    return Match(
        name=name,
        to=other.name,
        same=tuple(document.same),
        where=where,
        prefer=tuple(preference for preference in preferences if preference is not None),
        every=document.take == "every",
    )


def _taken(name: str, tables: Mapping[str, Table], types: Mapping[str, Type]) -> str | None:
    """Return what stands under a name before a dot already, if anything does."""
    if name in tables:
        return "a table"
    matched = any(column.startswith(f"{name}.") for column in types)
    return "an earlier match" if matched else None


def _preference(context: Context, path: Path, text: str, scope: Scope) -> Preference | None:
    preference = preference_at(context.sheet, path, text, scope)
    if preference is not None and preference.formula.node.type.kind not in _ORDERED:
        formula = preference.formula
        facts = {"text": formula.text.strip(), "found": formula.node.type.kind}
        report(context.sheet, "K347", formula.span, **facts)
    return preference


def matched_types(match: Match, other: Table) -> dict[str, Type]:
    """Return the columns of a matched row; without one, all of them are unknown."""
    if match.every:
        return dict(other.types)
    return {name: type_._replace(nullable=True) for name, type_ in other.types.items()}
