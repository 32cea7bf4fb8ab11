"""The rows behind every metric of every subject: judged as the reference does, adding up to facts."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from fractions import Fraction
from functools import partial
from random import Random

import polars as pl
from hypothesis import event, given, settings
from hypothesis import strategies as st
from tests.properties.answering import if_answered
from tests.properties.between_rows import rulesets_between_rows
from tests.properties.comparing import ENGINES, EPOCH, Engine, stored_tables, subject_key
from tests.properties.rulesets import Example, rulesets
from tests.properties.tables import Crowd, crowds, random_tables
from tests.properties.test_between_rows import CROWDS

from kpi_engine.execution.evidence import shown_rows
from kpi_engine.language.kinds import QUANTITIES, Kind
from kpi_engine.plan.compiling import compile_ruleset
from kpi_engine.plan.evidence import (
    DEN,
    FILTERED_BY,
    NUM,
    VERDICT,
    EvidenceStep,
    ShownColumn,
    find_evidence,
    plan_evidence,
)
from kpi_engine.plan.facts import gather_facts
from kpi_engine.plan.period import period_window
from kpi_engine.reference.judging import judge
from kpi_engine.reference.metrics import JudgedRow
from kpi_engine.reference.values import Value, unknown_last
from kpi_engine.ruleset.checked import Ruleset

SOME = settings(max_examples=max(10, settings().max_examples // 2))
MOST_SUBJECTS = 3

Listed = list[tuple[str, str | None, dict[str, Value]]]


@SOME
@given(rulesets(), crowds(), st.sampled_from(ENGINES))
def test_the_rows_behind_a_metric_are_judged_as_by_the_reference(
    example: Example, crowd: Crowd, engine: Engine
):
    check_evidence(example, crowd, engine)


@SOME
@given(rulesets(of_groups=True), crowds(), st.sampled_from(ENGINES))
def test_the_rows_behind_a_metric_of_a_group_are_judged_as_by_the_reference(
    example: Example, crowd: Crowd, engine: Engine
):
    check_evidence(example, crowd, engine)


@SOME
@given(CROWDS, rulesets_between_rows(), st.sampled_from(ENGINES))
def test_the_rows_behind_a_metric_over_made_tables_are_judged_as_by_the_reference(
    crowd: Crowd, example: Example, engine: Engine
):
    check_evidence(example, crowd, engine)


def check_evidence(example: Example, crowd: Crowd, engine: Engine) -> None:
    ruleset, period = example.pruned.ruleset, example.period
    tables = random_tables(ruleset, period, crowd)
    frames = stored_tables(ruleset, tables)
    window = period_window(period, ruleset.zone, ruleset.day_starts)
    plan = compile_ruleset(ruleset)
    gathered = if_answered(lambda: gather_facts(plan, frames, window, engine=engine))
    judgement = judge(ruleset, tables, period)
    metrics = {name: metric for name, metric in ruleset.metrics.items() if metric.table is not None}
    everybody = range(gathered.facts.height)
    chosen = Random(crowd.seed).sample(everybody, min(MOST_SUBJECTS, len(everybody)))
    for step in plan_evidence(plan, metrics).steps:
        name = step.metric.name
        counts: Counter[str] = Counter()
        met: set[tuple[Value, ...]] = set()
        for place in chosen:
            facts = gathered.facts[place]
            subject = facts.select(pl.exclude(r"^metric\..*$"))
            found = if_answered(
                partial(find_evidence, step, frames, subject, window, engine=engine)
            )
            owner = owner_of(ruleset, step, facts)
            judged = [each for each in judgement.judged[name] if each.key == owner]
            assert listed(step, found.rows) == in_order(step, ruleset, judged), name
            assert list(found.facts.select(step.gather.columns).row(0)) == [
                facts[column][0] for column in step.gather.columns
            ], name
            check_sums(step, found.rows, facts)
            if owner not in met:
                met.add(owner)
                counts.update(found.rows[VERDICT].to_list())
                counts.update(found.rows[FILTERED_BY].drop_nulls().to_list())
        if len(chosen) == len(everybody):
            account = gathered.metrics[name]
            filtered_by = {filter_: counts[filter_] for filter_ in account.filtered_by}
            assert filtered_by == account.filtered_by, name
            words = (counts["used"], counts["filtered"], counts["unknown"])
            assert words == (account.used, account.filtered, account.unknown), name


def owner_of(ruleset: Ruleset, step: EvidenceStep, facts: pl.DataFrame) -> tuple[Value, ...]:
    """Return whose the rows are: a subject's, or those of her group."""
    names = ruleset.subject.key if step.metric.group is None else step.metric.key
    columns = zip(names, step.gather.key, strict=True)
    return tuple(subject_key(ruleset, name, facts[column][0]) for name, column in columns)


def listed(step: EvidenceStep, rows: pl.DataFrame) -> Listed:
    """Return the verdict on every row, and those of its columns that its table has."""
    columns = [column for column in step.shown if "." not in column.name]
    return [
        (
            row[VERDICT],
            row[FILTERED_BY],
            {column.name: value_of(column, row[column.column]) for column in columns},
        )
        for row in rows.iter_rows(named=True)
    ]


def value_of(column: ShownColumn, kept: int | str | bool | None) -> Value:
    if kept is None or isinstance(kept, str | bool):
        return kept
    if column.type.kind in QUANTITIES:
        return Fraction(kept, column.divisor)
    return EPOCH + timedelta(days=kept) if column.type.kind is Kind.DATE else kept


def in_order(step: EvidenceStep, ruleset: Ruleset, judged: Sequence[JudgedRow]) -> Listed:
    """Return the same of the reference, by clock and identity."""
    table = ruleset.tables[step.gather.table]
    clock = () if step.metric.clock is None else (step.metric.clock,)
    names = [column.name for column in step.shown if "." not in column.name]
    ordered = sorted(
        judged, key=lambda each: [unknown_last(each.row[n]) for n in (*clock, *table.identity)]
    )
    return [
        (each.verdict, each.filtered_by, {name: each.row[name] for name in names})
        for each in ordered
    ]


def check_sums(step: EvidenceStep, rows: pl.DataFrame, facts: pl.DataFrame) -> None:
    """Check that what the used rows bring adds up to the fraction, where there is one."""
    found = shown_rows(step, rows)
    shown = found.rows
    assert found.kinds.keys() == set(shown.columns)
    assert shown.height == rows.height
    assert "~" not in "".join(shown.columns)
    sums = {NUM: "num", DEN: "den"}
    for column in step.brings:
        fact = facts[f"metric.{step.metric.name}.{sums[column]}"][0]
        total = rows[column].cast(pl.Int128).sum()
        assert fact is None or total == fact
        event(f"{column} adds up to {'nothing' if not fact else 'something'}")
        others = rows.filter(pl.col(VERDICT) != "used")
        assert others[column].null_count() == others.height
