"""Values and formulas in the words of people, for what is said of rules."""

from dataclasses import dataclass
from fractions import Fraction

from kpi_engine.language import ir
from kpi_engine.language.kinds import Kind
from kpi_engine.ruleset.weighing import show

_MICROSECONDS = (("days", 86_400 * 10**6), ("h", 3_600 * 10**6), ("min", 60 * 10**6))
_SECOND = 10**6
_SIGNS = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "div": "/",
    "eq": "==",
    "ne": "!=",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
    "and": "and",
    "or": "or",
}


@dataclass(frozen=True, slots=True)
class Currency:
    """The code of a currency and the decimals of its amounts."""

    code: str
    digits: int


def show_value(number: Fraction, kind: Kind, currency: Currency) -> str:
    """Return a number of a kind with its unit.

    >>> show_value(Fraction(9, 10), Kind.RATIO, Currency("CNY", 2))
    '90%'
    >>> show_value(Fraction(50000), Kind.MONEY, Currency("CNY", 2))
    '500 CNY'
    """
    match kind:
        case Kind.RATIO:
            return f"{show(number * 100)}%"
        case Kind.MONEY:
            return f"{show(number / 10**currency.digits)} {currency.code}"
        case Kind.DURATION:
            for unit, size in _MICROSECONDS:
                if number and number % size == 0:
                    return f"{show(number / size)} {unit}"
            return f"{show(number / _SECOND)} s"
        case _:
            return show(number)


def words_of(node: ir.Node, currency: Currency) -> str:
    """Return a typed formula as text: what is meant, with more brackets than were written."""
    match node:
        case ir.Lit(value=Fraction() as number):
            return show_value(number, node.type.kind, currency)
        case ir.Lit(value=None):
            return "unknown"
        case ir.Lit(value=bool() as truth):
            return "true" if truth else "false"
        case ir.Lit(value=str() as text):
            return f"'{text}'"
        case ir.Lit(value=value):
            return str(value)
        case ir.Ref(name=name) | ir.Previous(name=name):
            return name
        case ir.Apply(scale=scale, x=x):
            inner = words_of(x, currency)
            return f"{scale}({inner})" if isinstance(scale, str) else f"a scale of {inner}"
        case ir.Slices(scale=scale, x=x):
            return f"slices({scale}, {words_of(x, currency)})"
        case ir.Aggregate(function=function, args=args):
            return f"{function}({_listed(args, currency)})"
        case ir.Across(function=function, args=args, group=group):
            return f"{function}({_listed(args, currency)}, {group})"
        case ir.Op(op=op, args=args):
            return _operation(op, args, currency)


def _operation(op: str, args: tuple[ir.Node, ...], currency: Currency) -> str:
    parts = [_inner(arg, currency) for arg in args]
    if op in _SIGNS:
        return f" {_SIGNS[op]} ".join(parts)
    match op:
        case "neg":
            return f"-{parts[0]}"
        case "not":
            return f"not {parts[0]}"
        case "known":
            return f"{parts[0]} is known"
        case "if":
            return f"{parts[1]} if {parts[0]} else {parts[2]}"
        case "in":
            return f"{parts[0]} in [{', '.join(parts[1:])}]"
        case "in_hours":
            return f"{parts[0]} in hours"
        case _:
            return f"{op.removesuffix('_lower')}({_listed(args, currency)})"


def _inner(node: ir.Node, currency: Currency) -> str:
    text = words_of(node, currency)
    return f"({text})" if isinstance(node, ir.Op) and node.op in {*_SIGNS, "if"} else text


def _listed(nodes: tuple[ir.Node, ...], currency: Currency) -> str:
    return ", ".join(words_of(node, currency) for node in nodes)
