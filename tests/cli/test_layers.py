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


LAYERS = {
    "root": """\
ruleset: root
zone: UTC
currency: CNY
subject: {from: agents, key: agent_id}
params:
  bonus: 50 CNY
  limit: {of: day, else: 9 min, from 2025-01-01: 5 min}
tables:
  agents: {key: agent_id, columns: {agent_id: text, team: text, wage: money}}
  chats:
    key: chat_id
    dated: at
    columns: {chat_id: text, agent_id: text, at: datetime, replied: datetime}
""",
    "base": """\
ruleset: base
extends: root
params: {bonus: 60 CNY}
tables: {agents: {key: [agent_id, team]}}
metrics:
  in_time: {from: chats, value: share(replied - at <= limit)}
  slow: {from: chats, value: count(replied - at > limit)}
pay: {lines: {wage: wage, bonus: bonus, fine: 1 CNY}}
""",
    "maple": """\
ruleset: maple
extends: base
params:
  bonus: 80 CNY
  limit: {of: day, else: 9 min, from 2025-06-16: 3 min}
tables: {agents: {key: agent_id}}
metrics: {slow: null}
pay: {lines: {fine: null}}
""",
}


SHOWN = """\
params:
  bonus: 80 CNY                                          maple.yaml:4, overrides 60 CNY in base.yaml:3, which overrides 50 CNY in root.yaml:6
  limit: {of: day, else: 9 min, from 2025-06-16: 3 min}  maple.yaml:5, overrides {of: day, else: 9 min, from 2025-01-01: 5 min} in root.yaml:7
tables:
  agents:
    key: agent_id                                        maple.yaml:6, overrides [agent_id, team] in base.yaml:4, which overrides agent_id in root.yaml:9
metrics:
  in_time:
    from: chats                                          base.yaml:6
    value: share(replied - at <= limit)                  base.yaml:6
  slow: (removed)                                        maple.yaml:7, removes {from: chats, value: count(replied - at > limit)} in base.yaml:7
pay:
  lines:
    wage: wage                                           base.yaml:8
    bonus: bonus                                         base.yaml:8
    fine: (removed)                                      maple.yaml:8, removes 1 CNY in base.yaml:8
"""


def test_show_tells_of_three_layers_who_says_a_value_and_all_it_overrode(folder: Path):
    for name, text in LAYERS.items():
        (folder / f"{name}.yaml").write_text(text, "utf-8")
    parts = ("params", "tables.agents.key", "metrics", "pay")
    assert called("show", "maple.yaml", *parts, status=0).stdout == SHOWN


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
    assert called("check", ".", "--ignore", "K7", status=0).stdout.startswith("no findings;")


def test_a_base_changed_under_its_pin_stops_everything_until_the_update(folder: Path):
    base = folder / "shop.yaml"
    base.write_text(base.read_text("utf-8") + "version: 1\n", "utf-8")
    (folder / "north.yaml").write_text("ruleset: north\nversion: 3\nextends: shop\n", "utf-8")
    (folder / "oak.yaml").write_text("ruleset: oak\nextends: north@3\n", "utf-8")
    lockable(status=0)
    base.write_text(base.read_text("utf-8").replace("50 CNY", "70 CNY"), "utf-8")
    words = (
        "oak.yaml:2:10: error[K622]: `north` has changed since its version `3` was locked: "
        "`shop.yaml` is another text\n"
        "   2 | extends: north@3\n"
        "     |          ^^^^^^^\n"
        "   = help: `kpi-engine lock --update oak.yaml` shows what would change\n"
    )
    run = ("run", "oak.yaml", "--data", "data", "--period", "2026-10", "--out", "out")
    for arguments, status in (
        (("check", "oak.yaml"), 1),
        (run, 2),
        (("show", "oak.yaml"), 2),
        (("lock", "oak.yaml"), 2),
    ):
        assert called(*arguments, status=status).stderr == words
    assert not (folder / "out").exists()
    assert "50 CNY" in (folder / ".lock/north@3/2-shop.yaml").read_text("utf-8")
    lockable("--update", "--yes", status=0)
    assert called("check", "oak.yaml", status=0).stderr == ""
    called(*run, status=0)


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
