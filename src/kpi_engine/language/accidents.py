"""Which mistake a token is that cannot stand where it stands, and what was probably meant."""

import re
from decimal import Decimal, InvalidOperation
from unicodedata import category, normalize

from kpi_engine.language.literals import compose_name, read_number
from kpi_engine.language.mistakes import Mistake
from kpi_engine.language.spellings import INSTEAD_BY_SIGN, UNIT_BY_OTHER_SPELLING
from kpi_engine.language.syntax import Place
from kpi_engine.language.tokens import RESERVED, UNIT_BY_SPELLING, Tokens

_SHOWN = 40
_MAX_EXPONENT = 18
_VALUES = frozenset({"name", "field", "number", "day", "hours", "text", ")", "]", "known"})
_PARTNERS = {"(": ")", "[": "]", ")": "(", "]": "["}

_FULL_WIDTH = range(0xFF01, 0xFF5F)
_FULL_WIDTH_DISTANCE = 0xFEE0

_NOTHING = frozenset({"none", "null"})
_INSTEAD_OF_IS_NOT = {
    "known": "is unknown",
    **dict.fromkeys(("unknown", *_NOTHING), "is known"),
}
_NUMBER_TAIL = re.compile(r"[eE][0-9]*(?:[-+][0-9]+)?|[_xXbBoO][0-9A-Fa-f_]*")
_NUMBER_AS_WRITTEN = re.compile(r"[0-9.][\w.]*(?:(?<=[0-9][eE])[-+][0-9]+)?|[0-9]+(?:,[0-9]{3})+")
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")


def too_big(measure: str, limit: int, place: Place) -> Mistake:
    """Return the mistake of a formula with more than ``limit`` of a measure."""
    return _mistake("K202", place, measure=measure, limit=limit)


def wrong_value(tokens: Tokens, index: int) -> Mistake:
    """Return the mistake of a token that stands where a value has to."""
    kind, found = tokens.kinds[index], tokens.texts[index]
    if kind in {"wrong", "other"}:
        return wrong_sign(tokens, index)
    if kind == "end":
        if index == 0:
            return Mistake("K201", Place(0, len(tokens.text)), ())
        return _mistake("K207", _place(tokens, index - 1), after=_shown(tokens.texts[index - 1]))
    if kind in ")]" and not _is_open(tokens, index):
        return without_partner(tokens, index)
    instead = None
    if kind == "if":
        instead = "a if condition else b"
    elif kind == "[":
        instead = "x in ['a', 'b']"
    elif kind == "not":
        instead = "(not x)"
    elif kind in {"known", "is"}:
        instead = "x is known"
    return _mistake("K206", _place(tokens, index), found=found, instead=instead)


def wrong_operator(tokens: Tokens, index: int) -> Mistake:
    """Return the mistake of a token that follows a value and does not go on from it."""
    kind, found = tokens.kinds[index], tokens.texts[index]
    if index > 0 and tokens.kinds[index - 1] == "number":
        after_number = _after_number(tokens, index)
        if after_number is not None:
            return after_number
    if kind in {"wrong", "other"}:
        return wrong_sign(tokens, index)
    if kind in {")", "]"} and not _is_open(tokens, index):
        return without_partner(tokens, index)
    after = tokens.texts[index - 1]
    instead = None
    if kind not in RESERVED and found.lower() in RESERVED:
        instead = found.lower()
    if kind == "not" and tokens.kinds[index + 1] == "in":
        instead = "not x in ['a', 'b']"
    elif kind == "else":
        instead = "a if condition else b"
    elif kind == "[":
        instead = "prefix.name"
    elif kind == "number" and after in UNIT_BY_SPELLING:
        instead = f"{found} {UNIT_BY_SPELLING[after]}"
    elif kind == "number" and tokens.kinds[index - 1] == "number":
        instead = f"{after} + {found}"
    place = _place(tokens, index)
    return _mistake("K209", place, found=_shown(found), after=_shown(after), instead=instead)


def without_partner(tokens: Tokens, index: int) -> Mistake:
    """Return the mistake of a bracket that is never closed, or closes nothing."""
    bracket = tokens.kinds[index]
    place = _place(tokens, index)
    return _mistake("K205", place, found=bracket, partner=_PARTNERS[bracket])


def wrong_sign(tokens: Tokens, index: int) -> Mistake:
    """Return the mistake of a token that has no meaning in formulas."""
    found, start, end = tokens.texts[index], tokens.starts[index], tokens.ends[index]
    follows_value = index > 0 and tokens.kinds[index - 1] in _VALUES
    if found in {"'", '"'}:
        return _mistake("K214", Place(start, len(tokens.text)), quote=found)
    if found == ".":
        digits = re.compile(r"\.[0-9]+").match(tokens.text, start)
        if digits is not None and not follows_value:
            return wrong_number(tokens.text, start)
        return _mistake("K204", Place(start, end), found=found)
    instead = INSTEAD_BY_SIGN.get(found)
    if instead is None and len(found) == 1 and ord(found) in _FULL_WIDTH:
        instead = chr(ord(found) - _FULL_WIDTH_DISTANCE)
    return _mistake("K203", Place(start, end), found=_visible(found), instead=instead)


def wrong_name(text: str, start: int, end: int) -> Mistake:
    """Return the mistake of a name with a character that stands in no name."""
    name = text[start:end]
    length = next(
        size for size in range(1, len(name) + 1) if compose_name(name[:size].rstrip(".")) is None
    )
    at = start + length - 1
    found = text[at]
    plain = normalize("NFKC", found)
    instead = plain if plain.isascii() and plain.isalnum() else None
    return _mistake("K203", Place(at, at + 1), found=_visible(found), instead=instead)


def wrong_number(text: str, start: int) -> Mistake:
    """Return the mistake of a number that is written in a way the language does not have."""
    around = (match for match in _THOUSANDS.finditer(text) if match.start() <= start < match.end())
    match = next(around, None) or _NUMBER_AS_WRITTEN.match(text, start)
    if match is None:
        raise AssertionError("a number starts with a digit or a point")
    found, place = match[0], Place(*match.span())
    return _mistake("K215", place, found=_shown(found), instead=_plain_number(found))


def wrong_list(tokens: Tokens, index: int) -> Mistake:
    """Return the mistake of a token after ``in``, or inside the list after it."""
    kind, found = tokens.kinds[index], _shown(tokens.texts[index])
    if kind in {"wrong", "other"}:
        return wrong_sign(tokens, index)
    instead = None
    if tokens.kinds[index - 1] == "in":
        if kind == "text":
            instead = f"[{found}]"
        elif kind == "(":
            instead = "['a', 'b']"
    elif kind == "text":
        instead = f", {found}"
    elif kind in {"name", "number", "true", "false"}:
        instead = f"'{found}'"
    return _mistake("K218", _place(tokens, index), found=found, instead=instead)


def wrong_state(tokens: Tokens, index: int) -> Mistake:
    """Return the mistake of a token after ``is`` that is neither ``known`` nor ``unknown``."""
    kind, found = tokens.kinds[index], tokens.texts[index]
    if kind in {"wrong", "other"}:
        return wrong_sign(tokens, index)
    if kind == "end":
        return wrong_value(tokens, index)
    if kind == "not":
        instead = _INSTEAD_OF_IS_NOT.get(tokens.texts[index + 1].lower(), "!=")
    elif found.lower() in _NOTHING:
        instead = "is unknown"
    else:
        instead = "=="
    return _mistake("K211", _place(tokens, index), found=_shown(found), instead=instead)


def _after_number(tokens: Tokens, index: int) -> Mistake | None:
    """Return the mistake of what follows a number if it was meant as a part of the number."""
    kind, found, number = tokens.kinds[index], tokens.texts[index], tokens.texts[index - 1]
    start, end = tokens.starts[index], tokens.ends[index]
    adjacent = start == tokens.ends[index - 1]
    has_unit = not number[-1].isdigit()
    if found == "%" or (kind == "name" and found in UNIT_BY_SPELLING):
        if has_unit:
            return _mistake("K213", Place(start, end), found=found, number=number)
        meant = f"{number}%" if found == "%" else f"{number} {UNIT_BY_SPELLING[found]}"
        return _mistake("K209", Place(start, end), found=found, after=number, instead=meant)
    if number.endswith("%") and kind in {"number", "("}:
        per_cent = tokens.ends[index - 1] - 1
        meant = INSTEAD_BY_SIGN["%"]
        return _mistake("K203", Place(per_cent, per_cent + 1), found="%", instead=meant)
    if has_unit:
        return None
    beginning = tokens.starts[index - 1]
    if found in {".", ","} and (adjacent and (found == "." or _thousands(tokens.text, beginning))):
        return wrong_number(tokens.text, beginning)
    if kind not in {"name", "field"}:
        return None
    if adjacent and _NUMBER_TAIL.fullmatch(found):
        return wrong_number(tokens.text, beginning)
    unit = UNIT_BY_OTHER_SPELLING.get(found) or UNIT_BY_OTHER_SPELLING.get(found.lower())
    instead = None
    if unit is not None:
        instead = f"{number}%" if unit == "%" else f"{number} {unit}"
    return _mistake("K212", Place(start, end), found=_shown(found), instead=instead)


def _thousands(text: str, start: int) -> bool:
    return _THOUSANDS.match(text, start) is not None


def _plain_number(written: str) -> str | None:
    """Return a number as the language writes it, or None if it has no such form."""
    try:
        number = Decimal(written.replace(",", ""))
    except InvalidOperation:
        return str(int(written, 16)) if re.fullmatch(r"0[xX][0-9A-Fa-f]{1,12}", written) else None
    if abs(number.adjusted()) > _MAX_EXPONENT:
        return None
    plain = format(number, "f")
    return None if read_number(plain) is None else plain


def _is_open(tokens: Tokens, index: int) -> bool:
    """Return whether the innermost bracket open before a closing one is its partner."""
    opened: list[str] = []
    for kind in tokens.kinds[:index]:
        if kind in {"(", "["}:
            opened.append(kind)
        elif kind in {")", "]"} and opened:
            opened.pop()
    return bool(opened) and opened[-1] == _PARTNERS[tokens.kinds[index]]


def _visible(character: str) -> str:
    """Return a character as it is, or its code point where it would not be seen."""
    if category(character[0])[0] in "CMZ":
        return f"U+{ord(character):04X}"
    return character


def _shown(found: str) -> str:
    return found if len(found) <= _SHOWN else f"{found[:_SHOWN]}…"


def _place(tokens: Tokens, index: int) -> Place:
    return Place(tokens.starts[index], tokens.ends[index])


def _mistake(code: str, place: Place, **facts: object) -> Mistake:
    return Mistake(code, place, tuple(facts.items()))
