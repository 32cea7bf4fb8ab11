"""What is said of comparisons that always or never hold, and of cases that nothing reaches."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction

from kpi_engine.analysis.intervals import (
    Interval,
    Key,
    Sight,
    along_steps,
    interval_of,
    intervals_of,
)
from kpi_engine.analysis.places import comparisons, distance_of, span_in
from kpi_engine.analysis.reading import params_behind
from kpi_engine.analysis.verdicts import COMPARISONS, Applied, Verdict, judge, unreached
from kpi_engine.analysis.wording import Currency, show_value, words_of
from kpi_engine.language import ir
from kpi_engine.language.printer import print_formula
from kpi_engine.language.syntax import Expr
from kpi_engine.ruleset.across import rule_formulas
from kpi_engine.ruleset.checked import (
    PAY,
    SCORE,
    Case,
    Formula,
    ParamScale,
    Rule,
    Ruleset,
    ScaleUse,
)
from kpi_engine.ruleset.rules import item_rules, table_formulas
from kpi_engine.text.diagnostics import Diagnostic, diagnose, relate

_DECIDE = COMPARISONS | {"in"}


@dataclass(frozen=True, slots=True)
class Ruling:
    """A rule that is judged, and of a step its total and name."""

    rule: Rule
    step: Key | None


@dataclass(frozen=True, slots=True)
class _Court:
    """A ruleset whose formulas are judged, and where the scales of its params are applied."""

    ruleset: Ruleset
    currency: Currency
    sight: Sight
    applied: dict[str, list[tuple[ir.Node, Interval]]] = field(default_factory=dict)


def rulings_of(ruleset: Ruleset) -> Iterator[Ruling]:
    """Return every rule of a ruleset."""
    for table in ruleset.tables.values():
        yield from (Ruling(formula, None) for formula in table_formulas(table))
    for metric in ruleset.metrics.values():
        if metric.name.isidentifier():
            yield Ruling(metric.value, None)
            if metric.where is not None:
                yield Ruling(metric.where, None)
    if ruleset.score is not None:
        yield from (Ruling(rule, None) for rule in item_rules(ruleset.score.items))
        yield from (Ruling(step, (SCORE, name)) for name, step in ruleset.score.steps)
    if ruleset.pay is not None:
        yield from (Ruling(rule, None) for _, rule in ruleset.pay.lines)
        yield from (Ruling(step, (PAY, name)) for name, step in ruleset.pay.steps)


def deciding_params(ruling: Ruling, ruleset: Ruleset) -> frozenset[str]:
    """Return the params that may decide in a rule; in a step, of which the total is, every one."""
    params = _deciding(ruling.rule.node, ruleset)
    if params is None:
        return frozenset()
    return params if ruling.step is None else frozenset(ruleset.params)


def find_outcomes(ruleset: Ruleset, rulings: Iterable[Ruling]) -> list[Diagnostic]:
    """Return the findings on comparisons and cases that are decided before anybody is assessed."""
    currency = Currency(ruleset.currency, ruleset.minor_digits)
    court = _Court(ruleset, currency, intervals_of(ruleset))
    steps: dict[Key, Sight] = {}
    found: list[Diagnostic] = []
    for ruling in rulings:
        if ruling.step is not None and not steps:
            steps = dict(along_steps(ruleset, court.sight))
        sight = court.sight if ruling.step is None else steps[ruling.step]
        found += _of_rule(court, ruling.rule, sight)
    for name in court.applied:
        value = ruleset.params[name].value if name in ruleset.params else None
        if isinstance(value, ParamScale):
            found += _of_param(court, name, value)
    return found


def _deciding(node: ir.Node, ruleset: Ruleset) -> frozenset[str] | None:
    """Return the params that decide in a formula, None where nothing is decided in it."""
    found: set[str] | None = None
    waiting = [node]
    while waiting:
        current = waiting.pop()
        mine: frozenset[str] | None = None
        if isinstance(current, ir.Op) and current.op in _DECIDE:
            mine = params_behind(current, ruleset, into_rows=True)
        elif isinstance(current, ir.Apply | ir.Slices):
            scale = ruleset.params.get(current.scale) if isinstance(current.scale, str) else None
            value = scale.value if scale is not None else None
            if not isinstance(value, ParamScale) or not isinstance(value.scale, ir.Line):
                mine = params_behind(current.x, ruleset, into_rows=True)
                mine |= {current.scale} if isinstance(current.scale, str) else set()
        if mine is not None:
            found = (found or set()) | mine
        waiting += ir.children(current)
    return None if found is None else frozenset(found)


def _of_rule(court: _Court, rule: Rule, sight: Sight) -> Iterator[Diagnostic]:
    where: dict[int, tuple[Formula, Expr]] | None = None
    for found in judge(rule.node, sight):
        if isinstance(found, Applied):
            if isinstance(found.scale, str):
                court.applied.setdefault(found.scale, []).append((found.x, found.interval))
            elif isinstance(rule, ScaleUse):
                dead = unreached(found.scale, [found.interval])
                yield from _dead_cases(court, rule.cases, dead, [(found.x, found.interval)])
            continue
        if where is None:
            where = {
                id(node): (formula, expr)
                for formula in rule_formulas(rule)
                for expr, node in comparisons(formula.tree, formula.node)
            }
        yield _said(court, found, rule, where.get(id(found.node)))


def _said(
    court: _Court, verdict: Verdict, rule: Rule, there: tuple[Formula, Expr] | None
) -> Diagnostic:
    """Return the finding of a verdict, at the comparison or at a param of a nearer file."""
    span = rule.span if there is None else span_in(there[0], there[1].place)
    params = court.ruleset.params
    read = [ref.name for ref in ir.references(verdict.node) if ref.space == "param"]
    spans = [(params[name].span, name) for name in sorted(read)]
    nearest = (
        min((distance_of(place, court.ruleset), name, place) for place, name in spans)
        if spans
        else None
    )
    facts = {"text": words_of(verdict.node, court.currency), "reason": _reason(court, verdict)}
    code = "K704" if verdict.holds else "K705"
    if nearest is None or nearest[0] >= distance_of(span, court.ruleset):
        return diagnose(code, span, **facts)
    related = (relate("reads", span, name=nearest[1]),)
    return replace(diagnose(code, nearest[2], **facts), related=related)


def _reason(court: _Court, verdict: Verdict) -> str:
    if verdict.node.op == "in":
        return f"these are all that `{words_of(verdict.node.args[0], court.currency)}` can be"
    if not verdict.known:
        return "both sides are the same"
    return " and ".join(_known(court, node, interval) for node, interval in verdict.known)


def _known(court: _Court, node: ir.Node, interval: Interval) -> str:
    """Return in words between which numbers a value lies."""

    def shown(number: object) -> str:
        return (
            show_value(number, node.type.kind, court.currency)
            if isinstance(number, Fraction)
            else ""
        )

    parts = []
    if interval.low is not None and interval.low == interval.high:
        parts.append(shown(interval.low))
    else:
        if interval.low is not None:
            parts.append(f"{'above' if interval.low_open else 'never below'} {shown(interval.low)}")
        if interval.high is not None:
            parts.append(
                f"{'below' if interval.high_open else 'never above'} {shown(interval.high)}"
            )
    here = "" if interval == interval_of(node, court.sight) else " here"
    return f"`{words_of(node, court.currency)}` is {' and '.join(parts)}{here}"


def _of_param(court: _Court, name: str, param: ParamScale) -> Iterator[Diagnostic]:
    """Return the cases of a file's own scale that no place reaches where it is applied."""
    uses = court.applied.get(name, [])
    if uses and distance_of(param.span, court.ruleset) <= 0:
        dead = unreached(param.scale, [interval for _, interval in uses])
        yield from _dead_cases(court, param.cases, dead, uses)


def _dead_cases(
    court: _Court,
    cases: Iterable[Case],
    dead: Iterable[ir.Node],
    uses: list[tuple[ir.Node, Interval]],
) -> Iterator[Diagnostic]:
    found = {id(node) for node in dead}
    for case in cases:
        if id(case.value.node) in found and case.kind != "else":
            reasons = dict.fromkeys(_known(court, node, interval) for node, interval in uses)
            facts = {"case": words_of_case(case), "reason": " and ".join(reasons)}
            yield diagnose("K706", case.value.span, **facts)


def words_of_case(case: Case) -> str:
    """Return a case as it is written."""
    bounds = [print_formula(bound) for bound in case.bounds]
    return f"{bounds[0]} to {bounds[1]}" if case.kind == "to" else " ".join([case.kind, *bounds])
