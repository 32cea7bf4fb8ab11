"""Made-up agents and their facts: what a month of events was gathered to."""

from random import Random

import polars as pl

PERIOD = "2026-10"
AGENTS_A_SHOP = 50
FEWEST_RATINGS = 30


def made_roster(number: int, seed: int = 1) -> pl.DataFrame:
    """Return agents in shops of fifty, with wages in minor units and days present."""
    random = Random(seed)
    return pl.DataFrame(
        {
            "agent_id": [f"A{place:06}" for place in range(number)],
            "shop_id": [f"S{place // AGENTS_A_SHOP:04}" for place in range(number)],
            "wage": [random.randint(1000, 3000) for _ in range(number)],
            "days": [random.randint(10, 22) for _ in range(number)],
        }
    )


def made_facts(roster: pl.DataFrame, seed: int = 2) -> pl.DataFrame:
    """Return the facts of every agent in the long form: one row per agent and metric."""
    random = Random(seed)
    rows = [fact for agent in roster["agent_id"] for fact in _facts_of(random, agent)]
    names = ("agent_id", "period", "metric", "num", "den", "n", "n_unknown", "status")
    return pl.DataFrame(rows, schema=names, orient="row")


def _facts_of(random: Random, agent: str) -> list[tuple[object, ...]]:
    received = random.randint(200, 1500)
    in_time = random.randint(received * 3 // 4, received)
    rated = random.randint(0, received // 5)
    liked = random.randint(rated * 3 // 5, rated)
    buyers = random.randint(received // 5, received // 2)
    sales = buyers * random.randint(20_000, 45_000) + random.randint(0, 99)
    refunded = random.randint(0, buyers // 8)
    wait = random.randint(10, 70) * received + random.randint(0, received)
    few = "ok" if rated >= FEWEST_RATINGS else "below_min_rows" if rated else "no_rows"
    facts = {
        "received": (received, 1, received, "ok"),
        "response_rate": (in_time, received, received, "ok"),
        "satisfaction": (liked, rated, rated, few),
        "conversion": (buyers, received, received, "ok"),
        "sales": (sales, 1, buyers, "ok"),
        "buyers": (buyers, 1, buyers, "ok"),
        "refund_rate": (refunded, buyers, buyers, "ok"),
        "resolved": (random.randint(0, received), 1, received, "ok"),
        "complaints": (random.randint(0, received // 25), 1, received, "ok"),
        "wait": (wait, received, received, "ok"),
    }
    return [
        (agent, PERIOD, name, num, den, n, 0, status)
        for name, (num, den, n, status) in facts.items()
    ]
