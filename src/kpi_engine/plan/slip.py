"""Everything after the facts: metrics from metrics, the score, the pay, subject by subject."""

import polars as pl

from kpi_engine.language import core
from kpi_engine.language.core import Core, Rational, Value, whole
from kpi_engine.language.exact import Environment
from kpi_engine.language.kinds import Kind
from kpi_engine.plan.graph import columns_in
from kpi_engine.plan.history import of_present, with_history, with_own_numbers
from kpi_engine.plan.levels import with_assigned, with_shared
from kpi_engine.plan.lowering import lower
from kpi_engine.plan.metrics import fraction_of_value
from kpi_engine.plan.nodes import Assignment, Assignments, Plan, SlipPart
from kpi_engine.plan.pay import pay_assignments
from kpi_engine.plan.ranges import Engine, as_narrow, check_bounds, check_size
from kpi_engine.plan.readings import text
from kpi_engine.plan.score import score_assignments
from kpi_engine.ruleset.checked import PAY, SCORE, Metric, MetricForm, Ruleset
from kpi_engine.ruleset.kept import metric_columns
from kpi_engine.ruleset.lookups import held_column

_OK, _UNKNOWN = text("ok"), text("unknown")

_WIDEST = 2**63 - 1


def slip_parts(
    ruleset: Ruleset, values: dict[str, Value], constants: Environment
) -> tuple[SlipPart, ...]:
    """Return the parts of the slip in the order they are computed.

    ``values`` say how the roster and the metrics from rows read; what is computed here joins them.
    """
    parts: list[SlipPart] = []
    metrics, forms = ruleset.metrics.values(), ruleset.forms
    parts += [_metric_part(m, forms[m.name], values) for m in metrics if not m.after_score]
    if ruleset.score is not None:
        assignments, columns = score_assignments(ruleset.score, ruleset.pool, values, constants)
        parts.append(SlipPart(SCORE, assignments, columns))
        grid = 10**ruleset.score.places
        values[SCORE] = Rational(Core("column", (SCORE,), 0, 100 * grid), whole(grid))
    parts += [_metric_part(m, forms[m.name], values) for m in metrics if m.after_score]
    if ruleset.pay is not None:
        assignments, columns = pay_assignments(ruleset.pay, values, constants)
        parts.append(SlipPart(PAY, assignments, columns))
    return tuple(part for part in parts if part.assignments)


def _metric_part(metric: Metric, form: MetricForm, values: dict[str, Value]) -> SlipPart:
    """Return the columns of one metric, and make its value known to those that follow."""
    if metric.table is not None:
        assignments = _from_facts(metric, values[metric.name])
    else:
        assignments = _from_metrics(metric, form.value)
        if form.size is not None:
            assignments = (*assignments, Assignment(f"metric.{metric.name}.n", form.size))
        values[metric.name] = form.kept
    return SlipPart(metric.name, assignments, tuple(a.name for a in assignments))


def _from_facts(metric: Metric, reading: Value) -> Assignments:
    """Return the column of a metric from rows that is no quantity, read from its fact."""
    if isinstance(reading, Rational):
        return ()
    num, _ = metric_columns(metric.name)
    fact = Core("column", (num,), reading.low, reading.high)
    match metric.type.kind:
        case Kind.BOOL:
            fact = core.compare("eq", Core("column", (num,), 0, 1), core.ONE)
        case Kind.TEXT:
            fact = Core("column", (f"metric.{metric.name}.text",))
    return (Assignment(f"metric.{metric.name}", fact),)


def _from_metrics(metric: Metric, value: Value) -> Assignments:
    name = f"metric.{metric.name}"
    known = core.known(value)
    status = core.choose(known, _OK, _UNKNOWN)
    if isinstance(value, Core):
        return Assignment(name, value), Assignment(f"{name}.status", status)
    num, den = fraction_of_value(metric, value, known)
    return (
        Assignment(f"{name}.num", num),
        Assignment(f"{name}.den", den),
        Assignment(f"{name}.status", status),
    )


def settle_slip(
    plan: Plan,
    facts: pl.DataFrame,
    given: frozenset[str] = frozenset(),
    *,
    history: pl.DataFrame | None = None,
    engine: Engine = "auto",
) -> pl.DataFrame:
    """Return the facts with a column for everything computed from them; one row per subject.

    Numbers of metrics are ``metric.<name>.num`` over ``.den``, other metrics ``metric.<name>``;
    points and parts are in millionths, the score in its last place, money in minor units. Unknown
    is null, with a status that says why.

    ``given`` names the metrics and the score that stand in the facts already, and roster columns;
    then what is missing beside them is unknown. ``history`` are earlier months, as `with_history`
    takes them.

    Raises:
        DataError: if a fact lies where none can, or a computed amount does not fit 64 bits.
    """
    parts = [part for part in plan.slip if part.name not in given]
    assignments = with_shared(tuple(a for part in parts for a in part.assignments))
    columns = [name for part in parts for name in part.columns]
    opened = _opened(plan, facts, assignments, given)
    opened = with_own_numbers(plan.ruleset.pool, with_history(plan.history, opened, history))
    check_size(plan, opened)
    settled = with_assigned(opened.lazy(), assignments, plan.calendar)
    made = of_present(plan.history, settled).select(columns).collect(engine=engine)
    narrow = as_narrow(made, [c for c in columns if not c.startswith("metric.")])
    kept = facts.drop(columns, strict=False)
    return pl.concat([kept, narrow], how="horizontal") if columns else kept


def _opened(
    plan: Plan, facts: pl.DataFrame, assignments: Assignments, given: frozenset[str]
) -> pl.DataFrame:
    """Return the facts as formulas read them: a value whose status is not ok is unknown."""
    if given:
        facts = _completed(plan, facts, assignments, given)
    check_bounds(facts, [value for value in plan.values.values() if isinstance(value, Rational)])
    shown = [
        pl.when(pl.col(f"{name}.status") == pl.lit("ok")).then(pl.col(f"{name}.{part}"))
        for name in (f"metric.{metric}" for step in plan.gathers for metric in step.metrics)
        for part in ("num", "text")
        if f"{name}.{part}" in facts.columns
    ]
    return facts.with_columns(shown)


def _completed(
    plan: Plan, facts: pl.DataFrame, assignments: Assignments, given: frozenset[str]
) -> pl.DataFrame:
    """Return the facts with given fractions over the plan's divisors, what is missing unknown."""
    for metric in sorted(given & set(plan.ruleset.metrics)):
        num, _ = metric_columns(metric)
        value = plan.values[metric]
        if isinstance(value, Rational) and num in facts.columns:
            facts = facts.with_columns(_over_divisor(plan, metric, value))
    if SCORE in given and "score.status" not in facts.columns:
        status = pl.when(pl.col(SCORE).is_null()).then(pl.lit("unknown")).otherwise(pl.lit("ok"))
        facts = facts.with_columns(status.alias("score.status"))
    made = {assignment.name for assignment in assignments}
    reads = {f"metric.{name}.status": None for step in plan.gathers for name in step.metrics}
    reads |= columns_in(assignment.core for assignment in assignments)
    missing = [name for name in reads if name not in made and name not in facts.columns]
    return facts.with_columns(_missing(plan, name, given) for name in missing)


def _over_divisor(plan: Plan, metric: str, value: Rational) -> list[pl.Expr]:
    """Return a given fraction over the divisor its metric has, or one as large as it can have."""
    num, den = (Core("column", (name,), -_WIDEST, _WIDEST) for name in metric_columns(metric))
    den = Core(den.op, den.args, 1, _WIDEST)
    least = whole(core.bounds(value.den)[0])
    if core.constant(value.den) is None:
        parts = core.mul(num, least), core.mul(den, least)
    else:
        parts = core.round_away(core.mul(num, least), den), least
    return [
        lower(part, plan.calendar).cast(pl.Int64).alias(name)
        for part, name in zip(parts, metric_columns(metric), strict=True)
    ]


def _missing(plan: Plan, name: str, given: frozenset[str]) -> pl.Expr:
    """Return an unknown column, or the status of what was given without one."""
    space, _, rest = name.partition(".")
    if space == "metric" and rest.endswith(".status"):
        known = rest.removesuffix(".status") in given
        return pl.lit("ok" if known else "unknown").alias(name)
    tables = plan.ruleset.tables
    types = tables[plan.ruleset.subject.table].types
    kind = Kind.NUMBER
    if space == "roster":
        kind = types[rest].kind
    elif space == "lookup":
        table, _, column = rest.partition(".")
        kind = tables[table].types[held_column(tables[table], column)].kind
    elif rest in plan.ruleset.metrics:
        kind = plan.ruleset.metrics[rest].type.kind
    elif rest.endswith(".text"):
        kind = Kind.TEXT
    dtype = {Kind.TEXT: pl.String, Kind.BOOL: pl.Boolean}.get(kind, pl.Int64)
    return pl.lit(None, dtype=dtype).alias(name)
