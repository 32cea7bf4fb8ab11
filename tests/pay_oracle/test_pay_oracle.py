from collections.abc import Callable
from fractions import Fraction
from random import Random

import pytest
from tests.pay_oracle.amounts import half_away, half_place
from tests.pay_oracle.cases import draw_case, expect
from tests.pay_oracle.comparing import compare_case
from tests.pay_oracle.lines import Stair
from tests.pay_oracle.shares import largest_remainders

PEOPLE = 1_000
CNY = 100


@pytest.mark.parametrize("seed", range(10_000, 10_010))
def test_the_plan_pays_random_cases_to_the_cent(seed):
    tally = compare_case(seed, PEOPLE)
    assert tally.differences == []
    assert tally.counts["cases"] == PEOPLE
    assert tally.counts["sums of pay"] > 0


def towards_plus(x: Fraction) -> int:
    return (2 * x.numerator + x.denominator) // (2 * x.denominator)


@pytest.mark.parametrize("rounded", [round, towards_plus, int], ids=["even", "up", "cut"])
def test_the_cases_tell_another_rounding_from_ours(rounded: Callable[[Fraction], int]):
    cases = [draw_case(Random(seed), PEOPLE) for seed in range(3)]
    assert any(expect(case, rounded).lines != expect(case).lines for case in cases)


@pytest.mark.parametrize(
    ("tiers", "rates", "sales", "marginal", "slab"),
    [
        ([10_000], ["1/10", "1/5"], "15000", "2000", "3000"),
        ([300_000, 600_000], ["3/100", "5/100", "7/100"], "750000", "34500", "52500"),
        ([50_000, 100_000], ["5/100", "8/100", "12/100"], "49999.99", "2500", "2500"),
        ([50_000, 100_000], ["5/100", "8/100", "12/100"], "123456.78", "9314.81", "14814.81"),
        ([50_000, 100_000], ["5/100", "8/100", "12/100"], "-0.5", "-0.03", "-0.03"),
    ],
)
def test_the_oracle_pays_the_published_tiers(tiers, rates, sales, marginal, slab):
    lowest, *upper = (Fraction(rate) for rate in rates)
    stair = Stair(True, tuple(Fraction(tier * CNY) for tier in tiers), (*upper, lowest))
    sold = Fraction(sales) * CNY
    assert half_away(stair.slices(sold)) == Fraction(marginal) * CNY
    assert half_away(stair.at(sold) * sold) == Fraction(slab) * CNY


def test_the_oracle_shares_the_published_pool():
    weights = [Fraction(score) for score in (92, 85, 78)]
    assert largest_remainders(600_000, weights) == [216_471, 200_000, 183_529]
    assert largest_remainders(-100, [Fraction(1)] * 3) == [-34, -33, -33]
    assert largest_remainders(100, [Fraction(0)] * 3) is None


@pytest.mark.parametrize("near", [-7, 0, 10**9])
def test_a_half_place_ends_in_a_half(near):
    start, rise = Fraction(1, 3), Fraction(7, 1200)
    place = half_place(start, rise, near)
    assert place is not None
    assert near <= place < near + 1200
    assert (start + rise * place) % 1 == Fraction(1, 2)
