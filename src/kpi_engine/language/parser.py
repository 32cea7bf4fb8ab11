"""Formulas and the cases of scales, from their texts to parse trees.

The parser is the border of the language: what it does not know is refused here, and no text,
however long or deep, makes it fail in another way than by a mistake.
"""

import re
from typing import assert_never

from kpi_engine.language.accidents import too_big, wrong_operator, wrong_sign
from kpi_engine.language.literals import read_text
from kpi_engine.language.mistakes import Mistake
from kpi_engine.language.reader import MAX_DEPTH, MistakeError, Reader
from kpi_engine.language.syntax import (
    Arithmetic,
    Call,
    Comparison,
    Conditional,
    Day,
    Expr,
    Hours,
    IsKnown,
    Logic,
    Membership,
    Name,
    Negative,
    Not,
    Number,
    Place,
    Text,
    Truth,
    Unknown,
)
from kpi_engine.language.tokens import RESERVED

MAX_LENGTH = 2000

_FOREIGN_CASES = (
    (re.compile(r">=\s*([0-9].*)"), r"from \1"),
    (re.compile(r"<=\s*([0-9].*)"), r"up to \1"),
    (re.compile(r"={1,2}\s*(\w+)"), r"is \1"),
    (re.compile(r"([0-9][^-~–—]*?)\s*[-~–—]\s*([0-9][^-~–—]*)"), r"\1 to \2"),
    (re.compile(r"from\s+([0-9].*)\s+to\s+([0-9].*)"), r"\1 to \2"),
    (re.compile(r"(?:up|to|until)\s+([0-9].*)"), r"up to \1"),
    (re.compile(r"default|otherwise|其他|其它|否则"), "else"),
)


def parse_formula(text: str) -> Expr | Mistake:
    """Return the parse tree of a formula, or its first mistake.

    Places are code points of the text as given; names are in Unicode's composed form (NFC). A
    formula has at most 2,000 characters, and its tree at most 60 levels.

    >>> parse_formula("shop.aov").name
    'aov'
    >>> parse_formula("a = b").code
    'K203'
    """
    if len(text) > MAX_LENGTH:
        return too_big("characters", MAX_LENGTH, Place(0, len(text)))
    reader = Reader(text)
    try:
        expr = reader.formula(1)
    except MistakeError as error:
        return error.mistake
    if reader.kinds[reader.index] != "end":
        return wrong_operator(reader.tokens, reader.index)
    if len(reader.kinds) > MAX_DEPTH:
        deep = _find_too_deep(expr)
        if deep is not None:
            return too_big("levels inside one another", MAX_DEPTH, deep)
    return expr


def parse_bound(text: str) -> tuple[str, tuple[Expr, ...]] | Mistake:
    """Return the word of a scale's case and the literals it compares with, or the mistake.

    The words are ``from``, ``up to``, ``to``, ``at``, ``is``, ``top`` and ``else``. A bound is a
    number, a negative number or a day; what stands after ``is`` is always a text.

    >>> parse_bound("is A")
    ('is', (Text(value='A', place=Place(start=3, end=4)),))
    """
    if len(text) > MAX_LENGTH:
        return too_big("characters", MAX_LENGTH, Place(0, len(text)))
    reader = Reader(text)
    try:
        case = _label_case(reader) if reader.kinds[0] == "is" else _bound_case(reader)
    except MistakeError as error:
        return error.mistake
    return case or _wrong_case(text)


def _bound_case(reader: Reader) -> tuple[str, tuple[Expr, ...]] | Mistake | None:
    texts = reader.texts
    bounds: tuple[Expr | None, ...]
    match texts[0]:
        case "else":
            reader.index = 1
            word, bounds = "else", ()
        case "from" | "at" | "top":
            reader.index = 1
            word, bounds = texts[0], (_bound(reader),)
        case "up" if texts[1] == "to":
            reader.index = 2
            word, bounds = "up to", (_bound(reader),)
        case _:
            lowest = _bound(reader)
            if lowest is None or texts[reader.index] != "to":
                return _after_bound(reader) if lowest is not None else None
            reader.index += 1
            word, bounds = "to", (lowest, _bound(reader))
    known = tuple(bound for bound in bounds if bound is not None)
    if len(known) < len(bounds):
        return None
    if reader.kinds[reader.index] != "end":
        return _after_bound(reader)
    if word == "top" and not (isinstance(known[0], Number) and known[0].unit in {None, "%"}):
        return None
    return word, known


def _bound(reader: Reader) -> Expr | None:
    """Return the bound that the next tokens write, or None if they write none."""
    start = reader.starts[reader.index]
    kind = reader.kinds[reader.index]
    if kind in {"number", "day"}:
        return reader.value(1)
    if kind != "-" or reader.kinds[reader.index + 1] != "number":
        return None
    reader.index += 1
    return Negative(reader.value(2), reader.since(start))


def _after_bound(reader: Reader) -> Mistake | None:
    """Return what is wrong after a bound if it is a mistake of the bound, not of the case."""
    mistake = wrong_operator(reader.tokens, reader.index)
    if mistake.code == "K209" or _own_case(reader.tokens.text.strip()) is not None:
        return None
    return mistake


def _label_case(reader: Reader) -> tuple[str, tuple[Expr, ...]] | Mistake | None:
    tokens = reader.tokens
    label = tokens.text[tokens.ends[0] :].strip()
    start = tokens.starts[1]
    place = Place(start, start + len(label))
    if tokens.kinds[1] == "text":
        if tokens.kinds[2] != "end":
            return None
        return "is", (Text(read_text(label), place),)
    quote = re.search("['\"“”‘’]", label)
    if quote is not None:
        return wrong_sign(tokens, tokens.starts.index(start + quote.start()))
    if not label or label in RESERVED or tokens.kinds[1] == "not":
        return None
    return "is", (Text(label, place),)


def _wrong_case(text: str) -> Mistake:
    found = text.strip()
    return Mistake("K219", Place(0, len(text)), (("found", found), ("instead", _own_case(found))))


def _own_case(text: str) -> str | None:
    """Return the case of the language for one of another language, if it is known."""
    for pattern, case in _FOREIGN_CASES:
        match = pattern.fullmatch(text)
        if match is not None:
            return match.expand(case)
    return None


def _find_too_deep(expr: Expr) -> Place | None:
    """Return the place of a node below the deepest level allowed, without recursion."""
    level: list[Expr] = [expr]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in _children(node)]
    return level[0].place if level else None


def _children(expr: Expr) -> tuple[Expr, ...]:
    match expr:
        case Number() | Day() | Hours() | Text() | Truth() | Unknown() | Name():
            return ()
        case Call(_, arguments):
            return arguments
        case Negative(operand) | Not(operand) | IsKnown(operand):
            return (operand,)
        case Membership(operand, options):
            return (operand, *options) if isinstance(options, tuple) else (operand, options)
        case Arithmetic(_, left, right):
            return (left, right)
        case Comparison(operands) | Logic(_, operands):
            return operands
        case Conditional(value, condition, otherwise):
            return (value, condition, otherwise)
        case _:
            assert_never(expr)
