"""Calls about the subjects of a group: kinds and unknowns by the rules of the functions table."""

from kpi_engine.language import ir
from kpi_engine.language.agreement import note
from kpi_engine.language.calls import aggregate_type
from kpi_engine.language.functions import Function, spans_group
from kpi_engine.language.kinds import QUANTITIES, Kind, Level, Type
from kpi_engine.language.mistakes import Mistake
from kpi_engine.language.naming import dated_param
from kpi_engine.language.printer import print_formula
from kpi_engine.language.scopes import Scope, full_name
from kpi_engine.language.syntax import Call, Expr, Name, Place, parts_of

_OF_ONE_PERIOD = frozenset({"beats", "split"})
_OF_EACH = frozenset({"beats", "split", "longest_run"})


def typed_across(
    expr: Call,
    function: Function,
    arguments: tuple[ir.Node, ...],
    scope: Scope,
    mistakes: list[Mistake],
) -> ir.Across | ir.Lit:
    """Return a call about a group over typed arguments, which are about each of its subjects."""
    group_name = print_formula(expr.arguments[-1])
    group = scope.groups[group_name]
    found = len(mistakes)
    for argument, written in zip(arguments, expr.arguments, strict=False):
        if any(ref.space == "running" for ref in ir.references(argument)):
            note(mistakes, "K262", written.place, name=function.name)
        if group.history:
            _check_history(argument, written.place, scope, mistakes)
            if argument.type.kind is not Kind.ANY and not _reads_month(argument):
                note(mistakes, "K270", written.place, name=function.name, group=group_name)
    if group.history and function.name in _OF_ONE_PERIOD:
        note(mistakes, "K263", expr.arguments[-1].place, name=function.name, group=group_name)
    if function.name == "longest_run" and not (group.history and group.own):
        note(mistakes, "K264", expr.arguments[-1].place, group=group_name)
    if any(argument.type.kind is Kind.ANY for argument in arguments):
        return ir.Lit(None, Type(Kind.ANY, Level.SUBJECT))
    type_ = _type_of(expr, function, arguments, scope, mistakes)
    if type_ is None or len(mistakes) > found:
        return ir.Lit(None, Type(Kind.ANY, Level.SUBJECT))
    named = expr.arguments[0]
    lower = function.name == "beats" and isinstance(named, Name) and full_name(named) in scope.lower
    return ir.Across("beats_lower" if lower else function.name, arguments, group_name, type_)


def _reads_month(argument: ir.Node) -> bool:
    """Return whether a formula reads anything of a month, right or wrong."""
    return any(ref.space != "param" for ref in ir.references(argument))


def _check_history(argument: ir.Node, place: Place, scope: Scope, mistakes: list[Mistake]) -> None:
    """Note what results of earlier months do not tell: all but metrics, the score and the pay."""
    dated = dated_param(argument, scope.scales)
    if dated is not None:
        note(mistakes, "K265", place, name=dated)
    for ref in sorted(ir.references(argument), key=lambda ref: ref.name):
        behind_dot = ref.space == "metric" and "." in ref.name and not ref.name.endswith(")")
        if ref.space in {"roster", "subject"} or behind_dot:
            note(mistakes, "K265", place, name=ref.name)


def _type_of(
    expr: Call,
    function: Function,
    arguments: tuple[ir.Node, ...],
    scope: Scope,
    mistakes: list[Mistake],
) -> Type | None:
    first, place = arguments[0], expr.arguments[0].place
    match function.rule:
        case "condition over months":
            if first.type.kind is not Kind.BOOL:
                note(mistakes, "K249", place, name=function.name, kind=first.type.kind)
                return None
            return Type(Kind.NUMBER, Level.SUBJECT, whole=True)
        case "standing":
            if first.type.kind not in QUANTITIES:
                note(mistakes, "K250", place, name=function.name, kind=first.type.kind)
                return None
            return Type(Kind.RATIO, Level.SUBJECT, nullable=True)
        case "part of a pool":
            return _pool_type(expr, arguments, scope, mistakes)
        case _:
            return aggregate_type(function, first, place, mistakes, filled=True)


def _pool_type(
    expr: Call, arguments: tuple[ir.Node, ...], scope: Scope, mistakes: list[Mistake]
) -> Type | None:
    """Return the type of a part of a pool: an amount that is one per group, by known weights."""
    amount, weight = arguments
    if amount.type.kind is not Kind.MONEY:
        note(mistakes, "K266", expr.arguments[0].place, kind=amount.type.kind)
        return None
    group = print_formula(expr.arguments[-1])
    own = differing_part(expr.arguments[0], scope, group)
    if own is not None:
        note(mistakes, "K267", own.place, name=print_formula(own), group=group)
        return None
    if weight.type.kind not in {Kind.NUMBER, Kind.RATIO} or weight.type.nullable:
        found = "may be unknown" if weight.type.nullable else f"is {weight.type.kind}"
        note(mistakes, "K268", expr.arguments[1].place, found=found)
        return None
    return Type(Kind.MONEY, Level.SUBJECT, nullable=True)


def differing_part(expr: Expr, scope: Scope, group: str) -> Expr | None:
    """Return a part of a formula that differs among the subjects of a group, if there is one."""
    signature = scope.groups[group]
    match expr:
        case Name(prefix=None):
            ref = scope.sight.names.get(expr.name)
            shared = expr.name in signature.shared or (ref is not None and ref.space == "param")
            return None if shared else expr
        case Name():
            return None if expr.prefix in signature.within else expr
        case Call() if spans_group(expr.function, len(expr.arguments)):
            other = print_formula(expr.arguments[-1])
            shared = expr.function not in _OF_EACH and other in signature.within
            return None if shared else expr
    found = (differing_part(part, scope, group) for part in parts_of(expr))
    return next((part for part in found if part is not None), None)
