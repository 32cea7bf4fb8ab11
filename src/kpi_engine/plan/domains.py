"""Which text columns hold one vocabulary: what is compared, joined or copied belongs together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from kpi_engine.language.core import Core
from kpi_engine.language.kinds import Kind
from kpi_engine.plan.graph import operands_of, postorder
from kpi_engine.plan.nodes import (
    Domain,
    GatherColumn,
    GatherStep,
    Lookup,
    MatchStep,
    Pairing,
    RosterStep,
    Stages,
    TableStep,
)
from kpi_engine.ruleset.checked import Table
from kpi_engine.ruleset.kept import roster_column
from kpi_engine.ruleset.lookups import held_column

_Place = tuple[str, str]
"""Where values stand: a table, or a step that reads one, and the column."""

_CONSTANT: _Place = ("", "")
"""Where a constant comes from that a formula may put in the place of a column's values."""

_COMPARISONS = frozenset({"eq", "ne", "lt", "le", "gt", "ge"})
_COPIES = frozenset({"min", "max", "lower_middle", "upper_middle"})


@dataclass(frozen=True, slots=True)
class _Places:
    """Places joined where the values of one become, or are compared with, those of another.

    ``keys`` are those that rows are grouped, matched or found by.
    """

    declared: Mapping[str, Table]
    next_by_place: dict[_Place, _Place] = field(default_factory=dict)
    keys: set[_Place] = field(default_factory=set)


def key_domains(
    tables: tuple[TableStep, ...],
    roster: RosterStep,
    lookups: tuple[Lookup, ...],
    gathers: Iterable[GatherStep],
    declared: Mapping[str, Table],
) -> tuple[Domain, ...]:
    """Return the domains of keys and labels, each with all input columns that share its texts.

    A text in whose place a formula may put a constant is in none: the dictionary of a domain is
    made of the data. Constants that it is compared with do not matter.
    """
    places = _Places(declared)
    for table in tables:
        _join_table(places, table)
    _join_stages(places, roster.table, roster.opened)
    _join_cores(places, roster.table, () if roster.where is None else (roster.where,))
    for name in roster.key:
        _join(places, (("subject", name), (roster.table, name)))
        places.keys.add((roster.table, name))
    for name in roster.columns:
        _join(places, (("subject", roster_column(name)), (roster.table, name)))
    _join_stages(places, "subject", lookups)
    for index, gather in enumerate(gathers):
        _join_gather(places, f"facts.{index}", gather, roster)
    return _domains(places, tables)


def _domains(places: _Places, tables: tuple[TableStep, ...]) -> tuple[Domain, ...]:
    wanted = {_root(places, place) for place in places.keys}
    members: dict[_Place, list[_Place]] = {}
    for step in tables:
        types = places.declared[step.name].types
        for name in step.reads if step.origin is None else ():
            if name in types and types[name].kind is Kind.TEXT:
                root = _root(places, (step.name, name))
                members.setdefault(root, []).append((step.name, name))
                if types[name].labels is not None:
                    wanted.add(root)
    wanted.discard(_root(places, _CONSTANT))
    return tuple(tuple(found) for root, found in members.items() if root in wanted)


def _root(places: _Places, place: _Place) -> _Place:
    """Return the one that stands for all places joined with a place."""
    while place in places.next_by_place:
        place = places.next_by_place[place]
    return place


def _join(places: _Places, joined: Iterable[_Place]) -> None:
    roots = list(dict.fromkeys(_root(places, place) for place in joined))
    places.next_by_place.update((other, roots[0]) for other in roots[1:])


def _join_table(places: _Places, step: TableStep) -> None:
    name = step.name
    if step.origin is not None:
        for column in step.reads:
            _join(places, ((name, column), (step.origin, column)))
    _join_stages(places, name, step.opened)
    _join_cores(places, name, () if step.where is None else (step.where,))
    _join_stages(places, name, step.taken)
    places.keys.update((name, key) for key in step.per or ())
    if step.runs is not None:
        for before in step.runs.before:
            _join(places, ((name, before.name), (name, before.column)))
        _join_cores(places, name, (step.runs.starts,))
    _join_gathered(places, name, step.gathers)
    for match in step.matches:
        _join_match(places, name, match)
    _join_stages(places, name, step.added)


def _join_gather(places: _Places, name: str, step: GatherStep, roster: RosterStep) -> None:
    for column in step.reads:
        _join(places, ((name, column), (step.table, column)))
    _join_stages(places, name, step.taken)
    _join_pairs(places, name, step.asked, roster.table)
    _join_gathered(places, name, step.gathers)
    _join_stages(places, name, (step.arguments,))
    if any(_gathers_texts(column) for column in step.gathers):
        _join_stages(places, name, (step.assignments,))


def _gathers_texts(column: GatherColumn) -> bool:
    argument = column.gather.argument
    return column.gather.function in _COPIES and argument is not None and argument.low is None


def _join_gathered(places: _Places, name: str, columns: Iterable[GatherColumn]) -> None:
    for column in columns:
        if column.argument is not None and column.gather.function in _COPIES:
            _join(places, ((name, column.name), (name, column.argument)))
        if column.argument is not None and column.gather.function == "distinct":
            places.keys.add((name, column.argument))


def _join_match(places: _Places, name: str, step: MatchStep) -> None:
    _join_pairs(places, name, step.same, step.table)
    for column in step.columns:
        _join(places, ((name, column.name), (step.table, column.column)))
    where = () if step.where is None else (step.where,)
    _join_cores(places, name, (*where, *(preferred.value for preferred in step.prefer)))


def _join_stages(places: _Places, name: str, stages: Stages) -> None:
    for stage in stages:
        if isinstance(stage, Lookup):
            _join_lookup(places, name, stage)
            continue
        given = _given(places, name, [assignment.core for assignment in stage])
        for assignment, found in zip(stage, given, strict=True):
            if found:
                _join(places, ((name, assignment.name), *found))


def _join_lookup(places: _Places, name: str, step: Lookup) -> None:
    _join_pairs(places, name, step.key, step.table)
    table = places.declared[step.table]
    for column in step.columns:
        place = (name, column.name)
        _join(places, (place, (step.table, held_column(table, column.column))))
        if column.default is not None:
            _join(places, (place, *_join_cores(places, name, (column.default,))))


def _join_pairs(places: _Places, name: str, pairs: Iterable[Pairing], table: str) -> None:
    for pair in pairs:
        held = _join_cores(places, table, (pair.held,))
        places.keys.update(held)
        _join(places, (*held, *_join_cores(places, name, (pair.asked,))))


def _join_cores(places: _Places, name: str, cores: Iterable[Core]) -> tuple[_Place, ...]:
    """Join what operations on the columns of a place compare, and return what they may give."""
    return tuple(place for given in _given(places, name, tuple(cores)) for place in given)


def _given(places: _Places, name: str, roots: Sequence[Core]) -> list[tuple[_Place, ...]]:
    """Join what operations compare, and return of each root the places whose texts it may give."""
    given: dict[int, tuple[_Place, ...]] = {}
    for node in postorder(roots):
        given[id(node)] = ()
        if node.low is not None:  # no text, but a whole number
            continue
        if node.op == "column":
            given[id(node)] = ((name, str(node.args[0])),)
        elif node.op == "lit" and isinstance(node.args[0], str):
            given[id(node)] = (_CONSTANT,)
        elif node.op == "if":
            _, left, right = operands_of(node)
            given[id(node)] = (*given[id(left)], *given[id(right)])
            _join(places, given[id(node)])
        elif node.op in _COMPARISONS:
            left, right = operands_of(node)
            sides = (given[id(left)], given[id(right)])
            if all(sides) and (_CONSTANT,) not in sides:
                _join(places, (place for side in sides for place in side))
    return [given[id(root)] for root in roots]
