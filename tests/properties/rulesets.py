"""Random whole rulesets: tables, metrics, score and pay, every part of the language."""

from dataclasses import dataclass, replace
from functools import partial

from hypothesis import strategies as st
from tests.properties.documents import Document, Pruned, load_pruned, write_document
from tests.properties.grouping import write_groups
from tests.properties.pages import (
    CONSTANTS,
    Page,
    entry_of,
    subject_of,
)
from tests.properties.scales import SCALE_KINDS, scale_cases
from tests.properties.slips import (
    write_measured_again,
    write_metric,
    write_pay,
    write_row_metric,
    write_said,
    write_score,
)
from tests.properties.sources import write_derived, write_events, write_roster
from tests.properties.spots import Draw, Spot, literal, pick
from tests.properties.words import (
    Words,
    words_of_params,
)

from kpi_engine.language.kinds import Kind
from kpi_engine.language.printer import print_formula

PERIODS = (
    ("Asia/Shanghai", "2026-03"),
    ("America/New_York", "2026-03"),
    ("America/New_York", "2026-11"),
    ("Europe/Berlin", "2026-03"),
    ("America/Sao_Paulo", "2017-10"),
    ("Australia/Lord_Howe", "2026-04"),
    ("UTC", "2026-03"),
)
"""Zones, and periods in which most of them set their clocks; Sao Paulo skips a midnight."""


@dataclass(frozen=True, slots=True)
class Example:
    """A ruleset that passed the check, and the period to run it for."""

    pruned: Pruned
    period: str


@st.composite
def rulesets(draw: Draw, *, of_groups: bool = False) -> Example:
    """Rulesets that the checker accepts, entries it refuses left out, with a period.

    Those ``of_groups`` say much of groups and little else.
    """
    spot = Spot(draw, Words({}, {}, {}, "CNY"))
    zone, period = pick(spot, PERIODS)
    currency = pick(spot, ("CNY", "CNY", "JPY", "KWD"))
    key = pick(spot, (("who",), ("shop", "who"), ("number",)))
    document: Document = {
        "ruleset": "random",
        "zone": zone,
        "day_starts": pick(spot, ("00:00", "00:00", "02:30", "18:00")),
        "currency": currency,
        "subject": {"from": "people", "key": list(key)},
        "params": {n: text.format(currency=currency) for n, text in CONSTANTS.items()},
        "tables": {},
        "metrics": {"rows": {"from": "people", "value": "count()"}},
    }
    write_param_scales(Spot(draw, replace(spot.words, currency=currency)), document)
    page = Page(draw, document, words_of_params(write_document(document)[0], currency), key=key)
    write_roster(page)
    write_events(page)
    write_groups(page, always=of_groups)
    for number in range(0 if of_groups else pick(spot, (0, 1, 2, 3))):
        write_derived(page, f"made{number}")
    for number in range(pick(spot, (1, 2) if of_groups else (1, 2, 4, 6))):
        write_row_metric(page, f"m{number}")
    for number in range(pick(spot, (0, 1, 3))):
        write_metric(page, f"c{number}", subject_of(page))
    for number in range(pick(spot, (8, 6, 4) if of_groups else (2, 1, 0)) if page.groups else 0):
        write_said(page, f"s{number}")
    for number in range(pick(spot, (0, 0, 1)) if page.groups else 0):
        write_measured_again(page, f"w{number}")
    write_score(page)
    write_pay(page)
    pruned = load_pruned(page.document)
    assert pruned is not None, write_document(page.document)[0]
    return Example(pruned, period)


def write_param_scales(spot: Spot, document: Document) -> None:
    params = entry_of(document, "params")
    rate = partial(_constant, spot, Kind.RATIO)
    money_rates = scale_cases(spot, Kind.MONEY, Kind.RATIO, rate, signed=True)
    params["rates"] = {"else": "1%", **money_rates}
    if any(case.startswith("at ") for case in money_rates):
        params["rates"] = money_rates
    for number in range(pick(spot, (1, 2, 4))):
        x, kind = pick(spot, SCALE_KINDS), pick(spot, (*SCALE_KINDS, Kind.BOOL, Kind.NUMBER))
        constant = partial(_constant, spot, kind)
        params[f"scale{number}"] = scale_cases(spot, x, kind, constant, signed=True)


def _constant(spot: Spot, kind: Kind) -> str:
    return print_formula(literal(spot, kind))
