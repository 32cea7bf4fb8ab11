"""The score: a tree of items, its weights, what unknown points mean, and the steps after it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Literal

from kpi_engine.language import ir
from kpi_engine.language.kinds import Kind, Level, Type
from kpi_engine.language.scopes import Scope
from kpi_engine.language.syntax import Call, Name, Number
from kpi_engine.ruleset.checked import Formula, Item, Rule, Score
from kpi_engine.ruleset.context import (
    HIGHEST_POINTS,
    Context,
    domain_of,
    is_broken,
    rule_at,
)
from kpi_engine.ruleset.document import ItemDocument, ScoreDocument
from kpi_engine.ruleset.known import Known, subject_scope, with_running
from kpi_engine.ruleset.mentions import mentioned, rule_texts
from kpi_engine.ruleset.sheet import Path, formula_at, key_span, report, span_of
from kpi_engine.ruleset.weighing import (
    WHOLE,
    Siblings,
    constant_formula,
    constant_value,
    show,
    weigh,
)

PLACES = 2

Empty = Literal["skip", "stop"]


def score_mentions(document: ScoreDocument | None) -> frozenset[str]:
    """Return the names that the score reads."""
    if document is None:
        return frozenset()
    return mentioned([*document.then.values(), *_item_texts(document.items)]) - {"score"}


def _item_texts(items: Mapping[str, ItemDocument]) -> Iterator[str]:
    for item in items.values():
        if item.points is not None:
            yield from rule_texts(item.points)
        if item.empty is not None:
            yield item.empty
        yield from _item_texts(item.items or {})


def check_score(context: Context, known: Known) -> Score | None:
    """Return the score, its weights exact, after noting every mistake."""
    document = context.document.score
    if document is None:
        return None
    sheet = context.sheet
    scope = subject_scope(context, known)
    empty = _empty(context, ("score", "empty"), document.empty, scope)
    top = Siblings(("score", "items"), document.items, WHOLE, document.rescale, "score")
    items = _check_items(context, top, empty, known, document)
    running = ir.Ref("running", "score", Type(Kind.NUMBER, Level.SUBJECT))
    after = with_running(scope, "score", running)
    steps: list[tuple[str, Formula]] = []
    for name, text in document.then.items():
        path: Path = ("score", "then", name)
        formula = formula_at(sheet, path, text, after)
        kind = formula.node.type.kind
        if kind not in {Kind.NUMBER, Kind.RATIO, Kind.ANY}:
            report(sheet, "K396", formula.span, found=kind)
        steps.append((name, formula))
    needs = _needs(context, document)
    return Score(items, needs, tuple(steps), PLACES, span_of(sheet, ("score",)))


def reweighed(context: Context, score: Score) -> Score:
    """Return a checked score with the weights that the document of a context gives its items."""
    document = context.document.score
    if document is None:
        return score
    top = Siblings(("score", "items"), document.items, WHOLE, document.rescale, "score")
    items = _reweighed(context, top, score.items, document)
    return replace(score, items=items, needs=_needs(context, document))


def _reweighed(
    context: Context, level: Siblings, items: tuple[Item, ...], document: ScoreDocument | None
) -> tuple[Item, ...]:
    weights, given = weigh(context, level, document)
    made: list[Item] = []
    for (name, own), item in zip(level.items.items(), items, strict=True):
        children = item.children
        if own.items is not None:
            path = (*level.path, name, "items")
            inner = _inner(path, own, given.get(name), item.path)
            children = _reweighed(context, inner, children, None)
        made.append(replace(item, weight=weights[name], children=children))
    return tuple(made)


def _needs(context: Context, document: ScoreDocument) -> Fraction | None:
    if document.needs is None:
        return None
    path = ("score", "needs")
    formula = constant_formula(context, path, document.needs)
    if is_broken(formula):
        return None
    share = constant_value(context, formula, Kind.RATIO)
    if share is None or not 0 < share <= 1:
        text = document.needs
        near = f"{text}%" if text.isdecimal() and 1 < int(text) <= WHOLE else None
        report(context.sheet, "K397", formula.span, text=text, near=near)
        return None
    return share


def _empty(context: Context, path: Path, text: str | None, scope: Scope) -> Empty | Formula | None:
    if text is None:
        return None
    if text == "skip":
        return "skip"
    if text == "stop":
        return "stop"
    formula = formula_at(context.sheet, path, text, scope)
    _check_points(context, formula)
    return formula


def _check_items(
    context: Context,
    level: Siblings,
    inherited: Empty | Formula | None,
    known: Known,
    document: ScoreDocument | None,
) -> tuple[Item, ...]:
    scope = subject_scope(context, known)
    weights, given = weigh(context, level, document)
    items: list[Item] = []
    for name, item in level.items.items():
        path = (*level.path, name)
        empty = _empty(context, (*path, "empty"), item.empty, scope) or inherited
        title = f"{level.parent}/{name}" if level.parent != "score" else name
        points = None
        children: tuple[Item, ...] = ()
        if (item.points is None) == (item.items is None):
            both = item.points is not None
            found = "both `points` and `items`" if both else "neither `points` nor `items`"
            report(context.sheet, "K380", key_span(context.sheet, path), found=found)
        elif item.points is not None:
            points = rule_at(
                context,
                (*path, "points"),
                item.points,
                scope,
                lambda node: domain_of(node, known.domains),
            )
            _check_points(context, points)
            if points.node.type.nullable and not is_broken(points) and empty is None:
                report(context.sheet, "K383", points.span)
        else:
            inner = _inner((*path, "items"), item, given.get(name), title)
            children = _check_items(context, inner, empty, known, None)
        items.append(
            Item(
                title,
                weights[name],
                points,
                children,
                empty,
                item.printed,
                span_of(context.sheet, path),
            )
        )
    return tuple(items)


def _inner(path: Path, item: ItemDocument, weight: Fraction | None, title: str) -> Siblings:
    """Return the items of an item, whose weight may not be known."""
    total, settled = (WHOLE, False) if weight is None else (weight, True)
    return Siblings(path, item.items or {}, total, item.rescale, title, settled)


def _check_points(context: Context, points: Rule) -> None:
    kind = points.node.type.kind
    if kind not in {Kind.NUMBER, Kind.ANY, Kind.NOTHING}:
        instead = None
        if kind is Kind.RATIO and isinstance(points, Formula):
            simple = isinstance(points.tree, Name | Call | Number)
            instead = f"100 * {points.text}" if simple else f"100 * ({points.text})"
        report(context.sheet, "K381", points.span, found=kind, instead=instead)
        return
    for value in _constant_values(points.node):
        if not 0 <= value <= HIGHEST_POINTS:
            report(context.sheet, "K382", points.span, number=show(value))


def _constant_values(node: ir.Node) -> list[Fraction]:
    match node:
        case ir.Lit(value=Fraction() as value):
            return [value]
        case ir.Apply(scale=ir.Line(points=points)):
            return [y for _, y in points]
        case ir.Apply(scale=scale) if not isinstance(scale, str):
            return [v for part in ir.scale_values(scale) for v in _constant_values(part)]
        case _:
            return []
