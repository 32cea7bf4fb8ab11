"""Which rulesets belong together, and how those that do not are shared out."""

import re
from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import TypeVar

from kpi_engine.ruleset.parents import real_path
from kpi_engine.ruleset.shops import Shelf, ShopText, layers_of

_PARENT = "extends"
_PLAIN = re.compile(
    rf"^{_PARENT}: +([\w./@-]+)[ \t]*(?:#.*)?(?=\n+\S|\s*\Z)",
    re.MULTILINE,
)
"""A parent named on one line, without quotes, and nothing that could go on with it."""

MOST_PIECES = 100

_Shop = TypeVar("_Shop")

_Parents = dict[tuple[Path, str], list[Path]]
"""The files that a file is made from, by its folder and the name of the first of them."""


def families_of(shops: Sequence[ShopText], shelf: Shelf) -> list[list[ShopText]]:
    """Return shops in families: what is said of one hangs on no shop of another family.

    Of one family are a shop, those of the shops it is made from, and all that are made from one of
    these: what is said of a parent hangs on its children. Families, and the shops of each, keep
    their order.
    """
    known = {_path_of(shop) for shop in shops}
    kin: dict[Path, Path] = {}
    parents_by_name: _Parents = {}
    for shop in shops:
        for parent in known.intersection(_parents_of(shop, shelf, parents_by_name)):
            kin[_head(parent, kin)] = _head(_path_of(shop), kin)
    families: dict[Path, list[ShopText]] = {}
    for shop in shops:
        head = _head(_path_of(shop), kin)
        families.setdefault(head, []).append(shop)
    return list(families.values())


def share_families(families: Sequence[list[_Shop]], processes: int) -> list[list[_Shop]]:
    """Return families in pieces of work: large ones first, small ones to end at the same time with.

    A piece is half of what each process would have left to do, and there are a hundred at most.
    """
    shared: list[list[_Shop]] = []
    remaining = total = sum(map(len, families))
    room = 0
    for family in sorted(families, key=len, reverse=True):
        if room <= 0:
            shared.append([])
            room = max(remaining // (2 * processes), ceil(total / MOST_PIECES))
        shared[-1].extend(family)
        room -= len(family)
        remaining -= len(family)
    return shared


def _path_of(shop: ShopText) -> Path:
    return real_path(shop.path or Path(shop.name))


def _parents_of(shop: ShopText, shelf: Shelf, parents_by_name: _Parents) -> list[Path]:
    """Return the files that a shop is made from, as far as they can be read.

    In one folder one name means one parent: no other file is read for it, where a file names its
    parent in the usual way.
    """
    text = shop.source.text
    # a key may be written with escapes, but not without a backslash
    if _PARENT not in text and "\\" not in text:
        return []
    plain = _PLAIN.search(text) if text.count(_PARENT) == 1 and "\\" not in text else None
    named = None if plain is None else (_path_of(shop).parent, plain[1])
    if named is not None and named in parents_by_name:
        return parents_by_name[named]
    layers, _ = layers_of(shop, shelf)
    if layers is None:
        return []
    parents = [real_path(path) for path in layers.paths[1:] if path is not None]
    if named is not None and parents:
        parents_by_name[named] = parents
    return parents


def _head(path: Path, kin: dict[Path, Path]) -> Path:
    """Return the file that stands for the family of a file; the way to it is made short."""
    while (above := kin.get(path, path)) != path:
        kin[path] = kin.get(above, above)
        path = above
    return path
