import json
from pathlib import Path
from random import Random

import polars as pl
import pytest
from tests.execution.fleet import BASE, rows, shop_text

import kpi_engine as ke
from kpi_engine.execution.canon import result_hash

PERIOD = "2026-10"
PASSING = """columns: {refund_id: text, order_id: text, given_at: datetime, back: money}
    where: orders.amount > 5 CNY"""
REFUNDS = """columns: {refund_id: text, order_id: text, given_at: datetime, back: money}
    where: back < wage"""
BUYERS = """buyers:
    from: chats
    per: [buyer_id]
    add: {met: count()}
  visits:
    from: chats
    per: [shop_id, agent_id, buyer_id]"""


def _written(folder: Path, texts: dict[str, str]) -> Path:
    for name, text in {"base": BASE, **texts}.items():
        (folder / f"{name}.yaml").write_text(text, "utf-8")
    return folder


def _shops(folder: Path, random: Random, count: int, head: str = "") -> list[str]:
    shops = [f"S{number}" for number in range(count)]
    texts = {s: f"ruleset: shops/{s}\nextends: base\n{head}{shop_text(random)}" for s in shops}
    listed = "".join(f"  {shop}: {shop}\n" for shop in shops)
    _written(folder, {**texts, "north": f"fleet: north\nshops:\n{listed}"})
    return shops


def _own(tables: dict[str, pl.DataFrame], shop: str) -> dict[str, pl.DataFrame]:
    return {
        name: frame.filter(pl.col("shop_id") == shop) if "shop_id" in frame.columns else frame
        for name, frame in tables.items()
    }


def _single(file: Path, tables: dict[str, pl.DataFrame], shop: str) -> ke.Results:
    return ke.run(ke.compile(ke.load(file)), _own(tables, shop), period=PERIOD)


@pytest.mark.parametrize("seed", range(2))
def test_every_shop_has_the_results_that_its_ruleset_gives_over_its_own_rows(seed, tmp_path):
    random = Random(seed)
    shops = _shops(tmp_path, random, 14)
    tables = rows(shops, random, chats=1_500)
    plan = ke.compile_fleet(ke.load_fleet(tmp_path / "north.yaml"))
    results = ke.run_fleet(plan, tables, period=PERIOD)
    compared = 0
    for shop in shops:
        if shop in results.receipt["nobody"]:
            continue
        single = _single(tmp_path / f"{shop}.yaml", tables, shop)
        mine = ke.shop_results(results, shop)
        assert mine.subjects.equals(single.subjects)
        assert mine.lines.equals(single.lines)
        assert mine.facts is not None
        assert single.facts is not None
        assert mine.facts.equals(single.facts)
        for part in ("result_hash", "rules", "weights", "layers", "ruleset", "provisional"):
            assert mine.receipt[part] == single.receipt[part]
        shown = [*ke.explain_all(mine)]
        assert shown == [*ke.explain_all(single)]
        compared += 1
    assert compared >= 10
    assert all(group.alone is None for group in plan.groups)
    assert len(plan.groups) < compared


def test_shops_of_one_plan_do_not_depend_on_the_engine_or_the_order_of_rows(tmp_path):
    random = Random(40)
    shops = _shops(tmp_path, random, 9)
    tables = rows(shops, random, chats=1_200)
    plan = ke.compile_fleet(ke.load_fleet(tmp_path / "north.yaml"))
    hashes = set()
    for engine in ("in-memory", "streaming"):
        for turn in range(2):
            mixed = {
                name: frame.sample(fraction=1, shuffle=True, seed=turn)
                for name, frame in tables.items()
            }
            found = ke.run_fleet(plan, mixed, period=PERIOD, engine=engine)
            hashes.add(found.receipt["result_hash"])
    assert hashes == {ke.run_fleet(plan, tables, period=PERIOD).receipt["result_hash"]}


def test_two_zones_two_currencies_and_two_structures_make_four_groups(tmp_path):
    heads = {
        "": "CNY",
        "zone: America/New_York\n": "CNY",
        "currency: JPY\n": "JPY",
        "pay: {lines: {flat: 10 CNY}}\n": "CNY",
    }
    random, texts, listed = Random(5), {}, []
    for number, head in enumerate([*heads, *heads]):
        text = f"ruleset: shops/S{number}\nextends: base\n{head}"
        if "JPY" not in head:
            text += f"params: {{wage: {1000 + number} CNY}}\n"
        texts[f"S{number}"] = text
        listed.append(f"  S{number}: S{number}\n")
    yen = BASE.replace("CNY", "JPY").replace("99.99", "99").replace("base\n", "yen\n", 1)
    for number in (2, 6):
        texts[f"S{number}"] = f"ruleset: shops/S{number}\nextends: yen\n"
    fleet = f"fleet: north\nshops:\n{''.join(listed)}"
    _written(tmp_path, {**texts, "yen": yen, "north": fleet})
    shops = list(texts)
    tables = rows(shops, random, chats=900)
    tables["orders"] = tables["orders"].with_columns(
        pl.col("amount").str.split(".").list.first(),
    )
    tables["refunds"] = tables["refunds"].with_columns(back=pl.lit("1"))
    tables["agents"] = tables["agents"].with_columns(grade=pl.lit(2))
    plan = ke.compile_fleet(ke.load_fleet(tmp_path / "north.yaml"))
    assert [group.shops for group in plan.groups] == [
        ("S0", "S4"),
        ("S1", "S5"),
        ("S2", "S6"),
        ("S3", "S7"),
    ]
    results = ke.run_fleet(plan, tables, period=PERIOD)
    assert len(results.receipt["groups"]) == 4
    assert set(results.subjects["currency"]) == {"CNY", "JPY"}
    for shop in shops:
        single = _single(tmp_path / f"{shop}.yaml", tables, shop)
        mine = ke.shop_results(results, shop)
        assert mine.subjects.equals(single.subjects)
        assert mine.lines.equals(single.lines)


def test_shops_that_look_back_as_far_share_a_plan(tmp_path):
    base = BASE.replace("min_rows: 2}", "min_rows: enough, settles: late, window: looked}")
    base = base.replace("params:\n", "params:\n  enough: 2\n  looked: 31 days\n  late: 2 h\n", 1)
    params = ("", "enough: 9", "looked: 10 days", "late: 3 days", "enough: 9")
    texts = {
        f"S{number}": f"ruleset: shops/S{number}\nextends: base\nparams: {{{each}}}\n"
        for number, each in enumerate(params)
    }
    listed = "".join(f"  {shop}: {shop}\n" for shop in texts)
    _written(tmp_path, {**texts, "north": f"fleet: north\nshops:\n{listed}"})
    (tmp_path / "base.yaml").write_text(base, "utf-8")
    tables = rows(list(texts), Random(3), chats=600)
    plan = ke.compile_fleet(ke.load_fleet(tmp_path / "north.yaml"))
    groups = [group.shops for group in plan.groups]
    assert groups == [("S0",), ("S1", "S4"), ("S2",), ("S3",)]
    results = ke.run_fleet(plan, tables, period=PERIOD)
    for shop in texts:
        single = _single(tmp_path / f"{shop}.yaml", tables, shop)
        mine = ke.shop_results(results, shop)
        assert mine.subjects.equals(single.subjects)
        assert mine.lines.equals(single.lines)


def test_one_bad_shop_does_not_stop_the_others(tmp_path):
    random = Random(8)
    shops = _shops(tmp_path, random, 5)
    (tmp_path / "S3.yaml").write_text(
        "ruleset: s\nextends: base\nparams: {wagge: 1 CNY}\n", "utf-8"
    )
    (tmp_path / "S4.yaml").unlink()
    tables = rows(shops, random, chats=600)
    fleet = ke.load_fleet(tmp_path / "north.yaml")
    assert list(fleet.shops) == ["S0", "S1", "S2"]
    assert {name: [f.code for f in found] for name, found in fleet.broken.items()} == {
        "S4": ["K653"],
        "S3": ["K602", "K341"],
    }
    results = ke.run_fleet(ke.compile_fleet(fleet), tables, period=PERIOD)
    assert set(results.subjects["shop_id"]) <= {"S0", "S1", "S2"}
    assert results.receipt["not_run"].keys() == {"S3", "S4"}
    assert [note.code for note in results.diagnostics if note.severity == "error"] == [
        "K653",
        "K602",
    ]
    left_out = {note["message"] for note in results.receipt["notes"] if note["code"] == "K661"}
    counts = {
        name: tables[name].filter(pl.col("shop_id").is_in(["S3", "S4"])).height
        for name in ("agents", "chats", "orders", "complaints")
    }
    assert results.receipt["elsewhere"] == counts
    assert len(left_out) == 4
    with pytest.raises(ke.DataError) as caught:
        ke.shop_results(results, "S3")
    assert [finding.code for finding in caught.value.diagnostics] == ["K667"]


def test_a_shop_with_nobody_on_the_roster_is_named(tmp_path):
    listed = "fleet: north\nshops: {S1: {extends: base}, S2: {extends: base}, S3: {extends: yen}}\n"
    yen = BASE.replace("CNY", "JPY").replace("base\n", "yen\n", 1)
    _written(tmp_path, {"north": listed, "yen": yen})
    tables = rows(["S1"], Random(9), chats=200)
    tables["agents"] = tables["agents"].with_columns(grade=pl.lit(2))
    results = ke.run_fleet(
        ke.compile_fleet(ke.load_fleet(tmp_path / "north.yaml")), tables, period=PERIOD
    )
    assert results.receipt["nobody"] == ["S2", "S3"]
    assert results.receipt["not_run"] == {}
    assert [n.message for n in results.diagnostics if n.code == "K660"] == [
        "nobody is on the roster of 2 shops in 2026-10: S2, S3"
    ]


def test_a_fleet_without_a_shop_that_can_be_run_is_refused_with_every_reason(tmp_path):
    listed = "fleet: north\nshops: {S1: {extends: nowhere}, S2: {extends: base, zone: Mars}}\n"
    _written(tmp_path, {"north": listed})
    fleet = ke.load_fleet(tmp_path / "north.yaml")
    with pytest.raises(ke.DataError) as caught:
        ke.run_fleet(ke.compile_fleet(fleet), {}, period=PERIOD)
    assert [finding.code for finding in caught.value.diagnostics] == ["K310", "K306"]


def test_a_metric_of_two_kinds_in_one_fleet_is_refused(tmp_path):
    other = "ruleset: other\nextends: base\nmetrics: {large: {from: sold, value: sum(amount)}}\n"
    listed = "fleet: north\nshops: {S1: other, S2: {extends: base}}\n"
    _written(tmp_path, {"other": other, "north": listed})
    tables = rows(["S1", "S2"], Random(1), chats=200)
    with pytest.raises(ke.DataError) as caught:
        ke.run_fleet(
            ke.compile_fleet(ke.load_fleet(tmp_path / "north.yaml")), tables, period=PERIOD
        )
    assert [finding.code for finding in caught.value.diagnostics] == ["K658"]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (
            "beats(sales, shop)",
            "beats(sales, everybody)",
            "a group of subjects spans shops",
        ),
        (
            "visits:\n    from: chats\n    per: [shop_id, agent_id, buyer_id]",
            BUYERS,
            "`buyers` is grouped across shops",
        ),
        (
            "same: [shop_id, buyer_id]\n        where: chat.asked_at",
            "same: [buyer_id]\n        where: chat.asked_at",
            "`sold` is matched across shops",
        ),
        (
            "columns: {refund_id: text, order_id: text, given_at: datetime, back: money}",
            PASSING,
            "`given_back` is made of what is looked up in shops",
        ),
        (
            "add: {back: sum(back)}",
            "add: {back: 'default(max(orders.amount), 0 CNY) * 0 + sum(back)'}",
            "`given_back` is made of what is looked up in shops",
        ),
        (
            "columns: {refund_id: text, order_id: text, given_at: datetime, back: money}",
            REFUNDS,
            "rows of `refunds` read a param before they find their shop",
        ),
    ],
)
def test_shops_that_would_see_each_others_rows_are_computed_one_by_one(old, new, reason, tmp_path):
    wide = BASE.replace("groups:\n", "groups:\n  everybody: [period]\n").replace(old, new)
    if "buyers" in new:
        wide = wide.replace("value: sum(weight)", "value: 'sum(weight + default(buyers.met, 0))'")
    texts = {"base": wide, "north": "fleet: north\nshops: {S1: S1, S2: S2}\n"}
    for number in (1, 2):
        texts[f"S{number}"] = f"ruleset: s\nextends: base\nparams: {{wage: {number}000 CNY}}\n"
    _written(tmp_path, texts)
    tables = rows(["S1", "S2"], Random(2), chats=300)
    tables["agents"] = tables["agents"].with_columns(grade=pl.lit(2))
    plan = ke.compile_fleet(ke.load_fleet(tmp_path / "north.yaml"))
    assert [(g.shops, g.alone) for g in plan.groups] == [(("S1",), reason), (("S2",), reason)]
    results = ke.run_fleet(plan, tables, period=PERIOD)
    assert "K662" in {note.code for note in results.diagnostics}
    for shop in ("S1", "S2"):
        single = _single(tmp_path / f"{shop}.yaml", tables, shop)
        assert ke.shop_results(results, shop).subjects.equals(single.subjects)


def test_shops_whose_numbers_need_too_many_digits_together_are_parted(tmp_path):
    fines = {"S1": "9000000000000", "S2": "8000000000000", "S3": "0.000001", "S4": "0.000002"}
    base = BASE.replace("  heavy: 25\n", "  heavy: 25\n  fine: 1\n").replace(
        "points: speed", "points: 'at_most(fine, 100)'"
    )
    texts = {
        "base": base,
        "north": f"fleet: north\nshops: {{{', '.join(f'{s}: {s}' for s in fines)}}}\n",
    }
    for shop, fine in fines.items():
        texts[shop] = f"ruleset: s\nextends: base\nparams: {{fine: {fine}}}\n"
    _written(tmp_path, texts)
    tables = rows(list(fines), Random(4), chats=300)
    tables["agents"] = tables["agents"].with_columns(grade=pl.lit(2))
    plan = ke.compile_fleet(ke.load_fleet(tmp_path / "north.yaml"))
    assert [(g.shops, g.alone) for g in plan.groups] == [(("S1", "S2"), None), (("S3", "S4"), None)]
    results = ke.run_fleet(plan, tables, period=PERIOD)
    for shop in fines:
        single = _single(tmp_path / f"{shop}.yaml", tables, shop)
        assert ke.shop_results(results, shop).subjects.equals(single.subjects)


def test_results_of_a_fleet_are_written_and_read_back(tmp_path):
    random = Random(11)
    shops = _shops(tmp_path, random, 4)
    tables = rows(shops, random, chats=500)
    plan = ke.compile_fleet(ke.load_fleet(tmp_path / "north.yaml"))
    results = ke.run_fleet(plan, tables, period=PERIOD)
    ke.write_results(results, tmp_path / "out")
    again = ke.read_fleet_results(tmp_path / "out")
    assert again.subjects.equals(results.subjects)
    assert again.receipt == json.loads(json.dumps(results.receipt))
    assert again.receipt["result_hash"] == result_hash(again.subjects, again.lines)
    shop = next(name for name in shops if name not in results.receipt["nobody"])
    whole, part = ke.shop_results(results, shop), ke.shop_results(again, shop)
    assert [*ke.explain_all(part)] == [*ke.explain_all(whole)]
    with pytest.raises(ke.DataError) as caught:
        ke.read_results(tmp_path / "out")
    assert [finding.code for finding in caught.value.diagnostics] == ["K664"]


def test_earlier_results_of_a_fleet_serve_as_its_history(tmp_path):
    past = BASE.replace("groups:\n", "groups:\n  so_far: [shop_id, agent_id]\n").replace(
        "  then: {floor", "    steady: 'big * count(sales > big, so_far)'\n  then: {floor"
    )
    texts = {"base": past, "north": "fleet: north\nshops: {S1: S1, S2: S2}\n"}
    for number in (1, 2):
        texts[f"S{number}"] = f"ruleset: s\nextends: base\nparams: {{big: {number}0.5 CNY}}\n"
    _written(tmp_path, texts)
    tables = rows(["S1", "S2"], Random(3), chats=400)
    tables["agents"] = tables["agents"].with_columns(grade=pl.lit(2))
    plan = ke.compile_fleet(ke.load_fleet(tmp_path / "north.yaml"))
    assert [group.shops for group in plan.groups] == [("S1", "S2")]
    october = ke.run_fleet(plan, tables, period=PERIOD)
    later = {
        name: frame.with_columns(pl.col(pl.Datetime).dt.offset_by("1mo"))
        for name, frame in tables.items()
    }
    november = ke.run_fleet(plan, later, period="2026-11", history=october)
    assert [past["period"] for past in november.receipt["groups"][0]["receipt"]["history"]] == [
        PERIOD
    ]
    for shop in ("S1", "S2"):
        single = ke.compile(ke.load(tmp_path / f"{shop}.yaml"))
        before = ke.run(single, _own(tables, shop), period=PERIOD)
        after = ke.run(single, _own(later, shop), period="2026-11", history=before)
        assert ke.shop_results(november, shop).subjects.equals(after.subjects)
        assert set(after.subjects["line.steady"]) != {0}


TEAMS = """\
ruleset: teams
zone: UTC
currency: CNY
subject: {from: teams, key: [team_no, shop_id]}
tables:
  teams: {key: [shop_id, team_no], columns: {shop_id: text, team_no: int, size: int}}
  visits:
    key: visit_id
    dated: at
    columns: {visit_id: text, shop_id: text, team_no: int, at: date}
metrics: {visited: {from: visits, value: count()}}
pay: {lines: {wage: 'size * 10 CNY', visits: visited * 1 CNY}}
"""


class Once:
    """A table that can be read once."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frames = [frame]

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.frames.pop().__arrow_c_stream__(requested_schema)


def _mixed(folder: Path) -> tuple[ke.Fleet, dict[str, pl.DataFrame]]:
    """Return a fleet of shops over two bases with other tables and keys, and their tables."""
    listed = "fleet: north\nshops: {S1: {extends: base}, S2: {extends: teams}}\n"
    _written(folder, {"teams": TEAMS, "north": listed})
    tables = rows(["S1"], Random(3), chats=200)
    tables["agents"] = tables["agents"].with_columns(grade=pl.lit(2))
    tables["teams"] = pl.DataFrame({"shop_id": ["S2", "S2"], "team_no": [7, 8], "size": [2, 3]})
    tables["visits"] = pl.DataFrame(
        {"visit_id": ["1"], "shop_id": ["S2"], "team_no": [8], "at": ["2026-10-05"]}
    )
    return ke.load_fleet(folder / "north.yaml"), tables


def test_shops_of_other_keys_and_other_tables_make_one_result(tmp_path):
    fleet, tables = _mixed(tmp_path)
    results = ke.run_fleet(ke.compile_fleet(fleet), tables, period=PERIOD)
    assert results.subjects.columns[:4] == ["shop_id", "agent_id", "team_no", "period"]
    assert results.lines.columns[:4] == ["shop_id", "agent_id", "team_no", "period"]
    for shop, ruleset in fleet.shops.items():
        inputs = [table.name for table in ruleset.tables.values() if table.origin is None]
        own = {name: tables[name] for name in inputs}
        single = ke.run(ke.compile(ruleset), own, period=PERIOD)
        mine = ke.shop_results(results, shop)
        assert mine.subjects.equals(single.subjects)
        assert mine.lines.equals(single.lines)
        assert mine.facts is not None
        assert single.facts is not None
        assert mine.facts.equals(single.facts)
        assert mine.receipt["result_hash"] == single.receipt["result_hash"]
    ke.write_results(results, tmp_path / "out")
    closing = ke.close(tmp_path / "out", tmp_path / "pay.ledger")
    assert isinstance(closing, ke.FleetClosing)
    assert closing.closings["S2"].entries.select("subject", "line", "amount").rows() == [
        ('{"shop_id":"S2","team_no":"7"}', "wage", 2000),
        ('{"shop_id":"S2","team_no":"7"}', "visits", 0),
        ('{"shop_id":"S2","team_no":"8"}', "wage", 3000),
        ('{"shop_id":"S2","team_no":"8"}', "visits", 100),
    ]
    assert ke.verify(tmp_path / "out", tables).verdict == "verified"
    explained = ke.explain(results, {"shop_id": "S2", "team_no": "8"})
    assert explained.subject == {"team_no": "8", "shop_id": "S2"}


def test_tables_that_can_be_read_once_serve_every_group(tmp_path):
    fleet, tables = _mixed(tmp_path)
    plan = ke.compile_fleet(fleet)
    expected = ke.run_fleet(plan, tables, period=PERIOD)
    streams = {name: Once(frame) for name, frame in tables.items()}
    results = ke.run_fleet(plan, streams, period=PERIOD)
    assert results.receipt["result_hash"] == expected.receipt["result_hash"]


def test_a_table_that_no_ruleset_of_a_fleet_knows_is_refused(tmp_path):
    fleet, tables = _mixed(tmp_path)
    with pytest.raises(ke.DataError) as caught:
        ke.run_fleet(ke.compile_fleet(fleet), tables | {"agnets": tables["agents"]}, period=PERIOD)
    assert {finding.code for finding in caught.value.diagnostics} == {"K403"}


def test_rows_that_contradict_each_other_in_one_shop_do_not_part_it_from_others(tmp_path):
    random = Random(22)
    shops = _shops(tmp_path, random, 6)
    tables = rows(shops, random, chats=900)
    tables["agents"] = tables["agents"].with_columns(grade=pl.lit(2))
    again = tables["chats"].head(40).with_columns(buyer_id=pl.lit("b9"))
    tables["chats"] = pl.concat([tables["chats"], again])
    plan = ke.compile_fleet(ke.load_fleet(tmp_path / "north.yaml"))
    results = ke.run_fleet(plan, tables, period=PERIOD)
    assert [group["alone"] for group in results.receipt["groups"]] == [None] * len(plan.groups)
    refused = 0
    for shop in shops:
        single = _single(tmp_path / f"{shop}.yaml", tables, shop)
        assert ke.shop_results(results, shop).subjects.equals(single.subjects)
        refused += single.rejects.height
    assert results.rejects.height == refused > 0


def test_keys_that_shops_share_are_each_shops_own(tmp_path):
    random = Random(21)
    shops = _shops(tmp_path, random, 6)
    tables = rows(shops, random, chats=900)
    tables["agents"] = tables["agents"].with_columns(grade=pl.lit(2))
    number = pl.int_range(pl.len()).over("shop_id").cast(pl.String)
    mine = pl.col("shop_id").is_in(["S1", "S4"])
    tables["chats"] = tables["chats"].with_columns(
        chat_id=pl.when(mine).then(number).otherwise(pl.col("chat_id"))
    )
    plan = ke.compile_fleet(ke.load_fleet(tmp_path / "north.yaml"))
    together = next(group.shops for group in plan.groups if "S1" in group.shops)
    assert "S4" in together
    results = ke.run_fleet(plan, tables, period=PERIOD)
    alone = [group for group in results.receipt["groups"] if group["alone"]]
    assert [group["shops"] for group in alone] == [["S1"], ["S4"]]
    assert results.rejects.is_empty()
    for shop in shops:
        single = _single(tmp_path / f"{shop}.yaml", tables, shop)
        found = ke.shop_results(results, shop)
        assert found.subjects.equals(single.subjects)
        assert found.lines.equals(single.lines)
        assert found.receipt["result_hash"] == single.receipt["result_hash"]


def test_a_shop_whose_roster_names_somebody_twice_does_not_stop_the_others(tmp_path):
    random = Random(22)
    shops = _shops(tmp_path, random, 5)
    tables = rows(shops, random, chats=600)
    tables["agents"] = tables["agents"].with_columns(grade=pl.lit(2))
    twice = tables["agents"].filter(pl.col("shop_id") == "S2").head(1)
    good = tables["agents"]
    tables["agents"] = pl.concat([good, twice])
    plan = ke.compile_fleet(ke.load_fleet(tmp_path / "north.yaml"))
    results = ke.run_fleet(plan, tables, period=PERIOD)
    assert list(results.receipt["not_run"]) == ["S2"]
    assert results.receipt["not_run"]["S2"][0].startswith("K432")
    for shop in set(shops) - {"S2"}:
        single = _single(tmp_path / f"{shop}.yaml", tables, shop)
        assert ke.shop_results(results, shop).subjects.equals(single.subjects)
