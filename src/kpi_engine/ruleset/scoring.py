"""The score: a tree of items, its weights, what unknown points mean, and the steps after it."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from kpi_engine.language import ir
from kpi_engine.language.core import TooWideError, Value
from kpi_engine.language.exact import Environment, fraction_of
from kpi_engine.language.kinds import Kind, Level, Type
from kpi_engine.language.syntax import Place
from kpi_engine.language.typing import Scope, closest
from kpi_engine.ruleset.checked import Formula, Item, Rule, Score
from kpi_engine.ruleset.context import (
    HIGHEST_POINTS,
    Context,
    domain_of,
    is_broken,
    rule_at,
    scope_of,
)
from kpi_engine.ruleset.document import ItemDocument, ScoreDocument
from kpi_engine.ruleset.metrics import Known, mentioned, subject_scope
from kpi_engine.ruleset.params import constants_in_force, scales_in_force
from kpi_engine.ruleset.sheet import Path, formula_at, key_span, report, report_inside, span_of
from kpi_engine.ruleset.weights import derive_weights, first_break, read_order

PLACES = 2
_WHOLE = Fraction(100)

Empty = Literal["skip", "stop"]


@dataclass(frozen=True, slots=True)
class _Level:
    """Sibling items, the weight they share, and what they inherit."""

    path: Path
    items: Mapping[str, ItemDocument]
    total: Fraction
    rescale: str | None
    empty: Empty | Formula | None
    parent: str


def score_mentions(document: ScoreDocument | None) -> frozenset[str]:
    """Return the names that the score reads."""
    if document is None:
        return frozenset()
    texts = list(document.then.values())

    def visit(items: Mapping[str, ItemDocument]) -> None:
        for item in items.values():
            if isinstance(item.points, str):
                texts.append(item.points)
            elif item.points is not None:
                texts.extend(item.points.values())
            if item.empty is not None:
                texts.append(item.empty)
            visit(item.items or {})

    visit(document.items)
    return mentioned(texts) - {"score"}


def check_score(context: Context, known: Known) -> Score | None:
    """Return the score, its weights exact, after noting every mistake."""
    document = context.document.score
    if document is None:
        return None
    sheet = context.sheet
    scope = subject_scope(context, known)
    empty = _empty(context, ("score", "empty"), document.empty, scope)
    top = _Level(("score", "items"), document.items, _WHOLE, document.rescale, empty, "score")
    items = _check_items(context, top, scope, known, document)
    running = ir.Ref("running", "score", Type(Kind.NUMBER, Level.SUBJECT))
    after = scope_of(context, {**known.refs, "score": running}, lower=known.lower)
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


def _needs(context: Context, document: ScoreDocument) -> Fraction | None:
    if document.needs is None:
        return None
    path = ("score", "needs")
    share = _constant(context, path, document.needs)
    if share is None or not 0 < share <= 1:
        report(context.sheet, "K397", span_of(context.sheet, path), text=document.needs)
        return None
    return share


def _constant(context: Context, path: Path, text: str) -> Fraction | None:
    """Return the value of a constant formula; None while it waits for a required param."""
    formula = formula_at(context.sheet, path, text, scope_of(context, {}))
    if is_broken(formula):
        return None
    try:
        return fraction_of(formula.node, environment_of(context))
    except (TypeError, TooWideError):
        return None


def environment_of(context: Context) -> Environment:
    """Return the constants and scales in force, with no other names."""
    constants = constants_in_force(context.params)
    return Environment(_no_value, constants, scales_in_force(context.params))


def _no_value(ref: ir.Ref) -> Value:
    raise KeyError(ref.name)


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
    level: _Level,
    scope: Scope,
    known: Known,
    document: ScoreDocument | None,
) -> tuple[Item, ...]:
    weights, given = _weights(context, level, document)
    items: list[Item] = []
    for name, item in level.items.items():
        path = (*level.path, name)
        empty = _empty(context, (*path, "empty"), item.empty, scope) or level.empty
        title = f"{level.parent}/{name}" if level.parent != "score" else name
        points = None
        children: tuple[Item, ...] = ()
        if (item.points is None) == (not item.items):
            report(context.sheet, "K380", key_span(context.sheet, path))
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
            inner = _Level(
                (*path, "items"), item.items or {}, given[name], item.rescale, empty, title
            )
            children = _check_items(context, inner, scope, known, None)
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


def _check_points(context: Context, points: Rule) -> None:
    kind = points.node.type.kind
    if kind not in {Kind.NUMBER, Kind.ANY, Kind.NOTHING}:
        report(context.sheet, "K381", points.span, found=kind)
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


def _weights(
    context: Context, level: _Level, document: ScoreDocument | None
) -> tuple[dict[str, Fraction], dict[str, Fraction]]:
    """Return each item's share of its siblings' weight, and its weight in points of the whole."""
    names = list(level.items)
    equal = {name: Fraction(1, len(names)) for name in names}
    written: dict[str, Fraction | None] = {}
    waiting = False
    for name, item in level.items.items():
        path = (*level.path, name, "weight")
        if item.weight is None:
            continue
        weight = _constant(context, path, item.weight)
        if weight is None:
            waiting = True
            continue
        if weight <= 0:
            report(
                context.sheet, "K387", span_of(context.sheet, path), name=name, weight=show(weight)
            )
            waiting = True
        written[name] = weight
    shares = equal
    ranking = _ranking(context, level, document)
    if not waiting and not written:
        if ranking is not None and document is not None:
            shares = derive_weights(ranking, document.method, document.ties)
    elif not waiting:
        shares = _given_shares(context, level, {n: w for n, w in written.items() if w is not None})
        broken = first_break(ranking, shares) if ranking is not None else None
        if broken is not None:
            left, sign, right = broken
            span = span_of(context.sheet, (*level.path, right, "weight"))
            listed = ", ".join(
                f"{name} {show(shares[name] * level.total)}" for name in (left, right)
            )
            report(context.sheet, "K388", span, left=left, sign=sign, right=right, weights=listed)
    return shares, {name: share * level.total for name, share in shares.items()}


def _given_shares(
    context: Context, level: _Level, written: dict[str, Fraction]
) -> dict[str, Fraction]:
    sheet = context.sheet
    names = list(level.items)
    equal = {name: Fraction(1, len(names)) for name in names}
    missing = [name for name in names if name not in written]
    total = sum(written.values(), Fraction(0))
    span = key_span(sheet, level.path[:-1])
    block = level.parent
    if len(missing) > 1:
        report(sheet, "K385", span, block=block, count=len(missing))
        return equal
    if missing:
        inferred = level.total - total
        if inferred <= 0:
            report(sheet, "K387", span, name=missing[0], weight=show(inferred))
            return equal
        name = missing[0]
        report(
            sheet, "K386", key_span(sheet, (*level.path, name)), name=name, weight=show(inferred)
        )
        written = {**written, name: inferred}
        total = level.total
    if total not in {level.total, _WHOLE}:
        facts = {"block": block, "total": show(total), "expected": show(level.total)}
        if level.rescale is None:
            hint = "; `rescale:` with a reason brings them there" if len(names) > 1 else ""
            report(sheet, "K384", span, **facts, hint=hint)
            return equal
        report(sheet, "K393", span, **facts, reason=level.rescale)
    return {name: written[name] / total for name in names}


def show(number: Fraction) -> str:
    """Return a number for people: exact where it is short, else with two decimals and a mark.

    >>> show(Fraction(137, 3))
    'about 45.67'
    """
    if number.denominator == 1:
        return str(number.numerator)
    decimal = f"{float(number):.10g}"
    return decimal if Fraction(decimal) == number else f"about {float(number):.2f}"


def _ranking(
    context: Context, level: _Level, document: ScoreDocument | None
) -> tuple[tuple[str, ...], ...] | None:
    if document is None or document.order is None:
        return None
    sheet = context.sheet
    span = span_of(sheet, ("score", "order"))
    ranking = read_order(document.order)
    if ranking is None:
        report(sheet, "K389", span, text=document.order)
        return None
    named = [name for place in ranking for name in place]
    clean = True
    for name in dict.fromkeys(named):
        start = document.order.index(name)
        place = Place(start, start + len(name))
        if name not in level.items:
            near = closest(name, set(level.items))
            report_inside(sheet, ("score", "order"), "K390", place, name=name, near=near)
            clean = False
        if named.count(name) > 1:
            report_inside(sheet, ("score", "order"), "K392", place, name=name)
            clean = False
    for name in level.items:
        if name not in named:
            report(sheet, "K391", span, name=name)
            clean = False
    return ranking if clean else None
