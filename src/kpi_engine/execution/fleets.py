"""Runs of fleets: every group of shops by its plan, the results in one frame."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl

from kpi_engine.execution.admission import Share
from kpi_engine.execution.fleetjoining import Outcome, errors_of, joined_results
from kpi_engine.execution.fleetresults import (
    FleetResults,
)
from kpi_engine.execution.history import FleetHistory, Placed, placed_of_fleet, read_history
from kpi_engine.execution.inputs import ROW, Tables, count_rows, open_inputs, read_streams
from kpi_engine.execution.look import look_at
from kpi_engine.execution.results import Results
from kpi_engine.execution.running import run_share
from kpi_engine.language.kinds import Kind
from kpi_engine.plan.compiling import compile_ruleset
from kpi_engine.plan.fleets import FleetPlan, ShopGroup
from kpi_engine.plan.ranges import Engine
from kpi_engine.ruleset.checked import Ruleset, Table
from kpi_engine.ruleset.fleets import Fleet
from kpi_engine.text.diagnostics import Diagnostic, diagnose
from kpi_engine.text.errors import DataError

_OF_ROWS = frozenset({"K432", "K460", "K461"})
"""What refuses a run for the rows of some shop: the others are run without it."""

_SHARED_KEYS = "rows of several shops may have one key"
_SHOP = "~shop"


def run_fleet(  # noqa: PLR0913 (the public API: all but the first two by name)
    plan: FleetPlan,
    tables: Tables,
    *,
    period: str,
    as_of: date | str | None = None,
    history: FleetHistory | None = None,
    engine: Engine = "auto",
    values: bool = False,
) -> FleetResults:
    """Return the results of every shop of a fleet over its own rows, for one period.

    A shop's results are those of its ruleset over the rows that name it, in tables that have the
    column; other tables are read whole by everybody. Arguments are those of `run`. Shops whose
    ruleset has errors, or whose group's tables cannot be used, are named in the receipt as not run.

    Raises:
        DataError: no shop can be run, or a column would hold values of two kinds.
    """
    fleet = plan.fleet
    if not plan.groups:
        raise DataError([*fleet.unlisted, *errors_of(fleet.broken)])
    mixed = list(_mixed_kinds(plan))
    if mixed:
        raise DataError(mixed)
    done: list[tuple[ShopGroup, Results]] = []
    failed: dict[str, tuple[Diagnostic, ...]] = dict(fleet.broken)
    deserted: dict[str, tuple[Diagnostic, ...]] = {}
    earlier = _earlier(plan, history)
    tables = read_streams(tables)
    waiting = list(plan.groups)
    while waiting:
        group = waiting.pop(0)
        look = look_at(group.plan.ruleset, period, as_of)
        own = pl.DataFrame({fleet.shop: group.shops, **group.numbers})
        known = _known(plan, group, tables)
        try:
            past = read_history(group.plan, _past_of(group, earlier, fleet.shop), look.window)
            share = Share(fleet.shop, own)
            results = run_share(
                group.plan, share, known, look, past=past, engine=engine, values=values
            )
        except DataError as error:
            if len(group.shops) > 1 and {found.code for found in error.diagnostics} <= _OF_ROWS:
                half = len(group.shops) // 2
                halves = range(half), range(half, len(group.shops))
                waiting = [*(_part(group, places) for places in halves), *waiting]
                continue
            nobody = [finding.code for finding in error.diagnostics] == ["K430"]
            unrun = deserted if nobody else failed
            unrun |= dict.fromkeys(group.shops, tuple(error.diagnostics))
            continue
        clashing = _clashing(fleet.shop, group, known, results.rejects)
        if clashing:
            waiting = [*_parted(fleet, group, clashing), *waiting]
        else:
            done.append((group, results))
    if not done:
        raise DataError([*dict.fromkeys(errors_of(failed | deserted))])
    met = {shop for _, results in done for shop in results.subjects[fleet.shop].unique()}
    absent = [shop for group, _ in done for shop in group.shops if shop not in met]
    elsewhere = _elsewhere(plan, done, tables)
    outcome = Outcome(done, failed, [*absent, *deserted], elsewhere)
    return joined_results(plan, outcome, period, as_of)


def _clashing(shop: str, group: ShopGroup, tables: Tables, rejects: pl.DataFrame) -> frozenset[str]:
    """Return the shops of a group whose rows may have keys of another's.

    Alone each of them would have kept these rows. Keys are compared by their texts: of those that
    share them, some may differ in a number or a time.
    """
    if len(group.shops) == 1:
        return frozenset()
    found: set[str] = set()
    conflicts = rejects.filter(pl.col("reason") == "conflicting_key")
    for name in conflicts["table"].unique():
        table = group.plan.ruleset.tables[name]
        source = next((column.source for column in table.columns if column.name == shop), None)
        if source is None or shop in table.identity:
            continue
        rows = conflicts.filter(pl.col("table") == name)["row"].unique()
        inputs, _ = open_inputs([table], [name], tables)
        keys = [c for c in table.columns if c.name in table.identity and c.type.kind is Kind.TEXT]
        texts = [pl.col(column.source).cast(pl.String).str.normalize("NFC") for column in keys]
        named = pl.col(source).cast(pl.String).str.normalize("NFC").alias(_SHOP)
        met = inputs[name].frame.filter(pl.col(ROW).is_in(rows.implode())).select(named, *texts)
        several = pl.col(_SHOP).n_unique().over(pl.struct(texts) if texts else pl.lit(0)) > 1
        found.update(met.filter(several).collect()[_SHOP].drop_nulls())
    return frozenset(found & set(group.shops))


def _parted(fleet: Fleet, group: ShopGroup, clashing: frozenset[str]) -> Iterator[ShopGroup]:
    """Return a group without some of its shops, and each of these by itself."""
    kept = [place for place, shop in enumerate(group.shops) if shop not in clashing]
    if kept:
        yield _part(group, kept)
    for shop in group.shops:
        if shop in clashing:
            plan = compile_ruleset(fleet.shops[shop])
            yield ShopGroup(group.structure, (shop,), plan, {}, _SHARED_KEYS)


def _part(group: ShopGroup, places: Sequence[int]) -> ShopGroup:
    """Return some shops of a group, which its plan serves as well."""
    numbers = {name: [row[place] for place in places] for name, row in group.numbers.items()}
    return replace(group, shops=tuple(group.shops[place] for place in places), numbers=numbers)


def _known(plan: FleetPlan, group: ShopGroup, tables: Tables) -> Tables:
    """Return the tables that a group's ruleset knows, and those that none of the fleet's does."""
    if isinstance(tables, str | Path):
        return tables
    others = {name for each in plan.groups for name in _inputs(each.plan.ruleset)}
    others -= set(_inputs(group.plan.ruleset))
    return {name: source for name, source in tables.items() if name not in others}


def _inputs(ruleset: Ruleset) -> list[str]:
    return [table.name for table in ruleset.tables.values() if table.origin is None]


def _earlier(plan: FleetPlan, history: FleetHistory | None) -> pl.DataFrame | list[Placed] | None:
    """Return the earlier results of a fleet as they were given, those of a folder read once."""
    if history is None:
        return None
    if not any(group.plan.history for group in plan.groups):
        raise DataError([diagnose("K490", name=plan.fleet.name)])
    if isinstance(history, pl.DataFrame):
        return history
    return placed_of_fleet(history)


def _past_of(
    group: ShopGroup, earlier: pl.DataFrame | list[Placed] | None, shop: str
) -> pl.DataFrame | list[Placed] | None:
    """Return of earlier results the rows of the shops of a group, if its rules read any."""
    if earlier is None or not group.plan.history:
        return None
    mine = pl.col(shop).is_in(group.shops)
    if isinstance(earlier, pl.DataFrame):
        return earlier.filter(mine)
    return [
        replace(each, results=replace(each.results, subjects=each.results.subjects.filter(mine)))
        for each in earlier
    ]


def _mixed_kinds(plan: FleetPlan) -> Iterator[Diagnostic]:
    """Return a refusal for every metric that is of one kind in some shops and another in others."""
    first: dict[str, Ruleset] = {}
    for group in plan.groups:
        ruleset = group.plan.ruleset
        for name, metric in ruleset.metrics.items():
            other = first.setdefault(name, ruleset)
            kind = other.metrics[name].type.kind
            if kind != metric.type.kind:
                facts = {"first": other.name, "other": ruleset.name}
                yield diagnose(
                    "K658", metric.span, name=name, left=kind, right=metric.type.kind, **facts
                )


def _elsewhere(
    plan: FleetPlan, done: list[tuple[ShopGroup, Results]], tables: Tables
) -> dict[str, int]:
    """Return by table how many rows name no shop that was run, where there are any."""
    shop = plan.fleet.shop
    declared: dict[str, Table] = {}
    taken: Counter[str] = Counter()
    for group, results in done:
        for name, given in results.receipt["inputs"].items():
            table = group.plan.ruleset.tables[name]
            if shop in {column.name for column in table.columns}:
                declared[name] = table
                taken[name] += given["rows"]
    counts = count_rows(list(declared.values()), tables)
    return {name: counts[name] - rows for name, rows in taken.items() if counts[name] > rows}
