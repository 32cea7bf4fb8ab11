"""Units written as text: `'30 min'` in quotes is no duration but seven characters."""

from collections.abc import Iterator

from kpi_engine.analysis.places import span_in
from kpi_engine.language.currencies import MINOR_DIGITS
from kpi_engine.language.kinds import Kind
from kpi_engine.language.mistakes import Mistake
from kpi_engine.language.printer import print_formula
from kpi_engine.language.syntax import Expr, Number, Text, parts_of
from kpi_engine.ruleset.across import rule_formulas
from kpi_engine.ruleset.checked import Formula, ParamScale, Ruleset
from kpi_engine.ruleset.rules import pay_rules, score_rules, table_formulas
from kpi_engine.ruleset.sheet import parsed
from kpi_engine.text.diagnostics import Diagnostic, diagnose

_FULL_WIDTH = str.maketrans("０１２３４５６７８９％．", "0123456789%.")


def find_quoted(ruleset: Ruleset) -> Iterator[Diagnostic]:
    """Return a finding for every text that reads like a number with a unit, labels left out."""
    labels = {
        label
        for table in ruleset.tables.values()
        for type_ in table.types.values()
        for label in type_.labels or ()
    }
    for formula in _formulas(ruleset):
        if "'" not in formula.text and '"' not in formula.text:
            continue
        for text in _texts(formula.tree):
            number = None if text.value in labels else _number_in(text.value)
            if number is not None:
                facts = {
                    "text": text.value,
                    "kind": _kind(number),
                    "instead": print_formula(number),
                }
                yield diagnose("K707", span_in(formula, text.place), **facts)


def _formulas(ruleset: Ruleset) -> Iterator[Formula]:
    for param in ruleset.params.values():
        if isinstance(param.value, ParamScale):
            yield from (case.value for case in param.value.cases)
        elif param.value is not None:
            yield param.value
    for table in ruleset.tables.values():
        yield from table_formulas(table)
    for metric in ruleset.metrics.values():
        if metric.name.isidentifier():
            yield from rule_formulas(metric.value)
            if metric.where is not None:
                yield metric.where
    for rule in (*score_rules(ruleset.score), *pay_rules(ruleset.pay)):
        yield from rule_formulas(rule)


def _texts(expr: Expr) -> Iterator[Text]:
    if isinstance(expr, Text):
        yield expr
    for part in parts_of(expr):
        yield from _texts(part)


def _number_in(text: str) -> Number | None:
    """Return the number with a unit that a text reads like, however the unit is spelt."""
    tree = parsed(text.translate(_FULL_WIDTH).strip())
    if isinstance(tree, Mistake) and tree.code == "K212":
        instead = dict(tree.facts).get("instead")
        tree = parsed(str(instead)) if instead is not None else tree
    return tree if isinstance(tree, Number) and tree.unit is not None else None


def _kind(number: Number) -> str:
    if number.unit in MINOR_DIGITS:
        return Kind.MONEY
    return Kind.RATIO if number.unit == "%" else Kind.DURATION
