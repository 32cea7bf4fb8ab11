from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi_engine.execution.canon import canonical_lines, result_hash

VALUES = {
    "text": ["a\tb", "c\\d\ne\r", None],
    "empty": ["", r"\N", None],
    "whole": [1, -2, None],
    "points": [Decimal("1.500000"), Decimal("-0.000001"), None],
    "is_known": [True, False, None],
    "day": [date(2026, 10, 1), date(1, 1, 1), None],
    "time": [
        datetime(2026, 10, 1, 8, tzinfo=UTC),
        datetime(2026, 10, 1, 8, 0, 0, 5, tzinfo=UTC),
        None,
    ],
}
FRAME = pl.DataFrame(VALUES, schema_overrides={"points": pl.Decimal(38, 6)})


def test_every_type_has_one_canonical_text():
    assert list(canonical_lines(FRAME.select("whole"), FRAME)) == [
        "kpi_engine result 1", "subjects", "whole", "1", "-2", r"\N", "lines",
        "text\tempty\twhole\tpoints\tis_known\tday\ttime",
        "a\\tb\t\t1\t1.500000\ttrue\t2026-10-01\t2026-10-01T08:00:00.000000Z",
        "c\\\\d\\ne\\r\t\\\\N\t-2\t-0.000001\tfalse\t0001-01-01\t2026-10-01T08:00:00.000005Z",
        "\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N",
    ]  # fmt: skip


def test_the_hash_is_that_of_the_canonical_text():
    text = "".join(f"{line}\n" for line in canonical_lines(FRAME, FRAME))
    assert result_hash(FRAME, FRAME) == sha256(text.encode()).hexdigest()


def test_where_a_rule_is_written_is_no_part_of_the_hash():
    lines = FRAME.with_columns(file=pl.lit("a.yaml"), line_number=3)
    assert result_hash(FRAME, lines) == result_hash(FRAME, FRAME)


def test_a_float_has_no_canonical_text():
    with pytest.raises(TypeError):
        result_hash(FRAME, pl.DataFrame({"x": [0.5]}))


CELLS = st.lists(
    st.tuples(
        st.none() | st.text("\\N\tn\nr\r ", max_size=4), st.none() | st.text("\\N\tn\n", max_size=4)
    ),
    max_size=4,
)


@given(left=CELLS, right=CELLS)
def test_different_frames_have_different_texts(left, right):
    frames = [
        pl.DataFrame(rows, schema={"a": pl.String, "b": pl.String}, orient="row")
        for rows in (left, right)
    ]
    texts = [list(canonical_lines(frame, frame)) for frame in frames]
    assert (texts[0] == texts[1]) == (left == right)
