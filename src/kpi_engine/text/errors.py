"""The exceptions at the border: inside, mistakes are values."""

from collections.abc import Sequence

from kpi_engine.text.diagnostics import Diagnostic, in_reading_order
from kpi_engine.text.render import render_text


class KpiError(Exception):
    """What kpi_engine raises; ``diagnostics`` hold every finding, not the first alone."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = tuple(in_reading_order(list(diagnostics)))
        super().__init__(render_text(self.diagnostics))


class RulesetError(KpiError):
    """A ruleset that cannot be used, with every mistake found in it."""


class DataError(KpiError):
    """Input data that a run cannot start from."""
