"""Scales by place: the first few of a group, or the first shares of its seats."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from kpi_engine.language import ir
from kpi_engine.language.kinds import QUANTITIES, Kind, Level, Type
from kpi_engine.language.mistakes import Mistake
from kpi_engine.language.parser import parse_bound
from kpi_engine.language.printer import print_formula
from kpi_engine.language.scopes import Scope, closest
from kpi_engine.language.syntax import Call, Name, Number
from kpi_engine.ruleset.checked import Formula, Standing
from kpi_engine.ruleset.preferences import preference_at
from kpi_engine.ruleset.sheet import BROKEN, Path, Sheet, report, span_of
from kpi_engine.text.diagnostics import has_errors

_ALL = 100


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a group as a value of its own: the call that names it, and what decides it.

    ``ranks`` are the places, or the bands of seats, up to which each case of a scale goes.
    """

    call: Formula
    standing: Standing
    ranks: Mapping[str, Fraction]


def is_ladder(rule: Mapping[str, object]) -> bool:
    """Return whether a scale goes by the place in a group."""
    return "over" in rule or "prefer" in rule or any(key.startswith("top ") for key in rule)


def read_place(
    sheet: Sheet, path: Path, rule: Mapping[str, str | list[str]], of: Formula, scope: Scope
) -> Place | None:
    """Return the place in a group that a scale goes by, or None after noting every mistake."""
    before = len(sheet.findings)
    over, prefer = rule.get("over"), rule.get("prefer", [])
    if not isinstance(over, str):
        report(sheet, "K328", span_of(sheet, path))
        return None
    if over not in scope.groups:
        near = closest(over, set(scope.groups))
        report(sheet, "K327", span_of(sheet, (*path, "over")), name=over, near=near)
    elif scope.groups[over].history:
        report(sheet, "K263", span_of(sheet, (*path, "over")), name="top", group=over)
    preferences = [
        preference_at(sheet, (*path, "prefer", index), text, scope)
        for index, text in enumerate(prefer if isinstance(prefer, list) else [prefer])
    ]
    known = tuple(preference for preference in preferences if preference is not None)
    for formula in (of, *(preference.formula for preference in known)):
        kind = formula.node.type.kind
        if kind not in {*QUANTITIES, Kind.ANY}:
            report(sheet, "K250", formula.span, name="top", kind=kind)
    tops = _tops(sheet, path, rule)
    if has_errors(sheet.findings[before:]) or of.node is BROKEN:
        return None
    numbers = sorted({number.value for number in tops.values()})
    shared = any(number.unit == "%" for number in tops.values())
    ranks = {
        key: Fraction(numbers.index(number.value) + 1) if shared else number.value
        for key, number in tops.items()
    }
    standing = Standing(known, tuple(n / 100 for n in numbers) if shared else ())
    return Place(_call(of, over, standing), standing, ranks)


def _tops(sheet: Sheet, path: Path, rule: Mapping[str, str | list[str]]) -> dict[str, Number]:
    """Return the number of places, or the share of seats, up to which each case goes."""
    tops: dict[str, Number] = {}
    for key in rule:
        bound = parse_bound(key) if key.startswith("top ") else None
        if isinstance(bound, Mistake) or bound is None:
            continue
        number = bound[1][0]
        if isinstance(number, Number):
            tops[key] = number
    units = {number.unit for number in tops.values()}
    found = None
    if len(units) > 1:
        found = "counts places and shares seats at once"
    elif not tops:
        found = "is nowhere among the cases"
    elif units == {None} and any(n.value.denominator > 1 for n in tops.values()):
        found = "counts a part of a place"
    elif min(n.value for n in tops.values()) <= 0:
        found = "is of nobody"
    elif units == {"%"} and max(n.value for n in tops.values()) > _ALL:
        found = "shares more seats than there are"
    if found is not None:
        report(sheet, "K329", span_of(sheet, path), found=found)
    return tops


def _call(of: Formula, group: str, standing: Standing) -> Formula:
    """Return the place of a subject in a group as a call, named by all that decides it."""
    function = "band" if standing.shares else "place"
    words = [print_formula(of.tree), group]
    words += [
        f"{'highest' if p.highest else 'lowest'} {print_formula(p.formula.tree)}"
        for p in standing.prefer
    ]
    words += [print_formula(Number(share * 100, "%")) for share in standing.shares]
    arguments = (of, *(preference.formula for preference in standing.prefer))
    type_ = Type(Kind.NUMBER, Level.SUBJECT, nullable=of.node.type.nullable, whole=True)
    node = ir.Across(function, tuple(a.node for a in arguments), group, type_)
    call = Call(function, (of.tree, Name(group)))
    return Formula(f"{function}({', '.join(words)})", call, node, of.span)
