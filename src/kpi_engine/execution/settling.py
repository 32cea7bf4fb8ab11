"""The metrics that are provisional when a run looks at the data: rows of theirs may still come."""

from collections.abc import Iterable, Mapping
from datetime import date

from kpi_engine.execution.look import Look, day_from
from kpi_engine.execution.rules import named_rules
from kpi_engine.language import ir
from kpi_engine.plan.nodes import Calendar
from kpi_engine.ruleset.checked import SCORE, Rule, Ruleset


def provisional_metrics(ruleset: Ruleset, look: Look) -> dict[str, date]:
    """Return the provisional metrics by name, each with the first day from which it is final.

    A metric that is computed from others is as late as the last of them.
    """
    calendar = Calendar(ruleset.zone, ruleset.day_starts)
    end = look.window.end
    return {
        name: day_from(end + settles, calendar)
        for name, settles in _settles_by_name(ruleset).items()
        if look.as_of < end + settles
    }


def _settles_by_name(ruleset: Ruleset) -> dict[str, int]:
    """Return how long after the period's end each metric is final, in microseconds."""
    found: dict[str, int] = {}
    for metric in ruleset.metrics.values():
        if metric.after_score and SCORE not in found:
            score = (rule for name, rule in named_rules(ruleset) if name.startswith("score."))
            found[SCORE] = _latest(score, found)
        of_rows = metric.table is not None
        found[metric.name] = metric.settles if of_rows else _latest([metric.value], found)
    found.pop(SCORE, None)
    return found


def _latest(rules: Iterable[Rule], known: Mapping[str, int]) -> int:
    read = (ref.name for rule in rules for ref in ir.references(rule.node) if ref.space == "metric")
    return max((known[name] for name in read), default=0)
