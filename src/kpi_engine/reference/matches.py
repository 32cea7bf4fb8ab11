"""Matches: the rows of another table that are brought to a row, the best of them or all."""

from collections.abc import Iterator, Mapping, Sequence

from kpi_engine.reference.formulas import Evaluator
from kpi_engine.reference.lookups import Key, Shelf
from kpi_engine.reference.values import Row, unknown_last
from kpi_engine.ruleset.checked import Match, Preference, Table


def match_rows(
    table: Table,
    rows: Sequence[Row],
    tables: Mapping[str, Table],
    shelf: Shelf,
    evaluator: Evaluator,
) -> list[list[Row]]:
    """Return, for every row, the rows it becomes: with ``name.column`` of what was found for it.

    It becomes none where it has no row of a match that takes every one.
    """
    groups = {match.name: _rows_by_same(match, shelf.rows(match.to)) for match in table.matches}
    made: list[list[Row]] = []
    for row in rows:
        brought = [row]
        for match in table.matches:
            rivals = groups[match.name].get(tuple(row[name] for name in match.same), [])
            found = _ranked(match, row, rivals, tables[match.to].identity, evaluator)
            if not match.every:
                nothing: Row = dict.fromkeys(_named(match, tables[match.to].types))
                found = found[:1] or [nothing]
            brought = [{**before, **other} for before in brought for other in found]
        made.append(brought)
    return made


def _rows_by_same(match: Match, rows: Sequence[Row]) -> dict[Key, list[Row]]:
    """Return the rows to match by their values of ``same``; an unknown one matches nothing."""
    found: dict[Key, list[Row]] = {}
    for row in rows:
        key = tuple(row[name] for name in match.same)
        if None not in key:
            found.setdefault(key, []).append(row)
    return found


def _ranked(
    match: Match, row: Row, rivals: Sequence[Row], key: Sequence[str], evaluator: Evaluator
) -> list[Row]:
    """Return the matching rows under their dotted names, the best one first."""
    matching: list[Row] = []
    for rival in sorted(rivals, key=lambda rival: [unknown_last(rival[name]) for name in key]):
        named = dict(zip(_named(match, rival), rival.values(), strict=True))
        if match.where is None or evaluator.value(match.where.tree, {**row, **named}) is True:
            matching.append(named)
    # Sorting keeps the order of equals: the first preference, which counts most, comes last.
    for preference in reversed(match.prefer):
        matching = _preferred(preference, row, matching, evaluator)
    return matching


def _preferred(
    preference: Preference, row: Row, matching: Sequence[Row], evaluator: Evaluator
) -> list[Row]:
    judged = [
        (evaluator.value(preference.formula.tree, {**row, **named}), named) for named in matching
    ]
    known = [(value, named) for value, named in judged if value is not None]
    known.sort(key=lambda pair: pair[0], reverse=preference.highest)
    return [named for _, named in known] + [named for value, named in judged if value is None]


def _named(match: Match, names: Mapping[str, object]) -> Iterator[str]:
    return (f"{match.name}.{name}" for name in names)
