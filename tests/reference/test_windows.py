from datetime import date
from fractions import Fraction

import pytest
from tests.reference.cases import HEAD, agent, case, event, judged, load

from kpi_engine.reference.judging import judge
from kpi_engine.reference.values import Row


def measured(metric, events, tables=""):
    return judged(case(f"metrics:\n  m: {metric}\n", tables), events).subjects["a",].metrics["m"]


@pytest.mark.parametrize(
    ("days", "expected"), [(1, 1), (30, 2), (31, 4), (32, 8), (60, 8), (61, 16), (300, 32)]
)
def test_a_window_is_so_many_days_that_end_with_the_period(days, expected):
    events = [
        event(when="2026-10-31 23:59", x=1),
        event(when="2026-10-02 00:00", x=1),
        event(when="2026-10-01 23:59", x=1),
        event(when="2026-10-01 00:00", x=1),
        event(when="2026-09-30 23:59", x=4),
        event(when="2026-09-01 00:00", x=8),
        event(when="2026-01-05 00:00", x=16),
        event(when="2026-11-01 00:00", x=64),
        event(when=None, x=128),
    ]
    text = f"{{from: events, value: sum(x), window: {days} days}}"
    assert measured(text, events).value == expected


def test_the_days_of_a_window_start_when_the_ruleset_says():
    text = (
        f"{HEAD}day_starts: '18:00'\nsubject: {{from: agents, key: agent_id}}\ntables:\n"
        "  agents: {key: agent_id, columns: {agent_id: text}}\n"
        "  events: {key: id, columns: {id: int, agent_id: text, at: datetime, x: number}, dated: at}\n"
        "metrics:\n  m: {from: events, value: sum(x), window: 2 days}\n"
    )
    whens = ("2026-10-30 17:59", "2026-10-30 18:00", "2026-11-01 17:59", "2026-11-01 18:00")
    events = [event(when=when, x=10**n) for n, when in enumerate(whens)]
    judgement = judge(load(text), {"agents": [agent()], "events": events}, "2026-10")
    assert judgement.subjects["a",].metrics["m"].value == 110
    assert judgement.accounts["m"].accepted == 2


def test_a_metric_may_have_a_clock_of_its_own():
    tables = "  late: {from: events, add: {then: at + 10 days}}\n"
    events = [
        event(when="2026-09-21 00:00", x=1),
        event(when="2026-10-05 00:00", x=10),
        event(when="2026-10-21 00:00", x=100),
        event(when="2026-10-25 00:00", x=1000),
        event(when=None, x=10000),
    ]
    assert measured("{from: late, value: sum(x)}", events, tables).value == 1110
    assert measured("{from: late, value: sum(x), dated: then}", events, tables).value == 111
    last_day = "{from: late, value: sum(x), dated: then, window: 1 days}"
    assert measured(last_day, events, tables).value == 100
    of_the_table = "{from: late, value: max(day), dated: then}"
    assert measured(of_the_table, events, tables).value == date(2026, 10, 21)


def test_a_date_dates_a_metric_of_a_table_without_a_clock():
    text = (
        f"{HEAD}subject: {{from: agents, key: agent_id}}\ntables:\n"
        "  agents: {key: agent_id, columns: {agent_id: text}}\n"
        "  acts: {key: id, columns: {id: int, agent_id: text, done: date, due: optional date}}\n"
        "metrics:\n  all: {from: acts, value: count()}\n"
        "  done: {from: acts, value: count(), dated: done}\n"
        "  due: {from: acts, value: count(), dated: due, window: 40 days}\n"
    )
    days = [(date(2026, 10, 1), None), (date(2026, 9, 30), date(2026, 9, 22))]
    acts: list[Row] = [
        {"id": Fraction(n), "agent_id": "a", "done": done, "due": due}
        for n, (done, due) in enumerate([*days, (date(2026, 11, 1), date(2026, 9, 21))])
    ]
    metrics = judge(load(text), {"agents": [agent()], "acts": acts}, "2026-10").subjects["a",]
    assert [metric.value for metric in metrics.metrics.values()] == [3, 1, 1]


TEAMS = (
    f"{HEAD}subject: {{from: agents, key: [shop, agent_id]}}\ntables:\n"
    "  agents:\n    key: [shop, agent_id]\n    valid: [start, end]\n"
    "    columns: {shop: text, agent_id: text, start: date, end: optional date, boss: optional text}\n"
    "  talks:\n    key: id\n    dated: at\n"
    "    columns: {id: int, shop: text, agent_id: optional text, helper: optional text, at: datetime}\n"
    "metrics:\n  own: {from: talks, value: count()}\n"
    "  helped: {from: talks, whose: helper, value: count(helper != agent_id)}\n"
    "  led: {from: talks, whose: agents.boss, value: count()}\n"
)


def test_whose_names_another_subject_of_the_row():
    def stay(agent_id, boss, start=date(2026, 1, 1), end=None):
        return {"shop": "s", "agent_id": agent_id, "start": start, "end": end, "boss": boss}

    def talk(agent_id, helper=None, when="2026-10-05 09:00"):
        row = event(agent_id, when)
        return {
            "id": row["id"],
            "shop": "s",
            "agent_id": agent_id,
            "helper": helper,
            "at": row["at"],
        }

    moved = date(2026, 10, 10)
    agents = [
        stay("x", None),
        stay("y", "x", end=moved),
        stay("y", "z", moved),
        stay("z", "nobody"),
    ]
    talks = [
        talk("y", "z"),
        talk("y", "z", "2026-10-10 00:00"),
        talk("y", "stranger"),
        talk("z", "y"),
        talk(None, "y"),
        talk("x", "x"),
    ]
    judgement = judge(load(TEAMS), {"agents": agents, "talks": talks}, "2026-10")
    found = {
        key[1]: tuple(metric.value for metric in slip.metrics.values())
        for key, slip in judgement.subjects.items()
    }
    assert found == {"x": (1, 0, 2), "y": (3, 1, 0), "z": (1, 2, 1)}
    assert judgement.subjects["s", "y"].metrics["helped"].n_unknown == 1
    assert [account.no_subject for account in judgement.accounts.values()] == [1, 1, 3]


def test_what_filters_a_metrics_rows_is_counted_by_name():
    tables = "  kept: {from: events, drop: {low: x < 1, high: x > 3, kind: kind == 'k'}}\n"
    ruleset = case("metrics:\n  m: {from: kept, where: v > 0, value: sum(x)}\n", tables)
    events = [
        event(x=0, kind="k"),
        event(x=0, v=0),
        event(x=4, v=1),
        event(x=2, kind="k"),
        event(x=2, v=0),
        event(x=2),
        event("stranger", x=0),
        event(x=3, v=1),
    ]
    account = judged(ruleset, events).accounts["m"]
    assert account.filtered_by == {"low": 2, "high": 1, "kind": 1, "where": 1}
    assert (account.filtered, account.used, account.unknown, account.no_subject) == (5, 1, 1, 1)


DATED = """
params:
  limit: {of: day, from 2026-10-01: 1, from 2026-10-10: 2, else: 3}
  since: {of: day, from 2026-10-10: 'true'}
  shares: {of: day, from 2026-10-31: 10 CNY, from 2026-11-01: 20 CNY}
"""


def test_a_dated_param_is_read_on_the_day_of_the_row():
    ruleset = case(
        DATED + "metrics:\n"
        "  sums: {from: events, value: sum(limit * x)}\n"
        "  passed: {from: events, where: since, value: count(x > limit)}\n"
        "  late: {from: later, value: sum(rate)}\n"
        "  days: {from: days, value: sum(weight)}\n",
        "  later: {from: events, dated: then, add: {then: at + 5 days, rate: limit}}\n"
        "  days: {from: events, per: [agent_id, day], add: {weight: limit * 100 + sum(limit)}}\n",
    )
    events = [
        event(when="2026-10-05 00:00", x=1),
        event(when="2026-10-10 00:00", x=10),
        event(when="2026-10-10 00:00", x=2),
        event(when=None, x=1000),
    ]
    metrics = judged(ruleset, events).subjects["a",].metrics
    values = {name: metric.value for name, metric in metrics.items()}
    assert values == {"sums": 25, "passed": 1, "late": 6, "days": 305}


def test_a_dated_param_is_unknown_on_an_unknown_day_and_where_no_case_holds():
    ruleset = case(
        DATED + "metrics:\n  m: {from: rated, value: count(since)}\n",
        "  rated: {from: events, add: {rate: limit}}\n",
    )
    events = [event(), event(when=None), event(when="2026-10-12 09:00")]
    judgement = judged(ruleset, events)
    rates = [row.values["rate"] for row in judgement.tables["rated"].rows]
    assert rates == [1, None, 2]
    counted = judgement.subjects["a",].metrics["m"]
    assert (counted.value, counted.n_unknown) == (1, 1)


def test_about_a_subject_a_dated_param_is_that_of_the_last_day():
    ruleset = case(
        DATED + "metrics:\n"
        "  plain: limit * 10\n"
        "  mixed: {from: events, value: sum(x * limit) * limit}\n"
        "  begun: {value: 'default(since, false)'}\n"
        "pay:\n  lines: {share: shares * limit}\n  then: {more: pay + shares}\n"
    )
    slip = judged(ruleset, [event(x=1), event(x=1, when="2026-10-11 00:00")]).subjects["a",]
    assert [metric.value for metric in slip.metrics.values()] == [20, 6, True]
    assert slip.pay == 3000
