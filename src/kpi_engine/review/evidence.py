"""The event rows behind a metric of one subject, and how they add up to it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import polars as pl

from kpi_engine.execution.admission import admit_tables, admitted_rows
from kpi_engine.execution.contract import METRIC_PLACES, shown_value
from kpi_engine.execution.evidence import shown_rows
from kpi_engine.execution.inputs import Tables, near_name
from kpi_engine.execution.look import look_at
from kpi_engine.execution.results import RuleReceipt
from kpi_engine.execution.rules import named_rules, rule_text, rules_in_force
from kpi_engine.execution.settling import provisional_metrics
from kpi_engine.language import ir
from kpi_engine.language.kinds import PLAIN, QUANTITIES, Kind
from kpi_engine.plan.evidence import EvidenceStep, Found, find_evidence, plan_evidence
from kpi_engine.plan.making import made_tables
from kpi_engine.plan.nodes import Plan
from kpi_engine.plan.ranges import Engine
from kpi_engine.plan.subjects import subject_rows
from kpi_engine.plan.verdicts import filter_names
from kpi_engine.review.explained import RuleText
from kpi_engine.review.literals import rounded_value, units_of, written_value
from kpi_engine.review.subjects import chosen_subject
from kpi_engine.ruleset.checked import Metric, Rule, Ruleset
from kpi_engine.text.diagnostics import diagnose
from kpi_engine.text.errors import DataError

_SCORE = "score"
_MOST_NAMES = 5


@dataclass(frozen=True, slots=True, eq=False)
class MetricEvidence:
    """The rows behind a metric, and what they add up to.

    ``rows`` has one row per candidate: each row of ``table`` in the metric's window that belongs to
    the subject, by clock and key. ``used`` + ``unknown`` + ``filtered`` is their number, and
    ``filtered_by`` adds up to ``filtered``. ``num``, ``den`` and ``status`` are the metric's as in
    `Results`; ``shown`` is its value as people read it. ``kind`` is what the metric measures, as in
    the receipt; ``kinds`` the same of the columns.
    """

    metric: str
    kind: str
    table: str
    rows: pl.DataFrame
    kinds: Mapping[str, str]
    used: int
    unknown: int
    filtered: int
    filtered_by: Mapping[str, int]
    num: int | None
    den: int | None
    status: str
    shown: str
    rule: RuleText
    where: RuleText | None


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """The rows behind a metric of one subject.

    ``metrics`` has the metric itself where it is gathered from rows, else every one it comes from
    that is, in the order they are computed. ``rule`` is the metric's own.
    """

    ruleset: str
    period: str
    as_of: str
    subject: Mapping[str, str]
    metric: str
    rule: RuleText
    metrics: Mapping[str, MetricEvidence]


def collect_evidence(  # noqa: PLR0913 (the public API: all but the first two by name)
    plan: Plan,
    tables: Tables,
    *,
    period: str,
    subject: Mapping[str, str] | str,
    metric: str,
    as_of: date | str | None = None,
    engine: Engine = "auto",
) -> Evidence:
    """Return the rows behind a metric of one subject.

    Raises:
        DataError: there is no such metric or subject, no rows are behind the metric, or the tables
            cannot be used as in a run.
    """
    ruleset = plan.ruleset
    look = look_at(ruleset, period, as_of)
    found = plan_evidence(plan, _metrics_of_rows(ruleset, metric))
    rows = admitted_rows(admit_tables(found.plan, tables, look, engine=engine))
    made = made_tables(found.roster, rows, engine)
    roster = subject_rows(found.roster, made.undropped, look.window, engine)
    key = list(ruleset.subject.key)
    types = ruleset.tables[ruleset.subject.table].types
    shown = roster.select(shown_value(pl.col(name), types[name].kind) for name in key)
    table = ruleset.subject.table
    row = chosen_subject(shown.with_row_index("~row"), key, subject, (table, period))
    chosen = roster[int(str(row["~row"]))]
    rules = rules_in_force(ruleset)
    final = provisional_metrics(ruleset, look)
    return Evidence(
        ruleset=ruleset.name,
        period=period,
        as_of=look.shown,
        subject={name: str(row[name]) for name in key},
        metric=metric,
        rule=_rule(rules[f"metrics.{metric}"]),
        metrics={
            step.metric.name: _of_metric(
                ruleset,
                step,
                find_evidence(step, rows, chosen, look.window, engine=engine),
                rules,
                provisional=step.metric.name in final,
            )
            for step in found.steps
        },
    )


def _metrics_of_rows(ruleset: Ruleset, name: str) -> dict[str, Metric]:
    """Return the metrics from rows that a metric is, or comes from, in the order of computation.

    Raises:
        DataError: there is no such metric, or it comes from no rows.
    """
    if name not in ruleset.metrics:
        raise DataError([diagnose("K547", name=name, near=near_name(name, ruleset.metrics))])
    reached = {name}
    for metric in reversed([*ruleset.metrics.values()]):
        if metric.name in reached and metric.table is None:
            reached |= _read([metric.value])
            if _SCORE in reached:
                scored = (rule for path, rule in named_rules(ruleset) if path.startswith("score."))
                reached |= _read(scored)
    found = {n: m for n, m in ruleset.metrics.items() if n in reached and m.table is not None}
    if not found:
        of_rows = [f"`{n}`" for n, metric in ruleset.metrics.items() if metric.table is not None]
        rule = rule_text(ruleset.metrics[name].value)
        names = " or ".join(of_rows[:_MOST_NAMES]) or None
        raise DataError([diagnose("K548", name=name, rule=rule, names=names)])
    return found


def _read(rules: Iterable[Rule]) -> set[str]:
    return {ref.name for rule in rules for ref in ir.references(rule.node)}


def _of_metric(
    ruleset: Ruleset,
    step: EvidenceStep,
    found: Found,
    rules: Mapping[str, RuleReceipt],
    *,
    provisional: bool,
) -> MetricEvidence:
    metric = step.metric
    shown = shown_rows(step, found.rows)
    rows = shown.rows
    facts = {
        part: found.facts[f"metric.{metric.name}.{part}"][0]
        for part in ("num", "den", "n", "n_unknown", "status")
    }
    counts = Counter(rows["filtered_by"].drop_nulls().to_list())
    where = rules.get(f"metrics.{metric.name}.where")
    return MetricEvidence(
        metric=metric.name,
        kind=metric.type.kind.name.lower(),
        table=step.gather.table,
        rows=rows,
        kinds={name: kind.name.lower() for name, kind in shown.kinds.items()},
        used=facts["n"],
        unknown=facts["n_unknown"],
        filtered=counts.total(),
        filtered_by={name: counts[name] for name in filter_names(metric, step.gather.drops)},
        num=facts["num"],
        den=facts["den"],
        status="provisional" if provisional and facts["status"] == "ok" else facts["status"],
        shown=_shown(ruleset, metric, found),
        rule=_rule(rules[f"metrics.{metric.name}"]),
        where=None if where is None else _rule(where),
    )


def _shown(ruleset: Ruleset, metric: Metric, found: Found) -> str:
    """Return the value of a metric as people read it."""
    facts, kind = found.facts.row(0, named=True), metric.type.kind
    name = f"metric.{metric.name}"
    if facts[f"{name}.status"] != "ok":
        return "unknown"
    if kind is Kind.TEXT:
        return str(facts[f"{name}.text"])
    value = facts[f"{name}.num"]
    if kind in QUANTITIES:
        places = METRIC_PLACES if kind in PLAIN else 0
        value = rounded_value(Fraction(value, facts[f"{name}.den"]), places)
    return written_value(value, kind, units_of(ruleset))


def _rule(rule: RuleReceipt) -> RuleText:
    return RuleText(rule["text"], rule["file"], rule["line"], rule["params"])
