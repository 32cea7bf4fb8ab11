"""Whole-number operations as a graph: walked without recursion, equal nodes made one."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import is_

from kpi_engine.language.core import Core, Gather


def operands_of(core: Core) -> tuple[Core, ...]:
    """Return the operations a node is computed from; what a gather takes is not among them."""
    return tuple([arg for arg in core.args if type(arg) is Core])


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
                waiting.extend(reversed(below))
            else:
                done[id(node)] = node
    return list(done.values())


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
    args = tuple([new_by_id[id(arg)] if type(arg) is Core else arg for arg in node.args])
    kept = all(map(is_, args, node.args))
    return node if kept else Core(node.op, args, node.low, node.high)


def interned(roots: Sequence[Core]) -> tuple[list[Core], list[Core]]:
    """Return the roots with equal nodes made one, and their nodes, each once, operands first."""
    node_by_key: dict[tuple[object, ...], Core] = {}
    one_by_id: dict[int, Core] = {}
    for node in postorder(roots):
        # Operands are told apart by identity: to compare them again would cost their whole depth.
        args = tuple(
            [id(one_by_id[id(arg)]) if type(arg) is Core else (type(arg), arg) for arg in node.args]
        )
        key = (node.op, args, node.low, node.high)
        one = node_by_key.get(key)
        if one is None:
            one = node_by_key[key] = over(node, one_by_id)
        one_by_id[id(node)] = one
    return [one_by_id[id(root)] for root in roots], list(node_by_key.values())


def columns_in(roots: Iterable[Core]) -> dict[str, None]:
    """Return the names of the columns read, in the order they are met."""
    return {str(node.args[0]): None for node in postorder(roots) if node.op == "column"}


def gathers_in(roots: Iterable[Core]) -> dict[Gather, None]:
    """Return the different gathers, in the order they are met."""
    return {
        arg: None
        for node in postorder(roots)
        if node.op == "gather"
        for arg in node.args
        if isinstance(arg, Gather)
    }
