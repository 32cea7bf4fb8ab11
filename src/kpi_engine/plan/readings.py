"""Small pieces of the whole-number form that every part of the plan is built from."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from kpi_engine.language import ir
from kpi_engine.language.core import Core, Rational, Value
from kpi_engine.language.exact import Environment, exact_value
from kpi_engine.plan.graph import rebuilt
from kpi_engine.ruleset.lookups import LAST_DAY

TRUE = Core("lit", (True,))
FALSE = Core("lit", (False,))


def named_environment(constants: Environment, values: Mapping[str, Value]) -> Environment:
    """Return the environment of formulas about a subject, which read the named values."""
    return replace(
        constants, value_of=lambda ref: LAST_DAY if ref.space == "period" else values[ref.name]
    )


def condition(node: ir.Node, environment: Environment) -> Core:
    """Return a condition in the whole-number form."""
    return single(exact_value(node, environment))


def single(value: Value) -> Core:
    """Return the one operation a column keeps of a value: of a fraction, the number above."""
    return value.num if isinstance(value, Rational) else value


def all_of(conditions: tuple[Core, ...]) -> Core:
    """Return whether every condition is true; of none, true."""
    if not conditions:
        return TRUE
    return conditions[0] if len(conditions) == 1 else Core("and", conditions)


def any_of(conditions: tuple[Core, ...]) -> Core:
    """Return whether one of the conditions is true; of none, false."""
    if not conditions:
        return FALSE
    return conditions[0] if len(conditions) == 1 else Core("or", conditions)


def negated(test: Core) -> Core:
    """Return whether a condition is false."""
    return Core("not", (test,))


def text(value: str) -> Core:
    """Return a constant text."""
    return Core("lit", (value,))


def renamed(value: Value, name: str) -> Value:
    """Return how a column reads under another name."""
    kept = single(value)
    column = Core("column", (name,), kept.low, kept.high)
    return Rational(column, value.den, value.limit) if isinstance(value, Rational) else column


def rewritten(value: Value, replace_node: Callable[[Core, Core], Core]) -> Value:
    """Return a value with the nodes of its operations replaced, operands first."""
    match value:
        case Rational():
            num, den = rebuilt([value.num, value.den], replace_node)
            return Rational(num, den, value.limit)
        case Core():
            return rebuilt([value], replace_node)[0]
