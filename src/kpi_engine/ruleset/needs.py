"""Which metrics a ruleset computes: of what its parents offer, only what is read."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from kpi_engine.language import ir
from kpi_engine.ruleset.checked import Metric, Pay, Rule, Score
from kpi_engine.ruleset.rules import pay_rules, score_rules


def needed_metrics(
    metrics: Mapping[str, Metric], score: Score | None, pay: Pay | None, mentioned: AbstractSet[str]
) -> list[Metric]:
    """Return what score and pay read, the metrics that are mentioned, and what all of these read.

    A ruleset without score and pay is about its metrics: all are returned but those that read a
    score, which it offers to others.
    """
    if score is None and pay is None:
        return [metric for metric in metrics.values() if not metric.after_score]
    rules = (*score_rules(score), *pay_rules(pay))
    waiting = [*_read(rules), *(name for name in metrics if name in mentioned)]
    needed: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in metrics and name not in needed:
            needed.add(name)
            if metrics[name].table is None:
                waiting += _read([metrics[name].value])
    return [metric for metric in metrics.values() if metric.name in needed]


def _read(rules: Iterable[Rule]) -> list[str]:
    """Return the names that rules read; a metric is one of them by its name alone."""
    return [ref.name for rule in rules for ref in ir.references(rule.node) if ref.space == "metric"]
