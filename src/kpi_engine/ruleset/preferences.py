"""Preferences: what decides between rows or subjects that are equal so far."""

from kpi_engine.language.scopes import Scope
from kpi_engine.ruleset.checked import Preference
from kpi_engine.ruleset.sheet import Path, Sheet, formula_at, report, span_of

_DIRECTIONS = ("highest", "lowest")


def preference_at(sheet: Sheet, path: Path, text: str, scope: Scope) -> Preference | None:
    """Return ``highest x`` or ``lowest x`` at a path, or None after noting that it is neither."""
    direction, _, rest = text.partition(" ")
    if direction not in _DIRECTIONS or not rest.strip():
        report(sheet, "K346", span_of(sheet, path), text=text)
        return None
    # blanks in place of the word keep every place in the formula where it is written
    formula = formula_at(sheet, path, " " * len(direction) + " " + rest, scope)
    return Preference(direction == "highest", formula)
