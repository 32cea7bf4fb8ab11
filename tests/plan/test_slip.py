"""The slip: points, weights, steps, parts, metrics after the score, and pay."""

import polars as pl
import pytest
from tests.plan.cases import load

from kpi_engine.plan.compiling import compile_ruleset
from kpi_engine.plan.slip import settle_slip
from kpi_engine.text.errors import DataError

METRICS = """
metrics:
  p: {from: events, value: mean(k)}
  q: {from: events, value: mean(k)}
  r: {from: events, value: sum(k)}
"""

PAIR = """
score:
  empty: %s
  items:
    a: {weight: 1, points: p}
    b: {weight: 2, points: q}
  rescale: thirds
"""


def slip(rest, **values):
    """The slip of one subject with the given values of metrics, as num over den."""
    plan = compile_ruleset(load(METRICS + rest))
    columns = {"agent_id": "a", "roster.team": None, "roster.wage": None, "roster.since": None}
    for name in ("p", "q", "r"):
        value = values.get(name)
        num, den = value if isinstance(value, tuple) else (value, None if value is None else 1)
        status = "unknown" if num is None else "ok"
        columns |= {
            f"metric.{name}.num": num,
            f"metric.{name}.den": den,
            f"metric.{name}.status": status,
        }
    columns |= {name: value for name, value in values.items() if "." in name}
    schema = {
        name: pl.String if name.endswith(("status", "team", "agent_id")) else pl.Int64
        for name in columns
    }
    frame = pl.DataFrame([columns], schema=schema)
    return settle_slip(plan, frame).row(0, named=True)


def score(empty, then="", **values):
    found = slip(PAIR % empty + then, **values)
    return found["score"], found["score.status"]


@pytest.mark.parametrize(
    ("empty", "p", "q", "expected"),
    [
        ("skip", 80, 50, (6000, "ok")),
        ("skip", None, 50, (5000, "ok")),
        ("skip", 80, None, (8000, "ok")),
        ("skip", None, None, (None, "no_points")),
        ("stop", None, 50, (None, "stopped")),
        ("stop", 101, None, (None, "out_of_range")),
        ("skip", 101, 50, (None, "out_of_range")),
        ("skip", -1, 50, (None, "out_of_range")),
        ("skip", (100_000_001, 10**6), 50, (None, "out_of_range")),
        ("skip", (100_000_000_4, 10**7), 50, (6667, "ok")),
        ("100", None, 50, (6667, "ok")),
        ("q + 1", None, 50, (5033, "ok")),
        ("r", None, 50, (None, "stopped")),
        ("0", 80, None, (2667, "ok")),
        # 2/3 and 1/3 of a hundredth: halves go away from zero only at the very end.
        ("skip", (1, 10**6), (1, 10**6), (0, "ok")),
        ("skip", (15_000, 10**6), 0, (1, "ok")),
        ("skip", (14_999, 10**6), 0, (0, "ok")),
    ],
)
def test_points_are_weighted_over_the_items_that_count(empty, p, q, expected):
    assert score(empty, p=p, q=q) == expected


def test_points_are_rounded_to_the_millionth():
    found = slip(PAIR % "skip", p=(200, 3), q=(5, 10**7))
    assert (found["points.a"], found["points.b"]) == (66_666_667, 1)


def test_points_beyond_64_bits_are_out_of_range():
    found = slip(PAIR % "skip", p=2**53, q=50)
    assert (found["points.a"], found["score.status"]) == (None, "out_of_range")


TREE = """
score:
  empty: skip
%s
  items:
    a: {weight: 50, points: p}
    g:
      weight: 50
      empty: %s
      items:
        b: {points: q}
        c: {points: r}
"""


def test_a_skipped_item_leaves_its_weight_to_its_siblings_not_to_the_group():
    found = slip(TREE % ("", "skip"), p=100, q=40, r=None)
    assert found["score"] == 7000
    assert (found["part.a"], found["part.g/b"], found["part.g/c"]) == (50_000_000, 20_000_000, 0)
    assert found["points.g"] == 40_000_000


@pytest.mark.parametrize(
    ("empty", "expected"),
    [("skip", (10_000, "ok")), ("stop", (None, "stopped")), ("30", (6500, "ok"))],
)
def test_a_group_without_points_follows_its_own_empty(empty, expected):
    inner = f"{empty}" if empty != "skip" else "skip"
    text = (TREE % ("", inner)).replace("b: {points: q}", "b: {points: q, empty: skip}")
    text = text.replace("c: {points: r}", "c: {points: r, empty: skip}")
    found = slip(text, p=100)
    assert (found["score"], found["score.status"]) == expected


def test_a_trouble_inside_a_group_is_the_trouble_of_the_score():
    found = slip(TREE % ("", "50"), p=100, q=50, r=101)
    assert (found["score.status"], found["points.g"], found["points.g/c"]) == (
        "out_of_range",
        None,
        101_000_000,
    )


@pytest.mark.parametrize(("needs", "status"), [("75%", "ok"), ("76%", "needs")])
def test_enough_of_the_weight_must_be_known(needs, status):
    found = slip(TREE % (f"  needs: {needs}", "skip"), p=100, q=40, r=None)
    assert found["score.status"] == status


def test_a_spare_value_is_not_known():
    text = (TREE % ("  needs: 60%", "skip")).replace("points: p}", "points: p, empty: 100}")
    assert slip(text, q=40, r=40)["score.status"] == "needs"


STEPS = """
  then:
    gate: score * 0.9 if default(r, 0) > 0 else score
    less: score - 3
    part: "r / q if r > 5 else score"
"""


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"p": 80, "q": 50, "r": 0}, (5700, 0, -3_000_000, 0, 0, 0)),
        ({"p": 80, "q": 50, "r": 1}, (5100, -6_000_000, -3_000_000, 0, 0, 0)),
        ({"p": 80, "q": 3, "r": 7}, (233, -2_866_667, -3_000_000, -20_466_667, 0, -3_333)),
        ({"p": 1, "q": 1, "r": 0}, (0, 0, -3_000_000, 0, 2_000_000, 0)),
        ({"p": 1, "q": 1, "r": 400}, (10_000, -100_000, -3_000_000, 402_100_000, -300_000_000, 0)),
    ],
)
def test_steps_turn_the_running_score_and_limits_hold_it(values, expected):
    text = (PAIR % "skip").rstrip() + STEPS.replace("r > 5", "default(r, 0) > 5")
    found = slip(text, **values)
    names = ("score", "step.gate", "step.less", "step.part", "part.limits", "part.rounding")
    assert tuple(found[name] for name in names) == expected
    parts = sum(value for name, value in found.items() if name.startswith(("part.", "step.")))
    assert parts == found["score"] * 10**4


def test_an_unknown_step_leaves_no_score_even_if_a_later_step_does_not_read_it():
    text = (
        PAIR % "skip"
    ).rstrip() + '\n  then:\n    a: score * r\n    b: "50 if score > 10 else 60"\n'
    found = slip(text, p=80, q=50, r=None)
    assert (found["score"], found["score.status"], found["part.a"]) == (None, "unknown", None)


def test_steps_over_very_different_divisors_stay_exact():
    text = (
        PAIR % "skip"
    ).rstrip() + '\n  then:\n    a: "p * 0.123456789 if default(r, 0) > 0 else score"\n'
    found = slip(text, p=(70, 3), q=50, r=1)
    # 70/3 * 0.123456789 - (70/3 + 2 * 50) / 3, points rounded to the millionth before.
    assert found["step.a"] == -38_230_453
    assert found["score"] == 288


def test_metrics_that_read_the_score_read_the_rounded_one():
    grade = "  grade: {value: {of: score, from 90: \"'A'\", else: \"'B'\"}}\n"
    score_text = PAIR % "skip"
    found = slip(grade + score_text, p=(89_995, 1000), q=(89_995, 1000))
    assert (found["score"], found["metric.grade"]) == (9000, "A")
    found = slip(grade + score_text)
    assert (found["metric.grade"], found["metric.grade.status"]) == (None, "unknown")


def test_metrics_from_metrics_are_fractions_or_settled():
    more = "  two: {value: p / q}\n  sum: {value: p + q}\n  big: {value: p > q}\n"
    found = slip(more, p=(2, 3), q=(-4, 7))
    assert (found["metric.two.num"], found["metric.two.den"]) == (-14, 12)
    assert (found["metric.sum.num"], found["metric.sum.den"]) == (95_238_095, 10**9)
    assert found["metric.big"] is True
    found = slip(more, p=(2, 3), q=0)
    assert (found["metric.two.num"], found["metric.two.den"]) == (None, None)
    assert found["metric.two.status"] == "unknown"


PAY = """
pay:
  lines:
    one: p * 0.01 CNY
    two: q * 1 CNY
  then:
    fine: pay * 0.5
    least: "at_least(pay, 2 CNY)"
"""


@pytest.mark.parametrize(
    ("p", "q", "expected"),
    [
        ((5, 2), 3, (3, 300, -151, 48, 200, "ok")),
        ((-5, 2), 3, (-3, 300, -148, 51, 200, "ok")),
        ((7, 2), 4, (4, 400, -202, 0, 202, "ok")),
        (None, 3, (None, 300, None, None, None, "held")),
    ],
)
def test_lines_are_rounded_once_and_add_up(p, q, expected):
    found = slip(PAY, p=p, q=q)
    names = ("line.one", "line.two", "line.fine", "line.least", "pay", "pay.status")
    assert tuple(found[name] for name in names) == expected


def test_an_unknown_step_holds_the_pay():
    found = slip(PAY.replace("pay * 0.5", "pay + r * 1 CNY"), p=1, q=1)
    assert (found["line.two"], found["pay"], found["pay.status"]) == (100, None, "held")


BELOW = "pay:{owed}  lines:\n    one: p * 1 CNY\n    two: -5 CNY\n"


@pytest.mark.parametrize(
    ("p", "pay", "status"), [(4, None, "below_zero"), (5, 0, "ok"), (None, None, "held")]
)
def test_a_pay_below_zero_is_held_back_and_its_lines_stay(p, pay, status):
    found = slip(BELOW.format(owed="\n"), p=p)
    assert (found["pay"], found["pay.status"], found["line.two"]) == (pay, status, -500)


def test_a_pay_below_zero_stands_where_it_is_owed():
    found = slip(BELOW.format(owed="\n  below_zero: owed\n"), p=4)
    assert (found["pay"], found["pay.status"]) == (-100, "ok")


def test_an_amount_beyond_64_bits_refuses_the_run():
    text = "pay: {lines: {one: r * 1000000 CNY}}\n"
    assert slip(text, r=10**6)["pay"] == 10**14
    with pytest.raises(DataError, match=r"K461.*`line.one`"):
        slip(text, r=2**59)


def test_a_value_whose_status_is_not_ok_is_unknown():
    few = {"metric.q.status": "below_min_rows"}
    found = slip("  twice: {value: q * 2}\n" + PAIR % "skip", p=80, q=50, **few)
    assert (found["metric.q.num"], found["metric.twice.num"], found["score"]) == (50, None, 8000)


def test_given_values_are_taken_as_they_are():
    plan = compile_ruleset(load(METRICS + "  two: {value: p / q}\n" + PAIR % "skip" + PAY))
    frame = pl.DataFrame(
        {
            "agent_id": ["a"],
            "metric.two.num": [1],
            "metric.two.den": [3],
            "score": [5000],
            "metric.q.num": [3],
            "metric.q.den": [2],
        }
    )
    found = settle_slip(plan, frame, frozenset({"two", "score", "q"})).row(0, named=True)
    assert (found["metric.two.num"], found["metric.two.den"], found["score"]) == (1, 3, 5000)
    assert "points.a" not in found
    assert (found["line.one"], found["line.two"], found["pay.status"]) == (None, 150, "held")


def test_a_given_value_takes_the_divisor_of_its_metric():
    plan = compile_ruleset(load(METRICS + "  sum: {value: p + q}\n  more: {value: sum + 1}\n"))
    frame = pl.DataFrame({"agent_id": ["a"], "metric.sum.num": [1], "metric.sum.den": [4]})
    found = settle_slip(plan, frame, frozenset({"sum"})).row(0, named=True)
    assert (found["metric.more.num"], found["metric.more.den"]) == (1_250_000_000, 10**9)
