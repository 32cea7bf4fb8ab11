import pytest

from kpi_engine.review.mutants import find_mutants, mutated_text
from kpi_engine.text.located import Mapping
from kpi_engine.text.reading import parse_yaml
from kpi_engine.text.source import Source


def mutants(text: str) -> list[tuple[str, str, str]]:
    """Return kind, old and new of every mutant of a text."""
    root, findings = parse_yaml(Source("shop.yaml", text))
    assert isinstance(root, Mapping)
    assert findings == []
    return [(mutant.kind, mutant.old, mutant.new) for mutant in find_mutants(root)]


def texts(text: str) -> list[str]:
    """Return the text with every mutant in it, one by one."""
    source = Source("shop.yaml", text)
    root, _ = parse_yaml(source)
    assert isinstance(root, Mapping)
    return [mutated_text(source, mutant) for mutant in find_mutants(root)]


@pytest.mark.parametrize(
    ("written", "moved"),
    [
        ("70%", ["71%", "69%"]),
        ("0.80 CNY", ["0.81 CNY", "0.79 CNY"]),
        ("3 min", ["4 min", "2 min"]),
        ("0", ["1"]),
        ("09:00-24:00", ["09:01-24:00", "08:59-24:00", "09:00-23:59"]),
    ],
)
def test_a_number_moves_by_one_of_its_last_digit(written, moved):
    found = mutants(f"params: {{limit: {written}}}\n")
    assert found == [("number", written, each) for each in moved]


def test_both_sides_of_a_case_move_and_labels_stay():
    text = "params:\n  rates: {from 90: 100%, else: 0%}\n  marks: {is 3: 5, is A: 4}\n"
    assert mutants(text) == [
        ("number", "90", "91"),
        ("number", "90", "89"),
        ("number", "100%", "101%"),
        ("number", "100%", "99%"),
        ("number", "0%", "1%"),
        ("number", "5", "6"),
        ("number", "5", "4"),
        ("number", "4", "5"),
        ("number", "4", "3"),
    ]


def test_a_dated_case_moves_by_a_day():
    text = "params: {limit: {of: day, from 2025-03-01: 1}}\n"
    found = mutants(text)
    assert found[:2] == [
        ("number", "2025-03-01", "2025-03-02"),
        ("number", "2025-03-01", "2025-02-28"),
    ]


def test_every_comparison_takes_its_edge_in_or_leaves_it_out():
    text = "metrics:\n  m: 'a >= b and (c < d or e is known) and not f == g'\n"
    assert mutants(text) == [
        ("comparison", ">=", ">"),
        ("logic", "and", "or"),
        ("comparison", "<", "<="),
        ("logic", "or", "and"),
        ("comparison", "known", "unknown"),
        ("logic", "and", "or"),
        ("comparison", "==", "!="),
    ]


def test_unknown_as_a_value_stays():
    assert mutants("metrics: {m: a if b else unknown}\n") == []


def test_a_weight_moves_at_the_cost_of_the_next():
    text = """\
score:
  items:
    a: {weight: 50, points: x}
    b:
      weight: 30
      items: {c: {weight: 0.5, points: v}, d: {points: z}}
    e: {weight: 20, points: w}
"""
    assert mutants(text) == [
        ("weight", "50", "51, and 30 -> 29"),
        ("weight", "30", "31, and 20 -> 19"),
        ("weight", "0.5", "0.6"),
        ("weight", "20", "21, and 50 -> 49"),
    ]
    assert "weight: 51" in texts(text)[0]
    assert "weight: 29" in texts(text)[0]


def test_an_order_moves_and_a_step_is_left_out_wherever_it_is_written():
    text = """\
score:
  order: a > b = c
  items: {a: {points: x}, b: {points: v}, c: {points: z}}
  then:
    gate: >-
      score if good
      else low
pay:
  lines: {wage: wage}
  then: {floor: 'at_least(pay, least)'}
"""
    assert mutants(text) == [
        ("order", ">", "="),
        ("order", "=", ">"),
        ("step", "gate: score if good else low", "score"),
        ("step", "floor: at_least(pay, least)", "pay"),
    ]
    assert "      score if true else (score if good\n      else low)\n" in texts(text)[2]
    assert "'pay if true else (at_least(pay, least))'" in texts(text)[3]


def test_rows_of_metrics_move_with_the_table_they_come_from():
    text = """\
tables:
  chats: {from: rounds, where: wait > 5, add: {slow: wait > 60}, drop: {odd: wait < 1}}
metrics:
  m: {from: chats, where: slow, value: count(), window: 30 days, min_rows: 5, settles: 4 days}
"""
    found = mutants(text)
    numbers = [(old, new) for kind, old, new in found if kind == "number"]
    assert [old for old, _ in numbers[::2]] == ["5", "60", "1", "30 days", "5"]
    assert [kind for kind, _, _ in found].count("comparison") == 3


def test_what_a_child_says_of_a_metric_moves_once():
    text = "metrics: {m: {window: 30 days}, p: {of: m, from 2: 3}}\n"
    assert [new for _, _, new in mutants(text)] == ["31 days", "29 days", "3", "1", "4", "2"]


def test_words_columns_and_names_stay():
    text = """\
ruleset: shop 70
title: from 70 to 80
tables: {agents: {key: id, columns: {id: text, days: int = 22}}}
metrics: {m: {value: a, title: above 70, better: lower}}
"""
    assert mutants(text) == []
