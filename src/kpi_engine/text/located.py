"""What a YAML text holds, every key and value with its place."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, assert_never

from kpi_engine.text.nodes import passive
from kpi_engine.text.source import Span

Style = Literal["plain", "single", "double", "literal", "folded"]


@passive
class Scalar:
    """A text as YAML reads it; the span covers it as written, quotes and block header included."""

    value: str
    style: Style
    span: Span


@passive
class Entry:
    """A key of a mapping and its value."""

    key: Scalar
    value: "Node"


@dataclass(frozen=True, slots=True, eq=False)
class Mapping:
    """Entries in the order they are written; ``flow`` says they stand between braces."""

    entries: tuple[Entry, ...]
    span: Span
    flow: bool


@dataclass(frozen=True, slots=True, eq=False)
class Sequence:
    """Items in the order they are written; ``flow`` says they stand between brackets."""

    items: tuple["Node", ...]
    span: Span
    flow: bool


Node = Scalar | Mapping | Sequence

_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}


def plain_data(node: Node) -> object:
    """Return dicts, lists, texts, booleans and None, without places.

    Unquoted ``true`` and ``false`` become booleans, unquoted ``null``, ``~`` and nothing at all
    become None; everything else stays text, numbers and dates too.

    >>> from kpi_engine.text.source import Source, Span
    >>> plain_data(Scalar("0.70", "plain", Span(Source("a.yaml", "0.70"), 0, 4)))
    '0.70'
    """
    match node:
        case Scalar(value=value, style=style):
            return _WORDS[value] if style == "plain" and value in _WORDS else value
        case Mapping(entries=entries):
            return {entry.key.value: plain_data(entry.value) for entry in entries}
        case Sequence(items=items):
            return [plain_data(item) for item in items]
    assert_never(node)


def written(node: Node) -> str:
    """Return a value on one line."""
    match node:
        case Scalar(value=value):
            return " ".join(value.split())
        case Sequence(items=items):
            return f"[{', '.join(written(item) for item in items)}]"
        case Mapping(entries=entries):
            parts = (f"{entry.key.value}: {written(entry.value)}" for entry in entries)
            return f"{{{', '.join(parts)}}}"
    assert_never(node)


def scalars_of(node: Node) -> Iterator[Scalar]:
    """Return the keys and texts of a tree, in reading order."""
    match node:
        case Scalar():
            yield node
        case Mapping(entries=entries):
            for entry in entries:
                yield entry.key
                yield from scalars_of(entry.value)
        case Sequence(items=items):
            for item in items:
                yield from scalars_of(item)
        case _:
            assert_never(node)
