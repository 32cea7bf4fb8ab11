from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.properties.batches import GROUP_WORDS, METRIC_WORDS, PEOPLE_WORDS, ROW_WORDS, batches
from tests.properties.formulas import raw_formulas
from tests.properties.rulesets import rulesets
from tests.properties.spots import VALUE_KINDS
from tests.properties.tables import Crowd, random_tables
from tests.properties.words import Words, is_accepted

from kpi_engine.language import ir
from kpi_engine.language.functions import FUNCTIONS
from kpi_engine.language.kinds import Kind
from kpi_engine.language.syntax import Expr
from kpi_engine.reference.judging import judge
from kpi_engine.ruleset.checked import Formula, Metric, Ruleset, ScaleUse

pytestmark = pytest.mark.xdist_group("rulesets are drawn once")

ALWAYS_THE_SAME = settings(
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize(
    "words",
    [ROW_WORDS, GROUP_WORDS, METRIC_WORDS, PEOPLE_WORDS],
    ids=["rows", "groups", "metrics", "subjects"],
)
def test_of_twenty_formulas_that_grow_the_checker_takes_nineteen(words: Words):
    verdicts: Counter[bool] = Counter()

    @settings(ALWAYS_THE_SAME, max_examples=300)
    @given(st.data(), st.sampled_from([kind for kind in VALUE_KINDS if _grows(words, kind)]))
    def grow(data: st.DataObject, kind: Kind):
        tree: Expr = data.draw(raw_formulas(words, kind))
        verdicts[is_accepted(tree, words, kind, known=False, gathers=False)] += 1

    grow()
    assert verdicts[True] > 19 * verdicts[False], verdicts


def _grows(words: Words, kind: Kind) -> bool:
    return kind is not Kind.DATETIME or any(ref.type.kind is kind for ref in words.names.values())


def test_of_twenty_entries_of_a_ruleset_the_checker_takes_nineteen():
    counts: Counter[str] = Counter()

    @settings(ALWAYS_THE_SAME, max_examples=40)
    @given(rulesets())
    def grow(example):
        counts["written"] += example.pruned.written
        counts["refused"] += example.pruned.refused

    grow()
    assert counts["written"] > 20 * counts["refused"]


@lru_cache
def drawn_rulesets() -> tuple[tuple[Ruleset, str], ...]:
    found: list[tuple[Ruleset, str]] = []

    @settings(ALWAYS_THE_SAME, max_examples=200)
    @given(rulesets())
    def grow(example):
        found.append((example.pruned.ruleset, example.period))

    grow()
    return tuple(found)


def test_every_operator_and_function_is_drawn():
    found: set[str] = set()

    @settings(ALWAYS_THE_SAME, max_examples=60)
    @given(batches())
    def grow(batch):
        found.update(name for node in _nodes(batch.ruleset) for name in _names(node))

    grow()
    of_rows = {name for name, function in FUNCTIONS.items() if not function.of_group}
    assert found >= ir.OPERATORS | of_rows | {"attain_lower"}


def test_everything_that_is_said_of_groups_is_drawn():
    said: set[tuple[str, bool]] = set()
    kinds: set[str] = set()

    @settings(ALWAYS_THE_SAME, max_examples=230)
    @given(rulesets(of_groups=True))
    def grow(example):
        ruleset = example.pruned.ruleset
        for metric in ruleset.metrics.values():
            node = metric.value.node
            kinds.update(_said_of_group(ruleset, metric))
            if isinstance(node, ir.Across):
                said.add((node.function, ruleset.groups[node.group].of_period))

    grow()
    gathers = {name for name, function in FUNCTIONS.items() if function.aggregate}
    of_one_period = gathers | {"beats", "beats_lower", "split", "place", "band"}
    assert {name for name, of_period in said if of_period} == of_one_period
    assert {name for name, of_period in said if not of_period} == gathers | {"longest_run"}
    assert kinds == {
        "a group",
        "measured again",
        "previous",
        "everybody",
        "year",
        "window",
        "open",
        "prefer",
    }


def _said_of_group(ruleset: Ruleset, metric: Metric) -> Iterator[str]:
    if metric.group is not None:
        yield "measured again"
    if metric.standing is not None and metric.standing.prefer:
        yield "prefer"
    match metric.value.node:
        case ir.Previous():
            yield "previous"
        case ir.Across(group=name):
            group = ruleset.groups[name]
            if group.of_period:
                yield "a group" if group.key else "everybody"
            elif group.months is not None:
                yield "window"
            else:
                yield "year" if group.year else "open"


def test_every_form_of_scale_is_drawn():
    found: set[str] = set()
    for ruleset, _ in drawn_rulesets():
        for rule in _rules(ruleset):
            if isinstance(rule, ScaleUse):
                found |= {case.kind for case in rule.cases}
    assert found == {"from", "up to", "to", "at", "is", "else"}


def test_every_status_is_met():
    metrics: set[str] = set()
    scores: set[str | None] = set()
    pays: set[str | None] = set()
    for ruleset, period in drawn_rulesets():
        for unknown in (0.3, 0.6):
            tables = random_tables(ruleset, period, Crowd(1, 6, 12, unknown, wide=False))
            for slip in judge(ruleset, tables, period).subjects.values():
                metrics |= {metric.status for metric in slip.metrics.values()}
                scores.add(slip.score_status)
                pays.add(slip.pay_status)
    assert metrics == {"ok", "no_rows", "below_min_rows", "unknown"}
    assert scores >= {"ok", "out_of_range", "stopped", "no_points", "needs", "unknown"}
    assert pays >= {"ok", "held", "below_zero"}


def _rules(ruleset: Ruleset) -> Iterator[Formula | ScaleUse]:
    for table in ruleset.tables.values():
        yield from (formula for _, formula in (*table.add, *table.drop))
        if table.where is not None:
            yield table.where
    yield from (metric.value for metric in ruleset.metrics.values())
    yield from (metric.where for metric in ruleset.metrics.values() if metric.where is not None)
    if ruleset.pay is not None:
        yield from (rule for _, rule in ruleset.pay.lines)


def _nodes(ruleset: Ruleset) -> Iterator[ir.Node]:
    waiting = [rule.node for rule in _rules(ruleset)]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += ir.children(node)


def _names(node: ir.Node) -> set[str]:
    match node:
        case ir.Op():
            return {node.op}
        case ir.Aggregate():
            return {node.function}
        case ir.Slices():
            return {"slices"}
        case _:
            return set()
