"""Which metrics a ruleset computes: of what its parents offer, only what is read."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from kpi_engine.language import ir
from kpi_engine.ruleset.checked import Formula, Item, Metric, Pay, Rule, ScaleUse, Score


def needed_metrics(
    metrics: Mapping[str, Metric], score: Score | None, pay: Pay | None, mentioned: AbstractSet[str]
) -> list[Metric]:
    """Return what score and pay read, the metrics that are mentioned, and what all of these read.

    A ruleset without score and pay is about its metrics: all of them are returned.
    """
    if score is None and pay is None:
        return list(metrics.values())
    rules = [*_score_rules(score), *_pay_rules(pay)]
    waiting = [*_read(rules), *(name for name in metrics if name in mentioned)]
    needed: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in metrics and name not in needed:
            needed.add(name)
            waiting += _read([metrics[name].value])
    return [metric for metric in metrics.values() if metric.name in needed]


def _read(rules: Iterable[Rule]) -> list[str]:
    """Return the names that rules read; a metric is one of them by its name alone."""
    return [ref.name for rule in rules for ref in ir.references(rule.node) if ref.space == "metric"]


def _score_rules(score: Score | None) -> list[Rule]:
    if score is None:
        return []
    rules: list[Rule] = [formula for _, formula in score.steps]

    def visit(items: Iterable[Item]) -> None:
        for item in items:
            written = (item.points, item.empty)
            rules.extend(rule for rule in written if isinstance(rule, Formula | ScaleUse))
            visit(item.children)

    visit(score.items)
    return rules


def _pay_rules(pay: Pay | None) -> list[Rule]:
    return [] if pay is None else [rule for _, rule in (*pay.lines, *pay.steps)]
