"""Scales: cases read and sorted, then searched for gaps, overlaps and cases nothing can reach."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from itertools import pairwise

from kpi_engine.language import ir
from kpi_engine.language.kinds import ANY, Kind, Type, join_kinds
from kpi_engine.language.mistakes import Mistake
from kpi_engine.language.parser import parse_bound
from kpi_engine.language.syntax import Expr
from kpi_engine.language.typing import (
    HIGHEST_LIKELY_RATIO,
    ScaleSignature,
    Scope,
    closest,
    join_types,
    type_formula,
)
from kpi_engine.ruleset.checked import Case, CaseKind, Formula
from kpi_engine.ruleset.sheet import Path, Sheet, formula_at, key_span, report, span_of
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


@dataclass(frozen=True, slots=True)
class ReadScale:
    """A scale as written, as compiled, and what it takes and gives."""

    cases: tuple[Case, ...]
    scale: ir.Scale
    signature: ScaleSignature


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


def read_scale(
    sheet: Sheet,
    path: Path,
    cases: Mapping[str, str],
    scope: Scope,
    of: tuple[Type, Domain] | None = None,
) -> ReadScale | None:
    """Return the scale at a path, or None after noting every mistake in it.

    ``of`` is the type and the domain of what the scale is applied to, where that is known.
    """
    before = len(sheet.findings)
    x = of[0] if of is not None else None
    bands: list[_Band] = []
    written: list[Case] = []
    otherwise: Formula | None = None
    for key, text in cases.items():
        value = formula_at(sheet, (*path, key), text, scope)
        parsed = parse_bound(key)
        if isinstance(parsed, Mistake):
            report(sheet, parsed.code, key_span(sheet, (*path, key)), **dict(parsed.facts))
            continue
        word, literals = parsed
        if word == "else":
            otherwise = value
            written.append(Case("else", (), value))
        elif word not in _KIND_BY_WORD:
            report(sheet, "K336", key_span(sheet, (*path, key)))
        else:
            written.append(Case(_KIND_BY_WORD[word], literals, value))
            bounds = [_read_bound(sheet, (*path, key), literal, scope, x) for literal in literals]
            known = [bound for bound in bounds if bound is not None]
            if len(known) == len(bounds):
                x = x or replace(known[0].type, labels=None, whole=False)
                bands.append(_band(key, known, value))
    if has_errors(sheet.findings[before:]):
        return None
    if not bands:
        report(sheet, "K331", span_of(sheet, path))
        return None
    forms = {case.kind for case in written}
    if len(forms - {"else"}) > 1 or {"at", "else"} <= forms:
        span = key_span(sheet, (*path, bands[-1].key))
        report(sheet, "K332", span, forms=", ".join(sorted(forms)))
        return None
    form = next(case.kind for case in written if case.kind != "else")
    if form != "is":
        bands.sort(key=lambda band: (band.low, band.high))
    domain = of[1] if of is not None else UNLIMITED
    draft = _Draft(path, form, bands, otherwise, x or ANY, domain)
    return _compile_draft(sheet, draft, tuple(written))


def _read_bound(
    sheet: Sheet, path: Path, literal: Expr, scope: Scope, x: Type | None
) -> ir.Lit | None:
    node, mistakes = type_formula(literal, scope)
    for mistake in mistakes:
        report(sheet, mistake.code, key_span(sheet, path), **dict(mistake.facts))
    if mistakes or not isinstance(node, ir.Lit):
        return None
    kind = node.type.kind
    fits = x is None or join_kinds(x.kind, kind) is not None
    if not fits or kind in {Kind.HOURS, Kind.BOOL, Kind.NOTHING}:
        expected = x.kind if x is not None else "a quantity"
        report(sheet, "K330", key_span(sheet, path), found=kind, expected=expected)
        return None
    of_ratio = x is not None and x.kind is Kind.RATIO and kind is Kind.NUMBER
    if of_ratio and isinstance(node.value, Fraction) and node.value > HIGHEST_LIKELY_RATIO:
        report(sheet, "K236", key_span(sheet, path), number=f"{float(node.value):g}")
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
            if len(draft.bands) == 1:
                report(sheet, "K334", key_span(sheet, (*draft.path, draft.bands[0].key)))
    value = _value_type(sheet, draft)
    scale = _scale_of(sheet, draft)
    if value is None or scale is None or has_errors(sheet.findings[before:]):
        return None
    value = replace(value, nullable=value.nullable or holes)
    stair = draft.form in {"from", "up to"}
    return ReadScale(written, scale, ScaleSignature(draft.x.kind, value, stair))


def _find_repeated_bounds(sheet: Sheet, draft: _Draft) -> None:
    seen: dict[object, str] = {}
    for band in draft.bands:
        bounds = (band.low, band.high, band.label)
        if bounds in seen:
            span = key_span(sheet, (*draft.path, band.key))
            report(sheet, "K333", span, case=band.key, other=seen[bounds])
        seen[bounds] = band.key


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
    holes = False
    for band in draft.bands:
        if band.high < band.low:
            span = key_span(sheet, (*draft.path, band.key))
            report(sheet, "K338", span, case=band.key)
    for left, right in pairwise(draft.bands):
        span = key_span(sheet, (*draft.path, right.key))
        if left.high >= right.low:
            report(sheet, "K339", span, case=right.key, other=left.key)
        elif not draft.x.whole or right.low > left.high + 1:
            holes = True
            code = "K340" if draft.otherwise is None else "K341"
            report(sheet, code, span, case=right.key, other=left.key)
    least, greatest = draft.domain
    first, last = draft.bands[0], draft.bands[-1]
    limited = least is not None and greatest is not None
    outside = least is None or first.low > least or greatest is None or last.high < greatest
    if outside and limited and draft.otherwise is None:
        report(sheet, "K337", span_of(sheet, draft.path), side="outside", case=first.key)
    return (holes or outside) and draft.otherwise is None


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
            report(sheet, "K342", value.span, left=joined.kind, right=value.node.type.kind)
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
