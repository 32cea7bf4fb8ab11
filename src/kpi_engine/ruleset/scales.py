"""Scales: cases read and sorted, then searched for gaps, overlaps and cases nothing can reach."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from kpi_engine.language import ir
from kpi_engine.language.agreement import HIGHEST_LIKELY_RATIO, join_types, with_unit
from kpi_engine.language.kinds import ANY, QUANTITIES, Kind, Type, join_kinds
from kpi_engine.language.mistakes import Mistake
from kpi_engine.language.parser import parse_bound
from kpi_engine.language.scopes import ScaleSignature, Scope, closest
from kpi_engine.language.syntax import Expr, Number
from kpi_engine.language.typing import type_formula
from kpi_engine.ruleset.checked import Case, CaseKind, Formula
from kpi_engine.ruleset.sheet import (
    Path,
    Sheet,
    formula_at,
    key_span,
    report,
    report_in_key,
    span_of,
)
from kpi_engine.text.diagnostics import has_errors

Domain = tuple[Fraction | None, Fraction | None]
"""The least and the greatest value something can have, None where there is no limit."""

UNLIMITED: Domain = (None, None)
BROKEN_SIGNATURE = ScaleSignature(Kind.ANY, ANY, stair=True)

_EPOCH = date(1970, 1, 1)
_NOTHING = ir.Lit(None, Type(Kind.NOTHING, nullable=True))
_KIND_BY_WORD: dict[str, CaseKind] = {
    "from": "from",
    "up to": "up to",
    "to": "to",
    "at": "at",
    "is": "is",
}
_WORD_BY_FORM = {"to": "a to b"}


@dataclass(frozen=True, slots=True)
class ReadScale:
    """A scale as written, as compiled, and what it takes and gives."""

    cases: tuple[Case, ...]
    scale: ir.Scale
    signature: ScaleSignature


class Applied(NamedTuple):
    """What a scale is applied to: its type, its limits, and of a place in a group its ``ranks``.

    Those are the places up to which the cases `top …` go, by their keys.
    """

    type: Type
    domain: Domain
    ranks: Mapping[str, Fraction] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class _Band:
    """A case with exact bounds: ``low`` and ``high`` are equal but for ``a to b``."""

    key: str
    low: Fraction
    high: Fraction
    label: str | None
    value: Formula


@dataclass(frozen=True, slots=True)
class _Draft:
    """A scale whose cases could be read: one form, sorted bands, and what it is applied to."""

    path: Path
    form: CaseKind
    bands: list[_Band]
    otherwise: Formula | None
    x: Type
    domain: Domain
    currency: str


def read_scale(
    sheet: Sheet,
    path: Path,
    cases: Mapping[str, str],
    scope: Scope,
    of: Applied | None = None,
) -> ReadScale | None:
    """Return the scale at a path, or None after noting every mistake in it.

    ``of`` is what the scale is applied to, where that is known.
    """
    before = len(sheet.findings)
    x = of.type if of is not None else None
    ranks = of.ranks if of is not None else {}
    bands: list[_Band] = []
    written: list[Case] = []
    otherwise: Formula | None = None
    for key, text in cases.items():
        value = formula_at(sheet, (*path, key), text, scope)
        parsed = _parsed_bound(key)
        if isinstance(parsed, Mistake):
            report_in_key(sheet, (*path, key), parsed)
            continue
        word, literals = parsed
        if word == "else":
            otherwise = value
            written.append(Case("else", (), value))
        elif word == "top" and key in ranks:
            place = ir.Lit(ranks[key], Type(Kind.NUMBER, whole=True))
            written.append(Case("up to", (Number(ranks[key]),), value))
            bands.append(_band(key, [place], value))
        elif word not in _KIND_BY_WORD:
            report(sheet, "K336", key_span(sheet, (*path, key)))
        else:
            written.append(Case(_KIND_BY_WORD[word], literals, value))
            bounds = [_read_bound(sheet, (*path, key), literal, scope, x) for literal in literals]
            known = [bound for bound in bounds if bound is not None]
            if len(known) == len(bounds):
                x = x or known[0].type._replace(labels=None, whole=False)
                bands.append(_band(key, known, value))
    if has_errors(sheet.findings[before:]):
        return None
    if not bands:
        report(sheet, "K331", span_of(sheet, path))
        return None
    form = next(case.kind for case in written if case.kind != "else")
    others = {form} if form == "at" else {form, "else"}
    stranger = next(
        (key for key, case in zip(cases, written, strict=True) if case.kind not in others), None
    )
    if stranger is not None:
        forms = {case.kind for case in written} - (others - {form})
        listed = " and ".join(f"`{_WORD_BY_FORM.get(form, form)}`" for form in sorted(forms))
        report(sheet, "K332", key_span(sheet, (*path, stranger)), forms=listed)
        return None
    if form != "is":
        bands.sort(key=lambda band: (band.low, band.high))
    domain = of.domain if of is not None else UNLIMITED
    draft = _Draft(path, form, bands, otherwise, x or ANY, domain, scope.currency)
    return _compile_draft(sheet, draft, tuple(written))


@lru_cache(maxsize=8192)
def _parsed_bound(text: str) -> tuple[str, tuple[Expr, ...]] | Mistake:
    """Return what the key of a case says; the same text is parsed once."""
    return parse_bound(text)


def _read_bound(
    sheet: Sheet, path: Path, literal: Expr, scope: Scope, x: Type | None
) -> ir.Lit | None:
    node, mistakes = type_formula(literal, scope)
    for mistake in mistakes:
        report_in_key(sheet, path, mistake)
    if mistakes or not isinstance(node, ir.Lit):
        return None
    kind = node.type.kind
    fits = x is None or join_kinds(x.kind, kind) is not None
    if not fits or kind in {Kind.HOURS, Kind.BOOL, Kind.NOTHING}:
        expected = x.kind if x is not None else "a number or an amount"
        facts = (("found", kind), ("expected", expected))
        report_in_key(sheet, path, Mistake("K330", literal.place, facts))
        return None
    of_ratio = x is not None and x.kind is Kind.RATIO and kind is Kind.NUMBER
    if of_ratio and isinstance(node.value, Fraction) and node.value > HIGHEST_LIKELY_RATIO:
        number = f"{float(node.value):g}"
        report_in_key(sheet, path, Mistake("K236", literal.place, (("number", number),)))
        return None
    return node


def _band(key: str, bounds: list[ir.Lit], value: Formula) -> _Band:
    numbers: list[Fraction] = []
    label: str | None = None
    for bound in bounds:
        match bound.value:
            case Fraction() as number:
                numbers.append(number)
            case date() as day:
                numbers.append(Fraction((day - _EPOCH).days))
            case str() as text:
                label = text
                numbers.append(Fraction(0))
            case _:
                raise TypeError(bound)
    return _Band(key, numbers[0], numbers[-1], label, value)


def _compile_draft(sheet: Sheet, draft: _Draft, written: tuple[Case, ...]) -> ReadScale | None:
    before = len(sheet.findings)
    _find_repeated_bounds(sheet, draft)
    match draft.form:
        case "from" | "up to":
            holes = _stair_has_holes(sheet, draft)
        case "to":
            holes = _ranges_have_holes(sheet, draft)
        case "is":
            holes = _choice_has_holes(sheet, draft)
        case _:
            holes = False
            span = key_span(sheet, (*draft.path, draft.bands[0].key))
            if draft.x.kind not in QUANTITIES | {Kind.ANY}:
                expected = "a number or an amount"
                report(sheet, "K330", span, found=draft.x.kind, expected=expected)
            elif len(draft.bands) == 1:
                report(sheet, "K334", span)
    value = _value_type(sheet, draft)
    scale = _scale_of(sheet, draft)
    if value is None or scale is None or has_errors(sheet.findings[before:]):
        return None
    value = value._replace(nullable=value.nullable or holes)
    stair = draft.form in {"from", "up to"}
    return ReadScale(written, scale, ScaleSignature(draft.x.kind, value, stair))


def _find_repeated_bounds(sheet: Sheet, draft: _Draft) -> None:
    for index, band in enumerate(draft.bands):
        # bands with bounds are sorted, labels are few
        others = (
            draft.bands[:index] if draft.form == "is" else draft.bands[max(index - 1, 0) : index]
        )
        for other in others:
            if (other.low, other.high, other.label) == (band.low, band.high, band.label):
                span = key_span(sheet, (*draft.path, band.key))
                report(sheet, "K333", span, case=band.key, other=other.key)


def _report_dead(sheet: Sheet, draft: _Draft, key: str) -> None:
    report(sheet, "K335", key_span(sheet, (*draft.path, key)), case=key)


def _stair_has_holes(sheet: Sheet, draft: _Draft) -> bool:
    """Return whether some value lies below the first ``from`` or above the last ``up to``."""
    least, greatest = draft.domain
    rising = draft.form == "from"
    near, far = (least, greatest) if rising else (greatest, least)
    for band in draft.bands:
        if far is not None and (band.low > far if rising else band.low < far):
            _report_dead(sheet, draft, band.key)
    end = draft.bands[0] if rising else draft.bands[-1]
    covered = near is not None and (end.low <= near if rising else end.low >= near)
    if covered and draft.otherwise is not None:
        _report_dead(sheet, draft, "else")
    open_end = not covered and draft.otherwise is None
    if open_end and near is not None:
        side = "below" if rising else "above"
        report(sheet, "K337", span_of(sheet, draft.path), side=side, case=end.key)
    return open_end


def _ranges_have_holes(sheet: Sheet, draft: _Draft) -> bool:
    """Return whether some value lies in no printed band; noted, with else as a warning."""
    least, greatest = draft.domain
    alive: list[_Band] = []
    for band in draft.bands:
        if band.high < band.low:
            span = key_span(sheet, (*draft.path, band.key))
            report(sheet, "K338", span, case=band.key)
            continue
        too_high = greatest is not None and band.low > greatest
        if too_high or (least is not None and band.high < least):
            _report_dead(sheet, draft, band.key)
            continue
        alive.append(band)
    holes = False
    last = alive[0] if alive else draft.bands[0]
    for band in alive[1:]:
        span = key_span(sheet, (*draft.path, band.key))
        if last.high >= band.low:
            report(sheet, "K339", span, case=band.key, other=last.key)
        elif not _follows(last, band, draft.x):
            holes = True
            code = "K340" if draft.otherwise is None else "K341"
            such = _such_as(last, band, draft.x)
            report(sheet, code, span, case=band.key, other=last.key, such=such)
        last = max(last, band, key=lambda band: band.high)
    below = least is None or draft.bands[0].low > least
    above = greatest is None or last.high < greatest
    if not (holes or below or above) and draft.otherwise is not None:
        _report_dead(sheet, draft, "else")
    for outside, limit, side, end in (
        (below, least, "below", draft.bands[0]),
        (above, greatest, "above", last),
    ):
        if outside and limit is not None and draft.otherwise is None:
            report(sheet, "K337", span_of(sheet, draft.path), side=side, case=end.key)
    return (holes or below or above) and draft.otherwise is None


def _such_as(band: _Band, other: _Band, x: Type) -> str:
    """Return words for a number between two bands, none where the bounds have a unit."""
    if x.kind is not Kind.NUMBER:
        return ""
    return f", such as {float((band.high + other.low) / 2):.10g},"


def _follows(band: _Band, other: _Band, x: Type) -> bool:
    """Return whether no value lies between two bands: whole numbers and days are counted."""
    counted = x.whole or x.kind is Kind.DATE
    return counted and other.low <= band.high + 1


def _choice_has_holes(sheet: Sheet, draft: _Draft) -> bool:
    """Return whether some label has no case; a label that does not exist is a mistake."""
    labels = draft.x.labels
    if labels is None:
        return draft.otherwise is None
    for band in draft.bands:
        if band.label not in labels:
            span = key_span(sheet, (*draft.path, band.key))
            near = closest(band.label or "", set(labels))
            report(sheet, "K237", span, label=band.label, labels=", ".join(labels), near=near)
    complete = set(labels) <= {band.label for band in draft.bands}
    if complete and draft.otherwise is not None:
        _report_dead(sheet, draft, "else")
    return not complete and draft.otherwise is None


def _value_type(sheet: Sheet, draft: _Draft) -> Type | None:
    values = [band.value for band in draft.bands]
    if draft.otherwise is not None:
        values.append(draft.otherwise)
    joined = values[0].node.type
    for value in values[1:]:
        together = join_types(joined, value.node.type)
        if together is None:
            pair = (values[0], value)
            instead = with_unit(
                [formula.tree for formula in pair],
                [formula.node for formula in pair],
                draft.currency,
            )
            kinds = {"left": joined.kind, "right": value.node.type.kind}
            report(sheet, "K342", value.span, **kinds, instead=instead)
            return None
        joined = together
    return joined


def _scale_of(sheet: Sheet, draft: _Draft) -> ir.Scale | None:
    bands = draft.bands
    rest = draft.otherwise.node if draft.otherwise is not None else None
    match draft.form:
        case "from":
            steps = tuple(ir.Step(b.low, inclusive=True, value=b.value.node) for b in bands)
            return ir.Steps(rest, steps)
        case "up to":
            above = [*(band.value.node for band in bands[1:]), rest or _NOTHING]
            steps = tuple(
                ir.Step(band.low, inclusive=False, value=value)
                for band, value in zip(bands, above, strict=True)
            )
            return ir.Steps(bands[0].value.node, steps)
        case "to":
            return ir.Ranges(tuple(ir.Range(b.low, b.high, b.value.node) for b in bands), rest)
        case "is":
            options = tuple(
                (b.label if b.label is not None else b.low, b.value.node) for b in bands
            )
            return ir.Choice(options, rest)
        case _:
            return _line(sheet, draft)


def _line(sheet: Sheet, draft: _Draft) -> ir.Line | None:
    points: list[tuple[Fraction, Fraction]] = []
    for band in draft.bands:
        node = band.value.node
        if not isinstance(node, ir.Lit) or not isinstance(node.value, Fraction):
            report(sheet, "K343", span_of(sheet, (*draft.path, band.key)))
            return None
        points.append((band.low, node.value))
    return ir.Line(tuple(points))
