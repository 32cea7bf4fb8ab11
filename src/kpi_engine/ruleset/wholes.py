"""Weights as whole numbers: what a machine adds up instead of fractions."""

from collections.abc import Iterator
from fractions import Fraction
from math import lcm

from kpi_engine.ruleset.checked import Item


def whole_over(divisor: int, number: Fraction) -> int:
    """Return what stands above a divisor that a number's own divides."""
    return number.numerator * (divisor // number.denominator)


def whole_weights(items: tuple[Item, ...]) -> dict[str, int]:
    """Return the weights of all items by path, siblings over their common denominator."""
    common = lcm(*(item.weight.denominator for item in items))
    found = {item.path: whole_over(common, item.weight) for item in items}
    for item in items:
        found |= whole_weights(item.children) if item.children else {}
    return found


def whole_leaves(items: tuple[Item, ...]) -> tuple[dict[str, int], int]:
    """Return the weights of the leaves in the whole, and what they add up to."""
    leaves = dict(_leaf_weights(items, Fraction(1)))
    common = lcm(*(weight.denominator for weight in leaves.values()))
    return {path: whole_over(common, weight) for path, weight in leaves.items()}, common


def _leaf_weights(items: tuple[Item, ...], of: Fraction) -> Iterator[tuple[str, Fraction]]:
    for item in items:
        if item.children:
            yield from _leaf_weights(item.children, of * item.weight)
        else:
            yield item.path, of * item.weight
