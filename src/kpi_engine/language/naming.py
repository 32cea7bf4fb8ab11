"""What a name in a formula stands for: here, behind a dot, or on a day."""

from collections.abc import Mapping
from dataclasses import replace

from kpi_engine.language import ir
from kpi_engine.language.agreement import note
from kpi_engine.language.functions import FUNCTIONS
from kpi_engine.language.kinds import as_known
from kpi_engine.language.mistakes import Mistake
from kpi_engine.language.scopes import ScaleSignature, Scope, closest, full_name
from kpi_engine.language.syntax import Name, Place


def typed_name(expr: Name, scope: Scope, mistakes: list[Mistake]) -> ir.Node:
    """Return the value a name stands for."""
    if expr.prefix is not None:
        return _dotted(expr, expr.prefix, scope, mistakes)
    found = scope.sight.names.get(expr.name)
    if found is not None:
        return _as_narrowed(found, expr.name, scope)
    signature = scope.scales.get(expr.name)
    if signature is not None and signature.dated:
        return _of_day(expr, signature, scope, mistakes)
    if signature is not None:
        return note(mistakes, "K224", expr.place, name=expr.name)
    if expr.name in FUNCTIONS:
        return note(mistakes, "K225", expr.place, name=expr.name)
    near = closest(expr.name, scope.sight.names, scope.scales)
    return note(mistakes, "K220", expr.place, name=expr.name, near=near)


def _as_narrowed(found: ir.Ref, name: str, scope: Scope) -> ir.Ref:
    if name in scope.known and found.type.nullable:
        return ir.Ref(found.space, found.name, as_known(found.type))
    return found


def _dotted(expr: Name, prefix: str, scope: Scope, mistakes: list[Mistake]) -> ir.Node:
    seen = scope.sight.prefixes.get(prefix)
    if seen is None:
        near = closest(prefix, set(scope.sight.prefixes))
        return note(mistakes, "K223", expr.prefix_place, prefix=prefix, near=near)
    if seen.refused is not None:
        code, facts = seen.refused
        return note(mistakes, code, expr.prefix_place, **dict(facts))
    name = full_name(expr)
    if seen.any_name is not None:
        return _as_narrowed(replace(seen.any_name, name=name), name, scope)
    names = seen.names or {}
    if expr.name not in names and prefix in scope.groups and expr.name in scope.sight.names:
        return note(mistakes, "K269", expr.place, name=expr.name, group=prefix)
    if expr.name not in names:
        near = closest(expr.name, set(names))
        behind = Place(expr.prefix_place.end + 1, expr.place.end)
        return note(mistakes, "K351", behind, name=expr.name, table=prefix, near=near)
    return _as_narrowed(names[expr.name], name, scope)


def _of_day(
    expr: Name, signature: ScaleSignature, scope: Scope, mistakes: list[Mistake]
) -> ir.Node:
    """Return the value of a dated param on the day of the row, or the last of the period."""
    day = scope.sight.day
    if day is None:
        return note(mistakes, "K256", expr.place, name=expr.name)
    nullable = day.type.nullable or signature.value.nullable
    type_ = signature.value._replace(level=day.type.level, nullable=nullable)
    return ir.Apply(expr.name, day, as_known(type_) if expr.name in scope.known else type_)


def dated_param(node: ir.Node, scales: Mapping[str, ScaleSignature]) -> str | None:
    """Return a param read by the day somewhere in a formula, if there is one."""
    if isinstance(node, ir.Apply) and isinstance(node.scale, str) and scales[node.scale].dated:
        return node.scale
    found = (dated_param(child, scales) for child in ir.children(node))
    return next((name for name in found if name is not None), None)
