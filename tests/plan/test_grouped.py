"""Values across groups, lowered to Polars, against plain Python on random rows."""

from collections import Counter
from fractions import Fraction
from typing import get_args

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpi_engine.language import core
from kpi_engine.language.core import Core, Over, OverFunction, Rational, Value, whole
from kpi_engine.language.grouped import Among, Ranking, group_value
from kpi_engine.plan.levels import with_assigned, with_shared
from kpi_engine.plan.lowering import OVERS
from kpi_engine.plan.nodes import Assignment, Calendar

ENGINES = ["in-memory", "streaming"]
KEY = Core("column", ("shop",))
WHO = Core("column", ("agent",))
MONTH = Core("column", ("month",), 0, 120_000)
AMONG = Among((KEY,), (WHO,), MONTH)
X = Rational(Core("column", ("x",), -(2**40), 2**40), whole(100))
Y = Rational(Core("column", ("y",), 0, 2**40), core.ONE)
POOL = Rational(Core("column", ("pool",), -(2**50), 2**50), core.ONE)
TRUE = Core("column", ("c",))

ROWS = st.lists(
    st.tuples(
        st.sampled_from("ST"),
        st.one_of(st.none(), st.integers(-3, 3), st.sampled_from([2**40, -(2**40)])),
        st.one_of(st.integers(0, 3), st.just(2**40)),
        st.one_of(st.none(), st.booleans()),
    ),
    min_size=1,
    max_size=30,
)


def _frame(rows, pools):
    return pl.DataFrame(
        {
            "shop": [shop for shop, *_ in rows],
            "agent": [f"A{number:03}" for number in range(len(rows))],
            "month": list(range(len(rows))),
            "x": pl.Series([x for _, x, *_ in rows], dtype=pl.Int64),
            "y": pl.Series([y for *_, y, _ in rows], dtype=pl.Int64),
            "c": pl.Series([c for *_, c in rows], dtype=pl.Boolean),
            "pool": pl.Series([pools[shop] for shop, *_ in rows], dtype=pl.Int64),
        }
    )


def _computed(frame, function, args, engine, ranking=None):
    value = group_value(function, args, AMONG, ranking)
    num, den = (value.num, value.den) if isinstance(value, Rational) else (value, core.ONE)
    made = with_shared((Assignment("num", num), Assignment("den", den)))
    found = with_assigned(frame.lazy(), made, Calendar("UTC", 0)).collect(engine=engine)
    return [
        None if num is None or den is None else Fraction(num, den)
        for num, den in found.select("num", "den").iter_rows()
    ]


def _members(rows, shop):
    return [row for row in rows if row[0] == shop]


def _gathered(function, rows, shop):
    values = [x for _, x, *_ in _members(rows, shop) if x is not None]
    middle = sorted(values)
    match function:
        case "sum":
            return Fraction(sum(values), 100)
        case "distinct":
            return Fraction(len(set(values)))
        case "mean":
            return Fraction(sum(values), 100 * len(values)) if values else None
        case "median":
            half = len(middle) // 2
            pair = (middle[half], middle[-half - 1]) if values else ()
            return Fraction(sum(pair), 200) if values else None
        case "min":
            return Fraction(min(values), 100) if values else None
        case _:
            return Fraction(max(values), 100) if values else None


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("function", ["sum", "mean", "median", "min", "max", "distinct"])
@settings(max_examples=40)
@given(rows=ROWS)
def test_what_is_gathered_over_a_group_equals_python(function, engine, rows):
    expected = [_gathered(function, rows, shop) for shop, *_ in rows]
    assert _computed(_frame(rows, {"S": 0, "T": 0}), function, [X], engine) == expected


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=40)
@given(rows=ROWS)
def test_conditions_are_counted_and_their_share_is_of_the_known(engine, rows):
    frame = _frame(rows, {"S": 0, "T": 0})
    known = Counter(shop for shop, *_, c in rows if c is not None)
    true = Counter(shop for shop, *_, c in rows if c)
    assert _computed(frame, "count", [TRUE], engine) == [true[shop] for shop, *_ in rows]
    shares = [Fraction(true[shop], known[shop]) if known[shop] else None for shop, *_ in rows]
    assert _computed(frame, "share", [TRUE], engine) == shares


def _place(rows, row, *, high):
    shop, x, y, _ = row
    if x is None:
        return None
    mine = (-x if high else x, -y)
    others = [(-o if high else o, -p) for _, o, p, _ in _members(rows, shop) if o is not None]
    return 1 + sum(other < mine for other in others)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("high", [True, False])
@settings(max_examples=40)
@given(rows=ROWS)
def test_a_place_counts_those_who_are_better(high, engine, rows):
    found = _computed(
        _frame(rows, {"S": 0, "T": 0}), "place", [X, Y], engine, Ranking((high, True))
    )
    assert found == [_place(rows, row, high=high) for row in rows]


@pytest.mark.parametrize(
    ("number", "seats"),
    [(10, (3, 6, 1)), (7, (2, 4, 1)), (5, (2, 3, 0)), (1, (0, 1, 0)), (3, (1, 2, 0))],
)
def test_seats_go_by_the_largest_remainders_of_equal_ones_to_the_better_band(number, seats):
    rows = [("S", number - place, 0, None) for place in range(number)]
    bands = _computed(
        _frame(rows, {"S": 0}),
        "band",
        [X],
        "in-memory",
        Ranking((True,), (Fraction(3, 10), Fraction(9, 10))),
    )
    assert tuple(bands.count(band) for band in (1, 2, 3)) == seats


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=40)
@given(rows=ROWS)
def test_beaten_are_the_worse_and_half_of_the_equal(engine, rows):
    expected: list[Fraction | None] = []
    for shop, x, *_ in rows:
        values = [o for _, o, *_ in _members(rows, shop) if o is not None]
        if x is None or len(values) < 2:
            expected.append(None)
            continue
        worse, ties = sum(o < x for o in values), values.count(x) - 1
        expected.append(Fraction(2 * worse + ties, 2 * (len(values) - 1)))
    assert _computed(_frame(rows, {"S": 0, "T": 0}), "beats", [X], engine) == expected


def _parts(pool, weights):
    total = sum(weights)
    if total == 0:
        return [None for _ in weights]
    size, sign = abs(pool), -1 if pool < 0 else 1
    parts = [size * weight // total for weight in weights]
    rests = [size * weight % total for weight in weights]
    first = sorted(range(len(weights)), key=lambda index: (-rests[index], index))
    for index in first[: size - sum(parts)]:
        parts[index] += 1
    return [sign * part for part in parts]


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=60)
@given(rows=ROWS, pools=st.fixed_dictionaries({shop: st.integers(-1000, 1000) for shop in "ST"}))
def test_parts_of_a_pool_go_by_the_largest_remainders_and_add_up_to_it(engine, rows, pools):
    found = _computed(_frame(rows, pools), "split", [POOL, Y], engine)
    for shop in "ST":
        mine = [part for part, row in zip(found, rows, strict=True) if row[0] == shop]
        weights = [y for _, _, y, _ in _members(rows, shop)]
        assert mine == _parts(pools[shop], weights)
        assert not any(weights) or sum(mine) == pools[shop]


def _longest(conditions):
    longest = run = 0
    for condition in conditions:
        if condition is False:
            run = 0
        elif condition:
            run += 1
            longest = max(longest, run)
    return longest


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=40)
@given(rows=ROWS, order=st.randoms(use_true_random=False))
def test_a_run_goes_by_the_months_and_an_unknown_one_neither_breaks_nor_counts(engine, rows, order):
    frame = _frame(rows, {"S": 0, "T": 0})
    places = list(range(len(rows)))
    order.shuffle(places)
    expected = [_longest([c for s, *_, c in rows if s == rows[place][0]]) for place in places]
    assert _computed(frame[places], "longest_run", [TRUE], engine) == expected


def test_a_sum_that_could_leave_the_budget_is_refused():
    wide = Rational(Core("column", ("x",), 0, 2**100), core.ONE)
    with pytest.raises(core.TooWideError):
        group_value("sum", [wide], AMONG)


def test_every_function_over_groups_is_met_here():
    args: dict[str, list[Value]] = {"count": [TRUE], "longest_run": [TRUE]}
    ranking = Ranking((True,))
    met = set()
    for function in ("count", "sum", "median", "min", "max", "distinct", "longest_run", "place"):
        value = group_value(function, args.get(function, [X]), AMONG, ranking)
        met |= {over.function for over in _overs(value)}
    assert met == set(OVERS) == set(get_args(OverFunction))


def _overs(value):
    waiting = [value.num]
    while waiting:
        node = waiting.pop()
        for arg in node.args:
            if isinstance(arg, Over):
                yield arg
            elif isinstance(arg, Core):
                waiting.append(arg)
