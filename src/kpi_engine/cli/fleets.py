"""What commands say of fleets: counts of all shops, and the groups that share a plan."""

from __future__ import annotations  # the types of the facade are loaded on use

from collections.abc import Iterator, Sequence
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
    left_out = plan.fleet.unlisted or document["not_run"]
    found = document["rejects"] or document["held"] or left_out
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
    table, more = _groups(results, plan)
    yield table
    if more:
        yield f"and {counted(more, 'smaller group')}"
    if document["not_run"]:
        yield f"{counted(document['not_run'], 'shop')} not run: {_named(results)}"
    yield caution(results, document)


def _groups(results: ke.FleetResults, plan: ke.FleetPlan) -> tuple[Table, int]:
    """Return the groups with results, those of most shops first, and how many are left out."""
    table = Table(box=None, pad_edge=False)
    for name in ("first shop", "base", "zone"):
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
        cells = (group.shops[0], base, ruleset.zone)
        numbers = (f"{len(group.shops):,}", f"{mine.height:,}", paid)
        table.add_row(*map(Text, (*cells, *numbers)))
    return table, max(len(groups) - GROUPS_SHOWN, 0)


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
        yield f"{shops} of one plan, first {group['shops'][0]}"
        yield from accounting_parts(group["receipt"])


def report_closings(closing: ke.FleetClosing, ledger: Path, form: Format) -> Exit:
    """Say what became of closing a fleet, and return its status."""
    if form is Format.JSON:
        show_json(closings_document(closing, ledger))
    else:
        show(closings_line(closing, ledger))
    held = any(not each.held.is_empty() for each in closing.closings.values())
    return Exit.FINDINGS if held or closing.not_run else Exit.CLEAN


def closings_document(closing: ke.FleetClosing, ledger: Path) -> dict[str, object]:
    """Return the closings of a fleet in numbers; ``amounts`` are their sums in minor units.

    ``shops`` are those of which something was entered, of the ``unchanged`` the ledger said it all.
    """
    entered = [each for each in closing.closings.values() if each.number is not None]
    return {
        "ledger": ledger.as_posix(),
        "fleet": closing.fleet,
        "period": closing.period,
        "closings": [each.number for each in entered],
        "shops": len(entered),
        "unchanged": len(closing.closings) - len(entered),
        "subjects": sum(each.entries["subject"].n_unique() for each in entered),
        "lines": sum(each.entries.height for each in entered if each.kind == "closed"),
        "adjustments": sum(each.entries.height for each in entered if each.kind == "adjustment"),
        "amounts": {name: amount for name, (amount, _) in _amounts(entered).items()},
        "held": sum(each.held.height for each in closing.closings.values()),
        "not_run": len(closing.not_run),
    }


def _amounts(closings: Sequence[ke.Closing]) -> dict[str, tuple[int, int]]:
    """Return by currency what was entered, and the decimals of its minor unit."""
    found: dict[str, tuple[int, int]] = {}
    for each in closings:
        amount, _ = found.get(each.currency, (0, 0))
        amount += int(each.entries["amount"].sum())
        found[each.currency] = amount, each.minor_digits
    return found


def closings_line(closing: ke.FleetClosing, ledger: Path) -> str:
    """Return what was entered into a ledger of a fleet, in a sentence."""
    start = f"{closing.fleet} for {closing.period}"
    entered = [each for each in closing.closings.values() if each.number is not None]
    if not entered:
        return f"{start}: nothing to enter, {ledger.as_posix()} is unchanged"
    said = [
        counted(rows, noun)
        for kind, noun in (("closed", "line"), ("adjustment", "adjustment"))
        if (rows := sum(each.entries.height for each in entered if each.kind == kind))
    ]
    subjects = sum(each.entries["subject"].n_unique() for each in entered)
    amounts = " and ".join(
        f"{Decimal(amount).scaleb(-digits):,f} {currency}"
        for currency, (amount, digits) in _amounts(entered).items()
    )
    first, last = entered[0].number, entered[-1].number
    numbers = f"closing {first}" if first == last else f"closings {first} to {last}"
    others = len(closing.closings) - len(entered)
    unchanged = f"; {counted(others, 'shop')} unchanged" if others else ""
    return (
        f"{start}: {' and '.join(said)} of {counted(subjects, 'subject')} in "
        f"{counted(len(entered), 'shop')}, {amounts} in all, entered into {ledger.as_posix()} as "
        f"{numbers}{unchanged}"
    )
