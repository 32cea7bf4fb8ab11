import json
from pathlib import Path

import pytest
from tests.cli.test_commands import called, changed, codes

import kpi_engine as ke

BASE = """\
ruleset: base
zone: Asia/Shanghai
currency: CNY
subject: {from: agents, key: [shop_id, agent_id]}
params:
  rate: required
  fast: 60
tables:
  agents:
    key: [shop_id, agent_id]
    columns: {shop_id: text, agent_id: text, wage: money}
  chats:
    key: chat_id
    dated: asked_at
    columns: {chat_id: text, shop_id: text, agent_id: text, asked_at: datetime, wait: int}
metrics:
  quick: {from: chats, value: share(wait <= fast)}
score:
  items:
    quick: {points: 100 * quick, empty: 50}
pay:
  lines:
    wage: wage * rate
    bonus: {of: score, from 60: 100 CNY, else: 0 CNY}
"""
NORTH = """\
fleet: north
shops:
  S1: shops/S1
  S2: {extends: base, params: {rate: 110%}}
  "*": {extends: base, params: params.csv}
"""
AGENTS = """\
shop_id,agent_id,wage
S1,小李,2000.00
S2,小王,1000.00
S3,小李,1500.00
S3,小张,1500.00
"""
CHATS = """\
chat_id,shop_id,agent_id,asked_at,wait
c1,S1,小李,2026-10-05 09:00,30
c2,S2,小王,2026-10-05 09:00,90
c3,S3,小李,2026-10-05 09:00,30
"""
FILES = {
    "base.yaml": BASE,
    "north.yaml": NORTH,
    "params.csv": "shop_id,rate,fast\nS3,80%,20\n",
    "shops/S1.yaml": "ruleset: maple/presales\nextends: ../base\nparams: {rate: 100%}\n",
    "data/agents.csv": AGENTS,
    "data/chats.csv": CHATS,
}
RUN = ("run", "north.yaml", "--data", "data", "--period", "2026-10", "--out", "out")


@pytest.fixture(autouse=True)
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a working folder with a fleet of three shops in three forms, and their tables."""
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")


def test_a_run_of_a_fleet_counts_its_shops_and_shows_its_groups():
    result = called(*RUN, status=0)
    assert result.stderr == ""
    assert result.stdout == (
        "north for 2026-10: 3 shops in 1 group, 4 subjects, written to out\n"
        "first shop  base  zone           shops  subjects           pay\n"
        "S1          base  Asia/Shanghai      3         4  5,600.00 CNY\n"
        "no row rejected, no pay held back\n"
    )


def test_a_run_of_a_fleet_in_json_is_its_counts():
    document = json.loads(called(*RUN, "--format", "json", status=0).stdout)
    assert document == {
        "out": "out",
        "fleet": "north",
        "period": "2026-10",
        "shops": 3,
        "groups": 1,
        "not_run": 0,
        "nobody": 0,
        "subjects": 4,
        "rejects": 0,
        "held": 0,
        "result_hash": ke.read_fleet_results("out").receipt["result_hash"],
    }


def test_a_shop_with_a_mistake_is_told_and_the_others_are_written():
    Path("shops/S2.yaml").write_text("ruleset: oak\nextends: ../base\nparams: {rat: 3%}\n")
    result = called("run", "shops", *RUN[2:], status=1)
    assert result.stderr == (
        "shops/S2.yaml:3:10: error[K602]: the param `rat` is new here and nothing reads it, a "
        "param of a parent was expected\n"
        "   3 | params: {rat: 3%}\n"
        "     |          ^^^\n"
        "   = base.yaml:6:3: `rate` is here\n"
        "   = help: did you mean `rate`?\n"
        "\n"
        "note[K661]: no shop that is run is named by 3 rows of `agents`: left out\n"
        "\n"
        "note[K661]: no shop that is run is named by 2 rows of `chats`: left out\n"
    )
    first, *_, not_run, caution = result.stdout.splitlines()
    assert first == "shops for 2026-10: 1 shop in 1 group, 1 subject, written to out"
    assert (not_run, caution) == ("1 shop not run: S2", "no row rejected, no pay held back")
    assert ke.read_fleet_results("out").subjects["pay"].to_list() == [210000]


def test_a_fleet_none_of_whose_shops_can_be_run_could_not_run():
    Path("shops/S1.yaml").write_text("ruleset: oak\nextends: ../base\nparams: {rat: 3%}\n")
    result = called("run", "shops", *RUN[2:], "--format", "json", status=2)
    assert (result.stdout, codes(result.stderr)) == ("", ["K602"])
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [("params.csv", "prams.csv", "K101"), ("S1: shops", "S3: shops", "K652")],
)
def test_a_mistake_in_the_list_of_shops_is_told_and_what_is_sure_is_run(old, new, code):
    changed("north.yaml", old, new)
    result = called(*RUN, "--format", "json", status=1)
    assert code in codes(result.stderr)
    results = ke.read_fleet_results("out")
    assert "S2" in results.receipt["shops"]
    assert "S3" not in results.receipt["shops"]
    assert code in {note["code"] for note in results.receipt["notes"]}
    assert ke.verify("out").verdict == "verified"


def test_no_more_than_ten_groups_are_shown():
    for number in range(2, 14):
        text = "ruleset: s\nextends: ../base\nparams: {rate: 1%}\npay: {lines: {more: 1 CNY}}\n"
        zone = f"zone: Etc/GMT+{number - 1}\n"
        Path(f"shops/S{number}.yaml").write_text(text + zone)
    names = [f"S{number}" for number in range(1, 14)]
    agents = "".join(f"{name},小李,1.00\n" for name in names)
    Path("data/agents.csv").write_text("shop_id,agent_id,wage\n" + agents, "utf-8")
    chats = "".join(f"{name},{name},小李,2026-10-05 09:00,9\n" for name in names)
    Path("data/chats.csv").write_text("chat_id,shop_id,agent_id,asked_at,wait\n" + chats, "utf-8")
    lines = called("run", "shops", *RUN[2:], status=0).stdout.splitlines()
    assert lines[0] == "shops for 2026-10: 13 shops in 13 groups, 13 subjects, written to out"
    assert len(lines) == 14
    assert lines[-2:] == ["and 3 smaller groups", "no row rejected, no pay held back"]


def test_the_accounts_of_a_fleet_are_those_of_its_groups():
    lines = called(*RUN, "--accounting", status=0).stdout.splitlines()
    assert "3 shops of one plan, first S1" in lines
    assert [line.split()[:2] for line in lines if line.startswith("chats")] == [["chats", "3"]]
    document = json.loads(called(*RUN, "--accounting", "--format", "json", status=0).stdout)
    (group,) = document["accounting"]
    assert group["shops"] == ["S1", "S2", "S3"]
    assert group["accounting"]["tables"]["chats"]["accepted"] == 3


def test_a_subject_of_a_fleet_is_explained_by_the_rules_of_its_shop():
    called(*RUN, status=0)
    result = called("explain", "out", "--subject", "shop_id=S3,agent_id=小张", status=0)
    lines = [line.rstrip() for line in result.stdout.splitlines()]
    assert lines[0] == "shop_id S3, agent_id 小张: north/S3 for 2026-10"
    assert "wage   1200.00 CNY  wage * rate  [rate = 80%]  base.yaml:23" in lines


def test_everybody_of_a_fleet_is_explained_shop_by_shop():
    called(*RUN, status=0)
    text = called("explain", "out", status=0).stdout
    assert [line for line in text.splitlines() if line.startswith("shop_id")] == [
        "shop_id S1, agent_id 小李: maple/presales for 2026-10",
        "shop_id S2, agent_id 小王: north/S2 for 2026-10",
        "shop_id S3, agent_id 小张: north/S3 for 2026-10",
        "shop_id S3, agent_id 小李: north/S3 for 2026-10",
    ]
    documents = called("explain", "out", "--format", "json", status=0).stdout.splitlines()
    pay = [json.loads(document)["pay"]["amount"] for document in documents]
    assert pay == [210000, 110000, 120000, 120000]


@pytest.mark.parametrize(
    ("subject", "code"),
    [
        ("小张", "K668"),
        ("agent_id=小张", "K668"),
        ("shop_id=S8,agent_id=小张", "K666"),
        ("shop_id=S1,agent_id=小张", "K540"),
        ("shop_id=S4,agent_id=小张", "K667"),
        ("shop_id=S5,agent_id=小张", "K669"),
    ],
)
def test_a_subject_that_a_fleet_does_not_have_is_refused(subject, code):
    shops = '  S4: {extends: nowhere}\n  S5: {extends: base, zone: UTC, params: {rate: 1%}}\n  "*"'
    Path("north.yaml").write_text(NORTH.replace('  "*"', shops))
    called(*RUN, status=1)
    result = called("explain", "out", "--subject", subject, "--format", "json", status=2)
    assert (result.stdout, codes(result.stderr)) == ("", [code])


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "{}"),
        ("explain-plan", "{}"),
        ("lock", "{}"),
        ("evidence", "{}", *RUN[2:6], "--subject", "小张", "--metric", "quick"),
    ],
)
def test_what_is_asked_of_one_ruleset_is_refused_of_a_fleet(arguments):
    for name, code in (("north.yaml", "K657"), ("shops", "K102")):
        words = [word.format(name) for word in arguments]
        result = called(*words, "--format", "json", status=2)
        assert (result.stdout, codes(result.stderr)) == ("", [code])


CLOSE = ("close", "out", "--ledger", "pay.ledger")


def test_a_fleet_is_closed_in_counts_not_in_a_line_a_shop():
    called(*RUN, status=0)
    first = called(*CLOSE, status=0)
    assert first.stderr == ""
    assert first.stdout == (
        "north for 2026-10: 8 lines of 4 subjects in 3 shops, 5,600.00 CNY in all, entered into "
        "pay.ledger as closings 1 to 3\n"
    )
    again = called(*CLOSE, status=0).stdout
    assert again == "north for 2026-10: nothing to enter, pay.ledger is unchanged\n"
    changed("data/agents.csv", "S2,小王,1000.00", "S2,小王,1000.10")
    changed("north.yaml", '  "*"', '  S4: {extends: base, params: {rate: 1%}}\n  "*"')
    Path("data/agents.csv").write_text(
        Path("data/agents.csv").read_text("utf-8") + "S4,小赵,100.00\n", "utf-8"
    )
    called(*RUN, status=0)
    document = json.loads(called(*CLOSE, "--format", "json", status=0).stdout)
    assert document == {
        "ledger": "pay.ledger",
        "fleet": "north",
        "period": "2026-10",
        "closings": [4, 5],
        "shops": 2,
        "unchanged": 2,
        "subjects": 2,
        "lines": 2,
        "adjustments": 1,
        "amounts": {"CNY": 111},
        "held": 0,
        "not_run": 0,
    }


def test_the_shops_of_a_fleet_that_ledgers_know_already_are_counted():
    called(*RUN, status=0)
    called(*CLOSE, status=0)
    changed("data/agents.csv", "S2,小王,1000.00", "S2,小王,1000.10")
    called(*RUN, status=0)
    assert called(*CLOSE, status=0).stdout == (
        "north for 2026-10: 1 adjustment of 1 subject in 1 shop, 0.11 CNY in all, entered into "
        "pay.ledger as closing 4; 2 shops unchanged\n"
    )


def test_a_fleet_with_a_shop_that_was_not_run_is_closed_with_a_finding():
    changed("north.yaml", "{rate: 110%}", "{rat: 110%}")
    called(*RUN, status=1)
    result = called(*CLOSE, status=1)
    assert result.stderr == (
        "warning[K476]: 1 shop not run, not closed: S2\n"
        "   = help: mend their rulesets, run again and close again\n"
    )
    assert "6 lines of 3 subjects in 2 shops" in result.stdout


def test_a_fleet_is_verified_from_its_receipt():
    called(*RUN, status=0)
    digest = ke.read_fleet_results("out").receipt["result_hash"]
    result = called("verify", "out", status=0)
    assert (result.stdout, result.stderr) == (f"out: verified, the run gives {digest} again\n", "")
    changed("params.csv", "S3,80%", "S3,81%")
    result = called("verify", "out", status=1)
    assert result.stdout == "out: differs\n"
    lines = [
        line.partition(": its hash is")[0] for line in filter(None, result.stderr.splitlines())
    ]
    assert lines == [
        "error[K670]: of the shop `S3` the layer `params.csv` is not the one of the receipt",
        "   = help: bring back the text that was run, or run it anew",
        "error[K671]: of the shop `S3` the param `rate` is 81%, the receipt says 80%",
        "error[K675]: the run gives other results of the shop `S3`",
        "   = help: S3: 2 subjects differ, first shop_id S3, agent_id 小张 in `line.wage`, `pay`",
    ]


def test_shops_that_share_a_file_are_run_with_a_warning_and_not_closed():
    changed("north.yaml", "S2: {extends: base, params: {rate: 110%}}", "S2: shops/S1")
    result = called(*RUN, status=0)
    assert result.stderr == (
        "warning[K676]: several shops have a ruleset of the name `maple/presales`: S1, S2\n"
        "   = help: give each of them a name of its own: their pay cannot be closed so\n"
    )
    result = called(*CLOSE, "--format", "json", status=2)
    assert (result.stdout, codes(result.stderr)) == ("", ["K475"])
    assert not Path("pay.ledger").exists()
