"""What commands say of fleets: counts of all shops, and the groups that share a plan."""

from __future__ import annotations  # the types of the facade are loaded on use

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

import kpi_engine as ke
from kpi_engine.cli.exits import Exit
from kpi_engine.cli.output import Format, report, show, show_json
from kpi_engine.cli.summaries import Counts, accounting_parts, caution, counted

GROUPS_SHOWN = 10
SHOPS_NAMED = 5


class FleetDocument(Counts):
    """A run of a fleet in numbers."""

    out: str
    fleet: str
    period: str
    shops: int
    groups: int
    not_run: int
    nobody: int
    subjects: int
    result_hash: str


def report_fleet(
    plan: ke.FleetPlan, results: ke.FleetResults, out: Path, form: Format, *, accounting: bool
) -> Exit:
    """Say what came of a run of a fleet, and return its status."""
    warnings = [finding for finding in plan.fleet.findings if finding.severity == "warning"]
    report([*warnings, *results.diagnostics], form)
    document = fleet_document(results, out)
    if form is Format.JSON:
        show_json(document | ({"accounting": fleet_accounting(results)} if accounting else {}))
    else:
        show(*fleet_parts(results, plan, document))
        show(*(fleet_accounting_parts(results) if accounting else ()))
    found = document["rejects"] or document["held"] or document["not_run"]
    return Exit.FINDINGS if found else Exit.CLEAN


def fleet_document(results: ke.FleetResults, out: Path) -> FleetDocument:
    """Return a run of a fleet in numbers, counted as `run_document` counts.

    ``shops`` were run, those with ``nobody`` on the roster among them; ``not_run`` are others.
    """
    receipt, subjects = results.receipt, results.subjects
    held = 0
    if "pay.status" in subjects.columns:
        held = int((subjects["pay.status"].drop_nulls() != "ok").sum())
    return {
        "out": out.as_posix(),
        "fleet": receipt["fleet"],
        "period": receipt["period"],
        "shops": len(receipt["shops"]),
        "groups": len(receipt["groups"]),
        "not_run": len(receipt["not_run"]),
        "nobody": len(receipt["nobody"]),
        "subjects": subjects.height,
        "rejects": results.rejects.select("table", "row").unique().height,
        "held": held,
        "result_hash": receipt["result_hash"],
    }


def fleet_parts(
    results: ke.FleetResults, plan: ke.FleetPlan, document: FleetDocument
) -> Iterator[RenderableType]:
    """Return the groups of a fleet: whom they assess, what they pay, and where the results are."""
    shops = counted(document["shops"], "shop")
    yield (
        f"{document['fleet']} for {document['period']}: {shops} in "
        f"{counted(document['groups'], 'group')}, {counted(document['subjects'], 'subject')}, "
        f"written to {document['out']}"
    )
    yield _groups(results, plan)
    if document["groups"] > GROUPS_SHOWN:
        yield f"and {counted(document['groups'] - GROUPS_SHOWN, 'smaller group')}"
    if document["not_run"]:
        yield f"{counted(document['not_run'], 'shop')} not run: {_named(results)}"
    yield caution(results, document)


def _groups(results: ke.FleetResults, plan: ke.FleetPlan) -> Table:
    """Return the groups with results, those of most shops first."""
    table = Table(box=None, pad_edge=False)
    for name in ("group", "first shop", "base", "zone"):
        table.add_column(name)
    for name in ("shops", "subjects", "pay"):
        table.add_column(name, justify="right")
    ran = {name for group in results.receipt["groups"] for name in group["shops"]}
    groups = [group for group in plan.groups if ran.issuperset(group.shops)]
    for group in sorted(groups, key=lambda group: -len(group.shops))[:GROUPS_SHOWN]:
        ruleset = group.plan.ruleset
        base = ruleset.layers[1 if len(ruleset.layers) > 1 else 0].name
        mine = results.subjects.filter(
            results.subjects[results.receipt["shop"]].is_in(list(group.shops))
        )
        paid = ""
        if "pay" in mine.columns and ruleset.pay is not None:
            amount = Decimal(int(mine["pay"].sum())).scaleb(-ruleset.minor_digits)
            paid = f"{amount:,f} {ruleset.currency}"
        cells = (group.structure[:8], group.shops[0], base, ruleset.zone)
        numbers = (f"{len(group.shops):,}", f"{mine.height:,}", paid)
        table.add_row(*map(Text, (*cells, *numbers)))
    return table


def _named(results: ke.FleetResults) -> str:
    names = list(results.receipt["not_run"])
    more = [f"{len(names) - SHOPS_NAMED:,} more"] if len(names) > SHOPS_NAMED else []
    return ", ".join([*names[:SHOPS_NAMED], *more])


def fleet_accounting(results: ke.FleetResults) -> list[dict[str, object]]:
    """Return where every row went, group by group."""
    return [
        {
            "structure": group["structure"],
            "shops": group["shops"],
            "accounting": group["receipt"]["accounting"],
        }
        for group in results.receipt["groups"]
    ]


def fleet_accounting_parts(results: ke.FleetResults) -> Iterator[RenderableType]:
    """Return where every row went, tables of `accounting_parts` for each group."""
    for group in results.receipt["groups"]:
        shops = counted(len(group["shops"]), "shop")
        yield f"group {group['structure'][:8]}, {shops} from {group['shops'][0]}"
        yield from accounting_parts(group["receipt"])
