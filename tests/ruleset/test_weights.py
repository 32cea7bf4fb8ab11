"""Weights from an order, as exact fractions: the formulas and figures of the literature."""

from fractions import Fraction
from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi_engine.ruleset.weights import METHODS, TIES, derive_weights, first_break, read_order

SIZES = range(1, 13)


def ranked(count: int) -> tuple[tuple[str, ...], ...]:
    return tuple((f"c{rank}",) for rank in range(1, count + 1))


def weights(order: str, method="roc", ties="constrained") -> list[Fraction]:
    ranking = read_order(order)
    assert ranking is not None
    return list(derive_weights(ranking, method, ties).values())


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("ties", TIES)
def test_rank_order_centroid(n, ties):
    expected = [sum(Fraction(1, i) for i in range(k, n + 1)) / n for k in range(1, n + 1)]
    assert list(derive_weights(ranked(n), "roc", ties).values()) == expected


@pytest.mark.parametrize("n", SIZES)
def test_the_centroid_is_the_mean_of_the_corners_of_all_ordered_weights(n):
    corners = [
        [Fraction(1, j) if k <= j else Fraction(0) for k in range(1, n + 1)] for j in SIZES[:n]
    ]
    means = [sum(column) / n for column in zip(*corners, strict=True)]
    assert list(derive_weights(ranked(n)).values()) == means


@pytest.mark.parametrize("n", SIZES)
def test_rank_sum(n):
    expected = [Fraction(2 * (n + 1 - k), n * (n + 1)) for k in range(1, n + 1)]
    assert list(derive_weights(ranked(n), "rank_sum").values()) == expected


@pytest.mark.parametrize("n", SIZES)
def test_rank_reciprocal(n):
    total = sum(Fraction(1, i) for i in range(1, n + 1))
    expected = [Fraction(1, k) / total for k in range(1, n + 1)]
    assert list(derive_weights(ranked(n), "rank_reciprocal").values()) == expected


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("roc", ["137/300", "77/300", "47/300", "9/100", "1/25"]),
        ("rank_sum", ["5/15", "4/15", "3/15", "2/15", "1/15"]),
        ("rank_reciprocal", ["60/137", "30/137", "20/137", "15/137", "12/137"]),
    ],
)
def test_presales(method, expected):
    order = "service > conversion > aov > volume > refunds"
    assert weights(order, method) == [Fraction(weight) for weight in expected]


@pytest.mark.parametrize(
    ("method", "ties", "expected"),
    [
        ("roc", "constrained", ["5/12", "5/12", "1/6"]),
        ("roc", "average", ["4/9", "4/9", "1/9"]),
        ("rank_sum", "average", ["5/12", "5/12", "1/6"]),
        ("rank_reciprocal", "average", ["9/22", "9/22", "2/11"]),
        ("rank_reciprocal", "constrained", ["9/22", "9/22", "2/11"]),
    ],
)
def test_aftersales(method, ties, expected):
    order = "service = resolution > volume"
    assert weights(order, method, ties) == [Fraction(weight) for weight in expected]


@pytest.mark.parametrize(
    ("ties", "expected"),
    [
        ("constrained", ["23/45", "8/45", "8/45", "1/15", "1/15"]),
        ("average", ["137/300", "31/150", "31/150", "13/200", "13/200"]),
    ],
)
def test_two_ties(ties, expected):
    found = weights("a > b = c > d = e", "roc", ties)
    assert found == [Fraction(weight) for weight in expected]
    assert isclose(
        float(found[1]), {"constrained": 0.177778, "average": 0.206667}[ties], abs_tol=1e-6
    )


@pytest.mark.parametrize(
    ("order", "method", "ties", "points", "score"),
    [
        ("a > b > c > d > e", "roc", "constrained", [90, 80, 70, 100, 60], "84"),
        ("a > b > c > d > e", "rank_sum", "constrained", [90, 80, 70, 100, 60], "248/3"),
        ("a > b > c > d > e", "rank_reciprocal", "constrained", [90, 80, 70, 100, 60], "11420/137"),
        ("a = b > c", "roc", "constrained", [92, 84, 75], "515/6"),
        ("a = b > c", "roc", "average", [92, 84, 75], "779/9"),
        ("a = b > c", "rank_reciprocal", "average", [92, 84, 75], "942/11"),
    ],
)
def test_the_method_alone_moves_the_score(order, method, ties, points, score):
    found = weights(order, method, ties)
    assert sum(w * p for w, p in zip(found, points, strict=True)) == Fraction(score)


@st.composite
def rankings(draw):
    sizes = draw(st.lists(st.integers(1, 4), min_size=1, max_size=6))
    return tuple(tuple(f"c{i}_{j}" for j in range(size)) for i, size in enumerate(sizes))


@given(rankings(), st.sampled_from(METHODS), st.sampled_from(TIES))
def test_weights_add_up_to_one_and_keep_their_order(ranking, method, ties):
    found = derive_weights(ranking, method, ties)
    assert list(found) == [name for place in ranking for name in place]
    assert sum(found.values()) == 1
    assert min(found.values()) > 0
    assert first_break(ranking, found) is None


@given(rankings(), st.sampled_from(METHODS))
def test_averaging_ties_gives_a_tie_the_places_it_takes(ranking, method):
    found = derive_weights(ranking, method, "average")
    strict = list(derive_weights(tuple((name,) for p in ranking for name in p), method).values())
    for place in ranking:
        taken, strict = strict[: len(place)], strict[len(place) :]
        assert sum(found[name] for name in place) == sum(taken)
        assert len({found[name] for name in place}) == 1


@pytest.mark.parametrize(
    ("weight_by_name", "broken"),
    [
        ({"a": 50, "b": 25, "c": 25}, None),
        ({"a": 30, "b": 30, "c": 30}, ("a", ">", "b")),
        ({"a": 50, "b": 30, "c": 20}, ("b", "=", "c")),
        ({"a": 20, "b": 40, "c": 40}, ("a", ">", "b")),
    ],
)
def test_the_first_pair_that_breaks_an_order_is_named(weight_by_name, broken):
    found = {name: Fraction(weight) for name, weight in weight_by_name.items()}
    assert first_break((("a",), ("b", "c")), found) == broken


@pytest.mark.parametrize("text", ["", ">", "a >", "> a", "a > > b", "a = > b", "a =", " = "])
def test_what_is_no_order(text):
    assert read_order(text) is None


@pytest.mark.parametrize(
    ("text", "ranking"),
    [
        ("a", (("a",),)),
        ("a=b", (("a", "b"),)),
        ("  服务 > 解决=接待量 ", (("服务",), ("解决", "接待量"))),
        ("first reply > calls", (("first reply",), ("calls",))),
    ],
)
def test_orders(text, ranking):
    assert read_order(text) == ranking
