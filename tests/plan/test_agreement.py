"""The plan gives exactly what the reference gives, on random rows."""

import random
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.plan.cases import EPOCH, as_values, gathered, load

from kpi_engine.language.kinds import QUANTITIES, Kind
from kpi_engine.plan.slip import settle_slip
from kpi_engine.reference.judging import judge

AGENTS = [f"a{number}" for number in range(7)]

METRICS = """
  long:
    from: events
    where: x > 1 or good
    add: {twice: k * 2, rest: "default(x, 0) - k / 4", near: "at_most(abc, 3)", abc: k + 1}
    drop: {late: "not (at in 08:00-23:00)", odd: k == 3}
  daily:
    from: events
    per: [agent_id, day]
    add:
      times: count(good)
      best: max(x)
      paid: sum(amount)
      spread: max(k) - min(k)
      mixed: times + spread
    drop: {none: times == 0}
  monthly:
    from: daily
    where: paid > 0 CNY
    per: [agent_id, period]
    add: {days: count(), top: max(best), kinds: distinct(times)}
params:
  rate: {else: 0.5%, from 5 CNY: 0.8%, from 20 CNY: 1.2%}
  curve: {at 0%: 0, at 33%: 80, at 100%: 100}
  base: 3000 CNY
metrics:
  rows: {from: events, value: count()}
  goods: {from: events, value: count(good)}
  good_share: {from: events, where: good is known, value: "share(good or default(kind == 'chat', false))"}
  total: {from: events, value: sum(amount)}
  mean_x: {from: events, where: "kind in ['chat', 'call']", value: mean(x), min_rows: 3}
  middle: {from: events, value: median(x)}
  middle_n: {from: events, where: at in 22:00-06:00, value: median(k)}
  kinds: {from: events, value: distinct(kind)}
  last: {from: events, value: max(at)}
  first_due: {from: events, value: min(due)}
  months: {from: events, value: distinct(month(due))}
  ratio: {from: events, value: sum(amount) / count()}
  odd: {from: events, value: "sum(x) / sum(k)"}
  settled: {from: events, value: "mean(x) / 7 + 1"}
  big: {from: events, value: sum(x * x)}
  spans: {from: events, value: "max(at - default(at, at)) + mean(at - at)", min_rows: 1}
  any_good: {from: events, value: count(good) > 0}
  label: {from: events, value: "'many' if count() > 3 else 'few'"}
  kept: {from: long, value: sum(twice)}
  rest: {from: long, value: sum(rest)}
  near: {from: long, value: mean(near)}
  best_day: {from: daily, value: max(best)}
  paid_day: {from: daily, where: paid > 1 CNY, value: mean(paid)}
  mixed: {from: daily, value: sum(mixed)}
  month_days: {from: monthly, value: sum(days)}
  month_top: {from: monthly, value: max(top)}
  per_row: {value: total / rows}
  two: {value: good_share / odd}
  combined: {value: "(mean_x + 2 * middle) / 3"}
  capped: {value: "at_least(at_most(combined, 7), -5)"}
  stepped: {value: "round(ratio, 0.05 CNY) - floor(ratio, 1 CNY) + ceil(-ratio, 0.5 CNY)"}
  sliced: {value: "slices(rate, total)"}
  attained: {value: "attain(per_row, 3 CNY)"}
  spare: {value: "default(middle, default(mean_x, 1.5))"}
  is_it: {value: middle > 0 and (mean_x < 2 or any_good)}
  grade: {value: {of: score, from 90: "'A'", from 50: "'B'", else: "'C'"}}
  teamed: {value: "1 if default(team, '') == 't' else 0"}
  equal_dens: {value: "good_share < ratio / 3 CNY"}
"""

SCORE = """
score:
  empty: skip
  needs: 30%
  items:
    share: {weight: 37, points: "curve(good_share)"}
    middle:
      weight: 21
      points: {of: middle, up to -1: 100, up to 2: 70.5, else: 12.345678}
      empty: "50 if rows > 2 else unknown"
    inner:
      weight: 42
      items:
        one: {weight: 1, points: "attained", empty: 0}
        two: {weight: 2, points: {of: mean_x, -3 to 1: 100, 1.5 to 4: 60, else: 33.3333333}}
        three: {weight: 4, rescale: all, points: "10 * default(middle, 1)"}
      rescale: all
  then:
    gate: score if goods > 0 else score * 90%
    more: "score + 7 if default(middle, 0) > 1 else score - 3"
    best: "default(combined, 4) * 10 if rows > 5 else score"
pay:
  lines:
    wage: "default(wage, base) * score / 100"
    commission: total * rate(total)
    bonus: {of: score, from 90: 500 CNY, from 60: 0.005 CNY * score, else: 0 CNY}
  then:
    fine: "pay - 10 CNY * goods"
    least: "at_least(pay, 100 CNY)"
"""


def some(values, chance=0.8):
    return random.choice(values) if random.random() < chance else None


def random_rows(count, start=datetime(2026, 9, 25, tzinfo=UTC)):
    return [
        {
            "id": number,
            "agent_id": some([*AGENTS, "stranger"], 0.95),
            "at": some(
                [
                    int((start + timedelta(seconds=random.randrange(45 * 86400))).timestamp())
                    * 10**6
                ],
                0.95,
            ),
            "kind": some(["chat", "note", "call"]),
            "k": some(range(-4, 9)),
            "x": some([random.randrange(-3_000_000, 5_000_000), 10**6, 2 * 10**6]),
            "amount": some([random.randrange(-500, 2000), 0]),
            "good": some([True, False]),
            "due": some([20_000 + random.randrange(400)]),
        }
        for number in range(count)
    ]


def random_agents():
    return [
        {"agent_id": a, "team": some(["t", "u"]), "wage": some([250_000, 300_001])} for a in AGENTS
    ]


def exact(metric, row, name):
    """The value in the frame as the reference would say it."""
    kind = metric.type.kind
    if kind not in QUANTITIES:
        value = row[f"metric.{name}"]
        return EPOCH + timedelta(days=value) if kind is Kind.DATE and value is not None else value
    num, den = row[f"metric.{name}.num"], row[f"metric.{name}.den"]
    return None if num is None or den is None else Fraction(num, den)


def over(value, grid):
    return None if value is None else Fraction(value, grid)


def assert_agree(ruleset, rows_by_table, period, engine):
    plan, found = gathered(ruleset, rows_by_table, period, engine)
    frame = settle_slip(plan, found.facts, engine=engine)
    values = {n: as_values(ruleset, n, rows) for n, rows in rows_by_table.items()}
    judgement = judge(ruleset, values, period)
    assert frame["agent_id"].to_list() == sorted(str(key[0]) for key in judgement.subjects)
    for row in frame.iter_rows(named=True):
        slip = judgement.subjects[row["agent_id"],]
        for name, expected in slip.metrics.items():
            metric = ruleset.metrics[name]
            measured = expected.measured if metric.table is not None else expected.value
            if metric.type.kind in QUANTITIES:
                assert exact(metric, row, name) == measured, (row["agent_id"], name)
            else:
                assert exact(metric, row, name) == expected.value, (row["agent_id"], name)
            assert row[f"metric.{name}.status"] == expected.status, (row["agent_id"], name)
            if metric.table is not None:
                counts = row[f"metric.{name}.n"], row[f"metric.{name}.n_unknown"]
                assert counts == (expected.n, expected.n_unknown), (row["agent_id"], name)
        for path, points in slip.points.items():
            assert over(row[f"points.{path}"], 10**6) == points, path
        assert row.get("score.status") == slip.score_status
        for name, part in slip.parts.items():
            assert over(row[name], 10**6) == part, name
        assert over(row.get("score"), 100) == slip.score
        for name, amount in slip.lines.items():
            assert over(row[f"line.{name}"], 1) == amount, name
        assert over(row.get("pay"), 1) == slip.pay
        assert row.get("pay.status") == slip.pay_status
    for name, account in judgement.accounts.items():
        mine = found.metrics[name]
        assert (mine.accepted, mine.used, mine.filtered, mine.unknown, mine.no_subject) == (
            account.accepted,
            account.used,
            account.filtered,
            account.unknown,
            account.no_subject,
        ), name


@pytest.mark.parametrize("engine", ["streaming", "in-memory"])
@settings(max_examples=20)
@given(seed=st.integers(0, 10**6), count=st.sampled_from([0, 1, 5, 40, 300]))
def test_every_value_equals_the_references(engine, seed, count):
    random.seed(seed)
    rows = {"events": random_rows(count), "agents": random_agents()}
    assert_agree(load(METRICS + SCORE), rows, "2026-10", engine)
