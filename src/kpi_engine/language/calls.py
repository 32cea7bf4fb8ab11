"""Calls with typed arguments: kinds and unknowns by the rules of the functions table."""

from fractions import Fraction

from kpi_engine.language import ir
from kpi_engine.language.agreement import (
    decides,
    highest_level,
    join_types,
    may_be_unknown,
    note,
    ratio_bound_likely,
    with_unit,
)
from kpi_engine.language.functions import Function
from kpi_engine.language.kinds import ANY, ORDERED, QUANTITIES, UNTYPED, Kind, Level, Type
from kpi_engine.language.mistakes import Mistake
from kpi_engine.language.printer import print_formula
from kpi_engine.language.scopes import Scope, full_name
from kpi_engine.language.syntax import Call, Name, Place


def typed_aggregate(
    expr: Call,
    function: Function,
    arguments: tuple[ir.Node, ...],
    mistakes: list[Mistake],
    *,
    filled: bool,
) -> ir.Node:
    """Return an aggregate over typed arguments, its kind and unknown by the functions table.

    ``filled`` says that there is always a row, as in the groups of a table.
    """
    if not arguments:
        return ir.Aggregate(function.name, (), Type(Kind.NUMBER, Level.SUBJECT, whole=True))
    argument, place = arguments[0], expr.arguments[0].place
    if argument.type.level is not Level.ROW and argument.type.kind is not Kind.ANY:
        return note(mistakes, "K248", place, name=function.name)
    type_ = aggregate_type(function, argument, place, mistakes, filled=filled)
    if type_ is None:
        return ir.Lit(None, ANY._replace(level=Level.SUBJECT))
    return ir.Aggregate(function.name, arguments, type_)


def aggregate_type(
    function: Function, argument: ir.Node, place: Place, mistakes: list[Mistake], *, filled: bool
) -> Type | None:
    """Return the type of an aggregate, or None where its argument is no such thing."""
    kind = argument.type.kind
    if kind is Kind.ANY:
        return None
    empty = function.unknown == "when empty" and (argument.type.nullable or not filled)
    match function.rule:
        case "condition to number" | "condition to ratio":
            if kind is not Kind.BOOL:
                note(mistakes, "K249", place, name=function.name, kind=kind)
                return None
            if function.rule == "condition to ratio":
                decides(argument, place, mistakes)
                return Type(Kind.RATIO, Level.SUBJECT, nullable=empty)
            return Type(Kind.NUMBER, Level.SUBJECT, whole=True)
        case "anything to number":
            return Type(Kind.NUMBER, Level.SUBJECT, whole=True)
        case "quantity to same":
            fits = kind in QUANTITIES
        case _:
            fits = kind in ORDERED or kind is Kind.TEXT
    if not fits:
        note(mistakes, "K250", place, name=function.name, kind=kind)
        return None
    whole = argument.type.whole and function.name not in {"mean", "median"}
    return Type(kind, Level.SUBJECT, empty, argument.type.labels, whole)


def typed_plain_call(
    expr: Call,
    function: Function,
    arguments: tuple[ir.Node, ...],
    scope: Scope,
    mistakes: list[Mistake],
) -> ir.Node:
    """Return a function of values over typed arguments, by its rule in the functions table."""
    level = highest_level(arguments)
    first = arguments[0].type
    if function.rule == "month of moment":
        if first.kind not in {Kind.DATE, Kind.DATETIME, Kind.ANY}:
            return note(
                mistakes, "K251", expr.arguments[0].place, name=function.name, kind=first.kind
            )
        return ir.Op("month", arguments, Type(Kind.MONTH, level, first.nullable))
    second = arguments[1].type
    joined = join_types(first, second)
    if joined is None:
        return note(
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
                return note(mistakes, "K235", expr.place)
            return ir.Op(
                "default", arguments, joined._replace(level=level, nullable=second.nullable)
            )
        case "two alike":
            if joined.kind not in ORDERED | UNTYPED:
                return note(mistakes, "K250", expr.place, name=function.name, kind=joined.kind)
            return ir.Op(function.name, arguments, joined._replace(level=level))
        case "multiple of step":
            step = arguments[1]
            written = expr.arguments[1]
            size = step.value if isinstance(step, ir.Lit) else None
            if not isinstance(size, Fraction) or size <= 0:
                found = f"`{print_formula(written)}`"
                return note(mistakes, "K253", written.place, name=function.name, found=found)
            if joined.kind not in QUANTITIES | UNTYPED:
                return note(mistakes, "K250", expr.place, name=function.name, kind=joined.kind)
            whole = size.denominator == 1
            return ir.Op(function.name, arguments, joined._replace(level=level, whole=whole))
        case _:
            if joined.kind not in QUANTITIES | UNTYPED:
                return note(mistakes, "K250", expr.place, name=function.name, kind=joined.kind)
            measured, target = arguments
            if not ratio_bound_likely(measured, target, expr.arguments[1].place, mistakes):
                return ir.Lit(None, ANY)
            named = expr.arguments[0]
            lower = isinstance(named, Name) and full_name(named) in scope.lower
            op = "attain_lower" if lower else "attain"
            nonzero = isinstance(arguments[1], ir.Lit) and arguments[1].value != 0
            nullable = may_be_unknown(arguments) or not (lower or nonzero)
            return ir.Op(op, arguments, Type(Kind.NUMBER, level, nullable))
