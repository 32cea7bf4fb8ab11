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
def test_show_of_parts_shows_them_alone():
    shown = called("show", "maple.yaml", "metrics.响应率.min_rows", "params.bonus", status=0).stdout
    base = Path("shop.yaml").read_text("utf-8").splitlines()
    bonus, least = (
        next(number for number, line in enumerate(base, 1) if words in line)
        for words in ("bonus:", "响应率: {from")
    )
    assert shown == (
        "params:\n"
        f"  bonus: 80 CNY  maple.yaml:3, overrides 50 CNY in shop.yaml:{bonus}\n"
        "metrics:\n"
        "  响应率:\n"
        f"    min_rows: 5  maple.yaml:5, overrides 2 in shop.yaml:{least}\n"
    )


@pytest.mark.usefixtures("maple")
def test_show_of_a_part_that_is_not_there_could_not_run():
    result = called("show", "maple.yaml", "params.bonus", "param", "wages", status=2)
    assert result.stdout == ""
    assert result.stderr == (
        "error[K640]: `枫叶` has nothing under `param`, "
        "a part like `params` or `score.items` was expected\n"
        "   = help: did you mean `params`?\n"
        "\n"
        "error[K640]: `枫叶` has nothing under `wages`, "
        "a part like `params` or `score.items` was expected\n"
    )


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


def lockable(*arguments: str, status: int) -> str:
    return called("lock", "oak.yaml", *arguments, status=status).stdout


def test_lock_shows_what_would_change_before_it_changes(folder: Path):
    base = folder / "shop.yaml"
    base.write_text(base.read_text("utf-8") + "version: 1\n", "utf-8")
    (folder / "oak.yaml").write_text("ruleset: oak\nextends: shop@1\n", "utf-8")
    assert lockable(status=0) == ("shop@1: shop.yaml into .lock/shop@1\n.lock/shop@1 written\n")
    assert lockable("--update", status=0) == "shop@1: locked in .lock/shop@1, nothing changes\n"
    base.write_text(base.read_text("utf-8").replace("50 CNY", "70 CNY"), "utf-8")
    result = called("lock", "oak.yaml", "--format", "json", status=2)
    assert codes(result.stderr) == ["K622"]
    changes = lockable("--update", status=1).splitlines()
    assert changes[0] == "shop@1: 1 value in force would change"
    assert changes[1].startswith("  params.bonus: 50 CNY (.lock/shop@1/1-shop.yaml:")
    assert ") -> 70 CNY (shop.yaml:" in changes[1]
    assert called("check", "oak.yaml", status=1).stdout == "1 error\n"
    assert lockable("--update", "--yes", status=0).endswith("\n.lock/shop@1 written\n")
    assert called("check", ".", status=0).stdout == "no findings\n"


def test_lock_in_json_names_every_change(folder: Path):
    base = folder / "shop.yaml"
    base.write_text(base.read_text("utf-8") + "version: 1\n", "utf-8")
    (folder / "oak.yaml").write_text("ruleset: oak\nextends: shop@1\n", "utf-8")
    assert json.loads(lockable("--format", "json", status=0))["standing"] == "new"
    base.write_text(base.read_text("utf-8").replace("50 CNY", "70 CNY"), "utf-8")
    document = json.loads(lockable("--update", "--format", "json", status=1))
    assert (document["standing"], document["written"]) == ("changed", False)
    (change,) = document["changes"]
    assert (change["path"], change["after"]["text"]) == ("params.bonus", "70 CNY")
