"""The typed form of a formula: frozen nodes, equal by value, that say what is computed.

Numbers are exact fractions; money stands in minor units and durations in microseconds. Whatever
reads this form (bounds, lowering) matches on these few classes.
"""

from datetime import date
from fractions import Fraction
from typing import Literal

from kpi_engine.language.kinds import Type
from kpi_engine.text.nodes import passive

Space = Literal["row", "metric", "roster", "subject", "period", "running", "param"]

LitValue = Fraction | str | bool | date | tuple[int, int] | None


@passive
class Lit:
    """A constant; hours are a pair of minutes, unknown is None."""

    value: LitValue
    type: Type


@passive
class Ref:
    """A named value: a column of the row or the roster, a metric, a running total, a param.

    A name with a dot is looked up elsewhere, on a row or for a subject. The one value of the space
    ``period`` is its ``last_day``.
    """

    space: Space
    name: str
    type: Type


@passive
class Op:
    """An operator or a plain function, named as in ``OPERATORS`` or the functions table."""

    op: str
    args: tuple["Node", ...]
    type: Type


@passive
class Aggregate:
    """A group of rows turned into one value; ``args`` are of row level."""

    function: str
    args: tuple["Node", ...]
    type: Type


@passive
class Step:
    """From ``bound`` on (or above it, where ``inclusive`` is false) the value holds."""

    bound: Fraction
    inclusive: bool
    value: "Node"


@passive
class Steps:
    """A stair: sorted bounds, and ``lowest`` below the first (None: no case there)."""

    lowest: "Node | None"
    steps: tuple[Step, ...]


@passive
class Range:
    """Both ends in."""

    low: Fraction
    high: Fraction
    value: "Node"


@passive
class Ranges:
    """Printed bands ``a to b``, sorted and not overlapping."""

    ranges: tuple[Range, ...]
    otherwise: "Node | None"


@passive
class Line:
    """A straight line through sorted points, flat beyond the ends."""

    points: tuple[tuple[Fraction, Fraction], ...]


@passive
class Choice:
    """Labels (or numbers) and their values."""

    options: tuple[tuple[str | Fraction, "Node"], ...]
    otherwise: "Node | None"


Scale = Steps | Ranges | Line | Choice


@passive
class Apply:
    """The value of a scale at x; a param's scale is named, an ``of`` scale stands in place."""

    scale: "Scale | str"
    x: "Node"
    type: Type


@passive
class Slices:
    """The area under a param's stair from 0 to x: each slice of x at its own rate."""

    scale: str
    x: "Node"
    type: Type


@passive
class Across:
    """A value of a subject among the subjects of a group; ``args`` are about each of them.

    ``function`` is an aggregate, ``longest_run``, ``beats``, ``split``, ``place`` (1 is the best)
    or ``band``. It is the whole value of a metric of its own, which other formulas read by name.
    """

    function: str
    args: tuple["Node", ...]
    group: str
    type: Type


@passive
class Previous:
    """A named value of the same subject in the period before."""

    name: str
    type: Type


Node = Lit | Ref | Op | Aggregate | Apply | Slices | Across | Previous

OPERATORS = frozenset(
    {
        *("add", "sub", "mul", "div", "neg"),
        *("eq", "ne", "lt", "le", "gt", "ge", "in", "in_hours"),
        *("and", "or", "not", "if", "known"),
    }
)


def children(node: Node) -> tuple[Node, ...]:
    """Return the nodes a node is computed from, case values of its scale included."""
    match node:
        case Op():
            return node.args
        case Lit() | Ref() | Previous():
            return ()
        case Aggregate() | Across():
            return node.args
        case Apply():
            values = () if isinstance(node.scale, str) else scale_values(node.scale)
            return (node.x, *values)
        case Slices():
            return (node.x,)


def scale_values(scale: Scale) -> tuple[Node, ...]:
    """Return the case values of a scale."""
    match scale:
        case Steps():
            found = [scale.lowest, *(step.value for step in scale.steps)]
        case Ranges():
            found = [*(band.value for band in scale.ranges), scale.otherwise]
        case Choice():
            found = [*(value for _, value in scale.options), scale.otherwise]
        case Line():
            found = []
    return tuple(value for value in found if value is not None)


def aggregates(node: Node) -> tuple[Aggregate, ...]:
    """Return the different aggregates of a formula in the order they are met."""
    found: dict[Aggregate, None] = {}
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if isinstance(current, Aggregate):
            found[current] = None
        else:
            waiting += children(current)[::-1]
    return tuple(found)


def gathers(node: Node) -> bool:
    """Return whether a formula has an aggregate."""
    return isinstance(node, Aggregate) or any(map(gathers, children(node)))


def references(node: Node) -> frozenset[Ref]:
    """Return the named values a formula reads, params' own scales not followed."""
    found: set[Ref] = set()
    waiting = [node]
    for current in waiting:  # which grows
        if isinstance(current, Ref):
            found.add(current)
        elif isinstance(current, Op | Aggregate):
            waiting += current.args
        elif not isinstance(current, Lit):
            waiting += children(current)
    return frozenset(found)
