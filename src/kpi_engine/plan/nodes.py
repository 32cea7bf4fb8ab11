"""What a plan is made of: passive nodes, in the order they run."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from kpi_engine.language.core import Core, Gather, Value
from kpi_engine.language.kinds import Kind
from kpi_engine.ruleset.checked import Ruleset

Feed = Literal["partitioned", "broadcast"]
"""How an input may reach a step: split by the step's key, or whole to every part."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """Whose clocks tell the day, and the minutes after midnight at which a day starts."""

    zone: str
    day_starts: int


class Assignment(NamedTuple):
    """A column and the operation its values come from."""

    name: str
    core: Core


Assignments = tuple[Assignment, ...]


@dataclass(frozen=True, slots=True)
class GatherColumn:
    """A column gathered from a group of rows: the function, and the column it takes."""

    name: str
    gather: Gather
    argument: str | None


@dataclass(frozen=True, slots=True)
class Clock:
    """The column that gives rows their period, and whether it is a time, a day or a month."""

    column: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class TableStep:
    """The rows of one table: ``dating``, ``where``, then ``per`` with gathers, then ``added``.

    ``origin`` is None for an input. ``reads`` are the columns taken from the origin or input,
    ``columns`` those that stand in the frame afterwards. ``arguments`` are computed on the rows
    before they are grouped. ``drops`` are names; which of them takes a row is a column among
    ``added``.
    """

    name: str
    origin: str | None
    reads: tuple[str, ...]
    dating: Assignments
    where: Core | None
    per: tuple[str, ...] | None
    arguments: Assignments
    gathers: tuple[GatherColumn, ...]
    added: Assignments
    drops: tuple[str, ...]
    columns: tuple[str, ...]
    clock: Clock | None


@dataclass(frozen=True, slots=True)
class GatherStep:
    """All metrics of one table: one group-by over the rows of the window, by subject.

    ``arguments`` are computed on the rows, ``assignments`` on the gathered columns.
    """

    table: str
    metrics: tuple[str, ...]
    key: tuple[str, ...]
    reads: tuple[str, ...]
    clock: Clock | None
    arguments: Assignments
    gathers: tuple[GatherColumn, ...]
    assignments: Assignments
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RosterStep:
    """The subjects: rows of a table where a condition is true, the last one valid in the window."""

    table: str
    key: tuple[str, ...]
    where: Core | None
    valid: tuple[Clock, Clock] | None
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SlipPart:
    """What follows from the facts: a metric, the score or the pay, and the columns it leaves."""

    name: str
    assignments: Assignments
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A keyed step: right if all rows that share ``key`` are seen together.

    Where ``key`` is empty, any split of its partitioned inputs will do.
    """

    name: str
    inputs: Mapping[str, Feed]
    key: tuple[str, ...]
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A compiled ruleset: immutable, made once, run for any period.

    ``inputs`` are the columns really needed of each input table. ``values`` say how the columns of
    the roster and the metrics read (a number's divisor among them).
    """

    ruleset: Ruleset
    calendar: Calendar
    inputs: Mapping[str, tuple[str, ...]]
    tables: tuple[TableStep, ...]
    roster: RosterStep
    gathers: tuple[GatherStep, ...]
    slip: tuple[SlipPart, ...]
    steps: tuple[Step, ...]
    values: Mapping[str, Value]
