"""The newest rows of a subject: how many, by which clock, and what a tie or a filter does."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.plan.cases import as_values, load, stored
from tests.properties.comparing import differences

from kpi_engine.plan.compiling import compile_ruleset
from kpi_engine.plan.facts import gather_facts
from kpi_engine.plan.period import period_window
from kpi_engine.plan.slip import settle_slip

METRIC = "metrics: {{m: {{from: events, latest: {latest}, {more}value: sum(k)}}}}"


def noon(day):
    return int(datetime(2026, 10, day, 4, tzinfo=UTC).timestamp()) * 10**6


def newest(latest, events, more="", engine="in-memory"):
    """The sum over the newest rows, and by what the others were filtered."""
    ruleset = load(METRIC.format(latest=latest, more=more))
    rows = {"agents": [{"agent_id": "a"}], "events": events}
    tables = {name: stored(ruleset, name, rows[name]).lazy() for name in rows}
    plan = compile_ruleset(ruleset)
    found = gather_facts(plan, tables, period_window("2026-10", "Asia/Shanghai", 0), engine=engine)
    slip = settle_slip(plan, found.facts)
    return slip["metric.m.num"].item(), dict(found.metrics["m"].filtered_by)


EVENTS = [{"id": d, "agent_id": "a", "at": noon(d), "k": 10**d} for d in (1, 2, 3, 4, 5)]


@pytest.mark.parametrize("engine", ["in-memory", "streaming"])
@pytest.mark.parametrize(
    ("latest", "total", "older"),
    [
        ("1 row", 100_000, 4),
        ("2 rows", 110_000, 3),
        ("9 rows", 111_110, 0),
        ("20%", 100_000, 4),
        ("21%", 110_000, 3),
        ("0.1%", 100_000, 4),
        ("99%", 111_110, 0),
    ],
)
def test_a_share_of_the_rows_is_rounded_up(latest, total, older, engine):
    assert newest(latest, EVENTS, engine=engine) == (total, {"latest": older})


def test_the_lower_identity_is_taken_first_at_one_moment():
    events = [{"id": n, "agent_id": "a", "at": noon(9), "k": n} for n in (4, 3, 8)]
    assert newest("1 row", events)[0] == 3
    assert newest("2 rows", events)[0] == 7


def test_the_newest_are_found_among_those_that_pass():
    events = [*EVENTS, {"id": 6, "agent_id": "a", "at": noon(6), "k": None}]
    assert newest("2 rows", events, "where: id != 5, ") == (11_000, {"where": 1, "latest": 2})


events = st.lists(
    st.fixed_dictionaries(
        {
            "agent_id": st.sampled_from(["a", "b", None, "stranger"]),
            "at": st.sampled_from(
                [None, noon(1), noon(2), noon(2) + 1, noon(30), noon(1) - 10**13]
            ),
            "k": st.sampled_from([None, 1, 5, -7]),
            "good": st.sampled_from([None, True, False]),
        }
    ),
    max_size=25,
)


@given(
    events=events,
    latest=st.sampled_from(["1 row", "3 rows", "10%", "50%", "33.3%"]),
    window=st.sampled_from(["", "window: 40 days, "]),
    where=st.sampled_from(["", "where: good, "]),
)
def test_plan_and_reference_choose_the_same_rows(events, latest, window, where):
    ruleset = load(METRIC.format(latest=latest, more=window + where))
    rows = {
        "agents": [{"agent_id": "a"}, {"agent_id": "b"}],
        "events": [{"id": n, **event} for n, event in enumerate(events)],
    }
    tables = {name: as_values(ruleset, name, made) for name, made in rows.items()}
    assert differences(ruleset, tables, "2026-10") == []
