import json
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree as ET

import polars as pl
import pytest
from rich.cells import cell_len
from typer.testing import CliRunner, Result

import kpi_engine as ke
from kpi_engine.cli.commands import app

RUN = ("run", "shop.yaml", "--data", "data", "--period", "2026-10", "--out", "out")
pytestmark = pytest.mark.usefixtures("folder")

DIAGNOSTIC_KEYS = [
    "code",
    "severity",
    "message",
    "file",
    "line",
    "column",
    "end_line",
    "end_column",
    "help",
    "related",
]


def called(*arguments: str, status: int, stdin: str | None = None) -> Result:
    """Return what a command says, after checking its status and that nothing was raised."""
    result = CliRunner().invoke(app, list(arguments), input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == status, result.output
    return result


def codes(stderr: str) -> list[str]:
    """Return the codes of diagnostics in JSON lines."""
    documents = [json.loads(line) for line in stderr.splitlines()]
    assert all(list(document) == DIAGNOSTIC_KEYS for document in documents)
    return [document["code"] for document in documents]


def refused(*arguments: str) -> list[str]:
    """Return the codes with which a command is refused, having written nothing."""
    result = called(*arguments, "--format", "json", status=2)
    assert result.stdout == ""
    assert not Path("out").exists()
    return codes(result.stderr)


def changed(path: str, old: str, new: str) -> None:
    """Replace the only place of a text in a file."""
    text = Path(path).read_text("utf-8")
    assert text.count(old) == 1, text
    Path(path).write_text(text.replace(old, new), "utf-8")


def test_check_of_a_sound_ruleset_is_clean():
    result = called("check", ".", "--ignore", "K7", status=0)
    assert (result.stdout, result.stderr) == ("no findings; 3 warnings, 4 notes ignored\n", "")


def test_check_reports_every_mistake_with_its_place():
    changed("shop.yaml", "share(in_time)", "share(in_tmie)")
    changed("shop.yaml", "asked > 1", "asked > 1 CNY")
    result = called("check", "shop.yaml", status=1)
    assert result.stdout == "2 errors\n"
    assert result.stderr == (
        "shop.yaml:30:36: error[K220]: unknown name `in_tmie`\n"
        "   30 |   响应率: {from: rounds, value: share(in_tmie), min_rows: 2}\n"
        "      |                                       ^^^^^^^\n"
        "   = help: did you mean `in_time`?\n"
        "\n"
        "shop.yaml:36:21: error[K233]: a number is compared with an amount of money, two values of "
        "one unit were expected\n"
        "   36 |   diligent: default(asked > 1 CNY, false)\n"
        "      |                     ^^^^^^^^^^^^^\n"
    )


def test_check_in_json_is_one_diagnostic_a_line():
    changed("shop.yaml", "share(in_time)", "share(in_tmie)")
    result = called("check", "shop.yaml", "--format", "json", status=1)
    assert result.stderr == ""
    assert json.loads(result.stdout) == {
        "code": "K220",
        "severity": "error",
        "message": "unknown name `in_tmie`",
        "file": "shop.yaml",
        "line": 30,
        "column": 36,
        "end_line": 30,
        "end_column": 43,
        "help": "did you mean `in_time`?",
        "related": [],
    }


def test_check_writes_an_annotation_for_each_finding():
    changed("shop.yaml", "share(in_time)", "share(in_tmie)")
    result = called("check", ".", "--format", "github", status=1)
    assert result.stderr == ""
    assert result.stdout == (
        "::error file=shop.yaml,line=30,col=36,endLine=30,endColumn=43,title=K220"
        "::unknown name `in_tmie`%0Ahelp: did you mean `in_time`?\n"
    )


def test_check_writes_a_log_and_a_report_alone_to_stdout():
    changed("shop.yaml", "share(in_time)", "share(in_tmie)")
    result = called("check", ".", "--format", "sarif", status=1)
    (run,) = json.loads(result.stdout)["runs"]
    assert (result.stderr, [each["ruleId"] for each in run["results"]]) == ("", ["K220"])
    assert run["tool"]["driver"]["version"] == ke.__version__
    result = called("check", ".", "--format", "junit", status=1)
    cases = ET.fromstring(result.stdout).findall("testsuite/testcase")
    assert (result.stderr, [case.get("name") for case in cases]) == (
        "",
        ["shop.test.yaml", "shop.yaml"],
    )


@pytest.mark.parametrize("form", ["text", "json", "github", "sarif", "junit"])
@pytest.mark.parametrize(
    ("path", "status"), [("shop.yaml", 0), ("broken.yaml", 1), ("missing.yaml", 2), ("*.yml", 2)]
)
def test_the_status_of_a_check_is_the_same_in_every_format(form, path, status):
    text = Path("shop.yaml").read_text("utf-8")
    Path("broken.yaml").write_text(text.replace("share(in_time)", "share(in_tmie)"), "utf-8")
    called("check", path, "--format", form, status=status)


def test_notes_leave_a_check_clean():
    changed("shop.yaml", "'attain(asked, 4)', weight: 40}", "'attain(asked, 4)'}")
    result = called("check", "shop.yaml", "--ignore", "K7", "--format", "json", status=0)
    assert codes(result.stdout) == ["K386"]


@pytest.mark.parametrize("command", ["check", "test"])
def test_a_path_that_is_not_there_could_not_run(command):
    result = called(command, "missing.yaml", status=2)
    assert "`missing.yaml` cannot be read: no such file or directory" in result.stderr


def test_a_folder_without_rulesets_could_not_be_checked():
    assert codes(called("check", "data", "--format", "json", status=2).stdout) == ["K501"]


def test_tests_that_pass_are_clean():
    changed("shop.test.yaml", "params: {bonus: 50 CNY}\n", "")
    result = called("test", "shop.test.yaml", status=0)
    assert (result.stdout, result.stderr) == ("6 cases passed\n", "")


def test_a_test_that_fails_is_a_finding():
    changed("shop.test.yaml", "pay: 1050.00 CNY", "pay: 1050.01 CNY")
    result = called("test", ".", status=1)
    assert result.stdout == "5 cases passed, 1 failed\n"
    assert "`pay` of `小李` is `1050.00 CNY`, `1050.01 CNY` was expected" in result.stderr
    result = called("test", ".", "--format", "json", status=1)
    assert json.loads(result.stdout) == {"passed": 5, "failed": 1}
    assert codes(result.stderr) == ["K530"]


def test_finding_no_case_is_a_failure():
    result = called("test", "data", "--format", "json", status=1)
    assert codes(result.stderr) == ["K502"]


def test_a_run_writes_four_files_and_says_who_is_best():
    result = called(*RUN, status=0)
    assert result.stderr == ""
    assert result.stdout == (
        "shop for 2026-10: 3 subjects, written to out\n"
        "shop_id  agent_id  score  pay in CNY  mostly from\n"
        "S1       小李      79.74    1,644.80  "
        "volume +40.00, service/speed +26.67, service/pace +13.07\n"
        "S1       小王      51.94      569.40  "
        "service/speed +20.00, volume +20.00, service/pace +11.94\n"
        "S2       小王      30.00      300.00  volume +30.00\n"
        "no row rejected, no pay held back\n"
    )
    files = {path.name for path in Path("out").iterdir()}
    assert files == {"subjects.parquet", "lines.parquet", "rejects.parquet", "receipt.json"}


def test_a_run_in_json_is_one_document():
    result = called(*RUN, "--format", "json", "--accounting", status=0)
    document = json.loads(result.stdout)
    receipt = json.loads(Path("out/receipt.json").read_text("utf-8"))
    assert document.pop("accounting") == receipt["accounting"]
    assert document == {
        "out": "out",
        "ruleset": "shop",
        "period": "2026-10",
        "subjects": 3,
        "rejects": 0,
        "held": 0,
        "result_hash": receipt["result_hash"],
    }


def test_rejected_rows_are_a_finding():
    changed("data/rounds.csv", "11,S2,小王,2026-10-05 09:00,,", "11,S2,小王,yesterday,soon,")
    result = called(*RUN, status=1)
    assert result.stdout.splitlines()[-1] == "1 row rejected (not_a_number 1, not_a_time 1)"
    assert pl.read_parquet("out/rejects.parquet").height == 2


def test_pay_that_is_held_back_is_a_finding():
    changed("data/agents.csv", "小李,2000.00", "小李,")
    result = called(*RUN, status=1)
    assert result.stdout.splitlines()[-1] == "the pay of 1 subject held back: S1 小李"
    assert "held" in next(line for line in result.stdout.splitlines() if "小李" in line)


def test_of_many_whose_pay_is_held_back_the_first_are_named():
    rows = "".join(f"S3,A{number},,22\n" for number in range(1202))
    changed("data/agents.csv", "S2,小王,1000.00,22\n", rows)
    assert called(*RUN, status=1).stdout.splitlines()[-1] == (
        "the pay of 1,202 subjects held back: S3 A0, S3 A1, S3 A10, S3 A100, S3 A1000, 1,197 more"
    )


def test_the_accounting_is_printed_on_request():
    result = called(*RUN, "--accounting", status=0)
    lines = [line.split() for line in result.stdout.splitlines()]
    words = ["in_window", "outside", "undated", "accepted", "rejected", "dropped"]
    assert ["tables", *words] in lines
    assert ["rounds", "12", "0", "0", "12", "0", "orders", "1"] in lines
    assert [
        "metrics",
        "accepted",
        "used",
        "filtered",
        "unknown",
        "no_subject",
        "filtered_by",
    ] in lines
    assert ["响应率", "12", "11", "1", "0", "0", "orders", "1"] in lines


def test_the_columns_of_the_accounting_stand_in_line_below_names_of_any_script():
    result = called(*RUN, "--accounting", status=0)
    header, *rows = result.stdout.split("metrics  ")[1].splitlines()
    # a Chinese character is two cells wide
    end = cell_len("metrics  " + header[: header.index("accepted")] + "accepted")
    counts = {row.split()[0]: row.split()[1] for row in rows}
    assert set(counts) == {"响应率", "asked", "waited", "busiest", "first_day"}
    for row in rows:
        name, count = row.split()[:2]
        assert cell_len(row[: row.index(count, len(name)) + len(count)]) == end


def test_the_accounting_in_json_is_that_of_the_receipt():
    document = json.loads(called(*RUN, "--accounting", "--format", "json", status=0).stdout)
    assert document["accounting"]["tables"]["rounds"]["dropped"] == {"orders": 1}
    assert document["accounting"]["metrics"]["响应率"]["filtered_by"] == {"orders": 1}


def test_a_run_says_what_is_not_final_and_from_which_day_on_it_is():
    changed("shop.yaml", "min_rows: 2}", "min_rows: 2, settles: 3 days}")
    assert called(*RUN, status=0).stderr == ""
    early = called(*RUN, "--as-of", "2026-11-03", status=0)
    assert early.stderr == (
        "note[K439]: provisional as of 2026-11-03T00:00:00+08:00, since rows may still come in: "
        "`响应率`, `grade`\n"
        "   = help: final in a run as of 2026-11-04 or later\n"
    )
    receipt = json.loads(Path("out/receipt.json").read_text("utf-8"))
    assert receipt["provisional"] == ["响应率", "grade"]
    assert receipt["as_of"] == "2026-11-03T00:00:00+08:00"
    shown = called("explain", "out", "--subject", "小李", status=0).stdout
    assert "rows may still come in: share(in_time)" in shown
    assert called(*RUN, "--as-of", "2026-11-04", status=0).stderr == ""


def test_rows_after_the_look_are_not_counted():
    result = called(*RUN, "--as-of", "2026-10-05", "--format", "json", status=2)
    assert codes(result.stderr) == ["K438"]
    result = called(*RUN, "--as-of", "2026-10-06", "--format", "json", status=0)
    assert codes(result.stderr) == ["K439"]


def test_a_plan_is_explained_in_the_order_it_runs():
    result = called("explain-plan", "shop.yaml", status=0)
    assert result.stdout == ke.describe_plan(ke.compile(ke.load("shop.yaml")))
    lines = [line for line in result.stdout.splitlines() if not line.startswith(" ")]
    assert lines[0] == "plan of shop, days of Asia/Shanghai"
    tables = [line.split()[1] for line in lines if line.startswith("table ")]
    assert tables == ["agents", "rounds", "days"]


def test_a_plan_in_json_is_its_lines():
    result = called("explain-plan", "shop.yaml", "--format", "json", status=0)
    document = json.loads(result.stdout)
    assert document["ruleset"] == "shop"
    assert (
        "\n".join(document["plan"]) + "\n" == called("explain-plan", "shop.yaml", status=0).stdout
    )


def test_a_plan_of_a_broken_ruleset_is_refused():
    changed("shop.yaml", "currency: CNY", "currency: CNX")
    assert refused("explain-plan", "shop.yaml") == ["K307"]


def test_a_run_replaces_its_own_results_and_nothing_else():
    called(*RUN, status=0)
    called(*RUN, status=0)
    Path("out/mine.txt").touch()
    result = called(*RUN, "--format", "json", status=2)
    assert codes(result.stderr) == ["K450"]
    assert Path("out/mine.txt").exists()


@pytest.mark.parametrize(
    ("path", "old", "new", "code"),
    [
        ("shop.yaml", "zone: Asia/Shanghai", "zone: Asia/Shangai", "K306"),
        ("shop.yaml", "bonus: 50 CNY", "bonus: required", "K316"),
        ("shop.yaml", "currency: CNY", "currency: *c", "K110"),
        ("data/agents.csv", "agent_id", "agent", "K420"),
        ("data/agents.csv", "S1,小王", "S1,小李", "K432"),
    ],
    ids=["zone", "required", "alias", "column", "subject twice"],
)
def test_what_is_wrong_prevents_the_run(path, old, new, code):
    changed(path, old, new)
    assert refused(*RUN) == [code]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("ruleset: shop\n", "ruleset: shop\ncurrency: CNY\n", "K115"),
        ("zone: Asia/Shanghai\n", "", "K302"),
        ("currency: CNY", "currency: &c CNY", "K111"),
        ("currency: CNY", "currency: !text CNY", "K112"),
        ("currency: CNY", "<<: {currency: CNY}", "K113"),
        ("pay:\n", "---\npay:\n", "K114"),
        ("optional money, days: int = 22}", "optional money, days: no}", "K119"),
        ("metrics:\n", "metrics:\n\tx: 1\n", "K107"),
        ("currency: CNY", "currency: CNY\u2028", "K106"),
        ("ruleset: shop", "ruleset: shop\nnote: " + "[" * 40 + "]" * 40, None),
        ("'attain(asked, 4)'", "attain(asked, 4)", None),
        ("weight: 60", "weight: 0", "K387"),
        ("ruleset: shop", "ruleset: shop\nnote: " + "x" * (1 << 20), "K104"),
    ],
    ids=[
        *("duplicate key", "no zone", "anchor", "tag", "merge key", "second document"),
        *("ambiguous word", "tab", "line separator", "depth", "comma in braces"),
        *("weight of zero", "size"),
    ],
)
def test_a_broken_ruleset_is_refused_alike_by_check_and_run(old, new, code):
    changed("shop.yaml", old, new)
    found = refused(*RUN)
    assert code is None or code in found
    assert codes(called("check", "shop.yaml", "--format", "json", status=1).stdout) == found


def test_a_ruleset_that_is_not_utf8_is_refused():
    Path("shop.yaml").write_bytes(Path("shop.yaml").read_text("utf-8").encode("gb18030"))
    assert refused(*RUN) == ["K103"]


def test_an_unknown_label_is_a_rejected_row():
    changed("data/rounds.csv", ",order", ",oder")
    result = called(*RUN, status=1)
    assert result.stdout.splitlines()[-1] == "1 row rejected (unknown_label 1)"


def test_an_empty_table_is_a_note():
    text = Path("shop.yaml").read_text("utf-8")
    table = "  fines:\n    key: fine_id\n    dated: on\n    columns: {fine_id: text, shop_id: text, agent_id: text, on: date}\n"
    text = text.replace(
        "metrics:\n", f"{table}metrics:\n  fined: {{from: fines, value: count()}}\n"
    )
    Path("shop.yaml").write_text(
        text.replace("on: date", "day_of: date").replace("dated: on", "dated: day_of"), "utf-8"
    )
    Path("data/fines.csv").write_text("fine_id,shop_id,agent_id,day_of\n", "utf-8")
    result = called(*RUN, status=0)
    assert result.stderr == "note[K436]: the table `fines` has no row in 2026-10\n"


def test_a_missing_ruleset_prevents_the_run():
    assert refused("run", "no.yaml", *RUN[2:]) == ["K101"]


def test_a_missing_folder_prevents_the_run():
    assert refused(*RUN[:3], "nowhere", *RUN[4:]) == ["K401"]


def test_a_missing_table_prevents_the_run():
    Path("data/rounds.csv").unlink()
    assert refused(*RUN) == ["K402"]


def test_a_wrong_kind_of_column_prevents_the_run():
    rounds = pl.read_csv("data/rounds.csv").with_columns(asked_at=pl.lit(1.5))
    Path("data/rounds.csv").unlink()
    rounds.write_parquet("data/rounds.parquet")
    assert "K421" in refused(*RUN)


def test_an_empty_roster_prevents_the_run():
    header = Path("data/agents.csv").read_text("utf-8").splitlines()[0]
    Path("data/agents.csv").write_text(header + "\n", "utf-8")
    assert refused(*RUN) == ["K430"]


def test_a_period_without_a_row_prevents_the_run():
    assert refused(*RUN[:5], "2025-01", *RUN[6:]) == ["K431"]


@pytest.mark.parametrize("period", ["2026-13", "October", ""])
def test_a_period_that_is_none_prevents_the_run(period):
    assert refused(*RUN[:5], period, *RUN[6:]) == ["K434"]


def test_a_time_without_a_zone_prevents_the_run():
    assert refused(*RUN, "--as-of", "2026-11-01 00:00") == ["K435"]


def test_an_option_that_is_missing_could_not_run():
    result = called("run", "shop.yaml", status=2)
    assert "Missing option" in result.stderr


def test_an_explanation_adds_up_in_text_and_json():
    called(*RUN, status=0)
    result = called("explain", "out", "--subject", "shop_id=S1,agent_id=小李", status=0)
    assert result.stdout.splitlines()[0] == "shop_id S1, agent_id 小李: shop for 2026-10"
    assert "bonus if default(响应率 >= goal, false) else 0 CNY" in result.stdout
    assert "shop.yaml:52" in result.stdout
    json_ = called("explain", "out", "--subject", "小李", "--format", "json", status=0)
    document = json.loads(json_.stdout)
    lines = document["pay"]["lines"]
    assert sum(line["amount"] for line in lines) == document["pay"]["amount"]
    score = document["score"]
    parts = [item["contribution"] for item in score["items"] if item["contribution"]]
    parts += [step["change"] for step in score["steps"]] + [score["limits"], score["rounding"]]
    assert sum(map(Fraction, parts)) == Fraction(score["value"])


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("out", "--subject", "小刘"), "K540"),
        (("out", "--subject", "小王"), "K541"),
        (("out", "--subject", "shop=S1"), "K542"),
        (("nowhere", "--subject", "小李"), "K452"),
        (("data", "--subject", "小李"), "K452"),
    ],
)
def test_what_cannot_be_explained_is_refused(arguments, code):
    called(*RUN, status=0)
    result = called("explain", *arguments, "--format", "json", status=2)
    assert result.stdout == ""
    assert codes(result.stderr) == [code]


def test_a_result_that_was_changed_is_not_explained():
    called(*RUN, status=0)
    subjects = pl.read_parquet("out/subjects.parquet")
    subjects.with_columns(pay=pl.col("pay") + 1).write_parquet("out/subjects.parquet")
    result = called("explain", "out", "--subject", "小李", "--format", "json", status=2)
    assert codes(result.stderr) == ["K453"]


CLOSE = ("close", "out", "--ledger", "pay.ledger")


def test_a_run_is_closed_once_and_later_adjusted():
    called(*RUN, status=0)
    first = called(*CLOSE, status=0)
    assert (first.stdout, first.stderr) == (
        "shop for 2026-10: 9 lines of 3 subjects, 2,514.20 CNY in all, entered into pay.ledger as closing 1\n",
        "",
    )
    again = called(*CLOSE, status=0)
    assert again.stdout == "shop for 2026-10: nothing to enter, pay.ledger is unchanged\n"
    changed("data/agents.csv", "小李,2000.00", "小李,2000.01")
    called(*RUN, status=0)
    document = json.loads(called(*CLOSE, "--format", "json", status=0).stdout)
    assert document == {
        "ledger": "pay.ledger",
        "ruleset": "shop",
        "period": "2026-10",
        "closing": 2,
        "kind": "adjustment",
        "subjects": 1,
        "entries": 1,
        "amount": 1,
        "currency": "CNY",
        "held": 0,
    }


def test_pay_that_is_held_back_is_counted_and_nobody_named():
    changed("data/agents.csv", "小李,2000.00", "小李,")
    called(*RUN, status=1)
    result = called(*CLOSE, status=1)
    assert result.stderr == (
        "warning[K474]: the pay of 1 subject is held back: not closed\n"
        "   = help: find out what is unknown, run again and close again\n"
    )
    assert "小李" not in result.stdout + result.stderr


def test_a_ledger_is_exported():
    called(*RUN, status=0)
    called(*CLOSE, status=0)
    result = called("ledger", "export", "pay.ledger", "--out", "pay.parquet", status=0)
    assert result.stdout == "9 entries written to pay.parquet\n"
    entries = pl.read_parquet("pay.parquet")
    assert entries.equals(ke.read_ledger("pay.ledger"))
    assert entries["amount"].sum() == 251420
    assert sorted(path.name for path in Path().glob("*pay*")) == ["pay.ledger", "pay.parquet"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("close", "nowhere", "--ledger", "pay.ledger"), "K452"),
        (("close", "out", "--ledger", "shop.yaml"), "K470"),
        (("close", "out", "--ledger", "no/such/pay.ledger"), "K471"),
        (("ledger", "export", "pay.ledger", "--out", "pay.parquet"), "K471"),
        (("ledger", "export", "shop.yaml", "--out", "pay.parquet"), "K470"),
    ],
)
def test_what_cannot_be_closed_or_exported_is_refused(arguments, code):
    called(*RUN, status=0)
    result = called(*arguments, "--format", "json", status=2)
    assert result.stdout == ""
    assert codes(result.stderr) == [code]
    assert sorted(path.name for path in Path().glob("*pay*")) == []


def test_a_ledger_is_not_exported_over_a_folder():
    called(*RUN, status=0)
    called(*CLOSE, status=0)
    result = called("ledger", "export", "pay.ledger", "--out", "data", status=2)
    assert result.stderr.startswith("error[K451]: `data` cannot be written: ")
    assert not list(Path().glob(".data*"))


def test_a_result_is_verified_from_its_receipt():
    called(*RUN, status=0)
    digest = ke.read_results("out").receipt["result_hash"]
    result = called("verify", "out", status=0)
    assert (result.stdout, result.stderr) == (f"out: verified, the run gives {digest} again\n", "")
    Path("data").rename("archive")
    document = json.loads(
        called("verify", "out", "--data", "archive", "--format", "json", status=0).stdout
    )
    assert document == {"out": "out", "verdict": "verified", "result_hash": digest}


def test_a_result_that_is_not_the_same_again_is_a_finding():
    called(*RUN, status=0)
    changed("data/agents.csv", "小李,2000.00", "小李,2000.01")
    result = called("verify", "out", status=1)
    assert result.stdout == "out: differs\n"
    first, help_, second, more = filter(None, result.stderr.splitlines())
    assert first.startswith(
        "error[K481]: the file of the table `agents`, `data/agents.csv`, is not the one of the receipt"
    )
    assert help_ == "   = help: give the folder of the files that were run: `--data`"
    assert second.startswith("error[K485]: the run gives another result: its hash is ")
    assert (
        more
        == "   = help: 1 subject differs, first shop_id S1, agent_id 小李 in `line.base`, `pay`"
    )


def test_a_result_that_cannot_be_run_again_could_not_be_verified():
    called(*RUN, status=0)
    Path("data/agents.csv").unlink()
    result = called("verify", "out", status=2)
    assert result.stdout == "out: could not be run again\n"
    assert result.stderr.startswith("error[K405]: `data/agents.csv`, given as the table `agents`")
    refused_ = called("verify", "data", "--format", "json", status=2)
    assert (refused_.stdout, codes(refused_.stderr)) == ("", ["K452"])


def test_a_sample_says_what_it_wrote():
    arguments = ("sample", "made", "--messages", "300", "--seed", "5", "--dirty", "0.1")
    document = json.loads(called(*arguments, "--format", "json", status=0).stdout)
    assert document["folder"] == "made"
    assert document["rows"]["messages"] >= 300
    assert sum(entry["rows"] for entry in document["bad_rows"]) > 0
    text = called(*arguments, status=0).stdout.splitlines()
    assert text[0].split() == ["table", "rows", "bad", "rows"]
    assert text[-1] == "written to made"


@pytest.mark.parametrize("wrong", [("--messages", "0"), ("--dirty", "1.5"), ("--seed", "-1")])
def test_a_sample_of_impossible_size_is_refused(wrong):
    options = {"--messages": "10", "--seed": "1", **dict([wrong])}
    called("sample", "made", *(part for option in options.items() for part in option), status=2)
    assert not Path("made").exists()


def test_a_sample_cannot_replace_a_file():
    result = called("sample", "shop.yaml", "--messages", "9", "--seed", "1", status=2)
    assert result.stderr.startswith("error[K451]: `shop.yaml` cannot be written: ")


def test_the_version_is_printed():
    assert called("--version", status=0).stdout == f"kpi-engine {ke.__version__}\n"


EVIDENCE = ("evidence", "shop.yaml", "--data", "data", "--period", "2026-10", "--metric")


def test_evidence_shows_rows_their_verdicts_and_the_sum():
    arguments = (*EVIDENCE, "响应率", "--subject", "小李")
    lines = called(*arguments, status=0).stdout.splitlines()
    assert lines[0] == "shop_id S1, agent_id 小李: 响应率 of shop for 2026-10"
    assert lines[2] == "响应率: share(in_time)  shop.yaml:30"
    names = ["round_id", "asked_at", "wait", "kind", "in_time", "verdict", "filtered_by"]
    assert lines[3].split() == [*names, "numerator", "denominator"]
    assert lines[5].split() == [
        *("1", "2026-10-05", "09:00:00", "300", "question", "no", "used", "0", "1")
    ]
    assert "order" in lines[7]
    assert "filtered" in lines[7]
    assert lines[-2:] == [
        "7 rows of rounds: 6 used, 1 filtered (orders 1)",
        "响应率: 4 of 6 ≈ 66.67%",
    ]


def test_evidence_in_json_has_every_row():
    arguments = (*EVIDENCE, "pace", "--subject", "小李", "--format", "json")
    document = json.loads(called(*arguments, status=0).stdout)
    assert document["rule"]["text"] == "waited / 60"
    (part,) = document["metrics"]
    assert (part["metric"], part["table"], part["kind"]) == ("waited", "rounds", "number")
    assert sum(row["numerator"] or 0 for row in part["rows"]) == part["num"]
    assert sum(row["denominator"] or 0 for row in part["rows"]) == part["den"]
    assert part["filtered_by"] == {"orders": 1, "where": 1}
    assert part["rows"][0]["wait"] == "60.000000"
    assert part["rows"][0]["asked_at"] == "2026-10-05T01:00:00+00:00"


def test_long_evidence_is_cut_short_but_in_a_file(folder):
    rounds = pl.read_csv(folder / "data/rounds.csv", infer_schema=False)
    ids = [str(number) for number in range(1000, 1100)]
    more = rounds.head(1).drop("round_id").join(pl.DataFrame({"round_id": ids}), how="cross")
    pl.concat([rounds, more.select(rounds.columns)]).write_csv(folder / "data/rounds.csv")
    arguments = (*EVIDENCE, "asked", "--subject", "小李", "--out", "asked.parquet")
    lines = called(*arguments, status=0).stdout.splitlines()
    assert lines[-4:] == [
        "… and 67 more rows, `--out` writes them all",
        "107 rows of rounds: 106 used, 1 filtered (orders 1)",
        "asked = 106",
        "written to asked.parquet",
    ]
    assert pl.read_parquet("asked.parquet").height == 107


def test_columns_of_evidence_stand_below_one_another_whatever_their_script():
    changed("data/rounds.csv", "11,S2,小王", "十一,S2,小王")
    arguments = (*EVIDENCE, "asked", "--subject", "shop_id=S2,agent_id=小王")
    lines = called(*arguments, status=0).stdout.splitlines()
    rows = [line for line in lines if "2026-10-05" in line]
    assert len(rows) == 3
    assert len({cell_len(line[: line.index("2026-10-05")]) for line in rows}) == 1


@pytest.mark.parametrize(
    ("metric", "more", "code"),
    [
        ("asekd", ("--subject", "小李"), "K547"),
        ("asked", ("--subject", "小刘"), "K546"),
        ("asked", ("--subject", "小王"), "K541"),
        ("asked", ("--subject", "小李", "--out", "asked.txt"), "K549"),
        ("asked", ("--subject", "小李", "--as-of", "tomorrow"), "K435"),
    ],
)
def test_evidence_that_cannot_be_found_is_refused(metric, more, code):
    assert refused(*EVIDENCE, metric, *more) == [code]


def test_rule_prints_the_page_of_a_code():
    assert called("rule", "K220", status=0).stdout == ke.describe_code("K220")


def test_an_unknown_code_could_not_run():
    result = called("rule", "K22", status=2)
    assert result.stdout == ""
    assert result.stderr == (
        "error[K551]: `K22` is no code, one like `K220` was expected\n"
        "   = help: did you mean `K220`?\n"
    )


def test_what_a_check_leaves_out_is_counted():
    changed("shop.yaml", "share(in_time)", "share(in_tmie)")
    changed("shop.yaml", "'attain(asked, 4)', weight: 40}", "'attain(asked, 4)'}")
    result = called("check", "shop.yaml", "--select", "K386", "--ignore", "K6,K341", status=1)
    assert result.stdout == "1 note; 1 error not selected\n"
    changed("shop.yaml", "share(in_tmie)", "share(in_time)")
    result = called("check", "shop.yaml", "--ignore", "K386,K7", status=0)
    assert (result.stdout, result.stderr) == ("no findings; 3 warnings, 5 notes ignored\n", "")


@pytest.mark.parametrize("form", ["json", "github", "sarif", "junit"])
def test_errors_that_were_not_selected_are_told_beside_every_format(form):
    changed("shop.yaml", "share(in_time)", "share(in_tmie)")
    result = called("check", "shop.yaml", "--select", "K6", "--format", form, status=1)
    assert "K220" not in result.stdout
    assert result.stderr == "no findings; 1 error not selected\n"


def test_a_check_with_a_code_that_makes_no_sense_could_not_run():
    result = called("check", "shop.yaml", "--ignore", "K220", "--format", "json", status=2)
    assert (result.stdout, codes(result.stderr)) == ("", ["K552"])


def test_a_check_of_changes_outside_a_repository_could_not_run(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    result = called("check", ".", "--changed-since", "main", status=2)
    assert result.stdout == ""
    assert result.stderr.startswith(
        "error[K553]: what has changed cannot be told: the working folder is in no repository\n"
    )


@pytest.mark.parametrize("kind", ["ruleset", "test"])
def test_schema_prints_the_schema_of_rulesets_or_of_tests(kind):
    assert json.loads(called("schema", kind, status=0).stdout) == ke.json_schema(kind)
    assert called("schema", "nothing", status=2).stdout == ""
