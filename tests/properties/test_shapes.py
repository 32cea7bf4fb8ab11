from collections import Counter
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.plan.cases import made_from
from tests.properties.comparing import ENGINES, Engine, differences, stored_tables
from tests.properties.shapes import PERIOD, Crush, crushed, shapes
from tests.properties.tables import LARGE

from kpi_engine.plan import matches
from kpi_engine.plan.compiling import compile_ruleset
from kpi_engine.plan.graph import columns_in, postorder
from kpi_engine.plan.nodes import Joined, MatchStep
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


@pytest.mark.parametrize("pairs", [1, 7, 40])
def test_matches_made_some_pairs_at_a_time_find_the_rows_of_the_reference(
    pairs: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(matches, "_PAIRS_AT_ONCE", pairs)
    for seed in range(6):
        check_rows(seed, SIZES[3], 4, ENGINES[seed % 2])


def test_enough_matches_of_every_shape_take_each_road():
    met: Counter[str] = Counter()
    for seed in range(50):
        tables = compile_ruleset(shapes(seed, 4)).tables
        met.update(way for t in tables for match in t.matches for way in _ways(match))
    assert min(met[way] for way in WAYS) >= 10, met
    assert met["as-of"] >= 50


WAYS = (
    *("as-of", "falling", "level", "not level", "first", "own condition", "tolerance"),
    *("every row", "no bound", "the best row may lie beyond a bound"),
    "another condition on both rows",
)


def _ways(step: MatchStep) -> Iterator[str]:
    road = step.road
    if isinstance(road, Joined):
        yield road.because
        return
    yield "as-of"
    yield "level" if road.level else "not level"
    if road.falling:
        yield "falling"
    if road.first is not None:
        yield "first"
    if road.where is not None:
        yield "own condition"
    bounds = [] if step.where is None else postorder([step.where])
    reads = (columns_in([bound]) for bound in bounds if bound.op in {"lt", "le", "gt", "ge"})
    if sum(not read.keys().isdisjoint(step.reads) for read in reads) > 1:
        yield "tolerance"


def check_rows(seed: int, crush: Crush, count: int, engine: Engine) -> None:
    ruleset, tables = shapes(seed, count), crushed(seed, crush)
    made, unmatched = made_from(ruleset, stored_tables(ruleset, tables), engine)
    for name, expected in judge(ruleset, tables, PERIOD).tables.items():
        assert _listed(made[name]) == _listed((r.dropped, r.values) for r in expected.rows), name
        assert unmatched.get(name, 0) == expected.unmatched, name


def _listed(rows: Iterable[tuple[str | None, Row]]) -> Counter[str]:
    return Counter(repr((dropped, sorted(row.items()))) for dropped, row in rows)
