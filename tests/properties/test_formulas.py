import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.properties.answering import differences_if_answered
from tests.properties.batches import BATCH_PERIOD, batches
from tests.properties.documents import Pruned
from tests.properties.tables import LARGE, Crowd, crowds, random_tables

FEW = settings(max_examples=max(4, settings().max_examples // 12))
"""Large frames are slow in the reference."""


@given(batches(), crowds())
def test_formulas_over_rows_groups_and_subjects_are_the_same_on_both_roads(
    batch: Pruned, crowd: Crowd
):
    tables = random_tables(batch.ruleset, BATCH_PERIOD, crowd)
    assert differences_if_answered(batch.ruleset, tables, BATCH_PERIOD) == []


@pytest.mark.parametrize("subjects", [3, LARGE], ids=["few subjects", "as many subjects as rows"])
@FEW
@given(batch=batches(size=3), seed=st.integers(0, 2**32), unknown=st.sampled_from((0.0, 0.15, 0.5)))
def test_formulas_over_large_frames_are_the_same_on_both_roads(
    subjects: int, batch: Pruned, seed: int, unknown: float
):
    crowd = Crowd(seed, subjects, LARGE, unknown, wide=False)
    tables = random_tables(batch.ruleset, BATCH_PERIOD, crowd)
    assert differences_if_answered(batch.ruleset, tables, BATCH_PERIOD) == []
