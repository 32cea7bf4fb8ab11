"""The score: a tree of items, its weights, what unknown points mean, and the steps after it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from kpi_engine.language import ir
from kpi_engine.language.core import TooWideError
from kpi_engine.language.exact import fraction_of
from kpi_engine.language.kinds import Kind, Level, Type
from kpi_engine.language.mistakes import Mistake
from kpi_engine.language.scopes import Scope, Sight, closest
from kpi_engine.language.syntax import Call, Name, Number, Place
from kpi_engine.ruleset.checked import Formula, Item, Rule, Score
from kpi_engine.ruleset.context import (
    HIGHEST_POINTS,
    Context,
    domain_of,
    is_broken,
    names_in,
    rule_at,
    scope_of,
)
from kpi_engine.ruleset.document import ItemDocument, ScoreDocument
from kpi_engine.ruleset.known import Known, subject_scope, with_running
from kpi_engine.ruleset.mentions import mentioned, rule_texts
from kpi_engine.ruleset.sheet import (
    Path,
    Sheet,
    distance,
    formula_at,
    key_span,
    parsed,
    report,
    report_between,
    report_inside,
    span_of,
)
from kpi_engine.ruleset.weights import derive_weights, first_break, read_order
from kpi_engine.text.diagnostics import Related, relate
from kpi_engine.text.source import Span

PLACES = 2
_WHOLE = Fraction(100)
_ORDER_NAME = re.compile(r"[^>=\s](?:[^>=]*[^>=\s])?")

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
    settled: bool = True


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
    top = _Level(("score", "items"), document.items, _WHOLE, document.rescale, empty, "score")
    items = _check_items(context, top, scope, known, document)
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
    top = _Level(("score", "items"), document.items, _WHOLE, document.rescale, None, "score")
    items = _reweighed(context, top, score.items, document)
    return replace(score, items=items, needs=_needs(context, document))


def _reweighed(
    context: Context, level: _Level, items: tuple[Item, ...], document: ScoreDocument | None
) -> tuple[Item, ...]:
    weights, given = _weights(context, level, document)
    made: list[Item] = []
    for (name, own), item in zip(level.items.items(), items, strict=True):
        children = item.children
        if own.items is not None:
            path = (*level.path, name, "items")
            inner = _inner(path, name, own, given, None, item.path)
            children = _reweighed(context, inner, children, None)
        made.append(replace(item, weight=weights[name], children=children))
    return tuple(made)


def _needs(context: Context, document: ScoreDocument) -> Fraction | None:
    if document.needs is None:
        return None
    path = ("score", "needs")
    formula = _constant_formula(context, path, document.needs)
    if is_broken(formula):
        return None
    share = _constant_value(context, formula, Kind.RATIO)
    if share is None or not 0 < share <= 1:
        text = document.needs
        near = f"{text}%" if text.isdecimal() and 1 < int(text) <= _WHOLE else None
        report(context.sheet, "K397", formula.span, text=text, near=near)
        return None
    return share


def _constant_formula(context: Context, path: Path, text: str) -> Formula:
    """Return a formula that sees params alone; it is broken while it waits for a required one."""
    return formula_at(context.sheet, path, text, scope_of(context, Sight(context.param_refs)))


def _constant_value(context: Context, formula: Formula, kind: Kind) -> Fraction | None:
    """Return the value of a constant formula of a kind, or None where it has none."""
    if formula.node.type.kind is not kind:
        return None
    try:
        return fraction_of(formula.node, context.constants)
    except TooWideError:
        return None


def _weight(context: Context, path: Path, name: str, text: str) -> Fraction | None:
    """Return a weight; None after noting what is wrong, or while it waits for a required param."""
    sheet, span = context.sheet, span_of(context.sheet, path)
    tree = parsed(text)
    if not isinstance(tree, Mistake) and not names_in(tree).isdisjoint(context.document.metrics):
        report(sheet, "K398", span, name=name, found="a metric, which differs by subject")
        return None
    formula = _constant_formula(context, path, text)
    if is_broken(formula):
        return None
    weight = _constant_value(context, formula, Kind.NUMBER)
    if weight is None:
        kind = formula.node.type.kind
        found = "unknown" if kind is Kind.NUMBER else kind
        report(sheet, "K398", span, name=name, found=found)
    elif weight <= 0:
        report(sheet, "K387", span, name=f"of `{name}`", weight=show(weight))
        return None
    return weight


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
            inner = _inner((*path, "items"), name, item, given, empty, title)
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


def _inner(  # noqa: PLR0913, PLR0917 (what a level is made of)
    path: Path,
    name: str,
    item: ItemDocument,
    given: Mapping[str, Fraction],
    empty: Empty | Formula | None,
    title: str,
) -> _Level:
    """Return the items of an item, whose weight may not be known."""
    items, total = item.items or {}, given.get(name, _WHOLE)
    return _Level(path, items, total, item.rescale, empty, title, name in given)


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


def _weights(
    context: Context, level: _Level, document: ScoreDocument | None
) -> tuple[dict[str, Fraction], dict[str, Fraction]]:
    """Return each item's share of its siblings' weight, and its weight in points of the whole.

    Where a weight is wrong, or waits for a required param, the whole knows those that are written.
    """
    names = list(level.items)
    equal = dict.fromkeys(names, Fraction(1, len(names) or 1))
    written: dict[str, Fraction] = {}
    waiting = False
    for name, item in level.items.items():
        path = (*level.path, name, "weight")
        if item.weight is None:
            continue
        weight = _weight(context, path, name, item.weight)
        if weight is None:
            waiting = True
        else:
            written[name] = weight
    shares = equal
    ranking = _ranking(context, level, document)
    if not waiting and not written:
        if ranking is not None and document is not None:
            shares = derive_weights(ranking, document.method, document.ties)
    else:
        summed = None if waiting else _given_shares(context, level, written)
        broken = first_break(ranking, summed) if ranking is not None and summed else None
        if broken is not None and summed is not None:
            _report_break(context, level, broken, summed)
        if summed is None:
            return equal, written
        shares = summed
    if written and sum(written.values()) not in {level.total, _WHOLE}:
        return shares, written  # brought to another sum: sub-weights add up to what is printed
    return shares, {n: share * level.total for n, share in shares.items() if level.settled}


def _report_break(
    context: Context, level: _Level, broken: tuple[str, str, str], shares: Mapping[str, Fraction]
) -> None:
    """Note weights that contradict the order, at the nearest of the files that say them."""
    sheet, (left, sign, right) = context.sheet, broken
    ends = [
        relate("weight", span_of(sheet, (*level.path, name, "weight")), name=name)
        for name in (right, left)
    ]
    ends.append(relate("order", span_of(sheet, ("score", "order"))))
    span = min((end.span for end in ends), key=lambda span: distance(sheet, span))
    listed = ", ".join(f"{name} {show(shares[name] * level.total)}" for name in (left, right))
    report_between(
        sheet, "K388", span, tuple(ends), left=left, sign=sign, right=right, weights=listed
    )


def _block_ends(sheet: Sheet, level: _Level) -> tuple[Span, tuple[Related, ...]]:
    """Return where the weights of a block are said: in one file its key, else the nearest end."""
    paths = ((*level.path, name, "weight") for name in level.items)
    spans = [sheet.node_by_path[path].span for path in paths if path in sheet.node_by_path]
    spans += [null.value.span for keys, null in sheet.removed.items() if keys[:-1] == level.path]
    block = key_span(sheet, level.path[:-1])
    if len({span.source for span in spans}) <= 1:
        return block, ()
    nearest = min(spans, key=lambda span: distance(sheet, span))
    farther = next(span for span in spans if span.source != nearest.source)
    return nearest, (relate("weights", farther),)


def _given_shares(
    context: Context, level: _Level, written: dict[str, Fraction]
) -> dict[str, Fraction] | None:
    """Return each item's share, or None after noting why the weights cannot be summed."""
    sheet = context.sheet
    names = list(level.items)
    missing = [name for name in names if name not in written]
    total = sum(written.values(), Fraction(0))
    span, related = _block_ends(sheet, level)
    block = level.parent
    if len(missing) > 1:
        report_between(sheet, "K385", span, related, block=block, count=len(missing))
        return None
    if missing:
        name = missing[0]
        # sub-weights that reach the item's weight without the missing one are per cent of the item
        whole = level.total if total < level.total else _WHOLE
        inferred, item_span = whole - total, key_span(sheet, (*level.path, name))
        if inferred <= 0:
            facts = {"name": f"left for `{name}`", "weight": show(inferred)}
            report(sheet, "K387", item_span, **facts)
            return None
        report(sheet, "K386", item_span, name=name, weight=show(inferred))
        written = {**written, name: inferred}
        total = whole
    if level.settled and total not in {level.total, _WHOLE}:
        expected = show(level.total)
        if level.total != _WHOLE:
            expected += " (points of the whole) or 100 (per cent of the item)"
        facts = {"block": block, "total": show(total), "expected": expected}
        if level.rescale is None:
            hint = "; `rescale:` with a reason brings them there" if len(names) > 1 else ""
            report_between(sheet, "K384", span, related, **facts, hint=hint)
            return None
        facts["expected"] = show(level.total)
        report_between(sheet, "K393", span, related, **facts, reason=level.rescale)
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
    path: Path = ("score", "order")
    span = span_of(sheet, path)
    ranking = read_order(document.order)
    if ranking is None or "," in document.order:
        report(sheet, "K389", span, text=document.order.strip())
        return None
    named: set[str] = set()
    strange, clean = False, True
    for word in _ORDER_NAME.finditer(document.order):
        name, place = word[0], Place(*word.span())
        if name not in level.items:
            near = closest(name, set(level.items) - named)
            removal = sheet.removed.get(("score", "items", name))
            if removal is not None and distance(sheet, removal.value.span) < distance(sheet, span):
                ends = (relate("order", span),)
                report_between(sheet, "K390", removal.value.span, ends, name=name, near=None)
            else:
                report_inside(sheet, path, "K390", place, name=name, near=near)
            strange = True
        elif name in named:
            report_inside(sheet, path, "K392", place, name=name)
            clean = False
        named.add(name)
    for name in level.items:
        if name not in named and not strange:
            item = key_span(sheet, (*level.path, name))
            nearest = item if distance(sheet, item) < distance(sheet, span) else span
            related = (relate("likely", item, name=name), relate("order", span))
            report_between(sheet, "K391", nearest, related, name=name)
            clean = False
    return ranking if clean and not strange else None
