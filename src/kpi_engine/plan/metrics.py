"""Metrics from rows: all of one table in one group-by, then fractions with their status."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from kpi_engine.language import core
from kpi_engine.language.core import Core, Gather, Rational, Value, whole
from kpi_engine.language.exact import HIGHEST_COUNT
from kpi_engine.language.kinds import Kind
from kpi_engine.plan.gathering import gather_columns, name_gather, taken_cores
from kpi_engine.plan.graph import columns_in
from kpi_engine.plan.lookups import Sources, paired, row_environment
from kpi_engine.plan.nodes import Assignment, Assignments, Clock, GatherStep, Newest, Pairing
from kpi_engine.plan.readings import FALSE, all_of, rewritten, text
from kpi_engine.plan.stages import placed, pruned_stages, shelf_for
from kpi_engine.plan.tables import TableForm
from kpi_engine.plan.verdicts import NEWEST, PASSES, Verdict, among_newest, verdict_of
from kpi_engine.ruleset.checked import Metric, MetricForm, Subject
from kpi_engine.ruleset.kept import roster_column
from kpi_engine.ruleset.lookups import looked_up

_ZERO = whole(0)
_OK, _UNKNOWN, _NO_ROWS = text("ok"), text("unknown"), text("no_rows")
_BELOW_MIN_ROWS = text("below_min_rows")


def gather_step(  # noqa: PLR0913 (what one metric of them is, and what else is computed)
    metrics: Sequence[Metric],
    forms: Mapping[str, MetricForm],
    table: TableForm,
    subject: Subject,
    sources: Sources,
    *,
    kept: Assignments = (),
) -> GatherStep:
    """Return the step of metrics alike: they share table, clock, window and key.

    One with ``latest`` is alone. ``kept`` are more columns to compute on the rows it gathers.
    """
    sources = replace(sources, asking=table.step.name)
    environment = row_environment(sources, table.values)
    assignments: list[Assignment] = []
    names: dict[Gather, str] = {}
    for metric in metrics:
        form = forms[metric.name]
        verdict = verdict_of(metric, form, table, environment)
        passing = all_of(verdict.tests)
        if metric.latest is not None:
            verdict = among_newest(verdict)
        value = rewritten(
            form.value,
            lambda _, node, verdict=verdict: _over_used(node, verdict, names),  # type: ignore[misc]
        )
        assignments += _columns(metric, value, verdict, names)
    gathers, arguments = gather_columns(names)
    arguments = (*arguments, *kept)
    who = subject.key if metrics[0].group is None else metrics[0].key
    asked = _subject_of(metrics[0], who, table, subject, sources)
    read = (*taken_cores(gathers, arguments), *(pair.asked for pair in asked), passing)
    shelf = shelf_for(sources, table.values, read)
    clock = _clock_of(metrics[0], sources)
    taken = {column.argument for column in gathers if column.argument is not None}
    taken.update(columns_in(pair.asked for pair in asked))
    taken.update(assignment.name for assignment in kept)
    newest = _newest(metrics[0], clock, sources)
    late: Assignments = ()
    if newest is not None:
        late, arguments = arguments, (Assignment(newest.passes, passing),)
        taken |= set(columns_in(core for _, core in late))
        taken |= {newest.passes, *newest.order}
        taken -= {NEWEST, *(assignment.name for assignment in late)}
    stages, reads = pruned_stages(placed(shelf, arguments, read), taken)
    if not who:
        # A frame without columns has no rows either.
        reads |= {*sources.tables[table.step.name].identity}
    return GatherStep(
        table=table.step.name,
        metrics=tuple(metric.name for metric in metrics),
        filtered=frozenset(metric.name for metric in metrics if metric.where is not None),
        key=tuple(name if name in subject.key else roster_column(name) for name in who),
        asked=asked,
        reads=tuple(sorted(reads | {*(() if clock is None else (clock.column,))})),
        clock=clock,
        window=metrics[0].window,
        taken=stages,
        newest=newest,
        arguments=late,
        gathers=gathers,
        drops=table.step.drops,
        assignments=tuple(assignments),
        columns=tuple(assignment.name for assignment in assignments),
    )


def _clock_of(metric: Metric, sources: Sources) -> Clock | None:
    if metric.clock is None or metric.table is None:
        return None
    return Clock(metric.clock, sources.tables[metric.table].types[metric.clock].kind)


def _newest(metric: Metric, clock: Clock | None, sources: Sources) -> Newest | None:
    if metric.latest is None or metric.table is None or clock is None:
        return None
    identity = sources.tables[metric.table].identity
    order = tuple(dict.fromkeys((clock.column, *identity)))
    return Newest(PASSES, order, metric.latest.count, metric.latest.share)


def _subject_of(
    metric: Metric, names: Sequence[str], table: TableForm, subject: Subject, sources: Sources
) -> tuple[Pairing, ...]:
    """Return what names the subject or the group of a row, each with that column of the roster."""
    roster = sources.values[subject.table]
    asked = [table.values.get(name) for name in metric.key]
    found = [
        looked_up(name, sources.tables, sources.values) if value is None else value
        for name, value in zip(metric.key, asked, strict=True)
    ]
    return tuple(paired(value, roster[name]) for name, value in zip(names, found, strict=True))


def _over_used(node: Core, verdict: Verdict, names: dict[Gather, str]) -> Core:
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
    metric: Metric, value: Value, verdict: Verdict, names: dict[Gather, str]
) -> Assignments:
    """Return the public columns of a metric: num, den (or text), n, n_unknown, status."""
    name = f"metric.{metric.name}"
    n = _count(all_of(verdict.tests) if verdict.tests else None, names)
    n_unknown = _ZERO if verdict.unknown == FALSE else _count(verdict.unknown, names)
    known = core.known(value)
    without = core.choose(core.compare("eq", n, _ZERO), _NO_ROWS, _UNKNOWN)
    status = core.choose(known, _OK, without)
    if metric.min_rows is not None:
        few = core.compare("lt", n, whole(metric.min_rows))
        status = core.choose(few, _BELOW_MIN_ROWS, status)
    held: Assignments = ()
    if metric.type.kind is Kind.TEXT and isinstance(value, Core):
        num = den = core.UNKNOWN_WHOLE
        held = (Assignment(f"{name}.text", value),)
    else:
        num, den = fraction_of_value(metric, value, known)
    return (
        Assignment(f"{name}.num", num),
        Assignment(f"{name}.den", den),
        *held,
        Assignment(f"{name}.n", n),
        Assignment(f"{name}.n_unknown", n_unknown),
        Assignment(f"{name}.status", status),
    )


def fraction_of_value(metric: Metric, value: Value, known: Core) -> tuple[Core, Core]:
    """Return num and den of a value, both unknown where it is not known; a condition is 1 or 0."""
    match value:
        case Rational():
            num, den = value.num, value.den
        case Core() if metric.type.kind is Kind.BOOL:
            num, den = core.choose(value, core.ONE, _ZERO), core.ONE
        case Core():
            num, den = value, core.ONE
    unknown = core.UNKNOWN_WHOLE
    return core.choose(known, num, unknown), core.choose(known, den, unknown)
