from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.execution.shop import ORDERS, frame, shop, tables

from kpi_engine.execution.look import day_from, look_at
from kpi_engine.execution.results import Results
from kpi_engine.execution.running import run
from kpi_engine.plan.compiling import compile_ruleset
from kpi_engine.plan.nodes import Calendar, Plan
from kpi_engine.ruleset.loading import load_ruleset_text
from kpi_engine.text.errors import DataError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
RECORDED = {
    "teams": ("{team_id: text, bonus", "{team_id: text, recorded_at: optional datetime, bonus"),
    "marks": ("period: month, item", "period: month, recorded_at: optional datetime, item"),
    "agents": ("wage: money", "wage: money\n      recorded_at: datetime"),
}


def moment(text: str) -> int:
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(microseconds=1)


def chats_of(result: Results, agent: str) -> int:
    found = result.subjects.filter(pl.col("agent_id") == agent)["metric.received.n"]
    return int(found[0])


@pytest.fixture(scope="module")
def plan() -> Plan:
    return shop()


def test_a_run_looks_when_the_slowest_metric_has_settled(plan):
    look = look_at(plan.ruleset, "2026-10", None)
    assert look.shown == "2026-11-05T00:00:00+08:00"
    assert look.as_of == moment(look.shown)
    hasty = shop((", settles: 2 days", ""), (", settles: 4 days", "")).ruleset
    assert look_at(hasty, "2026-10", None).shown == "2026-11-01T00:00:00+08:00"


@pytest.mark.parametrize("day", ["2026-11-05", date(2026, 11, 5)])
def test_a_day_is_the_moment_it_begins_in_the_zone(day):
    late = shop(("zone: Asia/Shanghai", "zone: Asia/Shanghai\nday_starts: '06:00'"))
    look = look_at(late.ruleset, "2026-10", day)
    assert look.shown == "2026-11-05T06:00:00+08:00"
    assert look == look_at(late.ruleset, "2026-10", "2026-11-04T22:00:00Z")
    assert look_at(late.ruleset, "2026-10", "2026-11-01").as_of == look.window.end


def test_a_day_without_midnight_begins_when_the_clocks_have_changed():
    ruleset = shop(("zone: Asia/Shanghai", "zone: America/Sao_Paulo")).ruleset
    assert look_at(ruleset, "2018-11", "2018-11-04").as_of == moment("2018-11-04T03:00:00Z")


@pytest.mark.parametrize(
    "as_of", ["2026-11-05 09:00", datetime(2026, 11, 5), "soon", "", "2026-11-31", "20261105"]
)
def test_a_moment_without_a_zone_is_none(plan, as_of):
    with pytest.raises(DataError) as error:
        look_at(plan.ruleset, "2026-10", as_of)
    assert [finding.code for finding in error.value.diagnostics] == ["K435"]


@pytest.mark.parametrize("as_of", ["9999-12-31", "0001-01-01", "9999-12-31T23:59:59Z"])
def test_the_ends_of_the_calendar_are_no_time_to_look(plan, as_of):
    with pytest.raises(DataError, match="K435"):
        look_at(plan.ruleset, "2026-10", as_of)


def test_a_month_has_begun_a_moment_after_its_first_day_does(plan):
    first = look_at(plan.ruleset, "2026-10", "2026-10-01")
    after = look_at(plan.ruleset, "2026-10", "2026-10-01T00:00:00.000001+08:00")
    assert first.unseen_month == first.window.month
    assert after.unseen_month == first.window.month + 1
    assert look_at(plan.ruleset, "2026-10", "2026-10-31").unseen_month == after.unseen_month


@given(
    st.datetimes(min_value=datetime(2017, 1, 1), max_value=datetime(2019, 1, 1)),
    st.sampled_from(["Asia/Shanghai", "America/Sao_Paulo", "Europe/Berlin", "Pacific/Apia"]),
    st.sampled_from([0, 360, 1439]),
)
def test_the_first_unseen_day_is_the_first_that_has_not_begun(wall, zone, day_starts):
    instant = (wall.replace(tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)
    day = day_from(instant, Calendar(zone, day_starts))
    local = wall.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    reading = datetime(day.year, day.month, day.day) + timedelta(minutes=day_starts)
    # but for an hour at a change of the clocks
    assert reading >= local - timedelta(hours=1)
    assert reading - timedelta(days=1) < local + timedelta(hours=1)


def test_rows_recorded_before_the_look_are_seen_and_others_are_not(plan):
    chats = tables()["chats"]
    for recorded, seen in [
        ("2026-11-04 23:59:59.999999", 1),
        ("2026-11-05 00:00:00", 0),
        ("2026-11-05 00:00:00.000001", 0),
    ]:
        late = chats.with_columns(
            recorded_at=pl.when(pl.col("chat_id") == "c5")
            .then(pl.lit(recorded))
            .otherwise("recorded_at")
        )
        assert chats_of(run(plan, tables(chats=late), period="2026-10"), "a2") == seen


def test_a_row_that_was_not_recorded_is_known_from_its_clock(plan):
    early = run(plan, tables(), period="2026-10", as_of="2026-10-20T09:00:00+08:00")
    assert chats_of(early, "a1") == 1
    assert early.accounting["tables"]["chats"]["accepted"] == 4
    later = run(plan, tables(), period="2026-10", as_of="2026-10-20T09:00:00.000001+08:00")
    assert chats_of(later, "a1") == 2


LATE_PAYMENT = """
ruleset: late_payment
zone: Asia/Shanghai
currency: CNY
subject: {from: agents, key: agent_id}
tables:
  agents: {key: agent_id, columns: {agent_id: text}}
  orders:
    key: order_id
    dated: paid_at
    columns:
      order_id: text
      agent_id: text
      created_at: datetime
      paid_at: optional datetime
  made: {from: orders, dated: created_at}
metrics:
  orders_made: {from: made, value: count()}
  part_paid: {from: made, value: share(paid_at is known), settles: 4 days}
"""


def test_an_export_of_next_week_gives_the_pay_of_this_one():
    ruleset, _ = load_ruleset_text(LATE_PAYMENT)
    assert ruleset is not None
    header = "order_id | agent_id | created_at | paid_at"
    early = frame(
        header, "o1 | a1 | 2026-10-31 09:00 | ", "o2 | a1 | 2026-10-31 09:00 | 2026-11-04 23:59"
    )
    later = frame(
        header,
        "o1 | a1 | 2026-10-31 09:00 | 2026-11-06 09:00",
        "o2 | a1 | 2026-10-31 09:00 | 2026-11-04 23:59",
    )
    agents = frame("agent_id", "a1")
    results = [
        run(compile_ruleset(ruleset), {"agents": agents, "orders": orders}, period="2026-10")
        for orders in (early, later)
    ]
    assert results[0].receipt["result_hash"] == results[1].receipt["result_hash"]
    assert results[0].subjects["metric.part_paid.num"].to_list() == [1]
    assert results[0].subjects["metric.part_paid.den"].to_list() == [2]
    assert results[0].accounting == results[1].accounting


def test_what_a_recorded_row_says_of_times_to_come_was_known():
    text = LATE_PAYMENT.replace(
        "paid_at: optional datetime", "paid_at: optional datetime\n      recorded_at: datetime"
    )
    ruleset, _ = load_ruleset_text(text)
    assert ruleset is not None
    row = "o1 | a1 | 2026-10-31 09:00 | 2026-11-06 09:00 | 2026-11-01 09:00"
    orders = frame("order_id | agent_id | created_at | paid_at | recorded_at", row)
    given_ = {"agents": frame("agent_id", "a1"), "orders": orders}
    result = run(compile_ruleset(ruleset), given_, period="2026-10")
    assert result.subjects["metric.part_paid.num"].to_list() == [1]


def test_a_row_without_any_time_is_always_seen(plan):
    given_ = tables(orders=frame(ORDERS, "o1 | S1 | b1 | | 100.00"))
    accounts = run(plan, given_, period="2026-10", as_of="2026-10-02").accounting["tables"]
    assert accounts["orders"]["undated"] == 1
    assert accounts["sold"]["undated"] == 1


@pytest.mark.parametrize(
    ("as_of", "dated", "seen"),
    [
        ("2026-10-21", "paid_on: optional date", ["o1", "o3"]),
        ("2026-10-21T00:00:00.000001+08:00", "paid_on: optional date", ["o1", "o3", "o4"]),
        ("2026-10-01T00:00:00.000001+08:00", "paid_on: optional month", ["o1", "o3", "o4"]),
        ("2026-10-31", "paid_on: optional month", ["o1", "o3", "o4"]),
    ],
)
def test_a_day_and_a_month_are_seen_once_they_have_begun(as_of, dated, seen):
    plan = shop(("paid_on: optional date", dated), (", team: agents.team_id", ""))
    orders = tables()["orders"]
    if "month" in dated:
        orders = orders.with_columns(pl.col("paid_on").str.slice(0, 7))
    result = run(plan, tables(orders=orders), period="2026-10", as_of=as_of)
    assert result.accounting["tables"]["orders"]["accepted"] == len(seen)
    assert result.accounting["tables"]["orders"]["undated"] == 1


def recorded_tables(late: dict[str, list[str]]) -> dict[str, pl.DataFrame]:
    """Tables of which three more say when they were recorded, with rows recorded after the look."""
    given_ = tables()
    times = {"teams": None, "marks": None, "agents": "2026-10-01 00:00"}
    for name, recorded in times.items():
        given_[name] = given_[name].with_columns(recorded_at=pl.lit(recorded, dtype=pl.String))
    for name, rows in late.items():
        header = " | ".join(given_[name].columns)
        given_[name] = pl.concat([given_[name], frame(header, *rows)])
    return given_


LATE = {
    "agents": [
        "S1 | a1 | t2 | 2026-10-11 | | 9000.00 | 2026-11-05 00:00",
        "S1 | a7 | t2 | 2026-10-11 | | 9000.00 | 2026-11-05 00:00",
    ],
    "teams": ["t2 | 99.00 | 2026-12-05 00:00", "t9 | 99.00 | 2026-12-05 00:00"],
    "marks": [
        "S1 | a1 | 2026-10 | knowledge | 1 | 2026-12-05 00:00",
        "S1 | a1 | 2026-10 | patience | 1 | 2026-12-05 00:00",
    ],
    "chats": [
        "c1 | S1 | a1 | b1 | 2026-10-01 09:00 | 2026-11-30 09:01 | 1",
        "e1 | S1 | a1 | b9 | 2026-10-01 09:00 | 2026-11-30 09:01 | 1",
        "e2 | S1 | a1 | b9 | 2026-10-01 09:00 | 2026-11-30 09:01 | soon",
    ],
    "orders": ["o9 | S1 | b1 | 2026-11-05 | 100.00"],
}


@pytest.mark.parametrize("name", LATE)
def test_what_is_recorded_later_changes_nothing_anywhere(name):
    plan = shop(*RECORDED.values())
    before = run(plan, recorded_tables({}), period="2026-10")
    after = run(plan, recorded_tables({name: LATE[name]}), period="2026-10")
    assert after.receipt["result_hash"] == before.receipt["result_hash"]
    assert after.accounting["metrics"] == before.accounting["metrics"]
    accounts = after.accounting["tables"].pop(name)
    was = before.accounting["tables"].pop(name)
    assert after.accounting["tables"] == before.accounting["tables"]
    assert accounts == {**was, "outside": was["outside"] + len(LATE[name])}


def test_what_is_recorded_later_counts_in_a_later_look():
    plan = shop(*RECORDED.values())
    contradicting = LATE["agents"][:1]
    late = {name: rows for name, rows in LATE.items() if name != "agents"}
    result = run(plan, recorded_tables(late), period="2026-10", as_of="2026-12-24")
    assert result.subjects["points.knowledge"].to_list() == [None, 90]
    assert set(result.rejects["reason"]) == {"conflicting_key", "not_a_number"}
    with pytest.raises(DataError) as error:
        run(plan, recorded_tables({"agents": contradicting}), period="2026-10", as_of="2026-12-24")
    assert [finding.code for finding in error.value.diagnostics] == ["K432"]


def test_a_roster_that_nobody_had_recorded_yet_refuses_the_run():
    plan = shop(RECORDED["agents"])
    given_ = recorded_tables({})
    with pytest.raises(DataError) as error:
        run(plan, given_, period="2026-10", as_of="2026-09-30")
    assert [finding.code for finding in error.value.diagnostics] == ["K430"]
    assert "before 2026-09-30T00:00:00+08:00" in str(error.value.diagnostics[0].help)


def test_a_period_of_which_nothing_had_been_recorded_yet_refuses_the_run(plan):
    with pytest.raises(DataError) as error:
        run(plan, tables(), period="2026-10", as_of="2026-10-01")
    assert [finding.code for finding in error.value.diagnostics] == ["K438"]


def test_a_table_of_which_nothing_was_recorded_in_time_is_a_note(plan):
    late = tables()["orders"].with_columns(paid_on=pl.lit("2026-10-30"))
    result = run(plan, tables(orders=late), period="2026-10", as_of="2026-10-29")
    note = next(note for note in result.diagnostics if note.code == "K436")
    assert note.message == "the table `orders` has no row in 2026-10"
    assert note.help == "rows recorded at or after 2026-10-29T00:00:00+08:00: 6"
