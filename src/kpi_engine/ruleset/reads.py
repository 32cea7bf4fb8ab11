"""Which input tables a ruleset reads, found without a plan: params may still be required."""

from collections.abc import Iterable, Iterator, Mapping

from kpi_engine.language import ir
from kpi_engine.ruleset.checked import Formula, Match, Metric, Rule, Ruleset, Table
from kpi_engine.ruleset.needs import needed_metrics
from kpi_engine.ruleset.rules import pay_rules, score_rules

_ROWS = ""
"""Stands for the rows of a table: what decides that they are there, whatever is read of them."""

_BEFORE = "before"

_Read = tuple[str, str]
"""A table and a column of it, or what is read behind a dot from its rows."""


def inputs_read(ruleset: Ruleset) -> tuple[str, ...]:
    """Return the input tables that a run reads, in the order of the ruleset."""
    rules = (*score_rules(ruleset.score), *pay_rules(ruleset.pay))
    return _inputs(ruleset, list(ruleset.metrics.values()), rules)


def inputs_of_score(ruleset: Ruleset) -> tuple[str, ...]:
    """Return the input tables that the score reads, the roster among them; none without a score."""
    if ruleset.score is None:
        return ()
    metrics = needed_metrics(ruleset.metrics, ruleset.score, None, frozenset())
    return _inputs(ruleset, metrics, tuple(score_rules(ruleset.score)))


def _inputs(ruleset: Ruleset, metrics: list[Metric], rules: tuple[Rule, ...]) -> tuple[str, ...]:
    tables = ruleset.tables
    waiting = list(_asked(ruleset, metrics, rules))
    done: set[_Read] = set()
    while waiting:
        read = waiting.pop()
        if read not in done:
            done.add(read)
            waiting += [(read[0], _ROWS), *_behind(read, tables)]
    return tuple(
        name for name, table in tables.items() if table.origin is None and (name, _ROWS) in done
    )


def _asked(ruleset: Ruleset, metrics: list[Metric], rules: tuple[Rule, ...]) -> Iterator[_Read]:
    """Return what a run asks for: of the roster, of what is looked up for it, and of metrics."""
    roster = ruleset.subject.table
    yield from ((roster, name) for name in ruleset.subject.key)
    about = [rule.node for rule in rules]
    if ruleset.subject.where is not None:
        yield from _names(roster, ruleset.subject.where.node)
    for metric in metrics:
        if metric.table is None:
            about.append(metric.value.node)
            continue
        formulas = [metric.value, *([metric.where] if metric.where is not None else [])]
        yield from ((metric.table, name) for name in metric.key)
        yield metric.table, metric.clock or _ROWS
        for formula in formulas:
            yield from _names(metric.table, formula.node)
    for node in about:
        found = (ref for ref in ir.references(node) if ref.space in {"roster", "subject"})
        yield from ((roster, ref.name) for ref in found)


def _names(table: str, node: ir.Node) -> Iterator[_Read]:
    return ((table, ref.name) for ref in ir.references(node) if ref.space == "row")


def _behind(read: _Read, tables: Mapping[str, Table]) -> Iterator[_Read]:
    """Return what a column of a table is made from, or what decides which rows a table has."""
    table, name = tables[read[0]], read[1]
    prefix, dot, column = name.rpartition(".")
    added = dict(table.add)
    if name == _ROWS:
        yield from _behind_rows(table)
    elif dot:
        yield from _behind_dot(table, prefix, column, tables)
    elif name in added:
        yield from _of_formula(table, added[name], besides=name)
    elif table.origin is not None and name in tables[table.origin].types:
        yield table.origin, name


def _behind_rows(table: Table) -> Iterator[_Read]:
    columns = [*table.identity, *([table.clock] if table.clock is not None else [])]
    yield from ((table.name, name) for name in columns)
    for _, formula in table.drop:
        yield from _of_formula(table, formula)
    for match in table.matches:
        if match.every:
            yield from _of_match(table, match)
    if table.origin is None:
        return
    yield table.origin, _ROWS
    conditions = [table.where] if table.where is not None else []
    if table.runs is not None:
        conditions.append(table.runs.starts_when)
        yield from ((table.origin, name) for name in table.runs.in_order)
    for condition in conditions:
        yield from (
            (table.origin, each.removeprefix(f"{_BEFORE}."))
            for _, each in _names(table.name, condition.node)
        )


def _behind_dot(
    table: Table, prefix: str, column: str, tables: Mapping[str, Table]
) -> Iterator[_Read]:
    match = next((match for match in table.matches if match.name == prefix), None)
    if match is not None:
        yield match.to, column
        yield from _of_match(table, match)
    elif prefix in tables:
        other = tables[prefix]
        yield prefix, column if other.long is None else other.long[1]
        yield from ((prefix, key) for key in other.identity)
        yield from ((table.name, key) for key in other.key if key in table.types)


def _of_match(table: Table, match: Match) -> Iterator[_Read]:
    yield match.to, _ROWS
    for name in match.same:
        yield table.name, name
        yield match.to, name
    formulas = [preference.formula for preference in match.prefer]
    for formula in (*formulas, *([match.where] if match.where is not None else [])):
        yield from _of_formula(table, formula)


def _of_formula(table: Table, formula: Formula, besides: str = "") -> Iterator[_Read]:
    """Return what a formula of a table reads: of its own rows, or of those it is made from.

    Aggregates gather the rows it is made from, and so does a column that has the name of one.
    """
    gathered = frozenset(ref for each in ir.aggregates(formula.node) for ref in ir.references(each))
    for ref in _of_rows(ir.references(formula.node)):
        above = table.origin is not None and (ref in gathered or ref.name == besides)
        yield (table.origin if above and table.origin is not None else table.name), ref.name


def _of_rows(refs: Iterable[ir.Ref]) -> Iterator[ir.Ref]:
    return (ref for ref in refs if ref.space == "row")
