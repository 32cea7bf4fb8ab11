"""Mutants of a ruleset: its own text with one thing moved, as a slip of the pen would."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Literal, assert_never

from kpi_engine.language.literals import read_day, read_hours
from kpi_engine.language.tokens import tokenize
from kpi_engine.text.located import Entry, Mapping, Node, Scalar
from kpi_engine.text.scalars import inner_span
from kpi_engine.text.source import Source, Span

MutantKind = Literal["number", "comparison", "logic", "weight", "order", "step"]
"""What is moved: a number, day or hour of a formula or scale; a comparison (`>=` to `>`, `==` to
`!=`, `known` to `unknown`); `and` to `or`; a weight at another's cost; an order (`>` to `=`); or a
step of `then` is left out."""

_Role = Literal["formula", "rule", "metric", "weight", "order", "score step", "pay step"]

_SWAPS: dict[str, tuple[MutantKind, str]] = {
    ">=": ("comparison", ">"),
    ">": ("comparison", ">="),
    "<=": ("comparison", "<"),
    "<": ("comparison", "<="),
    "==": ("comparison", "!="),
    "!=": ("comparison", "=="),
    "and": ("logic", "or"),
    "or": ("logic", "and"),
}
_KNOWN = {"known": "unknown", "unknown": "known"}

# Paths in a file, `*` for any name, and what stands there; items of the score are inside others.
_ROLES: tuple[tuple[str, _Role], ...] = (
    ("params/*", "rule"),
    ("subject/where", "formula"),
    ("groups/*/window", "formula"),
    ("tables/*/where", "formula"),
    ("tables/*/starts_when", "formula"),
    ("tables/*/match/*/where", "formula"),
    ("tables/*/add/*", "formula"),
    ("tables/*/drop/*", "formula"),
    ("metrics/*/where", "formula"),
    ("metrics/*/window", "formula"),
    ("metrics/*/latest", "formula"),
    ("metrics/*/min_rows", "formula"),
    ("metrics/*/value", "rule"),
    ("metrics/*", "metric"),
    ("score/needs", "formula"),
    ("score/order", "order"),
    ("score/then/*", "score step"),
    ("score/**/weight", "weight"),
    ("score/**/points", "rule"),
    ("score/**/empty", "formula"),
    ("pay/lines/*", "rule"),
    ("pay/then/*", "pay step"),
)
_PATTERNS = tuple(
    (
        re.compile(
            "/".join({"*": "[^/]+", "**": ".+"}.get(part, part) for part in path.split("/"))
        ),
        role,
    )
    for path, role in _ROLES
)

_NUMBER = re.compile(r"([0-9]+)(\.[0-9]+)?")
_WORDS = frozenset({"title", "source", "note", "prefer", "better"})
_MINUTES_A_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Edit:
    """A stretch of a source and the text that takes its place."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Mutant:
    """One thing moved: its place, how it is written and how instead, and the edits that do it."""

    kind: MutantKind
    span: Span
    old: str
    new: str
    edits: tuple[Edit, ...]


def find_mutants(root: Mapping) -> tuple[Mutant, ...]:
    """Return the mutants of what a ruleset file says itself, in the order they stand in it.

    A number moves by one of its last digit, up and down, but 0 never below 0, where hardly anything
    can lie; a day by a day, the ends of hours by a minute. Kinds of words, columns and times to
    settle stay.
    """
    found = [*_rule_mutants(root), *_weight_mutants(root)]
    return tuple(sorted(found, key=lambda mutant: (mutant.span.start, mutant.span.end)))


def mutated_text(source: Source, mutant: Mutant) -> str:
    """Return the text of a file with a mutant in it."""
    text = source.text
    for edit in sorted(mutant.edits, key=lambda edit: edit.span.start, reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text


def _rule_mutants(root: Mapping) -> Iterator[Mutant]:
    for path, entry in _entries(root, ()):
        match _role_of("/".join(path)):
            case "formula":
                yield from _of_formula(entry.value)
            case "rule":
                yield from _of_rule(entry.value)
            case "metric":
                yield from _of_metric(entry.value)
            case "order":
                yield from _of_order(entry.value)
            case "score step":
                yield from _of_formula(entry.value)
                yield from _left_out(entry, "score")
            case "pay step":
                yield from _of_formula(entry.value)
                yield from _left_out(entry, "pay")
            case "weight" | None:
                pass
            case other:
                assert_never(other)


def _entries(node: Node, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Entry]]:
    """Return every entry under a node with its path, outer ones first."""
    if isinstance(node, Mapping):
        for entry in node.entries:
            here = (*path, entry.key.value)
            yield here, entry
            yield from _entries(entry.value, here)


def _role_of(path: str) -> _Role | None:
    return next((role for pattern, role in _PATTERNS if pattern.fullmatch(path)), None)


def _of_rule(node: Node) -> Iterator[Mutant]:
    """Return the mutants of a formula or a scale, the edges of its cases among them."""
    if not isinstance(node, Mapping):
        yield from _of_formula(node)
        return
    for entry in node.entries:
        if entry.key.value not in _WORDS:
            if not entry.key.value.startswith("is "):
                yield from _of_tokens(entry.key)
            yield from _of_formula(entry.value)


def _of_metric(node: Node) -> Iterator[Mutant]:
    """Return the mutants of a metric written as a formula or a scale; keys have their own roles."""
    is_scale = isinstance(node, Mapping) and any(entry.key.value == "of" for entry in node.entries)
    if is_scale or not isinstance(node, Mapping):
        yield from _of_rule(node)


def _of_formula(node: Node) -> Iterator[Mutant]:
    if isinstance(node, Scalar):
        yield from _of_tokens(node)


def _of_tokens(scalar: Scalar) -> Iterator[Mutant]:
    tokens = tokenize(scalar.value)
    before = ""
    places = zip(tokens.kinds, tokens.texts, tokens.starts, tokens.ends, strict=False)
    for kind, text, start, end in places:
        for of, new in _instead(kind, text, before):
            span = inner_span(scalar, start, end)
            if span.source.text[span.start : span.end] == text:
                yield Mutant(of, span, text, new, (Edit(span, new),))
        before = text


def _instead(kind: str, text: str, before: str) -> Iterator[tuple[MutantKind, str]]:
    """Return what may stand in place of a token."""
    if text in _SWAPS:
        yield _SWAPS[text]
    elif text in _KNOWN and before == "is":
        yield "comparison", _KNOWN[text]
    elif kind == "number":
        yield from (("number", moved) for moved in _moved_number(text))
    elif kind == "day" and (day := read_day(text)) is not None:
        yield from (("number", moved.isoformat()) for moved in _days_around(day))
    elif kind == "hours":
        yield from (("number", moved) for moved in _moved_hours(text))


def _moved_number(text: str) -> Iterator[str]:
    """Return a number one of its last digit more and less.

    >>> list(_moved_number("0.80 CNY")), list(_moved_number("0%"))
    (['0.81 CNY', '0.79 CNY'], ['1%'])
    """
    match = _NUMBER.match(text)
    if match is None:
        return
    number = Decimal(match[0])
    step = Decimal(1).scaleb(-len((match[2] or ".")[1:]))
    for moved in (number + step, number - step):
        if moved >= 0:
            yield f"{moved}{text[match.end() :]}"


def _days_around(day: date) -> tuple[date, date]:
    return day + timedelta(days=1), day - timedelta(days=1)


def _moved_hours(text: str) -> Iterator[str]:
    """Return hours of which one end is a minute later or earlier.

    >>> list(_moved_hours("00:00-23:00"))
    ['00:01-23:00', '00:00-23:01', '00:00-22:59']
    """
    hours = read_hours(text)
    if hours is None:
        return
    start, end = hours
    for first, last in ((start + 1, end), (start - 1, end), (start, end + 1), (start, end - 1)):
        if first >= 0 and last <= _MINUTES_A_DAY and first != last:
            yield f"{_clock(first)}-{_clock(last)}"


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _of_order(node: Node) -> Iterator[Mutant]:
    if not isinstance(node, Scalar):
        return
    for sign in re.finditer("[>=]", node.value):
        span = inner_span(node, sign.start(), sign.end())
        new = "=" if sign[0] == ">" else ">"
        yield Mutant("order", span, sign[0], new, (Edit(span, new),))


def _left_out(entry: Entry, total: str) -> Iterator[Mutant]:
    """Return the mutant in which a step does nothing; what it reads stays read."""
    value = entry.value
    if not isinstance(value, Scalar) or value.value.strip() in {"null", total}:
        return
    whole = inner_span(value, 0, len(value.value.rstrip()))
    start, end = (Span(whole.source, at, at) for at in (whole.start, whole.end))
    edits = (Edit(start, f"{total} if true else ("), Edit(end, ")"))
    yield Mutant("step", whole, f"{entry.key.value}: {value.value.strip()}", total, edits)


def _weight_mutants(root: Mapping) -> Iterator[Mutant]:
    """Return a mutant for every weight of items side by side: one more, and the next one less.

    Where no other is written beside it, the one alone moves, and the items without a weight pay.
    """
    for path, entry in _entries(root, ()):
        if path[0] == "score" and path[-1] == "items" and isinstance(entry.value, Mapping):
            written = list(_written_weights(entry.value))
            if len(written) == 1:
                yield _weighed(written[0], None)
            elif written:
                yield from (_weighed(*pair) for pair in pairwise([*written, written[0]]))


def _written_weights(items: Mapping) -> Iterator[Scalar]:
    for item in items.entries:
        for part in item.value.entries if isinstance(item.value, Mapping) else ():
            value = part.value
            is_number = isinstance(value, Scalar) and _NUMBER.fullmatch(value.value)
            if part.key.value == "weight" and isinstance(value, Scalar) and is_number:
                yield value


def _weighed(more: Scalar, less: Scalar | None) -> Mutant:
    step = min(_step(scalar.value) for scalar in (more, less) if scalar is not None)
    heavier = str(Decimal(more.value) + step)
    edits = [Edit(_inside(more), heavier)]
    new = heavier
    if less is not None and Decimal(less.value) > step:
        lighter = str(Decimal(less.value) - step)
        edits.append(Edit(_inside(less), lighter))
        new = f"{heavier}, and {less.value} -> {lighter}"
    return Mutant("weight", _inside(more), more.value, new, tuple(edits))


def _inside(scalar: Scalar) -> Span:
    return inner_span(scalar, 0, len(scalar.value))


def _step(text: str) -> Decimal:
    return Decimal(1).scaleb(-len(text.partition(".")[2]))
