"""What formulas mention, before any of them is typed: the order in which metrics are checked."""

from collections.abc import Set as AbstractSet

from kpi_engine.language.mistakes import Mistake
from kpi_engine.ruleset.checked import PAY, SCORE
from kpi_engine.ruleset.context import Context, circle_words, in_order, names_in
from kpi_engine.ruleset.document import MetricDocument
from kpi_engine.ruleset.groups import PREVIOUS
from kpi_engine.ruleset.sheet import key_span, parsed, report


def metric_order(context: Context, score_needs: frozenset[str]) -> list[str]:
    """Return the metrics, and the score among them, so that each follows what it reads."""
    documents = context.document.metrics
    elsewhere = {*context.document.groups, PREVIOUS}
    needs: dict[str, list[str]] = {
        name: [] if document.from_ is not None else _needed(_mentions(document), elsewhere)
        for name, document in documents.items()
    }
    if context.document.score is not None:
        needs[SCORE] = _needed(score_needs, elsewhere)
    order, circles = in_order(needs)
    for circle in circles:
        path = ("metrics", circle[0]) if circle[0] in documents else ("score",)
        report(context.sheet, "K373", key_span(context.sheet, path), **circle_words(circle))
    return order


def _needed(mentions: AbstractSet[str], elsewhere: AbstractSet[str]) -> list[str]:
    """Return what must be checked before names are read: behind some dots stand metrics."""
    needed = set(mentions)
    for name in mentions:
        prefix, _, behind = name.partition(".")
        if prefix in elsewhere and behind not in {SCORE, PAY}:
            needed.add(behind)
    return sorted(needed)


def _mentions(document: MetricDocument) -> frozenset[str]:
    return mentioned(rule_texts(document.value))


def rule_texts(rule: str | dict[str, str | list[str]]) -> list[str]:
    """Return the formulas of a rule as they are written."""
    if isinstance(rule, str):
        return [rule]
    texts = [text for text in rule.values() if isinstance(text, str)]
    lists = [text for text in rule.values() if isinstance(text, list)]
    return texts + [text.partition(" ")[2] for preferences in lists for text in preferences]


def mentioned(texts: list[str]) -> frozenset[str]:
    """Return the names that formulas mention; those that do not parse are reported elsewhere."""
    trees = [parsed(text) for text in texts]
    found = (names_in(tree) for tree in trees if not isinstance(tree, Mistake))
    return frozenset().union(*found)
