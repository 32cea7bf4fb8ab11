"""Unquoted words that one YAML reader takes for text and another for something else."""

import re

_BOOLEANS = {
    **dict.fromkeys(("yes", "on", "y", "true"), "true"),
    **dict.fromkeys(("no", "off", "n", "false"), "false"),
}
_WORDS = {
    spelling: meaning
    for word, meaning in (*_BOOLEANS.items(), ("null", "null"))
    for spelling in (word, word.capitalize(), word.upper())
}
_VALUES = {
    word: meaning for word, meaning in _WORDS.items() if word not in {"true", "false", "null"}
}
_KEYS = {**_WORDS, "~": "null"}

# What find_accident and the composition need to look at: no other unquoted word, and no word
# that starts otherwise, has a second reading.
SUSPECT_WORDS = frozenset({*_VALUES, *_KEYS, "", "<<"})
SUSPECT_STARTS = frozenset("0123456789+-.")

_LEADING_ZERO = re.compile(r"[-+]?0[0-9_]+(\.[0-9_]*)?")
_UNDERSCORE = re.compile(r"[-+]?(?=[^_]*_)[0-9]*\.?[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?")
_PREFIX = re.compile(r"[-+]?0([xX][0-9a-fA-F_]+|[bB][01_]+|[oO][0-7_]+)")
_BASE_BY_PREFIX = {"x": 16, "b": 2, "o": 8}
_SEXAGESIMAL = re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")

Accident = tuple[str, dict[str, object]]


def find_accident(word: str, *, key: bool, time: bool = False) -> Accident | None:
    """Return the code and the facts of an unquoted word with two readings, or None.

    ``time`` says that a time of day was expected, which YAML 1.1 takes for a number.

    >>> find_accident("no", key=False)
    ('K119', {'word': 'no', 'meaning': 'false'})
    >>> find_accident("08:30", key=False, time=True)
    """
    if key:
        if word in _KEYS:
            return "K120", {"word": word, "meaning": _KEYS[word]}
    elif word in _VALUES:
        return "K119", {"word": word, "meaning": _VALUES[word]}
    if word[:1] not in SUSPECT_STARTS:
        return None
    if _SEXAGESIMAL.fullmatch(word):
        return None if time else ("K124", {"word": word})
    if _LEADING_ZERO.fullmatch(word):
        return "K121", {"word": word}
    if _UNDERSCORE.fullmatch(word):
        return "K122", {"word": word}
    prefix = _PREFIX.fullmatch(word)
    if prefix:
        return "K123", {"word": word, "base": _BASE_BY_PREFIX[prefix.group(1)[0].lower()]}
    return None
