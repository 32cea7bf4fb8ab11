"""What a run of a fleet gives: the frames of all its shops, and the receipt."""

from dataclasses import dataclass, field
from typing import TypedDict

import polars as pl

from kpi_engine.execution.results import LayerReceipt, NoteReceipt, Receipt
from kpi_engine.text.diagnostics import Diagnostic


class PlaceReceipt(TypedDict):
    """Where a rule is written."""

    file: str
    line: int


class ShopReceipt(TypedDict):
    """Under which rules a shop was assessed: its layers, its params and weights in force.

    ``places`` are those of rules that stand elsewhere than the receipt of the group says.
    """

    ruleset: str
    version: str | None
    layers: list[LayerReceipt]
    params: dict[str, str]
    weights: dict[str, str]
    places: dict[str, PlaceReceipt]


class GroupReceipt(TypedDict):
    """Shops of one plan: the hash of what their rulesets share, and the receipt of their run.

    ``alone`` says why a shop was not computed with others of its structure, ``columns`` are those
    of ``subjects`` that these shops have. The receipt speaks of
    the first of the shops where rules read params and weights; `ShopReceipt` has each one's own.
    """

    structure: str
    shops: list[str]
    alone: str | None
    columns: list[str]
    receipt: Receipt


class FleetReceipt(TypedDict):
    """How the results of a fleet came about. ``result_hash`` covers the subjects and the lines.

    ``file`` is what lists the shops, or ``folder`` holds their files. ``as_of`` is what was given;
    when a shop's run looked at the data, the receipt of its group says.
    ``not_run`` are the shops without results, each with the reasons. ``nobody`` are those that
    have nobody on the roster. ``elsewhere`` counts the rows of tables that name no shop of the
    fleet.
    """

    versions: dict[str, str]
    fleet: str
    file: LayerReceipt | None
    folder: str | None
    shop: str
    period: str
    as_of: str | None
    groups: list[GroupReceipt]
    shops: dict[str, ShopReceipt]
    not_run: dict[str, list[str]]
    nobody: list[str]
    elsewhere: dict[str, int]
    notes: list[NoteReceipt]
    result_hash: str


@dataclass(frozen=True, slots=True)
class FleetResults:
    """The results of all shops of a fleet for one period, as `Results` has those of one ruleset.

    Rows are in the order of the column that names a shop. A column that some shops do not have is
    null for them.
    """

    subjects: pl.DataFrame
    lines: pl.DataFrame
    rejects: pl.DataFrame
    receipt: FleetReceipt
    facts: pl.DataFrame | None
    diagnostics: tuple[Diagnostic, ...] = field(default=())
