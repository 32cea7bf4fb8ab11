"""A mistake in a formula, as a value."""

from dataclasses import dataclass

from kpi_engine.language.syntax import Place


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong at a place of a formula: a code of the messages and the facts they name.

    The caller, who knows where the formula stands in its file, makes the diagnostic of it:
    ``diagnose(mistake.code, span, **dict(mistake.facts))``.
    """

    code: str
    place: Place
    facts: tuple[tuple[str, object], ...]
