"""Whether answers agree: `python -m benchmarks.events.answers TASK FOLDER ROAD=ANSWER …`.

They must be, to the last digit, those of the first road, and the truth where the sample knows it.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import polars as pl

from benchmarks.events.rules import CLOSES, DAY, OCTOBER, OPENS, REPLY_LIMIT, SHANGHAI

AGENT = ("shop_id", "agent_id")
COLUMNS_BY_TASK: Mapping[str, tuple[str, ...]] = {
    "rounds": ("shop_id", "buyer_id", "agent_id", "asked_at", "replied_at"),
    "credited_orders": ("order_id", "agent_id"),
}


def main() -> None:
    """Print the roads that differ, as JSON."""
    task, folder, *answers = sys.argv[1:]
    path_by_road = dict(answer.split("=", 1) for answer in answers)
    print(json.dumps(differing(task, Path(folder), path_by_road)))


def differing(task: str, folder: Path, answers: Mapping[str, str]) -> list[str]:
    """Return the roads whose answer is not, to the last digit, the truth and that of the first.

    The truth of rounds and owners is a table of the sample. Of the facts of pre-sales those that
    follow from such tables have a truth; the others, and a scan, must be as on the first road.
    """
    true = _truth(task, folder)
    found = {road: pl.read_parquet(path) for road, path in answers.items()}
    first = next(iter(found.values()))
    columns = sorted(first.columns)
    return [
        road
        for road, answer in found.items()
        if set(answer.columns) != set(columns)
        or not _canonical(answer, columns).equals(_canonical(first, columns))
        or not (true is None or _canonical(answer, true.columns).equals(true))
    ]


def _canonical(frame: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Return whole numbers and texts alone, in one order; instants as microseconds."""
    plain = [
        pl.col(name).cast(pl.String if _is_text(kind) else pl.Int64)
        for name, kind in frame.select(columns).schema.items()
    ]
    return frame.select(plain).sort(columns, nulls_last=True)


def _is_text(kind: pl.DataType) -> bool:
    return isinstance(kind, pl.String | pl.Categorical | pl.Enum)


def _truth(task: str, folder: Path) -> pl.DataFrame | None:
    if task == "presales":
        true = _true_facts(folder)
        return _canonical(true, true.columns)
    if task in COLUMNS_BY_TASK:
        columns = COLUMNS_BY_TASK[task]
        return _canonical(
            pl.read_parquet(folder / f"{task}.parquet", columns=list(columns)), columns
        )
    return None


def _true_facts(folder: Path) -> pl.DataFrame:
    """Return the facts of October that follow from the true rounds, inquiries and owners."""
    rounds, inquiries, orders, agents = (
        pl.scan_parquet(folder / f"{table}.parquet")
        for table in ("rounds", "inquiries", "credited_orders", "agents")
    )
    wait = (pl.col("replied_at") - pl.col("asked_at")).dt.total_microseconds()
    clock = (pl.col("asked_at").to_physical() + SHANGHAI) % DAY
    parts = [
        rounds.filter(_in_october("asked_at"), clock >= OPENS, clock < CLOSES)
        .group_by(AGENT)
        .agg(
            rounds=pl.len(),
            rounds_in_time=(wait <= REPLY_LIMIT).sum(),
        ),
        inquiries.filter(_in_october("asked_at"))
        .group_by(AGENT)
        .agg(
            inquiries=pl.len(),
            inquiries_paid=pl.col("paid").sum(),
        ),
        orders.filter(_in_october("paid_at"))
        .group_by(AGENT)
        .agg(
            sales=_cents("paid_amount").sum(),
            refunded=_cents("refunded").sum(),
            order_buyers=pl.col("buyer_id").n_unique(),
        ),
    ]
    facts = (
        agents.filter(
            pl.col("role") == "presale",
            pl.col("valid_from") < date(2026, 11, 1),
            pl.col("valid_to").is_null() | (pl.col("valid_to") > date(2026, 10, 1)),
        )
        .select(AGENT)
        .unique()
    )
    for part in parts:
        facts = facts.join(part, on=AGENT, how="left")
    return facts.with_columns(pl.exclude(AGENT).fill_null(0)).collect()


def _in_october(column: str) -> pl.Expr:
    return pl.col(column).to_physical().is_between(*OCTOBER, closed="left")


def _cents(column: str) -> pl.Expr:
    return (pl.col(column) * 100).cast(pl.Int64)


if __name__ == "__main__":
    main()
