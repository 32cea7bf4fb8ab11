"""A whole file at once: every mistake is told, each once, in reading order."""

import pytest
from tests.ruleset.shop import HEAD, METRICS, SHOP, TABLES, codes, findings, shown

from kpi_engine.ruleset.loading import load_ruleset_text

FIVE = (
    SHOP
    + """\
  net: sals * 90%
  late: 1 if liked > 90% else 0
  odd: sales + limit
score:
  items:
    service: {weight: 60, points: "100 * default(liked, 0%)"}
    volume: {weight: 30, points: "attain(orders_paid, 80)"}
pay:
  lines:
    prize: 5 * orders_paid
"""
)


def test_five_errors_give_five_diagnostics():
    assert shown(FIVE) == [
        ("K220", "sals"),
        ("K221", "liked > 90%"),
        ("K227", "sales + limit"),
        ("K384", "score"),
        ("K394", "5 * orders_paid"),
    ]


def test_five_misspelt_keys_give_five_diagnostics():
    text = (
        FIVE.replace("zone:", "zoen:")
        .replace("    key: order_id", "    kye: order_id", 1)
        .replace("params:", "parms:")
        .replace("  lines:", "  line:")
        .replace("service: {weight", "service: {wieght")
    )
    assert shown(text) == [
        ("K301", "zoen"),
        ("K301", "parms"),
        ("K301", "kye"),
        ("K301", "wieght"),
        ("K301", "line"),
    ]


def test_a_wrong_head_hides_no_other_mistake():
    text = FIVE.replace("Asia/Shanghai", "Asia/Shangai").replace(
        "currency:", "day_starts: 6 h\neffective: {from: 2024-9-1}\ncurrency:"
    )
    assert codes(text) == ["K306", "K308", "K317", "K220", "K221", "K227", "K384", "K394"]


def test_two_mistakes_of_one_formula_are_both_told():
    assert shown(SHOP + "  m: sals + prise\n") == [("K220", "sals"), ("K220", "prise")]


def test_a_misspelt_table_breeds_no_other_mistake():
    text = SHOP.replace("price: {from: orders,", "price: {from: order,")
    text += "  a: price * 2\n  b: a / sales\n  c: 1 if b > 3 else 0\n"
    text += "score: {items: {x: {points: c}, w: {points: price}}}\npay: {lines: {z: a}}\n"
    assert shown(text) == [("K350", "order")]


def test_a_misspelt_name_breeds_no_other_mistake():
    text = SHOP.replace("value: sum(amount)}", "value: sum(amout)}")
    text += "  a: sales * 2\n  b: a / orders_paid\n  c: {of: sales, from 5 CNY: 1, else: 0}\n"
    text += (
        "score: {items: {x: {points: 100 * b}}}\npay: {lines: {z: a, w: 'slices(rates, sales)'}}\n"
    )
    assert shown(text) == [("K220", "amout")]


def test_a_column_without_a_kind_breeds_only_its_readers():
    text = SHOP.replace("amount: money", "amount: mony")
    assert codes(text)[0] == "K352"


def test_findings_stand_in_reading_order():
    _, found = load_ruleset_text(FIVE)
    starts = [finding.span.start for finding in found if finding.span is not None]
    assert starts == sorted(starts)


def test_findings_of_one_place_stand_in_the_order_they_were_found():
    items = "".join(f"    item_{letter}: {{points: 50, weight: 20}}\n" for letter in "edcba")
    text = f"{SHOP}score:\n  order: item_e\n  empty: stop\n  items:\n{items}"
    _, found = load_ruleset_text(text)
    assert [finding.message for finding in found] == [
        f"`order` leaves out the item `item_{letter}`" for letter in "dcba"
    ]


@pytest.mark.parametrize("part", ["zone: Asia/Shanghai\n", "currency: CNY\n", TABLES])
def test_what_every_ruleset_says(part):
    assert codes(SHOP.replace(part, "")) == ["K302"]


def test_a_subject_is_said():
    assert codes(SHOP.replace("subject: {from: agents, key: agent_id}\n", "")) == ["K302"]


def test_a_ruleset_computes_something():
    assert codes(HEAD + TABLES) == ["K399"]


def test_another_kind_of_file_is_no_ruleset():
    assert codes("test: shop\nperiod: 2024-09\ncases: []\n") == ["K305"]
    assert codes(METRICS) == ["K305"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("day_starts: 06:00", []),
        ("day_starts: '18:30'", []),
        ("day_starts: 24:00", ["K308"]),
        ("day_starts: '6:00'", ["K308"]),
        ("effective: {from: 2024-09-01, to: 2025-01-01}", []),
        ("effective: {from: 20240901}", ["K317"]),
        ("effective: {from: 2024-02-30}", ["K317"]),
        ("effective: {form: 2024-02-03}", ["K301"]),
        ("period: week", ["K304"]),
        ("title: {zh: 店, en: shop}", []),
        ("title: [a]", ["K303"]),
        ("note: said by the owner", []),
        ("shop: 5", ["K301"]),
    ],
)
def test_heads(line, told):
    assert codes(SHOP.replace("currency:", f"{line}\ncurrency:")) == told


@pytest.mark.parametrize("zone", ["UTC", "Asia/Urumqi", "Europe/Berlin"])
def test_zones(zone):
    assert codes(SHOP.replace("Asia/Shanghai", zone)) == []


@pytest.mark.parametrize("zone", ["Asia", "../zone", "GMT+8", "Asia/shanghai", "''"])
def test_what_is_no_zone(zone):
    assert codes(SHOP.replace("Asia/Shanghai", zone)) == ["K306"]


@pytest.mark.parametrize(
    ("currency", "near"),
    [("RMB", "CNY"), ("yuan", "CNY"), ("元", "CNY"), ("usd", "USD"), ("XYZQ", None)],
)
def test_what_is_no_currency(currency, near):
    (found,) = findings(SHOP.replace("CNY", currency, 1))
    assert (found.code, found.help) == ("K307", f"did you mean `{near}`?" if near else None)
