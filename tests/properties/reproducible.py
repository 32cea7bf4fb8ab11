"""One fixed run, hashed: as a module, it prints the hashes of every engine and every order of rows.

Threads of Polars are counted once a process, so other counts are tried by starting this anew.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import polars as pl
from tests.properties.comparing import ENGINES, Engine, Tables
from tests.properties.tables import Crowd, random_tables, shuffled
from tests.reference.cases import load

from kpi_engine.execution.running import run
from kpi_engine.language.kinds import Kind
from kpi_engine.plan.compiling import compile_ruleset
from kpi_engine.reference.values import Row, Value
from kpi_engine.ruleset.checked import Column, Ruleset

PERIOD = "2026-03"
SHUFFLES = (1, 2, 3, 4, 5)

TEXT = """
ruleset: reproducible
zone: America/New_York
day_starts: 02:30
currency: CNY
subject: {from: people, key: who}
params:
  rates: {else: 1%, from 10 CNY: 2.5%, from 33.33 CNY: 4%}
tables:
  people:
    key: who
    columns: {who: text, base: money, goal: number, lead: bool}
  events:
    key: id
    dated: at
    columns:
      id: int
      who: optional text
      at: datetime
      seen: optional datetime
      paid: optional money
      load: optional number
      size: int
      good: optional bool
      grade: A | B | C
    add:
      wait: seen - at
      net: default(paid, 0 CNY) * 93%
    drop: {test: load < -500}
  days:
    from: events
    where: good is known
    per: [who, day]
    add:
      goods: count(good)
      first: min(at)
      middle: median(wait)
      kinds: distinct(grade)
metrics:
  share_good: {from: events, where: good is known, value: share(good), min_rows: 3}
  wait: {from: events, value: mean(wait), better: lower}
  middle: {from: events, value: median(load)}
  paid: {from: events, where: at in 08:00-23:00, value: sum(net)}
  per_size: {from: events, value: sum(paid) / sum(size)}
  busy_days: {from: days, value: count(goods > 1)}
  kinds: {from: days, value: mean(kinds)}
  last: {from: days, value: max(first)}
  mixed: share_good * 7 + load_left / 3
  load_left: goal - default(middle, 0)
  level: {of: score, from 60: "'high'", else: "'low'"}
score:
  empty: skip
  needs: 10%
  order: good > fast = steady
  items:
    good: {points: 100 * share_good}
    fast:
      items:
        quick: {points: 'attain(wait, 1 h)', empty: 0}
        busy: {points: 'at_most(busy_days * 10, 100)'}
    steady: {points: {of: kinds, at 1: 0, at 2: 66.6, at 3: 100}}
  then:
    bonus: score + 3.333
pay:
  lines:
    base: base * score / 100
    commission: slices(rates, default(paid, 0 CNY)) / 7
  then:
    floor: at_least(pay, 12.345 CNY)
"""


def fixed_run() -> tuple[Ruleset, Tables]:
    """Return the ruleset and rows enough that Polars splits them among threads."""
    ruleset = load(TEXT)
    return ruleset, random_tables(ruleset, PERIOD, Crowd(20260301, 40, 4_000, 0.15, wide=False))


def offered_tables(ruleset: Ruleset, tables: Tables) -> dict[str, pl.DataFrame]:
    """Return rows as a user would give them: decimals, times with a zone, days."""
    return {
        table.name: pl.DataFrame(
            {column.name: _series(ruleset, column, tables[table.name]) for column in table.columns}
        )
        for table in ruleset.tables.values()
        if table.origin is None
    }


def _series(ruleset: Ruleset, column: Column, rows: Sequence[Row]) -> pl.Series:
    values = [_offered(ruleset, column, row[column.name]) for row in rows]
    return pl.Series(values, dtype=_DTYPES[column.type.kind])


_DTYPES: dict[Kind, pl.DataType] = {
    Kind.NUMBER: pl.Decimal(30, 6),
    Kind.MONEY: pl.Decimal(30, 2),
    Kind.BOOL: pl.Boolean(),
    Kind.TEXT: pl.String(),
    Kind.DATETIME: pl.Datetime("us", "UTC"),
}


def _offered(ruleset: Ruleset, column: Column, value: Value) -> object:
    if isinstance(value, Fraction):
        scale = 10**ruleset.minor_digits if column.type.kind is Kind.MONEY else 1
        return Decimal(value.numerator) / Decimal(value.denominator * scale)
    if column.type.kind is Kind.DATETIME and isinstance(value, int):
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=value)
    return value


def hash_of(ruleset: Ruleset, tables: Tables, engine: Engine) -> str:
    """Return the hash of the result of a run."""
    plan = compile_ruleset(ruleset)
    results = run(plan, offered_tables(ruleset, tables), period=PERIOD, engine=engine)
    return results.receipt["result_hash"]


def hashes() -> list[str]:
    """Return the hash of every engine over the rows as they are and in five other orders."""
    ruleset, tables = fixed_run()
    orders = [tables, *(shuffled(tables, seed) for seed in SHUFFLES)]
    return [hash_of(ruleset, order, engine) for engine in ENGINES for order in orders]


if __name__ == "__main__":
    print(pl.thread_pool_size(), *hashes())  # noqa: T201 (what a process says to another)
