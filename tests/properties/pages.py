"""A ruleset being written at random: what is there so far, and drawn formulas that read it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tests.properties.documents import Document
from tests.properties.formulas import formulas
from tests.properties.scales import SCALE_KINDS, scale_cases
from tests.properties.spots import Draw, Spot, can_grow, chance, literal, pick
from tests.properties.words import (
    Words,
    subject_words,
    type_of,
)

from kpi_engine.language import ir
from kpi_engine.language.kinds import Kind, Level, Type, as_known
from kpi_engine.language.mistakes import Mistake
from kpi_engine.language.parser import parse_formula
from kpi_engine.language.printer import print_formula
from kpi_engine.language.scopes import GroupSignature, narrowed
from kpi_engine.language.syntax import Expr
from kpi_engine.ruleset.columns import KIND_BY_WORD

COLUMNS: dict[str, str] = {
    "n": "int",
    "half": "optional int",
    "x": "number",
    "load": "optional number",
    "paid": "money",
    "back": "optional money",
    "at": "datetime",
    "seen": "optional datetime",
    "on": "date",
    "due": "optional date",
    "grade": "A | B | C",
    "note": "optional text",
    "good": "bool",
    "fine": "optional bool",
    "closed": "optional month",
    "opened": "month",
}
"""Columns of every kind, each with and without unknowns where it matters."""

HELPER = "helper"
"""Another person of a row than the one it is about."""

CONSTANTS: dict[str, str] = {
    "limit": "3 min",
    "goal": "30%",
    "bonus": "500.50 {currency}",
    "service": "22:00-06:00",
    "cut": "2.5",
    "start": "2026-03-08",
    "word": "'A'",
    "strict": "true",
}


@dataclass(frozen=True, slots=True)
class Shelved:
    """A table to look into: what whoever asks must have, and the columns that are found."""

    asked: Mapping[str, Type]
    columns: Mapping[str, Type]


@dataclass(slots=True)
class Page:
    """A ruleset being written: the document, and the types of what can be read so far.

    ``shelf`` are the tables to look into, ``dated`` the params by day. ``groups`` have the columns
    of their key; ``elsewhere`` are metrics measured over them, and values of the month before.
    """

    draw: Draw
    document: Document
    words: Words
    tables: dict[str, dict[str, Type]] = field(default_factory=dict)
    clocks: dict[str, str | None] = field(default_factory=dict)
    metrics: dict[str, Type] = field(default_factory=dict)
    lower: frozenset[str] = frozenset()
    key: tuple[str, ...] = ()
    roster: str = "people"
    made: int = 0
    shelf: dict[str, Shelved] = field(default_factory=dict)
    dated: dict[str, Type] = field(default_factory=dict)
    groups: dict[str, tuple[tuple[str, ...], GroupSignature]] = field(default_factory=dict)
    elsewhere: dict[str, Type] = field(default_factory=dict)


def helper_kind(page: Page) -> str:
    """Return the kind of column that names a person as the last of the key does."""
    return "int" if page.key[-1] == "number" else "text"


def spot_of(page: Page, words: Words) -> Spot:
    return Spot(page.draw, words)


def drawn_formula(page: Page, words: Words, kind: Kind, **asked: bool | int) -> Expr | None:
    tree: Expr | None = page.draw(formulas(words, kind, **asked))  # type: ignore[arg-type]
    return tree


def entry_of(document: Document, name: str) -> Document:
    found = document.setdefault(name, {})
    assert isinstance(found, dict)
    return found


def types_of(columns: Mapping[str, str]) -> dict[str, Type]:
    """Return the types of columns from the words they are declared with."""
    types = {}
    for name, written in columns.items():
        word = written.removeprefix("optional ")
        labels = tuple(label.strip() for label in word.split("|")) if "|" in word else None
        type_ = Type(Kind.TEXT, Level.ROW, labels=labels) if labels else KIND_BY_WORD[word]
        types[name] = type_._replace(nullable=written.startswith("optional "))
    return types


def narrow(types: Mapping[str, Type], where: Expr) -> dict[str, Type]:
    known = narrowed(where)
    return {name: as_known(t) if name in known else t for name, t in types.items()}


def with_looked_up(page: Page, types: Mapping[str, Type]) -> dict[str, Type]:
    """Return what is read from a row with some columns: also what it looks up, and dated params."""
    found = dict(types)
    for table, shelved in page.shelf.items():
        have = (types[n].kind is t.kind for n, t in shelved.asked.items() if n in types)
        if shelved.asked.keys() <= types.keys() and all(have):
            found |= {f"{table}.{name}": type_ for name, type_ in shelved.columns.items()}
    if "day" in types and types["day"].kind is Kind.DATE:
        found |= page.dated
    return found


def row_type(tree: Expr, words: Words) -> Type:
    node = type_of(tree, words)
    assert node is not None
    return node.type._replace(level=Level.ROW)


def parse(text: str) -> Expr:
    """Return the parse tree of a formula that is one."""
    tree = parse_formula(text)
    assert not isinstance(tree, Mistake)
    return tree


def drawn_text(page: Page, words: Words, kind: Kind) -> str:
    """Return a formula of a kind as text, a constant where nothing else fits."""
    tree = drawn_formula(page, words, kind, depth=1)
    return print_formula(literal(spot_of(page, words), kind) if tree is None else tree)


def subject_of(page: Page, *extra: ir.Ref) -> Words:
    roster = page.tables[page.roster]
    words = subject_words(page.words, roster, {**page.metrics, **page.elsewhere}, page.lower)
    words = replace(words, groups={name: group for name, (_, group) in page.groups.items()})
    seen = with_looked_up(page, {**roster, **_CALENDAR}) if page.shelf or page.dated else {}
    others = {
        name: ir.Ref("subject", name, type_._replace(level=Level.SUBJECT))
        for name, type_ in seen.items()
        if name not in roster and name not in _CALENDAR
    }
    return replace(words, names={**words.names, **others, **{ref.name: ref for ref in extra}})


_CALENDAR = {"day": Type(Kind.DATE, Level.ROW), "period": Type(Kind.MONTH, Level.ROW)}
"""What every subject has to look with: the last day of the period and its month."""


def drawn_rule(page: Page, words: Words, kind: Kind) -> tuple[str | Document, Type]:
    """Return a formula about a subject, or a scale on the spot, and its type."""
    spot = spot_of(page, words)
    kinds = [x for x in SCALE_KINDS if can_grow(spot, x, known=False)]
    if kind in SCALE_KINDS and chance(spot, 3):
        x = pick(spot, kinds)
        of = drawn_text(page, words, x)
        cases = scale_cases(spot, x, kind, lambda: drawn_text(page, words, kind), signed=False)
        return {"of": of, **cases}, Type(kind, Level.SUBJECT, nullable=True)
    text = drawn_text(page, words, kind)
    node = type_of(parse(text), words)
    assert node is not None
    return text, node.type
