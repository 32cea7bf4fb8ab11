from fractions import Fraction

import pytest
from tests.reference.cases import agent, case, event, judged

POINTS = "metrics:\n" + "".join(
    f"  {name}: {{from: events, value: max({column})}}\n"
    for name, column in [("p", "x"), ("q", "v"), ("r", "wait")]
)


def score(text, **columns):
    """The slip of the agent ``a`` with one event; p, q and r are its x, v and wait."""
    ruleset = case(f"{POINTS}score:\n{text}")
    events = [event(**columns)] if columns else []
    return judged(ruleset, events).subjects["a",]


def total(parts):
    return sum(parts.values())


def decimal(text):
    return None if text is None else Fraction(text)


FLAT = """
  empty: skip
  items:
    p: {points: p, weight: '50'}
    q: {points: q, weight: '30'}
    r: {points: r, weight: '20'}
"""


def test_a_score_is_the_weighted_mean_of_its_points_rounded_once():
    slip = score(FLAT, x=90, v=80, wait=Fraction("70.126"))
    assert (slip.score, slip.score_status) == (Fraction("83.03"), "ok")
    assert slip.parts == {
        "part.p": 45,
        "part.q": 24,
        "part.r": Fraction("14.0252"),
        "part.rounding": Fraction("0.0048"),
    }


def test_the_weight_of_skipped_points_goes_to_the_siblings():
    slip = score(FLAT, x=90, v=80)
    assert slip.score == Fraction("86.25")
    assert slip.points == {"p": 90, "q": 80, "r": None}
    assert slip.parts == {
        "part.p": Fraction("56.25"),
        "part.q": 30,
        "part.r": 0,
        "part.rounding": 0,
    }


def test_without_any_points_there_is_no_score_and_no_part():
    slip = score(FLAT)
    assert (slip.score, slip.score_status) == (None, "no_points")
    assert set(slip.parts.values()) == {None}
    assert set(slip.parts) == {"part.p", "part.q", "part.r", "part.rounding"}


TREE = """
  empty: skip
  items:
    top:
      weight: '60'
      items:
        p: {points: p, weight: '40'}
        q: {points: q, weight: '20'}
    r: {points: r, weight: '40'}
"""


@pytest.mark.parametrize(
    ("columns", "expected", "top"),
    [
        ({"x": 90, "v": 60, "wait": 100}, "88", "80"),
        ({"x": 90, "wait": 100}, "94", "90"),
        ({"wait": 70}, "70", None),
        ({"x": 90, "v": 60}, "80", "80"),
        ({}, None, None),
    ],
)
def test_a_group_without_points_of_its_own_is_unknown_itself(columns, expected, top):
    slip = score(TREE, **columns)
    assert slip.score == decimal(expected)
    assert slip.points["top"] == decimal(top)


def test_points_of_leaves_and_groups_are_rounded_to_a_millionth():
    slip = score(TREE, x=Fraction(100, 3), v=Fraction(1, 2), wait=0)
    assert slip.points["top/p"] == Fraction("33.333333")
    assert slip.points["top"] == Fraction("22.388889")
    assert slip.parts["part.top/p"] == Fraction("13.333333")
    assert total(slip.parts) == slip.score == Fraction("13.43")


@pytest.mark.parametrize(
    ("empty", "columns", "expected", "status"),
    [
        ("stop", {"v": 50}, None, "stopped"),
        ("'100'", {"v": 50}, "75", "ok"),
        ("q / 2", {"v": 50}, "37.5", "ok"),
        ("r", {"v": 50}, None, "stopped"),
        ("r", {"v": 50, "wait": 101}, None, "out_of_range"),
        ("skip", {"v": 50}, "50", "ok"),
        ("skip", {"x": 101, "v": 50}, None, "out_of_range"),
        ("skip", {"x": -1, "v": 50}, None, "out_of_range"),
        ("skip", {"x": Fraction("100.0000004"), "v": 50}, "75", "ok"),
        ("skip", {"x": Fraction("100.0000005"), "v": 50}, None, "out_of_range"),
        ("stop", {"v": 101}, None, "out_of_range"),
    ],
)
def test_what_unknown_points_and_points_beyond_the_scale_do(empty, columns, expected, status):
    slip = score(
        f"  items:\n    p: {{points: p, empty: {empty}}}\n    q: {{points: q, empty: skip}}\n",
        **columns,
    )
    assert (slip.score, slip.score_status) == (decimal(expected), status)


def test_a_stopped_leaf_stops_the_whole_score_through_its_group():
    tree = TREE.replace("{points: p,", "{points: p, empty: stop,")
    assert score(tree, v=50, wait=50).score_status == "stopped"
    assert score(tree, x=50, v=50, wait=500).score_status == "out_of_range"
    assert score(tree, x=500, v=50, wait=50).score_status == "out_of_range"
    assert score(tree, v=500, wait=50).score_status == "out_of_range"


def test_the_own_empty_of_a_group_gives_it_points():
    tree = (
        TREE.replace("      weight: '60'\n", "      weight: '60'\n      empty: '50'\n")
        .replace("{points: q,", "{points: q, empty: skip,")
        .replace("{points: p,", "{points: p, empty: skip,")
    )
    slip = score(tree, wait=100)
    assert (slip.score, slip.points["top"]) == (70, 50)
    parts = ("part.r", "part.top", "part.rounding")
    assert tuple(slip.parts[part] for part in parts) == (40, 30, 0)


@pytest.mark.parametrize(
    ("needs", "columns", "status"),
    [
        ("60%", {"x": 50, "v": 50}, "ok"),
        ("60%", {"x": 50, "wait": 50}, "ok"),
        ("61%", {"x": 50, "v": 50}, "needs"),
        ("60%", {"wait": 50}, "needs"),
        ("60%", {}, "no_points"),
    ],
)
def test_a_score_needs_a_share_of_the_full_weight_to_be_known(needs, columns, status):
    slip = score(f"  needs: {needs}\n{TREE}", **columns)
    assert slip.score_status == status
    assert (slip.score is None) == (status != "ok")


def test_points_that_empty_supplies_count_but_are_not_known():
    filled = TREE.replace("points: r,", "points: r, empty: '50',")
    slip = score(f"  needs: 61%\n{filled}", x=50, v=50)
    assert (slip.score_status, slip.points["r"]) == ("needs", 50)


STEPS = """
  empty: skip
  items:
    p: {points: p}
  then:
    bonus: score + 30
    gate: score if default(q >= 50, true) else 0
    fine: score - default(r, 0)
"""


@pytest.mark.parametrize(
    ("columns", "expected", "steps", "limits"),
    [
        ({"x": 50}, 80, (30, 0, 0), 0),
        ({"x": 90}, 100, (30, 0, 0), -20),
        ({"x": 90, "wait": 10}, 100, (30, 0, -10), -10),
        ({"x": 90, "v": 10, "wait": 10}, 0, (30, -120, -10), 10),
    ],
)
def test_steps_run_in_order_and_the_score_is_held_after_the_last(columns, expected, steps, limits):
    slip = score(STEPS, **columns)
    assert slip.score == expected
    assert tuple(slip.parts[f"step.{name}"] for name in ("bonus", "gate", "fine")) == steps
    assert slip.parts["part.limits"] == limits
    assert total(slip.parts) == slip.score


def test_an_unknown_step_leaves_the_score_unknown():
    text = STEPS.replace("score - default(r, 0)", "score - r")
    slip = score(text, x=50)
    assert (slip.score, slip.score_status) == (None, "unknown")
    assert slip.points == {"p": 50}
    assert set(slip.parts.values()) == {None}


def test_a_step_sees_the_exact_running_score_and_metrics_the_rounded_one():
    ruleset = case(
        f"{POINTS}  grade: {{value: {{of: score, from 90: \"'A'\", else: \"'B'\"}}}}\n"
        "  shown: {value: score}\n"
        "score:\n  empty: skip\n  items:\n    p: {points: p}\n  then:\n"
        "    gate: score if score >= 90 else score - 1\n"
    )

    def run(x):
        return judged(ruleset, [event(x=Fraction(x))]).subjects["a",]

    low, high = run("89.996"), run("90")
    assert low.score == 89
    assert low.metrics["grade"].value == "B"
    assert high.score == 90
    assert high.metrics["grade"].value == "A"
    assert low.metrics["shown"].value == low.score


def test_grades_read_the_score_as_it_is_printed():
    ruleset = case(
        f"{POINTS}  grade: {{value: {{of: score, from 90: \"'A'\", else: \"'B'\"}}}}\n"
        "score:\n  empty: skip\n  items:\n    p: {points: p}\n"
    )
    slip = judged(ruleset, [event(x=Fraction("89.995"))]).subjects["a",]
    assert slip.score == 90
    assert slip.metrics["grade"].value == "A"
    unknown = judged(ruleset, []).subjects["a",]
    assert unknown.score is None
    assert unknown.metrics["grade"].value is None


def test_a_given_score_is_taken_as_it_is():
    ruleset = case(f"{POINTS}  half: {{value: score / 2}}\nscore:{FLAT}")
    slip = judged(ruleset, [], score=Fraction(85)).subjects["a",]
    assert slip.score == 85
    assert slip.score_status == "ok"
    assert slip.metrics["half"].value == Fraction(85, 2)


def test_points_may_read_roster_columns():
    ruleset = case("score:\n  empty: skip\n  items:\n    p: {points: 'wage / 1 CNY'}\n")
    slip = judged(ruleset, [], (agent(wage=Fraction(5000)),)).subjects["a",]
    assert slip.score == 50


# The scores that `order` derives: the weights of rank-order centroid, rank sum, rank reciprocal.
PRESALE = (90, 80, 70, 100, 60)
AFTERSALE = (92, 84, 75)


@pytest.mark.parametrize(
    ("order", "how", "points", "exact", "pay"),
    [
        ("a > b > c > d > e", "", PRESALE, Fraction(84), 252000),
        ("a > b > c > d > e", "  method: rank_sum\n", PRESALE, Fraction(248, 3), 248010),
        ("a > b > c > d > e", "  method: rank_reciprocal\n", PRESALE, Fraction(11420, 137), 250080),
        ("a = b > c", "", AFTERSALE, Fraction(515, 6), 257490),
        ("a = b > c", "  ties: average\n", AFTERSALE, Fraction(779, 9), 259680),
        (
            "a = b > c",
            "  method: rank_reciprocal\n  ties: average\n",
            AFTERSALE,
            Fraction(942, 11),
            256920,
        ),
    ],
)
def test_weights_from_an_order_give_the_worked_scores(order, how, points, exact, pay):
    items = "".join(
        f"    {name}: {{points: '{value}'}}\n" for name, value in zip("abcde", points, strict=False)
    )
    ruleset = case(
        f"params: {{wage_of_all: 3000 CNY}}\nscore:\n  order: {order}\n{how}  items:\n{items}"
        "pay:\n  lines:\n    perf: {of: score, from 90: wage_of_all,"
        " from 70: wage_of_all * score / 100, else: 0 CNY}\n"
    )
    slip = judged(ruleset, []).subjects["a",]
    assert slip.score is not None
    assert abs(slip.score - exact) <= Fraction(1, 200)
    assert slip.pay == pay
    assert total(slip.parts) == slip.score
