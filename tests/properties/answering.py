"""Comparisons that allow for the one refusal the plan may answer with: numbers beyond 64 bits."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from hypothesis import event, reject
from tests.properties.comparing import Tables, differences

from kpi_engine.reference.values import Row
from kpi_engine.ruleset.checked import Ruleset
from kpi_engine.text.errors import DataError

T = TypeVar("T")
TOO_LARGE = frozenset({"K460", "K461"})
"""A sum, or a computed number, that does not fit; the reference has no such limit."""


def differences_if_answered(
    ruleset: Ruleset, tables: Tables, period: str, history: Sequence[Row] = ()
) -> list[str]:
    """Return where plan and reference differ; numbers too large for the plan end the example."""
    return if_answered(lambda: differences(ruleset, tables, period, history=history))


def if_answered(answer: Callable[[], T]) -> T:
    """Return what the plan answers; numbers too large for it end the example."""
    try:
        return answer()
    except DataError as error:
        if {diagnostic.code for diagnostic in error.diagnostics} <= TOO_LARGE:
            event("a number beyond 64 bits")
            reject()
        raise
