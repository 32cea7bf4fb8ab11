"""Rows of given values evaluated: what a slip says when some of it is taken as it is."""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

import polars as pl

from kpi_engine.execution.contract import subject_columns
from kpi_engine.execution.history import Past
from kpi_engine.execution.look import Look
from kpi_engine.execution.settling import provisional_metrics
from kpi_engine.language import core
from kpi_engine.language.core import Rational
from kpi_engine.language.exact import NUMBER_SCALE
from kpi_engine.language.kinds import PLAIN, QUANTITIES, Kind, Type
from kpi_engine.plan.graph import postorder
from kpi_engine.plan.nodes import Plan
from kpi_engine.plan.slip import settle_slip
from kpi_engine.plan.stages import with_stages
from kpi_engine.review.binding import Evaluation, GivenValue
from kpi_engine.review.gathering import GatheredCase
from kpi_engine.review.pipes import cell_span
from kpi_engine.ruleset.kept import metric_columns, roster_column
from kpi_engine.text.diagnostics import Diagnostic, diagnose

_NARROW = 2**63
_ROW = "~row"


def evaluate_rows(
    plan: Plan,
    gathered: GatheredCase,
    evaluations: Sequence[Evaluation],
    look: Look,
    past: Past | None,
) -> tuple[list[dict[str, object]], list[Diagnostic]]:
    """Return the row of ``subjects`` that each evaluation gives, or what cannot be kept.

    ``gathered`` has the row of the subject they speak of, in which what is given replaces the rest;
    what formulas look up for her is looked up by what is given.
    """
    findings: list[Diagnostic] = []
    columns: list[pl.Series] = []
    for values in zip(*(evaluation.given for evaluation in evaluations), strict=True):
        columns += _given_columns(plan, values, findings)
    if findings:
        return [], findings
    names = frozenset(value.name for value in evaluations[0].given)
    given = pl.DataFrame(columns)
    others = gathered.facts.drop(given.columns, strict=False)
    frame = pl.concat([pl.concat([others] * given.height), given], how="horizontal")
    asking = _looked_up(plan, frame, gathered.looked_into)
    earlier = None if past is None else past.rows
    # groups would take the rows for so many subjects: each stands for the same one, alone
    together = asking.iter_slices(1) if _asks_groups(plan, names) else [asking]
    settled = pl.concat(settle_slip(plan, rows, names, history=earlier) for rows in together)
    final = provisional_metrics(plan.ruleset, look)
    shown = subject_columns(plan.ruleset, look.window.period, final)
    missing = {name for expr in shown for name in expr.meta.root_names()} - set(settled.columns)
    absent = [pl.lit(None).cast(_absent_type(plan, name)).alias(name) for name in sorted(missing)]
    return settled.with_columns(absent).select(shown).to_dicts(), []


def _asks_groups(plan: Plan, given: frozenset[str]) -> bool:
    """Return whether something that is computed beside given values gathers over subjects."""
    computed = (part for part in plan.slip if part.name not in given)
    cores = [assignment.core for part in computed for assignment in part.assignments]
    return any(node.op == "over" for node in postorder(cores))


def _looked_up(plan: Plan, facts: pl.DataFrame, tables: Mapping[str, pl.LazyFrame]) -> pl.DataFrame:
    """Return facts with everything looked up anew that formulas look up for a subject."""
    stale = {column.name for lookup in plan.lookups for column in lookup.columns}
    asking = facts.drop(stale, strict=False).with_row_index(_ROW).lazy()
    frame = with_stages(asking, plan.lookups, tables, plan.calendar)
    return frame.sort(_ROW).drop(_ROW).collect()


def _absent_type(plan: Plan, name: str) -> pl.DataType:
    """Return the type of a column that was not computed, for its value was given or has no rows."""
    types = plan.ruleset.tables[plan.ruleset.subject.table].types
    if name in types:
        return _stored_type(types[name].kind)
    metric = plan.ruleset.metrics.get(name.removeprefix("metric."))
    if metric is not None:
        return _stored_type(metric.type.kind)
    return pl.String() if name.endswith(".status") else pl.Int64()


def _stored_type(kind: Kind) -> pl.DataType:
    match kind:
        case Kind.TEXT:
            return pl.String()
        case Kind.BOOL:
            return pl.Boolean()
        case _:
            return pl.Int64()


def _given_columns(
    plan: Plan, values: Iterable[GivenValue], findings: list[Diagnostic]
) -> list[pl.Series]:
    """Return the columns of the facts that hold the given values of one name."""
    given = list(values)
    name, ruleset = given[0].name, plan.ruleset
    metric = ruleset.metrics.get(name)
    if metric is not None:
        status = ["unknown" if value.value is None else "ok" for value in given]
        statuses = pl.Series(f"metric.{name}.status", status, dtype=pl.String)
        if metric.type.kind in QUANTITIES:
            return [*_fractions(plan, name, given, findings), statuses]
        plain = [value.value for value in given]
        return [pl.Series(f"metric.{name}", plain, dtype=_stored_type(metric.type.kind)), statuses]
    if name == "score" and ruleset.score is not None:
        places = ruleset.score.places
        wholes = [_whole(value, 10**places, Kind.NUMBER, findings) for value in given]
        return [pl.Series("score", wholes, dtype=pl.Int64)]
    type_ = ruleset.tables[ruleset.subject.table].types[name]
    column = roster_column(name)
    if type_.kind in QUANTITIES:
        wholes = [_whole(value, _roster_grid(type_), type_.kind, findings) for value in given]
        return [pl.Series(column, wholes, dtype=pl.Int64)]
    return [pl.Series(column, [value.value for value in given], dtype=_stored_type(type_.kind))]


def _roster_grid(type_: Type) -> int:
    return NUMBER_SCALE if type_.kind in PLAIN and not type_.whole else 1


def _whole(given: GivenValue, grid: int, kind: Kind, findings: list[Diagnostic]) -> int | None:
    """Return a value as a whole number of parts of a grid; what lies between is noted."""
    if given.value is None:
        return None
    scaled = Fraction(given.value) * grid
    if scaled.denominator == 1:
        return scaled.numerator
    places = len(str(grid)) - 1
    whole = {Kind.MONEY: "whole minor units", Kind.DURATION: "whole microseconds"}
    expected = f"at most {places} decimals" if places else whole.get(kind, "whole numbers")
    _refuse(given, f"{expected} were expected", findings)
    return None


def _refuse(given: GivenValue, reason: str, findings: list[Diagnostic]) -> None:
    span = cell_span(given.cell)
    findings.append(diagnose("K526", span, text=given.cell.text, name=given.name, reason=reason))


def _fractions(
    plan: Plan, name: str, given: Sequence[GivenValue], findings: list[Diagnostic]
) -> list[pl.Series]:
    """Return the numerators and denominators of a metric's given values, as the plan reads them."""
    reading = plan.values[name]
    if not isinstance(reading, Rational):
        raise TypeError(reading)
    divisor = core.constant(reading.den)
    nums: list[int | None] = []
    dens: list[int | None] = []
    for value in given:
        num: int | None = None
        den = divisor or 1
        if divisor is not None:
            num = _whole(value, divisor, plan.ruleset.metrics[name].type.kind, findings)
        elif value.value is not None:
            num, den = Fraction(value.value).as_integer_ratio()
        low, high = core.bounds(reading.num)
        if num is not None and not low <= num <= high:
            _refuse(value, "it lies beyond what the metric can be", findings)
            num = None
        nums.append(num)
        dens.append(den)
    num_name, den_name = metric_columns(name)
    wide = max(abs(bound) for bound in core.bounds(reading.num)) >= _NARROW
    dtype = pl.Int128 if wide else pl.Int64
    return [
        pl.Series(num_name, nums, dtype=dtype),
        pl.Series(den_name, dens, dtype=pl.Int64),
    ]
