"""A formula is bounded in length and depth, so that nothing that reads one can run away."""

import inspect
import sys

import pytest

from kpi_engine.language.mistakes import Mistake
from kpi_engine.language.parser import MAX_LENGTH, parse_bound, parse_formula
from kpi_engine.language.printer import print_formula
from kpi_engine.language.reader import MAX_DEPTH

NESTED = {
    "brackets": ("(", "a", ")", MAX_DEPTH),
    "calls": ("f(", "a", ")", MAX_DEPTH - 1),
    "minus": ("-(", "a", ")", MAX_DEPTH - 1),
    "not": ("not (", "a", ")", MAX_DEPTH - 1),
    "sums": ("a+", "a", "", None),
    "right sums": ("a+(", "a", ")", MAX_DEPTH - 1),
    "choices": ("a if b else ", "a", "", MAX_DEPTH - 1),
    "mixed": ("a or b and not c < d + e * -(", "a", ")", None),
}
FLAT_SUM = MAX_DEPTH - 1


@pytest.mark.parametrize("shape", sorted(name for name, row in NESTED.items() if row[3]))
def test_a_tree_has_at_most_60_levels(shape):
    before, inside, after, most = NESTED[shape]
    assert most is not None
    allowed = parse_formula(before * most + inside + after * most)
    assert not isinstance(allowed, Mistake)
    assert parse_formula(print_formula(allowed)) == allowed
    refused = parse_formula(before * (most + 1) + inside + after * (most + 1))
    assert isinstance(refused, Mistake)
    assert refused.code == "K202"


def test_a_sum_is_as_deep_as_it_has_operators():
    allowed = parse_formula("a+" * FLAT_SUM + "a")
    assert not isinstance(allowed, Mistake)
    refused = parse_formula("a+" * (FLAT_SUM + 1) + "a")
    assert isinstance(refused, Mistake)
    assert refused.code == "K202"


def test_what_stands_side_by_side_has_no_depth():
    assert not isinstance(parse_formula(" or ".join(["a"] * 300)), Mistake)
    assert not isinstance(parse_formula(f"f({', '.join(['a'] * 300)})"), Mistake)


@pytest.mark.parametrize("shape", sorted(NESTED))
@pytest.mark.parametrize("times", [61, 80, 300, 1000])
def test_no_depth_is_answered_with_a_recursion_error(shape, times):
    before, inside, after, _ = NESTED[shape]
    text = (before * times + inside + after * times)[:MAX_LENGTH]
    assert isinstance(parse_formula(text), Mistake)
    assert isinstance(parse_formula(text[: len(before) * times]), Mistake)


def test_the_deepest_reading_leaves_most_of_the_stack_to_the_caller():
    before, inside, after, _ = NESTED["mixed"]
    limit = sys.getrecursionlimit()
    depth = len(inspect.stack(0))
    sys.setrecursionlimit(depth + 450)
    try:
        assert isinstance(parse_formula(before * 60 + inside + after * 60), Mistake)
        assert not isinstance(parse_formula("f(" * 59 + "a" + ")" * 59), Mistake)
    finally:
        sys.setrecursionlimit(limit)


def test_a_formula_has_at_most_2000_characters():
    assert not isinstance(parse_formula("x" * MAX_LENGTH), Mistake)
    for refused in (parse_formula("x" * (MAX_LENGTH + 1)), parse_bound("is " + "x" * MAX_LENGTH)):
        assert isinstance(refused, Mistake)
        assert refused.code == "K202"
