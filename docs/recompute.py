#!/usr/bin/env python3
"""Scores and pay from explanations alone: `kpi-engine explain OUT --format json | recompute.py`."""

import json
import sys
from fractions import Fraction


def score_of(score: dict) -> Fraction | None:
    """Return weights times points with what steps, limits and rounding changed, None if unknown."""
    if score["status"] != "ok":
        return None
    total = sum(Fraction(step["change"]) for step in score["steps"])
    total += Fraction(score["limits"] or 0) + Fraction(score["rounding"])
    for item in score["items"]:
        brought = Fraction(item["contribution"] or 0)
        exact = Fraction(item["weight"] or 0) * Fraction(item["points"] or 0)
        if item["rule"] and abs(exact - brought) > Fraction(1, 2 * 10**6):
            sys.exit(f"{item['path']}: {exact} contributes, not {brought}")
        total += brought
    return total


def pay_of(pay: dict) -> int | None:
    """Return what the lines add up to, in minor units, None where the pay is held back."""
    amounts = [line["amount"] for line in pay["lines"]]
    return None if None in amounts or pay["status"] == "below_zero" else sum(amounts)


if __name__ == "__main__":
    for told in map(json.loads, sys.stdin):
        claimed = told["score"] and told["score"]["value"]
        score = told["score"] and score_of(told["score"])
        pay = told["pay"] and pay_of(told["pay"])
        if score != (claimed and Fraction(claimed)) or pay != (
            told["pay"] and told["pay"]["amount"]
        ):
            sys.exit(f"{told['subject']}: {score} and {pay} add up, not what is claimed")
        row = {**told["subject"], "score": None if score is None else str(score), "pay": pay}
        sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
