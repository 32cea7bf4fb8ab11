"""Findings between files: told at the shop's own line, the other end named."""

import pytest
from tests.ruleset.shop import HEAD, METRICS, TABLES

from kpi_engine.ruleset.loading import load_ruleset
from kpi_engine.text.render import render_text
from kpi_engine.text.source import position

SCORE = """\
score:
  order: volume > price
  empty: skip
  items:
    volume: {points: 'attain(orders_paid, 9)', weight: 60}
    price: {points: 'attain(price, 9 CNY)', weight: 40}
  then:
    late_fines: score - 1
pay:
  lines:
    commission: slices(rates, sales)
"""
HEAD_LINES = "ruleset: maple\nextends: base\n"


@pytest.fixture
def told(tmp_path, monkeypatch):
    """Return code and file:line of the findings of a shop's text, and of their other ends."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.yaml").write_text(HEAD + TABLES + METRICS)
    (tmp_path / "base.yaml").write_text("ruleset: base\nextends: shop\n" + SCORE)

    def place(span):
        return f"{span.source.name}:{position(span.source, span.start).line}"

    def load(text):
        (tmp_path / "maple.yaml").write_text(HEAD_LINES + text)
        return [
            (f.code, place(f.span), [(place(end.span), end.message) for end in f.related])
            for f in load_ruleset("maple.yaml")[1]
        ]

    return load


def test_an_inherited_column_that_is_added_again_is_told_with_both_places(told):
    assert told("tables: {orders: {add: {amount: items * 2}}}\n") == [
        ("K363", "maple.yaml:3", [("shop.yaml:27", "the column `amount` is here")])
    ]


def test_a_column_that_a_parent_adds_is_told_at_the_line_of_the_shop(told, tmp_path):
    base = tmp_path / "base.yaml"
    base.write_text(base.read_text() + "tables: {orders: {add: {net: amount * 90%}}}\n")
    assert told("tables: {orders: {columns: {net: money}}}\n") == [
        ("K363", "maple.yaml:3", [("base.yaml:14", "the column `net` is here")])
    ]


def test_a_broken_order_is_told_at_the_weight_of_the_shop(told):
    text = "score:\n  items:\n    volume: {weight: 30}\n    price: {weight: 70}\n"
    ((code, place, ends),) = told(text)
    assert (code, place) == ("K388", "maple.yaml:6")
    assert ends == [("base.yaml:4", "the order is here")]


def test_an_order_that_breaks_weights_of_the_parent_is_told_at_the_order(told):
    ((code, place, ends),) = told("score:\n  order: price > volume\n")
    assert (code, place) == ("K388", "maple.yaml:4")
    assert [end for end, _ in ends] == ["base.yaml:7", "base.yaml:8"]


def test_weights_that_no_longer_add_up_are_told_at_the_weight_of_the_shop(told):
    assert told("score:\n  items:\n    volume: {weight: 70}\n") == [
        ("K384", "maple.yaml:5", [("base.yaml:8", "the other weights begin here")])
    ]


def test_an_item_taken_out_of_an_order_is_told_at_its_removal(told):
    findings = told("score:\n  items:\n    volume: null\n    price: {weight: 100}\n")
    assert findings == [("K390", "maple.yaml:5", [("base.yaml:4", "the order is here")])]


def test_an_item_that_an_order_leaves_out_is_told_where_it_is_added(told):
    text = (
        "score:\n  items:\n    volume: {weight: 50}\n    likes: {points: 100 * liked, weight: 10}\n"
    )
    assert ("K391", "maple.yaml:6", [("base.yaml:4", "the order is here")]) in told(text)


def test_a_param_of_another_kind_is_named_where_the_parent_reads_it(told):
    findings = told("params:\n  rates: 5 min\n")
    assert [(code, place) for code, place, _ in findings] == [("K246", "base.yaml:13")]
    ((where, message),) = findings[0][2]
    assert where == "maple.yaml:4"
    assert message.startswith("`rates` is `5 min` here, it overrides `{else: 0.5%, from 50000")
    assert message.endswith("` in shop.yaml:8")


def test_a_removed_metric_is_named_where_the_parent_reads_it(told):
    findings = told("metrics:\n  price: null\n")
    assert findings == [
        ("K220", "base.yaml:8", [("maple.yaml:4", "`price` is removed here")]),
    ]


def test_a_broken_override_of_a_dated_value_names_what_it_overrides(told, tmp_path):
    base = tmp_path / "base.yaml"
    base.write_text(base.read_text() + "params: {limit: {of: day, from 2025-01-01: 5 min}}\n")
    ((code, place, ends),) = told("params:\n  limit: {of: day, from 2025-01-32: 4 min}\n")
    assert (code, place) == ("K216", "maple.yaml:4")
    assert ends == [("base.yaml:14", "it overrides `{of: day, from 2025-01-01: 5 min}` here")]


def test_an_unknown_param_is_told_at_the_line_of_the_shop_with_the_likely_one(told):
    assert told("params:\n  limits: 4 min\n") == [
        ("K602", "maple.yaml:4", [("shop.yaml:7", "`limit` is here")])
    ]
    assert told("params:\n  holidays: 4 days\n") == [("K602", "maple.yaml:4", [])]


def test_an_unknown_param_is_told_beside_other_mistakes_where_a_parent_has_one_like_it(told):
    broken = "score:\n  items:\n    volume: {weight: 70}\n"
    assert [code for code, *_ in told("params: {limits: 4 min}\n" + broken)] == ["K602", "K384"]
    assert [code for code, *_ in told("params: {holidays: 4 days}\n" + broken)] == ["K384"]


def test_the_likely_param_may_be_removed(told):
    findings = told("params:\n  limit: null\n  limits: 4 min\n")
    assert ("K602", "maple.yaml:5", []) in findings


@pytest.mark.parametrize(
    ("old", "new", "likely"),
    [
        ("45%", "40", "40%"),
        ("45%", "0.4", "40%"),
        ("45%", "37.5", "37.5%"),
        ("4", "80%", None),
    ],
)
def test_a_number_never_stands_in_for_a_ratio(told, tmp_path, old, new, likely):
    base = tmp_path / "base.yaml"
    base.write_text(base.read_text() + f"params: {{aim: {old}, other: required}}\n")
    assert told(f"params:\n  aim: {new}\n") == [
        ("K604", "maple.yaml:4", [("base.yaml:14", f"it overrides `{old}` here")])
    ]
    (finding,) = load_ruleset("maple.yaml")[1]
    assert finding.help == (f"did you mean `{likely}`?" if likely else None)
    (finding,) = load_ruleset("base.yaml", {"aim": new})[1]
    assert finding.code == "K604"


def test_the_unit_of_a_param_is_that_of_the_furthest_parent(told, tmp_path):
    root = tmp_path / "shop.yaml"
    root.write_text(root.read_text().replace("params:\n", "params:\n  aim: 45%\n"))
    base = tmp_path / "base.yaml"
    base.write_text(base.read_text() + "params: {aim: 40}\n")
    assert told("params: {aim: 38%}\n") == []
    ((code, place, ends),) = told("")
    assert (code, place, ends[0][0]) == ("K604", "base.yaml:14", "shop.yaml:7")


def test_a_new_param_that_is_read_is_fine(told):
    assert told("params: {top_up: 5 CNY}\npay: {lines: {extra: top_up}}\n") == []


def test_a_param_offered_to_children_is_fine(told):
    assert told("params: {offered: required}\n") == []


@pytest.mark.parametrize("shop", ["", "params: {top_up: null}\n", "params: {top_up: 9 CNY}\n"])
def test_a_param_whose_only_reader_a_shop_replaces_is_fine_and_may_be_removed(told, tmp_path, shop):
    base = tmp_path / "base.yaml"
    read = base.read_text().replace("slices(rates, sales)", "slices(rates, sales) + top_up")
    base.write_text(read + "params: {top_up: 5 CNY}\n")
    assert told(f"{shop}pay: {{lines: {{commission: 'slices(rates, sales)'}}}}\n") == []


def test_a_param_that_the_parents_never_read_is_told_at_the_parent(told, tmp_path):
    base = tmp_path / "base.yaml"
    base.write_text(base.read_text() + "params: {top_up: 5 CNY}\n")
    assert told("pay: {lines: {commission: 1 CNY}}\n") == [("K602", "base.yaml:14", [])]


def test_a_step_that_no_parent_has_is_told_with_the_likely_one(told):
    assert told("score:\n  then:\n    late_fine: score - 2\n") == [
        ("K603", "maple.yaml:5", [("base.yaml:10", "`late_fines` is here")])
    ]


def test_a_new_step_that_is_like_no_other_is_fine(told):
    assert told("score:\n  then:\n    attendance: score - 2\n") == []


def test_part_of_a_metric_that_no_parent_has_is_told_with_the_likely_one(told):
    findings = told("metrics:\n  orders_payed: {min_rows: 5}\n")
    assert [(code, place) for code, place, _ in findings] == [
        ("K302", "maple.yaml:4"),
        ("K603", "maple.yaml:4"),
    ]


@pytest.mark.parametrize(
    ("shop", "words"),
    [
        pytest.param(
            "params:\n  limits: 4 min\n",
            """\
maple.yaml:4:3: error[K602]: the param `limits` is new here and nothing reads it, a param of a parent was expected
   4 |   limits: 4 min
     |   ^^^^^^
   = shop.yaml:7:3: `limit` is here
   = help: did you mean `limit`?
""",
            id="unknown param",
        ),
        pytest.param(
            "score:\n  then: {late_fine: score - 2}\n",
            """\
maple.yaml:4:10: warning[K603]: `late_fine` is new here, and a parent has `late_fines`, which stays in force beside it
   4 |   then: {late_fine: score - 2}
     |          ^^^^^^^^^
   = base.yaml:10:5: `late_fines` is here
   = help: write `late_fines` to change that one
""",
            id="override of a step that is not there",
        ),
        pytest.param(
            "score:\n  then: {late_fine: null}\n",
            """\
maple.yaml:4:10: error[K601]: no parent has `late_fine`, which this removes
   4 |   then: {late_fine: null}
     |          ^^^^^^^^^
   = base.yaml:10:5: `late_fines` is here
   = help: did you mean `late_fines`?
""",
            id="removal of a step that is not there",
        ),
        pytest.param(
            "score:\n  items:\n    volume: {weight: 30}\n    price: {weight: 70}\n",
            """\
maple.yaml:6:21: error[K388]: the weights break the order `volume > price`: volume 30, price 70
   6 |     price: {weight: 70}
     |                     ^^
   = base.yaml:4:10: the order is here
""",
            id="weights that break the order of the base",
        ),
        pytest.param(
            "score:\n  order: price > volume\n",
            """\
maple.yaml:4:10: error[K388]: the weights break the order `price > volume`: price 40, volume 60
   4 |   order: price > volume
     |          ^^^^^^^^^^^^^^
   = base.yaml:7:56: the weight of `volume` is here
   = base.yaml:8:53: the weight of `price` is here
""",
            id="an order that breaks the weights of the base",
        ),
    ],
)
def test_a_mistake_beside_the_base_is_told_at_line_and_column_of_the_shop(told, shop, words):
    told(shop)
    assert render_text(load_ruleset("maple.yaml")[1]) == words
