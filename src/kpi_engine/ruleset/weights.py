"""Weights, as exact fractions: derived from an order, or read from numbers and checked.

*Source:* rank-order centroid, rank-sum and rank-reciprocal weights as usual in multi-criteria
decisions; ties by the centroid of the face on which tied weights are equal, or by the average of
the tied places.
"""

from collections.abc import Iterable
from fractions import Fraction
from typing import Literal

Method = Literal["roc", "rank_sum", "rank_reciprocal"]
Ties = Literal["constrained", "average"]

METHODS: tuple[Method, ...] = ("roc", "rank_sum", "rank_reciprocal")
TIES: tuple[Ties, ...] = ("constrained", "average")

Ranking = tuple[tuple[str, ...], ...]
"""Names from the heaviest to the lightest; tied names share a place."""


def read_order(text: str) -> Ranking | None:
    """Return the ranking of an order, or None where it is not one.

    >>> read_order("service = resolution > volume")
    (('service', 'resolution'), ('volume',))
    """
    ranking = tuple(tuple(name.strip() for name in place.split("=")) for place in text.split(">"))
    return ranking if all(name for place in ranking for name in place) else None


def derive_weights(
    ranking: Ranking, method: Method = "roc", ties: Ties = "constrained"
) -> dict[str, Fraction]:
    """Return the weight of each name; they add up to 1.

    Ties under rank-sum and rank-reciprocal are always averaged: ``constrained`` is defined for the
    centroid alone.

    >>> derive_weights((("service", "resolution"), ("volume",)))["volume"]
    Fraction(1, 6)
    """
    if method == "roc" and ties == "constrained":
        return _constrained_centroid(ranking)
    count = sum(len(place) for place in ranking)
    by_rank = _weights_by_rank(count, method)
    weights: dict[str, Fraction] = {}
    taken = 0
    for place in ranking:
        shared = sum(by_rank[taken : taken + len(place)], Fraction(0)) / len(place)
        weights.update(dict.fromkeys(place, shared))
        taken += len(place)
    return weights


def _constrained_centroid(ranking: Ranking) -> dict[str, Fraction]:
    sizes: list[int] = []
    for place in ranking:
        sizes.append(len(place) + (sizes[-1] if sizes else 0))
    weights: dict[str, Fraction] = {}
    for index, place in enumerate(ranking):
        weight = sum((Fraction(1, size) for size in sizes[index:]), Fraction(0)) / len(sizes)
        weights.update(dict.fromkeys(place, weight))
    return weights


def _weights_by_rank(count: int, method: Method) -> list[Fraction]:
    ranks = range(1, count + 1)
    match method:
        case "roc":
            return [_total(Fraction(1, i) for i in range(k, count + 1)) / count for k in ranks]
        case "rank_sum":
            return [Fraction(2 * (count + 1 - k), count * (count + 1)) for k in ranks]
        case "rank_reciprocal":
            total = _total(Fraction(1, k) for k in ranks)
            return [Fraction(1, k) / total for k in ranks]


def _total(parts: Iterable[Fraction]) -> Fraction:
    return sum(parts, Fraction(0))


def first_break(ranking: Ranking, weights: dict[str, Fraction]) -> tuple[str, str, str] | None:
    """Return the first pair of names whose weights contradict the order, with the sign it wants."""
    previous: str | None = None
    for place in ranking:
        for name in place[1:]:
            if weights[name] != weights[place[0]]:
                return place[0], "=", name
        if previous is not None and not weights[previous] > weights[place[0]]:
            return previous, ">", place[0]
        previous = place[0]
    return None
