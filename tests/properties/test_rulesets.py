from hypothesis import given, settings
from hypothesis import strategies as st
from tests.properties.answering import differences_if_answered
from tests.properties.rulesets import Example, rulesets
from tests.properties.tables import LARGE, Crowd, crowds, random_tables

MANY = settings(max_examples=2 * settings().max_examples)
FEW = settings(max_examples=max(4, settings().max_examples // 8))
"""Large frames are slow in the reference."""


@MANY
@given(rulesets(), crowds())
def test_every_value_and_account_of_a_ruleset_is_the_same_on_both_roads(
    example: Example, crowd: Crowd
):
    ruleset = example.pruned.ruleset
    tables = random_tables(ruleset, example.period, crowd)
    assert differences_if_answered(ruleset, tables, example.period) == []


@FEW
@given(rulesets(), st.integers(0, 2**32), st.sampled_from((5, LARGE)))
def test_a_ruleset_over_large_frames_is_the_same_on_both_roads(
    example: Example, seed: int, subjects: int
):
    ruleset = example.pruned.ruleset
    tables = random_tables(ruleset, example.period, Crowd(seed, subjects, LARGE, 0.2, wide=False))
    assert differences_if_answered(ruleset, tables, example.period) == []
