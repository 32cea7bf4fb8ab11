"""A plan in words: which tables, per which keys, what is gathered, in which order."""

from collections.abc import Iterator
from typing import assert_never

from kpi_engine.language.core import Core, Gather, Over
from kpi_engine.plan.levels import with_shared
from kpi_engine.plan.nodes import (
    AsOf,
    Assignments,
    GatherColumn,
    GatherStep,
    Joined,
    Lookup,
    MatchStep,
    Pairing,
    Plan,
    Road,
    Stages,
    TableStep,
)
from kpi_engine.plan.scans import scanned_clocks

_SIGN_BY_OP = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "floordiv": "//",
    "mod": "%",
    "eq": "=",
    "ne": "!=",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
    "and": "and",
    "or": "or",
}


def describe_plan(plan: Plan) -> str:
    """Return a plan as text: what is encoded, then all steps in the order they run."""
    return "\n".join(_lines(plan)) + "\n"


def _lines(plan: Plan) -> Iterator[str]:
    yield f"plan of {plan.ruleset.name}, days of {plan.calendar.zone}"
    for domain in plan.domains:
        yield f"encodes {', '.join('.'.join(place) for place in domain)}"
    scanned = scanned_clocks(plan)
    for table in plan.tables:
        yield from _table_lines(table)
        if table.name in scanned:
            clocks = ", ".join(clock.column for clock in scanned[table.name])
            yield f"  only rows in the windows by {clocks}"
    roster = plan.roster
    yield f"roster from {roster.table} by {', '.join(roster.key)}"
    yield from _stage_lines(roster.opened)
    if roster.where is not None:
        yield f"  where {_core_text(roster.where)}"
    if roster.valid is not None:
        yield f"  valid from {roster.valid[0].column} to {roster.valid[1].column}"
    yield from _stage_lines(plan.lookups)
    for step in plan.gathers:
        yield from _gather_lines(step)
    yield f"slip of {', '.join(part.name for part in plan.slip)}"
    yield from _assignment_lines(with_shared(tuple(a for p in plan.slip for a in p.assignments)))


def _table_lines(table: TableStep) -> Iterator[str]:
    if table.origin is None:
        yield f"table {table.name} reads {', '.join(table.reads)}"
    else:
        yield f"table {table.name} from {table.origin} reads {', '.join(table.reads)}"
    yield from _stage_lines(table.opened)
    if table.where is not None:
        yield f"  where {_core_text(table.where)}"
    yield from _stage_lines(table.taken)
    if table.per is not None:
        yield f"  per {', '.join(table.per)}"
    if table.runs is not None:
        yield f"  in order of {', '.join(table.runs.order)}"
        yield f"  starts when {_core_text(table.runs.starts)}"
    for column in table.gathers:
        yield f"  {_gather_text(column)}"
    for match in table.matches:
        yield from _match_lines(match)
    yield from _stage_lines(table.added)
    for name in table.drops:
        yield f"  drop {name}"


def _stage_lines(stages: Stages) -> Iterator[str]:
    for stage in stages:
        if isinstance(stage, Lookup):
            yield _lookup_line(stage)
        else:
            yield from _assignment_lines(stage)


def _lookup_line(lookup: Lookup) -> str:
    names = ", ".join(column.name for column in lookup.columns)
    valid = "" if lookup.valid is None else f" as of {_core_text(lookup.valid.asked)}"
    return f"  look up {names} by {_asked_text(lookup.key)}{valid}"


def _asked_text(pairings: tuple[Pairing, ...]) -> str:
    return ", ".join(_core_text(pair.asked) for pair in pairings)


def _match_lines(match: MatchStep) -> Iterator[str]:
    taken = "every row" if match.every else "the best row"
    named = f"{match.name}: {taken} of {match.table} by {_asked_text(match.same)}"
    yield f"  match {named}, {_road_text(match.road)}"
    if match.where is not None:
        yield f"    where {_core_text(match.where)}"
    for preferred in match.prefer:
        direction = "highest" if preferred.highest else "lowest"
        yield f"    prefer {direction} {_core_text(preferred.value)}"


def _road_text(road: Road) -> str:
    match road:
        case AsOf():
            falling = ", falling" if road.falling else ""
            return f"as-of join on {road.column}{falling} at {_core_text(road.asked)}"
        case Joined():
            return f"keyed join ({road.because})"
        case _:
            assert_never(road)


def _gather_lines(step: GatherStep) -> Iterator[str]:
    window = "the window" if step.window is None else f"the last {step.window} days"
    clock = "every period" if step.clock is None else f"{window} by {step.clock.column}"
    yield f"facts from {step.table} in {clock} by {_asked_text(step.asked)}"
    yield from _stage_lines(step.taken)
    if step.newest is not None:
        amount = step.newest.count if step.newest.share is None else f"{step.newest.share} of all"
        yield f"  the newest {amount} of each by {', '.join(step.newest.order)}"
    yield from _assignment_lines(step.arguments)
    for column in step.gathers:
        yield f"  {_gather_text(column)}"
    yield from _assignment_lines(step.assignments)


def _gather_text(column: GatherColumn) -> str:
    return f"{column.name} = {column.gather.function}({column.argument or ''})"


def _assignment_lines(assignments: Assignments) -> Iterator[str]:
    for assignment in assignments:
        yield f"  {assignment.name} = {_core_text(assignment.core)}"


def _core_text(core: Core) -> str:
    """Return an operation as text, every operation in brackets."""
    args = [_core_text(arg) if isinstance(arg, Core) else _value_text(arg) for arg in core.args]
    match core.op:
        case "over":
            return _over_text(core.args[-1], args[:-1])
        case "lit" | "column" | "gather":
            return (
                args[0] if core.op != "lit" or not isinstance(core.args[0], str) else f"'{args[0]}'"
            )
        case "if":
            return f"({args[1]} if {args[0]} else {args[2]})"
        case _ if core.op in _SIGN_BY_OP:
            return f"({f' {_SIGN_BY_OP[core.op]} '.join(args)})"
        case _:
            return f"{core.op}({', '.join(args)})"


def _over_text(over: object, args: list[str]) -> str:
    if not isinstance(over, Over):
        raise TypeError(over)
    keys, order = args[: over.keys], args[over.keys : -1]
    in_order = f" in order of {', '.join(order)}" if order else ""
    return f"({over.function}({args[-1]}) over {', '.join(keys)}{in_order})"


def _value_text(value: object) -> str:
    if isinstance(value, Gather):
        argument = "" if value.argument is None else _core_text(value.argument)
        return f"{value.function}({argument})"
    return "unknown" if value is None else str(value)
