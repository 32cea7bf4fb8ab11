"""How a text is written in YAML: bare where it can be, else in quotes or as a block of lines."""

import re
from typing import Final

import yaml

from kpi_engine.text.accidents import find_accident
from kpi_engine.text.characters import is_unseen
from kpi_engine.text.located import Scalar
from kpi_engine.text.render import cells

_UNSAFE_START = re.compile(r"[\s,\[\]{}#&*!|>'\"%@`]|[-?:](?:\s|$)|---|\.\.\.")
_UNSAFE = re.compile(r": |:$| #|[ \t]$|\t")
_UNSAFE_IN_BRACKETS = re.compile(r"[,\[\]{}?]|^:")
# One space alone: a line end stands for it, and for no more.
_BREAKS = re.compile(r"(?<! ) (?! )")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"}
_LATIN: Final = 0x100
_PLANE: Final = 0x10000


def one_line(scalar: Scalar, *, key: bool, flow: bool) -> str:
    r"""Return a text on one line, in quotes where it needs them.

    ``flow`` says that it stands between brackets. What was in quotes stays so where a reader of
    YAML would take the bare word for a number, a day or a truth value.

    >>> from kpi_engine.text.source import Source, Span
    >>> at = Span(Source("a.yaml", ""), 0, 0)
    >>> one_line(Scalar("round(x, 1)", "single", at), key=False, flow=False)
    'round(x, 1)'
    >>> one_line(Scalar("round(x, 1)", "single", at), key=False, flow=True)
    "'round(x, 1)'"
    """
    value = scalar.value
    bare = scalar.style == "plain" and "\n" not in value
    if (bare or not _has_two_readings(value, key=key)) and not _needs_quotes(value, flow=flow):
        return value
    if bare and not value:
        return ""
    if any(is_unseen(character) or character in "\n\t" for character in value):
        return f'"{"".join(map(_escaped, value))}"'
    if "'" in value and not {'"', "\\"} & {*value}:
        return f'"{value}"'
    return "'" + value.replace("'", "''") + "'"


def _has_two_readings(value: str, *, key: bool) -> bool:
    if find_accident(value, key=key) is not None:
        return True
    resolvers = yaml.SafeLoader.yaml_implicit_resolvers.get(value[:1], ())
    return any(pattern.match(value) for _, pattern in resolvers)


def _needs_quotes(value: str, *, flow: bool) -> bool:
    return (
        not value
        or _UNSAFE_START.match(value) is not None
        or _UNSAFE.search(value) is not None
        or (flow and _UNSAFE_IN_BRACKETS.search(value) is not None)
        or any(is_unseen(character) or character == "\n" for character in value)
    )


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if not is_unseen(character):
        return character
    point = ord(character)
    if point < _LATIN:
        return f"\\x{point:02X}"
    return f"\\u{point:04X}" if point < _PLANE else f"\\U{point:08X}"


def block_lines(value: str) -> tuple[str, list[str]] | None:
    r"""Return the header and the lines of a text as a `|` block, or None where it cannot be one.

    >>> block_lines("a | b\n1 | 2\n")
    ('|', ['a | b', '1 | 2'])
    """
    unseen = any(is_unseen(character) for character in value)
    if unseen or not value.strip() or "\t" in value:
        return None
    body = value.rstrip("\n")
    ends = len(value) - len(body)
    lines = body.split("\n") + [""] * (ends - 1)
    # where the first line is indented, the block has to say by how much it is itself
    indent = "2" if body[0] in " \n" else ""
    return f"|{indent}{'-' if not ends else '+' if ends > 1 else ''}", lines


def filled(value: str, room: int) -> list[str] | None:
    """Return a text in lines of so many cells, to be joined with spaces; None where it has breaks.

    A word that is wider has a line of its own.

    >>> filled("kept apart, joined again", 12)
    ['kept apart,', 'joined again']
    """
    if "\n" in value or value != value.strip(" ") or "\t" in value:
        return None
    if not value or any(is_unseen(character) for character in value):
        return None
    lines: list[str] = []
    for word in _BREAKS.split(value):
        if lines and cells(lines[-1]) + 1 + cells(word) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
