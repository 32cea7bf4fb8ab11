"""What a run gives: frames with questions on them, and the receipt of how they came about."""

from dataclasses import dataclass, field
from typing import Literal, TypedDict

import polars as pl

from kpi_engine.text.diagnostics import Diagnostic


class TableAccount(TypedDict):
    """Where the rows of a table went: in_window = accepted + rejected.

    ``in_window``, ``outside`` and ``undated`` are all rows of an input, or all that were made.
    ``dropped`` are those among them that each drop took, whatever their period. ``unmatched`` rows
    found no partner and were not made.
    """

    in_window: int
    outside: int
    undated: int
    accepted: int
    rejected: int
    unmatched: int
    dropped: dict[str, int]


class MetricUse(TypedDict):
    """Where the rows of a metric went: accepted = used + filtered + unknown + no_subject.

    ``filtered_by`` adds up to ``filtered``: rows by the name of the drop that took them, and by
    ``where``.
    """

    accepted: int
    used: int
    filtered: int
    unknown: int
    no_subject: int
    filtered_by: dict[str, int]


class Accounting(TypedDict):
    """The accounts of the tables and of the metrics that are gathered from rows, by name."""

    tables: dict[str, TableAccount]
    metrics: dict[str, MetricUse]


class LayerReceipt(TypedDict):
    """One file of the ruleset."""

    name: str
    path: str
    sha256: str


class RuleReceipt(TypedDict):
    """A rule as it was in force: where it is written, its text, and the params it reads."""

    file: str
    line: int
    text: str
    params: dict[str, str]


class InputReceipt(TypedDict):
    """A table as it was given; a frame has no file, no path to it and no bytes to hash."""

    file: str | None
    path: str | None
    sha256: str | None
    rows: int


class HistoryReceipt(TypedDict):
    """An earlier result that a run read; of one that was given as it is there is no path."""

    period: str
    path: str | None
    result_hash: str | None


class NoteReceipt(TypedDict):
    """A finding of the run that did not stop it."""

    code: str
    severity: str
    message: str


class SubjectReceipt(TypedDict):
    """Who was assessed: the roster table and its key."""

    table: str
    key: list[str]


class Receipt(TypedDict):
    """How a result came about. ``result_hash`` covers the subjects and the lines.

    ``params`` are those that were given in place of the files' own, as they were written.
    ``source`` says what the result was computed from, event rows or facts given by themselves.

    ``kinds`` are those of the metrics: number, ratio, money, duration, bool, text, date, datetime
    or month. ``weights`` are those of the items by path, each a quotient
    of whole numbers: its share among its siblings before any of them leaves. ``provisional`` names
    the metrics whose rows may still come in after ``as_of``.
    """

    versions: dict[str, str]
    ruleset: str
    version: str | None
    layers: list[LayerReceipt]
    params: dict[str, str]
    source: Literal["rows", "facts"]
    rules: dict[str, RuleReceipt]
    kinds: dict[str, str]
    weights: dict[str, str]
    inputs: dict[str, InputReceipt]
    history: list[HistoryReceipt]
    subject: SubjectReceipt
    period: str
    as_of: str
    provisional: list[str]
    accounting: Accounting
    notes: list[NoteReceipt]
    result_hash: str


@dataclass(frozen=True, slots=True)
class Results:
    """The result of a run of one period.

    ``subjects``: one row per subject of the roster. ``lines``: one row per subject and pay line or
    pay step. ``rejects``: one row per refused value or key. ``facts``: one row per subject and
    metric gathered from rows, what `score` starts from; None where the results were read from
    disk. ``diagnostics`` are notes and warnings. Money is in minor units, durations are in
    microseconds, and no column is a float.
    """

    subjects: pl.DataFrame
    lines: pl.DataFrame
    rejects: pl.DataFrame
    receipt: Receipt
    facts: pl.DataFrame | None = None
    diagnostics: tuple[Diagnostic, ...] = field(default=())

    @property
    def accounting(self) -> Accounting:
        """The accounts of the tables and the metrics."""
        return self.receipt["accounting"]
