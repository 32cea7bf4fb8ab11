import json
import shutil
from pathlib import Path

import polars as pl
import pytest
from tests.execution.refunds import AGENTS, EARLY, LATE, SALES, Shop

from kpi_engine.execution.folders import read_results, write_results
from kpi_engine.execution.running import run, score
from kpi_engine.plan.compiling import compile_ruleset
from kpi_engine.plan.nodes import Plan
from kpi_engine.review.verification import Verification, verify
from kpi_engine.ruleset.loading import load_ruleset
from kpi_engine.text.errors import DataError


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def plan_of(shop: Shop) -> Plan:
    ruleset, _ = load_ruleset(shop.folder / "shop.yaml")
    assert ruleset is not None
    return compile_ruleset(ruleset)


def frames(shop: Shop) -> dict[str, pl.DataFrame]:
    names = ("agents", "sales", "refunds")
    return {
        name: pl.read_csv(shop.folder / f"data/{name}.csv", infer_schema=False) for name in names
    }


def codes(verification: Verification) -> list[str]:
    return [finding.code for finding in verification.diagnostics]


def amended(out: Path, **changes: object) -> None:
    """Write other values into a receipt."""
    receipt = json.loads((out / "receipt.json").read_text("utf-8"))
    (out / "receipt.json").write_text(json.dumps(receipt | changes), "utf-8")


def test_a_result_is_verified_from_its_receipt_alone(shop):
    out = shop.run()
    expected = read_results(out).receipt["result_hash"]
    assert verify(out) == Verification("verified", expected, ())


@pytest.mark.parametrize(
    "as_of", ["2026-11-10", "2026-11-15T09:00:00.000001Z", "2026-11-20T10:00:00+08:00"]
)
def test_it_is_run_at_the_moment_at_which_it_was_run(shop, as_of):
    shop.refunds(EARLY, *LATE)
    assert verify(shop.run(as_of)).verdict == "verified"


def test_it_is_run_with_the_params_that_were_given(shop):
    default = read_results(shop.run()).receipt["result_hash"]
    verification = verify(shop.run(rate="4%"))
    assert (verification.verdict, verification.diagnostics) == ("verified", ())
    assert verification.result_hash != default


def test_every_difference_is_told_at_once(shop):
    out = shop.run()
    amended(out, versions={"kpi_engine": "0.0", "polars": "0.1", "python": "3"})
    shop.ruleset(("rate: 3%", "rate: 4%"))
    shop.sales(*SALES[:2])
    shop.agents(*AGENTS[:2])
    verification = verify(out)
    assert verification.verdict == "differs"
    assert codes(verification) == ["K484", "K484", "K484", "K480", "K481", "K481", "K485"]
    assert [finding.message.partition(" is")[0] for finding in verification.diagnostics[3:6]] == [
        f"the layer `{shop.folder}/shop.yaml`",
        f"the file of the table `agents`, `{shop.folder}/data/agents.csv`,",
        f"the file of the table `sales`, `{shop.folder}/data/sales.csv`,",
    ]
    assert verification.diagnostics[-1].help == (
        "3 subjects differ, first shop_id S1, agent_id 小李 in `line.commission`, `line.clawback`, `pay`"
    )


def test_other_text_with_the_same_result_is_a_difference_all_the_same(shop):
    out = shop.run()
    shop.ruleset(("rate: 3%", "rate: 3.0%"))
    verification = verify(out)
    assert (verification.verdict, codes(verification)) == ("differs", ["K480"])
    assert verification.result_hash == read_results(out).receipt["result_hash"]


def test_another_version_alone_is_no_difference(shop):
    out = shop.run()
    versions = read_results(out).receipt["versions"]
    amended(out, versions=versions | {"polars": "2.0.9"})
    verification = verify(out)
    assert verification.verdict == "verified"
    assert [finding.message for finding in verification.diagnostics] == [
        f"the receipt is of polars 2.0.9, and this is polars {versions['polars']}"
    ]


def test_a_receipt_that_lies_about_the_result_is_found_out(shop):
    out = shop.run()
    amended(out, result_hash="0" * 64)
    verification = verify(out)
    assert (verification.verdict, codes(verification)) == ("differs", ["K453", "K485"])
    assert verification.diagnostics[-1].help is None


def test_files_that_were_changed_are_found_out(shop):
    out = shop.run()
    subjects = pl.read_parquet(out / "subjects.parquet")
    subjects.with_columns(pay=pl.col("pay") + 1).write_parquet(out / "subjects.parquet")
    verification = verify(out)
    assert (verification.verdict, codes(verification)) == ("differs", ["K453"])


def test_inputs_that_are_missing_are_named_all_of_them(shop):
    out = shop.run()
    for name in ("agents", "sales"):
        (shop.folder / f"data/{name}.csv").unlink()
    shop.refunds()
    verification = verify(out)
    assert (verification.verdict, verification.result_hash) == ("could_not_run", None)
    assert codes(verification) == ["K481", "K405", "K405"]


def test_inputs_that_have_moved_are_found_in_the_folder_that_is_given(shop):
    out = shop.run()
    moved = shop.folder / "archive"
    (shop.folder / "data").rename(moved)
    assert codes(verify(out)) == ["K405", "K405", "K405"]
    assert verify(out, moved).verdict == "verified"
    (moved / "sales.csv").rename(moved / "sold.csv")
    verification = verify(out, str(moved))
    assert (verification.verdict, codes(verification)) == ("could_not_run", ["K487"])
    assert verify(out, {"sales": moved / "sold.csv"}).verdict == "could_not_run"
    by_name = {"sales": moved / "sold.csv"} | {
        name: moved / f"{name}.csv" for name in ("agents", "refunds")
    }
    assert verify(out, by_name).verdict == "verified"
    assert codes(verify(out, shop.folder / "nowhere")) == ["K401"]


def test_frames_have_to_be_given_again_and_are_not_held_to_anything_but_the_result(shop):
    given = frames(shop)
    results = run(plan_of(shop), given, period="2026-10")
    write_results(results, shop.folder / "out")
    verification = verify(shop.folder / "out")
    assert (verification.verdict, codes(verification)) == ("could_not_run", ["K482"] * 3)
    verification = verify(shop.folder / "out", given)
    assert (verification.verdict, codes(verification)) == ("verified", ["K483"] * 3)
    verification = verify(shop.folder / "out", shop.folder / "data")
    assert (verification.verdict, codes(verification)) == ("verified", ["K483"] * 3)
    fewer = given | {"sales": given["sales"].head(2)}
    verification = verify(shop.folder / "out", fewer)
    assert (verification.verdict, codes(verification)) == ("differs", ["K483"] * 3 + ["K485"])


def test_a_frame_in_place_of_a_file_is_said_to_be_one(shop):
    out = shop.run()
    verification = verify(out, {"sales": frames(shop)["sales"]})
    assert verification.verdict == "verified"
    (note,) = verification.diagnostics
    assert note.message.endswith("cannot be checked: it is given as a frame, which has no hash")


def test_a_table_that_the_ruleset_does_not_know_is_refused(shop):
    assert codes(verify(shop.run(), {"sale": frames(shop)["sales"]})) == ["K403"]


def test_a_ruleset_that_is_gone_or_broken_could_not_run(shop):
    out = shop.run()
    path = shop.folder / "shop.yaml"
    path.write_text(path.read_text("utf-8").replace("rate * sold", "rat * sold"), "utf-8")
    verification = verify(out)
    assert (verification.verdict, codes(verification)) == ("could_not_run", ["K480", "K220"])
    path.write_text(path.read_text("utf-8").replace("{rate: 3%}", "{rat: required}"), "utf-8")
    assert verify(out).verdict == "could_not_run"
    path.unlink()
    verification = verify(out)
    assert (verification.verdict, codes(verification)) == ("could_not_run", ["K101"])


def test_a_param_that_is_required_now_could_not_run(shop):
    out = shop.run()
    shop.ruleset(("rate: 3%", "rate: required"))
    verification = verify(out)
    assert (verification.verdict, codes(verification)) == ("could_not_run", ["K480", "K316"])


def test_every_layer_is_held_to_the_receipt_and_so_is_their_chain(shop):
    shop.ruleset()
    base = shop.folder / "shop.yaml"
    (shop.folder / "shops").mkdir()
    parent = shop.folder / "commission.yaml"
    base.rename(parent)
    base.write_text("ruleset: shop/mine\nextends: commission\nparams: {rate: 5%}\n", "utf-8")
    out = shop.run()
    assert verify(out).verdict == "verified"
    text = parent.read_text("utf-8")
    parent.write_text(text.replace("1500 CNY", "1501 CNY"), "utf-8")
    assert codes(verify(out)) == ["K480", "K485"]
    parent.unlink()
    verification = verify(out)
    assert (verification.verdict, codes(verification)) == ("could_not_run", ["K101", "K310"])


def test_a_file_in_the_way_of_a_parent_is_named(shop, monkeypatch):
    monkeypatch.chdir(shop.folder)
    (shop.folder / "mine").mkdir()
    child, parent = shop.folder / "mine/shop.yaml", shop.folder / "commission.yaml"
    (shop.folder / "shop.yaml").rename(parent)
    child.write_text("ruleset: mine/shop\nextends: commission\n", "utf-8")
    ruleset, _ = load_ruleset(Path("mine/shop.yaml"))
    assert ruleset is not None
    write_results(run(compile_ruleset(ruleset), "data", period="2026-10"), "out")
    assert verify("out").verdict == "verified"
    shutil.copy(parent, shop.folder / "mine/commission.yaml")
    verification = verify("out")
    assert (verification.verdict, codes(verification)) == ("differs", ["K488"])
    assert "`mine/shop.yaml`, `mine/commission.yaml`" in verification.diagnostics[0].message


def test_scores_of_facts_cannot_be_verified(shop):
    plan = plan_of(shop)
    results = run(plan, shop.folder / "data", period="2026-10")
    assert results.facts is not None
    roster = {"agents": frames(shop)["agents"]}
    again = score(plan, results.facts, period="2026-10", tables=roster)
    assert again.receipt["source"] == "facts"
    write_results(again, shop.folder / "out")
    with pytest.raises(DataError, match="scored from facts"):
        verify(shop.folder / "out")


def test_subjects_that_came_or_went_and_other_columns_are_told(shop):
    out = shop.run()
    shop.agents(*AGENTS[1:], ("S0", "小张", "1.00"))
    assert verify(out).diagnostics[-1].help == (
        "2 subjects differ, first shop_id S0, agent_id 小张, which is new"
    )
    shop.agents(*AGENTS[1:])
    assert verify(out).diagnostics[-1].help == (
        "1 subject differs, first shop_id S1, agent_id 小李, which is gone"
    )
    shop.ruleset(("    clawback: -rate * refunded\n", "    bonus: 8 CNY\n"))
    shop.agents(*AGENTS)
    assert verify(out).diagnostics[-1].help == (
        "columns that are gone: `line.clawback`; columns that are new: `line.bonus`; "
        "3 subjects differ, first shop_id S1, agent_id 小李 in `pay`"
    )
