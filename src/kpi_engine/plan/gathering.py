"""What is gathered from groups of rows: columns to gather, expressions, and the range of sums."""

from collections.abc import Iterable, Sequence

import polars as pl

from kpi_engine.language.core import Core, Gather, absolute
from kpi_engine.plan.graph import gathers_in, rebuilt
from kpi_engine.plan.nodes import Assignment, Assignments, GatherColumn

_SUMMABLE_BITS = 95
"""So many bits can be added up 2**32 times within 128."""

_GATHER = "~gather"
SIZE = "~size"
"""Starts the name of the largest term of a sum."""


def gather_columns(
    gathers: Iterable[Gather],
) -> tuple[tuple[GatherColumn, ...], Assignments]:
    """Return a column for every gather, and the columns to compute before rows are grouped.

    What is gathered is always a column: Polars would take a constant for a single row. Where a sum
    could leave 128 bits, the largest of its terms is gathered beside it.
    """
    name_by_argument: dict[Core, str] = {}

    def column_of(argument: Core) -> str:
        if argument.op == "column":
            return str(argument.args[0])
        return name_by_argument.setdefault(argument, f"~taken.{len(name_by_argument)}")

    columns: list[GatherColumn] = []
    for index, gather in enumerate(dict.fromkeys(gathers)):
        argument = gather.argument
        name = _gather_name(index)
        columns.append(
            GatherColumn(name, gather, None if argument is None else column_of(argument))
        )
        if gather.function == "sum" and argument is not None and _bits(argument) > _SUMMABLE_BITS:
            largest = Gather("max", absolute(argument))
            taken = column_of(absolute(argument))
            columns.append(GatherColumn(f"{SIZE}.{index}", largest, taken))
    assignments = tuple(Assignment(name, core) for core, name in name_by_argument.items())
    return tuple(columns), assignments


def taken_cores(columns: Iterable[GatherColumn], arguments: Assignments) -> tuple[Core, ...]:
    """Return all that is read to gather: what is computed before, and columns as they are."""
    plain = [column.gather.argument for column in columns]
    return (*(a.core for a in arguments), *(c for c in plain if c and c.op == "column"))


def _bits(core: Core) -> int:
    return max(abs(core.low or 0), abs(core.high or 0)).bit_length()


def _gather_name(index: int) -> str:
    return f"{_GATHER}.{index}"


def name_gather(gather: Gather, names: dict[Gather, str]) -> str:
    """Return the column of a gather, naming it as `gather_columns` does where it is new."""
    return names.setdefault(gather, _gather_name(len(names)))


def with_gathers_named(
    assignments: Sequence[Assignment], columns: Sequence[GatherColumn]
) -> Assignments:
    """Return the assignments with every gather read from its column."""
    name_by_gather = {column.gather: column.name for column in columns}

    def named(_: Core, core: Core) -> Core:
        gather = core.args[0] if core.op == "gather" else None
        if isinstance(gather, Gather):
            return Core("column", (name_by_gather[gather],), core.low, core.high)
        return core

    cores = rebuilt([assignment.core for assignment in assignments], named)
    return tuple(
        Assignment(assignment.name, core)
        for assignment, core in zip(assignments, cores, strict=True)
    )


def pruned_gathers(columns: Iterable[GatherColumn], names: set[str]) -> tuple[GatherColumn, ...]:
    """Return the named columns, and the sizes beside the sums among them."""
    return tuple(c for c in columns if c.name.replace(SIZE, _GATHER) in names)


def gathers_of(assignments: Iterable[Assignment]) -> dict[Gather, None]:
    """Return the different gathers that assignments read, in the order they are met."""
    return gathers_in(assignment.core for assignment in assignments)


def gather_expr(column: GatherColumn) -> pl.Expr:
    """Return the aggregation of one column over a group, named; unknown values are skipped.

    Sums are Int128, counts Int64. Every one is exact and blind to the order of rows.
    """
    if column.argument is None:
        return pl.len().cast(pl.Int64).alias(column.name)
    taken = pl.col(column.argument)
    match column.gather.function:
        case "count":
            expr = taken.sum().cast(pl.Int64)
        case "sum":
            expr = taken.cast(pl.Int128).sum()
        case "min":
            expr = taken.min()
        case "max":
            expr = taken.max()
        case "distinct":
            expr = taken.drop_nulls().n_unique().cast(pl.Int64)
        case "lower_middle":
            # Not `quantile`: it answers in Float64, which has no place for 2**53 + 1.
            middle = (taken.count().cast(pl.Int64) - 1) // 2
            expr = taken.drop_nulls().sort().get(middle, null_on_oob=True)
        case "upper_middle":
            middle = taken.count().cast(pl.Int64) // 2
            expr = taken.drop_nulls().sort().get(middle, null_on_oob=True)
    return expr.alias(column.name)


EMPTY_IS_ZERO = frozenset({"count", "sum", "distinct"})
"""What is gathered from no rows at all is 0 for these, unknown for the others."""
