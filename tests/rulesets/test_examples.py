"""What the examples of pay show over several runs: months of refunds, a lead and her team."""

from collections import defaultdict
from datetime import date
from fractions import Fraction
from pathlib import Path
from random import Random

import polars as pl
import pytest
from tests.rulesets.frames import frames_of

import kpi_engine as ke

EXAMPLES = Path(__file__).parents[2] / "rulesets" / "examples"
MONTHS = [f"2026-{month:02}" for month in range(1, 7)]
AGENTS = [f"A{number:02}" for number in range(30)]
STEPS = [(0, Fraction(5, 1000)), (5_000_000, Fraction(8, 1000)), (10_000_000, Fraction(12, 1000))]


def rate(sales):
    return [each for bound, each in STEPS if sales >= bound][-1]


def slab(sales):
    return sales * rate(sales)


def marginal(sales):
    ends = [bound for bound, _ in STEPS[1:]] + [max(sales, STEPS[-1][0])]
    return sum(
        (min(sales, end) - bound) * each
        for (bound, each), end in zip(STEPS, ends, strict=True)
        if sales > bound
    )


@pytest.fixture(scope="module")
def shop():
    """Orders of two months, and what went back of each, in one month or in several."""
    random = Random(7)
    orders, refunds = [], []
    for agent in AGENTS:
        for number in range(random.randint(1, 6)):
            bought, amount = random.randint(1, 2), random.randint(100_000, 5_000_000)
            order = {
                "order_id": f"{agent}-{number}",
                "agent": agent,
                "month": bought,
                "cents": amount,
            }
            orders.append(order)
            for _ in range(random.randint(0, 4)):
                back = random.randint(0, amount // 4)
                back = random.choice([back, back // 100_000 * 100_000])
                month = random.randint(bought, len(MONTHS))
                refunds.append({"order": order, "month": month, "cents": back})
    return orders, refunds


@pytest.fixture(scope="module")
def rows(shop):
    orders, refunds = shop
    return {
        "agents": [
            {"shop_id": "S1", "agent_id": agent, "valid_from": "2025-01-01", "role": "presale"}
            for agent in AGENTS
        ],
        "orders": [
            {
                "order_id": each["order_id"],
                "shop_id": "S1",
                "buyer_id": each["order_id"],
                "created_at": f"2026-{each['month']:02}-05 10:00:00",
                "paid_at": f"2026-{each['month']:02}-05 10:00:00",
                "paid_amount": f"{each['cents'] // 100}.{each['cents'] % 100:02}",
                "owner_agent_id": each["agent"],
            }
            for each in orders
        ],
        "refunds": [
            {
                "refund_id": str(number),
                "order_id": each["order"]["order_id"],
                "applied_at": f"2026-{each['month']:02}-06 10:00:00",
                "completed_at": f"2026-{each['month']:02}-07 10:00:00",
                "amount": f"{each['cents'] // 100}.{each['cents'] % 100:02}",
                "success": "true",
            }
            for number, each in enumerate(refunds)
        ],
    }


def kept_by_month(shop):
    """What is left, after each month, of the sales of an agent in a month."""
    orders, refunds = shop
    kept: defaultdict[tuple[str, int], list[int]] = defaultdict(lambda: [0] * (len(MONTHS) + 1))
    for order in orders:
        for after in range(order["month"], len(MONTHS) + 1):
            kept[order["agent"], order["month"]][after] += order["cents"]
    for refund in refunds:
        for after in range(refund["month"], len(MONTHS) + 1):
            kept[refund["order"]["agent"], refund["order"]["month"]][after] -= refund["cents"]
    return kept


@pytest.mark.parametrize(
    ("name", "commission"), [("clawback_slab", slab), ("clawback_marginal", marginal)]
)
def test_commission_recomputed_over_months_of_refunds_is_that_of_what_is_left(
    shop, rows, name, commission
):
    def taken_back(_, before, after):
        return commission(before) - commission(after)

    kept = kept_by_month(shop)
    assert _paid_by_agent(name, rows) == _due_by_agent(kept, commission, taken_back, _cents)
    exact = _due_by_agent(kept, commission, taken_back, Fraction)
    left = dict.fromkeys(AGENTS, Fraction(0))
    for (agent, _), amounts in kept.items():
        left[agent] += commission(amounts[-1])
    assert exact == left


def test_refunds_at_the_same_rate_cost_what_they_had_earned(shop, rows):
    def taken_back(earned, before, after):
        return (before - after) * rate(earned)

    due = _due_by_agent(kept_by_month(shop), slab, taken_back, _cents)
    assert _paid_by_agent("clawback_same_rate", rows) == due


def _due_by_agent(kept, commission, taken_back, rounded):
    """What all months owe an agent: commission, and what each later month takes back."""
    due = dict.fromkeys(AGENTS, Fraction(0))
    for agent in AGENTS:
        own = {month: amounts for (who, month), amounts in kept.items() if who == agent}
        for now in range(1, len(MONTHS) + 1):
            if now in own:
                due[agent] += rounded(commission(own[now][now]))
            due[agent] -= rounded(
                sum(
                    taken_back(amounts[month], amounts[now - 1], amounts[now])
                    for month, amounts in own.items()
                    if month < now
                )
            )
    return due


def _paid_by_agent(name, rows):
    """What the months pay in all, run one after another."""
    ruleset = ke.load(EXAMPLES / f"{name}.yaml")
    plan, paid = ke.compile(ruleset), dict.fromkeys(AGENTS, 0)
    for period in MONTHS:
        results = ke.run(plan, frames_of(ruleset, rows), period=period)
        assert results.rejects.height == 0
        for agent, pay in results.subjects.select("agent_id", "pay").rows():
            paid[agent] += pay
    return paid


def _cents(amount):
    """An amount rounded to the cent, halves away from zero."""
    sign = -1 if amount < 0 else 1
    return sign * int(abs(Fraction(amount)) + Fraction(1, 2))


def test_a_lead_is_scored_on_the_results_of_her_team(tmp_path):
    agents = pl.DataFrame(
        [
            ("Boss", "lead", None, "3000.00"),
            ("Li", "presale", "Boss", "2000.00"),
            ("Wang", "presale", "Boss", "2000.00"),
            ("Xin", "presale", "Boss", None),
        ],
        schema=["agent_id", "role", "supervisor_id", "perf_wage"],
        orient="row",
    ).with_columns(
        shop_id=pl.lit("S1"),
        valid_from=pl.lit(date(2026, 1, 1)),
        valid_to=pl.lit(None, pl.Date),
        team=pl.lit(None, pl.String),
        base_pay=pl.lit(None, pl.String),
        regular=pl.lit(value=True),
    )
    marks = pl.DataFrame({"agent_id": ["Boss", "Li", "Wang"], "score": [90.0, 89.995, 65.5]})
    marks = marks.with_columns(
        shop_id=pl.lit("S1"), period=pl.lit("2026-10"), item=pl.lit("overall")
    )
    agents.write_parquet(tmp_path / "agents.parquet")
    marks.write_parquet(tmp_path / "marks.parquet")
    members = ke.run(_plan("wage_bands"), tmp_path, period="2026-10")
    ke.write_results(members, tmp_path / "team_results")
    leads = ke.run(_plan("team_lead"), tmp_path, period="2026-10")
    (boss,) = leads.subjects.to_dicts()
    assert boss["agent_id"] == "Boss"
    assert boss["metric.team_score"] * 2 == 90 + Fraction("65.5")
    assert boss["metric.team_score.n"] == 2
    assert boss["metric.team_passed"] == Fraction(1, 2)
    assert boss["score"] == Fraction("74.65")
    assert boss["pay"] == 223_950


def _plan(name):
    return ke.compile(ke.load(EXAMPLES / f"{name}.yaml"))


def test_an_attainment_just_below_120_percent_is_not_shown_as_120():
    ruleset = ke.load(EXAMPLES / "attainment.yaml")
    key = {"shop_id": "S1", "agent_id": "Li"}
    at = "2026-10-05 10:00:00"
    rows = {
        "agents": [key | {"valid_from": "2025-01-01", "role": "presale"}],
        "orders": [
            {"order_id": "o1", "shop_id": "S1", "buyer_id": "b1", "created_at": at, "paid_at": at}
            | {"paid_amount": "119999", "owner_agent_id": "Li"}
        ],
    }
    results = ke.run(ke.compile(ruleset), frames_of(ruleset, rows), period="2026-10")
    shown = {metric.name: metric.shown for metric in ke.explain(results, key).metrics}
    assert shown["attainment"] == "119.999%"
    assert results.subjects["line.attainment_bonus"].to_list() == [100_000]
