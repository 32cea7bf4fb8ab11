"""Many random formulas in one ruleset: about rows, about groups of rows, and about subjects."""

from collections.abc import Mapping
from dataclasses import replace

from hypothesis import strategies as st
from tests.properties.documents import Document, Pruned, load_pruned, write_document
from tests.properties.formulas import formulas
from tests.properties.pages import COLUMNS, CONSTANTS, types_of
from tests.properties.spots import VALUE_KINDS, Draw, Spot, pick
from tests.properties.words import (
    Words,
    group_words,
    row_words,
    subject_words,
    type_of,
    words_of_params,
)

from kpi_engine.language import ir
from kpi_engine.language.kinds import MOMENTS, QUANTITIES, Kind, Level, Type
from kpi_engine.language.printer import print_formula
from kpi_engine.language.syntax import Expr
from kpi_engine.ruleset.columns import with_calendar

SCALES: Document = {
    "rates": {"else": "1%", "from -10 CNY": "2%", "from 0 CNY": "3%", "from 33.33 CNY": "4.5%"},
    "upper": {"up to -1": "-1", "up to 0": "0.5", "up to 49": "2", "else": "7"},
    "bands": {"0 s to 30 s": "100", "31 s to 3 min": "60", "else": "0"},
    "line": {"at -50%": "0 CNY", "at 70%": "10 CNY", "at 90%": "33.33 CNY"},
    "label": {"is A": "1 min", "is B": "0.5 s"},
    "word": {"from 0.5": "'A'", "from 49": "'B'", "else": "'C'"},
    "since": {"from 2026-03-08": "2026-02-28", "from 2026-04-01": "unknown"},
    "worth": {"up to 0.01 CNY": "true", "up to 10 CNY": "false"},
}

_EVENT_COLUMNS = {"id": "int", "who": "optional text", **COLUMNS}


def batch_document() -> Document:
    """Return a ruleset over events, dated by a time, and their roster, without any formula."""
    constants = {name: text.format(currency="CNY") for name, text in CONSTANTS.items()}
    constants.pop("word")
    people: Document = {"key": ["who"], "columns": {"who": "text", **COLUMNS}}
    events: Document = {"key": ["id"], "columns": dict(_EVENT_COLUMNS), "dated": "seen"}
    return {
        "ruleset": "batch",
        "zone": "America/New_York",
        "day_starts": "02:30",
        "currency": "CNY",
        "subject": {"from": "people", "key": ["who"]},
        "params": {**constants, **SCALES},
        "tables": {"people": people, "events": events},
        "metrics": {"rows": {"from": "people", "value": "count()"}},
    }


BATCH_PERIOD = "2026-03"
"""New York sets its clocks on its 8th day."""

WORDS = words_of_params(write_document(batch_document())[0], "CNY")
EVENT_TYPES = with_calendar(types_of(_EVENT_COLUMNS), "seen")
ROW_WORDS = row_words(WORDS, EVENT_TYPES)
METRIC_WORDS = group_words(WORDS, EVENT_TYPES, {})
PER = ("who", "grade", "day")
GROUP_WORDS = group_words(WORDS, EVENT_TYPES, {key: EVENT_TYPES[key] for key in PER})
PEOPLE_WORDS = subject_words(WORDS, types_of({"who": "text", **COLUMNS}), {})


@st.composite
def batches(draw: Draw, size: int = 8) -> Pruned:
    """Rulesets with up to so many formulas of each sort."""
    document = batch_document()
    rows = _drawn(draw, ROW_WORDS, size, "r")
    groups = _drawn(draw, GROUP_WORDS, size // 2, "g", gathers=True)
    metrics: Document = {"rows": {"from": "people", "value": "count()"}}
    tables = document["tables"]
    events = tables["events"]
    events["add"] = _texts(rows)
    tables["grouped"] = {"from": "events", "per": list(PER), "add": _texts(groups)}
    for table, trees, words in (("events", rows, ROW_WORDS), ("grouped", groups, GROUP_WORDS)):
        for name, tree in trees.items():
            metrics |= _read_back(table, name, type_of(tree, words))
    gathered = _drawn(draw, METRIC_WORDS, size, "a", gathers=True)
    lower: set[str] = set()
    for name, tree in gathered.items():
        metric: Document = {"from": "events", "value": print_formula(tree)}
        if pick(Spot(draw, WORDS), ("higher", "higher", "lower")) == "lower":
            metric["better"] = "lower"
            lower.add(name)
        metrics[name] = metric
    types = {name: _subject_type(tree, METRIC_WORDS) for name, tree in gathered.items()}
    names = {
        name: ir.Ref("metric", name, type_._replace(level=Level.SUBJECT))
        for name, type_ in types.items()
    }
    words = replace(PEOPLE_WORDS, names={**PEOPLE_WORDS.names, **names}, lower=frozenset(lower))
    metrics |= {name: print_formula(tree) for name, tree in _drawn(draw, words, size, "s").items()}
    document["metrics"] = metrics
    pruned = load_pruned(document)
    assert pruned is not None
    return pruned


def _drawn(
    draw: Draw, words: Words, size: int, stem: str, *, gathers: bool = False
) -> dict[str, Expr]:
    found: dict[str, Expr] = {}
    spot = Spot(draw, words)
    for number in range(1 + draw(st.integers(0, size - 1))):
        tree = draw(formulas(words, pick(spot, _KINDS), gathers=gathers))
        if tree is not None:
            found[f"{stem}{number}"] = tree
    return found


_KINDS = (*VALUE_KINDS, Kind.NUMBER, Kind.MONEY, Kind.DURATION, Kind.BOOL)


def _texts(trees: Mapping[str, Expr]) -> Document:
    return {name: print_formula(tree) for name, tree in trees.items()}


def _subject_type(tree: Expr, words: Words) -> Type:
    node = type_of(tree, words)
    assert node is not None
    return node.type


def _read_back(table: str, name: str, node: ir.Node | None) -> Document:
    """Return metrics that together show what a column holds."""
    assert node is not None
    kind = node.type.kind
    values = {"known": f"count({name} is known)"}
    if kind in QUANTITIES | MOMENTS:
        values |= {"least": f"min({name})", "most": f"max({name})"}
    if kind in QUANTITIES:
        values |= {"total": f"sum({name})"}
    if kind is Kind.BOOL:
        values |= {"true": f"count({name})"}
    if kind is Kind.TEXT:
        values |= {"a": f"count({name} == 'A')", "different": f"distinct({name})"}
    return {f"{name}_{word}": {"from": table, "value": text} for word, text in values.items()}
