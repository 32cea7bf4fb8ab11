"""Whole-number operations as a graph: walked without recursion, equal nodes made one."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import is_

from kpi_engine.language.core import Core, Gather

_NOTHING_BELOW = frozenset({"lit", "column", "gather"})
_FIRST_BELOW = frozenset({"in", "in_hours"})


def operands_of(core: Core) -> tuple[Core, ...]:
    """Return the operations a node is computed from; what a gather takes is not among them."""
    op, args, _, _ = core
    if op in _NOTHING_BELOW:
        return ()
    if op == "over":
        return args[:-1]  # type: ignore[return-value] # as `Core` says
    return args[:1] if op in _FIRST_BELOW else args  # type: ignore[return-value] # as `Core` says


def postorder(
    roots: Iterable[Core], operands: Callable[[Core], Sequence[Core]] = operands_of
) -> list[Core]:
    """Return every node once, by identity, after the nodes it is computed from."""
    done: dict[int, Core] = {}
    opened: list[Core] = []
    # None stands behind the operands of the node opened last.
    waiting: list[Core | None] = [*reversed([*roots])]
    while waiting:
        node = waiting.pop()
        if node is None:
            node = opened.pop()
            done[id(node)] = node
        elif id(node) not in done:
            below = operands(node)
            if below:
                opened.append(node)
                waiting.append(None)
                waiting += below[::-1]
            else:
                done[id(node)] = node
    return [*done.values()]


def rebuilt(roots: Sequence[Core], replace: Callable[[Core, Core], Core]) -> list[Core]:
    """Return the roots with every node replaced, operands first.

    ``replace`` takes the node as it was and the same node over its replaced operands.
    """
    new_by_id: dict[int, Core] = {}
    for node in postorder(roots):
        new_by_id[id(node)] = replace(node, over(node, new_by_id))
    return [new_by_id[id(root)] for root in roots]


def over(node: Core, new_by_id: Mapping[int, Core]) -> Core:
    """Return a node over the new operands; the node itself where none of them is new."""
    below = operands_of(node)
    if not below:
        return node
    new = [new_by_id[id(operand)] for operand in below]
    if all(map(is_, new, below)):
        return node
    op, args, low, high = node
    return Core(op, (*new, *args[len(new) :]), low, high)


def interned(roots: Sequence[Core]) -> tuple[list[Core], list[Core], Counter[int]]:
    """Return the roots with equal nodes made one, and their nodes, each once, operands first.

    The last are the uses of every node by identity, as an operand and as a root.
    """
    node_by_key: dict[tuple[object, ...], Core] = {}
    one_by_id: dict[int, Core] = {}
    uses: list[int] = []
    for node in postorder(roots):
        op, args, low, high = node
        below = operands_of(node)
        # Operands are told apart by identity: to compare them again would cost their whole depth.
        ids = [id(one_by_id[id(operand)]) for operand in below]
        rest = args[len(ids) :]
        key = (op, low, high, *ids, *rest, *map(type, rest)) if rest else (op, low, high, *ids)
        one = node_by_key.get(key)
        if one is None:
            one = node_by_key[key] = over(node, one_by_id)
            uses += ids
        one_by_id[id(node)] = one
    ones = [one_by_id[id(root)] for root in roots]
    return ones, [*node_by_key.values()], Counter([*uses, *map(id, ones)])


def columns_in(roots: Iterable[Core]) -> dict[str, None]:
    """Return the names of the columns read, in the order they are met."""
    found: dict[str, None] = {}
    note_columns(roots, found, set())
    return found


def note_columns(roots: Iterable[Core], found: dict[str, None], seen: set[int]) -> None:
    """Add the names of the columns read to those found; what was seen, by identity, is passed."""
    waiting = [*roots][::-1]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if node.op == "column":
            found[str(node.args[0])] = None
        else:
            waiting += operands_of(node)[::-1]


def gathers_in(roots: Iterable[Core]) -> dict[Gather, None]:
    """Return the different gathers, in the order they are met."""
    return {
        arg: None
        for node in postorder(roots)
        if node.op == "gather"
        for arg in node.args
        if isinstance(arg, Gather)
    }
