"""Columns computed in levels: each level is one `with_columns` over the levels before it."""

import polars as pl

from kpi_engine.language.core import Core
from kpi_engine.plan.graph import columns_in, interned, note_columns, operands_of, over
from kpi_engine.plan.lowering import lower
from kpi_engine.plan.nodes import Assignment, Assignments, Calendar

_PLAIN = frozenset({"lit", "column", "gather"})

_SHARED = "~shared"


def with_shared(assignments: Assignments) -> Assignments:
    """Return the assignments with every operation that is used twice made a column of its own.

    So is all that is gathered over groups, and what it is gathered from: Polars nests no windows,
    and would take a constant for a single row. Each stands before the first that reads it.
    """
    roots, nodes, uses = interned([assignment.core for assignment in assignments])
    gathered = [node for node in nodes if node.op == "over"]
    apart = {id(part) for node in gathered for part in (node, *operands_of(node))}
    result: list[Assignment] = []
    new_by_id: dict[int, Core] = {}
    shared = 0
    waiting = iter(nodes)
    for assignment, root in zip(assignments, roots, strict=True):
        while id(root) not in new_by_id:
            node = next(waiting)
            new = over(node, new_by_id)
            twice = uses[id(node)] > 1 and node.op not in _PLAIN and not _is_small(node)
            if twice or (id(node) in apart and node.op != "column"):
                name = f"{_SHARED}.{shared}"
                shared += 1
                result.append(Assignment(name, new))
                new = Core("column", (name,), new.low, new.high)
            new_by_id[id(node)] = new
        result.append(Assignment(assignment.name, new_by_id[id(root)]))
    return tuple(result)


def _is_small(core: Core) -> bool:
    return all(operand.op in _PLAIN for operand in operands_of(core))


def in_levels(assignments: Assignments) -> list[Assignments]:
    """Return the assignments by level: each reads only columns of earlier levels, or given ones."""
    level_by_name: dict[str, int] = {}
    levels: list[list[Assignment]] = []
    for assignment in assignments:
        reads = columns_in([assignment.core])
        level = max((level_by_name[name] + 1 for name in reads if name in level_by_name), default=0)
        level_by_name[assignment.name] = level
        if level == len(levels):
            levels.append([])
        levels[level].append(assignment)
    return [tuple(level) for level in levels]


def with_assigned(
    frame: pl.LazyFrame, assignments: Assignments, calendar: Calendar
) -> pl.LazyFrame:
    """Return the frame with a column for every assignment, shared ones included; rows stay."""
    for level in in_levels(assignments):
        frame = frame.with_columns(
            lower(assignment.core, calendar).alias(assignment.name) for assignment in level
        )
    return frame


def needed(assignments: Assignments, names: set[str]) -> tuple[Assignments, set[str]]:
    """Return the assignments that the named columns need, in their order, and what all read."""
    wanted = dict.fromkeys(names)
    seen: set[int] = set()
    kept: list[Assignment] = []
    for assignment in reversed(assignments):
        if assignment.name in wanted:
            kept.append(assignment)
            note_columns([assignment.core], wanted, seen)
    return tuple(reversed(kept)), wanted.keys() - {assignment.name for assignment in kept}
