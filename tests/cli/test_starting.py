"""Files to start from check clean, and pass, as they were written."""

import json
from pathlib import Path

import pytest
from tests.cli.test_commands import called, codes

import kpi_engine as ke

BASE = """\
ruleset: base
zone: Asia/Shanghai
currency: CNY
subject: {from: agents, key: agent_id}
params:
  bonus: required
  # Above the line
  limit:
    note: how long a reply may take
    of: day
    from 2025-01-01: 5 min
    from 2025-06-16: 3 min
  kind: "'gift'"      # behind the line
tables:
  agents: {key: agent_id, columns: {agent_id: text, wage: money, extra: text}}
pay:
  lines: {wage: wage, bonus: bonus if extra == kind else 0 CNY}
"""


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("base", ["taobao/presales", "shop", "jd/service", "examples/chinese"])
def test_a_shop_over_a_shipped_base_checks_clean(base):
    called("init", "shop", "--extends", base, "maple/枫叶", status=0)
    assert called("check", "maple", status=0).stderr == ""


def test_the_params_of_a_shop_change_nothing_once_they_are_uncommented():
    called("init", "shop", "--extends", "taobao/presales", "maple", status=0)
    path = Path("maple.yaml")
    head, commented = path.read_text("utf-8").split("#params:")
    path.write_text(head + "\n".join(("#params:" + commented).split("\n#"))[1:], "utf-8")
    base = ke.load("maple.yaml")
    values = {value.path: value for value in ke.show(path).values if value.path[0] == "params"}
    assert {value.said.file for value in values.values()} == {"maple.yaml"}
    assert all(value.said.text == value.overrides[0].text for value in values.values())
    assert base.notes == ()


def test_a_param_stands_with_its_meaning_its_unit_and_its_readers():
    called("init", "shop", "--extends", "taobao/presales", "maple", status=0)
    lines = Path("maple.yaml").read_text("utf-8").splitlines()
    index = lines.index("#  conversion_target: 45%")
    assert lines[index - 2 : index] == [
        "#  # of the inquiries end in a payment: a full mark",
        "#  # a ratio; read by `conversion` of the score",
    ]


def test_required_params_stand_uncommented():
    Path("base.yaml").write_text(BASE, "utf-8")
    called("init", "shop", "--extends", "base", "maple", status=0)
    text = Path("maple.yaml").read_text("utf-8")
    assert text.partition("params:\n")[2] == (
        "#  # read by `bonus` of the pay\n"
        "  bonus: required\n"
        "#  # how long a reply may take\n"
        "#  # Above the line\n"
        "#  # a duration, from each day on\n"
        "#  limit: {note: how long a reply may take, of: day, from 2025-01-01: 5 min, "
        "from 2025-06-16: 3 min}\n"
        "#  # behind the line\n"
        "#  # a text; read by `bonus` of the pay\n"
        "#  kind: \"'gift'\"\n"
    )
    assert called("check", "maple.yaml", status=0).stderr == ""


@pytest.mark.parametrize("name", ["maple", "north/maple", "枫叶"])
def test_a_ruleset_to_start_from_passes_its_test(name):
    called("init", "ruleset", name, status=0)
    found = called("check", ".", "--format", "json", status=0).stdout.splitlines()
    assert [json.loads(line)["code"] for line in found] == ["K710"]
    assert called("test", ".", status=0).stdout == "2 cases passed\n"


def test_init_in_json_names_the_files():
    result = called("init", "ruleset", "maple", "--format", "json", status=0)
    assert json.loads(result.stdout) == {"files": ["maple.yaml", "maple.test.yaml"]}
    result = called("init", "shop", "--extends", "maple", "oak", "--format", "json", status=0)
    assert json.loads(result.stdout) == {"files": ["oak.yaml"]}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("ruleset", "taken"), "K611"),
        (("shop", "--extends", "shop", "taken"), "K611"),
        (("ruleset", "../maple"), "K610"),
        (("ruleset", "a: b"), "K610"),
        (("shop", "--extends", "taobao/presale", "maple"), "K310"),
        (("shop", "--extends", "shop", "taken.yaml/maple"), "K610"),
    ],
)
def test_what_cannot_be_started_writes_nothing(arguments, code):
    Path("taken.yaml").write_text("kept", "utf-8")
    result = called("init", *arguments, "--format", "json", status=2)
    assert codes(result.stderr) == [code]
    assert [path.name for path in Path().rglob("*")] == ["taken.yaml"]
    assert Path("taken.yaml").read_text("utf-8") == "kept"
