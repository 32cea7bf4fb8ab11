"""Metrics: gathered from rows or computed from others, in the order of what they read."""

from fractions import Fraction

import pytest
from tests.ruleset.shop import SHOP, codes, findings, loaded, shown, with_metric


def test_metrics_stand_in_the_order_they_are_computed():
    text = SHOP + "  c: b + 1\n  b: a + 1\n  a: orders_paid\n"
    assert list(loaded(text).metrics)[-3:] == ["a", "b", "c"]


def test_metrics_that_read_the_score_stand_last():
    text = SHOP.replace("metrics:\n", "metrics:\n  grade: score / 10\n  twice: grade * 2\n")
    ruleset = loaded(text + "score: {items: {a: {points: 50}}}\n")
    assert list(ruleset.metrics)[-2:] == ["grade", "twice"]
    assert [m.name for m in ruleset.metrics.values() if m.after_score] == ["grade", "twice"]


@pytest.mark.parametrize(
    ("metrics", "words"),
    [
        ("  a: a + 1\n", [("a", "`a` is computed from itself")]),
        ("  a: b\n  b: a\n", [("a", "`a` and `b` are computed from one another")]),
        (
            "  a: b\n  b: c\n  c: a\n",
            [("a", "`a`, `b` and `c` are computed from one another")],
        ),
        ("  x: a\n  a: b\n  b: a\n  z: x\n", [("a", "`a` and `b` are computed from one another")]),
    ],
)
def test_a_circle_is_told_once_and_its_readers_are_not(metrics, words):
    found = findings(SHOP + metrics)
    assert [f.code for f in found] == ["K373"] * len(words)
    for finding, (word, sentence) in zip(found, words, strict=True):
        assert finding.span.source.text[finding.span.start : finding.span.end] == word
        assert finding.message.startswith(sentence)


def test_a_circle_through_the_score_is_told():
    text = SHOP + "  a: score\nscore: {empty: skip, items: {i: {points: a}}}\n"
    assert codes(text) == ["K373"]


@pytest.mark.parametrize(
    ("value", "fraction"),
    [
        ("sum(amount)", True),
        ("share(items > 1)", True),
        ("mean(amount)", True),
        ("sum(amount) / count()", True),
        ("sum(amount) / distinct(channel)", True),
        ("sum(amount) / 2", False),
        ("sum(amount) + 1 CNY", False),
        ("sum(amount) / count() * 2", False),
        ("min(paid_at)", False),
        ("default(share(items > 1), 0%)", False),
    ],
)
def test_one_quotient_of_two_aggregates_stays_a_fraction(value, fraction):
    assert loaded(with_metric(value, rows=True)).metrics["m"].fraction is fraction


@pytest.mark.parametrize(
    ("value", "fraction"),
    [
        ("sales", True),
        ("price", True),
        ("sales / orders_paid", True),
        ("price / orders_paid", True),
        ("sales * 2", False),
        ("sales / 2", False),
        ("wage", False),
        ("sales if orders_paid > 1 else 0 CNY", False),
    ],
)
def test_one_quotient_of_two_leaves_stays_a_fraction(value, fraction):
    assert loaded(with_metric(value)).metrics["m"].fraction is fraction


def test_a_quotient_of_computed_metrics_is_settled():
    text = SHOP + "  twice: sales * 2\n  m: twice / orders_paid\n  o: m\n"
    metrics = loaded(text).metrics
    assert (metrics["m"].fraction, metrics["o"].fraction) == (False, False)


@pytest.mark.parametrize("text", ["0", "-3", "2.5", "many", "", "1e3", "9" * 5000])
def test_min_rows_is_a_whole_number_above_0(text):
    metric = f"  m: {{from: orders, value: count(), min_rows: '{text}'}}\n"
    assert codes(SHOP + metric) == ["K309"]


def test_min_rows():
    text = SHOP + "  m: {from: orders, value: count(), min_rows: 30}\n"
    assert loaded(text).metrics["m"].min_rows == 30


@pytest.mark.parametrize("key", ["where: sales > 1 CNY", "min_rows: 3"])
def test_what_is_about_rows_needs_rows(key):
    assert codes(f"{SHOP}  m: {{value: sales, {key}}}\n") == ["K370"]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("amount", "K372"),
        ("amount * 2", "K372"),
        ("channel", "K372"),
        ("5", "K374"),
        ("limit", "K374"),
        ("sum(sum(amount))", "K247"),
        ("sum(count())", "K247"),
        ("amount / sum(amount)", "K231"),
        ("sum(amount) + sales", "K220"),
        ("count(items)", "K249"),
        ("sum(items > 1)", "K250"),
        ("mean(channel)", "K250"),
        ("max(good)", "K250"),
        ("share(1 > 2)", "K248"),
    ],
)
def test_values_over_rows_that_are_refused(value, code):
    assert codes(with_metric(value, rows=True)) == [code]


def test_the_row_value_that_stands_beside_a_total_is_pointed_at():
    text = with_metric("sum(amount) - amount * 2", rows=True)
    assert shown(text) == [("K231", "amount * 2")]


def test_a_choice_mixes_no_levels_through_a_constant():
    assert codes(with_metric("0 CNY if count() > 3 else amount", rows=True)) == ["K231"]
    assert codes(with_metric("amount > 5 CNY > mean(amount)", rows=True)) == ["K231"]
    assert codes(with_metric("true and items > 1 and count() > 3", rows=True)) == ["K231"]


@pytest.mark.parametrize("value", ["08:00-23:00", "unknown"])
def test_what_is_no_value_of_its_own_is_no_metric(value):
    assert codes(with_metric(value)) == ["K371"]


def test_a_table_without_the_subject_is_told():
    text = SHOP.replace("tables:\n", "tables:\n  t: {key: k, columns: {k: text}}\n")
    (found,) = findings(text + "  m: {from: t, value: count()}\n")
    assert (found.code, "`t`" in found.message) == ("K366", True)


def test_a_metric_may_be_a_text_or_a_condition():
    text = (
        SHOP
        + "  grade: \"'A' if orders_paid > 3 else 'B'\"\n  fine: grade == 'A'\n  bad: grade == 'C'\n"
    )
    assert shown(text) == [("K237", "'C'")]


def test_columns_of_the_roster_are_values_of_the_subject():
    assert codes(with_metric("wage * 2 + default(bonus, 0 CNY)")) == []


@pytest.mark.parametrize("name", ["wage", "limit", "rates", "score", "pay"])
def test_a_name_means_one_thing(name):
    assert codes(f"{SHOP}  {name}: orders_paid\n") == ["K313"]


@pytest.mark.parametrize("total", ["score", "pay"])
def test_a_running_total_is_named_once(total):
    sections = "score: {items: {a: {points: 50}}}\npay: {lines: {a: wage}}\n"
    assert codes(SHOP.replace("params:\n", f"params:\n  {total}: 5\n") + sections) == ["K313"]
    assert codes(SHOP.replace("      wage:", f"      {total}: money\n      wage:") + sections) == [
        "K313"
    ]


def test_a_metric_written_as_a_scale_reads_the_domain_of_what_it_is_applied_to():
    assert codes(f"{SHOP}  m: {{of: liked, from 90%: 1, from 0%: 0}}\n") == []
    assert codes(f"{SHOP}  m: {{of: liked, from 90%: 1, from 10%: 0}}\n") == ["K337"]
    assert codes(f"{SHOP}  x: liked\n  m: {{of: x, from 90%: 1, from 10%: 0}}\n") == ["K337"]
    assert codes(f"{SHOP}  x: 100 * liked\n  m: {{of: x, from 90: 1, from 10: 0}}\n") == ["K337"]


def test_better_is_read_by_attain():
    text = SHOP.replace("calls: {", "calls: {better: lower, ")
    node = loaded(text + "  m: 'attain(calls, 5)'\n").metrics["m"].value.node
    assert node.op == "attain_lower"


def test_a_title_may_have_languages():
    text = SHOP.replace("calls: {", "calls: {title: {zh: 电话, en: calls}, ")
    assert loaded(text).metrics["calls"].title == {"zh": "电话", "en": "calls"}
    assert loaded(text.replace("{zh: 电话, en: calls}", "电话")).metrics["calls"].title == {
        "": "电话"
    }


ABOUT_ROWS = SHOP.replace(
    "  limit: 3 min\n",
    "  limit: 3 min\n  back: 30 days\n  late: 90 min\n  enough: 20\n  part: 25%\n",
)


def test_what_is_said_of_rows_may_be_the_value_of_a_param():
    text = (
        ABOUT_ROWS
        + """
  m:
    from: orders
    value: count()
    window: back
    settles: late
    min_rows: enough
    latest: part
"""
    )
    metric = loaded(text).metrics["m"]
    assert (metric.window, metric.settles, metric.min_rows) == (30, 90 * 60 * 10**6, 20)
    assert metric.latest.share == Fraction(1, 4)
    given = loaded(text, {"back": "7 days", "enough": "3"}).metrics["m"]
    assert (given.window, given.min_rows) == (7, 3)


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ("window: late", ("K375", "90 min")),
        ("window: enough", ("K375", "20")),
        ("settles: part", ("K375", "25%")),
        ("min_rows: late", ("K309", "90 min")),
        ("latest: enough", ("K320", "20")),
        ("window: rates", ("K375", "rates")),
        ("window: bakc", ("K375", "bakc")),
    ],
)
def test_a_param_that_does_not_fit_rows_is_told_where_it_is_written(said, place):
    text = ABOUT_ROWS + f"  m: {{from: orders, value: count(), {said}}}\n"
    assert shown(text) == [place]


def test_a_metric_waits_for_a_required_minimum():
    text = ABOUT_ROWS.replace("enough: 20", "enough: required")
    text += "  m: {from: orders, value: count(), min_rows: enough}\n"
    assert loaded(text).metrics["m"].type.nullable
