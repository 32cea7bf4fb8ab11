"""Whole-number operations as a graph: walked without recursion, equal nodes made one."""

from collections.abc import Callable, Iterable, Sequence

from kpi_engine.language.core import Core, Gather


def operands_of(core: Core) -> tuple[Core, ...]:
    """Return the operations a node is computed from; what a gather takes is not among them."""
    return tuple(arg for arg in core.args if isinstance(arg, Core))


def postorder(
    roots: Iterable[Core], operands: Callable[[Core], Sequence[Core]] = operands_of
) -> list[Core]:
    """Return every node once, by identity, after the nodes it is computed from."""
    done: dict[int, Core] = {}
    for root in roots:
        waiting = [(root, False)]
        while waiting:
            node, expanded = waiting.pop()
            if id(node) in done:
                continue
            if expanded:
                done[id(node)] = node
                continue
            waiting.append((node, True))
            waiting.extend((operand, False) for operand in reversed(operands(node)))
    return list(done.values())


def rebuilt(roots: Sequence[Core], replace: Callable[[Core, Core], Core]) -> list[Core]:
    """Return the roots with every node replaced, operands first.

    ``replace`` takes the node as it was and the same node over its replaced operands.
    """
    new_by_id: dict[int, Core] = {}
    for node in postorder(roots):
        args = tuple(new_by_id[id(arg)] if isinstance(arg, Core) else arg for arg in node.args)
        kept = all(new is old for new, old in zip(args, node.args, strict=True))
        new = node if kept else Core(node.op, args, node.low, node.high)
        new_by_id[id(node)] = replace(node, new)
    return [new_by_id[id(root)] for root in roots]


def interned(roots: Sequence[Core]) -> list[Core]:
    """Return the roots with equal nodes made one and the same node."""
    known: dict[tuple[object, ...], Core] = {}

    def one(_: Core, node: Core) -> Core:
        args = tuple(
            ("node", id(arg)) if isinstance(arg, Core) else (type(arg), arg) for arg in node.args
        )
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
