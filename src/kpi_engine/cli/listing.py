"""Rulesets side by side as people read them: one row each."""

from __future__ import annotations  # the types of the facade are loaded on use

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from fractions import Fraction

from rich.table import Table
from rich.text import Text

import kpi_engine as ke
from kpi_engine.cli.summaries import counted

HEADS = ("system", "platform", "role", "needs", "metrics", "weights", "pay", "scored from")
"""The heads of the cells of a row; its name and its source stand around them."""

_NOTHING = "–"
_HUNDREDTHS = 100


def listing_table(summaries: Iterable[ke.RulesetSummary]) -> Table:
    """Return the table of a terminal: name, system and source of a ruleset share one cell."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 1, 0))
    for head in ("ruleset", *HEADS[2:]):
        table.add_column(head, overflow="fold")
    for summary in summaries:
        system, _, *cells = summary_cells(summary)
        source = said(summary.source)
        name = Text.assemble((summary.ruleset, "bold"), f"\n{system}\n", (source, "dim"))
        table.add_row(name, *map(Text, cells))
    return table


def summary_document(summary: ke.RulesetSummary) -> dict[str, object]:
    """Return a row for machines; a weight is an exact fraction of the whole, or null."""
    weights = {
        path: None if share is None else str(share) for path, share in summary.weights.items()
    }
    return {**asdict(summary), "weights": weights}


def summary_cells(summary: ke.RulesetSummary, code: Callable[[str], str] = str) -> list[str]:
    """Return the cells under `HEADS`; ``code`` marks what is written so in the ruleset."""
    return [
        said(summary.title) or _NOTHING,
        summary.platform or _NOTHING,
        code(summary.roster) + ("" if summary.where is None else f" where {code(summary.where)}"),
        _needs(summary, code),
        _metrics(summary, code),
        _weights(summary, code),
        "; ".join(f"{name}: {code(rule)}" for name, rule in summary.pay.items()) or _NOTHING,
        ", ".join(summary.scored_from) or _NOTHING,
    ]


def said(words: Mapping[str, str]) -> str:
    """Return words in English, or in the language there is.

    >>> said({"zh": "旺旺回复率", "en": "Reply rate"}), said({"zh": "旺旺回复率"}), said({})
    ('Reply rate', '旺旺回复率', '')
    """
    return words.get("en") or next(iter(words.values()), "")


def _needs(summary: ke.RulesetSummary, code: Callable[[str], str]) -> str:
    return ", ".join([*map(code, summary.inputs), *(["earlier results"] * summary.history)])


def _metrics(summary: ke.RulesetSummary, code: Callable[[str], str]) -> str:
    if not summary.weights and not summary.pay:
        return f"a shelf of {counted(len(summary.metrics), 'metric')}"
    return ", ".join(map(code, summary.metrics)) or _NOTHING


def _weights(summary: ke.RulesetSummary, code: Callable[[str], str]) -> str:
    """Return the weights of the items, those of a group's own behind it."""
    top = [path for path in summary.weights if "/" not in path]
    parts = ", ".join(_weight(path, summary.weights) for path in top)
    order = "" if summary.order is None else f": from {code(summary.order)}"
    return f"{parts}{order}" or _NOTHING


def _weight(path: str, weights: Mapping[str, Fraction | None]) -> str:
    depth = path.count("/") + 1
    inside = [p for p in weights if p.startswith(f"{path}/") and p.count("/") == depth]
    own = f"{path.rpartition('/')[2]} {_share(weights[path])}"
    if len(inside) == 1 or weights[path] is None:
        return own
    parts = ", ".join(_weight(each, weights) for each in inside)
    return f"{own} ({parts})" if parts else own


def _share(share: Fraction | None) -> str:
    """Return a share in per cent where that is exact to two places, else as a fraction.

    >>> _share(Fraction(9, 40)), _share(Fraction(137, 300)), _share(None)
    ('22.5%', '137/300', 'required')
    """
    if share is None:
        return "required"
    per_cent = share * _HUNDREDTHS
    if (per_cent * _HUNDREDTHS).denominator != 1:
        return str(share)
    return f"{float(per_cent):g}%"
