from collections import Counter
from collections.abc import Iterable, Iterator
from random import Random

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.plan.cases import made_from
from tests.properties.answering import differences_if_answered, if_answered
from tests.properties.between_rows import rulesets_between_rows
from tests.properties.comparing import ENGINES, Engine, stored_tables
from tests.properties.rulesets import Example
from tests.properties.tables import LARGE, Crowd, random_tables

from kpi_engine.reference.judging import judge
from kpi_engine.reference.values import Row
from kpi_engine.ruleset.checked import Metric, Ruleset, Table

SOME = settings(max_examples=max(10, settings().max_examples // 2))
FEW = settings(max_examples=max(4, settings().max_examples // 12))
"""Large frames are slow in the reference."""


def crowd_of(seed: int) -> Crowd:
    """Return few moments, for ties, and few rows: matched by every row they become many."""
    random = Random(seed)
    subjects, rows = random.choice(((1, 0), (1, 4), (2, 12), (2, 20), (3, 25), (8, 25)))
    unknown, moments = random.choice((0.0, 0.15, 0.5)), random.choice((3, 12, None))
    return Crowd(seed, subjects, rows, unknown, wide=False, moments=moments)


CROWDS = st.integers(0, 2**32).map(crowd_of)


@SOME
@given(CROWDS, rulesets_between_rows())
def test_every_value_and_account_is_the_same_on_both_roads(crowd: Crowd, example: Example):
    ruleset = example.pruned.ruleset
    tables = random_tables(ruleset, example.period, crowd)
    assert differences_if_answered(ruleset, tables, example.period) == []


@SOME
@given(CROWDS, st.sampled_from(ENGINES), rulesets_between_rows())
def test_every_row_of_every_table_is_the_same_on_both_roads(
    crowd: Crowd, engine: Engine, example: Example
):
    ruleset = example.pruned.ruleset
    tables = random_tables(ruleset, example.period, crowd)
    frames = stored_tables(ruleset, tables)
    made, unmatched = if_answered(lambda: made_from(ruleset, frames, engine))
    for name, expected in judge(ruleset, tables, example.period).tables.items():
        assert _listed(made[name]) == _listed((r.dropped, r.values) for r in expected.rows), name
        assert unmatched.get(name, 0) == expected.unmatched, name


def _listed(rows: Iterable[tuple[str | None, Row]]) -> Counter[str]:
    return Counter(repr((dropped, sorted(row.items()))) for dropped, row in rows)


@FEW
@given(rulesets_between_rows(), st.integers(0, 2**32), st.sampled_from((40, None)))
def test_large_frames_are_the_same_on_both_roads(example: Example, seed: int, moments: int | None):
    ruleset = example.pruned.ruleset
    crowd = Crowd(seed, LARGE, LARGE, 0.1, wide=False, moments=moments)
    tables = random_tables(ruleset, example.period, crowd)
    assert differences_if_answered(ruleset, tables, example.period) == []


def test_every_way_between_rows_is_drawn():
    met: Counter[str] = Counter()

    @settings(
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        max_examples=80,
    )
    @given(rulesets_between_rows())
    def grow(example: Example):
        ruleset = example.pruned.ruleset
        met["written"] += example.pruned.written
        met["refused"] += example.pruned.refused
        met.update(way for table in ruleset.tables.values() for way in _ways_of_table(table))
        met.update(way for m in ruleset.metrics.values() for way in _ways_of_metric(ruleset, m))
        text = example.pruned.text
        met.update(shelf for shelf in ("by.", "valid.", "long.", "by_day_") if shelf in text)

    grow()
    assert met["written"] > 20 * met["refused"]
    assert min(met[way] for way in WAYS) >= 2, met


WAYS = (
    *("runs", "one", "every", "prefer", "where", "two matches"),
    *("whose", "looked-up whose", "dated", "window"),
    *("by.", "valid.", "long.", "by_day_"),
)


def _ways_of_table(table: Table) -> Iterator[str]:
    if table.runs is not None:
        yield "runs"
    if len(table.matches) > 1:
        yield "two matches"
    for match in table.matches:
        yield "every" if match.every else "one"
        if match.where is not None:
            yield "where"
        if match.prefer:
            yield "prefer"


def _ways_of_metric(ruleset: Ruleset, metric: Metric) -> Iterator[str]:
    if metric.table is None:
        return
    if metric.window is not None:
        yield "window"
    if metric.clock != ruleset.tables[metric.table].clock:
        yield "dated"
    if metric.key != ruleset.subject.key:
        yield "looked-up whose" if "." in metric.key[-1] else "whose"
