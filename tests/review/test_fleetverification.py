import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.cli.test_fleets import FILES

import kpi_engine as ke

PERIOD = "2026-10"


@pytest.fixture(autouse=True)
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a working folder with a fleet of four shops in all its forms, and their tables."""
    monkeypatch.chdir(tmp_path)
    files = FILES | {
        "params.csv": "shop_id,rate,fast\nS3,80%,20\nS4,70%,\n",
        "data/agents.csv": FILES["data/agents.csv"] + "S4,小赵,100.00\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")


def run(place: str = "north.yaml", **more: Any) -> ke.FleetResults:
    plan = ke.compile_fleet(ke.load_fleet(place))
    results = ke.run_fleet(plan, "data", period=PERIOD, **more)
    ke.write_results(results, "out")
    return results


def changed(path: str, old: str, new: str) -> None:
    text = Path(path).read_text("utf-8")
    assert text.count(old) == 1, text
    Path(path).write_text(text.replace(old, new), "utf-8")


def said(verification: ke.Verification) -> list[tuple[str, str]]:
    """Return the codes of differences, and their sentences without hashes."""
    return [
        (found.code, found.message.partition(": its hash is")[0])
        for found in verification.diagnostics
    ]


@pytest.mark.parametrize("as_of", [None, "2026-10-20", "2026-10-20T09:00:00+09:00"])
def test_a_fleet_is_verified_from_its_receipt_alone(as_of):
    changed("north.yaml", "{rate: 110%}}", "{rate: 110%}, zone: America/New_York}")
    results = run(as_of=as_of)
    assert len(results.receipt["groups"]) == 2
    expected = results.receipt["result_hash"]
    assert ke.verify("out") == ke.Verification("verified", expected, ())


def test_a_folder_of_shops_is_found_again():
    results = run("shops")
    assert (results.receipt["file"], results.receipt["folder"]) == (None, "shops")
    assert ke.verify("out").verdict == "verified"
    Path("shops").rename("stores")
    verification = ke.verify("out")
    assert (verification.verdict, verification.result_hash) == ("could_not_run", None)
    assert said(verification) == [("K101", "`shops` cannot be read: no such file or directory")]


def test_a_changed_file_of_a_shop_is_named_with_the_shop():
    run()
    changed("shops/S1.yaml", "rate: 100%", "rate: 99%")
    verification = ke.verify("out")
    assert verification.verdict == "differs"
    assert said(verification) == [
        ("K670", "of the shop `S1` the layer `shops/S1.yaml` is not the one of the receipt"),
        ("K671", "of the shop `S1` the param `rate` is 99%, the receipt says 100%"),
        ("K675", "the run gives other results of the shop `S1`"),
    ]
    assert verification.diagnostics[-1].help == (
        "S1: 1 subject differs, first shop_id S1, agent_id 小李 in `line.wage`, `pay`"
    )


def test_a_changed_row_of_a_table_of_params_is_named_with_its_shop():
    run()
    changed("params.csv", "S4,70%", "S4,71%")
    assert said(ke.verify("out")) == [
        ("K670", "of 2 shops (S3, S4) the layer `params.csv` is not the one of the receipt"),
        ("K671", "of the shop `S4` the param `rate` is 71%, the receipt says 70%"),
        ("K675", "the run gives other results of the shop `S4`"),
    ]


def test_a_changed_row_of_a_parquet_table_of_params_is_named_with_its_shop():
    changed("north.yaml", "params.csv", "params.parquet")
    params = pl.DataFrame({"shop_id": ["S3", "S4"], "rate": ["80%", "70%"]})
    params.write_parquet("params.parquet")
    run()
    assert ke.verify("out").verdict == "verified"
    params.with_columns(rate=pl.Series(["80%", "71%"])).write_parquet("params.parquet")
    assert said(ke.verify("out")) == [
        ("K670", "of the shop `S4` the layer `params.parquet row 2` is not the one of the receipt"),
        ("K671", "of the shop `S4` the param `rate` is 71%, the receipt says 70%"),
        ("K675", "the run gives other results of the shop `S4`"),
    ]


def test_a_shop_on_the_spot_is_named_and_the_changed_file_of_the_fleet_once():
    run()
    changed("north.yaml", "110%", "120%")
    assert said(ke.verify("out")) == [
        ("K480", "the layer `north.yaml` is not the one of the receipt"),
        ("K671", "of the shop `S2` the param `rate` is 120%, the receipt says 110%"),
        ("K675", "the run gives other results of the shop `S2`"),
    ]


def test_a_changed_base_is_told_once_with_the_shops_that_read_it():
    run()
    changed("base.yaml", "fast: 60", "fast: 61")
    verification = ke.verify("out")
    assert verification.verdict == "differs"
    assert said(verification) == [
        (
            "K670",
            "of 4 shops (S1, S2, S3, S4) the layer `base.yaml` is not the one of the receipt",
        ),
        ("K671", "of 3 shops (S1, S2, S4) the param `fast` is 61, the receipt says 60"),
    ]


def test_a_changed_input_is_named_and_so_is_the_shop_whose_results_it_changes():
    run()
    changed("data/chats.csv", "09:00,90", "09:00,9")
    verification = ke.verify("out")
    codes = [code for code, _ in said(verification)]
    assert codes == ["K481", "K675"]
    assert said(verification)[1][1] == "the run gives other results of the shop `S2`"
    Path("data/chats.csv").unlink()
    assert ke.verify("out").verdict == "could_not_run"


def test_inputs_that_have_moved_are_found_in_the_folder_that_is_given():
    run()
    Path("data").rename("archive")
    assert ke.verify("out").verdict == "could_not_run"
    assert ke.verify("out", "archive").verdict == "verified"


def test_shops_that_left_the_fleet_or_came_to_it_are_named():
    run()
    changed("params.csv", "S4,70%", "S5,70%")
    found = said(ke.verify("out"))
    assert ("K673", "not run now, and in the receipt: the shop `S4`") in found
    assert ("K674", "in the fleet now, and not in the receipt: the shop `S5`") in found


def test_a_shop_whose_ruleset_has_a_mistake_now_is_told_with_it():
    run()
    changed("shops/S1.yaml", "rate: 100%", "rat: 100%")
    found = said(ke.verify("out"))
    assert "K602" in {code for code, _ in found}
    assert ("K673", "not run now, and in the receipt: the shop `S1`") in found


def test_a_shop_that_could_not_be_run_then_is_no_difference_now():
    changed("shops/S1.yaml", "rate: 100%", "rat: 100%")
    run()
    assert ke.verify("out").verdict == "verified"


def test_files_that_were_changed_are_found_out():
    results = run()
    subjects = results.subjects.with_columns(pay=pl.col("pay") + 1)
    subjects.write_parquet("out/subjects.parquet")
    verification = ke.verify("out")
    assert (verification.verdict, said(verification)[0][0]) == ("differs", "K453")


def test_a_receipt_that_lies_about_a_shop_is_found_out():
    run()
    receipt = json.loads(Path("out/receipt.json").read_text("utf-8"))
    receipt["shops"]["S2"]["params"]["rate"] = "1%"
    Path("out/receipt.json").write_text(json.dumps(receipt), "utf-8")
    assert said(ke.verify("out")) == [
        ("K671", "of the shop `S2` the param `rate` is 110%, the receipt says 1%")
    ]


def test_frames_have_to_be_given_again():
    tables = {
        name: pl.read_csv(f"data/{name}.csv", infer_schema=False) for name in ("agents", "chats")
    }
    plan = ke.compile_fleet(ke.load_fleet("north.yaml"))
    ke.write_results(ke.run_fleet(plan, tables, period=PERIOD), "out")
    assert [code for code, _ in said(ke.verify("out"))] == ["K482", "K482"]
    assert ke.verify("out", tables).verdict == "verified"


def test_earlier_results_are_read_where_the_receipt_says():
    changed("base.yaml", "  quick: {from", "  before: default(previous.quick, 0)\n  quick: {from")
    run()
    Path("out").rename("earlier")
    later = Path("data/chats.csv").read_text("utf-8").replace("2026-10", "2026-11")
    Path("data/chats.csv").write_text(later, "utf-8")
    plan = ke.compile_fleet(ke.load_fleet("north.yaml"))
    results = ke.run_fleet(plan, "data", period="2026-11", history="earlier")
    ke.write_results(results, "out")
    assert ke.verify("out").verdict == "verified"
    Path("earlier").rename("moved")
    assert ke.verify("out").verdict == "could_not_run"
    assert ke.verify("out", history="moved").verdict == "verified"
