from fractions import Fraction

from tests.reference.cases import HEAD, agent, at, load

from kpi_engine.reference.judging import judge
from kpi_engine.reference.values import Row, Value

ASKS = (
    f"{HEAD}subject: {{from: agents, key: agent_id}}\ntables:\n"
    "  agents: {key: agent_id, columns: {agent_id: text}}\n"
    "  asks:\n    key: id\n    dated: at\n"
    "    columns: {id: int, agent_id: text, at: datetime, kind: optional text, x: optional number}\n"
    "  offers:\n    key: [kind, number]\n    dated: at\n"
    "    columns: {kind: optional text, number: int, at: optional datetime, price: optional money, good: optional bool, label: text = '-'}\n"
    "    drop: {void: label == 'void'}\n"
)


def ask(number, kind="k", x=0, when="2026-10-05 09:00"):
    row: Row = {"id": Fraction(number), "agent_id": "a", "at": at(when), "kind": kind}
    return {**row, "x": None if x is None else Fraction(x)}


def offer(number, kind="k", price: int | None = 0, good: bool | None = None, **columns: Value):
    row: Row = {"kind": kind, "number": Fraction(number), "at": None, "good": good, "label": "-"}
    return {**row, "price": None if price is None else Fraction(price), **columns}


def matched(table, asks, offers, name="met"):
    """The table ``met`` made from asks, with everything that was dropped left out."""
    metric = "metrics:\n  m: {from: asks, value: count()}\n"
    ruleset = load(f"{ASKS}  met:\n    from: asks\n{table}{metric}")
    inputs = {"agents": [agent()], "asks": asks, "offers": offers}
    return judge(ruleset, inputs, "2026-10").tables[name]


def numbers(table, asks, offers):
    """The number of what was found for each ask, by the ask's id."""
    found = [row.values for row in matched(table, asks, offers).rows if row.dropped is None]
    return [(row["id"], row["number"]) for row in found]


ONE = """
    match:
      best:
        to: offers
        same: [kind]
        where: {where}
        prefer: [{prefer}]
    add: {{number: best.number, price: best.price}}
"""


def one(asks, offers, where="true", prefer="highest best.price"):
    return numbers(ONE.format(where=where, prefer=prefer), asks, offers)


def test_the_best_row_by_the_first_preference_is_brought():
    offers = [offer(1, price=5), offer(2, price=7), offer(3, price=6)]
    assert one([ask(0)], offers) == [(0, 2)]
    assert one([ask(0)], offers, prefer="lowest best.price") == [(0, 1)]


def test_equals_go_by_the_next_preference_and_then_by_the_lowest_key():
    offers = [
        offer(4, price=7, good=True),
        offer(10, price=7, good=False),
        offer(2, price=7, good=False),
        offer(1, price=6, good=False),
    ]
    for rows in (offers, offers[::-1]):
        assert one([ask(0)], rows) == [(0, 2)]
        assert one([ask(0)], rows, prefer="highest best.price, highest best.good") == [(0, 4)]
        assert one([ask(0)], rows, prefer="highest best.price, lowest best.good") == [(0, 2)]


def test_an_unknown_value_is_never_preferred():
    offers = [offer(1, price=None), offer(2, price=3), offer(3, price=4)]
    assert one([ask(0)], offers) == [(0, 3)]
    assert one([ask(0)], offers, prefer="lowest best.price") == [(0, 2)]
    unknown = [offer(5, price=None), offer(4, price=None)]
    assert one([ask(0)], unknown, prefer="lowest best.price") == [(0, 4)]


def test_without_a_preference_the_lowest_key_is_brought():
    table = "    match: {best: {to: offers, same: [kind]}}\n    add: {number: best.number}\n"
    assert numbers(table, [ask(0)], [offer(3), offer(20), offer(1, kind="j")]) == [(0, 3)]


def test_a_row_without_a_match_stays_and_what_it_brings_is_unknown():
    asks = [ask(0), ask(1, kind="other"), ask(2, kind=None)]
    assert one(asks, [offer(1), offer(2, kind=None)]) == [(0, 1), (1, None), (2, None)]


def test_unknown_never_matches():
    offers = [offer(1, price=None), offer(2, price=1)]
    assert one([ask(0)], offers, where="best.price < 5 CNY") == [(0, 2)]
    assert one([ask(0)], offers[:1], where="best.price < 5 CNY") == [(0, None)]


def test_a_dropped_row_of_the_other_table_is_not_brought():
    assert one([ask(0)], [offer(1, price=9, label="void"), offer(2)]) == [(0, 2)]


def test_the_condition_and_the_preference_read_both_rows():
    offers = [offer(1, price=100), offer(2, price=300), offer(3, price=500)]
    asks = [ask(0, x=2), ask(1, x=4), ask(2, x=None)]
    found = one(asks, offers, where="best.price / 1 CNY <= x", prefer="lowest best.price * (x - 3)")
    assert found == [(0, 1), (1, 1), (2, None)]


def test_what_is_matched_is_read_by_add_and_drop_and_gone_afterwards():
    table = """
    where: x > 0
    match:
      best: {to: offers, same: [kind], prefer: [highest best.price]}
    add: {dear: 'default(best.price > 5 CNY, false)', twice: best.price * x}
    drop: {bad: 'default(best.good, false)', dear: dear}
"""
    offers = [offer(1, price=100), offer(1, kind="g", good=True), offer(1, kind="d", price=501)]
    asks = [ask(0), ask(1, x=3), ask(2, "g", x=1), ask(3, "d", x=1), ask(4, "none", x=1)]
    rows = matched(table, asks, offers).rows
    assert [(row.values["id"], row.values["twice"], row.dropped) for row in rows] == [
        (1, 300, None),
        (2, 0, "bad"),
        (3, 501, "dear"),
        (4, None, None),
    ]
    assert not any("." in name for row in rows for name in row.values)


EVERY = """
    match:
      near: {to: offers, same: [kind], take: every, where: near.price > 0 CNY}
    add: {number: near.number}
"""


def test_every_matching_row_makes_a_row_and_none_leaves_none():
    offers = [offer(1, price=1), offer(2, price=2), offer(3), offer(4, "one", price=5)]
    asks = [ask(0), ask(1, kind="one"), ask(2, kind="none"), ask(3, kind=None)]
    table = matched(EVERY, asks, offers)
    assert [(row.values["id"], row.values["number"]) for row in table.rows] == [
        (0, 1),
        (0, 2),
        (1, 4),
    ]
    assert table.unmatched == 2
    assert [row.values["near.number"] for row in table.rows] == [1, 2, 4]


def test_a_row_that_where_leaves_out_is_not_unmatched():
    table = matched(EVERY + "    where: x > 0\n", [ask(0), ask(1, x=1)], [])
    assert (table.rows, table.unmatched) == ((), 1)


def test_matches_of_one_table_do_not_see_each_other():
    table = """
    match:
      near: {to: offers, same: [kind], take: every, prefer: [lowest near.price]}
      far: {to: offers, same: [kind], take: every, where: far.number > 1}
      best: {to: offers, same: [kind], where: best.good, prefer: [highest best.number]}
    add: {number: "near.number * 100 + far.number * 10 + default(best.number, 0)"}
"""
    offers = [offer(1, good=True), offer(2), offer(3, good=True), offer(9, "other")]
    found = numbers(table, [ask(0)], offers)
    assert sorted(found) == [(0, n) for n in (123, 133, 223, 233, 323, 333)]
    assert matched(table, [ask(0), ask(1, "other")], offers).unmatched == 0
    assert matched(table, [ask(0), ask(1, "none")], offers).unmatched == 1


def test_a_table_made_from_every_match_keeps_the_keys_of_both():
    table = EVERY + "  again: {from: met, match: {best: {to: offers, same: [kind]}}}\n"
    rows = matched(table, [ask(0)], [offer(1, price=1), offer(2, price=2)], "again").rows
    assert [row.values["near.number"] for row in rows] == [1, 2]


def test_a_match_may_go_to_a_derived_table_and_read_its_day():
    table = """
    match:
      same_day: {to: days, same: [kind, day]}
    add: {number: same_day.size, other: same_day.day is known}
  days: {from: offers, per: [kind, day], add: {size: count()}}
"""
    offers = [offer(n, at=at("2026-10-05 10:00")) for n in (1, 2)] + [offer(3)]
    asks = [ask(0), ask(1, when="2026-10-06 09:00")]
    assert numbers(table, asks, offers) == [(0, 2), (1, None)]


def test_an_unknown_part_of_the_key_comes_last():
    table = """
    match:
      some: {to: groups, same: [day]}
    add: {number: some.size, found: some.kind}
  groups: {from: offers, per: [kind, day], add: {size: count()}}
"""
    when = at("2026-10-05 10:00")
    offers = [offer(1, None, at=when), offer(2, None, at=when), offer(3, "z", at=when)]
    assert numbers(table, [ask(0)], offers) == [(0, 1)]
    assert numbers(table, [ask(0)], offers[:2]) == [(0, 2)]


def test_texts_are_preferred_by_code_point():
    offers = [offer(1, label="é"), offer(2, label="z"), offer(3, label="Z"), offer(4, label="客")]
    assert one([ask(0)], offers, prefer="lowest best.label") == [(0, 3)]
    assert one([ask(0)], offers, prefer="highest best.label") == [(0, 4)]


def test_a_table_can_be_dated_by_what_it_matched():
    table = """
    match:
      best: {to: offers, same: [kind]}
    dated: then
    add: {then: best.at, number: "1 if default(day == 2026-10-07, false) else 0"}
"""
    offers = [offer(1, at=at("2026-10-07 00:00")), offer(1, kind="j")]
    rows = matched(table, [ask(0), ask(1, kind="j")], offers).rows
    found = [(row.values["day"] is None, row.values["number"]) for row in rows]
    assert found == [(False, 1), (True, 0)]
