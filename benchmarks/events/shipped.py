"""The engine's road: the shipped rules over the folder, the contracts of every row included.

The facts of pre-sales come from a whole run, with its accounting, scores and pay. Rounds and owners
are tables on the way: small rulesets over the shipped one ask for them alone, and what they hold is
taken before anything is gathered.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import polars as pl

import kpi_engine as ke
from kpi_engine.execution.admission import admit_tables, admitted_rows
from kpi_engine.execution.look import look_at
from kpi_engine.plan.coding import encoded_tables, with_texts
from kpi_engine.plan.making import made_tables

PRESALES = Path(__file__).resolve().parents[2] / "rulesets" / "taobao" / "presales.yaml"
RULESETS = Path(__file__).parent / "rulesets"
PERIOD, AFTER_ALL_EVENTS = "2026-10", "2027-01-01"
AGENT = ("shop_id", "agent_id")
PART_BY_FACT = {
    "rounds": ("response_rate", "den"),
    "rounds_in_time": ("response_rate", "num"),
    "buyers_received": ("received", "num"),
    "ratings": ("satisfaction", "den"),
    "ratings_good": ("satisfaction", "num"),
    "inquiries": ("conversion", "den"),
    "inquiries_paid": ("conversion", "num"),
    "sales": ("sales", "num"),
    "refunded": ("refund_rate", "num"),
    "order_buyers": ("aov", "den"),
}


def rounds(folder: Path) -> Callable[[Path], None]:
    """Return every round of the messages, one row each."""
    names = ("shop_id", "buyer_id", "agent_id", "asked_at", "replied_at")
    return _made("rounds", folder).select(names).write_parquet


def credited_orders(folder: Path) -> Callable[[Path], None]:
    """Return every genuine paid order and its owner, null where it is nobody's."""
    return _made("credited_orders", folder).select("order_id", "agent_id").write_parquet


def presales(folder: Path) -> Callable[[Path], None]:
    """Return the facts of October, one row for each agent of pre-sales."""
    plan = ke.compile(ke.load(PRESALES))
    facts = ke.run(plan, folder, period=PERIOD, as_of=AFTER_ALL_EVENTS).facts
    if facts is None:
        raise ValueError("found no facts, expected those of a run")
    return partial(_write, facts)


def _made(table: str, folder: Path) -> pl.DataFrame:
    """Return the rows that the small ruleset of a table's name makes of it."""
    plan = ke.compile(ke.load(RULESETS / f"{table}.yaml"))
    look = look_at(plan.ruleset, PERIOD, AFTER_ALL_EVENTS)
    tables = encoded_tables(plan, admitted_rows(admit_tables(plan, folder, look)), "auto")
    return with_texts(made_tables(plan, tables, "auto").undropped[table].collect())


def _write(facts: pl.DataFrame, path: Path) -> None:
    wanted = [
        pl.col(part).filter(pl.col("metric") == metric).first().fill_null(0).alias(fact)
        for fact, (metric, part) in PART_BY_FACT.items()
    ]
    facts.group_by(AGENT).agg(wanted).write_parquet(path)
