"""Verification of a fleet: its receipt run again, and all that is not as it was, by shop."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from kpi_engine.execution.fleetjoining import shop_results
from kpi_engine.execution.fleetresults import FleetReceipt, FleetResults, ShopReceipt
from kpi_engine.execution.fleets import run_fleet
from kpi_engine.execution.folders import (
    Written,
    changed_result,
    read_fleet_results,
    read_written,
    whole_fleet_receipt,
)
from kpi_engine.execution.history import FleetHistory
from kpi_engine.execution.inputs import Tables, TableSource
from kpi_engine.execution.receipts import layer_receipt, shown_weights
from kpi_engine.execution.results import HistoryReceipt, InputReceipt
from kpi_engine.execution.rules import params_in_force
from kpi_engine.plan.fleets import compile_fleet
from kpi_engine.review.differences import first_difference
from kpi_engine.review.verification import (
    Verdict,
    Verification,
    changed_history,
    find_tables,
    other_versions,
)
from kpi_engine.ruleset.checked import Ruleset
from kpi_engine.ruleset.fleets import Fleet, load_fleet, named_shops
from kpi_engine.text.diagnostics import Diagnostic, diagnose, has_errors
from kpi_engine.text.errors import DataError

SHOPS_COMPARED = 5
"""Of so many shops with other results it is told where they part."""

_Difference = tuple[str, tuple[tuple[str, str], ...]]
"""What a shop differs in: a code and its facts, the same for every shop that differs alike."""


def verify_fleet(
    out: str | Path, tables: Tables | None = None, history: FleetHistory | None = None
) -> Verification:
    """Return whether running the receipt of a fleet again gives its results again.

    The fleet is read from where its receipt says; ``tables`` and ``history`` are as `verify` takes
    them. Differences that several shops share are told once, with these shops.

    Raises:
        DataError: the folder holds no results of a fleet.
    """
    written = read_written(out)
    if isinstance(written, Written):
        raise DataError([diagnose("K665", folder=out)])
    then = written.results
    receipt = whole_fleet_receipt(then.receipt, out)
    changed = changed_result(written, out)
    findings = [changed] if changed is not None else []
    findings += other_versions(receipt["versions"])
    fleet = _fleet_of(receipt, findings)
    inputs = _inputs(receipt)
    sources, found = find_tables(inputs, tables)
    findings += found
    read = _history(receipt)
    missing = len(sources.keys() & inputs.keys()) < len(inputs)
    if history is None and read:
        earlier = _earlier_results(read, findings)
        history, missing = earlier, missing or len(earlier) < len(read)
    again = None
    if fleet is not None and not missing:
        again = _run_again(receipt, fleet, sources, history, findings)
    if fleet is None or again is None:
        return Verification("could_not_run", None, tuple(dict.fromkeys(findings)))
    findings += changed_history(read, _history(again.receipt))
    findings += _other_shops(receipt, again.receipt)
    findings += _other_results(then, again)
    verdict: Verdict = "differs" if has_errors(findings) else "verified"
    return Verification(verdict, again.receipt["result_hash"], tuple(dict.fromkeys(findings)))


def _fleet_of(receipt: FleetReceipt, findings: list[Diagnostic]) -> Fleet | None:
    """Return the fleet of a receipt as it is now; what differs in its shops joins the findings."""
    file = receipt["file"]
    place = receipt["folder"] if file is None else file["path"]
    fleet, found = load_fleet(Path(place or ""))
    if fleet is None:
        findings += (finding for finding in found if finding.severity == "error")
        return None
    if file is not None and fleet.file is not None and fleet.file.sha256 != file["sha256"]:
        digests = {"found": fleet.file.sha256, "expected": file["sha256"]}
        findings.append(diagnose("K480", None, name=file["path"], **digests))
    said = {note["message"] for note in receipt["notes"]}
    findings += (finding for finding in fleet.unlisted if finding.message not in said)
    for shop, errors in fleet.broken.items():
        if shop in receipt["shops"]:
            findings += (finding for finding in errors if finding.severity == "error")
    shops: dict[_Difference, list[str]] = {}
    for shop, own in receipt["shops"].items():
        if shop in fleet.shops:
            for difference in _differences(own, fleet.shops[shop], place):
                shops.setdefault(difference, []).append(shop)
    findings += (
        diagnose(code, None, shops=_shown(names), **dict(facts))
        for (code, facts), names in shops.items()
    )
    return fleet


def _shown(shops: list[str]) -> str:
    if len(shops) == 1:
        return f"the shop `{shops[0]}`"
    return f"{len(shops):,} shops ({named_shops(shops)})"


def _differences(own: ShopReceipt, ruleset: Ruleset, place: str | None) -> Iterator[_Difference]:
    """Return what of a shop's rules is not as its receipt says.

    Of the fleet's own file, at ``place``, it is told by itself that it has changed.
    """
    layers = [layer_receipt(layer) for layer in ruleset.layers]
    now, then = (
        [(each["name"], each["path"]) for each in side] for side in (layers, own["layers"])
    )
    if now != then:
        paths = ("`, `".join(path for _, path in side) for side in (now, then))
        yield "K672", tuple(zip(("found", "expected"), paths, strict=True))
    hashes = {layer["path"]: layer["sha256"] for layer in layers}
    for layer in own["layers"]:
        path, expected = layer["path"], layer["sha256"]
        if path != place and hashes.get(path, expected) != expected:
            yield "K670", (("name", path), ("found", hashes[path]), ("expected", expected))
    sides = (
        ("param", params_in_force(ruleset), own["params"]),
        ("weight of", shown_weights(ruleset), own["weights"]),
    )
    for what, found, before in sides:
        for name in [*before, *(name for name in found if name not in before)]:
            value, said = found.get(name, "none"), before.get(name, "none")
            if value != said:
                yield (
                    "K671",
                    (("what", what), ("name", name), ("found", value), ("expected", said)),
                )


def _inputs(receipt: FleetReceipt) -> dict[str, InputReceipt]:
    return {
        name: given
        for group in receipt["groups"]
        for name, given in group["receipt"]["inputs"].items()
    }


def _history(receipt: FleetReceipt) -> list[HistoryReceipt]:
    """Return the earlier results that a fleet read, each once."""
    found = {
        each["period"]: each for group in receipt["groups"] for each in group["receipt"]["history"]
    }
    return [found[period] for period in sorted(found)]


def _earlier_results(read: list[HistoryReceipt], findings: list[Diagnostic]) -> list[FleetResults]:
    """Return the earlier results of a fleet; why some cannot be read joins the findings."""
    earlier: list[FleetResults] = []
    for each in read:
        if each["path"] is None:
            findings.append(diagnose("K499", period=each["period"]))
            continue
        try:
            earlier.append(read_fleet_results(each["path"]))
        except DataError as error:
            findings += error.diagnostics
    return earlier


def _run_again(
    receipt: FleetReceipt,
    fleet: Fleet,
    sources: Mapping[str, TableSource],
    history: FleetHistory | None,
    findings: list[Diagnostic],
) -> FleetResults | None:
    """Return what a receipt gives now; None, and why among the findings, where nothing."""
    try:
        plan = compile_fleet(fleet)
        period, as_of = receipt["period"], receipt["as_of"]
        return run_fleet(plan, sources, period=period, as_of=as_of, history=history)
    except DataError as error:
        findings += error.diagnostics
        return None


def _other_shops(then: FleetReceipt, now: FleetReceipt) -> Iterator[Diagnostic]:
    """Return which shops are run no more, and which are new."""
    gone = [shop for shop in then["shops"] if shop not in now["shops"]]
    known = then["shops"].keys() | then["not_run"].keys() | set(then["nobody"])
    new = [shop for shop in now["shops"] if shop not in then["shops"]]
    new += [shop for shop in (*now["not_run"], *now["nobody"]) if shop not in known | set(new)]
    for code, shops in (("K673", gone), ("K674", new)):
        if shops:
            yield diagnose(code, shops=_shown(shops))


def _other_results(then: FleetResults, now: FleetResults) -> Iterator[Diagnostic]:
    """Return that a run gives other results, of which shops, and where the first of them part."""
    digest, expected = now.receipt["result_hash"], then.receipt["result_hash"]
    if digest == expected:
        return
    differing: list[str] = []
    parted: list[str] = []
    for shop in then.receipt["shops"]:
        if shop not in now.receipt["shops"]:
            continue
        before, after = shop_results(then, shop), shop_results(now, shop)
        if before.receipt["result_hash"] == after.receipt["result_hash"]:
            continue
        differing.append(shop)
        if len(differing) <= SHOPS_COMPARED:
            parted.append(f"{shop}: {first_difference(before, after)}")
    if differing:
        yield diagnose("K675", shops=_shown(differing), differences="; ".join(parted))
    else:
        yield diagnose("K485", found=digest, expected=expected, differences=None)
