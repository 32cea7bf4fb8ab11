"""From the parse tree of a formula to Python's own syntax nodes, the language of simpleeval.

What a formula cannot spell gets a name with a space in it: gathered values, the hours test, the
slices of a scale. A call about a group becomes the name of the metric that answers it: itself.
"""

import ast
from dataclasses import dataclass, replace
from typing import assert_never

from kpi_engine.language.functions import spans_group
from kpi_engine.language.printer import print_formula
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
from kpi_engine.reference.functions import AGGREGATES, ATTAIN_LOWER
from kpi_engine.reference.values import Value, read_quantity

IN_HOURS = "in hours"
SLICES = "slices of "

_ARITHMETIC = {"+": ast.Add, "-": ast.Sub, "*": ast.Mult, "/": ast.Div}
_RELATIONS = {
    "==": ast.Eq,
    "!=": ast.NotEq,
    "<": ast.Lt,
    "<=": ast.LtE,
    ">": ast.Gt,
    ">=": ast.GtE,
}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The names that change what a call means: params that are scales, metrics better lower."""

    scales: frozenset[str]
    lower: frozenset[str]


@dataclass(frozen=True, slots=True)
class Translation:
    """A formula as a Python expression, its aggregates replaced by fresh names.

    ``choices`` are the conditionals of the formula behind those of the expression.
    """

    expression: ast.expr
    gathered: dict[str, Call]
    choices: dict[ast.IfExp, Conditional]


def translate_formula(expr: Expr, words: Vocabulary) -> Translation:
    """Return a formula as a Python expression, and the aggregates it reads under fresh names.

    >>> words = Vocabulary(frozenset(), frozenset())
    >>> ast.unparse(translate_formula(IsKnown(Name("x"), known=True), words).expression)
    'x is not None'
    """
    made = Translation(ast.Constant(None), {}, {})
    return replace(made, expression=_translate(expr, words, made))


def _translate(expr: Expr, words: Vocabulary, made: Translation) -> ast.expr:
    def inner(part: Expr) -> ast.expr:
        return _translate(part, words, made)

    match expr:
        case Number():
            return _constant(read_quantity(expr))
        case Day() | Text() | Truth():
            return _constant(expr.value)
        case Hours():
            return _constant((expr.start, expr.end))
        case Unknown():
            return _constant(None)
        case Name():
            return _name(expr.name if expr.prefix is None else f"{expr.prefix}.{expr.name}")
        case Call():
            return _call(expr, words, made)
        case Negative():
            return ast.UnaryOp(ast.USub(), inner(expr.operand))
        case Arithmetic():
            operator = _ARITHMETIC[expr.operator]()
            return ast.BinOp(inner(expr.left), operator, inner(expr.right))
        case Comparison():
            first, *others = map(inner, expr.operands)
            return ast.Compare(first, [_RELATIONS[name]() for name in expr.relations], others)
        case Membership():
            return _membership(expr, words, made)
        case IsKnown():
            relation = ast.IsNot() if expr.known else ast.Is()
            return ast.Compare(inner(expr.operand), [relation], [_constant(None)])
        case Not():
            return ast.UnaryOp(ast.Not(), inner(expr.operand))
        case Logic():
            word = ast.And() if expr.operator == "and" else ast.Or()
            return ast.BoolOp(word, [inner(operand) for operand in expr.operands])
        case Conditional():
            choice = ast.IfExp(inner(expr.condition), inner(expr.value), inner(expr.otherwise))
            made.choices[choice] = expr
            return choice
        case _:
            assert_never(expr)


def _call(call: Call, words: Vocabulary, made: Translation) -> ast.expr:
    function, arguments = call.function, call.arguments
    if function not in words.scales:
        if spans_group(function, len(arguments)):
            return _name(print_formula(call))
        if function in AGGREGATES:
            fresh = f"{function} {len(made.gathered)}"
            made.gathered[fresh] = call
            return _name(fresh)
        first = arguments[0]
        if function == "slices" and isinstance(first, Name):
            function, arguments = SLICES + first.name, arguments[1:]
        elif function == "attain" and is_named_lower(first, words):
            function = ATTAIN_LOWER
    translated = [_translate(argument, words, made) for argument in arguments]
    return ast.Call(_name(function), translated, [])


def is_named_lower(expr: Expr, words: Vocabulary) -> bool:
    """Return whether a formula is the name of a metric that is better lower."""
    return isinstance(expr, Name) and print_formula(expr) in words.lower


def _membership(expr: Membership, words: Vocabulary, made: Translation) -> ast.expr:
    operand = _translate(expr.operand, words, made)
    if isinstance(expr.options, tuple):
        texts = tuple(option.value for option in expr.options)
        return ast.Compare(operand, [ast.In()], [_constant(texts)])
    hours = _translate(expr.options, words, made)
    return ast.Call(_name(IN_HOURS), [operand, hours], [])


def _name(name: str) -> ast.Name:
    return ast.Name(name, ast.Load())


def _constant(value: Value | tuple[str, ...]) -> ast.Constant:
    # Python's own parser makes fewer kinds of constants than a node can hold.
    return ast.Constant(value)  # type: ignore[arg-type]
