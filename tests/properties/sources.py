"""Random tables of a ruleset: a roster, events, and tables derived from them."""

from collections.abc import Callable, Mapping

from tests.properties.documents import Document
from tests.properties.pages import (
    COLUMNS,
    HELPER,
    Page,
    Shelved,
    drawn_formula,
    entry_of,
    helper_kind,
    narrow,
    row_type,
    spot_of,
    types_of,
    with_looked_up,
)
from tests.properties.spots import VALUE_KINDS, chance, pick
from tests.properties.words import (
    Words,
    group_words,
    row_words,
)

from kpi_engine.language.kinds import MOMENTS, Kind, Type
from kpi_engine.language.printer import print_formula
from kpi_engine.ruleset.columns import with_calendar
from kpi_engine.ruleset.derived import RUN

Cutting = Callable[[Page, Document, Mapping[str, Type]], dict[str, Type]]
"""Writes how rows are cut into runs; gives the columns that every run has of its own."""
Matching = Callable[[Page, Document, Mapping[str, Type]], dict[str, Type]]
"""Writes matches; gives what is read of the matched rows."""


def _some_columns(page: Page) -> dict[str, str]:
    spot = spot_of(page, page.words)
    return {name: kind for name, kind in COLUMNS.items() if not chance(spot, 3)}


def _key_columns(page: Page, *, optional: bool) -> dict[str, str]:
    spot = spot_of(page, page.words)
    lead = "optional " if optional and chance(spot, 2) else ""
    return {name: lead + ("int" if name == "number" else "text") for name in page.key}


def write_roster(page: Page) -> None:
    spot = spot_of(page, page.words)
    columns = {**_key_columns(page, optional=False), **_some_columns(page)}
    # Metrics and columns of the roster share one space of names with every formula about a subject.
    table: Document = {"key": list(page.key), "columns": columns}
    if {"on", "due"} <= columns.keys() and chance(spot, 2):
        table["valid"] = ["on", "due"]
        table["key"] = [*page.key, "on"]
    types = _write_rows(page, table, types_of(columns), None)
    entry_of(page.document, "tables")["people"] = table
    if chance(spot, 3):
        where = drawn_formula(page, words_of_row(page, types), Kind.BOOL)
        if where is not None:
            entry_of(page.document, "subject")["where"] = print_formula(where)
            types = narrow(types, where)
    page.tables["people"] = types
    page.clocks["people"] = None


def write_events(page: Page) -> None:
    spot = spot_of(page, page.words)
    columns = {"id": "int", **_key_columns(page, optional=True), **_some_columns(page)}
    if page.shelf:
        columns[HELPER] = f"optional {helper_kind(page)}"
    clocks = [name for name in ("at", "seen", "on", "due", "opened", "closed") if name in columns]
    table: Document = {"key": ["id"], "columns": columns}
    clock = pick(spot, [*clocks, *clocks, None]) if clocks else None
    if clock is not None:
        table["dated"] = clock
    page.tables["events"] = _write_rows(page, table, types_of(columns), clock)
    page.clocks["events"] = clock
    entry_of(page.document, "tables")["events"] = table


def _write_rows(
    page: Page,
    table: Document,
    types: dict[str, Type],
    clock: str | None,
    match: Matching | None = None,
) -> dict[str, Type]:
    """Write where, add and drop of a table whose rows stay rows; return its columns."""
    spot = spot_of(page, page.words)
    seen = with_calendar(types, clock)
    if chance(spot, 3):
        where = drawn_formula(page, words_of_row(page, seen), Kind.BOOL)
        if where is not None:
            table["where"] = print_formula(where)
            seen = narrow(seen, where)
    matched = {} if match is None else match(page, table, seen)
    add: Document = {}
    others = with_looked_up(page, seen)
    looked_up = [name for name in others if "." in name]
    others |= matched
    for names in (list(matched), list(matched), looked_up):
        if names:
            name, found = _fresh(page, "found"), pick(spot, names)
            add[name], seen[name] = found, others[found]
    for _ in range(pick(spot, (0, 1, 3) if match is None else (1, 3, 5))):
        words = words_of_row(page, seen, matched)
        tree = drawn_formula(page, words, pick(spot, VALUE_KINDS))
        if tree is not None:
            name = _fresh(page, "col")
            add[name] = print_formula(tree)
            seen[name] = row_type(tree, words)
    if add:
        table["add"] = add
    _write_drops(page, table, seen, matched)
    return seen


def words_of_row(
    page: Page, types: Mapping[str, Type], matched: Mapping[str, Type] | None = None
) -> Words:
    """Return what formulas over rows read: their columns, what they look up and what they match."""
    return row_words(page.words, {**with_looked_up(page, types), **(matched or {})})


def _write_drops(
    page: Page, table: Document, seen: Mapping[str, Type], matched: Mapping[str, Type]
) -> None:
    spot = spot_of(page, page.words)
    drop: Document = {}
    for number in range(pick(spot, (0, 0, 1, 2))):
        tree = drawn_formula(page, words_of_row(page, seen, matched), Kind.BOOL)
        if tree is not None:
            drop[f"drop{number}"] = print_formula(tree)
    if drop:
        table["drop"] = drop


def _fresh(page: Page, stem: str) -> str:
    page.made += 1
    return f"{stem}{page.made}"


def write_derived(
    page: Page, name: str, runs: Cutting | None = None, match: Matching | None = None
) -> None:
    """Write a table made from one that is there: its rows kept, matched, grouped or cut."""
    spot = spot_of(page, page.words)
    origin = pick(spot, [table for table in page.tables if table != page.roster])
    source, clock = page.tables[origin], page.clocks[origin]
    table: Document = {"from": origin}
    if match is not None or (runs is None and chance(spot, 3)):
        moments = [n for n, t in source.items() if t.kind in MOMENTS and n not in CALENDAR]
        if moments and chance(spot, 2):
            clock = pick(spot, moments)
            table["dated"] = clock
            source = {n: t for n, t in source.items() if n not in CALENDAR}
        page.tables[name] = _write_rows(page, table, source, clock, match)
        page.clocks[name] = clock
    else:
        _write_groups(page, name, table, source, clock, runs)
    entry_of(page.document, "tables")[name] = table


CALENDAR = ("day", "period")


def _write_groups(
    page: Page,
    name: str,
    table: Document,
    source: Mapping[str, Type],
    origin_clock: str | None,
    runs: Cutting | None,
) -> None:
    spot = spot_of(page, page.words)
    keys = [key for key in page.key if key in source]
    others = [name for name in source if name not in {*page.key, "id", RUN}]
    keys = keys if not chance(spot, 4) else []
    if others:
        keys += dict.fromkeys(pick(spot, others) for _ in range(pick(spot, (0, 1, 2))))
    keys = keys or [pick(spot, [name for name in source if name != RUN])]
    table["per"] = list(keys)
    rows = dict(source)
    if chance(spot, 3):
        where = drawn_formula(page, words_of_row(page, rows), Kind.BOOL)
        if where is not None:
            table["where"] = print_formula(where)
            rows = narrow(rows, where)
    types = {key: rows[key] for key in keys}
    if runs is not None:
        types |= runs(page, table, rows)
    add: Document = {}
    for _ in range(pick(spot, (1, 2, 4))):
        words = group_words(page.words, with_looked_up(page, rows), with_looked_up(page, types))
        tree = drawn_formula(page, words, pick(spot, VALUE_KINDS), gathers=True)
        if tree is not None:
            added = _fresh(page, "col")
            add[added] = print_formula(tree)
            types[added] = row_type(tree, words)
    if add:
        table["add"] = add
    clock = origin_clock if origin_clock in keys else next((c for c in CALENDAR if c in keys), None)
    moments = [n for n, t in types.items() if t.kind in MOMENTS]
    if moments and chance(spot, 2):
        clock = pick(spot, moments)
        table["dated"] = clock
    seen = with_calendar(types, clock)
    _write_drops(page, table, seen, {})
    page.tables[name] = seen
    page.clocks[name] = clock
    if page.shelf and runs is None:
        page.shelf[name] = Shelved(
            {key: rows[key] for key in keys},
            {n: t._replace(nullable=True) for n, t in seen.items()},
        )
