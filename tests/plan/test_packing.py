"""Keys packed into one number are equal where all of their columns are."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from kpi_engine.language.core import Core
from kpi_engine.plan.nodes import Pairing
from kpi_engine.plan.packing import packed_key

AGENTS = pl.Enum(["a", "b", "c"])
SCHEMA = pl.Schema({"agent": AGENTS, "day": pl.Int64(), "good": pl.Boolean()})
TEXT, NUMBER = Core("column", ("x",)), Core("column", ("x",), -3, 4)
PAIRS = (Pairing(TEXT, TEXT), Pairing(NUMBER, NUMBER), Pairing(TEXT, TEXT))
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", None]),
        st.one_of(st.none(), st.integers(-3, 4)),
        st.sampled_from([True, False, None]),
    ),
    max_size=40,
)


@given(ROWS)
def test_packed_keys_are_equal_where_all_columns_are_and_unknown_where_one_is(
    rows: list[tuple[str | None, int | None, bool | None]],
):
    frame = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    packed = packed_key(frame.columns, PAIRS, SCHEMA, SCHEMA)
    assert packed is not None
    numbers = frame.select(packed.alias("n"))["n"].to_list()
    assert [number is None for number in numbers] == [None in row for row in rows]
    known = {row: number for row, number in zip(rows, numbers, strict=True) if number is not None}
    assert len(set(known.values())) == len(known)


def test_texts_other_types_and_too_many_bits_are_not_packed():
    names = ["agent", "day"]
    texts = pl.Schema({"agent": pl.String(), "day": pl.Int64()})
    assert packed_key(names, PAIRS[:2], texts, texts) is None
    assert packed_key(names, PAIRS[:2], SCHEMA, texts) is None
    wide = Core("column", ("x",), -(2**61), 2**61)
    assert packed_key(names, (PAIRS[0], Pairing(wide, NUMBER)), SCHEMA, SCHEMA) is None
    assert packed_key(["day"], PAIRS[1:2], SCHEMA, SCHEMA) is None
