"""Weights from an order are exact fractions, whatever the method and the treatment of ties."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import accumulate, pairwise
from pathlib import Path

import pytest

import kpi_engine as ke
from kpi_engine.ruleset.weights import METHODS, Method, derive_weights

HERE = Path(__file__).parent
WEIGHT_OF_PLACE = {
    "roc": lambda k, n: sum(Fraction(1, i) for i in range(k, n + 1)) / n,
    "rank_sum": lambda k, n: Fraction(2 * (n + 1 - k), n * (n + 1)),
    "rank_reciprocal": lambda k, n: 1 / (k * sum(Fraction(1, i) for i in range(1, n + 1))),
}


def ties_of(count: int) -> Iterator[tuple[int, ...]]:
    """Every way to rank so many criteria with ties: how many share each place."""
    if count == 0:
        yield ()
    for first in range(1, count + 1):
        yield from ((first, *rest) for rest in ties_of(count - first))


def derived(sizes: tuple[int, ...], method: Method, ties: str) -> list[Fraction]:
    """Return one weight for each place; the tied have the same."""
    ranking = tuple(tuple(f"c{i}_{j}" for j in range(size)) for i, size in enumerate(sizes))
    weights = derive_weights(ranking, method, "average" if ties == "average" else "constrained")
    assert sum(weights.values()) == 1
    shared = [{weights[name] for name in place} for place in ranking]
    assert [len(each) for each in shared] == [1] * len(sizes)
    return [next(iter(each)) for each in shared]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("count", range(1, 13))
def test_averaged_ties_share_the_weights_of_their_places_in_every_ranking(count, method):
    of_place = [WEIGHT_OF_PLACE[method](k, count) for k in range(1, count + 1)]
    for sizes in ties_of(count):
        ends = [0, *accumulate(sizes)]
        assert derived(sizes, method, "average") == [
            sum(of_place[start:end]) / (end - start) for start, end in pairwise(ends)
        ]


@pytest.mark.parametrize("count", range(1, 13))
def test_constrained_ties_are_the_mean_of_the_corners_in_every_ranking(count):
    for sizes in ties_of(count):
        ends = list(accumulate(sizes))
        corners = [
            [Fraction(int(i <= j), ends[j]) for i in range(len(sizes))] for j in range(len(sizes))
        ]
        assert derived(sizes, "roc", "constrained") == [
            sum(column) / len(sizes) for column in zip(*corners, strict=True)
        ]


@pytest.mark.parametrize(
    ("name", "weights"),
    [
        ("presales", "137/300 77/300 47/300 9/100 1/25"),
        ("presales_rank_sum", "5/15 4/15 3/15 2/15 1/15"),
        ("presales_rank_reciprocal", "60/137 30/137 20/137 15/137 12/137"),
        ("aftersales", "5/12 5/12 1/6"),
        ("aftersales_average", "4/9 4/9 1/9"),
        ("aftersales_rank_sum", "5/12 5/12 1/6"),
        ("aftersales_rank_reciprocal", "9/22 9/22 2/11"),
        ("two_ties", "23/45 8/45 8/45 1/15 1/15"),
        ("two_ties_average", "137/300 31/150 31/150 13/200 13/200"),
    ],
)
def test_weights_are_the_fractions_of_the_method_and_add_up_to_one(name, weights):
    score = ke.load(HERE / f"{name}.yaml").score
    assert score is not None
    assert [item.weight for item in score.items] == [Fraction(weight) for weight in weights.split()]
    assert sum(item.weight for item in score.items) == 1


def test_the_shipped_rulesets_weigh_as_their_order_says():
    rulesets = HERE.parents[2] / "rulesets" / "taobao"
    presales = ke.load(rulesets / "presales.yaml").score
    aftersales = ke.load(rulesets / "aftersales.yaml").score
    assert presales is not None
    assert aftersales is not None
    assert {item.path: item.weight for item in presales.items} == {
        "service": Fraction(137, 300),
        "conversion": Fraction(77, 300),
        "aov": Fraction(47, 300),
        "volume": Fraction(27, 300),
        "refund_rate": Fraction(12, 300),
    }
    assert {item.path: item.weight for item in aftersales.items} == {
        "service": Fraction(5, 12),
        "resolution": Fraction(5, 12),
        "volume": Fraction(2, 12),
    }
