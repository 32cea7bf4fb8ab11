"""From the parse tree to the typed form: names resolved, kinds, units, levels and unknowns checked.

Every mistake of a formula is collected; a part that could not be typed has the kind *any*, so that
one mistake is told once. Unknown never decides: a condition that can be unknown is refused where a
choice hangs on it.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from fractions import Fraction

from kpi_engine.language import ir
from kpi_engine.language.currencies import MINOR_DIGITS
from kpi_engine.language.functions import FUNCTIONS, Function
from kpi_engine.language.kinds import (
    ANY,
    MOMENTS,
    QUANTITIES,
    Kind,
    Level,
    Type,
    as_known,
    join_kinds,
    product_kind,
    quotient_kind,
)
from kpi_engine.language.mistakes import Mistake
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
    Place,
    Text,
    Truth,
    Unknown,
)

MICROSECONDS = {"s": 10**6, "min": 60 * 10**6, "h": 3600 * 10**6, "days": 86400 * 10**6}

_RELATIONS = {"==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
_ARITHMETIC = {"+": "add", "-": "sub", "*": "mul", "/": "div"}
HIGHEST_LIKELY_RATIO = Fraction(3, 2)
"""A ratio compared with more than this was meant in per cent."""


@dataclass(frozen=True, slots=True)
class ScaleSignature:
    """What a param's scale takes and gives: ``x`` is the kind its cases compare with."""

    x: Kind
    value: Type
    stair: bool


@dataclass(frozen=True, slots=True)
class Scope:
    """What a formula may see.

    ``names`` are the columns, metrics, params and running values by name; ``scales`` the params
    that are scales; ``aggregates`` says whether rows are being gathered, ``rows`` what an argument
    of an aggregate sees then, where that differs; ``known`` the names that
    an earlier condition found known; ``lower`` the metrics that are better lower.
    """

    names: Mapping[str, ir.Ref]
    currency: str
    scales: Mapping[str, ScaleSignature] = field(default_factory=dict)
    aggregates: bool = False
    rows: Mapping[str, ir.Ref] | None = None
    known: frozenset[str] = frozenset()
    lower: AbstractSet[str] = frozenset()


def type_formula(expr: Expr, scope: Scope) -> tuple[ir.Node, list[Mistake]]:
    """Return the typed form of a formula and the mistakes found in it."""
    mistakes: list[Mistake] = []
    return _type(expr, scope, mistakes), mistakes


def closest(name: str, names: Mapping[str, object] | frozenset[str] | set[str]) -> str | None:
    """Return the likely meant name among those that exist, if any is near.

    >>> closest("stauts", {"status", "sent_at"})
    'status'
    """
    near = get_close_matches(name, names, n=1, cutoff=0.6)
    return near[0] if near else None


def narrowed(condition: Expr) -> frozenset[str]:
    """Return the names that are known wherever the condition is true."""
    match condition:
        case IsKnown(operand=Name(name=name, prefix=None), known=True):
            return frozenset({name})
        case Logic(operator="and"):
            return frozenset().union(*(narrowed(operand) for operand in condition.operands))
        case Not(operand=IsKnown(operand=Name(name=name, prefix=None), known=False)):
            return frozenset({name})
        case Comparison() if all(isinstance(o, Name | Number | Text) for o in condition.operands):
            return frozenset(
                o.name for o in condition.operands if isinstance(o, Name) and o.prefix is None
            )
        case _:
            return frozenset()


def _narrowed_if_false(condition: Expr) -> frozenset[str]:
    match condition:
        case IsKnown(operand=Name(name=name, prefix=None), known=False):
            return frozenset({name})
        case Logic(operator="or"):
            return frozenset().union(*(_narrowed_if_false(o) for o in condition.operands))
        case Not():
            return narrowed(condition.operand)
        case _:
            return frozenset()


def _with_known(scope: Scope, names: frozenset[str]) -> Scope:
    return replace(scope, known=scope.known | names) if names - scope.known else scope


def _mistake(mistakes: list[Mistake], code: str, place: Place, **facts: object) -> ir.Lit:
    mistakes.append(Mistake(code, place, tuple(facts.items())))
    return ir.Lit(None, ANY)


def _level(nodes: tuple[ir.Node, ...] | list[ir.Node]) -> Level:
    return max((node.type.level for node in nodes), default=Level.CONSTANT)


def _nullable(nodes: tuple[ir.Node, ...] | list[ir.Node]) -> bool:
    return any(node.type.nullable for node in nodes)


def _type(expr: Expr, scope: Scope, mistakes: list[Mistake]) -> ir.Node:
    match expr:
        case Name():
            return _name(expr, scope, mistakes)
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
            return ir.Lit(expr.value, Type(Kind.BOOL))
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
        return ir.Lit(expr.value, Type(Kind.NUMBER, whole=expr.value.denominator == 1))
    if unit == "%":
        return ir.Lit(expr.value / 100, Type(Kind.RATIO))
    if unit in MICROSECONDS:
        return ir.Lit(expr.value * MICROSECONDS[unit], Type(Kind.DURATION))
    if unit != scope.currency:
        return _mistake(mistakes, "K222", expr.place, found=unit, currency=scope.currency)
    return ir.Lit(expr.value * 10 ** MINOR_DIGITS[unit], Type(Kind.MONEY))


def _name(expr: Name, scope: Scope, mistakes: list[Mistake]) -> ir.Node:
    if expr.prefix is not None:
        return _mistake(mistakes, "K223", expr.prefix_place, prefix=expr.prefix)
    found = scope.names.get(expr.name)
    if found is not None:
        if expr.name in scope.known and found.type.nullable:
            return replace(found, type=as_known(found.type))
        return found
    if expr.name in scope.scales:
        return _mistake(mistakes, "K224", expr.place, name=expr.name)
    if expr.name in FUNCTIONS:
        return _mistake(mistakes, "K225", expr.place, name=expr.name)
    near = closest(expr.name, {*scope.names, *scope.scales})
    return _mistake(mistakes, "K220", expr.place, name=expr.name, near=near)


def _negative(expr: Negative, scope: Scope, mistakes: list[Mistake]) -> ir.Node:
    operand = _type(expr.operand, scope, mistakes)
    if operand.type.kind not in QUANTITIES | {Kind.ANY, Kind.NOTHING}:
        return _mistake(mistakes, "K226", expr.place, kind=operand.type.kind)
    if isinstance(operand, ir.Lit) and isinstance(operand.value, Fraction):
        return replace(operand, value=-operand.value)
    return ir.Op("neg", (operand,), replace(operand.type, labels=None))


def _arithmetic(expr: Arithmetic, scope: Scope, mistakes: list[Mistake]) -> ir.Node:
    left = _type(expr.left, scope, mistakes)
    right = _type(expr.right, scope, mistakes)
    match expr.operator:
        case "+" | "-":
            kind = _sum_kind(expr.operator, left.type.kind, right.type.kind)
            code = "K227"
        case "*":
            kind = product_kind(left.type.kind, right.type.kind)
            code = "K228"
        case "/":
            kind = quotient_kind(left.type.kind, right.type.kind)
            code = "K229"
    if kind is None:
        return _mistake(
            mistakes,
            code,
            expr.place,
            left=left.type.kind,
            right=right.type.kind,
            operator=expr.operator,
            instead=with_unit((expr.left, expr.right), (left, right), scope.currency),
        )
    if not _levels_meet((expr.left, expr.right), (left, right), mistakes):
        return ir.Lit(None, ANY)
    divides_by_zero = expr.operator == "/" and not (isinstance(right, ir.Lit) and right.value != 0)
    if expr.operator == "/" and isinstance(right, ir.Lit) and right.value == 0:
        return _mistake(mistakes, "K230", expr.place)
    type_ = Type(
        kind,
        _level((left, right)),
        _nullable((left, right)) or divides_by_zero,
        whole=expr.operator != "/" and left.type.whole and right.type.whole,
    )
    return ir.Op(_ARITHMETIC[expr.operator], (left, right), type_)


def _sum_kind(operator: str, left: Kind, right: Kind) -> Kind | None:
    if left is Kind.DATETIME and right is Kind.DURATION:
        return Kind.DATETIME
    if left is Kind.DURATION and right is Kind.DATETIME and operator == "+":
        return Kind.DATETIME
    if left == right and left in {Kind.DATETIME, Kind.DATE}:
        return Kind.DURATION if operator == "-" else None
    joined = join_kinds(left, right)
    return joined if joined in QUANTITIES | {Kind.ANY, Kind.NOTHING} else None


def _levels_meet(exprs: Sequence[Expr], nodes: Sequence[ir.Node], mistakes: list[Mistake]) -> bool:
    """Return whether no value of one row stands beside one that rows were gathered into."""
    levels = {node.type.level for node in nodes}
    if not {Level.ROW, Level.SUBJECT} <= levels:
        return True
    row = next(index for index, node in enumerate(nodes) if node.type.level is Level.ROW)
    name = print_formula(exprs[row])
    instead = gathered(name, nodes[row].type.kind)
    _mistake(mistakes, "K231", exprs[row].place, name=name, instead=instead)
    return False


def gathered(text: str, kind: Kind) -> str | None:
    """Return the likely aggregate of one row's value, or None where none is likely.

    >>> gathered("amount", Kind.MONEY)
    'sum(amount)'
    """
    if kind is Kind.BOOL:
        return f"count({text})"
    if kind in QUANTITIES:
        return f"sum({text})"
    return f"max({text})" if kind in MOMENTS else None


def with_unit(exprs: Sequence[Expr], nodes: Sequence[ir.Node], currency: str) -> str | None:
    """Return the bare number among some values with the unit that another one has, if it has one.

    >>> from kpi_engine.language.syntax import Number
    >>> five, price = Number(Fraction(5)), ir.Ref("metric", "price", Type(Kind.MONEY))
    >>> with_unit((five, Name("price")), (ir.Lit(Fraction(5), Type(Kind.NUMBER)), price), "CNY")
    '5 CNY'
    """
    unit_by_kind = {Kind.MONEY: currency, Kind.DURATION: "min"}
    units = [unit_by_kind[n.type.kind] for n in nodes if n.type.kind in unit_by_kind]
    bare = [
        print_formula(expr)
        for expr, node in zip(exprs, nodes, strict=True)
        if isinstance(node, ir.Lit) and node.type.kind is Kind.NUMBER
    ]
    return f"{bare[0]} {units[0]}" if bare and units else None


def _comparison(expr: Comparison, scope: Scope, mistakes: list[Mistake]) -> ir.Node:
    nodes = [_type(operand, scope, mistakes) for operand in expr.operands]
    if any(node.type.kind is Kind.ANY for node in nodes):
        return ir.Lit(None, replace(ANY, level=_level(nodes)))
    if not _levels_meet(expr.operands, nodes, mistakes):
        return ir.Lit(None, ANY)
    tests: list[ir.Node] = []
    for index, relation in enumerate(expr.relations):
        left, right = nodes[index], nodes[index + 1]
        if not _comparable(expr, index, (left, right), scope, mistakes):
            return ir.Lit(None, replace(ANY, level=_level(nodes)))
        type_ = Type(Kind.BOOL, _level((left, right)), _nullable((left, right)))
        tests.append(ir.Op(_RELATIONS[relation], (left, right), type_))
    if len(tests) == 1:
        return tests[0]
    return ir.Op("and", tuple(tests), Type(Kind.BOOL, _level(tests), _nullable(tests)))


def _comparable(
    expr: Comparison,
    index: int,
    nodes: tuple[ir.Node, ir.Node],
    scope: Scope,
    mistakes: list[Mistake],
) -> bool:
    """Return whether the two sides of one relation of a comparison fit, after noting why not."""
    left, right = nodes
    relation, sides = expr.relations[index], expr.operands[index : index + 2]
    kinds = (left.type.kind, right.type.kind)
    if Kind.NOTHING in kinds:
        _mistake(mistakes, "K232", expr.place, operator=relation)
        return False
    joined = join_kinds(*kinds)
    if joined is None:
        instead = with_unit(sides, nodes, scope.currency)
        facts = {"left": kinds[0], "right": kinds[1], "instead": instead}
        _mistake(mistakes, "K233", expr.place, **facts)
        return False
    if relation not in {"==", "!="} and joined not in QUANTITIES | MOMENTS | {Kind.ANY}:
        _mistake(mistakes, "K234", expr.place, kind=joined, operator=relation)
        return False
    if joined is Kind.HOURS:
        _mistake(mistakes, "K235", expr.place)
        return False
    for mine, other, place in (
        (left, right, sides[1].place),
        (right, left, sides[0].place),
    ):
        if not _ratio_bound_likely(mine, other, place, mistakes):
            return False
        if not _label_exists(mine, other, place, mistakes):
            return False
    return True


def _ratio_bound_likely(
    ratio: ir.Node, bound: ir.Node, place: Place, mistakes: list[Mistake]
) -> bool:
    if (
        ratio.type.kind is Kind.RATIO
        and bound.type.kind is Kind.NUMBER
        and isinstance(bound, ir.Lit)
        and isinstance(bound.value, Fraction)
        and abs(bound.value) > HIGHEST_LIKELY_RATIO
    ):
        _mistake(mistakes, "K236", place, number=f"{float(bound.value):g}")
        return False
    return True


def _label_exists(labelled: ir.Node, text: ir.Node, place: Place, mistakes: list[Mistake]) -> bool:
    labels = labelled.type.labels
    if labels is None or isinstance(labelled, ir.Lit):
        return True
    if not isinstance(text, ir.Lit) or not isinstance(text.value, str) or text.value in labels:
        return True
    _mistake(
        mistakes,
        "K237",
        place,
        label=text.value,
        labels=", ".join(labels),
        near=closest(text.value, set(labels)),
    )
    return False


def _membership(expr: Membership, scope: Scope, mistakes: list[Mistake]) -> ir.Node:
    operand = _type(expr.operand, scope, mistakes)
    type_ = Type(Kind.BOOL, operand.type.level, operand.type.nullable)
    if isinstance(expr.options, tuple):
        if operand.type.kind not in {Kind.TEXT, Kind.ANY}:
            return _mistake(mistakes, "K238", expr.operand.place, kind=operand.type.kind)
        options = [_type(option, scope, mistakes) for option in expr.options]
        for option, text in zip(options, expr.options, strict=True):
            if not _label_exists(operand, option, text.place, mistakes):
                return ir.Lit(None, replace(ANY, level=operand.type.level))
        return ir.Op("in", (operand, *options), type_)
    hours = _type(expr.options, scope, mistakes)
    if hours.type.kind not in {Kind.HOURS, Kind.ANY}:
        return _mistake(mistakes, "K239", expr.options.place, kind=hours.type.kind)
    if operand.type.kind not in {Kind.DATETIME, Kind.ANY}:
        return _mistake(mistakes, "K240", expr.operand.place, kind=operand.type.kind)
    return ir.Op("in_hours", (operand, hours), type_)


def _condition(expr: Expr, scope: Scope, mistakes: list[Mistake]) -> ir.Node:
    node = _type(expr, scope, mistakes)
    if node.type.kind not in {Kind.BOOL, Kind.ANY}:
        return _mistake(mistakes, "K241", expr.place, kind=node.type.kind)
    return node


def _logic(expr: Logic, scope: Scope, mistakes: list[Mistake]) -> ir.Node:
    nodes: list[ir.Node] = []
    inner = scope
    for operand in expr.operands:
        nodes.append(_condition(operand, inner, mistakes))
        found = narrowed(operand) if expr.operator == "and" else _narrowed_if_false(operand)
        inner = _with_known(inner, found)
    if not _levels_meet(expr.operands, nodes, mistakes):
        return ir.Lit(None, ANY)
    return ir.Op(expr.operator, tuple(nodes), Type(Kind.BOOL, _level(nodes), _nullable(nodes)))


def decides(node: ir.Node, place: Place, mistakes: list[Mistake]) -> bool:
    """Return whether a condition may decide; one that can be unknown is a mistake."""
    if node.type.nullable and node.type.kind is Kind.BOOL:
        _mistake(mistakes, "K221", place)
        return False
    return True


def _conditional(expr: Conditional, scope: Scope, mistakes: list[Mistake]) -> ir.Node:
    condition = _condition(expr.condition, scope, mistakes)
    decides(condition, expr.condition.place, mistakes)
    value = _type(expr.value, _with_known(scope, narrowed(expr.condition)), mistakes)
    otherwise = _type(
        expr.otherwise, _with_known(scope, _narrowed_if_false(expr.condition)), mistakes
    )
    type_ = join_types(value.type, otherwise.type)
    if type_ is None:
        return _mistake(
            mistakes,
            "K242",
            expr.place,
            left=value.type.kind,
            right=otherwise.type.kind,
            instead=with_unit((expr.value, expr.otherwise), (value, otherwise), scope.currency),
        )
    nodes = (condition, value, otherwise)
    if not _levels_meet((expr.condition, expr.value, expr.otherwise), nodes, mistakes):
        return ir.Lit(None, ANY)
    return ir.Op("if", nodes, replace(type_, level=_level(nodes)))


def join_types(left: Type, right: Type) -> Type | None:
    """Return the type of a value that is one or the other, or None where none holds both."""
    kind = join_kinds(left.kind, right.kind)
    if kind is None:
        return None
    labels = None
    if left.labels is not None and right.labels is not None:
        labels = tuple(dict.fromkeys((*left.labels, *right.labels)))
    elif Kind.NOTHING in (left.kind, right.kind):
        labels = left.labels or right.labels
    return Type(
        kind,
        max(left.level, right.level),
        left.nullable or right.nullable,
        labels,
        left.whole and right.whole,
    )


def _call(expr: Call, scope: Scope, mistakes: list[Mistake]) -> ir.Node:
    if expr.function in scope.scales:
        return _scale_call(expr, scope, mistakes)
    function = FUNCTIONS.get(expr.function)
    if function is None:
        near = closest(expr.function, {*FUNCTIONS, *scope.scales})
        return _mistake(mistakes, "K243", expr.function_place, name=expr.function, near=near)
    least = len(function.parameters) - function.optional
    if not least <= len(expr.arguments) <= len(function.parameters):
        return _mistake(
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
    if not _levels_meet(expr.arguments, arguments, mistakes):
        return ir.Lit(None, ANY)
    return _plain_call(expr, function, arguments, scope, mistakes)


def _values(count: int) -> str:
    return {0: "no value", 1: "1 value"}.get(count, f"{count} values")


def _scale_call(expr: Call, scope: Scope, mistakes: list[Mistake]) -> ir.Node:
    signature = scope.scales[expr.function]
    if len(expr.arguments) != 1:
        return _mistake(
            mistakes,
            "K244",
            expr.place,
            name=expr.function,
            signature=f"{expr.function}(x)",
            count=_values(len(expr.arguments)),
        )
    x = _type(expr.arguments[0], scope, mistakes)
    if not _fits_scale(x.type.kind, signature.x):
        return _mistake(
            mistakes,
            "K245",
            expr.arguments[0].place,
            name=expr.function,
            kind=x.type.kind,
            expected=signature.x,
        )
    type_ = replace(
        signature.value,
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
        return _mistake(mistakes, "K246", named.place)
    x = _type(expr.arguments[1], scope, mistakes)
    if x.type.kind not in QUANTITIES | {Kind.ANY} or not _fits_scale(x.type.kind, signature.x):
        return _mistake(
            mistakes,
            "K245",
            expr.arguments[1].place,
            name=named.name,
            kind=x.type.kind,
            expected=signature.x,
        )
    kind = product_kind(x.type.kind, signature.value.kind)
    if kind is None or signature.value.nullable:
        return _mistake(mistakes, "K246", named.place)
    return ir.Slices(named.name, x, Type(kind, x.type.level, x.type.nullable))


def _aggregate(expr: Call, function: Function, scope: Scope, mistakes: list[Mistake]) -> ir.Node:
    if not scope.aggregates:
        return _mistake(mistakes, "K247", expr.function_place, name=function.name)
    rows = scope.names if scope.rows is None else scope.rows
    inner = replace(scope, names=rows, aggregates=False)
    arguments = tuple(_type(argument, inner, mistakes) for argument in expr.arguments)
    subject = Level.SUBJECT
    if not arguments:
        return ir.Aggregate(function.name, (), Type(Kind.NUMBER, subject, whole=True))
    argument, place = arguments[0], expr.arguments[0].place
    kind = argument.type.kind
    if kind is Kind.ANY:
        return ir.Lit(None, replace(ANY, level=subject))
    if argument.type.level is not Level.ROW:
        return _mistake(mistakes, "K248", place, name=function.name)
    empty = function.unknown == "when empty"
    match function.rule:
        case "condition to number" | "condition to ratio":
            if kind is not Kind.BOOL:
                return _mistake(mistakes, "K249", place, name=function.name, kind=kind)
            if function.rule == "condition to ratio":
                decides(argument, place, mistakes)
                return ir.Aggregate(
                    function.name, arguments, Type(Kind.RATIO, subject, nullable=True)
                )
            return ir.Aggregate(function.name, arguments, Type(Kind.NUMBER, subject, whole=True))
        case "anything to number":
            return ir.Aggregate(function.name, arguments, Type(Kind.NUMBER, subject, whole=True))
        case "quantity to same":
            fits = kind in QUANTITIES
        case _:
            fits = kind in QUANTITIES | MOMENTS | {Kind.TEXT}
    if not fits:
        return _mistake(mistakes, "K250", place, name=function.name, kind=kind)
    whole = argument.type.whole and function.name not in {"mean", "median"}
    type_ = Type(kind, subject, empty, argument.type.labels, whole)
    return ir.Aggregate(function.name, arguments, type_)


def _plain_call(
    expr: Call,
    function: Function,
    arguments: tuple[ir.Node, ...],
    scope: Scope,
    mistakes: list[Mistake],
) -> ir.Node:
    level = _level(arguments)
    first = arguments[0].type
    if function.rule == "month of moment":
        if first.kind not in {Kind.DATE, Kind.DATETIME, Kind.ANY}:
            return _mistake(
                mistakes, "K251", expr.arguments[0].place, name=function.name, kind=first.kind
            )
        return ir.Op("month", arguments, Type(Kind.MONTH, level, first.nullable))
    second = arguments[1].type
    joined = join_types(first, second)
    if joined is None:
        return _mistake(
            mistakes,
            "K252",
            expr.place,
            name=function.name,
            left=first.kind,
            right=second.kind,
            instead=with_unit(expr.arguments, arguments, scope.currency),
        )
    match function.rule:
        case "value or spare":
            if joined.kind is Kind.HOURS:
                return _mistake(mistakes, "K235", expr.place)
            return ir.Op(
                "default", arguments, replace(joined, level=level, nullable=second.nullable)
            )
        case "two alike":
            if joined.kind not in QUANTITIES | MOMENTS | {Kind.ANY, Kind.NOTHING}:
                return _mistake(mistakes, "K250", expr.place, name=function.name, kind=joined.kind)
            return ir.Op(function.name, arguments, replace(joined, level=level))
        case "multiple of step":
            step = arguments[1]
            written = expr.arguments[1]
            size = step.value if isinstance(step, ir.Lit) else None
            if not isinstance(size, Fraction) or size <= 0:
                found = f"`{print_formula(written)}`"
                return _mistake(mistakes, "K253", written.place, name=function.name, found=found)
            if joined.kind not in QUANTITIES | {Kind.ANY, Kind.NOTHING}:
                return _mistake(mistakes, "K250", expr.place, name=function.name, kind=joined.kind)
            whole = size.denominator == 1
            return ir.Op(function.name, arguments, replace(joined, level=level, whole=whole))
        case _:
            if joined.kind not in QUANTITIES | {Kind.ANY, Kind.NOTHING}:
                return _mistake(mistakes, "K250", expr.place, name=function.name, kind=joined.kind)
            named = expr.arguments[0]
            lower = isinstance(named, Name) and named.name in scope.lower
            op = "attain_lower" if lower else "attain"
            nonzero = isinstance(arguments[1], ir.Lit) and arguments[1].value != 0
            nullable = _nullable(arguments) or not (lower or nonzero)
            return ir.Op(op, arguments, Type(Kind.NUMBER, level, nullable))
