"""What the compiler says back, as data; how it looks is decided by the renderers."""

from dataclasses import dataclass
from typing import Final, Literal

from kpi_engine.text.messages import MESSAGES, RELATED
from kpi_engine.text.source import Span

MAX_FINDINGS: Final = 100
"""How many mistakes are told of one text: the rest of it follows from them, or is no ruleset."""

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that has to do with a finding, and what stands there."""

    message: str
    span: Span


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding: a stable code, a sentence, the place it speaks of, and the likely fix.

    ``span`` is None where a finding speaks of no text (a missing file, a data table). ``related``
    are the other ends of what lies between two places, such as two layers.
    """

    code: str
    severity: Severity
    message: str
    span: Span | None = None
    help: str | None = None
    related: tuple[Related, ...] = ()


def diagnose(code: str, span: Span | None = None, **facts: object) -> Diagnostic:
    """Return the diagnostic of a code, its sentences filled with the facts of the case.

    A help sentence one of whose facts is None is left out.
    """
    message = MESSAGES[code]
    hint = message.help
    if hint is not None and any(
        value is None and f"{{{name}}}" in hint for name, value in facts.items()
    ):
        hint = None
    return Diagnostic(
        code,
        message.severity,
        message.text.format(**facts),
        span,
        hint.format(**facts) if hint is not None else None,
    )


def relate(word: str, span: Span, **facts: object) -> Related:
    """Return another end of a finding, said with the sentence of a word."""
    return Related(RELATED[word].format(**facts), span)


def in_reading_order(diagnostics: list[Diagnostic]) -> list[Diagnostic]:
    """Return the diagnostics sorted by file and place, those without a place first.

    Each is returned once; of one place and code they stay in the order they were found.
    """

    def place(diagnostic: Diagnostic) -> tuple[str, int, int, str]:
        span = diagnostic.span
        if span is None:
            return ("", 0, 0, diagnostic.code)
        return (span.source.name, span.start, span.end, diagnostic.code)

    return sorted(dict.fromkeys(diagnostics), key=place)


def has_errors(diagnostics: list[Diagnostic]) -> bool:
    """Return whether any of the diagnostics is an error."""
    return any(diagnostic.severity == "error" for diagnostic in diagnostics)
