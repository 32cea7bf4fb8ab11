"""What formulas say of a group or of last period, made metrics of their own.

`mean(aov, shop)`, `shop.aov` and `previous.aov` are values like any other: each is computed once,
under the name that is written, before the first formula that reads it.
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from kpi_engine.language import ir
from kpi_engine.language.across import differing_part
from kpi_engine.language.functions import spans_group
from kpi_engine.language.kinds import Kind, Level
from kpi_engine.language.printer import print_formula
from kpi_engine.language.scopes import Scope, full_name
from kpi_engine.language.syntax import Call, Expr, Name, parts_of, with_names
from kpi_engine.language.typing import type_across, type_formula
from kpi_engine.ruleset.checked import PAY, SCORE, Formula, Group, Metric, Rule, Ruleset, Table
from kpi_engine.ruleset.context import Context
from kpi_engine.ruleset.groups import PREVIOUS
from kpi_engine.ruleset.sheet import report

EXACT = frozenset({"count", "share", "beats", "beats_lower"})
"""What stays a fraction of two counts; all else is settled."""


def rule_formulas(rule: Rule) -> list[Formula]:
    """Return the formulas of a rule: itself, or what its scale is applied to and its cases."""
    return [rule] if isinstance(rule, Formula) else [rule.of, *(case.value for case in rule.cases)]


@dataclass(frozen=True, slots=True)
class Ground:
    """What formulas about a subject stand on: the groups, tables, and metrics checked so far."""

    context: Context
    scope: Scope
    metrics: Mapping[str, Metric]
    tables: Mapping[str, Table]
    groups: Mapping[str, Group]


def across_metrics(ground: Ground, rules: Iterable[Rule]) -> dict[str, Metric]:
    """Return the metrics that rules make of groups and of last period, in the order of computation.

    What cannot be measured over a group is noted.
    """
    found: dict[str, Metric] = {}
    for formula in (formula for rule in rules for formula in rule_formulas(rule)):
        typed = formula.node.type.kind is not Kind.ANY
        if typed and (ground.groups or f"{PREVIOUS}." in formula.text):
            for metric in _made_by(ground, formula, formula.tree):
                if metric.name not in ground.metrics:
                    found.setdefault(metric.name, metric)
    return found


def _made_by(ground: Ground, formula: Formula, tree: Expr) -> Iterator[Metric]:
    """Return the metrics that a part of a formula makes, those that it reads itself first."""
    if isinstance(tree, Name):
        yield from _made_by_name(ground, formula, tree)
        return
    spans = isinstance(tree, Call) and spans_group(tree.function, len(tree.arguments))
    for part in parts_of(tree)[: -1 if spans else None]:
        yield from _made_by(ground, formula, part)
    if spans and isinstance(tree, Call):
        node = type_across(tree, ground.scope)
        yield _metric(formula, tree, print_formula(tree), node)


def _made_by_name(ground: Ground, formula: Formula, name: Name) -> Iterator[Metric]:
    text, prefix = full_name(name), name.prefix
    if prefix == PREVIOUS:
        last = (ground.scope.sight.prefixes[PREVIOUS].names or {})[name.name]
        metric = _metric(formula, name, text, ir.Previous(name.name, last.type))
        yield replace(metric, lower=text in ground.scope.lower)
    elif prefix is not None and prefix in ground.groups:
        metric, group = ground.metrics[name.name], ground.groups[prefix]
        if isinstance(metric.value, Formula) and metric.table is None:
            tree = with_names(metric.value.tree, partial(_behind, ground, prefix))
            yield from _made_by(ground, formula, tree)
            node, _ = type_formula(tree, ground.scope)
            value = replace(metric.value, text=print_formula(tree), tree=tree, node=node)
            yield replace(metric, name=text, value=value, span=formula.span)
            return
        _check_columns(ground, formula, metric, group)
        yield replace(metric, name=text, key=group.key, group=group.name, span=formula.span)
    elif prefix is None and name.name in ground.context.places:
        place = ground.context.places[name.name]
        for part in (place.call, *(preference.formula for preference in place.standing.prefer)):
            yield from _made_by(ground, formula, part.tree)
        metric = _metric(formula, place.call.tree, text, place.call.node)
        yield replace(metric, standing=place.standing)


def _behind(ground: Ground, group: str, name: Name) -> Name:
    """Return the name of a metric as measured over a group, any other name as it is."""
    return replace(name, prefix=group) if name.name in ground.metrics else name


def is_measured_again(rule: Rule, again: Container[str], constants: Container[str]) -> bool:
    """Return whether a rule over metrics has a value for a group: where it reads nothing else.

    ``again`` are the metrics that have one, ``constants`` the params: all else is a subject's own.
    """
    if not isinstance(rule, Formula):
        return False
    names: list[str] = []
    waiting = [rule.tree]
    while waiting:
        tree = waiting.pop()
        if isinstance(tree, Name):
            names.append(full_name(tree))
        if isinstance(tree, Call) and spans_group(tree.function, len(tree.arguments)):
            return False
        waiting += parts_of(tree)
    measured = [name for name in names if name in again]
    others = [name for name in names if name not in again]
    return bool(measured) and all(name in constants for name in others)


def _metric(formula: Formula, tree: Expr, name: str, node: ir.Node) -> Metric:
    """Return a metric whose value is what a formula says of a group or of last period."""
    type_ = node.type._replace(level=Level.SUBJECT)
    fraction = isinstance(node, ir.Across) and node.function in EXACT
    return Metric(
        name=name,
        title={},
        table=None,
        where=None,
        value=Formula(name, tree, node, formula.span),
        clock=None,
        key=(),
        window=None,
        latest=None,
        settles=0,
        min_rows=None,
        lower=False,
        fraction=fraction,
        type=type_,
        after_score=False,
        span=formula.span,
    )


def _check_columns(ground: Ground, formula: Formula, metric: Metric, group: Group) -> None:
    table = ground.tables.get(metric.table or "")
    for key in group.key:
        if table is not None and key not in table.types:
            facts = {"metric": metric.name, "group": group.name, "table": table.name, "key": key}
            report(ground.context.sheet, "K326", formula.span, **facts)
        elif table is not None:
            _check_kind(ground, formula, table, key)


def _check_kind(ground: Ground, formula: Formula, table: Table, key: str) -> None:
    """Note that a column of a group's key is of another kind in the rows than in the roster."""
    people = ground.scope.sight.names
    of_rows, of_people = table.types[key].kind, people[key].type.kind if key in people else Kind.ANY
    if of_rows is not of_people and Kind.ANY not in {of_rows, of_people}:
        roster = ground.context.document.subject.from_
        facts = {"left": of_rows, "table": table.name, "right": of_people, "other": roster}
        report(ground.context.sheet, "K361", formula.span, name=key, **facts)


def know_shared(scope: Scope, metric: Metric) -> None:
    """Make known for which groups a metric has one value for all of their subjects."""
    trees = [formula.tree for formula in rule_formulas(metric.value)]
    for name, signature in scope.groups.items():
        differs = (differing_part(tree, scope, name) is not None for tree in trees)
        if isinstance(signature.shared, set) and not any(differs):
            signature.shared.add(metric.name)


def names_of_history(ruleset: Ruleset) -> dict[str, Kind]:
    """Return what a ruleset reads of earlier months, and what it measures: metrics, totals."""
    found: dict[str, Kind] = {}
    kinds = {name: metric.type.kind for name, metric in ruleset.metrics.items()}
    kinds |= {SCORE: Kind.NUMBER, PAY: Kind.MONEY}
    for metric in ruleset.metrics.values():
        match metric.value.node:
            case ir.Previous(name=name, type=type_):
                found[name] = type_.kind
            case ir.Across(group=group) as node if not ruleset.groups[group].of_period:
                refs = ir.references(node)
                read = sorted(ref.name for ref in refs if ref.space == "metric")
                found |= {name: kinds[name] for name in read}
            case _:
                pass
    return dict(sorted(found.items()))
