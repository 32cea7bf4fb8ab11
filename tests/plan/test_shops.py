"""Runs, matches and lookups in one dense shop: the plan says what the reference says."""

import random
from fractions import Fraction

import pytest
from polars.testing import assert_frame_equal
from tests.plan.cases import as_values, gathered, load, made
from tests.plan.shops import HEAD, METRICS, TABLES, shop_rows

from kpi_engine.plan.slip import settle_slip
from kpi_engine.reference.judging import judge

PERIOD = "2026-10"


@pytest.fixture(scope="module", params=[("Asia/Shanghai", "00:00"), ("Europe/Berlin", "04:00")])
def shop(request):
    zone, day_starts = request.param
    return load(TABLES + METRICS, head=HEAD, zone=zone, day_starts=day_starts)


def judged(ruleset, rows):
    inputs = [table.name for table in ruleset.tables.values() if table.origin is None]
    return judge(ruleset, {name: as_values(ruleset, name, rows[name]) for name in inputs}, PERIOD)


def listed(rows):
    """Rows in an order of their own, comparable whatever they hold."""
    return sorted(repr((dropped, sorted(row.items()))) for dropped, row in rows)


@pytest.mark.parametrize("seed", range(8))
def test_every_table_has_the_rows_of_the_reference(shop, seed):
    engine = "in-memory" if seed % 2 else "streaming"
    rows = shop_rows(seed, (3, 20, 90, 150)[seed // 2])
    verdict = judged(shop, rows)
    tables, unmatched = made(shop, rows, engine)
    for name, expected in verdict.tables.items():
        found = [(row.dropped, row.values) for row in expected.rows]
        assert listed(tables[name]) == listed(found), name
        assert unmatched.get(name, 0) == expected.unmatched


@pytest.mark.parametrize("seed", range(8))
def test_every_metric_score_and_line_is_that_of_the_reference(shop, seed):
    rows = shop_rows(seed, (3, 20, 90, 150)[seed // 2])
    verdict = judged(shop, rows)
    plan, found = gathered(shop, rows, PERIOD, "in-memory" if seed % 2 else "streaming")
    slip = settle_slip(plan, found.facts)
    assert slip.select(plan.roster.key).rows() == sorted(verdict.subjects)
    for row in slip.iter_rows(named=True):
        subject = verdict.subjects[row["shop_id"], row["agent_id"]]
        for name, expected in subject.metrics.items():
            status, num, den = (row[f"metric.{name}.{part}"] for part in ("status", "num", "den"))
            assert status == expected.status, name
            assert (Fraction(num, den) if status == "ok" else None) == expected.value, name
        score = row["score"]
        assert (None if score is None else Fraction(score, 100)) == subject.score
        assert {name: row[f"line.{name}"] for name in subject.lines} == subject.lines
    for name, expected in verdict.accounts.items():
        account = found.metrics[name]
        assert account.accepted == expected.accepted
        assert account.used == expected.used
        assert account.unknown == expected.unknown
        assert account.no_subject == expected.no_subject
        assert account.filtered == expected.filtered == sum(account.filtered_by.values())


def test_neither_engine_nor_order_nor_split_changes_a_byte(shop):
    rows = shop_rows(7, 150)
    _, expected = gathered(shop, rows, PERIOD)
    dice = random.Random(3)
    for engine in ("streaming", "in-memory"):
        for listed_rows in rows.values():
            dice.shuffle(listed_rows)
        _, found = gathered(shop, rows, PERIOD, engine)
        assert_frame_equal(found.facts, expected.facts, check_exact=True)
        assert found.metrics == expected.metrics
        assert found.tables == expected.tables
