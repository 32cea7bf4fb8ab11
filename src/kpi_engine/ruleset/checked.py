"""The checked ruleset: names resolved, formulas typed, everything in the order it is computed.

This is what the plan and the reference share. Nodes are passive; mappings keep their order.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from kpi_engine.language import ir
from kpi_engine.language.core import Core, Value
from kpi_engine.language.kinds import Type
from kpi_engine.language.scaleforms import ScaleForm
from kpi_engine.language.syntax import Expr
from kpi_engine.text.diagnostics import Diagnostic
from kpi_engine.text.nodes import passive
from kpi_engine.text.source import Span

SCORE, PAY = "score", "pay"
"""The names under which formulas read the totals."""


@passive
class Formula:
    """A formula: its text, its parse tree, its typed form, and the place where it is written."""

    text: str
    tree: Expr
    node: ir.Node
    span: Span = field(repr=False, compare=False)


CaseKind = Literal["from", "up to", "to", "at", "is", "else"]


@passive
class Case:
    """One case of a scale: the literals it compares with (none for ``else``) and its value."""

    kind: CaseKind
    bounds: tuple[Expr, ...]
    value: Formula


@passive
class ScaleUse:
    """A scale applied on the spot, ``{of: …, cases}``; ``node`` is the typed form of the whole."""

    of: Formula
    cases: tuple[Case, ...]
    node: ir.Node
    span: Span = field(repr=False, compare=False)


Rule = Formula | ScaleUse


@dataclass(frozen=True, slots=True)
class ParamScale:
    """A param that is a scale: a function of one value; its cases see params only.

    A ``dated`` one, written with ``of: day``, is read by its bare name: rows meet the value of
    their own day, subjects that of the period's last day.
    """

    cases: tuple[Case, ...]
    scale: ir.Scale
    dated: bool
    span: Span = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Param:
    """A named constant or scale of the ruleset; ``value`` is None where it is still required."""

    name: str
    value: Formula | ParamScale | None
    span: Span = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an input table: the kind it must have and where it is found.

    ``source`` is its header in the input. ``format`` is how a text is read as a time or day.
    ``minor`` says that whole numbers are already minor units. ``default`` fills missing values.
    """

    name: str
    type: Type
    source: str
    format: str | None = None
    minor: bool = False
    default: ir.Lit | None = None


@dataclass(frozen=True, slots=True)
class Runs:
    """Where the rows of one key are cut into runs, in the order of columns that are always known.

    Ties go by the key of the source table, ascending. The first row of a key starts a run, and so
    does every later one for which the condition is true; ``before.x`` is x of the row before it.
    """

    in_order: tuple[str, ...]
    starts_when: Formula


@dataclass(frozen=True, slots=True)
class Preference:
    """What makes one matching row better than another; an unknown value is never preferred."""

    highest: bool
    formula: Formula


@dataclass(frozen=True, slots=True)
class Match:
    """Rows of another table brought to every row: those that share its values of ``same``.

    The best row by ``prefer``, then by the lowest key of ``to``; or with ``every`` all of them,
    and a row without any is left out. Columns of the matched row are read as ``name.column``.
    An unknown value in ``same`` matches nothing.
    """

    name: str
    to: str
    same: tuple[str, ...]
    where: Formula | None
    prefer: tuple[Preference, ...]
    every: bool


@dataclass(frozen=True, slots=True)
class Table:
    """Rows with known columns: read from an input, or made from another table's rows.

    An input has ``columns``. A derived table has ``origin``, and with ``per`` one row per key, or
    one per run of a key; with ``matches`` its rows with what was found for them. The order is
    always where, per or match, add, drop. ``add`` stands in the order of computation. ``types``
    holds every column a reader of the table sees, the built-in ``day`` and ``period`` of a dated
    table and the ``run`` of a key, from 1, included. No two rows share an ``identity``: the key,
    and where a table is ``valid`` or ``long`` the column of the first day or of the name.
    ``clock`` is the column whose day gives a row its period: None where rows belong to every
    period.

    Formulas read columns of other tables as ``table.column``: of the undropped row that has this
    row's values of the table's key, with ``valid`` the one in force on this row's ``day`` (the
    last to begin, if several are); no such row, the column's default or unknown. Of a ``long``
    table, (name, value), they read ``table.n``: the value of the row whose name is n; ``lower`` are
    the names of which less is better.
    """

    name: str
    key: tuple[str, ...]
    identity: tuple[str, ...]
    columns: tuple[Column, ...]
    clock: str | None
    valid: tuple[str, str] | None
    long: tuple[str, str] | None
    file: str | None
    missing: tuple[str, ...]
    origin: str | None
    where: Formula | None
    per: tuple[str, ...] | None
    runs: Runs | None
    matches: tuple[Match, ...]
    add: tuple[tuple[str, Formula], ...]
    drop: tuple[tuple[str, Formula], ...]
    types: Mapping[str, Type]
    span: Span = field(repr=False, compare=False)
    lower: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Latest:
    """So many of a subject's rows, the newest: a count, or a share of them rounded up.

    The clock decides, and of rows of one moment the lower identity of the table.
    """

    count: int | None
    share: Fraction | None


@passive
class Group:
    """Subjects with the same values of a key: columns of the roster.

    With ``of_period`` those of one period; else all their months up to this one, those of this
    calendar ``year``, or the last ``months`` that end with this one.
    """

    name: str
    key: tuple[str, ...]
    of_period: bool
    year: bool
    months: int | None
    span: Span = field(repr=False, compare=False)


@passive
class Standing:
    """What decides a place beside the value: preferences, then nothing; equals share a place.

    ``shares`` are those of the seats up to each band, the best first; none for a place by number.
    """

    prefer: tuple[Preference, ...]
    shares: tuple[Fraction, ...]


@passive
class Metric:
    """A named value per subject and period.

    ``table`` names the rows it is gathered from, None where it is computed from other metrics.
    ``clock`` is the column that dates them. They are those of the period, or of the ``window``
    days that end with it, and with ``latest`` only the newest of those that could be used. ``key``
    holds the columns, looked up ones too, that name the subject of a row. Until ``settles``
    microseconds after the period's end the value is provisional.
    ``group`` names the group over whose rows it is measured, and ``key`` then the columns that name
    a group. A metric whose formula is one `ir.Across` or `ir.Previous` stands for what a formula
    says of a group or of last period; ``standing`` belongs to a place in a group.
    ``fraction`` says that the value stays the exact fraction num / den: one aggregate, a quotient
    of two, another such metric or a quotient of two. Any other number is settled: rounded once, to
    10^-9, money to its minor unit, a duration to the microsecond.
    """

    name: str
    title: Mapping[str, str]
    table: str | None
    where: Formula | None
    value: Rule
    clock: str | None
    key: tuple[str, ...]
    window: int | None
    latest: Latest | None
    settles: int
    min_rows: int | None
    lower: bool
    fraction: bool
    type: Type
    after_score: bool
    span: Span = field(repr=False, compare=False)
    group: str | None = None
    standing: Standing | None = None


@passive
class MetricForm:
    """The whole-number form of a metric: ``kept`` is how its value reads once it is a column.

    The ``value`` is settled already, unless it stays a fraction. ``size`` is how many subjects of a
    group it is of.
    """

    where: Value | None
    value: Value
    kept: Value
    size: Core | None = None


@passive
class Item:
    """A part of the score: a leaf has ``points``, a group has ``children``.

    ``weight`` is its share among its siblings; the shares of siblings add up to 1. ``empty`` says
    what unknown points mean, its own or inherited; None where they cannot be unknown.
    """

    path: str
    weight: Fraction
    points: Rule | None
    children: tuple["Item", ...]
    empty: "Literal['skip', 'stop'] | Formula | None"
    printed: str | None
    span: Span = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Score:
    """The running total of points: weighted items, then steps, rounded once to ``places``."""

    items: tuple[Item, ...]
    needs: Fraction | None
    steps: tuple[tuple[str, Formula], ...]
    places: int
    span: Span = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Pay:
    """The running total of money: lines, each rounded once, then steps.

    A total below zero is held back, or where it is ``owed`` stands as a debt.
    """

    lines: tuple[tuple[str, Rule], ...]
    steps: tuple[tuple[str, Formula], ...]
    owed: bool
    span: Span = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Subject:
    """Who is assessed: the rows of a roster table, by key."""

    table: str
    key: tuple[str, ...]
    where: Formula | None


POOL = "shop's own"
"""The table of what differs between shops of one plan; no ruleset can name a table so."""


@dataclass(frozen=True, slots=True)
class Pool:
    """What differs between shops that are computed together: numbers, columns of `POOL` by shop.

    ``shop`` is the column that names a shop, ``own`` are the tables whose rows name theirs from the
    start: of these a shop sees no others. ``weights`` are those of items by path, ``leaves`` those
    of leaves in the whole, which must add up to as much as is ``needed``; none of them where all
    shops weigh alike.
    """

    shop: str
    own: frozenset[str]
    params: Mapping[str, Value]
    scales: Mapping[str, ScaleForm]
    weights: Mapping[str, Core]
    leaves: Mapping[str, Core]
    needed: Core | None


@dataclass(frozen=True, slots=True)
class Layer:
    """One file of a ruleset and the hash of its bytes; the ruleset's own file comes first."""

    name: str
    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Ruleset:
    """A ruleset that has passed every check, ready to be compiled.

    ``metrics`` stand in the order they are computed, those that read the score last.
    ``minor_digits`` are the decimals of the currency. ``day_starts`` is in minutes after midnight.
    ``given`` are the params that replaced those of the files, as they were written.
    ``notes`` are the warnings and notes of the check. ``forms`` are what the check of the bit
    budget made of every metric, none while a param is missing: the plan goes on from there, the
    reference never looks. ``pool`` is what stands in the place of params, scales and weights where
    the ruleset is one of several shops together.
    """

    name: str
    version: str | None
    title: Mapping[str, str]
    zone: str
    day_starts: int
    currency: str
    minor_digits: int
    subject: Subject
    params: Mapping[str, Param]
    given: Mapping[str, str]
    groups: Mapping[str, Group]
    tables: Mapping[str, Table]
    metrics: Mapping[str, Metric]
    score: Score | None
    pay: Pay | None
    layers: tuple[Layer, ...]
    notes: tuple[Diagnostic, ...]
    forms: Mapping[str, MetricForm] = field(repr=False, compare=False)
    pool: Pool | None = field(default=None, repr=False, compare=False)
