"""Values that a test may give: ordinary ones, and those on both sides of a threshold."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor
from typing import cast

from kpi_engine.language import core, ir
from kpi_engine.language.core import Rational
from kpi_engine.language.exact import Environment, fraction_of, literal_value
from kpi_engine.language.kinds import PLAIN, QUANTITIES, Kind, Type
from kpi_engine.plan.compiling import compile_ruleset
from kpi_engine.plan.nodes import Plan
from kpi_engine.review.literals import Value
from kpi_engine.review.targets import givable
from kpi_engine.review.thresholds import Scales, Threshold, can_be_given, scales_of, variables_of
from kpi_engine.ruleset.checked import SCORE, Ruleset
from kpi_engine.ruleset.params import constants_of

Setting = Mapping[str, Value]
"""Values by name, as a test gives them."""

_DECIMALS = 9
_FINEST = Fraction(10**9)
_FULL_MARK = 100
_SECOND = 10**6


@dataclass(frozen=True, slots=True)
class Ground:
    """What rows are made on: a ruleset, its plan and constants, and what may be given."""

    ruleset: Ruleset
    plan: Plan
    constants: Environment
    scales: Scales
    types: Mapping[str, Type]


def ground_of(ruleset: Ruleset) -> Ground:
    """Return what rows about a ruleset are made on."""
    constants, scales = constants_of(ruleset.params), scales_of(ruleset)
    return Ground(ruleset, compile_ruleset(ruleset), constants, scales, givable(ruleset))


def as_compared(types: Mapping[str, Type], found: Iterable[Threshold]) -> dict[str, Type]:
    """Return the types of what may be given, of numbers that are held against ratios as ratios."""
    held = {
        side.name
        for threshold in found
        if Kind.RATIO in (threshold.left.type.kind, threshold.right.type.kind)
        for side in (threshold.left, threshold.right)
        if isinstance(side, ir.Ref)
    }
    return {
        name: type_._replace(kind=Kind.RATIO) if name in held else type_
        for name, type_ in types.items()
    }


def ordinary_value(ground: Ground, name: str) -> Value:
    """Return an ordinary value of a name, or else one that lies where it can be."""
    type_ = ground.types[name]
    usual = _usual(type_, name)
    if not isinstance(usual, Fraction):
        return usual
    tried = (usual, *(Fraction(10**power) for power in range(4, -1, -1)), Fraction(0))
    return next((value for value in tried if can_be_kept(ground, name, value)), None)


def _usual(type_: Type, name: str) -> Value:
    """Return an ordinary value of a kind."""
    match type_.kind:
        case Kind.NUMBER:
            return Fraction(80 if name == SCORE else 20)
        case Kind.RATIO:
            return Fraction(1, 2)
        case Kind.MONEY:
            return Fraction(100_000)
        case Kind.DURATION:
            return Fraction(60 * _SECOND)
        case Kind.BOOL:
            return True
        case Kind.TEXT:
            return type_.labels[0] if type_.labels else "text"
        case _:
            return None


def other_values(ground: Ground, name: str) -> list[Value]:
    """Return other values of a name that may let a threshold show, the lowest first."""
    type_ = ground.types[name]
    match type_.kind:
        case Kind.BOOL:
            return [False, True]
        case Kind.TEXT:
            return list(type_.labels or ())
        case Kind.NUMBER:
            tried = [Fraction(0 if name == SCORE else 1), Fraction(_FULL_MARK)]
        case Kind.RATIO:
            tried = [Fraction(0), Fraction(1)]
        case _:
            return []
    return [value for value in tried if can_be_kept(ground, name, value)]


def movable(threshold: Threshold) -> list[ir.Ref]:
    """Return the quantities that may be moved to meet a threshold, those on the left first."""
    if not all(map(can_be_given, variables_of(threshold.left, threshold.right))):
        return []
    sides = (*variables_of(threshold.left), *variables_of(threshold.right))
    return [ref for ref in dict.fromkeys(sides) if ref.type.kind in QUANTITIES]


def values_around(
    ground: Ground, threshold: Threshold, ref: ir.Ref, setting: Mapping[str, Value]
) -> list[Value]:
    """Return a quantity's values just below, at and just above a threshold, as far as it has them.

    The difference of the two sides has to be a straight line in the quantity.
    """

    def apart(x: Fraction) -> Fraction | None:
        values = {**setting, ref.name: x}
        sides = [_value(ground, side, values) for side in (threshold.left, threshold.right)]
        left, right = sides
        return None if left is None or right is None else left - right

    name, type_ = ref.name, ground.types[ref.name]
    unit = Fraction(_SECOND if type_.kind is Kind.DURATION else 100)
    zero, one, two = apart(Fraction(0)), apart(unit), apart(2 * unit)
    if zero is None or one is None or two is None or one == zero or two - one != one - zero:
        return []
    exactly = -zero * unit / (one - zero)
    step = _step(type_, exactly, name)
    below, above = (ceil(exactly / step) - 1) * step, (floor(exactly / step) + 1) * step
    return [value for value in (below, exactly, above) if can_be_kept(ground, name, value)]


def _value(ground: Ground, node: ir.Node, values: Mapping[str, Value]) -> Fraction | None:
    """Return a formula's value, None where it is unknown or no quantity."""

    def given(ref: ir.Ref) -> core.Value:
        value = values[ref.name]
        return literal_value(ir.Lit(cast("Fraction | str | bool | None", value), ref.type))

    return fraction_of(node, replace(ground.constants, value_of=given))


def _step(type_: Type, at: Fraction, name: str) -> Fraction:
    """Return the grid in which a value is written: 0.01%, a minor unit, a second, 1 of a count."""
    match type_.kind:
        case Kind.MONEY:
            return Fraction(1)
        case Kind.DURATION:
            return Fraction(_SECOND)
        case Kind.RATIO:
            return min(Fraction(1, 10**4), _last_digit(at))
        case _:
            finest = Fraction(1) if type_.whole else Fraction(1, 100)
            return finest if name == SCORE else min(finest, _last_digit(at))


def _last_digit(value: Fraction) -> Fraction:
    """Return the place of a number's last decimal, 1 where its decimals do not end soon."""
    for places in range(_DECIMALS + 1):
        if (value * 10**places).denominator == 1:
            return Fraction(1, 10**places)
    return Fraction(1)


def can_be_kept(ground: Ground, name: str, value: Fraction) -> bool:
    """Return whether a test may give a value: one that results can hold."""
    if name == SCORE:
        return 0 <= value <= _FULL_MARK and (value * 100).denominator == 1
    type_ = ground.types[name]
    if (type_.whole or type_.kind not in PLAIN) and value.denominator > 1:
        return False
    reading = ground.plan.values.get(name)
    if name not in ground.ruleset.metrics or not isinstance(reading, Rational):
        return (value * _FINEST).denominator == 1
    low, high = core.bounds(reading.num)
    divisor = core.constant(reading.den)
    num: Fraction = Fraction(value.numerator) if divisor is None else value * divisor
    limit = Fraction(core.limit_of(reading))
    return num.denominator == 1 and low <= num.numerator <= high and -limit <= value <= limit
