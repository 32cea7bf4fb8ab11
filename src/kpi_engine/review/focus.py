"""A ruleset reduced to what a test case looks at: what it checks, and all that follows from."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from kpi_engine.language import ir
from kpi_engine.review.binding import BoundCase, Check
from kpi_engine.ruleset.checked import PAY, SCORE, Rule, Ruleset, Table
from kpi_engine.ruleset.rules import pay_rules, score_rules


@dataclass(frozen=True, slots=True)
class Focus:
    """The metrics that a case looks at, by name, and whether it does at the score and the pay."""

    metrics: frozenset[str]
    score: bool
    pay: bool


def whole_of(ruleset: Ruleset) -> Focus:
    """Return the focus on all that a ruleset computes."""
    return Focus(frozenset(ruleset.metrics), score=True, pay=True)


def focus_of(bound: BoundCase, ruleset: Ruleset) -> Focus:
    """Return what a case looks at: what it checks, gives or counts, and all that this reads.

    Which rows of a table are counted follows from the columns that are read of it: a case that
    counts them looks at every metric from that table. So does one with a history at everything.
    """
    if bound.history:
        return whole_of(ruleset)
    evaluations = bound.evaluations
    columns = {check.target.column for check in checks_of(bound)}
    names = {value.name for each in evaluations for value in each.given}
    names |= {check.name for check in bound.rows if check.section == "metrics"}
    for check in bound.rows:
        if check.section == "tables":
            names |= _readers(ruleset, check.name)
    for name in ruleset.metrics:
        column = f"metric.{name}"
        if columns & {column, f"{column}.status", f"{column}.n"}:
            names.add(name)
    of_score = any(column.startswith(("points.", "step.", SCORE)) for column in columns)
    of_pay = any(column.startswith(("line.", PAY)) for column in columns)
    names |= {SCORE} if of_score else set()
    names |= {PAY} if of_pay else set()
    return _all_behind(names, ruleset)


def checks_of(bound: BoundCase) -> Iterator[Check]:
    """Return every value that a case expects of somebody."""
    for evaluation in bound.evaluations:
        yield from evaluation.checks
    for subject in bound.subjects:
        yield from subject.checks


def focused(ruleset: Ruleset, focus: Focus) -> Ruleset:
    """Return a ruleset that computes no more than a focus."""
    metrics = {name: each for name, each in ruleset.metrics.items() if name in focus.metrics}
    score = ruleset.score if focus.score else None
    return replace(ruleset, metrics=metrics, score=score, pay=ruleset.pay if focus.pay else None)


def _all_behind(names: set[str], ruleset: Ruleset) -> Focus:
    waiting, seen = list(names), set[str]()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        waiting += _read(_rules(name, ruleset))
    metrics = frozenset(seen & ruleset.metrics.keys())
    return Focus(metrics, score=SCORE in seen, pay=PAY in seen)


def _rules(name: str, ruleset: Ruleset) -> Iterable[Rule]:
    """Return the rules about a subject behind a name; what comes from rows has none."""
    if name == SCORE:
        return score_rules(ruleset.score)
    if name == PAY:
        return pay_rules(ruleset.pay)
    metric = ruleset.metrics.get(name)
    return (metric.value,) if metric is not None and metric.table is None else ()


def _read(rules: Iterable[Rule]) -> Iterator[str]:
    for rule in rules:
        yield from (ref.name for ref in ir.references(rule.node) if ref.space == "metric")


def _readers(ruleset: Ruleset, table: str) -> set[str]:
    """Return the metrics from rows that are those of a table, or made from them."""
    from_rows = ((name, metric.table) for name, metric in ruleset.metrics.items() if metric.table)
    return {name for name, rows in from_rows if table in _sources(rows, ruleset.tables)}


def _sources(name: str, tables: Mapping[str, Table]) -> set[str]:
    """Return a table and those whose rows it is made from or matched with."""
    waiting, seen = [name], set[str]()
    while waiting:
        table = tables[waiting.pop()]
        if table.name not in seen:
            seen.add(table.name)
            waiting += [match.to for match in table.matches]
            waiting += [table.origin] if table.origin is not None else []
    return seen
