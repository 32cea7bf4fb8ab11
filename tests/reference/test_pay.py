from fractions import Fraction

import pytest
from tests.reference.cases import agent, case, event, judged


def pay(text, wage=None, metrics="", **given):
    """The slip of the agent ``a`` whose roster row holds a wage, in minor units."""
    ruleset = case(f"{metrics}pay:\n{text}")
    agents = (agent(wage=None if wage is None else Fraction(wage)),)
    return judged(ruleset, [], agents, **given).subjects["a",]


@pytest.mark.parametrize(
    ("score", "wage"),
    [
        ("100", 200000),
        ("90", 200000),
        ("89.99", 179980),
        ("89.5", 179000),
        ("85", 170000),
        ("70", 140000),
        ("69.99", 0),
        ("0", 0),
    ],
)
def test_the_wage_of_2016_is_full_from_90_and_proportional_from_70(score, wage):
    ruleset = case(
        "params: {perf_wage: 2000 CNY}\n"
        "score:\n  items:\n    p: {points: '50'}\n"
        "pay:\n  lines:\n    perf: {of: score, from 90: perf_wage,"
        " from 70: perf_wage * score / 100, else: 0 CNY}\n"
    )
    assert judged(ruleset, [], score=Fraction(score)).subjects["a",].pay == wage


PIECES = """
params: {rate: 0.80 CNY, fine: 20 CNY, quality: QUALITY}
metrics:
  resolved: {from: events, value: count(kind == 'resolved')}
  upheld: {from: events, value: count(kind == 'upheld')}
pay:
  lines:
    pieces: rate * resolved * quality
    complaints: -fine * upheld
"""


@pytest.mark.parametrize(
    ("quality", "steps", "lines", "total"),
    [
        ("'1'", "", {"pieces": 89600, "complaints": -6000}, 83600),
        ("'1.1'", "", {"pieces": 98560, "complaints": -6000}, 92560),
        (
            "'1.1'",
            '    guarantee: "at_least(pay, 1000 CNY)"\n',
            {"pieces": 98560, "complaints": -6000, "guarantee": 7440},
            100000,
        ),
        (
            "'1.1'",
            '    cap: "at_most(pay, 900 CNY)"\n',
            {"pieces": 98560, "complaints": -6000, "cap": -2560},
            90000,
        ),
    ],
)
def test_piece_pay_less_complaints_with_guarantee_or_cap(quality, steps, lines, total):
    text = PIECES.replace("QUALITY", quality) + (f"  then:\n{steps}" if steps else "")
    events = [event(kind="resolved")] * 1120 + [event(kind="upheld")] * 3
    slip = judged(case(text), events).subjects["a",]
    assert slip.lines == lines
    assert (slip.pay, slip.pay_status) == (total, "ok")


@pytest.mark.parametrize(
    ("line", "amount"),
    [
        ("4000 CNY * 23 / 26", 353846),
        ("4000 CNY - 4000 CNY / 21.75 * 3", 344828),
        ("4000 CNY - round(4000 CNY / 21.75, 0.01 CNY) * 3", 344827),
        ("0.005 CNY * 1", 1),
        ("-0.005 CNY", -1),
        ("0.0049 CNY * 1", 0),
    ],
)
def test_a_line_is_rounded_once_half_away_from_zero(line, amount):
    assert pay(f'  below_zero: owed\n  lines:\n    it: "{line}"\n').pay == amount


def test_a_pay_below_zero_is_held_unless_it_is_owed():
    lines = '  lines:\n    fee: "-20 CNY"\n    base: 5 CNY\n'
    held = pay(lines)
    assert (held.pay, held.pay_status, held.lines["fee"]) == (None, "below_zero", -2000)
    owed = pay(f"  below_zero: owed\n{lines}")
    assert (owed.pay, owed.pay_status) == (-1500, "ok")
    least = pay(f'{lines}  then:\n    nothing: "at_least(pay, 0 CNY)"\n')
    assert (least.pay, least.pay_status, least.lines["nothing"]) == (0, "ok", 1500)


def test_the_total_of_rounded_lines_is_never_rounded_again():
    slip = pay("  lines:\n    a: 0.01 CNY / 2\n    b: 0.01 CNY / 2\n")
    assert (slip.lines, slip.pay) == ({"a": 1, "b": 1}, 2)


def test_each_step_is_rounded_and_listed_as_what_it_changed():
    slip = pay("  lines:\n    a: 100 CNY\n  then:\n    third: pay / 3\n    double: pay * 2\n")
    assert slip.lines == {"a": 10000, "third": -6667, "double": 3333}
    assert slip.pay == 6666 == sum(slip.lines.values())


def test_an_unknown_line_holds_the_pay_and_leaves_the_other_lines():
    text = "  lines:\n    a: 100 CNY\n    b: wage\n  then:\n    more: pay + 1 CNY\n"
    held = pay(text)
    assert held.lines == {"a": 10000, "b": None, "more": None}
    assert (held.pay, held.pay_status) == (None, "held")
    assert pay(text, wage=500).pay == 10600


def test_an_unknown_step_holds_the_pay_even_if_the_next_does_not_read_it():
    text = "  lines:\n    a: 100 CNY\n  then:\n    more: pay + wage\n    fixed: 1 CNY\n"
    held = pay(text)
    assert held.lines == {"a": 10000, "more": None, "fixed": None}
    assert (held.pay, held.pay_status) == (None, "held")


COMMISSION = """
params:
  rates: {else: 3%, from 300000 CNY: 5%, from 600000 CNY: 7%}
metrics:
  sales: {from: events, value: sum(amount)}
pay:
  lines:
    marginal: slices(rates, sales)
    slab: sales * rates(sales)
"""


@pytest.mark.parametrize(
    ("sales", "marginal", "slab"),
    [
        (750_000, 34_500, 52_500),
        (600_000, 24_000, 42_000),
        (300_000, 9_000, 15_000),
        (0, 0, 0),
        (-100, -3, -3),
    ],
)
def test_a_stair_reads_marginally_or_as_a_slab(sales, marginal, slab):
    slip = judged(case(COMMISSION), [event(amount=Fraction(sales * 100))]).subjects["a",]
    assert slip.lines == {"marginal": marginal * 100, "slab": slab * 100}


def test_a_whole_slip_adds_up_to_the_cent():
    slip = pay(
        "  lines:\n    base: 4000 CNY\n    perf: 2000 CNY * rate\n    commission: 866 CNY\n    complaints: -60 CNY\n",
        metrics="params: {rate: 88.5%}\n",
    )
    assert slip.pay == 657600


def test_without_pay_or_score_a_slip_says_nothing_of_them():
    slip = judged(case("metrics:\n  m: {from: events, value: count()}\n"), []).subjects["a",]
    assert (slip.score, slip.score_status, slip.pay, slip.pay_status) == (None, None, None, None)
    assert (slip.points, slip.parts, slip.lines) == ({}, {}, {})
