"""From the parse tree to the typed form: names resolved, kinds, units, levels and unknowns checked.

Every mistake of a formula is collected; a part that could not be typed has the kind *any*, so that
one mistake is told once. Unknown never decides: a condition that can be unknown is refused where a
choice hangs on it.
"""

from dataclasses import replace
from fractions import Fraction

from kpi_engine.language import ir
from kpi_engine.language.across import typed_across
from kpi_engine.language.agreement import (
    comparable,
    decides,
    highest_level,
    join_types,
    label_exists,
    levels_meet,
    may_be_unknown,
    note,
    with_unit,
)
from kpi_engine.language.calls import typed_aggregate, typed_plain_call
from kpi_engine.language.currencies import MINOR_DIGITS
from kpi_engine.language.functions import FUNCTIONS, Function, spans_group
from kpi_engine.language.kinds import (
    ANY,
    CONDITION,
    COUNT,
    DURATION,
    MONEY,
    NUMBER,
    QUANTITIES,
    RATIO,
    UNTYPED,
    Kind,
    Type,
    join_kinds,
    product_kind,
    quotient_kind,
    sum_kind,
)
from kpi_engine.language.mistakes import Mistake
from kpi_engine.language.naming import dated_param, typed_name
from kpi_engine.language.printer import print_formula
from kpi_engine.language.scopes import Scope, closest, narrowed, narrowed_if_false, with_known
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

MICROSECONDS = {"s": 10**6, "min": 60 * 10**6, "h": 3600 * 10**6, "days": 86400 * 10**6}

_NOT_ACROSS_DAYS = frozenset({"distinct", "median"})
"""What is gathered here has no meaning once its rows were read by different rules."""

_RELATIONS = {"==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
_ARITHMETIC = {"+": "add", "-": "sub", "*": "mul", "/": "div"}


def type_formula(expr: Expr, scope: Scope) -> tuple[ir.Node, list[Mistake]]:
    """Return the typed form of a formula and the mistakes found in it."""
    mistakes: list[Mistake] = []
    return _type(expr, scope, mistakes), mistakes


def _type(expr: Expr, scope: Scope, mistakes: list[Mistake]) -> ir.Node:
    match expr:
        case Name():
            return typed_name(expr, scope, mistakes)
        case Number():
            return _number(expr, scope, mistakes)
        case Call():
            return _call(expr, scope, mistakes)
        case Arithmetic():
            return _arithmetic(expr, scope, mistakes)
        case Comparison():
            return _comparison(expr, scope, mistakes)
        case Text():
            return ir.Lit(expr.value, Type(Kind.TEXT, labels=(expr.value,)))
        case Truth():
            return ir.Lit(expr.value, CONDITION)
        case Unknown():
            return ir.Lit(None, Type(Kind.NOTHING, nullable=True))
        case Day():
            return ir.Lit(expr.value, Type(Kind.DATE))
        case Hours():
            return ir.Lit((expr.start, expr.end), Type(Kind.HOURS))
        case Negative():
            return _negative(expr, scope, mistakes)
        case Membership():
            return _membership(expr, scope, mistakes)
        case IsKnown():
            operand = _type(expr.operand, scope, mistakes)
            known = ir.Op("known", (operand,), Type(Kind.BOOL, operand.type.level))
            return known if expr.known else ir.Op("not", (known,), known.type)
        case Not():
            operand = _condition(expr.operand, scope, mistakes)
            return ir.Op("not", (operand,), operand.type)
        case Logic():
            return _logic(expr, scope, mistakes)
        case Conditional():
            return _conditional(expr, scope, mistakes)


def _number(expr: Number, scope: Scope, mistakes: list[Mistake]) -> ir.Node:
    unit = expr.unit
    if unit is None:
        return ir.Lit(expr.value, COUNT if expr.value.denominator == 1 else NUMBER)
    above, below = expr.value.as_integer_ratio()
    if unit == "%":
        return ir.Lit(Fraction(above, below * 100), RATIO)
    if unit in MICROSECONDS:
        return ir.Lit(Fraction(above * MICROSECONDS[unit], below), DURATION)
    if unit != scope.currency:
        return note(mistakes, "K222", expr.place, found=unit, currency=scope.currency)
    return ir.Lit(Fraction(above * 10 ** MINOR_DIGITS[unit], below), MONEY)


def _negative(expr: Negative, scope: Scope, mistakes: list[Mistake]) -> ir.Node:
    operand = _type(expr.operand, scope, mistakes)
    if operand.type.kind not in QUANTITIES | UNTYPED:
        return note(mistakes, "K226", expr.place, kind=operand.type.kind)
    if isinstance(operand, ir.Lit) and isinstance(operand.value, Fraction):
        return replace(operand, value=-operand.value)
    return ir.Op("neg", (operand,), operand.type._replace(labels=None))


def _arithmetic(expr: Arithmetic, scope: Scope, mistakes: list[Mistake]) -> ir.Node:
    left = _type(expr.left, scope, mistakes)
    right = _type(expr.right, scope, mistakes)
    match expr.operator:
        case "+" | "-":
            kind = sum_kind(expr.operator, left.type.kind, right.type.kind)
            code = "K227"
        case "*":
            kind = product_kind(left.type.kind, right.type.kind)
            code = "K228"
        case "/":
            kind = quotient_kind(left.type.kind, right.type.kind)
            code = "K229"
    if kind is None:
        return note(
            mistakes,
            code,
            expr.place,
            left=left.type.kind,
            right=right.type.kind,
            operator=expr.operator,
            instead=with_unit((expr.left, expr.right), (left, right), scope.currency),
        )
    if not levels_meet((expr.left, expr.right), (left, right), mistakes):
        return ir.Lit(None, ANY)
    divides = expr.operator == "/"
    if divides and isinstance(right, ir.Lit) and right.value == 0:
        return note(mistakes, "K230", expr.place)
    sides = (left, right)
    unknown = may_be_unknown(sides) or (divides and not isinstance(right, ir.Lit))
    whole = not divides and left.type.whole and right.type.whole
    type_ = Type(kind, highest_level(sides), unknown, None, whole)
    return ir.Op(_ARITHMETIC[expr.operator], sides, type_)


def _comparison(expr: Comparison, scope: Scope, mistakes: list[Mistake]) -> ir.Node:
    nodes = [_type(operand, scope, mistakes) for operand in expr.operands]
    if ANY.kind in [node.type.kind for node in nodes]:
        return ir.Lit(None, ANY._replace(level=highest_level(nodes)))
    if not levels_meet(expr.operands, nodes, mistakes):
        return ir.Lit(None, ANY)
    tests: list[ir.Node] = []
    for index, relation in enumerate(expr.relations):
        left, right = nodes[index], nodes[index + 1]
        if not comparable(expr, index, (left, right), scope, mistakes):
            return ir.Lit(None, ANY._replace(level=highest_level(nodes)))
        type_ = Type(Kind.BOOL, highest_level((left, right)), may_be_unknown((left, right)))
        tests.append(ir.Op(_RELATIONS[relation], (left, right), type_))
    if len(tests) == 1:
        return tests[0]
    return ir.Op("and", tuple(tests), Type(Kind.BOOL, highest_level(tests), may_be_unknown(tests)))


def _membership(expr: Membership, scope: Scope, mistakes: list[Mistake]) -> ir.Node:
    operand = _type(expr.operand, scope, mistakes)
    type_ = Type(Kind.BOOL, operand.type.level, operand.type.nullable)
    if isinstance(expr.options, tuple):
        if operand.type.kind not in {Kind.TEXT, Kind.ANY}:
            return note(mistakes, "K238", expr.operand.place, kind=operand.type.kind)
        options = [_type(option, scope, mistakes) for option in expr.options]
        for option, text in zip(options, expr.options, strict=True):
            if not label_exists(operand, option, text.place, mistakes):
                return ir.Lit(None, ANY._replace(level=operand.type.level))
        return ir.Op("in", (operand, *options), type_)
    hours = _type(expr.options, scope, mistakes)
    if hours.type.kind not in {Kind.HOURS, Kind.ANY}:
        return note(mistakes, "K239", expr.options.place, kind=hours.type.kind)
    if operand.type.kind not in {Kind.DATETIME, Kind.ANY}:
        return note(mistakes, "K240", expr.operand.place, kind=operand.type.kind)
    return ir.Op("in_hours", (operand, hours), type_)


def _condition(expr: Expr, scope: Scope, mistakes: list[Mistake]) -> ir.Node:
    node = _type(expr, scope, mistakes)
    if node.type.kind not in {Kind.BOOL, Kind.ANY}:
        return note(mistakes, "K241", expr.place, kind=node.type.kind)
    return node


def _logic(expr: Logic, scope: Scope, mistakes: list[Mistake]) -> ir.Node:
    nodes: list[ir.Node] = []
    inner = scope
    for operand in expr.operands:
        nodes.append(_condition(operand, inner, mistakes))
        found = narrowed(operand) if expr.operator == "and" else narrowed_if_false(operand)
        inner = with_known(inner, found)
    if not levels_meet(expr.operands, nodes, mistakes):
        return ir.Lit(None, ANY)
    return ir.Op(
        expr.operator, tuple(nodes), Type(Kind.BOOL, highest_level(nodes), may_be_unknown(nodes))
    )


def _conditional(expr: Conditional, scope: Scope, mistakes: list[Mistake]) -> ir.Node:
    condition = _condition(expr.condition, scope, mistakes)
    decides(condition, expr.condition.place, mistakes)
    value = _type(expr.value, with_known(scope, narrowed(expr.condition)), mistakes)
    otherwise = _type(
        expr.otherwise, with_known(scope, narrowed_if_false(expr.condition)), mistakes
    )
    type_ = join_types(value.type, otherwise.type)
    if type_ is None:
        return note(
            mistakes,
            "K242",
            expr.place,
            left=value.type.kind,
            right=otherwise.type.kind,
            instead=with_unit((expr.value, expr.otherwise), (value, otherwise), scope.currency),
        )
    nodes = (condition, value, otherwise)
    if not levels_meet((expr.condition, expr.value, expr.otherwise), nodes, mistakes):
        return ir.Lit(None, ANY)
    return ir.Op("if", nodes, type_._replace(level=highest_level(nodes)))


def _call(expr: Call, scope: Scope, mistakes: list[Mistake]) -> ir.Node:
    if expr.function in scope.scales:
        return _scale_call(expr, scope, mistakes)
    function = FUNCTIONS.get(expr.function)
    if function is None:
        near = closest(expr.function, FUNCTIONS, scope.scales)
        return note(mistakes, "K243", expr.function_place, name=expr.function, near=near)
    if spans_group(expr.function, len(expr.arguments)):
        node = _across(expr, function, scope, mistakes)
        return (
            node if isinstance(node, ir.Lit) else ir.Ref("metric", print_formula(expr), node.type)
        )
    least = len(function.parameters) - function.optional
    if not least <= len(expr.arguments) <= len(function.parameters):
        return note(
            mistakes,
            "K244",
            expr.place,
            name=function.name,
            signature=f"{function.name}({', '.join(function.parameters)})",
            count=_values(len(expr.arguments)),
        )
    if function.name == "slices":
        return _slices(expr, scope, mistakes)
    if function.aggregate:
        return _aggregate(expr, function, scope, mistakes)
    arguments = tuple(_type(argument, scope, mistakes) for argument in expr.arguments)
    if not levels_meet(expr.arguments, arguments, mistakes):
        return ir.Lit(None, ANY)
    return typed_plain_call(expr, function, arguments, scope, mistakes)


def type_across(expr: Call, scope: Scope) -> ir.Node:
    """Return the typed form of a call about a group, which was found right where it stands."""
    return _across(expr, FUNCTIONS[expr.function], scope, [])


def _across(
    expr: Call, function: Function, scope: Scope, mistakes: list[Mistake]
) -> ir.Across | ir.Lit:
    if scope.aggregates:
        return note(mistakes, "K261", expr.function_place, name=function.name)
    *own, last = expr.arguments
    name = last.name if isinstance(last, Name) and last.prefix is None else None
    group = scope.groups.get(name or "")
    if name is None or group is None:
        near = closest(name or "", set(scope.groups))
        text = print_formula(last)
        return note(mistakes, "K260", last.place, text=text, name=function.name, near=near)
    # What a condition around the call has found known, it has found of one subject alone.
    inner = scope._replace(known=frozenset())
    arguments = tuple(_type(argument, inner, mistakes) for argument in own)
    return typed_across(expr, function, arguments, scope, mistakes)


def _values(count: int) -> str:
    return {0: "no value", 1: "1 value"}.get(count, f"{count} values")


def _scale_call(expr: Call, scope: Scope, mistakes: list[Mistake]) -> ir.Node:
    signature = scope.scales[expr.function]
    if len(expr.arguments) != 1:
        return note(
            mistakes,
            "K244",
            expr.place,
            name=expr.function,
            signature=f"{expr.function}(x)",
            count=_values(len(expr.arguments)),
        )
    if signature.dated:
        return note(mistakes, "K258", expr.function_place, name=expr.function)
    x = _type(expr.arguments[0], scope, mistakes)
    if not _fits_scale(x.type.kind, signature.x):
        return note(
            mistakes,
            "K245",
            expr.arguments[0].place,
            name=expr.function,
            kind=x.type.kind,
            expected=signature.x,
        )
    type_ = signature.value._replace(
        level=x.type.level,
        nullable=x.type.nullable or signature.value.nullable,
    )
    return ir.Apply(expr.function, x, type_)


def _fits_scale(x: Kind, expected: Kind) -> bool:
    joined = join_kinds(x, expected)
    return joined is not None and x is not Kind.NOTHING


def _slices(expr: Call, scope: Scope, mistakes: list[Mistake]) -> ir.Node:
    named = expr.arguments[0]
    signature = scope.scales.get(named.name) if isinstance(named, Name) else None
    if signature is None or not signature.stair or not isinstance(named, Name):
        return note(mistakes, "K246", named.place)
    x = _type(expr.arguments[1], scope, mistakes)
    if x.type.kind not in QUANTITIES | {Kind.ANY} or not _fits_scale(x.type.kind, signature.x):
        return note(
            mistakes,
            "K245",
            expr.arguments[1].place,
            name=named.name,
            kind=x.type.kind,
            expected=signature.x,
        )
    kind = product_kind(x.type.kind, signature.value.kind)
    if kind is None or signature.value.nullable:
        return note(mistakes, "K246", named.place)
    return ir.Slices(named.name, x, Type(kind, x.type.level, x.type.nullable))


def _aggregate(expr: Call, function: Function, scope: Scope, mistakes: list[Mistake]) -> ir.Node:
    if not scope.aggregates:
        return note(mistakes, "K247", expr.function_place, name=function.name)
    rows = scope.sight if scope.rows is None else scope.rows
    inner = scope._replace(sight=rows, aggregates=False)
    arguments = tuple(_type(argument, inner, mistakes) for argument in expr.arguments)
    if function.name in _NOT_ACROSS_DAYS:
        for argument, node in zip(expr.arguments, arguments, strict=True):
            dated = dated_param(node, scope.scales)
            if dated is not None:
                note(mistakes, "K257", argument.place, name=dated, function=function.name)
    return typed_aggregate(expr, function, arguments, mistakes, filled=scope.filled)
