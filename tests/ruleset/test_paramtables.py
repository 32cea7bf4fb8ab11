import csv
from pathlib import Path

import polars as pl
import pytest

from kpi_engine.execution.rules import params_in_force
from kpi_engine.ruleset.fleets import Fleet, load_fleet
from kpi_engine.text.source import position

BASE = """\
ruleset: base
zone: UTC
currency: CNY
subject: {from: agents, key: [shop_id, agent_id]}
params:
  rate: {of: day, else: 90%, from 2026-10-16: 80%}
  tiers: {else: 1%, from 500 CNY: 2%}
  prize: {is 'gold': 5 CNY, else: 0 CNY}
tables:
  agents:
    key: [shop_id, agent_id]
    columns: {shop_id: text, agent_id: text, wage: money, medal: gold | none}
pay: {lines: {base: wage * rate + tiers(wage) * wage + prize(medal)}}
"""
SCALES = {
    "S1": {"rate": "{of: day, else: 70%, from 2026-10-16: 60%}", "tiers": "", "prize": ""},
    "S2": {
        "rate": "",
        "tiers": "{else: 1%, from 300 CNY: 2%, from 900 CNY: 2.5%}",
        "prize": "{is 'gold': 6 CNY, else: 1 CNY}",
    },
    "S3": {"rate": "", "tiers": '{else: 1%, "from 300 CNY": 3%}', "prize": ""},
}


def written(folder: Path, shops: dict[str, dict[str, str]], suffix: str = ".csv") -> Path:
    """Return the file of a fleet whose shops are rows of a table."""
    (folder / "base.yaml").write_text(BASE, "utf-8")
    north = folder / "north.yaml"
    north.write_text(
        f"fleet: north\nshops: {{'*': {{extends: base, params: p{suffix}}}}}\n", "utf-8"
    )
    rows = [{"shop_id": shop, **cells} for shop, cells in shops.items()]
    if suffix == ".parquet":
        pl.DataFrame(rows).write_parquet(folder / "p.parquet")
        return north
    with (folder / "p.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    return north


def loaded(file: Path) -> Fleet:
    fleet, findings = load_fleet(file)
    assert fleet is not None, findings
    return fleet


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_scale_in_a_cell_is_the_scale_of_a_file(suffix, tmp_path):
    rows = loaded(written(tmp_path, SCALES, suffix))
    (tmp_path / "shops").mkdir()
    for shop, cells in SCALES.items():
        params = "".join(f"  {name}: {cell}\n" for name, cell in cells.items() if cell)
        text = f"ruleset: {shop}\nextends: ../base\nparams:\n{params}"
        (tmp_path / f"shops/{shop}.yaml").write_text(text, "utf-8")
    files = loaded(tmp_path / "shops")
    assert rows.findings == files.findings == ()
    assert list(rows.shops) == list(SCALES)
    for shop in SCALES:
        assert params_in_force(rows.shops[shop]) == params_in_force(files.shops[shop])
    assert params_in_force(rows.shops["S3"])["tiers"] == "{else: 1%, from 300 CNY: 3%}"


@pytest.mark.parametrize(
    ("cell", "code", "line", "column", "word"),
    [
        ("{else: 1%, from 300 CNY: 2 CNY}", "K342", 2, 12, "1%"),
        ("{else: 1%, from 3oo CNY: 2%}", "K212", 2, 22, "oo"),
        ("{else: 1%", "K133", 2, 4, "{"),
        ("{else: 1%, else: 2%}", "K115", 2, 16, "else"),
        ("{else: 1%} x", "K114", 2, 15, "x"),
    ],
)
def test_a_mistake_in_a_scale_of_a_cell_stands_at_the_word(
    cell, code, line, column, word, tmp_path
):
    shops = {"S1": {"tiers": cell}, "S2": {"tiers": ""}}
    fleet = loaded(written(tmp_path, shops))
    assert list(fleet.shops) == ["S2"]
    (found,) = (finding for finding in fleet.broken["S1"] if finding.severity == "error")
    assert found.span is not None
    at = position(found.span.source, found.span.start)
    said = found.span.source.text[found.span.start : found.span.end]
    assert (found.code, at.line, at.column, said) == (code, line, column, word)


def test_a_mistake_in_a_cell_with_doubled_quotes_stands_at_its_row(tmp_path):
    cells = {"S1": {"tiers": '{else: 1%, "from 300 CNY": 2 CNY}'}, "S2": {"tiers": ""}}
    fleet = loaded(written(tmp_path, cells))
    (found,) = fleet.broken["S1"]
    assert found.span is not None
    said = found.span.source.text[found.span.start : found.span.end]
    assert (found.code, said) == ("K342", 'S1,"{else: 1%, ""from 300 CNY"": 2 CNY}"')
