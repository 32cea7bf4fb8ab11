"""What the command line says of layers."""

import json
from pathlib import Path

import pytest
from rich.cells import cell_len
from tests.cli.test_commands import called, codes

pytestmark = pytest.mark.usefixtures("folder")

SHOP = """\
ruleset: 枫叶
extends: shop
params: {bonus: 80 CNY}
metrics:
  响应率: {min_rows: 5, title: 三分钟响应率}
"""


@pytest.fixture
def maple(folder: Path) -> None:
    (folder / "maple.yaml").write_text(SHOP, "utf-8")


@pytest.mark.usefixtures("maple")
def test_show_names_the_place_of_a_value_and_what_it_overrode():
    lines = called("show", "maple.yaml", status=0).stdout.splitlines()
    (bonus,) = (line for line in lines if line.startswith("  bonus:"))
    words = " ".join(bonus.split())
    base = next(
        number
        for number, line in enumerate(Path("shop.yaml").read_text("utf-8").splitlines(), 1)
        if "bonus:" in line
    )
    assert words == f"bonus: 80 CNY maple.yaml:3, overrides 50 CNY in shop.yaml:{base}"


@pytest.mark.usefixtures("maple")
def test_show_keeps_its_column_beside_chinese_words():
    lines = called("show", "maple.yaml", status=0).stdout.splitlines()
    starts = {
        cell_len(line[: line.index("maple.yaml:")])
        for line in lines
        if "  maple.yaml:" in line and cell_len(line[: line.index("maple.yaml:")]) <= 62
    }
    assert len(starts) == 1


@pytest.mark.usefixtures("maple")
def test_show_in_json_is_one_document():
    document = json.loads(called("show", "maple.yaml", "--format", "json", status=0).stdout)
    assert (document["ruleset"], document["layers"][1]["path"]) == ("枫叶", "shop.yaml")
    (bonus,) = (value for value in document["values"] if value["path"] == "params.bonus")
    assert (bonus["text"], bonus["file"], bonus["line"]) == ("80 CNY", "maple.yaml", 3)
    assert bonus["overrides"][0]["text"] == "50 CNY"
    assert (bonus["standing"], bonus["shelved"]) == ("said", False)


def test_show_of_a_broken_ruleset_could_not_run():
    Path("maple.yaml").write_text("ruleset: maple\nextends: shpo\n", "utf-8")
    result = called("show", "maple.yaml", "--format", "json", status=2)
    assert (result.stdout, codes(result.stderr)) == ("", ["K310"])
