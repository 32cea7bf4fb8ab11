from dataclasses import replace

import pytest
from tests.properties.comparing import Engine, differences
from tests.properties.mutants import MUTANTS, Mutant
from tests.properties.pinned import PERIOD

from kpi_engine.ruleset.forms import check_budget

every_mutant = pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.fault)


@every_mutant
def test_without_its_fault_an_example_is_answered_alike(mutant: Mutant):
    assert differences(mutant.example.ruleset, mutant.example.tables, PERIOD) == []


@pytest.mark.parametrize("engine", ["streaming", "in-memory"])
@every_mutant
def test_a_fault_is_caught_by_its_example(
    mutant: Mutant, engine: Engine, monkeypatch: pytest.MonkeyPatch
):
    mutant.inject(monkeypatch)
    forms, _ = check_budget(mutant.example.ruleset)
    faulty = replace(mutant.example.ruleset, forms=forms)
    assert differences(faulty, mutant.example.tables, PERIOD, [engine]) != []


def test_no_fault_is_listed_twice():
    faults = [mutant.fault for mutant in MUTANTS]
    assert len(faults) == len(set(faults)) >= 12
