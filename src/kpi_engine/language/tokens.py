"""A formula cut into tokens: names, literals and signs, each with its place."""

import re
from functools import lru_cache
from itertools import accumulate
from operator import add

from kpi_engine.language.currencies import CODE_BY_SPELLING, MINOR_DIGITS
from kpi_engine.text.nodes import passive

RESERVED = frozenset(
    {"and", "or", "not", "if", "else", "in", "is", "known", "unknown", "true", "false"}
)
"""The words that are no names."""

UNIT_BY_SPELLING: dict[str, str] = {
    "%": "%",
    "s": "s",
    "min": "min",
    "h": "h",
    "day": "days",
    "days": "days",
    **CODE_BY_SPELLING,
    **{code: code for code in MINOR_DIGITS},
}
"""The unit meant by each spelling that may follow a number."""

_SIGNS = ("==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "(", ")", "[", "]", ",")
_KIND_BY_TEXT = {text: text for text in (*_SIGNS, *RESERVED)}

_NAME = r"[^\W\d]\w*"
_CLOCK = r"[0-9]{1,2}[:：][0-9]\w*"
_UNITS = "|".join(sorted(map(re.escape, UNIT_BY_SPELLING.keys() - {"%"}), key=len, reverse=True))
# In the order they are tried. Days and clock times are cut generously, so that a misspelt one stays
# in one piece and is answered as what it was meant to be.
_PATTERN_BY_KIND = {
    "name": rf"{_NAME}(?:\.{_NAME})?",
    "day": r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}\w*",
    "hours": rf"{_CLOCK}(?:\s*[-~–—]\s*{_CLOCK})?",
    "number": rf"[0-9]+(?:\.[0-9]+)?(?:[ ]?(?:%|(?:{_UNITS})(?!\w)))?",
    "wrong": r"\*\*|//|===|!==|=<|=>|<>|&&|\|\|",
    "sign": r"[=!<>]=|[-+*/<>(),\[\]]",
    "text": r"""'(?:[^'\r\n]|'')*'|"(?:[^"\r\n]|"")*\"""",
    "other": r"\S",
}
_TOKEN = re.compile(
    "|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _PATTERN_BY_KIND.items())
)
# Every token with the white space after it, so that lengths add up to places.
_PIECE = re.compile(rf"(?:{'|'.join(_PATTERN_BY_KIND.values())})\s*")
_UNCOMMON = re.compile(r"[^\w\s\x00-\x7f]")


@passive
class Tokens:
    """The tokens of a text as columns of equal length, the last token of the kind ``end``.

    A kind is the token itself for signs and reserved words, else one of ``name``, ``field`` (a
    name with a prefix), ``number``, ``day``, ``hours``, ``text``, ``wrong``, ``other``, ``end``.
    """

    text: str
    kinds: list[str]
    texts: list[str]
    starts: list[int]
    ends: list[int]


def tokenize(text: str) -> Tokens:
    """Return the tokens of a formula; what has no meaning in one is a token too.

    >>> tokenize("shop.aov >= 70%").texts
    ['shop.aov', '>=', '70%', '']
    """
    plain = _with_plain_marks(text)
    pieces = _PIECE.findall(plain)
    texts = list(map(str.rstrip, pieces))
    starts = list(accumulate(map(len, pieces), initial=len(plain) - len(plain.lstrip())))
    ends = list(map(add, starts, map(len, texts)))
    kinds = list(map(_kind, texts))
    if plain is not text:
        texts = [text[start:end] for start, end in zip(starts, ends, strict=False)]
    kinds.append("end")
    texts.append("")
    ends.append(len(text))
    return Tokens(text, kinds, texts, starts, ends)


@lru_cache(maxsize=4096)
def _kind(piece: str) -> str:
    """Return the kind of a token, which its text alone decides."""
    kind = _KIND_BY_TEXT.get(piece)
    if kind is not None:
        return kind
    match = _TOKEN.match(piece)
    if match is None or match.lastgroup is None:
        return "other"
    return "field" if match.lastgroup == "name" and "." in piece else match.lastgroup


def _with_plain_marks(text: str) -> str:
    """Return the text, of the same length, with ``_`` for letters the pattern does not know.

    The class of word characters leaves out the marks of Thai, Hindi and decomposed Latin names.
    """
    if text.isascii():
        return text
    return _UNCOMMON.sub(lambda mark: "_" if f"a{mark[0]}".isidentifier() else mark[0], text)
