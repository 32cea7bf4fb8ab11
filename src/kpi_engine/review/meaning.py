"""What a ruleset says, value by value, freed from how it is written and in which layer."""

from collections.abc import Iterator, Mapping
from fractions import Fraction

from kpi_engine.language.mistakes import Mistake
from kpi_engine.language.parser import parse_bound
from kpi_engine.language.syntax import (
    Arithmetic,
    Call,
    Comparison,
    Day,
    Expr,
    Hours,
    IsKnown,
    Logic,
    Membership,
    Name,
    Number,
    Text,
    Truth,
    Unknown,
    parts_of,
)
from kpi_engine.language.typing import MICROSECONDS
from kpi_engine.review.effective import Said
from kpi_engine.ruleset.checked import Item, Ruleset
from kpi_engine.ruleset.merging import Keys
from kpi_engine.ruleset.shape import read_document
from kpi_engine.ruleset.sheet import Sheet, key_span, parsed, span_of
from kpi_engine.text.located import Scalar, written
from kpi_engine.text.nodes import passive
from kpi_engine.text.source import position

Meaning = object
"""What two values share that mean the same: nested tuples and sets of plain values."""

_NAMED = frozenset(
    {"params", "groups", "tables", "metrics", "items", "lines", "then"}
    | {"columns", "add", "drop", "match"}
)
"""The keys under which names stand that a ruleset chooses."""
_OF_PARTS = frozenset({"groups", "tables", "metrics", "items", "match"})
_SECTIONS = frozenset({"effective", "subject", "score", "pay"})
_FOR_PEOPLE = frozenset({"title", "source", "note", "rescale", "printed", "shown"})
_OF_THE_FILE = frozenset({"ruleset", "version", "extends"})
_RESOLVED = frozenset({"weight", "order", "method", "ties", "empty"})
"""What items say together; the shares and policies that follow are compared instead."""
_LEFT_OUT = _FOR_PEOPLE | _OF_THE_FILE | _RESOLVED
_FORMULAS = frozenset(
    {"where", "value", "points", "starts_when", "whose", "prefer"}
    | {"window", "latest", "settles", "min_rows", "needs"}
)
_DIRECTIONS = frozenset({"highest", "lowest"})


@passive
class Meant:
    """A value of a ruleset: what it means, and where and in which words it is said."""

    meaning: Meaning
    said: Said


def meant_by_path(ruleset: Ruleset, sheet: Sheet) -> dict[Keys, Meant]:
    """Return what a checked ruleset says, by the path of each value.

    Words for people are left out, what is written though it is so anyway, and metrics that nothing
    computes. Of items their share among their siblings is there, however it came about. A value
    that stands nowhere is placed where the thing stands that has it.
    """
    document = read_document(sheet)
    if document is None:
        return {}
    data = document.model_dump(by_alias=True, exclude_defaults=True)
    meant: dict[Keys, Meant] = {}
    for path, meaning in _values(data, (), None):
        if path[0] != "metrics" or path[1] in ruleset.metrics:
            meant[path] = Meant(meaning, _said(sheet, path))
    if ruleset.score is not None:
        meant |= _shares(ruleset.score.items, ("score", "items"), sheet)
        meant |= _sequence(("score", "then"), [name for name, _ in ruleset.score.steps], sheet)
    if ruleset.pay is not None:
        meant |= _sequence(("pay", "then"), [name for name, _ in ruleset.pay.steps], sheet)
    return meant


def _values(
    data: Mapping[str, object], path: Keys, names_of: str | None
) -> Iterator[tuple[Keys, Meaning]]:
    """Return the values under a path; under ``names_of`` the keys are names."""
    for key, value in data.items():
        mine = (*path, key)
        if names_of is not None:
            if names_of in _OF_PARTS and isinstance(value, dict):
                yield from _values(value, mine, None)
            else:
                yield mine, _meaning(value, formula=names_of != "columns")
        elif key in _NAMED and isinstance(value, dict):
            yield from _values(value, mine, key)
        elif key in _SECTIONS and isinstance(value, dict):
            yield from _values(value, mine, None)
        elif key not in _LEFT_OUT:
            yield mine, _meaning(value, formula=key in _FORMULAS)


def _meaning(value: object, *, formula: bool) -> Meaning:
    match value:
        case str():
            return _of_formula(value) if formula else " ".join(value.split())
        case list():
            return tuple(_meaning(part, formula=formula) for part in value)
        case dict() if formula:
            return frozenset(
                (_of_case(key), _meaning(part, formula=True)) for key, part in value.items()
            )
        case dict():
            return frozenset((key, _meaning(part, formula=False)) for key, part in value.items())
        case _:
            return value


def _of_formula(text: str) -> Meaning:
    """Return what a formula means, or its words where it is none, such as `12 months`."""
    tree = parsed(text)
    if not isinstance(tree, Mistake):
        return meaning_of(tree)
    word, _, rest = text.strip().partition(" ")
    return (word, _of_formula(rest)) if word in _DIRECTIONS else " ".join(text.split())


def _of_case(text: str) -> Meaning:
    case = parse_bound(text)
    if isinstance(case, Mistake):
        return text
    word, bounds = case
    return word, tuple(meaning_of(bound) for bound in bounds)


def meaning_of(expr: Expr) -> Meaning:
    """Return what a formula means: spacing, brackets that bind nothing and units are gone.

    >>> texts = ("a*0.70 + (b)", "a * 70% + b", "a * 3 min", "a * 180 s")
    >>> first, second, third, fourth = (_of_formula(text) for text in texts)
    >>> first == second, third == fourth, first == third
    (True, True, False)
    """
    match expr:
        case Number(value, unit):
            return _number(value, unit)
        case Day() | Hours() | Text() | Truth() | Unknown() | Name():
            return expr
        case Call(word) | Arithmetic(word) | Logic(word):
            own: object = word
        case Comparison(_, relations):
            own = relations
        case IsKnown(_, known):
            own = known
        case Membership(_, options):
            own = isinstance(options, tuple)
        case _:
            own = None
    return (type(expr).__name__, own, tuple(map(meaning_of, parts_of(expr))))


def _number(value: Fraction, unit: str | None) -> Meaning:
    match unit:
        case None:
            return value
        case "%":
            return value / 100
        case _ if unit in MICROSECONDS:
            return "duration", value * MICROSECONDS[unit]
        case _:
            return unit, value


def _shares(items: tuple[Item, ...], path: Keys, sheet: Sheet) -> dict[Keys, Meant]:
    """Return the share of every item among its siblings, and what its unknown points mean."""
    found: dict[Keys, Meant] = {}
    for item in items:
        mine = (*path, item.path.rpartition("/")[2])
        weight, order = (*mine, "weight"), ("score", "order")
        ordered = path == ("score", "items") and order in sheet.node_by_path
        place = weight if weight in sheet.node_by_path or not ordered else order
        found[weight] = Meant(item.weight, _placed(sheet, place, _share(item.weight)))
        if item.empty is not None:
            empty = item.empty if isinstance(item.empty, str) else item.empty.text
            around = [(*mine[:depth], "empty") for depth in range(len(mine), 0, -2)]
            place = next((each for each in around if each in sheet.node_by_path), mine)
            said = _placed(sheet, place, " ".join(empty.split()))
            found[(*mine, "empty")] = Meant(_of_formula(empty), said)
        found |= _shares(item.children, (*mine, "items"), sheet)
    return found


def _share(weight: Fraction) -> str:
    """Return a share in per cent, as a fraction where that does not end after two places."""
    percent = weight * 10_000
    if percent.denominator > 1:
        return str(weight)
    return f"{float(weight * 100):g}%"


def _sequence(path: Keys, names: list[str], sheet: Sheet) -> dict[Keys, Meant]:
    """Return the order of steps, each of which goes on from the one before."""
    if not names:
        return {}
    return {path: Meant(tuple(names), _placed(sheet, path, ", ".join(names)))}


def _said(sheet: Sheet, path: Keys) -> Said:
    known = path
    while known not in sheet.node_by_path:
        known = known[:-1]
    return _placed(sheet, known, written(sheet.node_by_path[known]))


def _placed(sheet: Sheet, path: Keys, text: str) -> Said:
    """Return a text with the place of a value; of what has parts, or none, that of its key."""
    while path not in sheet.node_by_path:
        path = path[:-1]
    leaf = isinstance(sheet.node_by_path[path], Scalar)
    span = span_of(sheet, path) if leaf else key_span(sheet, path)
    return Said(text, span.source.name, position(span.source, span.start).line)
