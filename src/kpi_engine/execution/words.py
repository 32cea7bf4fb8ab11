"""Texts, labels and conditions read, or a reason why not."""

import polars as pl

from kpi_engine.execution.reading import Reading, chosen_reason

CONDITION_BY_SPELLING: dict[str, bool] = {
    "true": True,
    "1": True,
    "yes": True,
    "是": True,
    "false": False,
    "0": False,
    "no": False,
    "否": False,
}
"""The accepted spellings of a condition; Latin letters may be large or small."""


def read_text(
    given: pl.Expr, dtype: pl.DataType, labels: tuple[str, ...] | None, *, composed: bool
) -> Reading | None:
    """Return how texts are read, None where the column holds none.

    ``composed`` says that the column holds texts to be brought into Unicode's composed form (NFC).
    """
    if dtype != pl.String:
        return None
    text = given.str.normalize("NFC") if composed else given
    if labels is None:
        return Reading(given, text, pl.lit(None, dtype=pl.String))
    value = pl.when(text.is_in(list(labels))).then(text)
    return Reading(given, value, chosen_reason((), "unknown_label"))


def read_condition(given: pl.Expr, dtype: pl.DataType) -> Reading | None:
    """Return how conditions are read, None where the column holds none."""
    reason = chosen_reason((), "not_a_condition")
    if dtype == pl.Boolean:
        return Reading(given, given, reason)
    if dtype != pl.String and not dtype.is_integer():
        return None
    spelling = given.cast(pl.String).str.to_lowercase()
    value = (
        pl.when(spelling.is_in([word for word, known in CONDITION_BY_SPELLING.items() if known]))
        .then(True)
        .when(spelling.is_in([word for word, known in CONDITION_BY_SPELLING.items() if not known]))
        .then(False)
    )
    return Reading(given, value, reason)
