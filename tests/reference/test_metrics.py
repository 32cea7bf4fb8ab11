from fractions import Fraction

import pytest
from tests.reference.cases import agent, at, case, event, judged

from kpi_engine.reference.metrics import Account, MetricValue


def metric(text, events, **columns):
    """The value of one metric of the agent ``a``."""
    judgement = judged(case(f"metrics:\n  m: {text}\n"), events, **columns)
    return judgement.subjects["a",].metrics["m"]


SIX = [event(x=x, v=v) for x, v in [(1, 1), (2, 2), (None, 3), (4, None), (5, 5), (9, 4)]]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("count()", Fraction(6)),
        ("count(x > 1)", Fraction(4)),
        ("sum(x)", Fraction(21)),
        ("mean(x)", Fraction(21, 5)),
        ("median(x)", Fraction(4)),
        ("median(v)", Fraction(3)),
        ("min(x)", Fraction(1)),
        ("max(x)", Fraction(9)),
        ("distinct(v)", Fraction(5)),
        ("max(at) - min(at)", Fraction(0)),
    ],
)
def test_an_aggregate_is_exact_over_the_rows_of_the_period(value, expected):
    assert metric(f"{{from: events, value: {value}}}", SIX).value == expected


def test_all_aggregates_of_a_metric_run_over_the_same_rows():
    found = metric("{from: events, value: sum(x) / sum(v)}", SIX)
    assert found == MetricValue(
        value=Fraction(17, 12), status="ok", n=4, n_unknown=2, measured=Fraction(17, 12)
    )


def test_a_row_on_which_a_count_cannot_tell_is_unknown_and_in_no_aggregate():
    found = metric("{from: events, value: count(x > 1) / count()}", SIX)
    assert (found.value, found.n, found.n_unknown) == (Fraction(4, 5), 5, 1)


def test_default_keeps_a_row_in():
    found = metric("{from: events, value: 'share(default(x > 1, false))'}", SIX)
    assert (found.value, found.n, found.n_unknown) == (Fraction(4, 6), 6, 0)


@pytest.mark.parametrize(
    ("value", "expected", "status"),
    [
        ("count()", 0, "ok"),
        ("sum(x)", 0, "ok"),
        ("distinct(x)", 0, "ok"),
        ("mean(x)", None, "no_rows"),
        ("median(x)", None, "no_rows"),
        ("min(x)", None, "no_rows"),
        ("share(default(good, false))", None, "no_rows"),
        ("sum(x) / count()", None, "no_rows"),
    ],
)
def test_of_no_rows_sums_are_0_and_the_rest_is_unknown(value, expected, status):
    found = metric(f'{{from: events, value: "{value}"}}', [])
    assert (found.value, found.status, found.n) == (expected, status, 0)


def test_a_zero_divisor_leaves_a_metric_unknown():
    found = metric("{from: events, value: sum(x) / sum(v)}", [event(x=1, v=0)])
    assert (found.value, found.status, found.n) == (None, "unknown", 1)


def test_below_min_rows_a_value_is_unknown_but_measured():
    found = metric("{from: events, value: mean(x), min_rows: 3}", [event(x=1), event(x=2), event()])
    assert found == MetricValue(
        value=None, status="below_min_rows", n=2, n_unknown=1, measured=Fraction(3, 2)
    )
    enough = metric("{from: events, value: mean(x), min_rows: 2}", [event(x=1), event(x=2)])
    assert (enough.value, enough.status) == (Fraction(3, 2), "ok")
    assert metric("{from: events, value: mean(x), min_rows: 1}", []).status == "below_min_rows"


def test_every_candidate_gets_the_first_verdict_that_fits():
    ruleset = case(
        "metrics:\n  m: {from: kept, where: v > 0, value: sum(x)}\n",
        "  kept: {from: events, drop: {test: kind == 'test'}}\n",
    )
    events = [
        event("b", kind="test"),  # not on the roster, though dropped
        event(None, x=1, v=1),  # nobody's
        event(kind="test", x=1, v=1),  # dropped, though it passes
        event(x=1, v=0),  # filtered
        event(x=1),  # unknown by where
        event(v=1),  # unknown by its argument
        event(x=1, v=1),
        event(kind="other", x=2, v=1),
        event(when="2026-11-01 00:00", x=1, v=1),  # no candidate
    ]
    judgement = judged(ruleset, events)
    assert judgement.accounts["m"] == Account(
        accepted=8,
        used=2,
        filtered=2,
        unknown=2,
        no_subject=2,
        filtered_by={"test": 1, "where": 1},
    )
    found = judgement.subjects["a",].metrics["m"]
    assert (found.value, found.n, found.n_unknown) == (3, 2, 2)


def test_a_metric_of_a_row_without_a_subject_counts_for_nobody():
    judgement = judged(
        case("metrics:\n  m: {from: events, value: count()}\n"),
        [event("a"), event("b"), event("b"), event("stranger")],
        (agent("a"), agent("b"), agent("c")),
    )
    assert [slip.metrics["m"].value for slip in judgement.subjects.values()] == [1, 2, 0]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("mean(x) * 2", Fraction(6_666_666_667, 10**9)),
        ("mean(x)", Fraction(10, 3)),
        ("-mean(x) * 2", Fraction(-6_666_666_667, 10**9)),
        ("mean(amount)", Fraction(100, 3)),
        ("mean(amount) * 2", Fraction(67)),
        ("mean(x) * 1 s", Fraction(3_333_333)),
    ],
)
def test_a_number_that_is_no_quotient_of_two_aggregates_is_rounded_once(value, expected):
    events = [event(x=x, amount=10 * x) for x in (2, 3, 5)]
    assert metric(f"{{from: events, value: {value}}}", events).value == expected


def test_a_moment_is_never_rounded():
    found = metric("{from: events, value: max(at)}", [event(when="2026-10-05 09:00")])
    assert found.value == at("2026-10-05 09:00")


def test_a_scale_of_an_aggregate_may_gather_in_its_cases_too():
    rule = "{from: events, value: {of: count(), from 3: mean(x), else: sum(v)}}"
    assert metric(rule, [event(x=4, v=3)] * 2).value == 6
    assert metric(rule, [event(x=4, v=3)] * 3).value == 4
    assert metric(rule, [event(x=4)] * 3).n_unknown == 3


def test_metrics_of_metrics_read_metrics_roster_columns_and_params():
    ruleset = case(
        """
params: {goal: 3}
metrics:
  reach: {value: "attain(speed, goal)"}
  speed: {from: events, value: mean(x), better: lower}
  plain: {value: "attain(speed + 0, goal)"}
  ratio: {value: speed / three}
  three: {from: events, value: count()}
  shown: {value: ratio * 1}
  base: {value: "default(wage, 7 CNY) / 3"}
  senior: {value: "default(team == 'old', false)"}
"""
    )
    slip = judged(ruleset, [event(x=4)] * 3, (agent(team="old"),)).subjects["a",]
    values = {name: found.value for name, found in slip.metrics.items()}
    assert values == {
        "reach": 75,
        "speed": 4,
        "plain": 100,
        "ratio": Fraction(4, 3),
        "three": 3,
        "shown": Fraction(1_333_333_333, 10**9),
        "base": 233,
        "senior": True,
    }
    assert slip.metrics["ratio"] == MetricValue(value=Fraction(4, 3), status="ok")


def test_a_given_value_takes_the_place_of_what_rows_and_the_roster_say():
    ruleset = case("metrics:\n  m: {from: events, value: count()}\n  twice: {value: m * 2}\n")
    slip = judged(ruleset, [event()], m=Fraction(5), team="new").subjects["a",]
    assert slip.metrics["m"] == MetricValue(value=Fraction(5), status="ok")
    assert slip.metrics["twice"].value == 10
    assert slip.attributes["team"] == "new"


def test_a_subject_that_is_given_needs_no_roster():
    ruleset = case("metrics:\n  m: {from: events, value: count()}\n  twice: {value: m * 2}\n")
    judgement = judged(ruleset, [], (agent("b"),), m=None)
    assert judgement.subjects["a",].metrics["twice"] == MetricValue(value=None, status="unknown")
    assert judgement.subjects["a",].attributes == {"agent_id": "a", "team": None, "wage": None}
