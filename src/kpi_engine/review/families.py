"""Which rulesets belong together, and how those that do not are shared out."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from kpi_engine.ruleset.parents import real_path
from kpi_engine.ruleset.shops import Shelf, ShopText, layers_of

_PARENT = "extends"

_Shop = TypeVar("_Shop")


def families_of(shops: Sequence[ShopText], shelf: Shelf) -> list[list[ShopText]]:
    """Return shops in families: what is said of one hangs on no file of another family.

    Of one family are a file, those it is made from, whether they are among the shops or not, and
    all that are made from one of these. Families, and the shops of each, keep their order.
    """
    kin: dict[Path, Path] = {}
    for shop in shops:
        own, *others = (real_path(path) for path in _files_of(shop, shelf))
        for other in others:
            kin[_head(other, kin)] = _head(own, kin)
    families: dict[Path, list[ShopText]] = {}
    for shop in shops:
        head = _head(real_path(shop.path or Path(shop.name)), kin)
        families.setdefault(head, []).append(shop)
    return list(families.values())


def share_families(families: Sequence[list[_Shop]], shares: int) -> list[list[_Shop]]:
    """Return families in shares of about as many shops each, at most so many, the largest first."""
    shared: list[list[_Shop]] = [[] for _ in range(shares)]
    for family in sorted(families, key=len, reverse=True):
        min(shared, key=len).extend(family)
    return sorted(filter(None, shared), key=len, reverse=True)


def _files_of(shop: ShopText, shelf: Shelf) -> list[Path]:
    """Return the file of a shop and those it is made from, as far as they can be read."""
    own = shop.path or Path(shop.name)
    # a key may be written with escapes, but not without a backslash
    if _PARENT not in shop.source.text and "\\" not in shop.source.text:
        return [own]
    layers, _ = layers_of(shop, shelf)
    paths = layers.paths[1:] if layers is not None else ()
    return [own, *(path for path in paths if path is not None)]


def _head(path: Path, kin: dict[Path, Path]) -> Path:
    """Return the file that stands for the family of a file; the way to it is made short."""
    while (above := kin.get(path, path)) != path:
        kin[path] = kin.get(above, above)
        path = above
    return path
