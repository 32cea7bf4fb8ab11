"""The exit statuses, which scripts rely on."""

from collections.abc import Iterable
from enum import IntEnum

import kpi_engine as ke


class Exit(IntEnum):
    """What the status of a command says."""

    CLEAN = 0
    """Nothing to object to."""
    FINDINGS = 1
    """Errors were found, tests failed or reached less of a ruleset than they should, a run or
    closing was written with rejects or held pay, or a change went beyond its limit."""
    COULD_NOT_RUN = 2
    """Nothing was done and nothing written."""


EXIT_BY_VERDICT = {
    "verified": Exit.CLEAN,
    "differs": Exit.FINDINGS,
    "could_not_run": Exit.COULD_NOT_RUN,
}
"""What the status of `verify` is."""

NOTHING_READ = frozenset({"K101", "K102", "K501", "K550"})
"""The codes of findings that say: there was nothing to read."""


def status_of(diagnostics: Iterable[ke.Diagnostic]) -> Exit:
    """Return the status of a check or test; warnings and notes do not count."""
    codes = {finding.code for finding in diagnostics if finding.severity == "error"}
    if not codes:
        return Exit.CLEAN
    return Exit.COULD_NOT_RUN if codes <= NOTHING_READ else Exit.FINDINGS
