"""Order and boundaries by packed numbers, against Polars' own sorts and group-bys."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from kpi_engine.language.core import Gather
from kpi_engine.plan.boundaries import gathered_between
from kpi_engine.plan.gathering import gather_expr
from kpi_engine.plan.nodes import GatherColumn
from kpi_engine.plan.ordering import heads_in_order, in_order

AGENTS = pl.Enum(["a", "b", "c"])
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", None]),
        st.one_of(st.none(), st.integers(-(2**53), 2**53), st.integers(0, 3)),
        st.booleans(),
        st.sampled_from(["x", "y", "é", None]),
    ),
    max_size=30,
)
GATHERS = [
    GatherColumn("n", Gather("count", None), None),
    GatherColumn("yes", Gather("count", None), "flag"),
    GatherColumn("total", Gather("sum", None), "at"),
    GatherColumn("first", Gather("min", None), "at"),
    GatherColumn("last", Gather("max", None), "at"),
]


def frame(rows: list[tuple[str | None, int | None, bool, str | None]]) -> pl.DataFrame:
    schema = pl.Schema({"agent": AGENTS, "at": pl.Int64(), "flag": pl.Boolean(), "id": pl.String()})
    return pl.DataFrame(rows, schema=schema, orient="row")


@pytest.mark.parametrize(
    "by", [["agent", "at", "id"], ["flag", "agent", "at"], ["id", "at"], ["at", "at", "at"]]
)
@given(rows=ROWS)
def test_rows_packed_into_numbers_stand_as_rows_sorted_by_columns(
    by: list[str], rows: list[tuple[str | None, int | None, bool, str | None]]
):
    given_rows = frame(rows).with_row_index("place")
    expected = given_rows.sort(by, nulls_last=True, maintain_order=True)
    assert_frame_equal(in_order(given_rows, by), expected)
    assert_frame_equal(in_order(expected, by), expected)


def test_columns_too_wide_for_one_number_are_looked_at_where_the_first_are_equal():
    rows = pl.DataFrame(
        {"a": [2**62, 0, -(2**62), 0], "b": [0, 2**62, 1, -(2**62)], "c": [1, 2, 3, 4]}
    )
    assert in_order(rows, ["a", "b", "c"])["c"].to_list() == [3, 4, 2, 1]


def test_rows_out_of_order_have_no_heads():
    assert heads_in_order(frame([("b", 1, True, None), ("a", 1, True, None)]), ["agent"]) is None


@given(rows=ROWS)
def test_groups_that_stand_together_are_gathered_like_any_others(
    rows: list[tuple[str | None, int | None, bool, str | None]],
):
    ordered = in_order(frame(rows), ["agent"])
    heads = heads_in_order(ordered, ["agent"])
    assert heads is not None
    expected = ordered.group_by("agent").agg(gather_expr(column) for column in GATHERS)
    found = gathered_between(ordered, heads, ["agent"], GATHERS)
    assert found is not None
    assert_frame_equal(found, expected.sort("agent", nulls_last=True))


def test_groups_are_gathered_a_part_at_a_time(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("kpi_engine.plan.boundaries._GROUPS_AT_ONCE", 2)
    rows = pl.DataFrame({"k": [1, 1, 2, 3, 3, 4, 5], "at": [5, 3, None, 8, 9, 1, 7]})
    rows = rows.with_columns(flag=pl.col("at") > 3)
    heads = heads_in_order(rows, ["k"])
    assert heads is not None
    expected = rows.group_by("k").agg(gather_expr(column) for column in GATHERS).sort("k")
    found = gathered_between(rows, heads, ["k"], GATHERS)
    assert found is not None
    assert_frame_equal(found, expected)


def test_a_median_is_not_gathered_at_boundaries():
    rows = pl.DataFrame({"k": [1], "at": [5]})
    median = GatherColumn("middle", Gather("lower_middle", None), "at")
    assert gathered_between(rows, pl.Series([True]), ["k"], [median]) is None
