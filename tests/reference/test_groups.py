import pytest
from tests.reference.group_cases import CASES, YEARS, GroupCase

from kpi_engine.reference.judging import judge


@pytest.mark.parametrize("case", [*CASES, *YEARS], ids=lambda case: case.claim)
def test_a_group_is_judged_as_by_hand(case: GroupCase):
    example = case.example
    judgement = judge(example.ruleset, example.tables, example.period, history=example.history)
    found = {str(key[-1]): slip.metrics["m"].value for key, slip in judgement.subjects.items()}
    assert found == case.values
