"""Random calls about the subjects of a group."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from tests.properties.spots import (
    ORDERED,
    QUANTITIES_IN_ORDER,
    VALUE_KINDS,
    Spot,
    can_grow,
    chance,
    names_of,
    pick,
    quantity,
)

from kpi_engine.language import ir
from kpi_engine.language.kinds import QUANTITIES, Kind
from kpi_engine.language.scopes import GroupSignature
from kpi_engine.language.syntax import Call, Expr, Name, parts_of

Grow = Callable[..., Expr]


Option = tuple[str, str, Kind]
"""A function, a group, and the kind of what is asked."""


def across_options(spot: Spot, kind: Kind, *, known: bool) -> list[Option]:
    """Return the calls about groups that give a kind."""
    return [
        (function, name, taken)
        for name, group in spot.words.groups.items()
        for function, taken in _functions(kind, group, known=known)
    ]


def _functions(kind: Kind, group: GroupSignature, *, known: bool) -> list[tuple[str, Kind]]:
    found: list[tuple[str, Kind]] = []
    if kind is Kind.NUMBER:
        found += [("count", Kind.BOOL), ("distinct", Kind.ANY)]
        found += [("longest_run", Kind.BOOL)] * 3 if group.own else []
    if kind in QUANTITIES:
        found += [("sum", kind)]
        found += [] if known else [("mean", kind), ("median", kind)]
    if kind in ORDERED and not known:
        found += [("min", kind), ("max", kind)]
    if kind is Kind.RATIO and not known:
        found += [("share", Kind.BOOL)]
        found += [] if group.history else [("beats", Kind.ANY)] * 3
    if kind is Kind.MONEY and not known and not group.history:
        found += [("split", Kind.MONEY)] * 3
    return found


def across(spot: Spot, option: Option, depth: int, grow: Grow) -> Expr | None:
    """Return a call about a group, None where its arguments find no names."""
    function, group, taken = option
    inner = _inside(spot, history=spot.words.groups[group].history)
    if function == "split":
        return _split(inner, group, depth, grow)
    if taken is Kind.ANY:
        kinds = QUANTITIES_IN_ORDER if function == "beats" else VALUE_KINDS
        taken = pick(spot, [k for k in kinds if can_grow(inner, k, known=False)])
    if not inner.words.names or not can_grow(inner, taken, known=False):
        return None
    named = [n for n in names_of(inner, taken, known=False) if n in inner.words.names]
    if named and chance(spot, 2):
        return Call(function, (Name(pick(spot, named)), Name(group)))
    argument = grow(inner, taken, min(depth, 1), known=function == "share")
    if spot.words.groups[group].history and not _reads(argument, inner.words.names):
        return None
    return Call(function, (argument, Name(group)))


def _reads(tree: Expr, names: Mapping[str, ir.Ref]) -> bool:
    if isinstance(tree, Name):
        return tree.name in names
    return any(_reads(part, names) for part in parts_of(tree))


def _inside(spot: Spot, *, history: bool) -> Spot:
    """Return where an argument grows: no running totals, and of months what results tell alone."""
    words = spot.words
    names = {n: ref for n, ref in words.names.items() if ref.space != "running"}
    if history:
        names = {n: ref for n, ref in names.items() if ref.space == "metric" and "." not in n}
    groups = {} if history else words.groups
    return Spot(spot.draw, replace(words, names=names, groups=groups))


def _split(inner: Spot, group: str, depth: int, grow: Grow) -> Expr:
    """Return a part of a pool: of a constant, of what was measured over the group, or said of it."""
    names = inner.words.names
    of_group = {n: ref for n, ref in names.items() if n.startswith(f"{group}.")}
    there = Spot(inner.draw, replace(inner.words, names=of_group, groups={}))
    amount = grow(there, Kind.MONEY, min(depth, 1), known=False)
    money = [n for n, ref in names.items() if ref.type.kind is Kind.MONEY]
    if money and chance(inner, 2):
        gathers = pick(inner, ("sum", "max", "mean"))
        amount = Call(gathers, (Name(pick(inner, money)), Name(group)))
    kind = pick(inner, (Kind.NUMBER, Kind.RATIO))
    weight = grow(inner, kind, min(depth, 1), known=True)
    if not chance(inner, 4):
        low, high = (quantity(inner.words.currency, kind, limit) for limit in ("0", "100"))
        weight = Call("at_most", (Call("at_least", (weight, low)), high))
    return Call("split", (amount, weight, Name(group)))
