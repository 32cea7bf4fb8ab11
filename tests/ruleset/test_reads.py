"""The tables a ruleset reads, without a plan: those that its plan reads."""

from pathlib import Path

import pytest
from tests.ruleset.shop import HEAD, METRICS, TABLES, loaded

from kpi_engine.plan.compiling import compile_ruleset
from kpi_engine.ruleset.loading import load_ruleset
from kpi_engine.ruleset.params import missing_params
from kpi_engine.ruleset.reads import inputs_of_score, inputs_read

ROOT = Path(__file__).parents[2]
FILES = sorted(
    file
    for folder in (ROOT / "rulesets", ROOT / "tests/rulesets")
    for file in folder.rglob("*.yaml")
    if not file.name.endswith(".test.yaml")
)
SCORE = "score: {empty: skip, items: {volume: {points: 'attain(orders_paid, 9)'}}}\n"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_the_inputs_are_those_of_the_plan(file):
    ruleset, _ = load_ruleset(file)
    assert ruleset is not None
    read = inputs_read(ruleset)
    assert set(inputs_of_score(ruleset)) <= set(read)
    if not missing_params(ruleset):
        assert sorted(read) == sorted(compile_ruleset(ruleset).inputs)


def test_a_required_param_hides_no_table():
    given = loaded(HEAD + TABLES + METRICS + SCORE)
    text = (HEAD + TABLES + METRICS + SCORE).replace("params:\n", "params:\n  aim: required\n")
    waiting = loaded(text.replace("attain(orders_paid, 9)", "attain(orders_paid, aim)"))
    assert inputs_read(waiting) == inputs_read(given) == ("agents", "orders")


def test_what_pay_alone_reads_decides_no_score():
    tables = TABLES + "  extras: {key: agent_id, columns: {agent_id: text, extra: money = 0 CNY}}\n"
    ruleset = loaded(HEAD + tables + METRICS + SCORE + "pay: {lines: {extra: extras.extra}}\n")
    assert inputs_read(ruleset) == ("agents", "orders", "extras")
    assert inputs_of_score(ruleset) == ("agents", "orders")


def test_a_table_that_nothing_asks_for_is_not_read():
    assert inputs_read(loaded(HEAD + TABLES + "pay: {lines: {wage: wage}}\n")) == ("agents",)
    assert inputs_of_score(loaded(HEAD + TABLES + METRICS)) == ()
