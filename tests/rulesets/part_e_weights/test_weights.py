"""Weights from an order are exact fractions, whatever the method and the treatment of ties."""

from fractions import Fraction
from pathlib import Path

import pytest

import kpi_engine as ke

HERE = Path(__file__).parent


@pytest.mark.parametrize(
    ("name", "weights"),
    [
        ("presales", "137/300 77/300 47/300 9/100 1/25"),
        ("presales_rank_sum", "5/15 4/15 3/15 2/15 1/15"),
        ("presales_rank_reciprocal", "60/137 30/137 20/137 15/137 12/137"),
        ("aftersales", "5/12 5/12 1/6"),
        ("aftersales_average", "4/9 4/9 1/9"),
        ("aftersales_rank_sum", "5/12 5/12 1/6"),
        ("aftersales_rank_reciprocal", "9/22 9/22 2/11"),
        ("two_ties", "23/45 8/45 8/45 1/15 1/15"),
        ("two_ties_average", "137/300 31/150 31/150 13/200 13/200"),
    ],
)
def test_weights_are_the_fractions_of_the_method_and_add_up_to_one(name, weights):
    score = ke.load(HERE / f"{name}.yaml").score
    assert score is not None
    assert [item.weight for item in score.items] == [Fraction(weight) for weight in weights.split()]
    assert sum(item.weight for item in score.items) == 1


def test_the_shipped_rulesets_weigh_as_their_order_says():
    rulesets = HERE.parents[2] / "rulesets" / "taobao"
    presales = ke.load(rulesets / "presales.yaml").score
    aftersales = ke.load(rulesets / "aftersales.yaml").score
    assert presales is not None
    assert aftersales is not None
    assert {item.path: item.weight for item in presales.items} == {
        "service": Fraction(137, 300),
        "conversion": Fraction(77, 300),
        "aov": Fraction(47, 300),
        "volume": Fraction(27, 300),
        "refund_rate": Fraction(12, 300),
    }
    assert {item.path: item.weight for item in aftersales.items} == {
        "service": Fraction(5, 12),
        "resolution": Fraction(5, 12),
        "volume": Fraction(2, 12),
    }
