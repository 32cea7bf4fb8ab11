"""What random tables bring together: rows cut into runs, rows matched, metrics of other dates."""

from collections.abc import Mapping

from tests.properties.documents import Document
from tests.properties.pages import Page, drawn_formula, spot_of, with_looked_up
from tests.properties.sources import words_of_row
from tests.properties.spots import LENGTHS, ORDERED, Spot, chance, pick

from kpi_engine.language.kinds import Kind, Level, Type
from kpi_engine.language.printer import print_formula
from kpi_engine.ruleset.derived import RUN


def cut(page: Page, table: Document, rows: Mapping[str, Type]) -> dict[str, Type]:
    """Write an order of the rows of a key and where a run starts; give the number of the run."""
    spot = spot_of(page, page.words)
    known = [name for name, type_ in rows.items() if not type_.nullable]
    times = [name for name in known if rows[name].kind is Kind.DATETIME]
    if not known:
        return {}
    order = [pick(spot, [*times, *times, *times, *known]) for _ in range(pick(spot, (1, 1, 2)))]
    table["in_order"] = list(dict.fromkeys(order))
    table["starts_when"] = _starts(page, spot, rows, times)
    return {RUN: Type(Kind.NUMBER, Level.ROW, whole=True)}


def _starts(page: Page, spot: Spot, rows: Mapping[str, Type], times: list[str]) -> str:
    plain = [n for n, t in rows.items() if not t.nullable and t.kind in {Kind.TEXT, Kind.BOOL}]
    match pick(spot, ("silence", "change", "drawn", "drawn")):
        case "silence" if times:
            time = pick(spot, times)
            return f"{time} - before.{time} >= {pick(spot, LENGTHS)}"
        case "change" if plain:
            name = pick(spot, plain)
            return f"{name} != before.{name}"
        case _:
            before = {f"before.{name}": type_ for name, type_ in rows.items()}
            words = words_of_row(page, rows, before)
            tree = drawn_formula(page, words, Kind.BOOL, known=True)
            return "true" if tree is None else print_formula(tree)


def matching(page: Page, table: Document, seen: Mapping[str, Type]) -> dict[str, Type]:
    """Write one or two matches, now and then of every row; give the columns they bring."""
    spot = spot_of(page, page.words)
    brought: dict[str, Type] = {}
    for _ in range(pick(spot, (1, 2))):
        to = pick(spot, list(page.tables))
        types = page.tables[to]
        common = [n for n, t in seen.items() if n in types and types[n].kind is t.kind]
        if not common:
            continue
        page.made += 1
        name = f"near{page.made}"
        same = [key for key in page.key if key in common] if not chance(spot, 4) else []
        same += [pick(spot, common)] if not same or chance(spot, 3) else []
        match: Document = {"to": to, "same": list(dict.fromkeys(same))}
        of_match = {f"{name}.{column}": type_ for column, type_ in types.items()}
        if not chance(spot, 4):
            match["where"] = _fits(page, spot, name, seen, types)
        prefer = [_preference(page, spot, name, seen, types) for _ in range(pick(spot, (0, 1, 2)))]
        if prefer:
            match["prefer"] = prefer
        every = chance(spot, 4)
        if every:
            match["take"] = "every"
        table.setdefault("match", {})[name] = match
        brought |= (
            of_match if every else {n: t._replace(nullable=True) for n, t in of_match.items()}
        )
    return brought


def _fits(
    page: Page, spot: Spot, name: str, seen: Mapping[str, Type], types: Mapping[str, Type]
) -> str:
    mine = [n for n, t in seen.items() if t.kind is Kind.DATETIME]
    theirs = [n for n, t in types.items() if t.kind is Kind.DATETIME]
    if mine and theirs and not chance(spot, 3):
        at, first = pick(spot, mine), f"{name}.{pick(spot, theirs)}"
        last = f"{name}.{pick(spot, theirs)}"
        return pick(
            spot,
            (
                f"{first} <= {at} < {last} + {pick(spot, LENGTHS)}",
                f"{first} < {at}",
                f"{at} - {pick(spot, LENGTHS)} <= {first} and {last} < {at}",
                f"{at} <= {first} <= {at} + {pick(spot, LENGTHS)}",
            ),
        )
    brought = {f"{name}.{column}": type_ for column, type_ in types.items()}
    tree = drawn_formula(page, words_of_row(page, seen, brought), Kind.BOOL)
    return "true" if tree is None else print_formula(tree)


def _preference(
    page: Page, spot: Spot, name: str, seen: Mapping[str, Type], types: Mapping[str, Type]
) -> str:
    direction = pick(spot, ("highest", "lowest"))
    kinds = {*ORDERED, Kind.BOOL, Kind.TEXT}
    columns = [n for n, t in types.items() if t.kind in kinds]
    if columns and not chance(spot, 3):
        tested = " is known" if chance(spot, 4) else ""
        return f"{direction} {name}.{pick(spot, columns)}{tested}"
    brought = {f"{name}.{column}": type_ for column, type_ in types.items()}
    kind = pick(spot, (*ORDERED, Kind.BOOL, Kind.BOOL, Kind.TEXT))
    tree = drawn_formula(page, words_of_row(page, seen, brought), kind)
    return f"{direction} 1" if tree is None else f"{direction} {print_formula(tree)}"


def about(page: Page, table: str) -> Document:
    """Return what else a metric may say of the rows of a table: whose, of which date, how far."""
    spot = spot_of(page, page.words)
    types, found = page.tables[table], Document()
    last = page.tables[page.roster][page.key[-1]].kind
    seen = with_looked_up(page, types)
    others = [n for n, t in seen.items() if t.kind is last and n not in {*page.key, *page.dated}]
    dotted = [n for n in others if "." in n]
    likely = [*dotted, *dotted, *(n for n in others if "helper" in n)]
    if others and chance(spot, 2):
        found["whose"] = pick(spot, [*others, *likely, *likely])
    moments = [n for n, t in types.items() if t.kind in {Kind.DATE, Kind.DATETIME}]
    clock = page.clocks.get(table)
    if moments and chance(spot, 3):
        clock = found["dated"] = pick(spot, moments)
    if clock is not None and types[clock].kind is not Kind.MONTH and chance(spot, 2):
        found["window"] = f"{pick(spot, _WINDOWS)} days"
    return found


_WINDOWS = (1, 7, 11, 17, 24, 30, 45)
"""Some begin on a day on which clocks are set."""
