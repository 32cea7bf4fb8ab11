"""Formulas evaluated by simpleeval on exact values, one row or one group of rows at a time."""

import ast
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from functools import partial
from zoneinfo import ZoneInfo

from simpleeval import SimpleEval

from kpi_engine.language.syntax import Conditional, Expr
from kpi_engine.reference.functions import AGGREGATES, LOWER, PLAIN
from kpi_engine.reference.moments import Calendar, month_of, within_hours
from kpi_engine.reference.scales import Arm, pieces_at, scale_value, stair_area
from kpi_engine.reference.translation import (
    IN_HOURS,
    SLICES,
    Translation,
    Vocabulary,
    is_named_lower,
    translate_formula,
)
from kpi_engine.reference.values import OPERATORS, Row, Value, all_true, any_true, if_known
from kpi_engine.ruleset.checked import Case, Formula, Param, ParamScale, Rule

LookUp = Callable[[Row, str], Value]
"""From the names of whoever asks, and ``table.column``."""

Watch = Callable[[Rule | Case | Conditional, Value], None]
"""Told what evaluation meets: a rule about rows or subjects and its value, the case of a scale that
holds at a value, a conditional and its condition. Of a line the case where a piece of it starts."""

# All that a translation consists of; attributes, subscripts and the rest are not even known.
_NODES = (
    *(ast.Constant, ast.Name, ast.UnaryOp, ast.BinOp, ast.BoolOp),
    *(ast.Compare, ast.IfExp, ast.Call),
)


class Evaluator(SimpleEval):  # type: ignore[misc]  # simpleeval ships no types
    """The formulas of one ruleset: its params, its scales, its calendar.

    ``lower`` are the metrics that are better lower, as ``attain`` has to know. ``look_up`` finds
    ``table.column`` for the names it is read beside. Dated params are read on the day of the row,
    or where there is a ``today``, then. ``watch`` is told what is met on the way.
    """

    def __init__(  # noqa: PLR0913 (most are given by name)
        self,
        calendar: Calendar,
        params: Mapping[str, Param] | None = None,
        lower: frozenset[str] = frozenset(),
        look_up: LookUp | None = None,
        *,
        today: date | None = None,
        watch: Watch | None = None,
    ) -> None:
        params = params or {}
        scales = {
            name: param.value
            for name, param in params.items()
            if isinstance(param.value, ParamScale)
        }
        functions = {
            **PLAIN,
            **LOWER,
            "month": if_known(partial(month_of, calendar)),
            IN_HOURS: if_known(partial(within_hours, calendar)),
        }
        for name, scale in scales.items():
            functions[name] = partial(self._scale_value, scale)
            functions[SLICES + name] = partial(self._stair_area, scale)
        self.calendar = calendar
        self.names: Row
        self.nodes: dict[type[ast.AST], Callable[..., Value]]
        super().__init__(operators=OPERATORS, functions=functions, names={}, allowed_attrs={})
        for node in self.nodes.keys() - set(_NODES):
            del self.nodes[node]
        self._look_up = look_up
        self._today = today
        self._dated = {name: scale for name, scale in scales.items() if scale.dated}
        self._words = Vocabulary(frozenset(scales), lower)
        self._watch = watch
        self._translations: dict[int, tuple[Expr, Translation]] = {}
        self._choices: dict[ast.IfExp, Conditional] = {}
        self._constants: dict[str, Value] = {}
        for name, param in params.items():
            if isinstance(param.value, Formula):
                self._constants[name] = self.value(param.value.tree, {})

    def value(self, tree: Expr, names: Row, rows: Sequence[Row] = ()) -> Value:
        """Return the value of a formula that reads ``names``, its aggregates gathered over rows."""
        translation = self._translation(tree)
        gathered = {
            name: AGGREGATES[call.function](self._known_arguments(call.arguments, rows))
            for name, call in translation.gathered.items()
        }
        outer: Row = self.names
        self.names = {**self._constants, **names, **gathered}
        try:
            value: Value = self._eval(translation.expression)
        finally:
            self.names = outer
        return value

    def named(self, name: str, names: Row) -> Value:
        """Return what a name stands for beside others: one of them, or what is found by them."""
        if name in names:
            return names[name]
        if name in self._dated:
            day = names["day"] if self._today is None else self._today
            return self._scale_value(self._dated[name], day)
        if "." in name and self._look_up is not None:
            return self._look_up(names, name)
        raise KeyError(name)

    def is_lower(self, tree: Expr) -> bool:
        """Return whether a formula names a metric that is better lower."""
        return is_named_lower(tree, self._words)

    def rule_value(self, rule: Rule, names: Row, rows: Sequence[Row] = ()) -> Value:
        """Return the value of a formula or of a scale applied on the spot."""
        if isinstance(rule, Formula):
            value = self.value(rule.tree, names, rows)
        else:
            x = self.value(rule.of.tree, names, rows)
            value = self._case_value(rule.cases, x, names, rows)
        if self._watch is not None:
            self._watch(rule, value)
        return value

    def aggregate_arguments(self, rule: Rule) -> tuple[Expr, ...]:
        """Return the arguments of all aggregates of a rule: what is evaluated row by row."""
        formulas = (
            (rule,) if isinstance(rule, Formula) else (rule.of, *(c.value for c in rule.cases))
        )
        return tuple(
            argument
            for formula in formulas
            for call in self._translation(formula.tree).gathered.values()
            for argument in call.arguments
        )

    def _translation(self, tree: Expr) -> Translation:
        """Return the translation of a tree, which equal trees elsewhere do not share."""
        if id(tree) not in self._translations:
            translation = translate_formula(tree, self._words)
            self._choices |= translation.choices
            self._translations[id(tree)] = tree, translation
        return self._translations[id(tree)][1]

    def _known_arguments(self, arguments: tuple[Expr, ...], rows: Sequence[Row]) -> list[Value]:
        if not arguments:
            return [True for _ in rows]
        values = [self.value(arguments[0], row) for row in rows]
        return [value for value in values if value is not None]

    def _arms(self, cases: Sequence[Case], names: Row, rows: Sequence[Row]) -> list[Arm]:
        return [
            Arm(
                case.kind,
                tuple(self.value(bound, {}) for bound in case.bounds),  # type: ignore[misc]
                partial(self._value_in_case, case, names, rows),
            )
            for case in cases
        ]

    def _value_in_case(self, case: Case, names: Row, rows: Sequence[Row]) -> Value:
        value = self.value(case.value.tree, names, rows)
        if self._watch is not None and case.kind != "at":
            self._watch(case, value)
        return value

    def _case_value(
        self, cases: Sequence[Case], x: Value, names: Row, rows: Sequence[Row]
    ) -> Value:
        arms = self._arms(cases, names, rows)
        value = if_known(scale_value)(arms, x)
        if self._watch is not None and isinstance(x, Fraction) and cases[0].kind == "at":
            for place in pieces_at(arms, x):
                self._watch(cases[place], value)
        return value

    def _scale_value(self, scale: ParamScale, x: Value) -> Value:
        return self._case_value(scale.cases, x, {}, ())

    def _stair_area(self, scale: ParamScale, x: Value) -> Value:
        return if_known(stair_area)(self._arms(scale.cases, {}, ()), x)

    def _eval_name(self, node: ast.Name) -> Value:
        # simpleeval would go on to look among the functions.
        return self.named(node.id, self.names)

    def _eval_boolop(self, node: ast.BoolOp) -> Value:
        values = [self._eval(operand) for operand in node.values]
        return all_true(values) if isinstance(node.op, ast.And) else any_true(values)

    def _eval_ifexp(self, node: ast.IfExp) -> Value:
        # The checker refuses a condition that can be unknown; if one is, it still never decides.
        condition = self._eval(node.test)
        if condition is None:
            return None
        if self._watch is not None:
            self._watch(self._choices[node], condition)
        value: Value = self._eval(node.body if condition else node.orelse)
        return value

    def _eval_compare(self, node: ast.Compare) -> Value:
        values = [self._eval(operand) for operand in (node.left, *node.comparators)]
        return all_true(
            [
                self.operators[type(relation)](left, right)
                for relation, left, right in zip(node.ops, values, values[1:], strict=False)
            ]
        )


def evaluate_formula(
    tree: Expr, names: Row, *, zone: str = "UTC", day_starts: int = 0, rows: Sequence[Row] = ()
) -> Value:
    """Return the value of a formula on its own, without params: exact, unknown as None.

    ``names`` are what its names stand for; aggregates are gathered over ``rows``. Days are those of
    ``zone``, ``day_starts`` minutes after midnight.

    >>> from kpi_engine.language.parser import parse_formula
    >>> evaluate_formula(parse_formula("sum(x) / 3"), {}, rows=[{"x": 1}, {"x": None}])
    Fraction(1, 3)
    """
    return Evaluator(Calendar(ZoneInfo(zone), day_starts)).value(tree, names, rows)
