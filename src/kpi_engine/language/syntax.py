"""The parse tree of a formula: what was written, before anyone asks what it means.

Nodes are passive and equal by what they say, not by where they stand. The compiler types them into
`ir`; the reference evaluates them as they are.
"""

from collections.abc import Callable
from dataclasses import field, replace
from datetime import date
from fractions import Fraction
from typing import Literal

from kpi_engine.text.nodes import passive


@passive
class Place:
    """The code points ``start`` up to, not including, ``end`` of a formula's text."""

    start: int
    end: int


NOWHERE = Place(0, 0)


@passive
class Number:
    """A number with its unit: None, ``%``, ``s``, ``min``, ``h``, ``days``, or a currency code.

    The value is as written: ``70%`` is 70 with the unit ``%``.
    """

    value: Fraction
    unit: str | None = None
    place: Place = field(default=NOWHERE, compare=False)


@passive
class Day:
    """A calendar day, ``2024-09-01``."""

    value: date
    place: Place = field(default=NOWHERE, compare=False)


@passive
class Hours:
    """Hours of the day, half open, in minutes from midnight: ``08:00-24:00`` is 480 to 1440.

    A start after the end means over midnight.
    """

    start: int
    end: int
    place: Place = field(default=NOWHERE, compare=False)


@passive
class Text:
    """A quoted text."""

    value: str
    place: Place = field(default=NOWHERE, compare=False)


@passive
class Truth:
    """``true`` or ``false``."""

    value: bool
    place: Place = field(default=NOWHERE, compare=False)


@passive
class Unknown:
    """``unknown``: the value nobody knows."""

    place: Place = field(default=NOWHERE, compare=False)


@passive
class Name:
    """A name, or with a prefix the name looked up elsewhere: ``shop.aov``.

    ``place`` covers the whole; ``prefix_place`` the prefix alone.
    """

    name: str
    prefix: str | None = None
    place: Place = field(default=NOWHERE, compare=False)
    prefix_place: Place = field(default=NOWHERE, compare=False)


@passive
class Call:
    """A function, or a scale among the params, applied to arguments."""

    function: str
    arguments: tuple["Expr", ...]
    place: Place = field(default=NOWHERE, compare=False)
    function_place: Place = field(default=NOWHERE, compare=False)


@passive
class Negative:
    """``-x``."""

    operand: "Expr"
    place: Place = field(default=NOWHERE, compare=False)


@passive
class Arithmetic:
    """``left operator right`` with one of ``+ - * /``."""

    operator: Literal["+", "-", "*", "/"]
    left: "Expr"
    right: "Expr"
    place: Place = field(default=NOWHERE, compare=False)


Relation = Literal["==", "!=", "<", "<=", ">", ">="]


@passive
class Comparison:
    """A chain ``a < b <= c``: one more operand than relations, all neighbours compared."""

    operands: tuple["Expr", ...]
    relations: tuple[Relation, ...]
    place: Place = field(default=NOWHERE, compare=False)


@passive
class Membership:
    """``x in ['a', 'b']``, options a tuple of texts, or ``t in hours``, options a formula."""

    operand: "Expr"
    options: "tuple[Text, ...] | Expr"
    place: Place = field(default=NOWHERE, compare=False)


@passive
class IsKnown:
    """``x is known``, or ``x is unknown`` where ``known`` is false."""

    operand: "Expr"
    known: bool
    place: Place = field(default=NOWHERE, compare=False)


@passive
class Not:
    """``not x``."""

    operand: "Expr"
    place: Place = field(default=NOWHERE, compare=False)


@passive
class Logic:
    """``a and b and c`` or ``a or b or c``: two operands at least, flat."""

    operator: Literal["and", "or"]
    operands: tuple["Expr", ...]
    place: Place = field(default=NOWHERE, compare=False)


@passive
class Conditional:
    """``value if condition else otherwise``."""

    value: "Expr"
    condition: "Expr"
    otherwise: "Expr"
    place: Place = field(default=NOWHERE, compare=False)


Expr = (
    Number
    | Day
    | Hours
    | Text
    | Truth
    | Unknown
    | Name
    | Call
    | Negative
    | Arithmetic
    | Comparison
    | Membership
    | IsKnown
    | Not
    | Logic
    | Conditional
)


def parts_of(expr: Expr) -> tuple[Expr, ...]:
    """Return the formulas that a formula is made of.

    >>> parts_of(Arithmetic("+", Name("a"), Number(Fraction(1))))[0].name
    'a'
    """
    match expr:
        case Call():
            return expr.arguments
        case Negative() | Not() | IsKnown():
            return (expr.operand,)
        case Arithmetic():
            return (expr.left, expr.right)
        case Comparison() | Logic():
            return expr.operands
        case Membership(operand, options):
            return (operand, *(options if isinstance(options, tuple) else (options,)))
        case Conditional():
            return (expr.value, expr.condition, expr.otherwise)
        case _:
            return ()


def with_names(expr: Expr, renamed: Callable[[Name], Name]) -> Expr:
    """Return a formula with other names in it.

    >>> with_names(Negative(Name("aov")), lambda name: Name(name.name, "shop")).operand.prefix
    'shop'
    """
    match expr:
        case Name():
            return renamed(expr)
        case Call(arguments=parts):
            return replace(expr, arguments=tuple(with_names(part, renamed) for part in parts))
        case Negative() | Not() | IsKnown():
            return replace(expr, operand=with_names(expr.operand, renamed))
        case Arithmetic(left=left, right=right):
            return replace(expr, left=with_names(left, renamed), right=with_names(right, renamed))
        case Comparison(operands=parts) | Logic(operands=parts):
            return replace(expr, operands=tuple(with_names(part, renamed) for part in parts))
        case Membership(operand, options):
            others = options if isinstance(options, tuple) else with_names(options, renamed)
            return replace(expr, operand=with_names(operand, renamed), options=others)
        case Conditional():
            return replace(
                expr,
                value=with_names(expr.value, renamed),
                condition=with_names(expr.condition, renamed),
                otherwise=with_names(expr.otherwise, renamed),
            )
        case _:
            return expr
