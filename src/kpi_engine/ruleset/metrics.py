"""Metrics: gathered from rows, or computed from other metrics that stand before them."""

import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from fractions import Fraction

from kpi_engine.language import ir
from kpi_engine.language.kinds import QUANTITIES, Kind, Level
from kpi_engine.language.scopes import (
    Scope,
    closest,
    full_name,
    narrowed,
)
from kpi_engine.language.syntax import Call, Name
from kpi_engine.ruleset.across import EXACT, Ground, across_metrics, is_measured_again, know_shared
from kpi_engine.ruleset.checked import Formula, Latest, Metric, ParamScale, Rule, Subject, Table
from kpi_engine.ruleset.columns import ANY_COLUMN, read_clock
from kpi_engine.ruleset.context import (
    Context,
    condition_at,
    domain_of,
    is_broken,
    rule_at,
    scope_of,
    subject_level,
)
from kpi_engine.ruleset.document import MetricDocument, words
from kpi_engine.ruleset.groups import PREVIOUS
from kpi_engine.ruleset.known import Known, subject_scope
from kpi_engine.ruleset.sheet import Path, formula_at, key_span, report, span_of
from kpi_engine.ruleset.sights import LAST_DAY
from kpi_engine.text.diagnostics import diagnose
from kpi_engine.text.source import Span

_COUNT = re.compile(r"[1-9][0-9]{0,8}")
_SPAN = re.compile(r"([1-9][0-9]{0,3}) (days?|h|min|s)")
_LATEST = re.compile(r"([1-9][0-9]{0,8}) rows?|([0-9]{1,2}(?:\.[0-9]+)?)%")
_SECOND = 10**6
_DAY = 24 * 3600 * _SECOND
_MICROSECONDS = {"s": _SECOND, "min": 60 * _SECOND, "h": 3600 * _SECOND, "day": _DAY, "days": _DAY}
_NO_METRIC = frozenset({Kind.HOURS, Kind.NOTHING})
_ABOUT_ROWS = ("where", "whose", "dated", "window", "latest", "settles", "min_rows")


def check_metric(
    context: Context, name: str, tables: Mapping[str, Table], subject: Subject, known: Known
) -> Metric | None:
    """Return one metric and make it known to those that follow, or None where its table is not."""
    document = context.document.metrics[name]
    sheet, path = context.sheet, ("metrics", name)
    if document.from_ is not None:
        checked = _from_rows(context, name, tables, known)
    else:
        checked = _from_metrics(context, name, document, known)
    if checked is None:
        return None
    where, value = checked
    node = value.node
    if node.type.kind in _NO_METRIC:
        report(sheet, "K371", span_of(sheet, (*path, "value")), found=node.type.kind)
    elif node.type.level is Level.ROW and not is_broken(value):
        text = value.text if isinstance(value, Formula) else name
        report(sheet, "K372", span_of(sheet, (*path, "value")), name=text)
    table = tables.get(document.from_ or "")
    window = _duration(context, name, "window", table)
    min_rows = _min_rows(context, name, document)
    type_ = subject_level(node.type)
    if min_rows is not None and not type_.nullable:
        type_ = type_._replace(nullable=True)
    if table is None:
        before = set(known.metrics)
        know_across(context, known, [value], tables)
        value = _as_group_call(value, known, before)
        node = value.node
    after_score = _after_score(node, known)
    fraction = _stays_fraction(node, known, from_rows=document.from_ is not None)
    known.refs[name] = ir.Ref("metric", name, type_)
    for prefix, refs in known.elsewhere.items():
        constants = context.params.keys()
        again = table is not None or is_measured_again(value, refs, constants)
        if prefix == PREVIOUS or again:
            seen = type_
            if prefix == PREVIOUS and not type_.nullable:
                seen = type_._replace(nullable=True)
            refs[name] = ir.Ref("metric", f"{prefix}.{name}", seen)
            if document.better == "lower":
                known.lower.add(f"{prefix}.{name}")
    known.domains[name] = domain_of(node, known.domains)
    for names, belongs in (
        (known.lower, document.better == "lower"),
        (known.leaves, fraction and document.from_ is not None),
        (known.fractions, fraction),
        (known.after_score, after_score),
    ):
        if belongs:
            names.add(name)
    for group in known.groups if fraction else ():
        known.fractions.add(f"{group}.{name}")
        if table is not None:
            known.leaves.add(f"{group}.{name}")
    metric = Metric(
        name=name,
        title=words(document.title),
        table=document.from_,
        where=where,
        value=value,
        clock=_clock(context, name, table),
        key=_subject_columns(context, name, table, subject, known),
        window=None if window is None else window // _DAY,
        latest=_latest(context, name, table),
        settles=_duration(context, name, "settles", table) or 0,
        min_rows=min_rows,
        lower=document.better == "lower",
        fraction=fraction,
        type=type_,
        after_score=after_score,
        span=span_of(sheet, path),
    )
    known.metrics[name] = metric
    if table is None:
        know_shared(subject_scope(context, known), metric)
    return metric


def _as_group_call(value: Rule, known: Known, before: AbstractSet[str]) -> Rule:
    """Return a rule that is one call about a group as that call: it needs no second metric."""
    if not isinstance(value, Formula) or not isinstance(value.tree, Call):
        return value
    name = value.node.name if isinstance(value.node, ir.Ref) else ""
    if name not in known.metrics or name in before:
        return value
    known.after_score.discard(name)
    return replace(value, node=known.metrics.pop(name).value.node)


def know_across(
    context: Context, known: Known, rules: Iterable[Rule], tables: Mapping[str, Table]
) -> None:
    """Make known the metrics that rules make of groups and of last period."""
    scope = subject_scope(context, known)
    ground = Ground(context, scope, known.metrics, tables, known.groups)
    for name, metric in across_metrics(ground, rules).items():
        after_score = metric.table is None and _after_score(metric.value.node, known)
        known.metrics[name] = replace(metric, after_score=after_score)
        if after_score:
            known.after_score.add(name)


def _after_score(node: ir.Node, known: Known) -> bool:
    """Return whether a value of a subject reads the final score, by way of others too."""
    return bool(known.after_score) and any(
        ref.space == "metric" and ref.name in known.after_score for ref in ir.references(node)
    )


def _from_rows(
    context: Context,
    name: str,
    tables: Mapping[str, Table],
    known: Known,
) -> tuple[Formula | None, Rule] | None:
    document = context.document.metrics[name]
    sheet, path = context.sheet, ("metrics", name)
    table = tables.get(document.from_ or "")
    if table is None:
        if document.from_ not in context.document.tables:
            near = closest(document.from_ or "", set(context.document.tables))
            report(sheet, "K350", span_of(sheet, (*path, "from")), name=document.from_, near=near)
        return None
    where, value_path = None, (*path, "value")
    found: frozenset[str] = frozenset()
    if document.where is not None:
        where = _over_rows(context, known, table.name, (*path, "where"), document.where, found=None)
        everything = frozenset(known.rows[table.name].names)
        found = everything if is_broken(where) else narrowed(where.tree)
    value: Rule
    if isinstance(document.value, str):
        value = _over_rows(context, known, table.name, value_path, document.value, found=found)
    else:
        scope = _gathered_scope(context, known, table.name, found)
        value = rule_at(context, value_path, document.value, scope, lambda _: (None, None))
    level = value.node.type.level
    if not is_broken(value) and level is not Level.ROW and not ir.gathers(value.node):
        report(sheet, "K374", span_of(sheet, value_path), name=name)
    return where, value


def _over_rows(  # noqa: PLR0913 (whose, where and what, all of it looked up)
    context: Context,
    known: Known,
    table: str,
    path: Path,
    text: str,
    *,
    found: frozenset[str] | None,
) -> Formula:
    """Return a formula over the rows of a table, None found known for a condition on them.

    Metrics often say the same; what is right once is not typed again.
    """
    met = known.formulas.get((table, found, text))
    if met is not None:
        return Formula(text, met.tree, met.node, span_of(context.sheet, path))
    findings = len(context.sheet.findings)
    if found is None:
        formula = condition_at(context, path, text, scope_of(context, known.rows[table]))
    else:
        scope = _gathered_scope(context, known, table, found)
        formula = formula_at(context.sheet, path, text, scope)
    if len(context.sheet.findings) == findings:
        known.formulas[table, found, text] = formula
    return formula


def _gathered_scope(context: Context, known: Known, table: str, found: frozenset[str]) -> Scope:
    """Return what a value gathered from rows of a table sees."""
    rows = known.rows[table]
    gathered = rows._replace(day=LAST_DAY)
    return scope_of(context, gathered, known=found, aggregates=True, rows=rows)


def _from_metrics(
    context: Context, name: str, document: MetricDocument, known: Known
) -> tuple[None, Rule]:
    sheet, path = context.sheet, ("metrics", name)
    for key in _ABOUT_ROWS:
        if (*path, key) in sheet.node_by_path:
            report(sheet, "K370", key_span(sheet, (*path, key)), name=name, key=key)
    scope = subject_scope(context, known)
    value = rule_at(
        context,
        (*path, "value"),
        document.value,
        scope,
        lambda node: domain_of(node, known.domains),
    )
    return None, value


def _clock(context: Context, name: str, table: Table | None) -> str | None:
    """Return the column that dates the rows of a metric: its own, or that of its table."""
    dated = context.document.metrics[name].dated
    if table is None or dated is None:
        return None if table is None else table.clock
    return read_clock(context, ("metrics", name), dated, table.types, table.name)


def _in_force(context: Context, path: Path, text: str | None) -> tuple[str | None, Span]:
    """Return what is said of rows, and where: by name of a param what that says.

    That is None while the param is required.
    """
    param = context.params.get(text or "")
    if param is None or isinstance(param.value, ParamScale):
        return text, span_of(context.sheet, path)
    return None if param.value is None else param.value.text, param.span


def params_about_rows(metrics: Mapping[str, MetricDocument]) -> frozenset[str]:
    """Return what metrics say of their rows, where it may be the name of a param."""
    said = ((m.window, m.latest, m.settles, m.min_rows) for m in metrics.values())
    return frozenset(text for each in said for text in each if text is not None)


def _duration(context: Context, name: str, key: str, table: Table | None) -> int | None:
    """Return the microseconds a metric over dated rows gives under a key, a window's of days."""
    document = context.document.metrics[name]
    path = ("metrics", name, key)
    text, place = _in_force(context, path, getattr(document, key))
    if text is None or table is None:
        return None
    span = _SPAN.fullmatch(text)
    if span is None or (key == "window" and not span[2].startswith("day")):
        expected = "`30 days`" if key == "window" else "`4 days` or `12 h`"
        facts = {"key": key, "text": text, "expected": expected}
        report(context.sheet, "K375", place, **facts)
        return None
    clock = table.types.get(document.dated or table.clock or "")
    if clock is None and _is_misdated(table):
        return None
    if clock is None or (key == "window" and clock.kind is Kind.MONTH):
        found = "no date" if clock is None else "months alone"
        facts = {"key": key, "table": table.name, "found": found}
        report(context.sheet, "K377", key_span(context.sheet, path), **facts)
    return int(span[1]) * _MICROSECONDS[span[2]]


def _is_misdated(table: Table) -> bool:
    """Return whether what dates a table cannot, which is reported already."""
    return table.clock is None and table.types.get("day") == ANY_COLUMN


def _latest(context: Context, name: str, table: Table | None) -> Latest | None:
    """Return how many of the newest rows a metric over dated rows uses, None for all of them."""
    document = context.document.metrics[name]
    path = ("metrics", name, "latest")
    text, place = _in_force(context, path, document.latest)
    if text is None or table is None:
        return None
    amount = _LATEST.fullmatch(text)
    share = None if amount is None or amount[2] is None else Fraction(amount[2]) / 100
    if amount is None or share == 0:
        report(context.sheet, "K320", place, text=text)
        return None
    if table.clock is None and document.dated is None and not _is_misdated(table):
        facts = {"key": "latest", "table": table.name, "found": "no date"}
        report(context.sheet, "K377", key_span(context.sheet, path), **facts)
    return Latest(None if amount[1] is None else int(amount[1]), share)


def _subject_columns(
    context: Context, name: str, table: Table | None, subject: Subject, known: Known
) -> tuple[str, ...]:
    """Return the columns that say whose a row is: the subject's key, its last by ``whose``."""
    whose = context.document.metrics[name].whose
    if table is None:
        return ()
    sheet, path = context.sheet, ("metrics", name)
    expected = subject.key if whose is None else subject.key[:-1]
    for key in expected:
        if key not in table.types:
            span = span_of(sheet, (*path, "from"))
            stranger = diagnose("K366", span, name=name, table=table.name, key=key)
            known.strangers.setdefault(name, []).append(stranger)
            continue
        roster = known.rows[subject.table].names if subject.table in known.rows else {}
        left, right = table.types[key].kind, roster[key].type.kind if key in roster else Kind.ANY
        if left is not right and Kind.ANY not in {left, right}:
            span = span_of(sheet, (*path, "from"))
            facts = {"left": left, "table": table.name, "right": right, "other": subject.table}
            known.strangers.setdefault(name, []).append(diagnose("K361", span, name=key, **facts))
    if whose is None or not subject.key:
        return subject.key
    where = (*path, "whose")
    formula = formula_at(sheet, where, whose, scope_of(context, known.rows[table.name]))
    found, kind = formula.node.type.kind, known.rows[subject.table].names[subject.key[-1]].type.kind
    if not isinstance(formula.tree, Name):
        found_words = "no column"
    elif found in {kind, Kind.ANY}:
        return (*subject.key[:-1], full_name(formula.tree))
    else:
        found_words = str(found)
    if not is_broken(formula):
        report(sheet, "K376", formula.span, name=whose, found=found_words, expected=kind)
    return subject.key


def _min_rows(context: Context, name: str, document: MetricDocument) -> int | None:
    if document.min_rows is None or document.from_ is None:
        return None
    text, place = _in_force(context, ("metrics", name, "min_rows"), document.min_rows)
    if text is None:
        return 1  # a required param: whatever it will be, the value may be unknown
    if not _COUNT.fullmatch(text):
        report(context.sheet, "K309", place, text=text)
        return None
    return int(text)


def _stays_fraction(node: ir.Node, known: Known, *, from_rows: bool) -> bool:
    """Return whether a value stays num / den: one aggregate or metric, or a quotient of two."""
    if node.type.kind not in QUANTITIES:
        return False

    def leaf(part: ir.Node) -> bool:
        if from_rows:
            return isinstance(part, ir.Aggregate)
        return isinstance(part, ir.Ref) and part.space == "metric" and part.name in known.leaves

    match node:
        case ir.Across(function=function):
            return function in EXACT
        case ir.Op(op="div", args=(left, right)):
            return leaf(left) and leaf(right)
        case ir.Ref(space="metric", name=name):
            return name in known.fractions
        case _:
            return leaf(node)
