"""The results of a fleet: those of all groups as one, and of one shop again."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from kpi_engine.execution.canon import result_hash
from kpi_engine.execution.fleetresults import (
    FleetReceipt,
    FleetResults,
    GroupReceipt,
    PlaceReceipt,
    ShopReceipt,
)
from kpi_engine.execution.lines import named_lines
from kpi_engine.execution.receipts import layer_receipt, note_receipt, shown_weights, versions
from kpi_engine.execution.results import Receipt, Results, RuleReceipt
from kpi_engine.execution.rules import params_in_force, rules_in_force
from kpi_engine.language.scopes import closest
from kpi_engine.plan.fleets import FleetPlan, ShopGroup
from kpi_engine.ruleset.checked import Ruleset
from kpi_engine.ruleset.fleets import named_shops
from kpi_engine.text.diagnostics import Diagnostic, diagnose
from kpi_engine.text.errors import DataError
from kpi_engine.text.source import position

_MOVED = ("shop", "line", "own file", "own line")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the shops of a fleet: groups with results, and the shops without.

    ``failed`` could not be run, of ``nobody`` there is nobody on the roster. ``elsewhere`` counts
    by table the rows of shops that were not run.
    """

    done: list[tuple[ShopGroup, Results]]
    failed: Mapping[str, tuple[Diagnostic, ...]]
    nobody: list[str]
    elsewhere: Mapping[str, int]


def errors_of(broken: Mapping[str, tuple[Diagnostic, ...]]) -> Iterator[Diagnostic]:
    """Return the errors among the findings of shops."""
    for findings in broken.values():
        yield from (finding for finding in findings if finding.severity == "error")


def joined_results(
    plan: FleetPlan, outcome: Outcome, period: str, as_of: date | str | None
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
            shop: [f"{finding.code}: {finding.message}" for finding in errors_of({shop: found})]
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


def _notes(outcome: Outcome, period: str) -> Iterator[Diagnostic]:
    """Return what is to be said of a run beside its results, the errors first."""
    nobody = outcome.nobody
    yield from dict.fromkeys(errors_of(outcome.failed))
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
