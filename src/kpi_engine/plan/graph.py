"""Whole-number operations as a graph: walked without recursion, equal nodes made one."""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence

from kpi_engine.language.core import Core, Gather


def operands_of(core: Core) -> tuple[Core, ...]:
    """Return the operations a node is computed from; what a gather takes is not among them."""
    return tuple([arg for arg in core.args if type(arg) is Core])


def postorder(
    roots: Iterable[Core],
    operands: Callable[[Core], Sequence[Core]] = operands_of,
    known: Container[int] = (),
) -> list[Core]:
    """Return every node once, by identity, after the nodes it is computed from.

    Nodes whose identity is ``known``, and all below them, are left out.
    """
    done: dict[int, Core] = {}
    for root in roots:
        waiting = [root]
        while waiting:
            node = waiting[-1]
            if id(node) in done or id(node) in known:
                waiting.pop()
                continue
            below = [o for o in operands(node) if id(o) not in done and id(o) not in known]
            if below:
                waiting.extend(reversed(below))
            else:
                done[id(node)] = node
                waiting.pop()
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
    for new, old in zip(args, node.args, strict=True):
        if new is not old:
            return Core(node.op, args, node.low, node.high)
    return node


def interned(roots: Sequence[Core]) -> list[Core]:
    """Return the roots with equal nodes made one and the same node."""
    known: dict[tuple[object, ...], Core] = {}

    def one(_: Core, node: Core) -> Core:
        args = tuple([id(arg) if type(arg) is Core else (type(arg), arg) for arg in node.args])
        return known.setdefault((node.op, args, node.low, node.high), node)

    return rebuilt(roots, one)


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
