"""The same rules as formulas that simpleeval reads for every agent, parsed once, in floats."""

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping

import polars as pl
from simpleeval import EvalWithCompoundTypes

CENT = 100

FORMULAS: Mapping[str, str] = {
    "aov": "sales / buyers",
    "complaint_rate": "complaints / received",
    "meets": "(satisfaction is None or satisfaction >= 0.7) and response_rate >= 0.8",
    "response": "on_line(response_rate, [(0.7, 0), (0.9, 80), (1, 100)])",
    "satisfied": "on_line(satisfaction, [(0.6, 0), (0.9, 100)])",
    "service": "mean([(response, 60), (satisfied, 40)])",
    "converted": "held(100 * conversion / 0.45)",
    "spent": "held(100 * aov / 40000)",
    "waited": "100 if wait <= 20 else 80 if wait <= 40 else 60 if wait <= 60 else 0",
    "refunds": "on_line(refund_rate, [(0.02, 100), (0.1, 0)])",
    "raw": "mean([(service, 40), (converted, 20), (spent, 15), (waited, 10), (refunds, 15)])",
    "less": "raw - (0 if complaint_rate <= 0.01 else 5 if complaint_rate <= 0.03 else 10)",
    "score": "rounded(held(less if meets else 0) * 100) / 100",
    "performance": "rounded(wage if score >= 90 else wage * score / 100 if score >= 70 else 0)",
    "commission": "rounded(sliced(sales, [(5000000, 0.005), (10000000, 0.008), (None, 0.012)]))",
    "bonus": (
        "rounded(sales * (0.003 if sales >= 12000000 else 0.002 if sales >= 8000000 else 0.001))"
    ),
    "pieces": "rounded(35 * resolved * (1.1 if score >= 90 else 1.0 if score >= 70 else 0.9))",
    "attendance": "rounded(20000 * days / 22)",
}
SHARED_FORMULAS: Mapping[str, str] = {
    "prize": "50000 if place <= 1 else 30000 if place <= 3 else 0",
    "paid": "performance + commission + bonus + pieces + pool + prize + attendance",
    "fined": "paid - 2000 * complaints",
    "guaranteed": "max(fined, rounded(100000 * days / 22))",
    "pay": "min(guaranteed, 800000)",
}


def _rounded(x: float) -> float:
    return math.copysign(math.floor(abs(x) + 0.5), x)


def _held(x: float) -> float:
    return max(0, min(100, x))


def _on_line(x: float | None, points: list[tuple[float, float]]) -> float | None:
    if x is None:
        return None
    place = bisect_right([at for at, _ in points], x)
    if place in {0, len(points)}:
        return points[max(place - 1, 0)][1]
    (left, below), (right, above) = points[place - 1], points[place]
    return below + (above - below) * (x - left) / (right - left)


def _mean(parts: list[tuple[float | None, int]]) -> float:
    known = [(x, weight) for x, weight in parts if x is not None]
    return sum(x * weight for x, weight in known) / sum(weight for _, weight in known)


def _sliced(x: float, tiers: list[tuple[float | None, float]]) -> float:
    paid, below = 0.0, 0.0
    for bound, rate in tiers:
        above = x if bound is None else min(x, bound)
        paid += max(0, above - below) * rate
        below = bound or x
    return paid


FUNCTIONS: Mapping[str, Callable[..., object]] = {
    "rounded": _rounded,
    "held": _held,
    "on_line": _on_line,
    "mean": _mean,
    "sliced": _sliced,
    "max": max,
    "min": min,
}
METRICS = (
    "received",
    "response_rate",
    "satisfaction",
    "conversion",
    "sales",
    "buyers",
    "refund_rate",
    "resolved",
    "complaints",
    "wait",
)


def settled(wide: pl.DataFrame) -> pl.DataFrame:
    """Return score and pay of every agent; amounts in cents, but as floats."""
    evaluator = EvalWithCompoundTypes(functions=dict(FUNCTIONS))
    people = [_named(row) for row in wide.iter_rows(named=True)]
    _evaluate(evaluator, FORMULAS, people)
    shops: dict[object, list[dict[str, object]]] = {}
    for person in people:
        shops.setdefault(person["shop"], []).append(person)
    for shop in shops.values():
        _share(shop)
    _evaluate(evaluator, SHARED_FORMULAS, people)
    lines = ("performance", "commission", "bonus", "pieces", "pool", "prize", "attendance")
    names = ("agent_id", "score", *lines, "pay")
    return pl.DataFrame([{name: person[name] for name in names} for person in people])


def _named(row: Mapping[str, object]) -> dict[str, object]:
    named = {"agent_id": row["agent_id"], "shop": row["roster.shop_id"]}
    named |= {"wage": row["roster.wage"], "days": row["roster.days"]}
    for name in METRICS:
        num, den = row[f"metric.{name}.num"], row[f"metric.{name}.den"]
        known = row[f"metric.{name}.status"] == "ok"
        named[name] = num / den if known else None  # type: ignore[operator] # whole numbers
    return named


def _evaluate(
    evaluator: EvalWithCompoundTypes, formulas: Mapping[str, str], people: list[dict[str, object]]
) -> None:
    parsed = {name: evaluator.parse(text) for name, text in formulas.items()}
    for person in people:
        evaluator.names = person
        for name, text in formulas.items():
            person[name] = evaluator.eval(text, previously_parsed=parsed[name])


def _share(shop: list[dict[str, object]]) -> None:
    """Write the part of the pool and the place of everybody in a shop."""
    scores = [float(str(person["score"])) for person in shop]
    parts = [5000 * CENT * score / sum(scores) for score in scores]
    floors = [math.floor(part) for part in parts]
    spare = 5000 * CENT - sum(floors)
    order = sorted(range(len(shop)), key=lambda i: floors[i] - parts[i])
    for place in order[:spare]:
        floors[place] += 1
    sales = [float(str(person["sales"])) for person in shop]
    for person, part, sold in zip(shop, floors, sales, strict=True):
        person["pool"], person["place"] = part, 1 + sum(other > sold for other in sales)
