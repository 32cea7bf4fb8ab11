from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import cast

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.plan.cases import made_from
from tests.properties.arrangements import PARTITIONINGS, SHUFFLES, Given, in_order_of
from tests.properties.comparing import ENGINES, Engine, differences, stored_tables
from tests.properties.dense import DAY, DERIVED, PERIOD, dense_rules, dense_tables, together
from tests.properties.tables import LARGE

from kpi_engine.plan.compiling import compile_ruleset
from kpi_engine.plan.facts import Gathered, gather_facts
from kpi_engine.plan.period import period_window
from kpi_engine.reference.judging import judge
from kpi_engine.reference.rows import MadeTable
from kpi_engine.reference.values import Row

SHOPS, AT_ONCE = 208, 26
Rows = dict[str, Counter[str]]
every_engine = pytest.mark.parametrize("engine", ENGINES)


def listed(rows: Iterable[tuple[str | None, Row]]) -> Counter[str]:
    """Return how often each row is there, with the name of the drop that took it."""
    return Counter(repr((dropped, sorted(row.items()))) for dropped, row in rows)


def reference_rows(made: Mapping[str, MadeTable]) -> tuple[Rows, int]:
    """Return the rows of every derived table, and how many orders nobody helped with."""
    rows = {n: listed((row.dropped, row.values) for row in made[n].rows) for n in DERIVED}
    return rows, made["assists"].unmatched


def plan_rows(given: Mapping[str, pl.LazyFrame], engine: Engine) -> tuple[Rows, int]:
    made, unmatched = made_from(dense_rules(), given, engine)
    return {name: listed(made[name]) for name in DERIVED}, unmatched["assists"]


@lru_cache(maxsize=SHOPS)
def tables_of(seed: int) -> Mapping[str, MadeTable]:
    return judge(dense_rules(), dense_tables(seed), PERIOD).tables


def judged(seed: int) -> tuple[Rows, int]:
    return reference_rows(tables_of(seed))


@lru_cache
def judged_together() -> tuple[Rows, int]:
    """Return the rows of all shops: what one shop sells is no matter of another."""
    rows: Rows = {name: Counter() for name in DERIVED}
    unmatched = 0
    for seed in range(SHOPS):
        alone, left_out = judged(seed)
        unmatched += left_out
        for name in DERIVED:
            rows[name].update(alone[name])
    return rows, unmatched


@lru_cache
def all_shops() -> dict[str, pl.DataFrame]:
    tables = together([dense_tables(seed) for seed in range(SHOPS)])
    return {n: lazy.collect() for n, lazy in stored_tables(dense_rules(), tables).items()}


def facts_of(given: Given, engine: Engine) -> Gathered:
    ruleset = dense_rules()
    window = period_window(PERIOD, ruleset.zone, ruleset.day_starts)
    return gather_facts(compile_ruleset(ruleset), given, window, engine=engine)


@lru_cache
def facts_of_all_shops() -> Gathered:
    return facts_of({name: frame.lazy() for name, frame in all_shops().items()}, "in-memory")


def check_arrangement(given: Given, engine: Engine) -> None:
    assert plan_rows(given, engine) == judged_together()
    expected, found = facts_of_all_shops(), facts_of(given, engine)
    assert_frame_equal(found.facts, expected.facts, check_exact=True)
    assert (found.metrics, found.tables) == (expected.metrics, expected.tables)


@pytest.mark.parametrize("first", range(0, SHOPS, AT_ONCE))
def test_every_row_of_a_dense_shop_is_that_of_the_reference(first: int):
    for seed in range(first, first + AT_ONCE):
        given = stored_tables(dense_rules(), dense_tables(seed))
        assert plan_rows(given, ENGINES[seed % 2]) == judged(seed), seed


@every_engine
@pytest.mark.parametrize("order", SHUFFLES)
def test_no_order_of_the_rows_of_many_dense_shops_changes_a_row_or_a_fact(
    order: int, engine: Engine
):
    check_arrangement(in_order_of(all_shops(), order), engine)


@every_engine
@pytest.mark.parametrize("partitioning", PARTITIONINGS)
def test_no_partitioning_of_the_rows_of_many_dense_shops_changes_a_row_or_a_fact(
    partitioning: str, engine: Engine, tmp_path: Path
):
    check_arrangement(PARTITIONINGS[partitioning](all_shops(), tmp_path), engine)


@pytest.mark.parametrize("seed", range(SHOPS, SHOPS + 2))
def test_a_large_dense_shop_is_the_same_on_both_roads(seed: int):
    tables = dense_tables(seed, LARGE)
    expected = reference_rows(judge(dense_rules(), tables, PERIOD).tables)
    assert plan_rows(stored_tables(dense_rules(), tables), ENGINES[seed % 2]) == expected


def test_every_metric_and_account_of_many_dense_shops_is_that_of_the_reference():
    tables = together([dense_tables(seed) for seed in range(0, SHOPS, 4)])
    assert differences(dense_rules(), tables, PERIOD) == []


def test_dense_shops_hold_what_is_hard_to_get_right():
    met: Counter[str] = Counter()
    for seed in range(SHOPS):
        sent = Counter(
            (message["buyer_id"], message["agent_id"], message["sent_at"])
            for message in dense_tables(seed)["messages"]
        )
        met["messages of one moment"] += sum(count > 1 for count in sent.values())
        made = tables_of(seed)
        chats = [row.values for row in made["conversations"].rows]
        for order in made["credited_orders"].rows:
            met.update(_difficulties(order.values, chats))
    assert min(met[name] for name in DIFFICULTIES) >= SHOPS // 4, met


DIFFICULTIES = (
    "messages of one moment",
    "no chat",
    "several chats",
    "equal ends",
    "a later start ends earlier",
    "at an edge",
    "in progress",
    "over",
)


def _difficulties(order: Row, chats: Iterable[Row]) -> Iterator[str]:
    created_at = cast("int", order["created_at"])
    spans = [
        (cast("int", chat["start_at"]), cast("int", chat["end_at"]))
        for chat in chats
        if chat["buyer_id"] == order["buyer_id"] and chat["replied_to"] and chat["agent_id"]
    ]
    if any(created_at in {start, end, end + 2 * DAY} for start, end in spans):
        yield "at an edge"
    rivals = [(start, end) for start, end in spans if start <= created_at < end + 2 * DAY]
    if not rivals:
        yield "no chat"
        return
    last = max(end for _, end in rivals)
    yield "in progress" if created_at < last else "over"
    if len(rivals) > 1:
        yield "several chats"
    if sum(end == last for _, end in rivals) > 1:
        yield "equal ends"
    if max(rivals)[1] < last:
        yield "a later start ends earlier"
