"""The weights of items once those without points have left."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from fractions import Fraction


def effective_weights(
    shares: Mapping[str, Fraction], known: AbstractSet[str]
) -> dict[str, Fraction]:
    """Return the weight in the whole score of every item that counts, by path.

    ``shares`` are weights among siblings, a group before its items. Items without points leave,
    and their weight goes to their siblings.

    >>> half = Fraction(1, 2)
    >>> shares = {"service": half, "service/reply": half, "service/mood": half, "sales": half}
    >>> effective_weights(shares, {"service", "service/mood", "sales"})["service/mood"]
    Fraction(1, 2)
    """
    counting = {path: share for path, share in shares.items() if path in known}
    totals: dict[str, Fraction] = {}
    for path, share in counting.items():
        parent = _parent(path, shares)
        totals[parent] = totals.get(parent, Fraction(0)) + share
    weights: dict[str, Fraction] = {"": Fraction(1)}
    for path, share in counting.items():
        parent = _parent(path, shares)
        if parent in weights:
            weights[path] = weights[parent] * share / totals[parent]
    del weights[""]
    return weights


def _parent(path: str, paths: Mapping[str, Fraction]) -> str:
    """Return the path of the group an item belongs to, nothing for an item at the top."""
    parts = path.split("/")
    longer = ("/".join(parts[:end]) for end in range(len(parts) - 1, 0, -1))
    return next((parent for parent in longer if parent in paths), "")
