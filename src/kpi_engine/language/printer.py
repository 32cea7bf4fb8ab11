"""A parse tree written as a formula again, with as few brackets as its meaning allows."""

from fractions import Fraction
from typing import assert_never

from kpi_engine.language.literals import MAX_DECIMALS
from kpi_engine.language.syntax import (
    Arithmetic,
    Call,
    Comparison,
    Conditional,
    Day,
    Expr,
    Hours,
    IsKnown,
    Logic,
    Membership,
    Name,
    Negative,
    Not,
    Number,
    Text,
    Truth,
    Unknown,
)

_CHOICE, _OR, _AND, _NOT, _COMPARE, _SUM, _PRODUCT, _UNARY, _ATOM = range(9)
_STRENGTH_BY_OPERATOR = {
    "or": _OR,
    "and": _AND,
    "+": _SUM,
    "-": _SUM,
    "*": _PRODUCT,
    "/": _PRODUCT,
}


def print_formula(expr: Expr) -> str:
    """Return the formula of a parse tree; parsing it gives an equal tree.

    Numbers are written exactly.

    Raises:
        ValueError: for what no formula can hold: a number below 0 or with more than 18 decimals, a
            text with a line break.

    >>> print_formula(Arithmetic("*", Number(Fraction(1, 2)), Negative(Name("aov", "shop"))))
    '0.5 * -shop.aov'
    """
    match expr:
        case Number(value, unit):
            return _number(value, unit)
        case Day(value):
            return value.isoformat()
        case Hours(start, end):
            return f"{_clock(start)}-{_clock(end)}"
        case Text(value):
            return _quoted(value)
        case Truth(value):
            return "true" if value else "false"
        case Unknown():
            return "unknown"
        case Name(name, prefix):
            return name if prefix is None else f"{prefix}.{name}"
        case Call(function, arguments):
            return f"{function}({', '.join(map(print_formula, arguments))})"
        case _:
            return _operation(expr)


def _operation(
    expr: Negative | Arithmetic | Comparison | Membership | IsKnown | Not | Logic | Conditional,
) -> str:
    match expr:
        case Negative(operand):
            return f"-{_inside(operand, _ATOM)}"
        case Arithmetic(operator, left, right):
            strength = _STRENGTH_BY_OPERATOR[operator]
            return f"{_inside(left, strength)} {operator} {_inside(right, strength + 1)}"
        case Comparison(operands, relations):
            first, *others = (_inside(operand, _SUM) for operand in operands)
            pairs = zip(relations, others, strict=True)
            return " ".join((first, *(f"{relation} {other}" for relation, other in pairs)))
        case Membership(operand, options):
            return f"{_inside(operand, _SUM)} in {_options(options)}"
        case IsKnown(operand, known):
            return f"{_inside(operand, _SUM)} is {'known' if known else 'unknown'}"
        case Not(operand):
            return f"not {_inside(operand, _COMPARE)}"
        case Logic(operator, operands):
            strength = _STRENGTH_BY_OPERATOR[operator]
            return f" {operator} ".join(_inside(operand, strength + 1) for operand in operands)
        case Conditional(value, condition, otherwise):
            choice = f"{_inside(value, _OR)} if {_inside(condition, _OR)}"
            return f"{choice} else {print_formula(otherwise)}"
        case _:
            assert_never(expr)


def _inside(expr: Expr, least: int) -> str:
    """Return the formula of an operand, in brackets if it binds less than its place asks for."""
    text = print_formula(expr)
    return text if _strength(expr) >= least else f"({text})"


def _strength(expr: Expr) -> int:
    match expr:
        case Conditional():
            return _CHOICE
        case Logic(operator) | Arithmetic(operator):
            return _STRENGTH_BY_OPERATOR[operator]
        case Not():
            return _NOT
        case Comparison() | Membership() | IsKnown():
            return _COMPARE
        case Negative():
            return _UNARY
        case Number() | Day() | Hours() | Text() | Truth() | Unknown() | Name() | Call():
            return _ATOM
        case _:
            assert_never(expr)


def _options(options: tuple[Text, ...] | Expr) -> str:
    if isinstance(options, tuple):
        return f"[{', '.join(_quoted(text.value) for text in options)}]"
    return print_formula(options)


def _number(value: Fraction, unit: str | None) -> str:
    digits, rest = divmod(value.numerator * 10**MAX_DECIMALS, value.denominator)
    if rest or value < 0:
        raise ValueError(f"no formula can hold the number {value}")
    padded = f"{digits:0{MAX_DECIMALS + 1}d}"
    decimals = padded[-MAX_DECIMALS:].rstrip("0")
    number = f"{padded[:-MAX_DECIMALS]}.{decimals}" if decimals else padded[:-MAX_DECIMALS]
    match unit:
        case None:
            return number
        case "%":
            return f"{number}%"
        case "days" if value == 1:
            return f"{number} day"
        case _:
            return f"{number} {unit}"


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _quoted(value: str) -> str:
    if "\n" in value or "\r" in value:
        raise ValueError(f"no formula can hold the text {value!r}")
    return f"""'{value.replace("'", "''")}'"""
