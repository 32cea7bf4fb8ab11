"""From the typed form to the whole-number form.

The checker runs this pass to keep the bit budget, the plan to lower what comes out. The reference
does neither: it works on fractions.
"""

from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import date
from fractions import Fraction
from typing import assert_never

from kpi_engine.language import core, ir, quotients
from kpi_engine.language.core import Core, Gather, QuotientGatheredError, Rational, Value, whole
from kpi_engine.language.kinds import QUANTITIES, Kind, Type
from kpi_engine.language.pieces import (
    Pieces,
    line_pieces,
    piecewise,
    slice_pieces,
    whole_pieces,
)
from kpi_engine.language.scaleforms import Bands, Options, ScaleForm, Stair, Straight, applied
from kpi_engine.text.nodes import passive

NUMBER_SCALE = 10**6
"""A column of the kind `number` is kept in millionths."""

HIGHEST_SUM = 2**60
HIGHEST_COUNT = 2**32
MICROSECONDS_A_DAY = 86_400 * 10**6
_EPOCH = date(1970, 1, 1)
_DAYS = 2**22
_MONTHS = 2**17


@passive
class Environment:
    """What the names of a formula stand for in the whole-number form.

    ``value_of`` gives the value of a column, metric or running total; ``params`` and ``scales`` are
    the constants in force, of several shops at once columns.
    """

    value_of: Callable[[ir.Ref], Value]
    params: Mapping[str, Value] = field(default_factory=dict)
    scales: Mapping[str, ir.Scale | ScaleForm] = field(default_factory=dict)


def column_value(name: str, type_: Type) -> Value:
    """Return the value of an input column as it is kept: money in minor units, times whole."""
    widest = core.WIDEST_INPUT
    match type_.kind:
        case Kind.NUMBER | Kind.RATIO | Kind.MONEY | Kind.DURATION:
            plain = type_.kind in {Kind.NUMBER, Kind.RATIO} and not type_.whole
            scale = NUMBER_SCALE if plain else 1
            return Rational(Core("column", (name,), -widest, widest), whole(scale))
        case Kind.DATETIME:
            return Core("column", (name,), -widest, widest)
        case Kind.DATE:
            return Core("column", (name,), -_DAYS, _DAYS)
        case Kind.MONTH:
            return Core("column", (name,), -_MONTHS, _MONTHS)
        case Kind.BOOL | Kind.TEXT | Kind.HOURS | Kind.NOTHING | Kind.ANY:
            return Core("column", (name,))
        case _:
            assert_never(type_.kind)


def kept_as(name: str, value: Value) -> Value:
    """Return how a computed value reads once it is kept as a column of its own.

    Raises `QuotientGatheredError` for a fraction without a constant divisor.
    """
    match value:
        case Rational():
            if core.constant(value.den) is None:
                raise QuotientGatheredError
            low, high = core.bounds(value.num)
            return Rational(Core("column", (name,), low, high), value.den, value.limit)
        case Core():
            return Core("column", (name,), value.low, value.high)


def exact_value(node: ir.Node, env: Environment) -> Value:
    """Return the whole-number form of a formula.

    Raises `TooWideError` where it could leave the bit budget, and `QuotientGatheredError` where an
    aggregate gathers a quotient of two row values.
    """
    match node:
        case ir.Lit():
            return literal_value(node)
        case ir.Ref(space="param"):
            return env.params[node.name]
        case ir.Ref():
            return env.value_of(node)
        case ir.Aggregate():
            return _aggregate(node, env)
        case ir.Apply():
            scale = env.scales[node.scale] if isinstance(node.scale, str) else node.scale
            form = scale if isinstance(scale, ScaleForm) else scale_form(scale, env)
            x = exact_value(node.x, env)
            return _strict((node.x,), (x,), applied(form.cases, x))
        case ir.Slices():
            stair = env.scales[node.scale]
            form = stair if isinstance(stair, ScaleForm) else scale_form(stair, env, area=True)
            if form.area is None:
                raise TypeError(node)
            return piecewise(_rational(node.x, env), form.area)
        case ir.Op():
            return _operation(node, env)
        case ir.Across() | ir.Previous():
            # such a value is a metric of its own, made of more than one subject's values
            raise TypeError(node)
        case _:
            assert_never(node)


def literal_value(node: ir.Lit) -> Value:
    """Return a constant in the whole-number form."""
    match node.value:
        case None:
            return core.UNKNOWN
        case bool():
            return Core("lit", (node.value,))
        case Fraction():
            above, below = node.value.as_integer_ratio()
            return Rational(whole(above), whole(below))
        case date():
            return whole((node.value - _EPOCH).days)
        case str() | tuple():
            return Core("lit", (node.value,))
        case _:
            assert_never(node.value)


def fraction_of(node: ir.Node, env: Environment) -> Fraction | None:
    """Return the value of a formula over constants, or None where it has none."""
    value = exact_value(node, env)
    if isinstance(value, Rational):
        num, den = core.constant(value.num), core.constant(value.den)
        if num is not None and den is not None:
            return Fraction(num, den)
    return None


def _rational(node: ir.Node, env: Environment) -> Rational:
    return quotients.as_rational(exact_value(node, env))


def _strict(nodes: tuple[ir.Node, ...], values: tuple[Value, ...], result: Value) -> Value:
    """Return the result, unknown where one of the values is: for results behind a choice."""
    tests = [core.known(v) for n, v in zip(nodes, values, strict=True) if n.type.nullable]
    if not tests:
        return result
    condition = tests[0] if len(tests) == 1 else Core("and", tuple(tests))
    return quotients.choose_value(condition, result, quotients.unknown_like(result))


def _operation(node: ir.Op, env: Environment) -> Value:
    match node.op:
        case "add" | "sub":
            return _sum(node, env)
        case "mul":
            factor, other = node.args
            return quotients.product_of(_rational(factor, env), _rational(other, env))
        case "div":
            dividend, divisor = node.args
            return quotients.quotient_of(_rational(dividend, env), _rational(divisor, env))
        case "neg":
            operand = _rational(node.args[0], env)
            return Rational(core.neg(operand.num), operand.den, operand.limit)
        case "eq" | "ne" | "lt" | "le" | "gt" | "ge":
            left, right = node.args
            return quotients.compare_values(
                node.op, exact_value(left, env), exact_value(right, env)
            )
        case "and" | "or":
            return Core(node.op, tuple([_core(arg, env) for arg in node.args]))
        case "not":
            return Core("not", (_core(node.args[0], env),))
        case "known":
            return core.known(exact_value(node.args[0], env))
        case "if":
            condition = _core(node.args[0], env)
            _, left, right = node.args
            return quotients.choose_value(
                condition, exact_value(left, env), exact_value(right, env)
            )
        case "in":
            labels = tuple(arg.value for arg in node.args[1:] if isinstance(arg, ir.Lit))
            return Core("in", (_core(node.args[0], env), *labels))
        case "in_hours":
            return _in_hours(_core(node.args[0], env), _core(node.args[1], env))
        case "month":
            moment = (_core(node.args[0], env),)
            if node.args[0].type.kind is Kind.DATE:
                return Core("month_of_date", moment, -_MONTHS, _MONTHS)
            return Core("month_of_time", moment, -_MONTHS, _MONTHS)
        case "default":
            x = exact_value(node.args[0], env)
            return quotients.choose_value(core.known(x), x, exact_value(node.args[1], env))
        case "at_least" | "at_most":
            x, y = (exact_value(arg, env) for arg in node.args)
            extreme = quotients.extreme_of("ge" if node.op == "at_least" else "le", x, y)
            return _strict(node.args, (x, y), extreme)
        case "round" | "floor" | "ceil":
            return _to_step(node, env)
        case "attain" | "attain_lower":
            return _attain(node, env)
        case _:
            raise KeyError(node.op)


def _core(node: ir.Node, env: Environment) -> Core:
    value = exact_value(node, env)
    if isinstance(value, Rational):
        raise TypeError(node)
    return value


def _in_hours(moment: Core, hours: Core) -> Core:
    """Return whether a time lies in hours, where a scale chooses them in those of its case."""
    if hours.op == "lit":
        return hours if hours == core.UNKNOWN else Core("in_hours", (moment, hours.args[0]))
    condition, left, right = (arg for arg in hours.args if isinstance(arg, Core))
    return core.choose(condition, _in_hours(moment, left), _in_hours(moment, right))


def _sum(node: ir.Op, env: Environment) -> Value:
    left, right = node.args
    minus = node.op == "sub"
    kinds = left.type.kind, right.type.kind
    if Kind.DATETIME in kinds or Kind.DATE in kinds:
        if kinds[0] == kinds[1]:
            between = core.sub(_core(left, env), _core(right, env))
            unit = MICROSECONDS_A_DAY if kinds[0] is Kind.DATE else 1
            return Rational(core.mul(between, whole(unit)), core.ONE)
        moment, length = (left, right) if kinds[0] is Kind.DATETIME else (right, left)
        duration = _rational(length, env)
        microseconds = core.round_away(duration.num, duration.den)
        combine = core.sub if minus else core.add
        return combine(_core(moment, env), microseconds)
    return quotients.sum_of(_rational(left, env), _rational(right, env), minus=minus)


def _to_step(node: ir.Op, env: Environment) -> Value:
    x, step = _rational(node.args[0], env), _rational(node.args[1], env)
    quotient = quotients.quotient_of(x, step)
    match node.op:
        case "round":
            times = core.round_away(quotient.num, quotient.den)
        case "floor":
            times = core.floordiv(quotient.num, quotient.den)
        case _:
            times = core.neg(core.floordiv(core.neg(quotient.num), quotient.den))
    return quotients.product_of(Rational(times, core.ONE), step)


def _attain(node: ir.Op, env: Environment) -> Value:
    x, target = (_rational(arg, env) for arg in node.args)
    hundred = Rational(whole(100), core.ONE)
    if node.op == "attain":
        reached = quotients.quotient_of(quotients.product_of(hundred, x), target)
        return quotients.held_between(reached, 0, 100)
    reached = quotients.quotient_of(quotients.product_of(hundred, target), x)
    best = core.compare("eq", x.num, whole(0))
    points = quotients.choose_value(best, hundred, quotients.held_between(reached, 0, 100))
    return _strict(node.args, (x, target), points)


def scale_form(scale: ir.Scale, env: Environment, *, area: bool = False) -> ScaleForm:
    """Return a scale in the whole-number form, with the pieces of its slices if they are wanted."""
    cases: Stair | Bands | Options | Straight
    match scale:
        case ir.Steps():
            steps = ((s.bound, s.inclusive, exact_value(s.value, env)) for s in scale.steps)
            cases = Stair(_case(scale.lowest, env), tuple(steps))
        case ir.Ranges():
            bands = ((band.low, band.high, exact_value(band.value, env)) for band in scale.ranges)
            cases = Bands(tuple(bands), _case(scale.otherwise, env))
        case ir.Choice():
            options = ((option, exact_value(value, env)) for option, value in scale.options)
            cases = Options(tuple(options), _case(scale.otherwise, env))
        case ir.Line():
            limit = max(abs(y) for _, y in scale.points)
            cases = Straight(whole_pieces(line_pieces(scale)), limit)
        case _:
            assert_never(scale)
    return ScaleForm(cases, _area(scale, env) if area else None)


def _area(scale: ir.Scale, env: Environment) -> Pieces:
    if not isinstance(scale, ir.Steps):
        raise TypeError(scale)
    return whole_pieces(slice_pieces(scale, lambda node: _rate(node, env)))


def _case(node: ir.Node | None, env: Environment) -> Value:
    return core.UNKNOWN if node is None else exact_value(node, env)


def _rate(node: ir.Node | None, env: Environment) -> Fraction:
    rate = fraction_of(node, env) if node is not None else None
    if rate is None:
        raise TypeError(node)
    return rate


def _aggregate(node: ir.Aggregate, env: Environment) -> Value:
    argument = exact_value(node.args[0], env) if node.args else None
    match node.function:
        case "count":
            return Rational(_gather("count", argument), core.ONE)
        case "share":
            rows = core.positive(_gather("count", None))
            return Rational(_gather("count", argument), rows, 1)
        case "distinct":
            return Rational(_gather("distinct", _single(argument)), core.ONE)
        case "sum":
            num, den = _parts(argument)
            return Rational(_gather("sum", num), den)
        case "mean":
            num, den = _parts(argument)
            count = core.positive(_gather("count", Core("known", (num,))))
            limit = core.limit_of(Rational(num, den))
            return Rational(_gather("sum", num), core.mul(count, den), limit)
        case "median":
            num, den = _parts(argument)
            middle = core.add(_gather("lower_middle", num), _gather("upper_middle", num))
            return Rational(middle, core.mul(den, whole(2)))
        case "min" | "max":
            gathered = _gather(node.function, _single(argument))
            if node.args[0].type.kind in QUANTITIES:
                return Rational(gathered, _parts(argument)[1])
            return gathered
        case _:
            raise KeyError(node.function)


def _parts(value: Value | None) -> tuple[Core, Core]:
    rational = quotients.as_rational(value if value is not None else core.UNKNOWN)
    if core.constant(rational.den) is None:
        raise QuotientGatheredError
    return rational.num, rational.den


def _single(value: Value | None) -> Core:
    match value:
        case Core():
            return value
        case _:
            return _parts(value)[0]


def _gather(function: core.GatherFunction, argument: Value | None) -> Core:
    if isinstance(argument, Rational):
        raise TypeError(argument)
    match function:
        case "count" | "distinct":
            low, high = 0, HIGHEST_COUNT
        case "sum":
            low, high = -HIGHEST_SUM, HIGHEST_SUM
        case _ if argument is None or argument.low is None:
            return Core("gather", (Gather(function, argument),))
        case _:
            low, high = core.bounds(argument)
    return Core("gather", (Gather(function, argument),), low, high)
