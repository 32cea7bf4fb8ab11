"""Every difference that random rulesets have found, in its smallest form."""

from datetime import date
from fractions import Fraction

import pytest
from tests.properties.comparing import ENGINES, Engine, differences
from tests.properties.pinned import PERIOD, event, instant, person, pinned
from tests.properties.tables import LARGE

from kpi_engine.reference.values import Row
from kpi_engine.ruleset.loading import load_ruleset_text

HEAD = """
ruleset: regression
zone: Asia/Shanghai
currency: CNY
subject: {from: people, key: who}
"""

DATED = """
tables:
  people: {key: who, columns: {who: text}}
  events: {key: id, columns: {id: int, who: text, begun: date, until: date}, dated: begun}
"""


def compared(rest: str, people: list[Row], events: list[Row] | None = None) -> list[str]:
    ruleset, findings = load_ruleset_text(HEAD + rest)
    assert ruleset is not None, findings
    return differences(ruleset, {"people": people, "events": events or []}, PERIOD)


def two_days() -> list[Row]:
    days = {"begun": date(2026, 9, 30), "until": date(2026, 10, 2)}
    return [{"id": Fraction(0), "who": "a", **days}]


def test_below_zero_a_slice_goes_on_at_the_rate_that_holds_at_zero():
    params = "params: {rates: {up to 0: 1%, up to 10: 2%, else: 3%}}\n"
    table = "tables: {people: {key: who, columns: {who: text, x: number}}}\n"
    people: list[Row] = [{"who": str(x), "x": Fraction(x)} for x in (-10, 0, 5, 10, 11)]
    assert compared(params + table + "metrics: {m: 'slices(rates, x)'}", people) == []


def test_a_grouped_table_has_the_day_and_period_of_a_clock_among_its_keys():
    made = "  made: {from: events, per: [who, begun]}\n"
    metric = "metrics: {m: {from: made, where: 'day == begun', value: min(period)}}"
    assert compared(DATED + made + metric, [{"who": "a"}], two_days()) == []


def test_a_where_reads_the_day_of_its_own_tables_clock():
    made = "  made: {from: events, dated: until, where: day >= 2026-10-01}\n"
    metric = "metrics: {m: {from: made, value: count()}}"
    assert compared(DATED + made + metric, [{"who": "a"}], two_days()) == []


def test_a_where_reads_the_day_that_its_table_is_the_first_to_have():
    undated = DATED.replace(", dated: begun", "")
    made = "  made: {from: events, dated: until, where: day >= 2026-10-01}\n"
    metric = "metrics: {m: {from: made, value: count()}}"
    assert compared(undated + made + metric, [{"who": "a"}], two_days()) == []


def test_a_moved_time_is_a_whole_microsecond():
    example = pinned(
        "metrics: {later: seen + 0.0000005 s, third: seen - 1 s / 3, "
        "early: seen + 1 s / 3 > seen + 0.333333 s}",
        [person(seen=instant("2026-10-05 09:00"))],
    )
    assert differences(example.ruleset, example.tables, PERIOD) == []


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "condition",
    ["2.5 <= default(size, 1)", "0 CNY == default(amount, 1 CNY)", "'x' != default(kind, 'y')"],
)
def test_a_literal_stands_left_of_a_column_without_a_known_value(condition: str, engine: Engine):
    # In memory, Polars 2.1 takes a literal beside such a choice for a frame of one row.
    example = pinned(
        f'    drop: {{none: "{condition}"}}\nmetrics: {{m: {{from: events, value: count()}}}}',
        [person()],
        [event(), event(), event()],
    )
    assert differences(example.ruleset, example.tables, PERIOD, [engine]) == []


@pytest.mark.parametrize(
    "rest",
    [
        "subject: {from: people, key: who, where: x * x * x > 0}\nmetrics: {m: count}",
        """subject: {from: people, key: who}
score: {items: {i: {points: 50}}, then: {square: x * x, more: score * 110%}}""",
        "subject: {from: people, key: who}\nmetrics: {m: cube * count > 1}",
    ],
    ids=["who is a subject", "steps of the score", "a column added to the roster"],
)
def test_what_the_checker_takes_the_plan_can_compute(rest: str):
    tables = """
tables:
  people: {key: who, columns: {who: text, x: number, count: int}, add: {cube: x * x - x / 7}}
"""
    head = HEAD.partition("subject")[0]
    ruleset, findings = load_ruleset_text(f"{head}\n{tables}{rest}\n")
    people: list[Row] = [{"who": "a", "x": Fraction(3), "count": Fraction(1)}]
    if ruleset is None:
        assert {finding.code for finding in findings} == {"K254"}
    else:
        assert differences(ruleset, {"people": people}, PERIOD) == []


@pytest.mark.parametrize(
    "made", ["{from: events, per: [who, who]}", "{from: events, per: [who], add: {who: count()}}"]
)
def test_a_column_is_refused_twice_in_a_grouped_table(made: str):
    rest = f"{DATED}  made: {made}\nmetrics: {{m: {{from: made, value: count()}}}}\n"
    assert load_ruleset_text(HEAD + rest)[0] is None


def test_what_stands_in_for_a_group_is_a_part_of_the_score_alike():
    example = pinned(
        """
score:
  empty: skip
  items:
    group: {empty: 60, items: {x: {points: goal}, z: {points: goal}}}
    other: {points: part}
""",
        [person(part=40), person("b", goal=30, part=40)],
    )
    assert differences(example.ruleset, example.tables, PERIOD) == []


def test_half_cents_by_the_thousand_are_rounded_alike():
    people = [person(f"p{cents}", wage=cents) for cents in range(-LARGE, LARGE)]
    example = pinned("pay: {lines: {half: wage / 2, rate: wage * 0.5%, by: wage / 8}}", people)
    assert differences(example.ruleset, example.tables, PERIOD) == []


def test_quotients_at_a_gate_are_compared_exactly():
    people = [person(f"p{n}", goal=n, part=m) for n, m in ((49, 49), (7, 35), (1, 3), (-7, 2))]
    example = pinned(
        "metrics: {whole: goal / part >= 1, fifth: goal / part >= 0.2, "
        "again: goal / part * 3 == 1, under: 'floor(goal / part, 1)'}",
        people,
    )
    assert differences(example.ruleset, example.tables, PERIOD) == []


def test_a_long_table_without_a_row_of_the_name_has_the_default_of_its_value():
    tables = """
tables:
  people: {key: who, columns: {who: text}}
  marks:
    long: {name: item, value: score}
    key: who
    columns: {who: text, item: text, score: number = 1.25}
"""
    head, metrics = HEAD + tables, "metrics: {exam: marks.exam, talk: marks.talk}\n"
    ruleset, findings = load_ruleset_text(head + metrics)
    assert ruleset is not None, findings
    marks: list[Row] = [{"who": "a", "item": "exam", "score": Fraction(7)}]
    people: list[Row] = [{"who": "a"}, {"who": "b"}]
    assert differences(ruleset, {"people": people, "marks": marks}, PERIOD) == []


def test_a_mark_is_not_better_lower_because_a_metric_of_its_name_is():
    tables = (
        "tables:\n"
        "  people: {key: who, columns: {who: text, x: number}}\n"
        "  events: {key: who, columns: {who: text, mark: number}}\n"
    )
    metrics = "metrics:\n  mark: {value: x, better: lower}\n  m: 'attain(events.mark, 10) + mark'\n"
    people: list[Row] = [{"who": "a", "x": Fraction(3)}]
    assert compared(tables + metrics, people, [{"who": "a", "mark": Fraction(5)}]) == []


def test_a_time_after_a_wait_of_any_length_is_in_hours_alike():
    tables = (
        "tables:\n"
        "  people: {key: who, columns: {who: text}}\n"
        "  events: {key: who, columns: {who: text, at: datetime, half: int},\n"
        "           drop: {late: at + 3 min * half in 08:00-23:00}}\n"
    )
    rows: list[Row] = [{"who": "a", "at": 1_772_359_200_000_000, "half": n} for n in (0, 250)]
    metrics = "metrics: {m: {from: events, value: count()}}\n"
    assert compared(tables + metrics, [{"who": "a"}], rows[:1]) == []
    assert compared(tables + metrics, [{"who": "a"}], rows[1:]) == []
