"""The pay as columns: lines, each rounded once, then steps, each printed as a line."""

from collections.abc import Mapping

from kpi_engine.language import core, quotients
from kpi_engine.language.core import Core, Rational, Value
from kpi_engine.language.exact import Environment, exact_value
from kpi_engine.plan.nodes import Assignment, Assignments
from kpi_engine.plan.readings import named_environment, text
from kpi_engine.ruleset.checked import Formula, Pay, Rule


def pay_assignments(
    pay: Pay, values: Mapping[str, Value], constants: Environment
) -> tuple[Assignments, tuple[str, ...]]:
    """Return the columns of the pay in minor units, and the names of the public ones.

    A line that is unknown leaves the pay unknown and held; the other lines stay. So does a total
    below zero, unless it is owed.
    """
    assignments: list[Assignment] = []

    def kept(name: str, made: Core) -> Core:
        assignments.append(Assignment(name, made))
        return Core("column", (name,), made.low, made.high)

    lines = [kept(f"line.{name}", _amount(rule, values, constants)) for name, rule in pay.lines]
    running: Core = core.whole(0)
    for line in lines:
        running = core.add(running, line)
    names = [f"line.{name}" for name, _ in pay.lines]
    running = kept("~paid", running)
    for name, formula in pay.steps:
        after = _amount(formula, {**values, "pay": Rational(running, core.ONE)}, constants)
        after = kept(f"~paid.{name}", core.choose(core.known(running), after, core.UNKNOWN_WHOLE))
        kept(f"line.{name}", core.sub(after, running))
        names.append(f"line.{name}")
        running = after
    status = core.choose(core.known(running), text("ok"), text("held"))
    if not pay.owed and core.bounds(running)[0] < 0:
        below = core.compare("lt", running, core.whole(0))
        status = core.choose(below, text("below_zero"), status)
        running = core.choose(below, core.UNKNOWN_WHOLE, running)
    kept("pay", running)
    kept("pay.status", status)
    return tuple(assignments), (*names, "pay", "pay.status")


def _amount(rule: Rule | Formula, values: Mapping[str, Value], constants: Environment) -> Core:
    amount = quotients.as_rational(exact_value(rule.node, named_environment(constants, values)))
    return core.round_away(amount.num, amount.den)
