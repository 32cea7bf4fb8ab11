from collections import Counter
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.plan.cases import made_from
from tests.properties.comparing import ENGINES, Engine, differences, stored_tables
from tests.properties.shapes import PERIOD, Crush, crushed, shapes
from tests.properties.tables import LARGE

from kpi_engine.reference.judging import judge
from kpi_engine.reference.values import Row

SOME = settings(max_examples=max(10, settings().max_examples // 4))
SIZES = (
    *(Crush(0, 3, 1, 2), Crush(4, 5, 1, 3), Crush(12, 12, 1, 12)),
    *(Crush(40, 30, 2, 10), Crush(40, 40, 3, 60)),
)


@given(st.integers(0, 2**32), st.sampled_from(SIZES), st.sampled_from(ENGINES))
def test_matches_of_every_shape_find_the_rows_of_the_reference(
    seed: int, crush: Crush, engine: Engine
):
    check_rows(seed, crush, 4, engine)


@SOME
@given(st.integers(0, 2**32), st.sampled_from(SIZES))
def test_matches_of_every_shape_are_measured_as_in_the_reference(seed: int, crush: Crush):
    assert differences(shapes(seed, 4), crushed(seed, crush), PERIOD) == []


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("seed", range(3))
def test_matches_over_large_frames_find_the_rows_of_the_reference(seed: int, engine: Engine):
    check_rows(seed, Crush(LARGE, LARGE, 60, 400), 6, engine)


def check_rows(seed: int, crush: Crush, count: int, engine: Engine) -> None:
    ruleset, tables = shapes(seed, count), crushed(seed, crush)
    made, unmatched = made_from(ruleset, stored_tables(ruleset, tables), engine)
    for name, expected in judge(ruleset, tables, PERIOD).tables.items():
        assert _listed(made[name]) == _listed((r.dropped, r.values) for r in expected.rows), name
        assert unmatched.get(name, 0) == expected.unmatched, name


def _listed(rows: Iterable[tuple[str | None, Row]]) -> Counter[str]:
    return Counter(repr((dropped, sorted(row.items()))) for dropped, row in rows)
