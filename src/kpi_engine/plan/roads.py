"""Which road a match takes: an as-of join where that is provably the same, else a keyed join.

Among the rows up to a moment the best one is a running maximum, if what makes it the best is a
matter of the rows alone. Another bound may be looked at afterwards if it is one that the best row
passes whenever any does: the chat that ends last still counts, or none.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kpi_engine.language import core
from kpi_engine.language.core import Core, TooWideError, constant, whole
from kpi_engine.plan.graph import columns_in, operands_of, postorder
from kpi_engine.plan.lowering import is_wide
from kpi_engine.plan.nodes import AsOf, Joined, Preferred, Road
from kpi_engine.plan.readings import all_of

_CONDITIONS = frozenset({"lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not", "known", "in"})


@dataclass(frozen=True, slots=True)
class _Direction:
    """A column of the matched rows, and whether more of it is better, or fits sooner."""

    column: str
    up: bool


@dataclass(frozen=True, slots=True)
class _Bound:
    """A bound on a column of the matched rows: those fit that lie on one side of what is asked.

    With ``up`` these are the ones above it; one equal to it fits where ``level``.
    """

    direction: _Direction
    asked: Core
    level: bool


def road_of(
    where: Core | None, prefer: Sequence[Preferred], held: Iterable[str], *, every: bool
) -> Road:
    """Return the road of a match; ``held`` are the columns of the rows it brings."""
    names = frozenset(held)
    if every:
        return Joined("every row")
    own: list[Core] = []
    bounds: list[_Bound] = []
    for conjunct in _conjuncts(where):
        read = columns_in([conjunct])
        if names.issuperset(read):
            own.append(conjunct)
        elif not names.isdisjoint(read):
            bound = _bound(conjunct, names)
            if bound is None:
                return Joined("another condition on both rows")
            bounds.append(bound)
    if not bounds:
        return Joined("no bound")
    asking = {name for bound in bounds for name in columns_in([bound.asked])}
    order = _order(prefer, names, asking)
    if order is None:
        return Joined("a preference on both rows")
    return _as_of(own, bounds, order)


def _as_of(own: list[Core], bounds: list[_Bound], order: list[Preferred]) -> Road:
    """Return the as-of join along the one bound that is no matter of the best row, if it is one."""
    where = all_of(tuple(own)) if own else None
    ways: list[tuple[Preferred | None, list[Preferred]]] = [(None, order)]
    if order and order[0].value.op in _CONDITIONS:
        ways.append((order[0], order[1:]))
    for first, prefer in ways:
        best = _direction(prefer[0]) if prefer else None
        others = [bound for bound in bounds if bound.direction != best] or bounds[:1]
        if len(others) == 1:
            along = others[0]
            return AsOf(
                column=along.direction.column,
                asked=along.asked,
                falling=along.direction.up,
                level=along.level,
                where=where,
                first=first,
                prefer=tuple(prefer),
            )
    return Joined("the best row may lie beyond a bound")


def _conjuncts(where: Core | None) -> list[Core]:
    found: list[Core] = []
    waiting = [] if where is None else [where]
    while waiting:
        node = waiting.pop()
        if node.op == "and":
            waiting.extend(reversed(operands_of(node)))
        else:
            found.append(node)
    return found


def _bound(condition: Core, held: frozenset[str]) -> _Bound | None:
    """Return a comparison of a column of the matched rows with something of the asking one."""
    compared = _compared(condition, held)
    if compared is None:
        return None
    column, sign, others, offset = compared
    # column * sign + others + offset is below zero, or at most zero.
    try:
        asked = whole(-sign * offset)
        for other, times in others.items():
            asked = core.add(core.mul(other, whole(-sign * times)), asked)
    except TooWideError:
        return None
    if is_wide(column) or is_wide(asked):
        return None
    return _Bound(_Direction(str(column.args[0]), sign < 0), asked, condition.op in {"le", "ge"})


def _compared(
    condition: Core, held: frozenset[str]
) -> tuple[Core, int, Mapping[Core, int], int] | None:
    """Return a comparison as a sum below zero: one column of the matched rows, others, a constant.

    That column is taken once or less once: multiples are not bounds of it.
    """
    if condition.op not in {"lt", "le", "gt", "ge"}:
        return None
    left, right = operands_of(condition)
    low, high = (left, right) if condition.op in {"lt", "le"} else (right, left)
    below = _linear(low)
    above = _linear(high)
    if below is None or above is None:
        return None
    terms = dict(below[0])
    for column, times in above[0].items():
        terms[column] = terms.get(column, 0) - times
    own = [column for column in terms if column.args[0] in held]
    if len(own) != 1 or abs(terms[own[0]]) != 1:
        return None
    return own[0], terms.pop(own[0]), terms, below[1] - above[1]


def _linear(root: Core) -> tuple[dict[Core, int], int] | None:
    """Return a whole number as columns times constants, and a constant, None where it is not so."""
    if root.low is None:
        return None
    found: dict[int, tuple[dict[Core, int], int]] = {}
    for node in postorder([root]):
        parts = [found[id(operand)] for operand in operands_of(node) if id(operand) in found]
        if len(parts) < len(operands_of(node)):
            continue
        match node.op, parts:
            case "column", _:
                found[id(node)] = {Core("column", node.args, node.low, node.high): 1}, 0
            case "lit", _ if (value := constant(node)) is not None:
                found[id(node)] = {}, value
            case "add", [left, right]:
                found[id(node)] = _sum(left, right, 1)
            case "sub", [left, right]:
                found[id(node)] = _sum(left, right, -1)
            case "neg", [taken]:
                found[id(node)] = _sum(({}, 0), taken, -1)
            case "mul", [left, ({}, times)] | [({}, times), left] if times:
                found[id(node)] = _sum(({}, 0), left, times)
            case _:
                continue
    return found.get(id(root))


def _sum(
    left: tuple[dict[Core, int], int], right: tuple[dict[Core, int], int], times: int
) -> tuple[dict[Core, int], int]:
    terms = dict(left[0])
    for column, count in right[0].items():
        terms[column] = terms.get(column, 0) + count * times
    return terms, left[1] + right[1] * times


def _order(
    prefer: Iterable[Preferred], held: frozenset[str], asking: set[str]
) -> list[Preferred] | None:
    """Return preferences of the same order that read matched rows alone, None where none are.

    ``asking`` are the columns of the asking row without which nothing fits. A preference whether a
    column lies beyond something is none beside one of that column in the same direction.
    """
    order: list[Preferred] = []
    settled: set[str] = set()
    waiting: list[_Direction] = []
    for preferred in prefer:
        read = columns_in([preferred.value])
        own = [name for name in read if name in held]
        if len(own) == 1 and own[0] in settled:
            continue
        if len(own) == len(read):
            direction = _direction(preferred)
            alone = preferred
        elif (bound := _bound(preferred.value, held)) is not None:
            waiting.append(_turned(bound.direction, preferred))
            continue
        else:
            direction = (
                _direction(preferred, held) if asking.issuperset(read.keys() - held) else None
            )
            if direction is None:
                return None
            alone = _by_column(preferred, direction)
        if any(beyond != direction for beyond in waiting):
            return None
        waiting.clear()
        order.append(alone)
        if direction is not None:
            settled.add(direction.column)
    return None if waiting else order


def _turned(direction: _Direction, preferred: Preferred) -> _Direction:
    return direction if preferred.highest else _Direction(direction.column, not direction.up)


def _direction(preferred: Preferred, held: frozenset[str] | None = None) -> _Direction | None:
    """Return the one column of the matched rows by which alone a preference orders them."""
    linear = _linear(preferred.value)
    own = {} if linear is None else linear[0]
    own = {c: times for c, times in own.items() if held is None or c.args[0] in held}
    if len(own) != 1:
        return None
    ((column, times),) = own.items()
    return _Direction(str(column.args[0]), (times > 0) == preferred.highest) if times else None


def _by_column(preferred: Preferred, direction: _Direction) -> Preferred:
    (column,) = (
        node
        for node in postorder([preferred.value])
        if node.op == "column" and node.args[0] == direction.column
    )
    return Preferred(column, direction.up)
