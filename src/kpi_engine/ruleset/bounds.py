"""Params that ratios are measured against: 40 where 40% was meant, told where it is written."""

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import replace
from fractions import Fraction

from kpi_engine.language import ir
from kpi_engine.language.agreement import HIGHEST_LIKELY_RATIO
from kpi_engine.language.kinds import Kind
from kpi_engine.ruleset.checked import Formula, Param, Rule, Ruleset
from kpi_engine.ruleset.rules import pay_rules, score_rules
from kpi_engine.text.diagnostics import Diagnostic, diagnose, relate

_MEASURES = frozenset({"eq", "ne", "lt", "le", "gt", "ge", "attain", "attain_lower"})
_WORD = re.compile(r"\w+")


def find_wide_bounds(ruleset: Ruleset) -> Iterator[Diagnostic]:
    """Return a finding for every param that no ratio reaches and one is measured against."""
    numbers = ((name, number_beyond(param)) for name, param in ruleset.params.items())
    wide = {name: number for name, number in numbers if number is not None}
    if not wide:
        return
    for name, formula in readers_of(ruleset, wide.keys()).items():
        span = ruleset.params[name].span
        found = diagnose("K318", span, name=name, number=f"{float(wide[name]):g}")
        there = (relate("reads", formula.span, name=name),)
        yield replace(found, related=there if formula.span.source != span.source else ())


def readers_of(ruleset: Ruleset, names: AbstractSet[str]) -> dict[str, Formula]:
    """Return of the named params those that a ratio is measured against, with where it is."""
    found: dict[str, Formula] = {}
    for formula in _formulas(ruleset):
        for name in (names - found.keys()) & set(_WORD.findall(formula.text)):
            if _measures(formula.node, name):
                found[name] = formula
    return found


def number_beyond(param: Param) -> Fraction | None:
    """Return the number that a param is, where it is none that a ratio is likely to reach."""
    node = param.value.node if isinstance(param.value, Formula) else None
    if not isinstance(node, ir.Lit) or node.type.kind is not Kind.NUMBER:
        return None
    number = node.value
    return number if isinstance(number, Fraction) and number > HIGHEST_LIKELY_RATIO else None


def _formulas(ruleset: Ruleset) -> Iterator[Formula]:
    for table in ruleset.tables.values():
        yield from (formula for _, formula in (*table.add, *table.drop))
        if table.where is not None:
            yield table.where
    for metric in ruleset.metrics.values():
        yield from _parts(metric.value)
        if metric.where is not None:
            yield metric.where
    for rule in (*score_rules(ruleset.score), *pay_rules(ruleset.pay)):
        yield from _parts(rule)


def _parts(rule: Rule) -> tuple[Formula, ...]:
    """Return the formulas of a rule: of a scale what it goes by, and the values of its cases."""
    return (rule,) if isinstance(rule, Formula) else (rule.of, *(c.value for c in rule.cases))


def _measures(node: ir.Node, name: str) -> bool:
    """Return whether a ratio is compared with a param, or has it for a target."""
    if isinstance(node, ir.Op) and node.op in _MEASURES:
        for one, other in (node.args, node.args[::-1]):
            against = isinstance(other, ir.Ref) and (other.space, other.name) == ("param", name)
            if against and one.type.kind is Kind.RATIO:
                return True
    return any(_measures(child, name) for child in ir.children(node))
