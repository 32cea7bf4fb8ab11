"""The thresholds of the shipped rulesets that take a hundred rows to reach."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.rulesets.frames import frames_of

import kpi_engine as ke

PRESALES = Path(__file__).parents[2] / "rulesets" / "taobao" / "presales.yaml"
ASKED = datetime(2026, 10, 5, 2, tzinfo=UTC)  # 10:00 in the shop
LIMIT = timedelta(minutes=3)
TOO_LATE = LIMIT + timedelta(microseconds=1)
KEY = {"shop_id": "S1", "agent_id": "An"}


@pytest.fixture(scope="module")
def ruleset():
    return ke.load(PRESALES)


def said(wait):
    """Return who wrote when: the buyer, and after a wait the agent, None if she never did."""
    question = ("buyer", ASKED)
    return [question] if wait is None else [question, ("agent", ASKED + wait)]


def assessed(ruleset, waits, scores):
    """Return the row of an agent with a buyer for each wait, None unanswered, and these ratings."""
    rows = {
        "agents": [KEY | {"valid_from": "2025-03-01", "role": "presale", "perf_wage": "2000.00"}],
        "messages": [
            KEY
            | {
                "message_id": f"{number} {sender}",
                "buyer_id": f"b{number}",
                "sent_at": sent_at.isoformat(),
                "sender": sender,
            }
            for number, wait in enumerate(waits)
            for sender, sent_at in said(wait)
        ],
        "ratings": [
            KEY | {"rating_id": f"m{number}", "rated_at": ASKED.isoformat(), "score": score}
            for number, score in enumerate(scores)
        ],
    }
    results = ke.run(ke.compile(ruleset), frames_of(ruleset, rows), period="2026-10")
    assert results.rejects.height == 0
    (row,) = results.subjects.to_dicts()
    return row


@pytest.mark.parametrize(
    ("waits", "num", "den", "status", "kept"),
    [
        ([LIMIT] * 89 + [TOO_LATE] * 10, 89, 99, "below_min_rows", True),
        ([LIMIT] * 89 + [TOO_LATE] * 10 + [None], 89, 100, "ok", False),
        ([LIMIT] * 90 + [TOO_LATE] * 9 + [None], 90, 100, "ok", True),
        ([LIMIT] * 91 + [None] * 10, 91, 101, "ok", True),
    ],
)
def test_the_response_rate_counts_from_100_rounds_and_suffices_from_90_percent(
    ruleset, waits, num, den, status, kept
):
    row = assessed(ruleset, waits, ["5"] * 30)
    assert row["metric.response_rate.num"] == num
    assert row["metric.response_rate.den"] == den
    assert row["metric.response_rate.status"] == status
    assert row["metric.meets_standard"] is kept


@pytest.mark.parametrize(
    ("scores", "num", "den", "status", "kept"),
    [
        (["4"] * 20 + ["3.999999"] * 9, 20, 29, "below_min_rows", True),
        (["4"] * 20 + ["3.999999"] * 10, 20, 30, "ok", False),
        (["4"] * 21 + ["3.999999"] * 9, 21, 30, "ok", True),
        (["5"] * 21 + ["1"] * 9 + [None] * 50, 21, 30, "ok", True),
    ],
)
def test_satisfaction_counts_from_30_ratings_and_suffices_from_70_percent(
    ruleset, scores, num, den, status, kept
):
    row = assessed(ruleset, [LIMIT] * 100, scores)
    assert row["metric.satisfaction.num"] == num
    assert row["metric.satisfaction.den"] == den
    assert row["metric.satisfaction.status"] == status
    assert row["metric.meets_standard"] is kept
