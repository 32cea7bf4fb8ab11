"""Fleets as they are written: which shops there are, and what is wrong at which place."""

from pathlib import Path

import polars as pl
import pytest

from kpi_engine.ruleset.checked import Formula
from kpi_engine.ruleset.fleets import Fleet, load_fleet
from kpi_engine.text.diagnostics import Diagnostic
from kpi_engine.text.source import position

BASE = """\
ruleset: base
zone: UTC
currency: CNY
subject: {from: agents, key: [shop_id, agent_id]}
params: {rate: 100%, 补贴: 0 CNY}
tables:
  agents: {key: [shop_id, agent_id], columns: {shop_id: text, agent_id: text, wage: money}}
pay: {lines: {base: wage * rate + 补贴}}
"""


def _folder(path: Path, **texts: str) -> Path:
    for name, text in {"base": BASE, **texts}.items():
        suffix = ".csv" if name.startswith("params") else ".yaml"
        (path / f"{name}{suffix}").write_text(text, "utf-8")
    return path


def _loaded(file: Path) -> Fleet:
    fleet, findings = load_fleet(file)
    assert fleet is not None, findings
    return fleet


def _found(findings: list[Diagnostic] | tuple[Diagnostic, ...]) -> list[tuple[str, int, int]]:
    places = []
    for finding in findings:
        at = position(finding.span.source, finding.span.start) if finding.span else None
        places.append((finding.code, at.line if at else 0, at.column if at else 0))
    return places


def _params(fleet: Fleet) -> dict[str, dict[str, str]]:
    return {
        shop: {
            name: param.value.text
            for name, param in ruleset.params.items()
            if isinstance(param.value, Formula)
        }
        for shop, ruleset in fleet.shops.items()
    }


def test_shops_are_files_differences_and_rows_of_a_table(tmp_path):
    _folder(
        tmp_path,
        maple="ruleset: maple\nextends: base\nparams: {rate: 90%}\n",
        params_by_shop='shop_id,rate,补贴\nS3,80%,\nS4,,"12.50 CNY"\n',
        north="""\
fleet: north
shops:
  S1: maple
  S2: {extends: base, params: {补贴: 5 CNY}}
  "*": {extends: base, params: params_by_shop.csv}
""",
    )
    fleet = _loaded(tmp_path / "north.yaml")
    assert _params(fleet) == {
        "S1": {"rate": "90%", "补贴": "0 CNY"},
        "S2": {"rate": "100%", "补贴": "5 CNY"},
        "S3": {"rate": "80%", "补贴": "0 CNY"},
        "S4": {"rate": "100%", "补贴": "12.50 CNY"},
    }
    assert {shop: ruleset.name for shop, ruleset in fleet.shops.items()} == {
        "S1": "maple",
        "S2": "north/S2",
        "S3": "north/S3",
        "S4": "north/S4",
    }
    assert [layer.name for layer in fleet.shops["S3"].layers] == ["north/S3", "base"]
    assert (fleet.name, fleet.shop, fleet.broken, fleet.findings) == ("north", "shop_id", {}, ())


def test_a_table_of_params_may_be_parquet(tmp_path):
    _folder(tmp_path, north="fleet: north\nshops: {'*': {extends: base, params: p.parquet}}\n")
    rows = {"shop_id": ["S1", "S2"], "rate": ["80%", None], "补贴": [None, "1 CNY"]}
    pl.DataFrame(rows).write_parquet(tmp_path / "p.parquet")
    assert _params(_loaded(tmp_path / "north.yaml")) == {
        "S1": {"rate": "80%", "补贴": "0 CNY"},
        "S2": {"rate": "100%", "补贴": "1 CNY"},
    }


def test_a_table_of_params_that_holds_numbers_is_refused(tmp_path):
    _folder(tmp_path, north="fleet: north\nshops: {'*': {extends: base, params: p.parquet}}\n")
    pl.DataFrame({"shop_id": ["S1"], "rate": [0.8]}).write_parquet(tmp_path / "p.parquet")
    fleet, findings = load_fleet(tmp_path / "north.yaml")
    assert fleet is None
    assert findings[0].message == (
        "`p.parquet` is no table of params: its column `rate` is of Float64, texts as in a ruleset "
        "were expected, such as `25%`"
    )


def test_a_folder_is_a_fleet_of_its_ruleset_files(tmp_path):
    shops = _folder(tmp_path / "shops" if (tmp_path / "shops").mkdir() is None else tmp_path)
    (shops / "base.yaml").rename(tmp_path / "base.yaml")
    for name in ("枫叶", "cedar"):
        (shops / f"{name}.yaml").write_text(f"ruleset: shops/{name}\nextends: base\n", "utf-8")
    (shops / "cedar.test.yaml").write_text("test: cedar\n", "utf-8")
    (shops / ".hidden.yaml").write_text("ruleset: x\n", "utf-8")
    fleet = _loaded(shops)
    assert (fleet.name, list(fleet.shops), fleet.file) == ("shops", ["cedar", "枫叶"], None)
    listed = "fleet: all\nshops: {S1: {extends: base}, '*': shops}\n"
    (tmp_path / "all.yaml").write_text(listed, "utf-8")
    assert list(_loaded(tmp_path / "all.yaml").shops) == ["S1", "cedar", "枫叶"]


def test_another_column_may_name_the_shop(tmp_path):
    base = BASE.replace("shop_id", "店铺")
    _folder(tmp_path, base=base, north="fleet: north\nshop: 店铺\nshops: {S1: {extends: base}}\n")
    assert _loaded(tmp_path / "north.yaml").shop == "店铺"
    _folder(tmp_path, base=base, north="fleet: north\nshops: {S1: {extends: base}}\n")
    fleet = _loaded(tmp_path / "north.yaml")
    assert [finding.code for finding in fleet.broken["S1"]] == ["K651"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("shops: {S1: {extends: base}}\n", [("K302", 1, 1)]),
        ("fleet: north\n", [("K302", 1, 1)]),
        ("fleet: north\nshopps: {S1: {extends: base}}\n", [("K301", 2, 1), ("K302", 1, 1)]),
        ("fleet: north\nshops: S1\n", [("K303", 2, 8)]),
        ("fleet: north\nshops: {S1: [base]}\n", [("K303", 2, 13)]),
        ("fleet: north\nshops: {'*': {extends: base}}\n", [("K303", 2, 14)]),
        ("fleet: north\nshops: {S1: {extends: base, params: params_a.csv}}\n", [("K303", 2, 37)]),
        ("fleet: north\nshops: {'*': nowhere}\n", [("K654", 2, 14)]),
        ("fleet: north\nshops: {'*': {extends: base, params: params_b.csv}}\n", [("K655", 2, 38)]),
        ("fleet: north\nshops: {'*': {extends: base, params: params_c.csv}}\n", [("K101", 2, 38)]),
        ("fleet: north\nshops: {'*': {extends: base, params: params_d.csv}}\n", [("K655", 2, 38)]),
        ("fleet: north\nshops: {'*': {extends: base, params: params_e.csv}}\n", [("K655", 2, 38)]),
    ],
)
def test_a_fleet_that_lists_no_shop_is_refused_at_the_place(text, expected, tmp_path):
    _folder(
        tmp_path,
        north=text,
        params_a="shop_id,rate\nS1,80%\n",
        params_b="shop,rate\nS1,80%\n",
        params_d="shop_id,rate\nS1,80%,5\n",
        params_e="shop_id,rate,rate\nS1,80%,90%\n",
    )
    fleet, findings = load_fleet(tmp_path / "north.yaml")
    assert fleet is None
    assert sorted(_found(findings)) == sorted(expected)


def test_mistakes_of_shops_stand_where_the_shop_is_written(tmp_path):
    _folder(
        tmp_path,
        params="shop_id,rate\nS4,80%\nS5,\n,70%\nS6,8o%\nS4,10%\n",
        north="""\
fleet: north
shops:
  S1: {extends: base, params: {ratte: 90%}}
  S2: nowhere
  S3: {extends: base, zone: Mars}
  "*": {extends: base, params: params.csv}
""",
    )
    fleet = _loaded(tmp_path / "north.yaml")
    assert list(fleet.shops) == ["S5"]
    broken = {shop: _found(findings) for shop, findings in fleet.broken.items()}
    assert broken == {
        "S2": [("K653", 4, 7)],
        "S1": [("K602", 3, 32)],
        "S3": [("K306", 5, 29)],
        "S6": [("K215", 5, 4)],
        "S4": [("K652", 6, 1)],
    }
    assert _found(fleet.unlisted) == [("K656", 4, 1)]
    others = [finding for finding in fleet.findings if finding.code in {"K652", "K656"}]
    assert _found(others) == [("K656", 4, 1), ("K652", 6, 1)]
