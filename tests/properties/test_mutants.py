from dataclasses import replace

import pytest
from tests.properties.comparing import Engine, differences
from tests.properties.dense import dense_rules, dense_tables, together
from tests.properties.faults_between_rows import (
    cut_by_fault,
    highest_agent_first,
    kept_on_road,
    latest_start,
    matched_by,
    matches,
    maximum_over_keys,
    on_the_road,
    preferring,
    run_over_keys,
    runs,
    tie_of_highest,
    tolerance_forgotten,
    unmatched_kept,
)
from tests.properties.mutants import MUTANTS, Mutant
from tests.properties.mutants_between_rows import MUTANTS_BETWEEN_ROWS
from tests.properties.mutants_of_groups import MUTANTS_OF_GROUPS
from tests.properties.pinned import PERIOD

from kpi_engine.ruleset.forms import check_budget

EVERY = (*MUTANTS, *MUTANTS_BETWEEN_ROWS, *MUTANTS_OF_GROUPS)
OF_CHATS = {
    "started last": preferring("chat.start_at"),
    "end of the window taken in": matched_by("lt", "le"),
    "start left out": matched_by("le", "lt"),
    "greatest key of equal ends": matches(highest_agent_first),
    "run that goes on in the next key": cut_by_fault(run_over_keys),
    "messages of one moment as they come": runs(lambda step: replace(step, order=step.order[:1])),
    "unmatched orders kept by every": unmatched_kept,
    "as-of join without the running maximum": on_the_road(latest_start),
    "as-of join of the greatest key at a tie": kept_on_road(tie_of_highest),
    "as-of join without the tolerance": kept_on_road(tolerance_forgotten),
    "running maximum that goes on in the next key": maximum_over_keys,
}
every_mutant = pytest.mark.parametrize("mutant", EVERY, ids=lambda mutant: mutant.fault)


@every_mutant
def test_without_its_fault_an_example_is_answered_alike(mutant: Mutant):
    example = mutant.example
    found = differences(example.ruleset, example.tables, PERIOD, history=example.history)
    assert found == []


@pytest.mark.parametrize("engine", ["streaming", "in-memory"])
@every_mutant
def test_a_fault_is_caught_by_its_example(
    mutant: Mutant, engine: Engine, monkeypatch: pytest.MonkeyPatch
):
    example = mutant.example
    mutant.inject(monkeypatch)
    forms, _ = check_budget(example.ruleset)
    faulty = replace(example.ruleset, forms=forms)
    assert differences(faulty, example.tables, PERIOD, [engine], example.history) != []


@pytest.mark.parametrize("fault", OF_CHATS)
def test_a_fault_in_whose_an_order_is_is_caught_by_dense_shops(
    fault: str, monkeypatch: pytest.MonkeyPatch
):
    tables = together([dense_tables(seed) for seed in range(16)])
    OF_CHATS[fault](monkeypatch)
    assert differences(dense_rules(), tables, PERIOD, ["in-memory"]) != []


def test_no_fault_is_listed_twice():
    faults = [mutant.fault for mutant in EVERY]
    assert len(faults) == len(set(faults)) >= 67
