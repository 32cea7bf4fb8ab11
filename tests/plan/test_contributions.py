"""What rows bring to a fraction, from the operations that make it."""

import pytest

from kpi_engine.language import core, quotients
from kpi_engine.language.core import Core, Gather, Rational, whole
from kpi_engine.plan.contributions import Contributions, contributions_of

AMOUNT = Core("column", ("amount",), -100, 100)
GOOD = Core("column", ("good",))


def gathered(function, argument, low=0):
    return Core("gather", (Gather(function, argument),), low, 2**32)


SUM, ROWS, GOODS = (
    gathered("sum", AMOUNT, -(2**32)),
    gathered("count", None),
    gathered("count", GOOD),
)
GOOD_ROW = core.choose(GOOD, whole(1), whole(0))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Rational(SUM, whole(1)), Contributions(AMOUNT, None, None)),
        (Rational(GOODS, core.positive(ROWS)), Contributions(GOOD_ROW, whole(1), None)),
        (
            Rational(SUM, core.mul(core.positive(ROWS), whole(10))),
            Contributions(AMOUNT, whole(10), None),
        ),
        (
            Rational(core.sub(GOODS, core.mul(whole(3), ROWS)), whole(1)),
            Contributions(core.add(GOOD_ROW, whole(-3)), None, None),
        ),
        (
            quotients.product_of(
                Rational(ROWS, core.ONE), quotients.inverse_of(Rational(SUM, core.ONE))
            ),
            Contributions(whole(1), AMOUNT, AMOUNT),
        ),
    ],
)
def test_totals_are_brought_row_by_row(value, expected):
    assert contributions_of(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        Rational(gathered("max", AMOUNT), whole(1)),
        Rational(gathered("distinct", AMOUNT), whole(1)),
        Rational(core.mul(GOODS, ROWS), whole(1)),
        Rational(core.add(GOODS, whole(1)), whole(1)),
        Rational(core.floordiv(SUM, whole(2)), whole(1)),
        Rational(core.absolute(SUM), whole(1)),
        core.compare("gt", GOODS, whole(3)),
    ],
)
def test_what_is_no_total_is_brought_by_no_row(value):
    assert contributions_of(value) is None
