"""Metrics from rows: all of one table in one group-by, then fractions with their status."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from kpi_engine.language import core, ir
from kpi_engine.language.core import Core, Gather, Rational, Value, whole
from kpi_engine.language.exact import HIGHEST_COUNT, Environment, exact_value
from kpi_engine.language.kinds import Kind
from kpi_engine.plan.gathering import (
    EMPTY_IS_ZERO,
    gather_columns,
    gather_expr,
    name_gather,
)
from kpi_engine.plan.graph import columns_in
from kpi_engine.plan.levels import with_assigned, with_shared
from kpi_engine.plan.nodes import Assignment, Assignments, Calendar, GatherStep
from kpi_engine.plan.period import Window
from kpi_engine.plan.readings import (
    FALSE,
    TRUE,
    all_of,
    named_environment,
    negated,
    rewritten,
    settled_value,
    single,
    text,
)
from kpi_engine.plan.tables import DROPPED, TableForm
from kpi_engine.plan.windows import in_window
from kpi_engine.ruleset.checked import Metric, MetricForm

ROWS = "~rows"
"""The number of candidate rows of a group."""


@dataclass(frozen=True, slots=True)
class _Verdict:
    """The tests a row passes to be used, and the condition that only an unknown keeps it out."""

    tests: tuple[Core, ...]
    unknown: Core


def gather_step(
    metrics: Sequence[Metric],
    forms: Mapping[str, MetricForm],
    table: TableForm,
    key: tuple[str, ...],
    constants: Environment,
) -> GatherStep:
    """Return the step of one table's metrics."""
    environment = named_environment(constants, table.values)
    assignments: list[Assignment] = []
    names: dict[Gather, str] = {}
    for metric in metrics:
        form = forms[metric.name]
        verdict = _verdict(metric, form, table, environment)
        value = rewritten(
            form.value,
            lambda _, node, verdict=verdict: _over_used(node, verdict, names),  # type: ignore[misc]
        )
        assignments += _columns(metric, settled_value(metric, value), verdict, names)
    gathers, taken = gather_columns(names)
    arguments = with_shared(taken)
    clock = table.step.clock
    reads = {
        *key,
        *columns_in(argument.core for argument in arguments),
        *(column.argument for column in gathers if column.argument is not None),
        *([] if clock is None else [clock.column]),
    } - {argument.name for argument in arguments}
    return GatherStep(
        table=table.step.name,
        metrics=tuple(metric.name for metric in metrics),
        key=key,
        reads=tuple(sorted(reads)),
        clock=clock,
        arguments=arguments,
        gathers=gathers,
        assignments=tuple(assignments),
        columns=tuple(assignment.name for assignment in assignments),
    )


def _verdict(
    metric: Metric, form: MetricForm, table: TableForm, environment: Environment
) -> _Verdict:
    dropped = core.known(Core("column", (DROPPED,), 0, len(table.step.drops)))
    tests = [negated(dropped)] if table.step.drops else []
    possible = list(tests)
    known = [
        core.known(exact_value(argument, environment))
        for aggregate in ir.aggregates(metric.value.node)
        for argument in aggregate.args
        if argument.type.nullable
    ]
    uncertain = bool(known)
    if metric.where is not None and form.where is not None:
        where = single(form.where)
        if metric.where.node.type.nullable:
            uncertain = True
            tests.append(core.choose(where, TRUE, FALSE))
            possible.append(core.choose(negated(where), FALSE, TRUE))
        else:
            tests.append(where)
            possible.append(where)
    tests += dict.fromkeys(known)
    unknown = all_of((*possible, negated(all_of(tuple(tests))))) if uncertain else FALSE
    return _Verdict(tuple(tests), unknown)


def _over_used(node: Core, verdict: _Verdict, names: dict[Gather, str]) -> Core:
    """Return a gather over all rows as the column of that gather over the rows that are used."""
    gather = node.args[0] if node.op == "gather" else None
    if not isinstance(gather, Gather):
        return node
    argument, tests = gather.argument, verdict.tests
    if gather.function == "count":
        more = () if argument is None or argument in tests else (argument,)
        taken = all_of((*tests, *more)) if tests or more else None
    elif argument is None or set(tests) <= {Core("known", (argument,))}:
        taken = argument
    else:
        taken = core.choose(all_of(tests), argument, core.UNKNOWN)
    name = name_gather(Gather(gather.function, taken), names)
    return Core("column", (name,), node.low, node.high)


def _count(test: Core | None, names: dict[Gather, str]) -> Core:
    return Core("column", (name_gather(Gather("count", test), names),), 0, HIGHEST_COUNT)


def _columns(
    metric: Metric, value: Value, verdict: _Verdict, names: dict[Gather, str]
) -> Assignments:
    """Return the public columns of a metric: num, den (or text), n, n_unknown, status."""
    name = f"metric.{metric.name}"
    n = _count(all_of(verdict.tests) if verdict.tests else None, names)
    n_unknown = whole(0) if verdict.unknown == FALSE else _count(verdict.unknown, names)
    known = core.known(value)
    status = core.choose(
        known,
        text("ok"),
        core.choose(core.compare("eq", n, whole(0)), text("no_rows"), text("unknown")),
    )
    if metric.min_rows is not None:
        few = core.compare("lt", n, whole(metric.min_rows))
        status = core.choose(few, text("below_min_rows"), status)
    parts = dict(zip(("num", "den"), fraction_of_value(metric, value), strict=True))
    if metric.type.kind is Kind.TEXT and isinstance(value, Core):
        parts = {"num": core.UNKNOWN_WHOLE, "den": core.UNKNOWN_WHOLE, "text": value}
    counts = {"n": n, "n_unknown": n_unknown, "status": status}
    return tuple(Assignment(f"{name}.{part}", made) for part, made in {**parts, **counts}.items())


def fraction_of_value(metric: Metric, value: Value) -> tuple[Core, Core]:
    """Return num and den of a value, both unknown where one is; a condition is 1 or 0."""
    known = core.known(value)
    match value:
        case Rational():
            num, den = value.num, value.den
        case Core() if metric.type.kind is Kind.BOOL:
            num, den = core.choose(value, whole(1), whole(0)), whole(1)
        case Core():
            num, den = value, whole(1)
    unknown = core.UNKNOWN_WHOLE
    return core.choose(known, num, unknown), core.choose(known, den, unknown)


def gathered_rows(
    step: GatherStep, rows: pl.LazyFrame, window: Window, calendar: Calendar
) -> pl.LazyFrame:
    """Return one row per subject key met in the window, on the roster or not, and unknown as one.

    Needs the columns ``step.reads``; gives the key, the gathered columns and `ROWS`.
    """
    frame = rows.select(step.reads)
    if step.clock is not None:
        frame = frame.filter(in_window(step.clock, window, calendar))
    frame = with_assigned(frame, step.arguments, calendar)
    taken = dict.fromkeys(
        column.argument for column in step.gathers if column.argument not in {None, *step.key}
    )
    aggregates = [gather_expr(column) for column in step.gathers]
    count = pl.len().cast(pl.Int64).alias(ROWS)
    return (
        frame.select(*step.key, *(name for name in taken if name is not None))
        .group_by(step.key)
        .agg(count, *aggregates)
    )


def with_values(
    step: GatherStep, subjects: pl.LazyFrame, gathered: pl.LazyFrame, calendar: Calendar
) -> pl.LazyFrame:
    """Return one row per subject with the public columns of every metric of the step.

    ``subjects`` are the keys of the roster; a subject without rows has the values of no rows.
    """
    frame = subjects.join(gathered, on=list(step.key), how="left", maintain_order="left")
    empty = [c.name for c in step.gathers if c.gather.function in EMPTY_IS_ZERO]
    frame = frame.with_columns(pl.col(*empty, ROWS).fill_null(0))
    return with_assigned(frame, step.assignments, calendar)
