"""The rules of a ruleset that speak of a subject, wherever they stand."""

from collections.abc import Iterable, Iterator

from kpi_engine.ruleset.checked import Formula, Item, Pay, Rule, Score


def score_rules(score: Score | None) -> Iterator[Rule]:
    """Return the rules of the items, what their unknown points mean, and the steps."""
    if score is not None:
        yield from item_rules(score.items)
        yield from (formula for _, formula in score.steps)


def item_rules(items: Iterable[Item]) -> Iterator[Rule]:
    """Return the rules of items and of those inside them, what unknown points mean too."""
    for item in items:
        if item.points is not None:
            yield item.points
        if isinstance(item.empty, Formula):
            yield item.empty
        yield from item_rules(item.children)


def pay_rules(pay: Pay | None) -> Iterator[Rule]:
    """Return the rules of the lines and the steps."""
    if pay is not None:
        yield from (rule for _, rule in (*pay.lines, *pay.steps))
