"""The rules of a ruleset, wherever they stand: those that speak of a subject, and of rows."""

from collections.abc import Iterable, Iterator

from kpi_engine.ruleset.checked import Formula, Item, Pay, Rule, Score, Table


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


def table_formulas(table: Table) -> Iterator[Formula]:
    """Return the formulas that make the rows of a table."""
    if table.where is not None:
        yield table.where
    if table.runs is not None:
        yield table.runs.starts_when
    for match in table.matches:
        if match.where is not None:
            yield match.where
        yield from (preference.formula for preference in match.prefer)
    yield from (formula for _, formula in (*table.add, *table.drop))
