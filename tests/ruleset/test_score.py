"""The score: weights given, inferred and derived; what unknown points mean; steps after the sum."""

from fractions import Fraction

import pytest
from tests.ruleset.shop import SHOP, codes, findings, loaded, shown


def points(names: str, *, points_: str = "50") -> str:
    """Return items with weights, ``a 40, b, c 60``."""
    items = []
    for name in names.split(", "):
        word, *weight = name.split(" ", 1)
        items.append(f"{word}: {{points: {points_}{f', weight: {weight[0]}' if weight else ''}}}")
    return "{" + ", ".join(items) + "}"


def with_score(items: str, more: str = "") -> str:
    return f"{SHOP}score:\n  items: {items}\n{more}"


def weights(text: str) -> dict[str, Fraction]:
    score = loaded(text).score
    return {item.path: item.weight for item in score.items}


def fractions(**shares: str) -> dict[str, Fraction]:
    return {name: Fraction(share) for name, share in shares.items()}


def test_given_weights():
    assert weights(with_score(points("a 30, b 50, c 20"))) == fractions(a="3/10", b="1/2", c="1/5")
    assert weights(with_score(points("a 33.5, b 66.5"))) == fractions(a="67/200", b="133/200")


def test_no_weights_are_equal():
    assert weights(with_score(points("a, b, c"))) == fractions(a="1/3", b="1/3", c="1/3")


def test_one_missing_weight_is_inferred_and_told():
    text = with_score(points("a 30, b, c 20"))
    assert weights(text) == fractions(a="3/10", b="1/2", c="1/5")
    (note,) = findings(text)
    assert (note.code, note.severity, note.message) == (
        "K386",
        "note",
        "the weight of `b` is inferred: 50",
    )
    assert loaded(text).notes == (note,)


@pytest.mark.parametrize(
    ("items", "code", "words"),
    [
        ("a 30, b 50", "K384", "score"),
        ("a 30, b 80", "K384", "score"),
        ("a 30, b, c", "K385", "score"),
        ("a 100, b", "K387", "b"),
        ("a 130, b", "K387", "b"),
        ("a 0, b 100", "K387", "0"),
        ("a -10, b 110", "K387", "-10"),
        ("a 40%, b 60%", "K398", "40%"),
        ("a sales, b 60", "K398", "sales"),
        ("a wage, b 60", "K220", "wage"),
        ("a 1 / 0.5 - unknown, b 60", "K398", "1 / 0.5 - unknown"),
        ("a 100 / zero, b 60", "K398", "100 / zero"),
    ],
)
def test_weights_that_are_refused(items, code, words):
    text = with_score(points(items)).replace("params:\n", "params:\n  zero: 0\n")
    assert shown(text)[0] == (code, words)


def test_a_weight_may_be_computed_from_params():
    text = with_score(points("a share_of_a, b 100 - share_of_a"))
    text = text.replace("params:\n", "params:\n  share_of_a: 30\n")
    assert weights(text) == fractions(a="3/10", b="7/10")


def test_a_single_item_needs_no_weight():
    assert weights(with_score(points("a"))) == fractions(a="1")


def group(weight: str, children: str, more: str = "") -> str:
    given = f"weight: {weight}, " if weight else ""
    return f"{{a: {{points: 50}}, b: {{{given}{more}items: {points(children)}}}}}"


def shares_of_b(text: str) -> list[Fraction]:
    score = loaded(text).score
    return [child.weight for child in score.items[1].children]


@pytest.mark.parametrize(
    ("children", "expected"),
    [
        ("x 10, w 30", ["1/4", "3/4"]),
        ("x 25, w 75", ["1/4", "3/4"]),
        ("x 10, w", ["1/4", "3/4"]),
        ("x 75, w", ["3/4", "1/4"]),
        ("x, w", ["1/2", "1/2"]),
    ],
)
def test_sub_weights_are_points_of_the_whole_or_per_cent_of_the_item(children, expected):
    assert shares_of_b(with_score(group("40", children))) == [Fraction(e) for e in expected]


def test_sub_weights_that_add_up_to_neither_are_told_at_their_item():
    text = with_score(group("40", "x 20, w 15, z 15"))
    assert shown(text)[-1] == ("K384", "b")
    assert "40 (points of the whole) or 100" in findings(text)[-1].message


def test_rescale_scales_and_says_why():
    text = with_score(group("40", "x 20, w 15, z 15", "rescale: as printed, "))
    assert shares_of_b(text) == [Fraction(2, 5), Fraction(3, 10), Fraction(3, 10)]
    assert findings(text)[-1].message == (
        "the weights of `b` add up to 50 and are rescaled to 40: as printed"
    )


def test_rescale_holds_for_the_top_too():
    text = with_score(points("a 30, b 50"), "  rescale: two of three\n")
    assert weights(text) == fractions(a="3/8", b="5/8")


def test_paths_name_the_whole_way():
    score = loaded(with_score("{a: {items: {b: {items: {c: {points: 1}}}, d: {points: 2}}}}")).score
    (a,) = score.items
    assert [item.path for item in (a, *a.children, *a.children[0].children)] == [
        "a",
        "a/b",
        "a/d",
        "a/b/c",
    ]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", ["11/18", "5/18", "1/9"]),
        ("  method: rank_sum\n", ["1/2", "1/3", "1/6"]),
        ("  method: rank_reciprocal\n", ["6/11", "3/11", "2/11"]),
    ],
)
def test_an_order_alone_gives_the_weights(more, expected):
    found = weights(with_score(points("a, b, c"), f"  order: a > b > c\n{more}"))
    assert list(found.values()) == [Fraction(share) for share in expected]


@pytest.mark.parametrize(
    ("ties", "expected"),
    [("constrained", ["5/12", "5/12", "1/6"]), ("average", ["4/9", "4/9", "1/9"])],
)
def test_ties_of_an_order(ties, expected):
    found = weights(with_score(points("a, b, c"), f"  order: a = b > c\n  ties: {ties}\n"))
    assert list(found.values()) == [Fraction(share) for share in expected]


def test_items_keep_their_order_on_the_page():
    assert list(weights(with_score(points("a, b, c"), "  order: c > b > a\n"))) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("order", "told"),
    [
        ("a > b > c", []),
        ("a > c > b", [("K388", "30")]),
        ("a = b > c", [("K388", "30")]),
        ("b > a > c", [("K388", "50")]),
    ],
)
def test_an_order_beside_weights_is_a_check(order, told):
    assert shown(with_score(points("a 50, b 30, c 20"), f"  order: {order}\n")) == told


@pytest.mark.parametrize(
    ("order", "told"),
    [
        ("a > b", [("K391", "a > b")]),
        ("a > b > c > d", [("K390", "d")]),
        ("a > b > b > c", [("K392", "b")]),
        ("a, b, c", [("K389", "a, b, c")]),
        ("a >> b > c", [("K389", "a >> b > c")]),
        ("a b > c", [("K390", "a b")]),
    ],
)
def test_orders_that_are_refused(order, told):
    assert shown(with_score(points("a, b, c"), f"  order: {order}\n")) == told


def test_a_misspelt_name_of_an_order_is_told_once():
    text = with_score(points("service, volume"), "  order: servise > volume\n")
    assert shown(text) == [("K390", "servise")]


def test_a_name_inside_another_is_not_mistaken_for_it():
    text = with_score(points("aov, paov"), "  order: xpaov > aov > aov\n")
    assert shown(text) == [("K390", "xpaov"), ("K392", "aov")]
    places = [finding.span.start for finding in findings(text)]
    assert text[places[1] - len("aov > ") :].startswith("aov > aov\n")


@pytest.mark.parametrize(
    ("item", "code"),
    [
        ("{weight: 100}", "K380"),
        ("{points: 5, items: {b: {points: 5}}}", "K380"),
        ("{items: {}}", "K303"),
        ("{points: 120}", "K382"),
        ("{points: -1}", "K382"),
        ("{points: sales}", "K381"),
        ("{points: 50%}", "K381"),
        ("{points: {of: orders_paid, from 5: 101, else: 0}}", "K382"),
        ("{points: {of: orders_paid, at 0: 0, at 5: 101}}", "K382"),
        ("{points: {of: orders_paid, from 5: 1 CNY, else: 0 CNY}}", "K381"),
        ("{points: 5, wieght: 5}", "K301"),
        ("5", "K303"),
    ],
)
def test_items_that_are_refused(item, code):
    assert codes(with_score(f"{{a: {item}}}")) == [code]


def test_no_items_is_told():
    assert codes(SHOP + "score: {items: {}}\n") == ["K303"]
    assert codes(SHOP + "score: {then: {}}\n") == ["K302"]


@pytest.mark.parametrize(
    ("needs", "share"), [("60%", "3/5"), ("100%", "1"), ("0.5%", "1/200"), ("part", "1/4")]
)
def test_needs_is_a_share_of_the_weight(needs, share):
    text = with_score(points("a"), f"  needs: {needs}\n").replace(
        "params:\n", "params:\n  part: 25%\n"
    )
    score = loaded(text).score
    assert score.needs == Fraction(share)


@pytest.mark.parametrize("needs", ["0%", "-5%", "101%", "60", "5 CNY", "0.6", "'a'", "unknown"])
def test_needs_that_is_no_share(needs):
    assert codes(with_score(points("a"), f'  needs: "{needs}"\n')) == ["K397"]


def test_steps_read_the_score_so_far():
    text = with_score(points("a"), "  then: {fine: score - calls, gate: 'at_most(score, 90)'}\n")
    score = loaded(text).score
    assert [name for name, _ in score.steps] == ["fine", "gate"]
    assert score.places == 2


@pytest.mark.parametrize(
    ("step", "code"),
    [
        ("sales", "K396"),
        ("score - sales", "K227"),
        ("'a'", "K396"),
        ("scor - 5", "K220"),
        ("score > 5", "K396"),
    ],
)
def test_steps_that_are_refused(step, code):
    assert codes(with_score(points("a"), f'  then: {{fine: "{step}"}}\n')) == [code]


def test_items_do_not_read_the_score():
    assert codes(with_score(points("a", points_="score"))) == ["K220"]


def test_printed_words_are_kept():
    score = loaded(with_score("{a: {points: 50, printed: 1000次/月}}")).score
    assert score.items[0].printed == "1000次/月"
