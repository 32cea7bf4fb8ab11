"""Runs of fleets: every group of shops by its plan, the results in one frame."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import polars as pl

from kpi_engine.execution.admission import Share
from kpi_engine.execution.canon import result_hash
from kpi_engine.execution.fleetresults import (
    FleetReceipt,
    FleetResults,
    GroupReceipt,
    PlaceReceipt,
    ShopReceipt,
)
from kpi_engine.execution.history import FleetHistory, Placed, placed_of_fleet, read_history
from kpi_engine.execution.inputs import ROW, Tables, count_rows, open_inputs, read_streams
from kpi_engine.execution.lines import named_lines
from kpi_engine.execution.look import look_at
from kpi_engine.execution.receipts import layer_receipt, note_receipt, shown_weights, versions
from kpi_engine.execution.results import Receipt, Results, RuleReceipt
from kpi_engine.execution.rules import params_in_force, rules_in_force
from kpi_engine.execution.running import run_share
from kpi_engine.language.kinds import Kind
from kpi_engine.language.scopes import closest
from kpi_engine.plan.compiling import compile_ruleset
from kpi_engine.plan.fleets import FleetPlan, ShopGroup
from kpi_engine.plan.ranges import Engine
from kpi_engine.ruleset.checked import Ruleset, Table
from kpi_engine.ruleset.fleets import Fleet, named_shops
from kpi_engine.text.diagnostics import Diagnostic, diagnose
from kpi_engine.text.errors import DataError
from kpi_engine.text.source import position

_OF_ROWS = frozenset({"K432", "K460", "K461"})
"""What refuses a run for the rows of some shop: the others are run without it."""

_SHARED_KEYS = "rows of several shops may have one key"
_SHOP = "~shop"
_MOVED = ("shop", "line", "own file", "own line")


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of the shops of a fleet: groups with results, and the shops without.

    ``failed`` could not be run, of ``nobody`` there is nobody on the roster. ``elsewhere`` counts
    by table the rows of shops that were not run.
    """

    done: list[tuple[ShopGroup, Results]]
    failed: Mapping[str, tuple[Diagnostic, ...]]
    nobody: list[str]
    elsewhere: Mapping[str, int]


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
        raise DataError([*fleet.unlisted, *_errors(fleet.broken), diagnose("K659")])
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
        raise DataError([*dict.fromkeys(_errors(failed | deserted))])
    met = {shop for _, results in done for shop in results.subjects[fleet.shop].unique()}
    absent = [shop for group, _ in done for shop in group.shops if shop not in met]
    elsewhere = _elsewhere(plan, done, tables)
    outcome = _Outcome(done, failed, [*absent, *deserted], elsewhere)
    return _joined(plan, outcome, period, as_of)


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


def _errors(broken: Mapping[str, tuple[Diagnostic, ...]]) -> Iterator[Diagnostic]:
    for findings in broken.values():
        yield from (finding for finding in findings if finding.severity == "error")


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


def _joined(
    plan: FleetPlan, outcome: _Outcome, period: str, as_of: date | str | None
) -> FleetResults:
    """Return the results of groups as one."""
    fleet, done = plan.fleet, outcome.done
    every = [results for _, results in done]
    subjects = _by_shop([results.subjects for results in every], fleet.shop)
    lines = _by_shop([results.lines for results in every], fleet.shop)
    facts = _by_shop([r.facts for r in every if r.facts is not None], fleet.shop)
    rejects = pl.concat([results.rejects for results in every]).unique(maintain_order=True)
    lines = _with_places(plan, lines)
    notes = [*fleet.unlisted, *_notes(outcome, period)]
    texts: dict[int, str] = {}
    receipt: FleetReceipt = {
        "versions": versions(),
        "fleet": fleet.name,
        "file": None if fleet.file is None else layer_receipt(fleet.file),
        "folder": fleet.folder,
        "shop": fleet.shop,
        "period": period,
        "as_of": as_of.isoformat() if isinstance(as_of, date) else as_of,
        "groups": [_group_receipt(*each) for each in done],
        "shops": {
            shop: _shop_receipt(fleet.shops[shop], group, results.receipt, texts)
            for group, results in done
            for shop in group.shops
        },
        "not_run": {
            shop: [f"{finding.code}: {finding.message}" for finding in _errors({shop: found})]
            for shop, found in outcome.failed.items()
        },
        "nobody": outcome.nobody,
        "elsewhere": dict(outcome.elsewhere),
        "notes": [note_receipt(note) for note in notes],
        "result_hash": result_hash(subjects, lines),
    }
    return FleetResults(subjects, lines, rejects, receipt, facts, tuple(notes))


def _by_shop(frames: list[pl.DataFrame], shop: str) -> pl.DataFrame:
    """Return frames as one, the columns of all keys first."""
    keys = dict.fromkeys(name for frame in frames for name in _key_of(frame.columns))
    joined = pl.concat(frames, how="diagonal_relaxed").sort(shop, maintain_order=True)
    return joined.select(*keys, pl.exclude(*keys))


def _key_of(columns: list[str]) -> list[str]:
    return columns[: columns.index("period")]


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


def _with_places(plan: FleetPlan, lines: pl.DataFrame) -> pl.DataFrame:
    """Return pay lines with the places of each shop's own rules.

    Shops of one plan have the same rules; where a shop writes one itself, it stands in its file.
    """
    moved: dict[str, list[object]] = {}
    for group in plan.groups:
        shared = group.plan.ruleset.pay
        for shop in group.shops:
            ruleset = plan.fleet.shops[shop]
            if ruleset.pay is shared:
                continue
            for name, _, rule in named_lines(ruleset):
                line = position(rule.span.source, rule.span.start).line
                row = (shop, name, rule.span.source.name, line)
                for column, value in zip(_MOVED, row, strict=True):
                    moved.setdefault(column, []).append(value)
    if not moved:
        return lines
    own = pl.DataFrame(moved).rename({"shop": plan.fleet.shop})
    placed = lines.join(own, on=[plan.fleet.shop, "line"], how="left", maintain_order="left")
    return placed.with_columns(
        pl.coalesce("own file", "file").alias("file"),
        pl.coalesce("own line", "line_number").alias("line_number"),
    ).drop("own file", "own line")


def _notes(outcome: _Outcome, period: str) -> Iterator[Diagnostic]:
    """Return what is to be said of a run beside its results, the errors first."""
    failed, nobody = list(outcome.failed), outcome.nobody
    yield from dict.fromkeys(_errors(outcome.failed))
    if failed:
        yield diagnose("K663", shops=counted_shops(failed), names=named_shops(failed))
    yield from dict.fromkeys(note for _, results in outcome.done for note in results.diagnostics)
    if nobody:
        shops = counted_shops(nobody)
        yield diagnose("K660", shops=shops, period=period, names=named_shops(nobody))
    alone = Counter(group.alone for group, _ in outcome.done if group.alone is not None)
    for reason, count in alone.items():
        yield diagnose("K662", shops=_counted(count, "shop"), reason=reason)
    for name, rows in outcome.elsewhere.items():
        yield diagnose("K661", table=name, rows=_counted(rows, "row"))


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun if count == 1 else f'{noun}s'}"


def counted_shops(shops: Sequence[str]) -> str:
    """Return how many shops there are, in words."""
    return _counted(len(shops), "shop")


def _group_receipt(group: ShopGroup, results: Results) -> GroupReceipt:
    return {
        "structure": group.structure,
        "shops": list(group.shops),
        "alone": group.alone,
        "columns": results.subjects.columns,
        "receipt": results.receipt,
    }


def _shop_receipt(
    ruleset: Ruleset, group: ShopGroup, shared: Receipt, texts: dict[int, str]
) -> ShopReceipt:
    return {
        "ruleset": ruleset.name,
        "version": ruleset.version,
        "layers": [layer_receipt(layer) for layer in ruleset.layers],
        "params": params_in_force(ruleset, texts),
        "weights": shown_weights(ruleset),
        "places": dict(_places(ruleset, group.plan.ruleset, shared)),
    }


def _places(
    ruleset: Ruleset, model: Ruleset, shared: Receipt
) -> Iterator[tuple[str, PlaceReceipt]]:
    """Return the places of a shop's rules that are not those of its group."""
    if ruleset.metrics is model.metrics and ruleset.pay is model.pay:
        return
    for name, rule in rules_in_force(ruleset).items():
        other = shared["rules"].get(name)
        if other is not None and (other["file"], other["line"]) != (rule["file"], rule["line"]):
            yield name, {"file": rule["file"], "line": rule["line"]}


def shop_results(results: FleetResults, shop: str) -> Results:
    """Return the results of one shop, as a run of its ruleset over its own rows would give them.

    The receipt's inputs, accounts and notes are those of all shops that were computed with it.

    Raises:
        DataError: the fleet has no such shop, or it was not run.
    """
    receipt = results.receipt
    group = next((each for each in receipt["groups"] if shop in each["shops"]), None)
    if group is None and shop in receipt["nobody"]:
        raise DataError([diagnose("K669", name=shop, period=receipt["period"])])
    if group is None:
        near = closest(shop, set(receipt["shops"]))
        reasons = receipt["not_run"].get(shop)
        code = "K666" if reasons is None else "K667"
        reason = None if reasons is None else "; ".join(reasons)
        raise DataError([diagnose(code, name=shop, near=near, reason=reason)])
    own, shared = receipt["shops"][shop], group["receipt"]
    rules = {name: _own_rule(name, rule, own) for name, rule in shared["rules"].items()}
    named = pl.col(receipt["shop"]) == pl.lit(shop)
    subjects = results.subjects.filter(named).select(group["columns"])
    key = _key_of(group["columns"])
    lines = results.lines.filter(named).select(*key, *_beside_keys(results.lines))
    mine: Receipt = {
        **shared,
        "ruleset": own["ruleset"],
        "version": own["version"],
        "layers": own["layers"],
        "weights": own["weights"],
        "rules": rules,
        "result_hash": result_hash(subjects, lines),
    }
    facts = None
    if results.facts is not None:
        texts = () if "text" in shared["kinds"].values() else ("text",)
        beside = (name for name in _beside_keys(results.facts) if name not in texts)
        facts = results.facts.filter(named).select(*key, *beside)
    return Results(subjects, lines, results.rejects, mine, facts, results.diagnostics)


def _beside_keys(frame: pl.DataFrame) -> list[str]:
    return frame.columns[frame.columns.index("period") :]


def _own_rule(name: str, rule: RuleReceipt, own: ShopReceipt) -> RuleReceipt:
    place = own["places"].get(name, {"file": rule["file"], "line": rule["line"]})
    params = {param: own["params"][param] for param in rule["params"]}
    return {"file": place["file"], "line": place["line"], "text": rule["text"], "params": params}
