"""Random groups of subjects, what is said of them, and places in them."""

from collections.abc import Callable
from dataclasses import replace

from tests.properties.documents import Document
from tests.properties.pages import Page, drawn_text, spot_of
from tests.properties.spots import can_grow, chance, pick
from tests.properties.words import Words

from kpi_engine.language.kinds import QUANTITIES, Type
from kpi_engine.language.scopes import GroupSignature

PREVIOUS = "previous"


def write_groups(page: Page, *, always: bool) -> None:
    """Write groups of one period, and of months; none now and then."""
    spot = spot_of(page, page.words)
    if not always and chance(spot, 4):
        return
    roster = page.tables[page.roster]
    lead = [name for name in ("grade", "good") if name in roster]
    keys = [(), page.key[:1], *((name,) for name in lead), (*page.key[:1], *lead[:1])]
    groups: Document = {}
    for name in ("team", "shop")[: pick(spot, (2, 1))]:
        key = pick(spot, keys)
        groups[name] = [*key, "period"]
        page.groups[name] = (key, GroupSignature())
    for name in ("own", "late")[: pick(spot, (2, 1, 0))]:
        key = page.key if chance(spot, 2) else pick(spot, (page.key[:1], page.key[-1:], page.key))
        year = chance(spot, 3)
        groups[name] = {"key": [*key, *(["year"] if year else [])]}
        if chance(spot, 2):
            groups[name]["window"] = pick(spot, ("1 month", "2 months", "3 months", "12 months"))
        own = set(page.key) <= set(key)
        page.groups[name] = (key, GroupSignature(history=True, own=own))
    page.document["groups"] = groups


def know_elsewhere(page: Page, name: str, table: str | None, type_: Type) -> None:
    """Make a metric known over groups whose key its rows carry, and of the month before."""
    if not page.groups:
        return
    carried = page.tables.get(table or "", {})
    for group, (key, _) in page.groups.items():
        roster = page.tables[page.roster]
        alike = (n in carried and carried[n].kind is roster[n].kind for n in key)
        if table is not None and all(alike):
            page.elsewhere[f"{group}.{name}"] = type_
            page.lower |= {f"{group}.{name}"} if name in page.lower else set()
    page.elsewhere[f"{PREVIOUS}.{name}"] = type_._replace(nullable=True)
    page.lower |= {f"{PREVIOUS}.{name}"} if name in page.lower else set()


def can_place(page: Page) -> bool:
    """Return whether a scale can go by the place in a group."""
    return any(not group.history for _, group in page.groups.values())


def places(page: Page, words: Words, value: Callable[[], str]) -> Document:
    """Return a scale by the place in a group, by number or by shares of the seats."""
    spot = spot_of(page, words)
    group = pick(spot, [name for name, (_, g) in page.groups.items() if not g.history])
    still = replace(words, names={n: r for n, r in words.names.items() if r.space != "running"})
    kinds = [kind for kind in sorted(QUANTITIES) if can_grow(spot, kind, known=False)]
    names = [n for n, ref in still.names.items() if ref.type.kind in QUANTITIES]
    of = (
        pick(spot, names)
        if names and chance(spot, 2)
        else drawn_text(page, still, pick(spot, kinds))
    )
    rule: Document = {"of": of, "over": group}
    if chance(spot, 2):
        rule["prefer"] = [
            f"{pick(spot, ('highest', 'lowest'))} {drawn_text(page, still, pick(spot, kinds))}"
            for _ in range(pick(spot, (1, 2)))
        ]
    tops = pick(spot, _TOPS)
    return {**rule, **{f"top {top}": value() for top in tops}, "else": value()}


_TOPS = (
    *(("1",), ("1", "3"), ("2",), ("1", "2", "5")),
    *(("30%", "90%"), ("50%",), ("10%", "20%"), ("33.3%", "66.7%")),
)
"""Places, or shares of the seats; somebody is always left for the last case."""
