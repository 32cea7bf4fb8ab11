"""The systems that the project answers to: each has its ruleset, and none guesses its weights."""

import re
from pathlib import Path

import pytest
import yaml

import kpi_engine as ke

SHIPPED = Path(__file__).parents[2] / "rulesets"
FILES = sorted(file for file in SHIPPED.rglob("*.yaml") if not file.name.endswith(".test.yaml"))
SOURCE_BY_FILE = {
    file: str(yaml.safe_load(file.read_text("utf-8")).get("source", "")) for file in FILES
}
# how agents are routed (000-H) and two reports of analysts (003-10, 003-13) assess nobody
SYSTEMS = [
    *(f"000-{letter}" for letter in "ABCDEFG"),
    *("001-A", "001-B", "002-A", "002-B", "002-C", "004-A", "004-B"),
    *(f"003-{number:02}" for number in range(1, 18) if number not in {10, 13}),
    *(f"003-T{number}" for number in range(1, 14)),
]
UNWEIGHTED = [
    file for file in FILES if re.search(r"(?m)^  \w+_weight: required", file.read_text("utf-8"))
]


def test_the_inventory_has_42_systems():
    assert len(SYSTEMS) == 42


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_system_has_a_ruleset_that_names_it_as_its_source(system):
    named = rf"(?<![\w-]){system}(?!\w)"
    files = [file for file, source in SOURCE_BY_FILE.items() if re.search(named, source)]
    assert [file for file in files if ke.load(file).score is not None]


@pytest.mark.parametrize("file", UNWEIGHTED, ids=lambda file: file.stem)
def test_a_system_without_weights_refuses_to_run_before_a_shop_gives_them(file):
    ruleset = ke.load(file)
    assert ke.check(file, ignore=["K71"]).diagnostics == ()
    with pytest.raises(ke.RulesetError, match="_weight"):
        ke.compile(ruleset)


@pytest.mark.parametrize("file", UNWEIGHTED, ids=lambda file: file.stem)
def test_weights_that_do_not_add_up_are_refused(file):
    required = [param.name for param in ke.load(file).params.values() if param.value is None]
    weights = [name for name in required if name.endswith("_weight")]
    with pytest.raises(ke.RulesetError, match="add up to"):
        ke.load(file, params=dict.fromkeys(weights, "3"))
