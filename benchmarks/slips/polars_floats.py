"""The same rules by hand in Polars, in floats alone: what somebody in a hurry would write."""

# ruff: noqa: PLR2004 (rules are full of numbers)

from itertools import pairwise

import polars as pl

CENT = 100


def settled(wide: pl.DataFrame) -> pl.DataFrame:
    """Return score and pay of every agent; amounts in cents, but as floats."""
    return (
        wide.lazy()
        .with_columns(_metrics())
        .with_columns(**_composites())
        .with_columns(**_points())
        .with_columns(service=_mean({"response": 60, "satisfied": 40}))
        .with_columns(
            raw=_mean({"service": 40, "converted": 20, "spent": 15, "waited": 10, "refunds": 15})
        )
        .with_columns(score=_rounded(_after_steps() * 100) / 100)
        .with_columns(**_lines())
        .with_columns(**_shared_lines())
        .with_columns(paid=pl.sum_horizontal(LINES))
        .with_columns(after_fines=pl.col("paid") - 20 * CENT * pl.col("complaints"))
        .with_columns(
            guaranteed=pl.max_horizontal(
                "after_fines", _rounded(1000 * CENT * pl.col("roster.days") / 22)
            )
        )
        .with_columns(pay=pl.min_horizontal("guaranteed", pl.lit(8000.0 * CENT)))
        .select("agent_id", "score", *LINES, "pay")
        .collect()
    )


LINES = ("performance", "commission", "bonus", "pieces", "pool", "prize", "attendance")

_NAMES = (
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


def _rounded(expr: pl.Expr) -> pl.Expr:
    return expr.round(0, mode="half_away_from_zero")


def _metrics() -> list[pl.Expr]:
    return [
        pl.when(pl.col(f"metric.{name}.status") == "ok")
        .then(pl.col(f"metric.{name}.num") / pl.col(f"metric.{name}.den"))
        .alias(name)
        for name in _NAMES
    ]


def _composites() -> dict[str, pl.Expr]:
    liked = (pl.col("satisfaction") >= 0.7).fill_null(True)
    return {
        "aov": pl.col("sales") / pl.col("buyers"),
        "complaint_rate": pl.col("complaints") / pl.col("received"),
        "meets_standard": liked & (pl.col("response_rate") >= 0.8).fill_null(True),
    }


def _line(x: str, *points: tuple[float, float]) -> pl.Expr:
    """Return the value on the straight lines through points, flat beyond the ends."""
    (first, low), (last, high) = points[0], points[-1]
    at = pl.col(x)
    expr = pl.when(at >= last).then(high).otherwise(low + at * 0)
    for (left, below), (right, above) in pairwise(points):
        inside = (at >= left) & (at < right)
        line = below + (above - below) * (at - left) / (right - left)
        expr = pl.when(inside).then(line).otherwise(expr)
    return pl.when(at <= first).then(low).otherwise(expr)


def _points() -> dict[str, pl.Expr]:
    wait = pl.col("wait")
    return {
        "response": _line("response_rate", (0.7, 0), (0.9, 80), (1, 100)),
        "satisfied": _line("satisfaction", (0.6, 0), (0.9, 100)),
        "converted": (100 * pl.col("conversion") / 0.45).clip(0, 100),
        "spent": (100 * pl.col("aov") / (400 * CENT)).clip(0, 100),
        "waited": pl.when(wait <= 20)
        .then(100)
        .when(wait <= 40)
        .then(80)
        .when(wait <= 60)
        .then(60)
        .when(wait > 60)
        .then(0),
        "refunds": _line("refund_rate", (0.02, 100), (0.1, 0)),
    }


def _mean(weights: dict[str, int]) -> pl.Expr:
    total = pl.sum_horizontal(pl.col(name) * weight for name, weight in weights.items())
    known = pl.sum_horizontal(
        pl.col(name).is_not_null() * weight for name, weight in weights.items()
    )
    return pl.when(known > 0).then(total / known)


def _after_steps() -> pl.Expr:
    rate = pl.col("complaint_rate")
    taken = pl.when(rate <= 0.01).then(0).when(rate <= 0.03).then(5).when(rate > 0.03).then(10)
    after = pl.col("raw") - taken.fill_null(0)
    return pl.when(pl.col("meets_standard")).then(after).otherwise(0).clip(0, 100)


def _tier(x: str, lowest: float, *tiers: tuple[float, float]) -> pl.Expr:
    expr = pl.lit(lowest)
    for bound, value in tiers:
        expr = pl.when(pl.col(x) >= bound).then(value).otherwise(expr)
    return expr


def _lines() -> dict[str, pl.Expr]:
    score, sales, wage = pl.col("score"), pl.col("sales"), pl.col("roster.wage")
    slices = (
        sales.clip(upper_bound=50_000 * CENT) * 0.005
        + (sales - 50_000 * CENT).clip(0, 50_000 * CENT) * 0.008
        + (sales - 100_000 * CENT).clip(lower_bound=0) * 0.012
    )
    share = pl.when(score >= 70).then(wage * score / 100).otherwise(0)
    slab = _tier("sales", 0.001, (80_000 * CENT, 0.002), (120_000 * CENT, 0.003))
    quality = _tier("score", 0.9, (70, 1.0), (90, 1.1))
    return {
        "performance": _rounded(pl.when(score >= 90).then(wage).otherwise(share)),
        "commission": _rounded(slices),
        "bonus": _rounded(sales * slab),
        "pieces": _rounded(0.35 * CENT * pl.col("resolved") * quality),
        "attendance": _rounded(200.0 * CENT * pl.col("roster.days") / 22),
    }


def _shared_lines() -> dict[str, pl.Expr]:
    shop = "roster.shop_id"
    part = 5000.0 * CENT * pl.col("score") / pl.col("score").sum().over(shop)
    spare = 5000 * CENT - part.floor().sum().over(shop)
    turn = (part.floor() - part).rank("ordinal").over(shop)
    place = pl.col("sales").rank("min", descending=True).over(shop)
    return {
        "pool": part.floor() + (turn <= spare),
        "prize": pl.when(place <= 1)
        .then(500 * CENT)
        .when(place <= 3)
        .then(300 * CENT)
        .otherwise(0),
    }
