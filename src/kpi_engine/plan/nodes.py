"""What a plan is made of: passive nodes, in the order they run."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, NamedTuple

from kpi_engine.language.core import Core, Gather, Value
from kpi_engine.language.kinds import Kind
from kpi_engine.ruleset.checked import Ruleset
from kpi_engine.text.nodes import passive

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


@passive
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
class Pairing:
    """What rows are asked by, and the column of the other table it must equal; null equals none."""

    asked: Core
    held: Core


@dataclass(frozen=True, slots=True)
class Validity:
    """The day rows are asked for, and whether a row of the table is ``in_force`` on that day.

    Of several the one counts whose ``begins`` is the greatest; no two of a key begin together.
    """

    asked: Core
    in_force: Core
    begins: str


@dataclass(frozen=True, slots=True)
class Brought:
    """A column brought from another table, under its name with a dot.

    Of a ``long`` table, ``column`` is the name its rows are found by. ``default`` stands in where
    no row is found.
    """

    name: str
    column: str
    default: Core | None = None


@dataclass(frozen=True, slots=True)
class Lookup:
    """Columns of the one undropped row of a table that shares the key; rows stay.

    With ``valid`` it is the row in force on the day asked for, the last to begin. ``long`` are the
    columns of name and value.
    """

    table: str
    key: tuple[Pairing, ...]
    valid: Validity | None
    long: tuple[str, str] | None
    columns: tuple[Brought, ...]


Stage = Assignments | Lookup
"""Columns computed from those before them, or brought from another table."""

Stages = tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class RunStep:
    """Rows cut into runs: ordered within their key by ``order``, which leaves no ties.

    ``before`` are the columns read of the row before, named as ``starts`` reads them.
    """

    order: tuple[str, ...]
    before: tuple[Brought, ...]
    starts: Core


@dataclass(frozen=True, slots=True)
class Preferred:
    """A value by which one matching row is better than another; unknown comes last."""

    value: Core
    highest: bool


@dataclass(frozen=True, slots=True)
class AsOf:
    """The best row so far, as rows pass in order of a column up to what is ``asked`` for.

    They pass from the lowest, or ``falling``; one equal to what is asked for counts where
    ``level``. Those pass of which ``where`` is true, which reads them alone, as does ``prefer``.
    With ``first``, a condition, the best of those of which it is true wins over the others.
    """

    column: str
    asked: Core
    falling: bool
    level: bool
    where: Core | None
    first: Preferred | None
    prefer: tuple[Preferred, ...]


@dataclass(frozen=True, slots=True)
class Joined:
    """All pairs of rows that share the key, and why it takes them."""

    because: str


Road = AsOf | Joined
"""How a match finds its rows; both find the same."""


@dataclass(frozen=True, slots=True)
class MatchStep:
    """Undropped rows of a table brought to every row: the best that fits, or ``every`` one.

    ``reads`` are columns of the asking row, ``columns`` those of the other table, of which formulas
    that follow read the ``carried`` ones. ``ties`` is its key, which leaves no ties.
    """

    name: str
    table: str
    same: tuple[Pairing, ...]
    reads: tuple[str, ...]
    columns: tuple[Brought, ...]
    carried: tuple[str, ...]
    where: Core | None
    prefer: tuple[Preferred, ...]
    ties: tuple[str, ...]
    every: bool
    road: Road


@dataclass(frozen=True, slots=True)
class TableStep:
    """The rows of one table, in the order it is made.

    ``origin`` is None for an input. ``reads`` are the columns taken from the origin or input.
    ``opened`` and ``where`` come first, then ``taken``: what is gathered, compared with the row
    before or matched by. Rows are grouped by ``per``, or by ``per`` and ``runs``, with
    ``gathers``; or ``matches`` are brought to them. ``added`` follows; ``drops`` are names, and
    which of them takes a row is a column among ``added``. ``columns`` stand in the frame
    afterwards.
    """

    name: str
    origin: str | None
    reads: tuple[str, ...]
    opened: Stages
    where: Core | None
    taken: Stages
    per: tuple[str, ...] | None
    runs: RunStep | None
    gathers: tuple[GatherColumn, ...]
    matches: tuple[MatchStep, ...]
    added: Stages
    drops: tuple[str, ...]
    columns: tuple[str, ...]
    clock: Clock | None


@dataclass(frozen=True, slots=True)
class Newest:
    """Which rows of a subject are used: of those that pass, the newest few.

    ``passes`` is the column that says which could be used, ``order`` what they are ordered by, the
    first descending. Kept are ``count`` of them, or ``share`` of them rounded up.
    """

    passes: str
    order: tuple[str, ...]
    count: int | None
    share: Fraction | None


@dataclass(frozen=True, slots=True)
class GatherStep:
    """All metrics of one table, clock, window and key: one group-by over the rows of the window.

    ``window`` is in days that end with the period, None for the period. ``asked`` pairs what names
    the subject of a row with the subject's ``key``. ``taken`` is computed on the rows of the
    window, then ``newest`` found among them and ``arguments`` computed, ``assignments`` on the
    gathered columns. ``filtered`` names the metrics with a condition of their own.
    """

    table: str
    metrics: tuple[str, ...]
    filtered: frozenset[str]
    key: tuple[str, ...]
    asked: tuple[Pairing, ...]
    reads: tuple[str, ...]
    clock: Clock | None
    window: int | None
    taken: Stages
    newest: Newest | None
    arguments: Assignments
    gathers: tuple[GatherColumn, ...]
    drops: tuple[str, ...]
    assignments: Assignments
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RosterStep:
    """The subjects: rows of a table where a condition is true, the last one valid in the window."""

    table: str
    key: tuple[str, ...]
    opened: Stages
    where: Core | None
    valid: tuple[Clock, Clock] | None
    columns: tuple[str, ...]


@passive
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


Domain = tuple[tuple[str, str], ...]
"""Input tables and those of their text columns whose values share one dictionary."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A compiled ruleset: immutable, made once, run for any period.

    ``inputs`` are the columns really needed of each input table, ``domains`` the texts among them
    that serve as keys or labels. ``history`` is what is read of earlier months, and what it
    measures. ``lookups`` are made for the subjects, beside what the roster says
    of them. ``values`` say how the columns of the roster and the metrics read (a number's divisor
    among them).
    """

    ruleset: Ruleset
    calendar: Calendar
    inputs: Mapping[str, tuple[str, ...]]
    domains: tuple[Domain, ...]
    tables: tuple[TableStep, ...]
    roster: RosterStep
    lookups: tuple[Lookup, ...]
    gathers: tuple[GatherStep, ...]
    slip: tuple[SlipPart, ...]
    steps: tuple[Step, ...]
    history: Mapping[str, Kind]
    values: Mapping[str, Value]
