"""What a kind of file looks like: which values stand in braces, and how long texts are folded."""

from collections.abc import Callable
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from typing import Final, assert_never

from kpi_engine.text.located import Entry, Mapping, Node, Scalar, Sequence
from kpi_engine.text.quoting import block_lines, filled, one_line
from kpi_engine.text.render import cells

ANY: Final = "*"


@dataclass(frozen=True, slots=True)
class Form:
    """How files of one kind are laid out.

    ``root`` is the kind of the file itself; ``parts`` has the kinds of values by the kind of the
    mapping they stand in and their key, ``*`` for every other one. A mapping or list of an ``open``
    kind never stands in braces, one of a ``titled`` kind only without words for people, one of a
    ``short`` kind only with a single text that needs no quotes there. ``prose`` are the keys of
    words for people, whose line ends mean nothing; ``order`` is that of the keys of the file, if it
    has no others, ``spaced`` are those with an empty line above. ``drawn`` returns the lines of a
    text of some kind that is drawn as a table.
    """

    root: str
    parts: MappingOf[str, MappingOf[str, str]]
    open: frozenset[str]
    titled: frozenset[str]
    short: frozenset[str]
    order: tuple[str, ...]
    spaced: frozenset[str]
    prose: frozenset[str]
    drawn: Callable[[str, Scalar], list[str] | None]


def part_kind(form: Form, kind: str, key: str) -> str:
    """Return the kind of what stands under a key of a mapping of some kind, ``*`` for an item."""
    parts = form.parts.get(kind, {})
    return parts.get(key, parts.get(ANY, "prose" if key in form.prose else ""))


def in_braces(form: Form, node: Node, kind: str, *, flow: bool = False) -> str | None:
    """Return a value on one line, or None where it has to have several."""
    match node:
        case Scalar(value=value, style=style):
            if form.drawn(kind, node) is not None or "\n" in value:
                return None
            if flow and style == "plain" and not value:
                return None
            return one_line(node, key=False, flow=flow)
        case Mapping(entries=entries):
            if entries and _needs_lines(form, entries, kind):
                return None
            pieces: list[str] = []
            for entry in entries:
                part = part_kind(form, kind, entry.key.value)
                piece = in_braces(form, entry.value, part, flow=True)
                if piece is None:
                    return None
                pieces.append(f"{one_line(entry.key, key=True, flow=True)}: {piece}")
            return f"{{{', '.join(pieces)}}}"
        case Sequence(items=items):
            if items and kind in form.open:
                return None
            part = part_kind(form, kind, ANY)
            found = [in_braces(form, item, part, flow=True) for item in items]
            texts = [text for text in found if text is not None]
            return f"[{', '.join(texts)}]" if len(texts) == len(found) else None
        case _:
            assert_never(node)


def _needs_lines(form: Form, entries: tuple[Entry, ...], kind: str) -> bool:
    """Return whether the entries of a mapping of some kind have lines of their own."""
    if kind in form.titled:
        return any(entry.key.value in form.prose for entry in entries)
    if kind in form.short:
        return len(entries) > 1 or not _is_bare(entries[0].value)
    return kind in form.open


def _is_bare(node: Node) -> bool:
    """Return whether a value is a text without quotes, also where it stands in braces."""
    if not isinstance(node, Scalar):
        return False
    return one_line(node, key=False, flow=True) == one_line(node, key=False, flow=False)


def on_lines(form: Form, scalar: Scalar, kind: str, room: int) -> tuple[str, list[str]] | None:
    """Return the header and lines of a text in so many columns, None where it has to have one line.

    Of what is not prose the line ends stay where they are.
    """
    drawn = form.drawn(kind, scalar)
    if drawn is not None:
        return "|", drawn
    value = scalar.value.removesuffix("\n")
    folds = scalar.style == "folded" or "\n" not in scalar.value
    lines = filled(value, room) if folds else None
    if lines is None:
        return block_lines(scalar.value) if "\n" in scalar.value else None
    if len(lines) == 1 and value == scalar.value and cells(value) > room:
        return None
    own = _own_lines(scalar)
    if kind != "prose" and " ".join(own) == value and max(map(cells, own)) <= room:
        lines = own
    return (">-" if value == scalar.value else ">"), lines


def _own_lines(scalar: Scalar) -> list[str]:
    """Return the lines on which a text stands, without its header."""
    text = scalar.span.source.text[scalar.span.start : scalar.span.end]
    lines = [line.strip(" ") for line in text.rstrip().split("\n")]
    return lines[1:] if scalar.style == "folded" else lines
