"""The rows behind metrics: what each looks like, what became of it, and what it brings."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import polars as pl

from kpi_engine.language import core, ir
from kpi_engine.language.core import Core, Rational, Value
from kpi_engine.language.exact import exact_value
from kpi_engine.language.kinds import Type
from kpi_engine.plan.compiling import needed_tables
from kpi_engine.plan.contributions import contributions_of
from kpi_engine.plan.facts import subject_values
from kpi_engine.plan.gathered import candidate_rows, grouped_rows
from kpi_engine.plan.lookups import Sources, row_environment
from kpi_engine.plan.making import made_tables
from kpi_engine.plan.metrics import gather_step
from kpi_engine.plan.narrowing import narrowed_sources, of_subject
from kpi_engine.plan.nodes import Assignment, GatherStep, Plan
from kpi_engine.plan.period import Window
from kpi_engine.plan.ranges import Engine, as_narrow
from kpi_engine.plan.readings import all_of, single
from kpi_engine.plan.scans import window_of
from kpi_engine.plan.tables import TableForm, sources_of, table_forms
from kpi_engine.plan.verdicts import among_newest, filter_name, verdict_of, verdict_word
from kpi_engine.ruleset.checked import Metric, Ruleset, Table
from kpi_engine.ruleset.lookups import held_column
from kpi_engine.ruleset.params import constants_of

VERDICT, FILTERED_BY, NUM, DEN = "~verdict", "~filtered_by", "~num", "~den"
"""What became of a row, the name of what filtered it, and what it brings where it was used."""

_DIVISOR = "~divisor"


@dataclass(frozen=True, slots=True)
class ShownColumn:
    """A value of rows: its name, the column it is kept in, its type, and what it is a multiple of.

    A quantity is so many parts of a ``divisor``; 1 for what is kept as it is.
    """

    name: str
    column: str
    type: Type
    divisor: int


@dataclass(frozen=True, slots=True)
class EvidenceStep:
    """The rows of a metric: the plan that makes them, and the step that gathers them.

    ``shown`` are the columns of a row, in the order of the table; ``order`` are the kept columns
    that put rows in order. ``brings`` are `NUM`, and `DEN` unless it is constant, of a metric that
    is a total of what its rows bring; ``values`` are what any other takes of a row.
    """

    metric: Metric
    plan: Plan
    gather: GatherStep
    shown: tuple[ShownColumn, ...]
    order: tuple[str, ...]
    brings: tuple[str, ...]
    values: tuple[ShownColumn, ...]


@dataclass(frozen=True, slots=True)
class EvidencePlan:
    """How the rows behind metrics are found: ``plan`` reads all that is needed, ``roster`` less."""

    plan: Plan
    roster: Plan
    steps: tuple[EvidenceStep, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """The rows behind a metric of one subject, in storage form, and her facts, one row."""

    rows: pl.DataFrame
    facts: pl.DataFrame


def plan_evidence(plan: Plan, metrics: Mapping[str, Metric]) -> EvidencePlan:
    """Return how the rows of metrics are found, with no more of other tables than these need.

    Texts stay texts: the rows of one subject are too few to be worth a dictionary.
    """
    ruleset = plan.ruleset
    constants = constants_of(ruleset.params, ruleset.pool)
    forms = table_forms(ruleset, constants)
    sources = sources_of(ruleset, forms, constants, asking=ruleset.subject.table)
    bare = replace(plan, domains=(), lookups=(), gathers=(), slip=(), steps=())
    steps = tuple(_step(bare, metric, forms, sources) for metric in metrics.values())
    gathers = tuple(step.gather for step in steps)
    return EvidencePlan(_with_tables(bare, forms, gathers), _with_tables(bare, forms, ()), steps)


def _with_tables(
    bare: Plan, forms: Mapping[str, TableForm], gathers: tuple[GatherStep, ...]
) -> Plan:
    tables = needed_tables(bare.ruleset, forms, bare.roster, (), list(gathers))
    inputs = {step.name: step.reads for step in tables if step.origin is None}
    return replace(bare, tables=tables, gathers=gathers, inputs=inputs)


def _step(
    bare: Plan, metric: Metric, forms: Mapping[str, TableForm], sources: Sources
) -> EvidenceStep:
    ruleset = bare.ruleset
    table, form = forms[metric.table or ""], ruleset.forms[metric.name]
    environment = row_environment(sources, table.values)
    verdict = verdict_of(metric, form, table, environment)
    if metric.latest is not None:
        verdict = among_newest(verdict)
    kept = [
        Assignment(VERDICT, verdict_word(verdict)),
        Assignment(FILTERED_BY, filter_name(verdict, table.step.drops)),
    ]

    def keep(name: str, column: str, value: Value, type_: Type) -> ShownColumn:
        kept.append(Assignment(column, single(value)))
        divisor = core.constant(value.den) if isinstance(value, Rational) else 1
        return ShownColumn(name, column, type_, divisor or 1)

    shown = tuple(
        keep(ref.name, f"~shown.{ref.name}", environment.value_of(ref), ref.type)
        for ref in _shown(ruleset, metric, ruleset.tables[table.step.name])
    )
    used = all_of(verdict.tests)
    brings = contributions_of(form.value)
    brought: dict[str, Core] = {}
    values: tuple[ShownColumn, ...] = ()
    if brings is not None:
        parts = ((NUM, brings.num), (DEN, brings.den), (_DIVISOR, brings.divisor))
        brought = {name: part for name, part in parts if part is not None}
    else:
        nodes = dict.fromkeys(a for each in ir.aggregates(metric.value.node) for a in each.args)
        values = tuple(
            keep(f"{place}", f"~value.{place}", exact_value(node, environment), node.type)
            for place, node in enumerate(nodes, 1)
        )
    kept += [
        Assignment(name, core.choose(used, part, core.UNKNOWN_WHOLE))
        for name, part in brought.items()
    ]
    gather = gather_step([metric], ruleset.forms, table, ruleset.subject, sources, kept=tuple(kept))
    clock = () if metric.clock is None else (metric.clock,)
    identity = ruleset.tables[table.step.name].identity
    return EvidenceStep(
        metric=metric,
        plan=_with_tables(bare, forms, (gather,)),
        gather=gather,
        shown=shown,
        order=tuple(dict.fromkeys(f"~shown.{name}" for name in (*clock, *identity))),
        brings=tuple(name for name in (NUM, DEN) if name in brought),
        values=values,
    )


def _shown(ruleset: Ruleset, metric: Metric, table: Table) -> Iterator[ir.Ref]:
    """Return the columns that are shown of a row: those of the table, then what is looked up.

    Of a table that is made the identity comes first. They are those that an input declares, else
    its identity; the clock and whose row it is; and all that says what becomes of the row and what
    it brings, down to the columns it comes from.
    """
    wanted = {column.name for column in table.columns} | {*table.identity, *metric.key}
    wanted |= {metric.clock} if metric.clock is not None else set()
    formulas = {name: formula.node for name, formula in table.add}
    waiting = [formula.node for _, formula in table.drop]
    waiting += [node for each in ir.aggregates(metric.value.node) for node in each.args]
    waiting += [] if metric.where is None else [metric.where.node]
    waiting += [formulas[name] for name in wanted if name in formulas]
    while waiting:
        read = _read_of_row(waiting.pop()) - wanted
        wanted |= read
        waiting += [formulas[name] for name in sorted(read) if name in formulas]
    first = () if table.origin is None else table.identity
    for name in dict.fromkeys((*first, *table.types)):
        if name in wanted:
            yield ir.Ref("row", name, table.types[name])
    for name in sorted(wanted - table.types.keys()):
        other, dot, column = name.partition(".")
        if dot and other in ruleset.tables:
            held = ruleset.tables[other]
            yield ir.Ref("row", name, held.types[held_column(held, column)])


def _read_of_row(node: ir.Node) -> set[str]:
    """Return the columns a formula reads of its own row, not of rows that it gathers."""
    if isinstance(node, ir.Aggregate):
        return set()
    if isinstance(node, ir.Ref):
        return {node.name} if node.space == "row" else set()
    return {name for child in ir.children(node) for name in _read_of_row(child)}


def find_evidence(
    step: EvidenceStep,
    tables: Mapping[str, pl.LazyFrame],
    subject: pl.DataFrame,
    window: Window,
    *,
    engine: Engine = "auto",
) -> Found:
    """Return the rows behind a metric of one subject, by clock and identity, and her facts.

    ``tables`` holds the accepted rows of every input table in storage form, ``subject`` her row of
    the roster. The facts are gathered from the rows that are returned, as a run gathers them.

    Raises:
        DataError: if a number does not fit 64 bits.
    """
    plan, gather = step.plan, step.gather
    key = subject.select(gather.key)
    made = made_tables(plan, tables, engine, narrowed_sources(plan, gather, key))
    candidates = candidate_rows(
        gather,
        of_subject(made.rows[gather.table], gather, key),
        made.undropped,
        window_of(plan, gather, window),
        plan.calendar,
        subject=key,
    ).collect(engine=engine)
    group = grouped_rows(gather, candidates.lazy()).collect(engine=engine)
    facts = subject_values(plan, gather, subject, group, engine)
    rows = candidates.sort(step.order, nulls_last=True) if step.order else candidates
    return Found(_signed(as_narrow(rows, step.brings), step.brings), facts)


def _signed(rows: pl.DataFrame, brings: tuple[str, ...]) -> pl.DataFrame:
    """Return rows whose parts add up to num and den, whatever the sign of the divisor's total."""
    if _DIVISOR not in rows.columns or rows[_DIVISOR].cast(pl.Int128).sum() >= 0:
        return rows
    return rows.with_columns(-pl.col(brings))
