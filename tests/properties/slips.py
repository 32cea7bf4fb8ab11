"""What a random ruleset says of a subject: metrics, score and pay."""

from collections.abc import Callable
from dataclasses import replace

from tests.properties.across import Option, across, across_options
from tests.properties.documents import Document
from tests.properties.formulas import grow
from tests.properties.grouping import can_place, know_elsewhere, places
from tests.properties.pages import (
    Page,
    drawn_formula,
    drawn_rule,
    drawn_text,
    entry_of,
    narrow,
    parse,
    spot_of,
    subject_of,
    with_looked_up,
)
from tests.properties.scales import SCALE_KINDS, scale_cases
from tests.properties.sources import words_of_row
from tests.properties.spots import VALUE_KINDS, can_grow, chance, pick
from tests.properties.words import (
    Words,
    group_words,
    type_of,
)

from kpi_engine.language import ir
from kpi_engine.language.kinds import QUANTITIES, Kind, Level, Type
from kpi_engine.language.printer import print_formula

About = Callable[[Page, str], Document]
"""Gives what else a metric says of the rows of a table."""


def write_row_metric(page: Page, name: str, about: About | None = None) -> None:
    spot = spot_of(page, page.words)
    tables = [n for n, types in page.tables.items() if set(page.key) <= types.keys()]
    source = pick(spot, [*tables, *(t for t in tables if t != page.roster)])
    types = page.tables[source]
    metric: Document = {"from": source}
    if chance(spot, 2):
        where = drawn_formula(page, words_of_row(page, types), Kind.BOOL)
        if where is not None:
            metric["where"] = print_formula(where)
            types = narrow(types, where)
    kind = pick(spot, (*VALUE_KINDS, *_QUANTITIES))
    words = group_words(page.words, with_looked_up(page, types), page.dated)
    tree = drawn_formula(page, words, kind, gathers=True)
    if tree is None:
        tree = parse("count()")
    node = type_of(tree, words)
    assert node is not None
    metric["value"] = print_formula(tree)
    type_ = node.type
    if node.type.kind in SCALE_KINDS and chance(spot, 4):
        kind = pick(spot, SCALE_KINDS)
        metric["value"] = {
            "of": print_formula(tree),
            **scale_cases(
                spot, node.type.kind, kind, lambda: drawn_text(page, words, kind), signed=False
            ),
        }
        type_ = Type(kind, Level.SUBJECT, nullable=True)
    if chance(spot, 3):
        metric["min_rows"] = pick(spot, ("1", "2", "3"))
        type_ = type_._replace(nullable=True)
    if about is not None:
        metric |= about(page, source)
    keep_metric(page, name, metric, type_, source)


_QUANTITIES = (Kind.NUMBER, Kind.RATIO, Kind.RATIO, Kind.MONEY, Kind.DURATION)


def keep_metric(
    page: Page, name: str, metric: Document, type_: Type, table: str | None = None
) -> None:
    if chance(spot_of(page, page.words), 3):
        metric["better"] = "lower"
        page.lower |= {name}
    entry_of(page.document, "metrics")[name] = metric
    page.metrics[name] = type_._replace(level=Level.SUBJECT)
    know_elsewhere(page, name, table, page.metrics[name])


def _rule(page: Page, words: Words, kind: Kind) -> tuple[str | Document, Type]:
    """Return a rule about a subject; now and then it goes by her place in a group."""
    if kind in SCALE_KINDS and can_place(page) and chance(spot_of(page, words), 3):
        rule = places(page, words, lambda: drawn_text(page, words, kind))
        return rule, Type(kind, Level.SUBJECT, nullable=True)
    return drawn_rule(page, words, kind)


def write_metric(page: Page, name: str, words: Words) -> None:
    spot = spot_of(page, words)
    kinds = [kind for kind in VALUE_KINDS if can_grow(spot, kind, known=False)]
    kinds = [kind for kind in kinds if kind is not Kind.MONTH]
    value, type_ = _rule(page, words, pick(spot, [*kinds, Kind.NUMBER, Kind.MONEY]))
    keep_metric(page, name, {"value": value}, type_)


def write_said(page: Page, name: str) -> None:
    """Write a metric that is a call about a group, every function as often as another."""
    words = subject_of(page)
    spot = spot_of(page, words)
    options: dict[str, list[Option]] = {}
    for kind in VALUE_KINDS:
        for option in across_options(spot, kind, known=False):
            options.setdefault(option[0], []).append(option)
    if not options:
        return
    tree = across(spot, pick(spot, options[pick(spot, sorted(options))]), 1, grow)
    node = None if tree is None else type_of(tree, words)
    if tree is not None and node is not None:
        keep_metric(page, name, {"value": print_formula(tree)}, node.type)


def write_measured_again(page: Page, name: str) -> None:
    """Write a metric over metrics that a group has too, and one that is its value for the group."""
    words = subject_of(page)
    spot = spot_of(page, words)
    group = pick(spot, sorted(page.groups))
    there = {n: ref for n, ref in words.names.items() if f"{group}.{n}" in page.elsewhere}
    inside = replace(words, names=there, groups={})
    kinds = [kind for kind in VALUE_KINDS if can_grow(spot_of(page, inside), kind, known=False)]
    numbers = [n for n, ref in there.items() if ref.type.kind in QUANTITIES]
    kinds = [kind for kind in kinds if kind is not Kind.MONTH]
    text = drawn_text(page, inside, pick(spot, kinds))
    if numbers and chance(spot, 2):
        text = f"{pick(spot, numbers)} / {pick(spot, numbers)}"
    node = type_of(parse(text), inside)
    if node is not None:
        keep_metric(page, name, {"value": text}, node.type)
        keep_metric(page, f"{name}_of_{group}", {"value": f"{group}.{name}"}, node.type)


SCORE = ir.Ref("metric", "score", Type(Kind.NUMBER, Level.SUBJECT, nullable=True))
RUNNING_SCORE = ir.Ref("running", "score", Type(Kind.NUMBER, Level.SUBJECT))
RUNNING_PAY = ir.Ref("running", "pay", Type(Kind.MONEY, Level.SUBJECT))


def write_score(page: Page) -> None:
    words = subject_of(page)
    spot = spot_of(page, words)
    if chance(spot, 4):
        return
    items = _items(page, words, "", 2)
    score: Document = {"items": items, "empty": _empty(page, words)}
    names = list(items)
    if not any("weight" in item for item in items.values() if isinstance(item, dict)) and chance(
        spot, 2
    ):
        signs = [pick(spot, (" > ", " > ", " = ")) for _ in names[1:]]
        score["order"] = "".join(a + b for a, b in zip(names, [*signs, ""], strict=True))
        score["method"] = pick(spot, ("roc", "rank_sum", "rank_reciprocal"))
        score["ties"] = pick(spot, ("constrained", "average"))
    if not chance(spot, 3):
        score["needs"] = pick(spot, ("1%", "66.7%", "100%", "100%"))
    then: Document = {}
    running = subject_of(page, RUNNING_SCORE)
    for number in range(pick(spot, (0, 0, 1, 2))):
        step = drawn_text(page, running, Kind.NUMBER)
        then[f"step{number}"] = pick(spot, (f"score - ({step}) / 100", "score * 110%", step))
    if then:
        score["then"] = then
    page.document["score"] = score
    if page.groups:
        page.elsewhere["previous.score"] = SCORE.type
    after = subject_of(page, SCORE)
    for number in range(pick(spot, (0, 1, 2))):
        write_metric(page, f"g{number}", after)


def _items(page: Page, words: Words, path: str, depth: int) -> Document:
    spot = spot_of(page, words)
    items: Document = {}
    names = [f"i{path}{number}" for number in range(pick(spot, (1, 2, 3, 4)))]
    weights = pick(spot, _WEIGHTS[len(names)])
    for name, weight in zip(names, weights, strict=True):
        item: Document = {}
        if weight is not None:
            item["weight"] = weight
        if depth > 1 and chance(spot, 4):
            item["items"] = _items(page, words, name[1:], depth - 1)
            if any("weight" in i for i in item["items"].values() if isinstance(i, dict)):
                item["rescale"] = "as shares of the item"
        else:
            item["points"] = _points(page, words)
        if chance(spot, 2):
            item["empty"] = _empty(page, words)
        items[name] = item
    return items


_WEIGHTS: dict[int, list[tuple[str | None, ...]]] = {
    1: [(None,), ("100",)],
    2: [(None, None), ("70", "30"), ("33.3", None)],
    3: [(None, None, None), ("50", "30", "20"), ("10", "20.5", None)],
    4: [(None,) * 4, ("40", "30", "20", "10"), ("5", "15", "33", None)],
}
"""Weights that add up to 100; one that is left out takes the rest."""


def _points(page: Page, words: Words) -> str | Document:
    spot = spot_of(page, words)
    forms = ["held", "held", "scale", "attain", "share", "raw"]
    match pick(spot, forms + ["place", "place"] * can_place(page)):
        case "held":
            return f"at_most(at_least({drawn_text(page, words, Kind.NUMBER)}, 0), 100)"
        case "scale":
            x = pick(spot, [x for x in SCALE_KINDS if can_grow(spot, x, known=False)])
            points = ("0", "40", "59.999999", "80", "99.5", "100")
            cases = scale_cases(spot, x, Kind.TEXT, lambda: pick(spot, points), signed=False)
            return {"of": drawn_text(page, words, x), **cases}
        case "place":
            return places(page, words, lambda: pick(spot, ("0", "40", "99.5", "100")))
        case "attain":
            kind = pick(spot, (Kind.NUMBER, Kind.MONEY, Kind.RATIO))
            named = [n for n, ref in words.names.items() if ref.type.kind is kind]
            reached = pick(spot, named) if named else drawn_text(page, words, kind)
            return f"attain({reached}, {drawn_text(page, words, kind)})"
        case "share":
            return f"100 * ({drawn_text(page, words, Kind.RATIO)})"
        case _:
            return drawn_text(page, words, Kind.NUMBER)


def _empty(page: Page, words: Words) -> str:
    spot = spot_of(page, words)
    match pick(spot, ("skip", "skip", "skip", "stop", "stop", "0", "100", "formula")):
        case "formula":
            return f"at_most(at_least({drawn_text(page, words, Kind.NUMBER)}, 0), 100)"
        case word:
            return word


def write_pay(page: Page) -> None:
    words = subject_of(page, *([SCORE] if "score" in page.document else []))
    spot = spot_of(page, words)
    if chance(spot, 4):
        return
    lines: Document = {}
    for number in range(pick(spot, (1, 2, 3))):
        lines[f"line{number}"] = _rule(page, words, Kind.MONEY)[0]
    then: Document = {}
    running = replace(words, names={**words.names, "pay": RUNNING_PAY})
    for number in range(pick(spot, (0, 0, 1, 2))):
        step = drawn_text(page, running, Kind.MONEY)
        then[f"step{number}"] = pick(spot, (f"at_least(pay, {step})", "pay * 33.3%", step))
    page.document["pay"] = {"lines": lines, "then": then} if then else {"lines": lines}
    if pick(spot, (True, False)):
        page.document["pay"]["below_zero"] = pick(spot, ("owed", "held"))
