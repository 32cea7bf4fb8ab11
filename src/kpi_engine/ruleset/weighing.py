"""What items weigh: given as numbers, or by an order, and what is wrong with either."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from kpi_engine.language.core import TooWideError
from kpi_engine.language.exact import fraction_of
from kpi_engine.language.kinds import Kind
from kpi_engine.language.mistakes import Mistake
from kpi_engine.language.scopes import Sight, closest
from kpi_engine.language.syntax import Number, Place
from kpi_engine.ruleset.checked import Formula
from kpi_engine.ruleset.context import Context, is_broken, names_in, scope_of
from kpi_engine.ruleset.document import ItemDocument, ScoreDocument
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

WHOLE = Fraction(100)
_ORDER_NAME = re.compile(r"[^>=\s](?:[^>=]*[^>=\s])?")


@dataclass(frozen=True, slots=True)
class Siblings:
    """Sibling items and the weight they share, which is not settled where it is not known."""

    path: Path
    items: Mapping[str, ItemDocument]
    total: Fraction
    rescale: str | None
    parent: str
    settled: bool = True


def weigh(
    context: Context, level: Siblings, document: ScoreDocument | None
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
    if written and sum(written.values()) not in {level.total, WHOLE}:
        return shares, written  # brought to another sum: sub-weights add up to what is printed
    return shares, {n: share * level.total for n, share in shares.items() if level.settled}


def _given_shares(
    context: Context, level: Siblings, written: dict[str, Fraction]
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
        whole = level.total if total < level.total else WHOLE
        inferred, item_span = whole - total, key_span(sheet, (*level.path, name))
        if inferred <= 0:
            facts = {"name": f"left for `{name}`", "weight": show(inferred)}
            report(sheet, "K387", item_span, **facts)
            return None
        report(sheet, "K386", item_span, name=name, weight=show(inferred))
        written = {**written, name: inferred}
        total = whole
    if level.settled and total not in {level.total, WHOLE}:
        expected = show(level.total)
        if level.total != WHOLE:
            expected += " (points of the whole) or 100 (per cent of the item)"
        facts = {"block": block, "total": show(total), "expected": expected}
        if level.rescale is None:
            hint = "; `rescale:` with a reason brings them there" if len(names) > 1 else ""
            report_between(sheet, "K384", span, related, **facts, hint=hint)
            return None
        facts["expected"] = show(level.total)
        report_between(sheet, "K393", span, related, **facts, reason=level.rescale)
    return {name: written[name] / total for name in names}


def _report_break(
    context: Context, level: Siblings, broken: tuple[str, str, str], shares: Mapping[str, Fraction]
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


def _block_ends(sheet: Sheet, level: Siblings) -> tuple[Span, tuple[Related, ...]]:
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


def _ranking(
    context: Context, level: Siblings, document: ScoreDocument | None
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


def _weight(context: Context, path: Path, name: str, text: str) -> Fraction | None:
    """Return a weight; None after noting what is wrong, or while it waits for a required param."""
    sheet, span = context.sheet, span_of(context.sheet, path)
    tree = parsed(text)
    if isinstance(tree, Number) and tree.unit is None and tree.value > 0:
        return tree.value  # as nearly all are written
    if not isinstance(tree, Mistake) and not names_in(tree).isdisjoint(context.document.metrics):
        report(sheet, "K398", span, name=name, found="a metric, which differs by subject")
        return None
    formula = constant_formula(context, path, text)
    if is_broken(formula):
        return None
    weight = constant_value(context, formula, Kind.NUMBER)
    if weight is None:
        kind = formula.node.type.kind
        found = "unknown" if kind is Kind.NUMBER else kind
        report(sheet, "K398", span, name=name, found=found)
    elif weight <= 0:
        report(sheet, "K387", span, name=f"of `{name}`", weight=show(weight))
        return None
    return weight


def constant_formula(context: Context, path: Path, text: str) -> Formula:
    """Return a formula that sees params alone; it is broken while it waits for a required one."""
    return formula_at(context.sheet, path, text, scope_of(context, Sight(context.param_refs)))


def constant_value(context: Context, formula: Formula, kind: Kind) -> Fraction | None:
    """Return the value of a constant formula of a kind, or None where it has none."""
    if formula.node.type.kind is not kind:
        return None
    try:
        return fraction_of(formula.node, context.constants)
    except TooWideError:
        return None


def show(number: Fraction) -> str:
    """Return a number for people: exact where it is short, else with two decimals and a mark.

    >>> show(Fraction(137, 3))
    'about 45.67'
    """
    if number.denominator == 1:
        return str(number.numerator)
    decimal = f"{float(number):.10g}"
    return decimal if Fraction(decimal) == number else f"about {float(number):.2f}"
