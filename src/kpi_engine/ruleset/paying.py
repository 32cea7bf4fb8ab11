"""The pay: lines of money, then steps that each turn the pay so far into the next."""

from kpi_engine.language import ir
from kpi_engine.language.kinds import Kind, Level, Type
from kpi_engine.ruleset.checked import PAY, Formula, Pay, Rule
from kpi_engine.ruleset.context import Context, domain_of, rule_at
from kpi_engine.ruleset.known import Known, subject_scope, with_running
from kpi_engine.ruleset.sheet import Path, formula_at, key_span, report, span_of


def check_pay(context: Context, known: Known) -> Pay | None:
    """Return the pay, or None where the ruleset pays nothing."""
    document = context.document.pay
    if document is None:
        return None
    sheet = context.sheet
    scope = subject_scope(context, known)
    lines: list[tuple[str, Rule]] = []
    for name, text in document.lines.items():
        path: Path = ("pay", "lines", name)
        rule = rule_at(context, path, text, scope, lambda node: domain_of(node, known.domains))
        _check_money(context, rule)
        lines.append((name, rule))
    running = ir.Ref("running", PAY, Type(Kind.MONEY, Level.SUBJECT))
    after = with_running(scope, PAY, running)
    steps: list[tuple[str, Formula]] = []
    for name, text in document.then.items():
        path = ("pay", "then", name)
        if name in document.lines:
            report(sheet, "K395", key_span(sheet, path), name=name)
        formula = formula_at(sheet, path, text, after)
        _check_money(context, formula)
        steps.append((name, formula))
    owed = document.below_zero == "owed"
    return Pay(tuple(lines), tuple(steps), owed, span_of(sheet, ("pay",)))


def _check_money(context: Context, rule: Rule) -> None:
    kind = rule.node.type.kind
    if kind not in {Kind.MONEY, Kind.ANY, Kind.NOTHING}:
        report(context.sheet, "K394", rule.span, found=kind)
