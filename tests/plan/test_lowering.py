"""Lowered operations give what plain Python integers give, on both engines."""

import random
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from math import ceil, log2
from typing import get_args

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.plan.oracle import EPOCH, evaluate

from kpi_engine.language import core
from kpi_engine.language.core import Core, Operation, TooWideError, whole
from kpi_engine.plan.graph import postorder
from kpi_engine.plan.lowering import LOWERINGS, is_wide, lower
from kpi_engine.plan.nodes import Calendar

ENGINES = ["streaming", "in-memory"]
UTC_DAYS = Calendar("UTC", 0)
WIDEST = 2**53
ROWS = 1_000

SMALL, LARGE, NEAR = (
    Core("column", (name,), -bound, bound)
    for name, bound in (("small", 3), ("large", WIDEST), ("near", WIDEST))
)
HUGE = Core("column", ("huge",), -(2**90), 2**90)
DAY = Core("column", ("day",), -(2**20), 2**20)
TIME = Core("column", ("time",), -WIDEST, WIDEST)
TRUTH, OTHER = Core("column", ("truth",)), Core("column", ("other",))
KIND = Core("column", ("kind",))


def a_row(seed):
    pick = random.Random(seed)

    def some(value):
        return None if pick.random() < 0.15 else value

    large = pick.choice([pick.randint(-WIDEST, WIDEST), WIDEST, -WIDEST, 0, pick.randint(-9, 9)])
    return {
        "small": some(pick.randint(-3, 3)),
        "large": some(large),
        "near": some(pick.choice([large, -large, pick.randint(-WIDEST, WIDEST)])),
        "huge": some(pick.choice([pick.randint(-(2**90), 2**90), 2**90, -(2**63), 2**64])),
        "day": some(pick.randint(-(2**18), 2**18)),
        "time": some(pick.randint(-(2**51), 2**51)),
        "truth": some(pick.random() < 0.5),
        "other": some(pick.random() < 0.5),
        "kind": some(pick.choice("abc")),
    }


TABLE = [a_row(seed) for seed in range(ROWS)]
FRAME = pl.DataFrame(
    TABLE,
    schema={
        **dict.fromkeys(["small", "large", "near"], pl.Int64),
        "huge": pl.Int128,
        **dict.fromkeys(["day", "time"], pl.Int64),
        **dict.fromkeys(["truth", "other"], pl.Boolean),
        "kind": pl.String,
    },
)


def assert_equal(cores, engine, calendar=UTC_DAYS, frame=FRAME, rows=TABLE):
    """Every core gives on every row what Python gives, in the dtype its interval says."""
    found = (
        frame.lazy()
        .with_columns(lower(node, calendar).alias(f"c{i}") for i, node in enumerate(cores))
        .collect(engine=engine)
    )
    for index, node in enumerate(cores):
        expected = [evaluate(node, row, calendar) for row in rows]
        assert found[f"c{index}"].to_list() == expected, node
        if node.low is not None:
            assert found.schema[f"c{index}"] == (pl.Int128 if is_wide(node) else pl.Int64), node


ONE_OF_EACH = [
    whole(7),
    whole(-(2**100)),
    core.UNKNOWN_WHOLE,
    core.UNKNOWN,
    Core("lit", (True,)),
    Core("lit", ("a",)),
    core.add(LARGE, SMALL),
    core.sub(LARGE, NEAR),
    core.mul(LARGE, NEAR),
    core.mul(SMALL, whole(0)),
    core.neg(LARGE),
    core.neg(HUGE),
    core.absolute(HUGE),
    core.sign(LARGE),
    core.sign(HUGE),
    *(
        core.floordiv(num, den)
        for num in (SMALL, LARGE, HUGE)
        for den in (whole(2), whole(7), whole(2**70), core.positive(core.absolute(NEAR)))
    ),
    *(
        core.mod(num, den)
        for num in (SMALL, LARGE, HUGE)
        for den in (whole(2), whole(2**70), core.positive(core.absolute(SMALL)))
    ),
    core.nonzero(SMALL),
    core.nonzero(core.mul(LARGE, NEAR)),
    *(
        core.compare(op, left, right)
        for op in ("eq", "ne", "lt", "le", "gt", "ge")
        for left, right in ((LARGE, NEAR), (SMALL, HUGE), (HUGE, whole(-(2**63))))
    ),
    core.compare("eq", KIND, Core("lit", ("b",))),
    core.compare("ne", TRUTH, OTHER),
    Core("and", (TRUTH, OTHER)),
    Core("and", (TRUTH, OTHER, core.compare("lt", SMALL, whole(1)))),
    Core("or", (TRUTH, OTHER)),
    Core("or", (TRUTH, OTHER, core.compare("lt", SMALL, whole(1)))),
    Core("not", (TRUTH,)),
    Core("known", (SMALL,)),
    Core("known", (core.UNKNOWN,)),
    core.choose(TRUTH, LARGE, HUGE),
    core.choose(TRUTH, core.UNKNOWN, SMALL),
    core.choose(TRUTH, KIND, Core("lit", ("z",))),
    core.choose(TRUTH, OTHER, core.UNKNOWN),
    Core("in", (KIND, "a", "c")),
    Core("in_hours", (TIME, (480, 1380))),
    Core("in_hours", (TIME, (1320, 360))),
    Core("in_hours", (TIME, (0, 1440))),
    Core("day_of_time", (TIME,), -(2**22), 2**22),
    Core("month_of_date", (DAY,), -(2**17), 2**17),
    Core("month_of_time", (TIME,), -(2**17), 2**17),
]


@pytest.mark.parametrize("engine", ENGINES)
def test_every_operation_equals_python(engine):
    assert_equal(ONE_OF_EACH, engine)


def test_the_cases_above_hold_every_operation():
    used = {node.op for node in postorder(ONE_OF_EACH)}
    # what is gathered over groups is held to Python in test_grouped.py
    assert used == set(LOWERINGS) - {"over"} == set(get_args(Operation)) - {"gather", "over"}


WHOLES = st.sampled_from(
    [SMALL, LARGE, NEAR, HUGE, whole(0), whole(-1), whole(10**6), whole(2**66)]
)
TESTS = st.sampled_from([TRUTH, OTHER])


def _either(make, *fallback):
    """An operation, or its first operand where it would leave the budget."""
    try:
        return make(*fallback)
    except TooWideError:
        return fallback[0]


def _compared(op, left, right):
    return Core(op, (left, right))


def _grown(inner):
    two = st.tuples(inner, inner)
    return st.one_of(
        two.map(lambda pair: _either(core.add, *pair)),
        two.map(lambda pair: _either(core.sub, *pair)),
        two.map(lambda pair: _either(core.mul, *pair)),
        inner.map(lambda one: _either(core.neg, one)),
        inner.map(lambda one: _either(core.absolute, one)),
        inner.map(core.nonzero),
        two.map(
            lambda pair: _either(core.floordiv, pair[0], core.positive(core.absolute(pair[1])))
        ),
        two.map(
            lambda pair: _either(core.round_away, pair[0], core.positive(core.absolute(pair[1])))
        ),
        st.tuples(TESTS, inner, inner).map(lambda three: core.choose(*three)),
        st.tuples(st.sampled_from(["lt", "ge", "eq"]), inner, inner, inner).map(
            lambda four: core.choose(_compared(*four[:3]), four[3], four[1])
        ),
    )


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=25)
@given(cores=st.lists(st.recursive(WHOLES, _grown, max_leaves=12), min_size=4, max_size=8))
def test_nested_operations_equal_python(engine, cores):
    assert_equal(cores, engine)


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=20)
@given(signs=st.lists(st.booleans(), min_size=1, max_size=40), data=st.data())
def test_long_sums_equal_python(engine, signs, data):
    total = data.draw(WHOLES)
    for minus in signs:
        total = _either(core.sub if minus else core.add, total, data.draw(WHOLES))
    assert_equal([total], engine)


def test_a_sum_of_500_terms_is_a_shallow_tree():
    total = SMALL
    for _ in range(500):
        total = core.add(total, SMALL)
    depths = list(accumulate((sign == "[") - (sign == "]") for sign in str(lower(total, UTC_DAYS))))
    assert max(depths) == ceil(log2(501))
    found = FRAME.select(lower(total, UTC_DAYS)).to_series().to_list()
    assert found == [None if row["small"] is None else 501 * row["small"] for row in TABLE]


@pytest.mark.parametrize("engine", ENGINES)
def test_numbers_of_64_bits_are_wide(engine):
    edge = Core("column", ("edge",), -(2**62), 2**62)
    rows = [{"edge": sign * 2**62} for sign in (1, -1)] * ROWS
    frame = pl.DataFrame(rows, schema={"edge": pl.Int64})
    cores = [core.mul(edge, whole(2)), core.add(edge, edge), core.sub(core.neg(edge), edge)]
    assert_equal(cores, engine, frame=frame, rows=rows)


def test_a_sum_is_right_even_if_a_part_of_it_is_wider():
    wide = Core("column", ("wide",), 0, 2**63 - 1)
    total = core.sub(core.add(wide, wide), wide)
    narrow = Core(total.op, total.args, 0, 2**63 - 1)
    rows = [{"wide": 2**63 - 1}] * ROWS
    frame = pl.DataFrame(rows, schema={"wide": pl.Int64})
    assert_equal([narrow], "streaming", frame=frame, rows=rows)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("America/New_York", datetime(2026, 3, 8, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 11, 1, tzinfo=UTC)),
        ("America/Sao_Paulo", datetime(2017, 10, 15, tzinfo=UTC)),
        ("America/Sao_Paulo", datetime(2018, 2, 18, tzinfo=UTC)),
        ("America/St_Johns", datetime(2009, 11, 1, tzinfo=UTC)),
        ("Pacific/Apia", datetime(2011, 12, 30, tzinfo=UTC)),
        ("Asia/Shanghai", datetime(2026, 10, 1, tzinfo=UTC)),
    ],
)
@pytest.mark.parametrize("day_starts", [0, 90, 18 * 60])
def test_days_on_which_clocks_are_set_equal_python(zone, day, day_starts, engine):
    first = (day - timedelta(days=1) - EPOCH) // timedelta(microseconds=1)
    rows = [{"time": first + step * 180 * 10**6 - step % 2} for step in range(3 * 480)]
    frame = pl.DataFrame(rows, schema={"time": pl.Int64})
    cores = [
        Core("day_of_time", (TIME,), -(2**22), 2**22),
        Core("month_of_time", (TIME,), -(2**17), 2**17),
        Core("in_hours", (TIME, (30, 150))),
        Core("in_hours", (TIME, (1380, 60))),
    ]
    assert_equal(cores, engine, Calendar(zone, day_starts), frame, rows)
