"""Ways to get a fault into the plan: an entry of a table replaced, or one small function."""

from collections.abc import Callable
from typing import cast

import polars as pl
import pytest

from kpi_engine.language import core, exact, ir, quotients
from kpi_engine.language.core import Core, Rational, Value, whole
from kpi_engine.language.exact import Environment
from kpi_engine.plan import gathered as by_subject
from kpi_engine.plan import gathering, lowering, making, slip, tables, windows
from kpi_engine.plan.lowering import Lowering
from kpi_engine.plan.nodes import Assignment, Calendar, GatherColumn, Plan, TableStep
from kpi_engine.plan.ranges import Engine

Inject = Callable[[pytest.MonkeyPatch], None]


def lowered(op: str, fault: Callable[..., pl.Expr]) -> Inject:
    """Return what lowers an operation by a fault, which takes the lowered operands."""

    def inject(patch: pytest.MonkeyPatch) -> None:
        table = cast("dict[str, Lowering]", lowering.LOWERINGS)
        patch.setitem(table, op, lambda _, exprs, __: fault(*exprs))

    return inject


def gathered(function: str, fault: Callable[[pl.Expr], pl.Expr]) -> Inject:
    """Return what gathers a function by a fault, which takes the column."""
    faithful = gathering.gather_expr

    def gather(column: GatherColumn) -> pl.Expr:
        if column.argument is None or column.gather.function != function:
            return faithful(column)
        return fault(pl.col(column.argument)).alias(column.name)

    def inject(patch: pytest.MonkeyPatch) -> None:
        for module in (making, by_subject):
            patch.setattr(module, "gather_expr", gather)

    return inject


def reciprocal(num: pl.Expr, den: pl.Expr) -> pl.Expr:
    return (num.cast(pl.Float64) * (1.0 / den.cast(pl.Float64))).floor().cast(pl.Int128)


def in_floats(num: pl.Expr, den: pl.Expr) -> pl.Expr:
    return (num.cast(pl.Float64) / den.cast(pl.Float64)).floor().cast(pl.Int128)


def cut_off(num: pl.Expr, den: pl.Expr) -> pl.Expr:
    return num.sign() * (num.abs() // den)


def half_even(num: Core, den: Core) -> Core:
    below, doubled = core.floordiv(num, den), core.mul(core.mod(num, den), whole(2))
    odd = core.compare("eq", core.mod(below, whole(2)), whole(1))
    tie = Core("and", (core.compare("eq", doubled, den), odd))
    up = Core("or", (core.compare("gt", doubled, den), tie))
    return core.add(below, core.choose(up, whole(1), whole(0)))


def half_up(num: Core, den: Core) -> Core:
    return core.floordiv(core.add(core.mul(num, whole(2)), den), core.mul(den, whole(2)))


def rounding(fault: Callable[[Core, Core], Core]) -> Inject:
    """Return what rounds by a fault wherever the plan rounds."""
    return lambda patch: patch.setattr(core, "round_away", fault)


def unsigned(patch: pytest.MonkeyPatch) -> None:
    faithful = gathering.gather_expr

    def gather(column: GatherColumn) -> pl.Expr:
        expr = faithful(column)
        return expr.cast(pl.UInt32) if column.gather.function == "count" else expr

    for module in (making, by_subject):
        patch.setattr(module, "gather_expr", gather)


def mean_keeps_scale(patch: pytest.MonkeyPatch) -> None:
    faithful = exact._aggregate  # noqa: SLF001 (the fault goes where means are made)

    def aggregate(node: ir.Aggregate, env: Environment) -> Value:
        value = faithful(node, env)
        if node.function != "mean" or not isinstance(value, Rational):
            return value
        return Rational(core.round_away(value.num, value.den), core.ONE)

    patch.setattr(exact, "_aggregate", aggregate)


def default_wins(patch: pytest.MonkeyPatch) -> None:
    faithful = exact._operation  # noqa: SLF001 (the fault goes where operators are made)

    def operation(node: ir.Op, env: Environment) -> Value:
        if node.op != "default":
            return faithful(node, env)
        x, spare = (exact.exact_value(arg, env) for arg in node.args)
        return quotients.choose_value(core.known(spare), spare, x)

    patch.setattr(exact, "_operation", operation)


def hours(fault: Callable[[pl.Expr, int, int], pl.Expr]) -> Inject:
    """Return what reads hours by a fault: it takes the minute of the day, and both ends."""

    def in_hours(node: Core, exprs: tuple[pl.Expr, ...], calendar: Calendar) -> pl.Expr:
        wall = lowering._wall(exprs[0], calendar)  # noqa: SLF001 (the clock is not at fault)
        start, end = cast("tuple[int, int]", node.args[1])
        return fault(wall % exact.MICROSECONDS_A_DAY // (60 * 10**6), start, end)

    return lambda patch: patch.setitem(
        cast("dict[str, Lowering]", lowering.LOWERINGS), "in_hours", in_hours
    )


def drops_forgotten(patch: pytest.MonkeyPatch) -> None:
    def undropped(step: TableStep, rows: pl.LazyFrame) -> pl.LazyFrame:
        return rows.drop(tables.DROPPED) if step.drops else rows

    patch.setattr(making, "_undropped_rows", undropped)


def unknown_keys_lost(patch: pytest.MonkeyPatch) -> None:
    faithful = making._grouped_rows  # noqa: SLF001 (the fault goes where rows are grouped)

    def grouped(plan: Plan, step: TableStep, rows: pl.LazyFrame, engine: Engine) -> pl.LazyFrame:
        return faithful(plan, step, rows, engine).drop_nulls(step.per)

    patch.setattr(making, "_grouped_rows", grouped)


def unknown_passes(patch: pytest.MonkeyPatch) -> None:
    def passing(rows: pl.LazyFrame, where: Core | None, calendar: Calendar) -> pl.LazyFrame:
        if where is None:
            return rows
        return rows.filter(lowering.lower(where, calendar).fill_null(value=True))

    patch.setattr(making, "_passing_rows", passing)


def last_day_lost(patch: pytest.MonkeyPatch) -> None:
    faithful = windows._edges  # noqa: SLF001 (the fault goes where a window ends)

    def edges(*arguments: object) -> tuple[pl.Expr, pl.Expr]:
        first, last = faithful(*arguments)  # type: ignore[arg-type]
        return first, last - 1

    patch.setattr(windows, "_edges", edges)


def written(module_function: str, column: str, fault: Callable[[Core], Core]) -> Inject:
    """Return what computes a column of the slip by a fault, which takes the right operation."""
    faithful = getattr(slip, module_function)

    def assignments(*arguments: object) -> object:
        made, columns = faithful(*arguments)
        faulty = tuple(Assignment(a.name, fault(a.core)) if a.name == column else a for a in made)
        assert faulty != made
        return faulty, columns

    return lambda patch: patch.setattr(slip, module_function, assignments)
