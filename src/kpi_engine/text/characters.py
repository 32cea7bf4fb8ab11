"""Characters that people cannot see or that YAML and editors disagree about."""

import re

from kpi_engine.text.diagnostics import MAX_FINDINGS, Diagnostic, diagnose
from kpi_engine.text.source import Source, Span

# Zero width joiners (200C, 200D) belong to scripts and emoji and stay; the direction marks and
# overrides beside them let a line show other words than it holds.
_FORBIDDEN = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\u200a\u200c\u200d\u2010-\u2027\u202f-\u205f\u2070-\ud7ff\ue000-\ufefe"
    "\uff00-\ufffd\U00010000-\U0010ffff]|[\xad\u061c]|\r(?!\n)"
)
_TAB_INDENTATION = re.compile(r"^ *\t[ \t]*", re.MULTILINE)
_LINE_SEPARATORS = "\r\x85\u2028\u2029"


def find_characters(source: Source) -> tuple[str, list[Diagnostic]]:
    """Return the text with every refused character made harmless, and the refusals.

    The text keeps its length, so places in it are places in the source.
    """
    text = source.text
    found: list[Diagnostic] = []
    # none of the refused characters is printable: most texts end here, ten times as fast
    if text.replace("\r\n", "").replace("\n", "").isprintable():
        return text, found
    returns = 0
    for match in _FORBIDDEN.finditer(text):
        character = match.group()
        returns += character == "\r"
        # a file with carriage returns alone has one on every line; the first says it all
        if character == "\r" and returns > 1:
            continue
        if len(found) > MAX_FINDINGS:
            break
        found.append(_refuse(source, match.start(), character))
    if found:
        text = _FORBIDDEN.sub(lambda match: "\n" if match.group() == "\r" else " ", text)
    if "\t" in text:
        found += [
            diagnose("K107", Span(source, text.index("\t", match.start()), match.end()))
            for match in _TAB_INDENTATION.finditer(text)
        ]
        text = _TAB_INDENTATION.sub(lambda match: match.group().replace("\t", " "), text)
    return text, found


def is_unseen(character: str) -> bool:
    """Return whether a character may stand in a text as an escape alone.

    >>> is_unseen("\u200b"), is_unseen("客")
    (True, False)
    """
    return (
        not character.isprintable()
        and character not in "\t\n"
        and (_FORBIDDEN.match(character) is not None)
    )


def _refuse(source: Source, offset: int, character: str) -> Diagnostic:
    point = ord(character)
    name = f"U+{point:04X}"
    span = Span(source, offset, offset + 1)
    if character in _LINE_SEPARATORS:
        return diagnose("K106", span, character=name)
    escape = f"\\x{point:02X}" if point < 0x100 else f"\\u{point:04X}"  # noqa: PLR2004
    return diagnose("K105", span, character=name, escape=escape)
