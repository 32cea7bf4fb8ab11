"""A small shop on disk whose refunds arrive after pay day: run, closed, and run again."""

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from kpi_engine.execution.folders import read_results, write_results
from kpi_engine.execution.results import Results
from kpi_engine.execution.running import run
from kpi_engine.plan.compiling import compile_ruleset
from kpi_engine.ruleset.loading import load_ruleset
from kpi_engine.text.render import render_text

RULESET = """\
ruleset: shop/commission
version: '1'
zone: Asia/Shanghai
currency: CNY
subject: {from: agents, key: [shop_id, agent_id]}
params: {rate: 3%}
tables:
  agents:
    key: [shop_id, agent_id]
    columns: {shop_id: text, agent_id: text, wage: optional money}
  sales:
    key: sale_id
    dated: paid_at
    columns: {sale_id: text, shop_id: text, agent_id: text, paid_at: datetime, amount: money}
  refunds:
    key: refund_id
    dated: paid_at
    columns:
      refund_id: text
      shop_id: text
      agent_id: text
      paid_at: datetime
      amount: money
      recorded_at: datetime
metrics:
  sold: {from: sales, value: sum(amount)}
  refunded: {from: refunds, value: sum(amount), settles: 7 days}
pay:
  lines:
    wage: wage
    commission: rate * sold
    clawback: -rate * refunded
  then:
    floor: at_least(pay, 1500 CNY)
"""
"""Refunds belong to the month of their sale, and become known when they are recorded."""

AGENTS = (("S1", "小李", "2000.00"), ("S1", "小王", "1000.00"), ("S2", "小王", "1800.50"))
SALES = (
    ("1", "S1", "小李", "10000.00"),
    ("2", "S1", "小王", "333.35"),
    ("3", "S2", "小王", "0.50"),
)
LATE = (
    ("r1", "S1", "小李", "1000.00", "2026-11-09 10:00"),
    ("r2", "S2", "小王", "0.17", "2026-11-20 10:00"),
)
EARLY = ("r0", "S1", "小李", "100.00", "2026-10-30 10:00")


class Shop:
    """The files of the shop in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ledger = folder / "pay.ledger"
        (folder / "data").mkdir()
        self.ruleset()
        self.agents(*AGENTS)
        self.sales(*SALES)
        self.refunds(EARLY)

    def ruleset(self, *changes: tuple[str, str]) -> None:
        text = RULESET
        for old, new in changes:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        (self.folder / "shop.yaml").write_text(text, "utf-8")

    def agents(self, *rows: tuple[str, str, str | None]) -> None:
        self._write("agents", ("shop_id", "agent_id", "wage"), rows)

    def sales(self, *rows: tuple[str, ...], month: str = "2026-10") -> None:
        dated = [(*row[:3], f"{month}-05 09:00", row[3]) for row in rows]
        self._write("sales", ("sale_id", "shop_id", "agent_id", "paid_at", "amount"), dated)

    def refunds(self, *rows: tuple[str, ...]) -> None:
        dated = [(*row[:3], "2026-10-05 09:00", *row[3:]) for row in rows]
        names = ("refund_id", "shop_id", "agent_id", "paid_at", "amount", "recorded_at")
        self._write("refunds", names, dated)

    def _write(
        self, name: str, names: tuple[str, ...], rows: Iterable[tuple[str | None, ...]]
    ) -> None:
        frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")
        frame.write_csv(self.folder / "data" / f"{name}.csv")

    def run(self, as_of: str | None = None, month: str = "2026-10", **params: str) -> Path:
        """Return the folder of a run's result."""
        ruleset, findings = load_ruleset(self.folder / "shop.yaml", params)
        assert ruleset is not None, render_text(findings)
        plan = compile_ruleset(ruleset)
        results = run(plan, self.folder / "data", period=month, as_of=as_of)
        write_results(results, self.folder / "out")
        return self.folder / "out"


def pay_by_line(out: Path) -> dict[tuple[str, str, str], int]:
    """Return the amounts of a result by shop, agent and line, as it was computed."""
    results: Results = read_results(out)
    rows = results.lines.select("shop_id", "agent_id", "line", "amount").rows()
    return {(shop, agent, line): amount for shop, agent, line, amount in rows}
