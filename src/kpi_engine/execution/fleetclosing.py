"""Closing a period of a fleet: the pay of every shop under its own ruleset, of all or of none."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from kpi_engine.execution.closing import Closing, close_into, has_pay, held_back
from kpi_engine.execution.fleetjoining import counted_shops, shop_results
from kpi_engine.execution.fleetresults import FleetReceipt, FleetResults
from kpi_engine.execution.folders import (
    Written,
    read_written,
    refuse_changed,
    whole_fleet_receipt,
)
from kpi_engine.execution.ledger import writing
from kpi_engine.execution.results import Results
from kpi_engine.ruleset.fleets import named_shops
from kpi_engine.text.diagnostics import Diagnostic, diagnose
from kpi_engine.text.errors import DataError


@dataclass(frozen=True, slots=True)
class FleetClosing:
    """What became of the results of a fleet that were to be closed.

    ``closings`` are those of the shops that have pay and somebody on the roster, by shop, as if
    each had been closed by itself. Of the shops that were ``not_run`` nothing was closed, and what
    a ledger says of them stands.
    """

    fleet: str
    period: str
    closings: Mapping[str, Closing]
    not_run: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]


def close_fleet(out: str | Path, ledger: str | Path) -> FleetClosing:
    """Return what became of closing the results of a fleet: all shops are in the ledger, or none.

    Every shop is closed as `close` closes the results of one ruleset, under that ruleset's name.

    Raises:
        DataError: the folder holds no results of a fleet with pay, or not those that were written;
            two shops have rulesets of one name; the file is no ledger or cannot be written; the
            currency of a shop is not the one of its ruleset's lines.
    """
    written = read_written(out)
    if isinstance(written, Written):
        raise DataError([diagnose("K665", folder=out)])
    receipt = whole_fleet_receipt(written.results.receipt, out)
    refuse_changed(written, out)
    same = list(_same_names(receipt))
    if same:
        raise DataError(same)
    shops = dict(_with_somebody(written.results))
    paying = {shop: results for shop, results in shops.items() if has_pay(results)}
    if not paying:
        raise DataError([diagnose("K472", folder=out)])
    with writing(ledger) as connection:
        closings = {
            shop: close_into(connection, _as_written(results)) for shop, results in paying.items()
        }
    payless = [shop for shop in shops if shop not in paying]
    return FleetClosing(
        fleet=receipt["fleet"],
        period=receipt["period"],
        closings=closings,
        not_run=tuple(receipt["not_run"]),
        diagnostics=tuple(_left_out(receipt, payless, closings)),
    )


def _as_written(results: Results) -> Written:
    """Return a shop's results with its receipt on one line: a ledger holds one for every shop."""
    text = json.dumps(results.receipt, ensure_ascii=False, separators=(",", ":"))
    return Written(results, text, results.receipt["result_hash"])


def _with_somebody(results: FleetResults) -> Iterator[tuple[str, Results]]:
    """Return the results of the shops of which somebody was on the roster."""
    nobody = frozenset(results.receipt["nobody"])
    for shop in results.receipt["shops"]:
        if shop not in nobody:
            yield shop, shop_results(results, shop)


def _same_names(receipt: FleetReceipt) -> Iterator[Diagnostic]:
    """Return a refusal for every name that the rulesets of several shops bear."""
    shops_by_name: dict[str, list[str]] = {}
    for shop, own in receipt["shops"].items():
        shops_by_name.setdefault(own["ruleset"], []).append(shop)
    for name, shops in shops_by_name.items():
        if len(shops) > 1:
            yield diagnose("K475", ruleset=name, names=named_shops(shops))


def _left_out(
    receipt: FleetReceipt, payless: list[str], closings: Mapping[str, Closing]
) -> Iterator[Diagnostic]:
    """Return what is to be said of everybody who was not closed."""
    yield from held_back(sum(closing.held.height for closing in closings.values()))
    groups = (
        ("K476", list(receipt["not_run"])),
        ("K477", payless),
        ("K478", receipt["nobody"]),
    )
    for code, shops in groups:
        if shops:
            yield diagnose(code, shops=counted_shops(shops), names=named_shops(shops))
