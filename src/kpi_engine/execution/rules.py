"""The rules of a ruleset by name: where each is written, its text, and the params it reads."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from kpi_engine.execution.results import RuleReceipt
from kpi_engine.language import ir
from kpi_engine.language.printer import print_formula
from kpi_engine.ruleset.checked import (
    Case,
    Formula,
    Item,
    Param,
    ParamScale,
    Rule,
    Ruleset,
    ScaleUse,
    Table,
)
from kpi_engine.text.source import position


def rules_in_force(ruleset: Ruleset) -> dict[str, RuleReceipt]:
    """Return every rule of a ruleset by its name, a path such as ``pay.lines.commission``."""
    return {name: _receipt(rule, ruleset.params) for name, rule in named_rules(ruleset)}


def named_rules(ruleset: Ruleset) -> Iterator[tuple[str, Rule]]:
    """Return the names and rules of a ruleset: tables, metrics, score, pay."""
    if ruleset.subject.where is not None:
        yield "subject.where", ruleset.subject.where
    for table in ruleset.tables.values():
        yield from _table_rules(table)
    for metric in ruleset.metrics.values():
        if metric.where is not None:
            yield f"metrics.{metric.name}.where", metric.where
        yield f"metrics.{metric.name}", metric.value
    if ruleset.score is not None:
        yield from _item_rules(ruleset.score.items)
        for name, step in ruleset.score.steps:
            yield f"score.then.{name}", step
    if ruleset.pay is not None:
        for name, line in ruleset.pay.lines:
            yield line_rule(name), line
        for name, step in ruleset.pay.steps:
            yield step_rule(name), step


def _table_rules(table: Table) -> Iterator[tuple[str, Rule]]:
    """Return the rules of a table in the order in which they work."""
    start = f"tables.{table.name}"
    if table.where is not None:
        yield f"{start}.where", table.where
    if table.runs is not None:
        yield f"{start}.starts_when", table.runs.starts_when
    for match in table.matches:
        if match.where is not None:
            yield f"{start}.match.{match.name}.where", match.where
        for place, preference in enumerate(match.prefer, 1):
            direction = "highest" if preference.highest else "lowest"
            text = f"{direction} {preference.formula.text.strip()}"
            rule = replace(preference.formula, text=text)
            yield f"{start}.match.{match.name}.prefer.{place}", rule
    for verb, formulas in (("add", table.add), ("drop", table.drop)):
        for name, formula in formulas:
            yield f"{start}.{verb}.{name}", formula


def line_rule(name: str) -> str:
    """Return the name of the rule of a pay line."""
    return f"pay.lines.{name}"


def step_rule(name: str) -> str:
    """Return the name of the rule of a pay step."""
    return f"pay.then.{name}"


def _item_rules(items: tuple[Item, ...]) -> Iterator[tuple[str, Rule]]:
    for item in items:
        if item.points is not None:
            yield f"score.items.{item.path}", item.points
        if isinstance(item.empty, Formula):
            yield f"score.items.{item.path}.empty", item.empty
        yield from _item_rules(item.children)


def _receipt(rule: Rule, params: Mapping[str, Param]) -> RuleReceipt:
    read: dict[str, str] = {}
    _note_params(rule.node, params, read)
    source = rule.span.source
    return {
        "file": source.name,
        "line": position(source, rule.span.start).line,
        "text": rule_text(rule),
        "params": read,
    }


def _note_params(node: ir.Node, params: Mapping[str, Param], read: dict[str, str]) -> None:
    """Note the params a formula reads, and those that its scales read."""
    names = [ref.name for ref in ir.references(node) if ref.space == "param"]
    for name in sorted([*names, *_scale_names(node)]):
        param = params[name]
        if name in read or param.value is None:
            continue
        read[name] = _param_text(param.value)
        for case in param.value.cases if isinstance(param.value, ParamScale) else ():
            _note_params(case.value.node, params, read)


def params_in_force(ruleset: Ruleset, known: dict[int, str] | None = None) -> dict[str, str]:
    """Return the params of a ruleset by name, as they are written.

    ``known`` keeps texts by the identity of a param, for rulesets that share params.
    """
    known = {} if known is None else known
    found: dict[str, str] = {}
    for param in ruleset.params.values():
        if param.value is not None:
            if id(param) not in known:
                known[id(param)] = _param_text(param.value)
            found[param.name] = known[id(param)]
    return found


def _param_text(value: Formula | ParamScale) -> str:
    if not isinstance(value, ParamScale):
        return value.text
    of = "of: day, " if value.dated else ""
    return f"{{{of}{_cases_text(value.cases)}}}"


def _scale_names(node: ir.Node) -> Iterator[str]:
    if isinstance(node, ir.Apply | ir.Slices) and isinstance(node.scale, str):
        yield node.scale
    for child in ir.children(node):
        yield from _scale_names(child)


def rule_text(rule: Rule) -> str:
    """Return a rule as it is written, a scale on one line."""
    match rule:
        case Formula():
            return rule.text
        case ScaleUse():
            return f"{{of: {rule.of.text}, {_cases_text(rule.cases)}}}"


def _cases_text(cases: tuple[Case, ...]) -> str:
    return ", ".join(f"{_case_key(case)}: {case.value.text}" for case in cases)


def _case_key(case: Case) -> str:
    bounds = [print_formula(bound) for bound in case.bounds]
    if case.kind == "to":
        return " to ".join(bounds)
    return " ".join([case.kind, *bounds])
