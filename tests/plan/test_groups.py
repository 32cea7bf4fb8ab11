import pytest
from tests.properties.comparing import ENGINES, Engine, plan_answers, stored_history, stored_tables
from tests.reference.group_cases import CASES, YEARS, GroupCase

from kpi_engine.plan.compiling import compile_ruleset

every_case = pytest.mark.parametrize("case", [*CASES, *YEARS], ids=lambda case: case.claim)


@pytest.mark.parametrize("engine", ENGINES)
@every_case
def test_a_group_is_computed_as_by_hand(case: GroupCase, engine: Engine):
    example = case.example
    plan = compile_ruleset(example.ruleset)
    frames, history = (
        stored_tables(example.ruleset, example.tables),
        stored_history(plan, example.history),
    )
    answers = plan_answers(plan, frames, example.period, engine, history)
    found = {str(key[-1]): row["metric.m"] for key, row in answers.items() if "metric.m" in row}
    assert found == case.values
