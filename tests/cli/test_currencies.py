"""Currencies without decimals, with two and with three, from the files of a shop to its pay slips."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest
from typer.testing import CliRunner

import kpi_engine as ke
from kpi_engine.cli.commands import app

RULESET = """\
ruleset: shop
zone: Asia/Tokyo
currency: CUR
subject: {from: agents, key: agent_id}
tables:
  agents:
    key: agent_id
    columns: {agent_id: text, wage: money, bonus: {kind: money, in: minor}, tip: money = HALF CUR}
  sales:
    key: sale_id
    dated: at
    columns: {sale_id: text, agent_id: text, at: datetime, amount: money}
metrics:
  sold: {from: sales, value: sum(amount)}
  mean_sale: {from: sales, value: mean(amount)}
  big_sales: {from: sales, value: count(amount >= BIG CUR)}
pay:
  lines:
    wage: wage
    bonus: bonus
    tip: tip
    commission: default(1.5% * sold, 0 CUR)
    prize: {of: big_sales, from 1: BIG CUR, else: 0 CUR}
  then:
    floor: at_least(pay, FLOOR CUR)
"""

TEST = """\
test: shop
period: 2026-10
cases:
  - name: amounts as people write them
    table: |
      wage     | bonus     | sold     | big_sales => commission | prize   | pay
      WAGE CUR | BONUS CUR | SOLD CUR | 1         => EARNED CUR | BIG CUR | FLOOR CUR
"""


class Money(NamedTuple):
    """Amounts of a currency as they are written, and in its minor units."""

    currency: str
    half: str
    big: str
    floor: str
    wage: str
    bonus: str
    sales: tuple[str, str]
    sold: str
    mean: str
    earned: str
    too_fine: str
    lines: dict[str, int]
    shown: dict[str, str]


MONEY = [
    Money(
        currency="JPY",
        half="1",
        big="500",
        floor="200000",
        wage="180000",
        bonus="2500",
        sales=("1000", "33"),
        sold="1033",
        mean="517 JPY",
        earned="15",  # of 15.495
        too_fine="180000.5",
        lines={"wage": 180000, "bonus": 2500, "tip": 1, "commission": 15, "prize": 500, "floor": 16984},
        shown={"wage": "180000 JPY", "commission": "15 JPY", "pay": "200000 JPY", "total": "200,000"},
    ),
    Money(
        currency="CNY",
        half="0.5",
        big="5.25",
        floor="5000",
        wage="4500.5",
        bonus="25.00",
        sales=("1000.01", "33.32"),
        sold="1033.33",
        mean="516.67 CNY",
        earned="15.50",  # of 15.49995
        too_fine="4500.125",
        lines={"wage": 450050, "bonus": 2500, "tip": 50, "commission": 1550, "prize": 525, "floor": 45325},
        shown={"wage": "4500.50 CNY", "commission": "15.50 CNY", "pay": "5000.00 CNY", "total": "5,000.00"},
    ),
    Money(
        currency="KWD",
        half="0.005",
        big="5.25",
        floor="500",
        wage="450.125",
        bonus="2.5",
        sales=("1000.001", "33.332"),
        sold="1033.333",
        mean="516.667 KWD",
        earned="15.5",  # of 15.499995
        too_fine="450.1255",
        lines={"wage": 450125, "bonus": 2500, "tip": 5, "commission": 15500, "prize": 5250, "floor": 26620},
        shown={"wage": "450.125 KWD", "commission": "15.500 KWD", "pay": "500.000 KWD", "total": "500.000"},
    ),
]  # fmt: skip


@pytest.fixture(params=MONEY, ids=[money.currency for money in MONEY])
def money(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Money:
    """Return a currency, in whose shop we stand."""
    found: Money = request.param
    monkeypatch.chdir(tmp_path)
    Path("data").mkdir()
    for name, text in (("shop.yaml", RULESET), ("shop.test.yaml", TEST)):
        for word, written in {
            "HALF": found.half,
            "BIG": found.big,
            "FLOOR": found.floor,
            "WAGE": found.wage,
            "BONUS": found.bonus,
            "SOLD": found.sold,
            "EARNED": found.earned,
            "CUR": found.currency,
        }.items():
            text = text.replace(word, written)  # noqa: PLW2901 (word after word)
        Path(name).write_text(text, "utf-8")
    agents(found.wage)
    sales = {
        "sale_id": ["1", "2"],
        "agent_id": "a",
        "at": "2026-10-05 09:00",
        "amount": found.sales,
    }
    pl.DataFrame(sales).write_csv("data/sales.csv")
    return found


def agents(*wages: str) -> None:
    names = [chr(ord("a") + place) for place in range(len(wages))]
    frame = {"agent_id": names, "wage": wages, "bonus": "2500", "tip": None}
    pl.DataFrame(frame).write_csv("data/agents.csv")


def called(*arguments: str, status: int = 0) -> str:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == status, result.output
    return result.stdout


def run(status: int = 0) -> str:
    arguments = ("shop.yaml", "--data", "data", "--period", "2026-10", "--out", "out")
    return called("run", *arguments, status=status)


def explained() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(
        called("explain", "out", "--subject", "a", "--format", "json")
    )
    return document


def test_lines_are_in_minor_units_and_add_up(money):
    run()
    results = ke.read_results("out")
    assert dict(results.lines.select("line", "amount").rows()) == money.lines
    assert results.subjects["pay"].to_list() == [sum(money.lines.values())]
    assert set(results.lines["currency"]) == {money.currency}


def test_minor_and_major_units_of_an_input_are_the_same_money(money):
    run()
    digest = ke.read_results("out").receipt["result_hash"]
    text = Path("shop.yaml").read_text("utf-8")
    Path("shop.yaml").write_text(text.replace("{kind: money, in: minor}", "money"), "utf-8")
    csv = Path("data/agents.csv").read_text("utf-8")
    Path("data/agents.csv").write_text(csv.replace(",2500,", f",{money.bonus},"), "utf-8")
    run()
    assert ke.read_results("out").receipt["result_hash"] == digest


def test_an_amount_finer_than_the_minor_unit_is_rejected(money):
    agents(money.wage, money.too_fine)
    run(status=1)
    assert ke.read_results("out").rejects.select("column", "reason").rows() == [
        ("wage", "too_many_decimals")
    ]


def test_an_explanation_writes_every_digit_of_the_minor_unit_and_no_other(money):
    run()
    document = explained()
    shown = {line["name"]: line["shown"] for line in document["pay"]["lines"]}
    assert (shown["wage"], shown["commission"]) == (money.shown["wage"], money.shown["commission"])
    assert document["pay"]["shown"] == money.shown["pay"]
    digits = {"JPY": 0, "CNY": 2, "KWD": 3}[money.currency]
    assert document["minor_digits"] == digits
    for line in document["pay"]["lines"]:
        number, currency = line["shown"].split()
        assert currency == money.currency
        assert len(number.partition(".")[2]) == digits
        assert Decimal(number).scaleb(digits) == line["amount"]
    metrics = {metric["name"]: metric for metric in document["metrics"]}
    assert metrics["mean_sale"]["shown"] == money.mean
    text = called("explain", "out", "--subject", "a")
    assert money.shown["pay"] in text
    assert money.shown["commission"] in text


def test_the_summary_of_a_run_and_of_a_closing_is_in_major_units(money):
    heading, row = run().splitlines()[1:3]
    assert heading.split() == ["agent_id", "pay", "in", money.currency, "mostly", "from"]
    assert row.split() == ["a", money.shown["total"]]
    assert f" {money.shown['total']} {money.currency} in all" in called(
        "close", "out", "--ledger", "pay.ledger"
    )


@pytest.mark.usefixtures("money")
def test_cases_write_amounts_as_people_do():
    assert called("check", "shop.yaml", "--ignore", "K7") == (
        "no findings; 1 warning, 1 note ignored\n"
    )
    assert called("test", "shop.test.yaml") == "1 case passed\n"


@pytest.mark.parametrize(
    "place", ["tip: money = ", "count(amount >= ", "from 1: ", "at_least(pay, "]
)
def test_an_amount_in_another_currency_is_one_clear_error(money, place):
    text = Path("shop.yaml").read_text("utf-8")
    before, after = text.split(place)
    _, rest = after.split(f" {money.currency}", 1)
    Path("shop.yaml").write_text(f"{before}{place}500 USD{rest}", "utf-8")
    (finding,) = ke.check("shop.yaml").diagnostics
    assert (finding.code, finding.message) == (
        "K222",
        f"an amount in USD, amounts in {money.currency} were expected: one currency a ruleset",
    )
