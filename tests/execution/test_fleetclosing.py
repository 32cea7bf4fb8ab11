import json
import sqlite3
from pathlib import Path

import polars as pl
import pytest
from tests.execution.test_fleets import PERIOD

import kpi_engine as ke
from kpi_engine.execution.closing import Closing
from kpi_engine.execution.fleetclosing import FleetClosing

OWN = """\
ruleset: base
zone: Asia/Shanghai
currency: CNY
subject: {from: agents, key: [shop_id, agent_id]}
params: {rate: 100%}
tables:
  agents:
    key: [shop_id, agent_id]
    columns: {shop_id: text, agent_id: text, wage: optional money}
pay:
  lines: {wage: wage * rate, allowance: 50 CNY}
"""
AGENTS = (("S1", "a", "1000"), ("S1", "b", "1100"), ("S2", "a", "1200"), ("S3", "c", "1300"))
SHOPS = {"S1": "rate: 100%", "S2": "rate: 90%", "S3": "rate: 80%"}


class Folder:
    """A fleet in a folder, its results and its ledger."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.out, self.ledger = folder / "out", folder / "pay.ledger"
        (folder / "base.yaml").write_text(OWN, "utf-8")
        self.fleet({shop: f"{{extends: base, params: {{{p}}}}}" for shop, p in SHOPS.items()})

    def fleet(self, shops: dict[str, str]) -> None:
        listed = "".join(f"  {shop}: {said}\n" for shop, said in shops.items())
        (self.folder / "north.yaml").write_text(f"fleet: north\nshops:\n{listed}", "utf-8")

    def run(self, *agents: tuple[str, str, str | None]) -> ke.FleetResults:
        schema = dict.fromkeys(("shop_id", "agent_id", "wage"), pl.String)
        tables = {"agents": pl.DataFrame(agents or AGENTS, schema=schema, orient="row")}
        plan = ke.compile_fleet(ke.load_fleet(self.folder / "north.yaml"))
        results = ke.run_fleet(plan, tables, period=PERIOD)
        ke.write_results(results, self.out)
        return results

    def close(self) -> FleetClosing:
        closing = ke.close(self.out, self.ledger)
        assert isinstance(closing, FleetClosing)
        return closing


@pytest.fixture
def north(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def table(ledger: Path, name: str, *, but: str) -> list[dict[str, object]]:
    """Return the rows of a table of a ledger without one column."""
    connection = sqlite3.connect(ledger)
    try:
        connection.row_factory = sqlite3.Row
        rows = connection.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall()
    finally:
        connection.close()
    read = [{key: value for key, value in dict(row).items() if key != but} for row in rows]
    return [
        row | {"receipt": json.loads(row["receipt"])} if "receipt" in row else row for row in read
    ]


def closed(closing: FleetClosing) -> dict[str, tuple[int | None, str | None, list[int]]]:
    """Return number, kind and amounts of the closings of a fleet, by shop."""
    return {
        shop: (each.number, each.kind, each.entries["amount"].to_list())
        for shop, each in closing.closings.items()
    }


def test_a_fleet_is_closed_as_if_the_results_of_each_shop_had_been_closed_by_themselves(north):
    results = north.run()
    closing = north.close()
    assert (closing.fleet, closing.period, closing.not_run) == ("north", PERIOD, ())
    alone = north.folder / "alone.ledger"
    for shop in results.receipt["shops"]:
        out = north.folder / shop
        ke.write_results(ke.shop_results(results, shop), out)
        single = ke.close(out, alone)
        assert isinstance(single, Closing)
        mine = closing.closings[shop]
        assert mine.entries.equals(single.entries)
        assert (mine.number, mine.kind, mine.ruleset) == (single.number, "closed", f"north/{shop}")
    for name, but in (("closings", "closed_at"), ("entries", "")):
        assert table(north.ledger, name, but=but) == table(alone, name, but=but)


def test_closing_a_fleet_again_enters_nothing(north):
    north.run()
    north.close()
    before = north.ledger.read_bytes()
    assert closed(north.close()) == {shop: (None, None, []) for shop in SHOPS}
    assert north.ledger.read_bytes() == before


def test_a_corrected_run_enters_the_adjustments_of_the_changed_shop_alone(north):
    north.run()
    north.close()
    changed = [(shop, who, "1200.01" if shop == "S2" else wage) for shop, who, wage in AGENTS]
    north.run(*changed, ("S2", "z", "1"))
    assert closed(north.close()) == {
        "S1": (None, None, []),
        "S2": (4, "adjustment", [1, 90, 5000]),
        "S3": (None, None, []),
    }


def test_a_shop_that_is_not_run_or_has_nobody_keeps_its_entries(north):
    north.run()
    north.close()
    shops = {shop: f"{{extends: base, params: {{{p}}}}}" for shop, p in SHOPS.items()}
    north.fleet(shops | {"S3": "{extends: base, params: {rat: 1%}}"})
    north.run(*AGENTS[:2], AGENTS[3])
    before = north.ledger.read_bytes()
    closing = north.close()
    assert closed(closing) == {"S1": (None, None, [])}
    assert [(found.code, found.message) for found in closing.diagnostics] == [
        ("K476", "1 shop not run, not closed: S3"),
        ("K478", "nobody was on the roster of 1 shop, nothing to close: S2"),
    ]
    assert north.ledger.read_bytes() == before


def test_held_pay_is_counted_over_all_shops(north):
    north.run(("S1", "a", None), ("S2", "b", None), ("S3", "c", "1"))
    closing = north.close()
    assert [found.message for found in closing.diagnostics] == [
        "the pay of 2 subjects is held back: not closed"
    ]
    assert [each.held.height for each in closing.closings.values()] == [1, 1, 0]


def test_shops_whose_rulesets_bear_one_name_are_refused_by_name(north):
    (north.folder / "maple.yaml").write_text("ruleset: maple\nextends: base\n", "utf-8")
    north.fleet({"S1": "maple", "S2": "{extends: base}", "S3": "maple"})
    north.run()
    with pytest.raises(ke.DataError) as caught:
        north.close()
    (found,) = caught.value.diagnostics
    assert found.code == "K475"
    assert found.message == (
        "several shops have a ruleset of the name `maple`, and a ledger knows pay by that name: "
        "S1, S3"
    )
    assert not north.ledger.exists()


def test_one_shop_that_cannot_be_closed_keeps_all_others_out_of_the_ledger(north):
    north.run()
    north.close()
    before = north.ledger.read_bytes()
    north.fleet(
        {
            "S0": "{extends: base}",
            "S1": "{extends: base}",
            "S2": "{extends: base, currency: EUR, pay: {lines: {allowance: 50 EUR}}}",
        }
    )
    north.run(("S0", "a", "1"), *AGENTS[:3])
    with pytest.raises(ke.DataError) as caught:
        north.close()
    assert [(found.code, "north/S2" in found.message) for found in caught.value.diagnostics] == [
        ("K473", True)
    ]
    assert north.ledger.read_bytes() == before


def test_shops_without_pay_are_told_and_the_others_closed(north):
    head, _ = OWN.split("pay:")
    scored = f"{head}score: {{empty: skip, items: {{fair: {{points: 100 * rate}}}}}}\n"
    (north.folder / "scored.yaml").write_text(scored.replace(": base\n", ": scored\n"), "utf-8")
    north.fleet({"S1": "{extends: base}", "S2": "{extends: scored}"})
    north.run()
    closing = north.close()
    assert list(closing.closings) == ["S1"]
    assert [found.message for found in closing.diagnostics] == [
        "1 shop without pay, nothing to close: S2"
    ]
    north.fleet({"S2": "{extends: scored}"})
    north.run()
    with pytest.raises(ke.DataError) as caught:
        north.close()
    assert [found.code for found in caught.value.diagnostics] == ["K472"]


def test_results_that_are_not_those_of_the_receipt_are_not_closed(north):
    north.run()
    subjects = pl.read_parquet(north.out / "subjects.parquet")
    subjects.with_columns(pay=pl.col("pay") + 1).write_parquet(north.out / "subjects.parquet")
    with pytest.raises(ke.DataError) as caught:
        north.close()
    assert [found.code for found in caught.value.diagnostics] == ["K453"]
    receipt = json.loads((north.out / "receipt.json").read_text("utf-8"))
    del receipt["nobody"]
    (north.out / "receipt.json").write_text(json.dumps(receipt), "utf-8")
    with pytest.raises(ke.DataError, match="its receipt lacks `nobody`"):
        north.close()
