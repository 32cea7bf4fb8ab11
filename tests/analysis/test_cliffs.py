"""Cliffs of pay: what is named is where the reference's values jump, and by so much."""

from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kpi_engine as ke
from kpi_engine.analysis import cliffs
from kpi_engine.analysis.cliffnotes import cliff_notes
from kpi_engine.analysis.cliffs import Cliffs, find_cliffs, is_even, parts_of_pay
from kpi_engine.analysis.terms import number_in
from kpi_engine.reference.formulas import Evaluator
from kpi_engine.reference.moments import Calendar
from kpi_engine.ruleset.checked import Ruleset
from kpi_engine.ruleset.loading import load_ruleset_text

BASE = """\
ruleset: shop
zone: Asia/Shanghai
currency: CNY
subject: {from: agents, key: agent_id}
groups: {team: [team, period]}
tables:
  agents:
    key: agent_id
    columns: {agent_id: text, team: text, wage: money, regular: bool = true}
  orders:
    key: order_id
    dated: paid_at
    columns: {order_id: text, agent_id: text, paid_at: datetime, amount: money, late: bool}
  marks:
    key: [agent_id, period]
    dated: period
    long: {name: item, value: mark}
    better: {faults: lower}
    columns: {agent_id: text, period: month, item: text, mark: number}
metrics:
  praise: {value: marks.praise}
  faults: {value: marks.faults, better: lower}
  absences: {value: marks.absences, better: lower}
  orders_paid: {from: orders, value: count()}
  sales: {from: orders, value: sum(amount)}
  net: {from: orders, value: sum(amount) - 5 CNY * count()}
  late_rate: {from: orders, value: share(late), better: lower}
"""
SHELF = Path(__file__).parents[2] / "rulesets" / "taobao"
NEAR = Fraction(1, 10**6)


def ruleset_of(text: str) -> Ruleset:
    ruleset, findings = load_ruleset_text(BASE + text)
    assert ruleset is not None, findings
    return ruleset


def cliffs_of(ruleset: Ruleset) -> list[Cliffs]:
    return list(find_cliffs(ruleset, parts_of_pay(ruleset)))


def said(text: str) -> list[str]:
    ruleset = ruleset_of(text)
    return [f"{n.code} {n.message}" for n in cliff_notes(ruleset, parts_of_pay(ruleset))]


def line(rule: str) -> list[str]:
    return said(f"pay:\n  lines:\n    bonus: {rule}\n")


PARAMS = """\
params:
  rates: {{else: {0}%, from {1}: {2}%, from {3}: {4}%}}
  tiers: {{up to {1}: {0} CNY, up to {3}: {2} CNY, else: {4} CNY}}
  curve: {{at {1}: {0} CNY, at {3}: {2} CNY, at 10: {4} CNY}}
"""
numbers = st.integers(0, 5)
leaves = st.one_of(
    numbers.map(lambda n: f"{n} CNY"),
    st.integers(-3, 3).map(lambda n: f"{n} CNY * orders_paid"),
    st.sampled_from(
        (
            *("tiers(orders_paid)", "curve(orders_paid)", "tiers(9 - orders_paid)"),
            *("rates(orders_paid) * 100 CNY", "slices(rates, orders_paid) * 100 CNY"),
            "attain(orders_paid, 4) * 0.1 CNY",
        )
    ),
)


def _compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    conditions = st.builds(
        "orders_paid {} {}".format, st.sampled_from((">=", ">", "<=", "<", "==")), st.integers(1, 9)
    )
    both = st.builds(
        "{} {} {}".format, conditions, st.sampled_from(("and", "or", "and not")), conditions
    )
    return st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from("+-"), inner),
        st.builds("at_least({}, {})".format, inner, inner),
        st.builds("at_most({}, {})".format, inner, inner),
        st.builds("({} if {} else {})".format, inner, conditions | both, inner),
    )


scales = st.tuples(numbers, st.integers(1, 4), numbers, st.integers(5, 9), numbers)


@settings(max_examples=80, deadline=None)
@given(scales, st.recursive(leaves, _compound, max_leaves=4))
def test_cliffs_are_named_where_pay_jumps_and_nowhere_else(scale, formula):
    pay = f'pay:\n  lines:\n    bonus: "{formula}"\n'
    ruleset = ruleset_of(PARAMS.format(*scale) + pay)
    evaluator = Evaluator(Calendar(ZoneInfo("Asia/Shanghai"), 0), ruleset.params)
    assert ruleset.pay is not None
    ((_, rule),) = ruleset.pay.lines

    def paid(orders: Fraction) -> Fraction:
        amount = evaluator.rule_value(rule, {"orders_paid": orders})
        assert isinstance(amount, Fraction)
        return amount

    jumps: dict[tuple[Fraction, bool], Fraction] = {}
    for bound in map(Fraction, range(1, 11)):
        before, after = (
            2 * paid(bound + side * NEAR) - paid(bound + 2 * side * NEAR) for side in (-1, 1)
        )
        jumps[bound, False] = paid(bound) - before
        jumps[bound, True] = after - paid(bound)
    named = {
        jump.cut: number_in(jump.gain)
        for found in cliffs_of(ruleset)
        for jump in found.jumps
        if jump.cut[0] <= 10
    }
    assert named == {cut: jump for cut, jump in jumps.items() if jump}
    assert not any(found.undecided for found in cliffs_of(ruleset))


def test_what_is_not_known_yet_stands_in_the_amount():
    notes = said(
        "score:\n  empty: stop\n  items: {late: {points: 100 * late_rate}}\n"
        "pay:\n  lines:\n"
        "    pay: {of: score, from 90: wage, from 70: wage * score / 100, else: 0 CNY}\n"
    )
    assert notes[-1] == (
        "K710 the line `pay` has 2 cliffs: `score` from 70: +70% of `wage`, from 90: +10% of `wage`"
    )


@pytest.mark.parametrize(
    ("rule", "notes"),
    [
        ("sales * 1%", []),
        ("100 CNY if orders_paid >= 3 else 0 CNY", ["K710 `orders_paid` from 3: +100 CNY"]),
        ("100 CNY if regular else 0 CNY", []),
        ("'100 CNY if orders_paid > 3 and regular else 0 CNY'", ["K710 if all else allows it"]),
        ("100 CNY if sales >= net else 0 CNY", ["K712 `sales >= net`"]),
        ("'split(1000 CNY, 2 if orders_paid > 3 else 1, team)'", ["K712 `split("]),
        ("{of: sales, over: team, top 1: 5 CNY, else: 0 CNY}", ["K710 above 1: -5 CNY"]),
        ("20 CNY - 1 CNY * orders_paid", ["K711 `orders_paid` above 0: -1 CNY for each 1"]),
        ("20 CNY - 10 CNY * default(late_rate, 0%)", []),
        ("10 CNY * default(late_rate, 0%)", ["K711 between 0% and 100%: +0.1 CNY for each 1%"]),
        ("1 CNY * marks.tone - 1 CNY * marks.faults", []),
        ("20 CNY - 1 CNY * marks.tone", ["K711 `marks.tone` above 0: -1 CNY for each 1"]),
        ("1 CNY * praise - 1 CNY * absences", []),
        ("20 CNY - 1 CNY * praise", ["K711 `praise` above 0: -1 CNY for each 1"]),
        ("net * orders_paid", ["K713 `orders_paid`"]),
    ],
)
def test_a_line_is_said_to_have(rule, notes):
    found = line(rule)
    if any("place(" in note for note in found):
        found = [note for note in found if note.startswith("K710")]
    assert len(found) == len(notes), found
    for note, words in zip(found, notes, strict=True):
        code, _, part = words.partition(" ")
        assert note.startswith(code)
        assert part in note


def test_what_is_plainly_even_has_no_cliff_when_it_is_followed(monkeypatch):
    files = [file for file in sorted(SHELF.glob("*.yaml")) if not file.stem.endswith(".test")]
    rulesets = [ke.load(file) for file in files]
    even = [[part for part in parts_of_pay(each) if is_even(part, each)] for each in rulesets]
    assert sum(map(len, even)) > 4
    monkeypatch.setattr(cliffs, "is_even", lambda *_: False)
    for ruleset, parts in zip(rulesets, even, strict=True):
        for found in find_cliffs(ruleset, parts):
            assert not any((found.jumps, found.falls, found.undecided, found.unsure)), found.part
