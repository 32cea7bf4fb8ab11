"""The thirteen weighted tables of the seed: as printed, with the defects they were printed with."""

import json
import re
from fractions import Fraction
from pathlib import Path

import pytest
import yaml

import kpi_engine as ke

SEED = Path(__file__).parents[2] / "rulesets" / "seed"
# table -> [item, weight, [[indicator, weight, target]]]; what was printed empty is null
PRINTED = json.loads(Path(__file__).with_name("seed_tables.json").read_text("utf-8"))
FILE_BY_TABLE = {
    table: file
    for table in PRINTED
    for file in SEED.glob(f"{table.lower()}_*.yaml")
    if not file.name.endswith(".test.yaml")
}
# the block whose weights do not add up, their sum and what the item weighs
DEFECT_BY_TABLE = {
    "T2": ("promotion", 50, 40),
    "T3": ("operations", 40, 30),
    "T4": ("behaviour", 20, 30),
    "T5": ("conversion", 50, 60),
    "T6": ("operating_data", 85, 75),
    "T7": ("results", 80, 70),
    "T12": ("use", 10, 20),
}
CLEAN = ["T8", "T9", "T10", "T11", "T13"]


def without_repair(table: str, folder: Path) -> Path:
    """Return a copy of a table's ruleset whose line that repairs the weights is taken out."""
    text = FILE_BY_TABLE[table].read_text("utf-8")
    copy = folder / "printed.yaml"
    copy.write_text(re.sub(r"(?m)^ *rescale:.*\n", "", text), "utf-8")
    return copy


@pytest.mark.parametrize("table", PRINTED)
def test_names_weights_and_targets_are_the_printed_ones(table):
    document = yaml.safe_load(FILE_BY_TABLE[table].read_text("utf-8"))
    assert document["source"].startswith(f"003-{table}")
    written = list(document["score"]["items"].values())
    assert len(written) == len(PRINTED[table])
    for item, (name, weight, indicators) in zip(written, PRINTED[table], strict=True):
        assert item["title"]["zh"] == name
        if "items" in item:
            assert item["weight"] == weight
            leaves = list(item["items"].values())
            assert [leaf["title"]["zh"] for leaf in leaves] == [each[0] for each in indicators]
        else:
            leaves = [item]
            assert [each[0] for each in indicators] in ([name], [None])
        assert [leaf.get("weight") for leaf in leaves] == [each[1] for each in indicators]
        assert [str(leaf["printed"]) for leaf in leaves] == [each[2] for each in indicators]


@pytest.mark.parametrize("table", DEFECT_BY_TABLE)
def test_as_printed_a_wrong_sum_is_an_error_that_names_its_block(table, tmp_path):
    block, total, expected = DEFECT_BY_TABLE[table]
    (finding,) = ke.check(without_repair(table, tmp_path)).diagnostics
    assert (finding.code, finding.severity) == ("K384", "error")
    assert finding.message == (
        f"the weights of `{block}` add up to {total}, {expected} (points of the whole) or 100 "
        "(per cent of the item) was expected; `rescale:` with a reason brings them there"
    )


@pytest.mark.parametrize("table", DEFECT_BY_TABLE)
def test_the_repair_is_recorded_and_keeps_the_proportions(table):
    block, total, expected = DEFECT_BY_TABLE[table]
    (finding,) = ke.check(FILE_BY_TABLE[table]).diagnostics
    assert (finding.code, finding.severity) == ("K393", "note")
    rescaled = f"the weights of `{block}` add up to {total} and are rescaled to {expected}: "
    assert finding.message.startswith(rescaled)
    printed = {name: indicators for name, _, indicators in PRINTED[table]}
    document = yaml.safe_load(FILE_BY_TABLE[table].read_text("utf-8"))
    indicators = printed[document["score"]["items"][block]["title"]["zh"]]
    score = ke.load(FILE_BY_TABLE[table]).score
    assert score is not None
    (item,) = [item for item in score.items if item.path == block]
    assert item.weight == Fraction(expected, 100)
    assert [child.weight for child in item.children] == [
        Fraction(weight, total) for _, weight, _ in indicators
    ]


def test_the_missing_weight_of_the_first_table_is_inferred_and_said(tmp_path):
    (finding,) = ke.check(without_repair("T1", tmp_path)).diagnostics
    assert (finding.code, finding.severity) == ("K386", "note")
    assert finding.message == "the weight of `sales` is inferred: 30"


@pytest.mark.parametrize("table", CLEAN)
def test_a_table_without_a_defect_is_checked_without_a_finding(table):
    assert "rescale:" not in FILE_BY_TABLE[table].read_text("utf-8")
    assert ke.check(FILE_BY_TABLE[table], ignore=["K71"]).diagnostics == ()


def test_every_table_is_shipped_and_said_to_be_whole_or_not():
    assert list(FILE_BY_TABLE) == [f"T{number}" for number in range(1, 14)]
    assert {"T1", *DEFECT_BY_TABLE, *CLEAN} == set(PRINTED)
