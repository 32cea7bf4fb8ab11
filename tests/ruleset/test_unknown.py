"""Unknown never decides: where a condition or points may be unknown, the ruleset says what then."""

import pytest
from tests.ruleset.shop import SHOP, codes, loaded, shown, with_metric


@pytest.mark.parametrize(
    "formula",
    [
        "1 if stars > 3 else 0",
        "1 if good else 0",
        "1 if not good else 0",
        "1 if good and items > 1 else 0",
        "1 if wait / items > 2 else 0",
        "2 if (items > 1 if good else false) else 0",
    ],
)
def test_a_row_condition_that_can_be_unknown_is_refused(formula):
    found = codes(with_metric(f"sum({formula})", rows=True))
    assert found == ["K221"]


@pytest.mark.parametrize(
    "formula",
    [
        "1 if default(stars > 3, false) else 0",
        "1 if default(good, false) else 0",
        "1 if stars is known and stars > 3 else 0",
        "1 if stars is unknown or stars > 3 else 0",
        "0 if stars is unknown else (1 if stars > 3 else 0)",
        "1 if not (stars is unknown) and stars > 3 else 0",
        "stars if stars is known else 0",
    ],
)
def test_a_row_condition_that_is_always_known_decides(formula):
    assert codes(with_metric(f"sum({formula})", rows=True)) == []


@pytest.mark.parametrize(
    "where",
    [
        "stars is known",
        "stars > 0",
        "stars is known and items > 1",
        "items > 1 and (stars is known and good is known)",
        "not (stars is unknown)",
        "stars == items",
    ],
)
def test_where_narrows(where):
    text = f"{SHOP}  m: {{from: orders, where: '{where}', value: share(stars >= 4)}}\n"
    assert codes(text) == []


@pytest.mark.parametrize(
    "where", ["stars is unknown", "stars is known or items > 1", "good", "items > 1"]
)
def test_where_that_does_not_narrow(where):
    text = f"{SHOP}  m: {{from: orders, where: '{where}', value: share(stars >= 4)}}\n"
    assert shown(text) == [("K221", "stars >= 4")]


def test_a_where_may_be_unknown_itself_and_counts_as_no():
    assert codes(f"{SHOP}  m: {{from: orders, where: good, value: count()}}\n") == []


def test_a_count_of_what_may_be_unknown_counts_what_is_true():
    assert codes(with_metric("count(good)", rows=True)) == []


@pytest.mark.parametrize(
    ("formula", "refused"),
    [
        ("1 if liked > 70% else 0", True),
        ("1 if default(liked, 0%) > 70% else 0", False),
        ("1 if liked is known and liked > 70% else 0", False),
        ("1 if sales > 0 CNY else 0", False),
        ("1 if price > 5 CNY else 0", True),
        ("1 if sales / orders_paid > 5 CNY else 0", True),
        ("1 if sales / 3 > 5 CNY else 0", False),
        ("1 if bonus > 5 CNY else 0", True),
        ("1 if wage > 5 CNY else 0", False),
    ],
)
def test_metrics_decide_when_they_are_known(formula, refused):
    assert codes(with_metric(formula)) == (["K221"] if refused else [])


@pytest.mark.parametrize(
    ("value", "nullable"),
    [
        ("count()", False),
        ("sum(amount)", False),
        ("distinct(channel)", False),
        ("mean(amount)", True),
        ("median(amount)", True),
        ("min(paid_at)", True),
        ("share(items > 1)", True),
        ("default(share(items > 1), 0%)", False),
        ("sum(amount) / 2", False),
        ("sum(amount) / count()", True),
    ],
)
def test_what_no_rows_leave_unknown(value, nullable):
    assert loaded(with_metric(value, rows=True)).metrics["m"].type.nullable is nullable


def test_min_rows_makes_any_metric_unknown_below_it():
    text = f"{SHOP}  m: {{from: orders, value: count(), min_rows: 30}}\n  o: 1 if m > 3 else 0\n"
    assert shown(text) == [("K221", "m > 3")]


@pytest.mark.parametrize(
    ("points", "empty", "told"),
    [
        ("100 * liked", None, ["K383"]),
        ("100 * liked", "skip", []),
        ("100 * liked", "stop", []),
        ("100 * liked", "0", []),
        ("100 * liked", "'attain(orders_paid, 80)'", []),
        ("100 * default(liked, 0%)", None, []),
        ("attain(orders_paid, 80)", None, []),
        ("attain(liked, 80%)", None, ["K383"]),
        ("100 * liked", "200", ["K382"]),
        ("100 * liked", "5 CNY", ["K381"]),
        ("100 * liked", "maybe", ["K220"]),
        ("unknown", None, ["K383"]),
    ],
)
def test_points_that_can_be_unknown_need_a_word(points, empty, told):
    words = f"\n      empty: {empty}" if empty else ""
    text = f"{SHOP}score:\n  items:\n    a:\n      points: |-\n        {points}{words}\n"
    assert codes(text) == told


def test_a_word_for_the_whole_score_holds_for_every_item():
    items = "{a: {points: 100 * liked}, b: {items: {c: {points: 100 * liked}}}}"
    assert codes(f"{SHOP}score: {{empty: skip, items: {items}}}\n") == []
    assert codes(f"{SHOP}score: {{items: {items}}}\n") == ["K383", "K383"]


def test_a_word_for_a_group_holds_for_its_items():
    items = "{a: {empty: 50, items: {b: {points: 100 * liked}, c: {points: 100 * liked}}}}"
    score = loaded(f"{SHOP}score: {{items: {items}}}\n").score
    assert [child.empty.text for child in score.items[0].children] == ["50", "50"]


def test_an_item_may_say_otherwise():
    items = "{a: {points: 100 * liked, empty: stop}, b: {points: 100 * liked}}"
    score = loaded(f"{SHOP}score: {{empty: skip, items: {items}}}\n").score
    assert [item.empty for item in score.items] == ["stop", "skip"]
