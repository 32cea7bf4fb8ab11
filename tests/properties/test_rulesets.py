from hypothesis import given, settings
from hypothesis import strategies as st
from tests.properties.answering import differences_if_answered
from tests.properties.rulesets import Example, rulesets
from tests.properties.tables import LARGE, Crowd, crowds, random_history, random_tables

from kpi_engine.ruleset.across import names_of_history

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
    history = random_history(ruleset, example.period, crowd, names_of_history(ruleset))
    assert differences_if_answered(ruleset, tables, example.period, history) == []


@given(rulesets(of_groups=True), crowds())
def test_what_is_said_of_groups_is_the_same_on_both_roads(example: Example, crowd: Crowd):
    ruleset = example.pruned.ruleset
    tables = random_tables(ruleset, example.period, crowd)
    history = random_history(ruleset, example.period, crowd, names_of_history(ruleset))
    assert differences_if_answered(ruleset, tables, example.period, history) == []


@FEW
@given(rulesets() | rulesets(of_groups=True), st.integers(0, 2**32), st.sampled_from((5, LARGE)))
def test_a_ruleset_over_large_frames_is_the_same_on_both_roads(
    example: Example, seed: int, subjects: int
):
    ruleset = example.pruned.ruleset
    crowd = Crowd(seed, subjects, LARGE, 0.2, wide=False)
    tables = random_tables(ruleset, example.period, crowd)
    history = random_history(ruleset, example.period, crowd, names_of_history(ruleset))
    assert differences_if_answered(ruleset, tables, example.period, history) == []
