"""Random whole rulesets that look rows up, cut them into runs, match them, and date them anew."""

from hypothesis import strategies as st
from tests.properties.brought import about, cut, matching
from tests.properties.documents import Document, load_pruned, write_document
from tests.properties.looked_up import write_dated_params, write_looked_up
from tests.properties.pages import CONSTANTS, Page, subject_of
from tests.properties.rulesets import Example
from tests.properties.slips import write_metric, write_pay, write_row_metric, write_score
from tests.properties.sources import write_derived, write_events, write_roster
from tests.properties.spots import Draw, Spot, pick
from tests.properties.words import Words, words_of_params

PERIODS = (
    ("Asia/Shanghai", "2026-03"),
    ("America/New_York", "2026-03"),
    ("America/New_York", "2026-11"),
    ("America/Sao_Paulo", "2017-10"),
    ("America/Sao_Paulo", "2018-02"),
)
"""New York sets its clocks at two; Sao Paulo skips a midnight in October, and repeats one later."""


@st.composite
def rulesets_between_rows(draw: Draw) -> Example:
    """Rulesets that the checker accepts, entries it refuses left out, with a period."""
    spot = Spot(draw, Words({}, {}, {}, "CNY"))
    zone, period = pick(spot, PERIODS)
    key = pick(spot, (("who",), ("shop", "who"), ("number",)))
    document: Document = {
        "ruleset": "between",
        "zone": zone,
        "day_starts": pick(spot, ("00:00", "00:00", "01:30", "02:30", "18:00")),
        "currency": "CNY",
        "subject": {"from": "people", "key": list(key)},
        "params": {name: text.format(currency="CNY") for name, text in CONSTANTS.items()},
        "tables": {},
        "metrics": {"rows": {"from": "people", "value": "count()"}},
    }
    page = Page(draw, document, words_of_params(write_document(document)[0], "CNY"), key=key)
    write_dated_params(page, period)
    write_looked_up(page)
    write_roster(page)
    write_events(page)
    for number in range(pick(spot, (1, 2, 3, 3))):
        name = f"made{number}"
        match pick(spot, ("runs", "runs", "match", "match", "match", "plain")):
            case "runs":
                write_derived(page, name, runs=cut)
            case "match":
                write_derived(page, name, match=matching)
            case _:
                write_derived(page, name)
    for number in range(pick(spot, (2, 4, 6))):
        write_row_metric(page, f"m{number}", about)
    for number in range(pick(spot, (0, 1))):
        write_metric(page, f"c{number}", subject_of(page))
    write_score(page)
    write_pay(page)
    pruned = load_pruned(page.document)
    assert pruned is not None, write_document(page.document)[0]
    return Example(pruned, period)
