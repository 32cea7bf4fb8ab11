from collections.abc import Iterable

import polars as pl
import pytest
from tests.execution.shop import AGENTS, MARKS, frame, shop, tables

from kpi_engine.execution.running import run, score
from kpi_engine.text.diagnostics import Diagnostic
from kpi_engine.text.errors import DataError

LIMIT = "{of: day, else: 60, from 2026-10-16: 30}"
READ = "    limit: score if received < limit else score\n"


def messages(notes: Iterable[Diagnostic], code: str) -> list[str]:
    return [note.message for note in notes if note.code == code]


@pytest.mark.parametrize(
    ("cases", "days"),
    [
        ("else: 60, from 2026-10-16: 30", "2026-10-16"),
        ("else: 60, from 2026-10-02: 30", "2026-10-02"),
        ("else: 60, from 2026-10-31: 30", "2026-10-31"),
        ("else: 60, from 2026-10-16: 30, from 2026-10-20: 20", "2026-10-16, 2026-10-20"),
        ("else: 60, up to 2026-10-15: 30", "2026-10-16"),
        ("else: 60, 2026-09-15 to 2026-10-15: 30", "2026-10-16"),
        ("else: 60, 2026-10-15 to 9999-12-31: 30", "2026-10-15"),
        ("else: 60, from 2026-10-01: 30", None),
        ("else: 60, up to 2026-09-30: 30", None),
        ("else: 60, from 2026-11-01: 30", None),
        ("else: 60, up to 2026-10-31: 30", None),
        ("else: 60, 2026-10-01 to 2026-10-31: 30", None),
    ],
)
def test_a_param_that_changes_inside_the_period_is_a_note_where_subjects_read_it(cases, days):
    result = run(shop((LIMIT, f"{{of: day, {cases}}}")), tables(), period="2026-10")
    expected = [f"`limit` changes on {days}: subjects have its value of 2026-10-31"] if days else []
    assert messages(result.diagnostics, "K449") == expected


def test_a_param_that_changes_and_is_read_by_rows_alone_is_no_note():
    plan = shop((f"  then:\n{READ}", ""))
    assert messages(run(plan, tables(), period="2026-10").diagnostics, "K449") == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("busy_days: {", "steady: received + limit\n  busy_days: {"),
        ("{points: marks.knowledge, weight: 40}", '{points: "at_most(limit, 100)", weight: 40}'),
        ("    wage: wage\n", "    wage: wage + limit * 1 CNY\n"),
    ],
)
def test_every_formula_about_a_subject_may_read_a_dated_param(old, new):
    plan = shop((f"  then:\n{READ}", ""), (old, new))
    result = run(plan, tables(), period="2026-10")
    assert len(messages(result.diagnostics, "K449")) == 1


def test_a_name_that_no_row_of_a_long_table_has_is_a_note_with_the_likely_one():
    plan = shop(("points: marks.knowledge", "points: marks.knowlege"))
    result = run(plan, tables(), period="2026-10")
    note = next(note for note in result.diagnostics if note.code == "K422")
    assert note.message == (
        "no row of the table `marks` has `knowlege` as its `item`, and the ruleset reads it"
    )
    assert note.help == "did you mean `knowledge`?"
    assert "K422" in [each["code"] for each in result.receipt["notes"]]


def test_a_name_of_another_month_is_known_and_an_empty_table_is_said_to_be_empty():
    plan = shop()
    other = frame(MARKS, "S1 | a1 | 2026-09 | knowledge | 10")
    assert messages(run(plan, tables(marks=other), period="2026-10").diagnostics, "K422") == []
    none = tables(marks=other.head(0))
    codes = [note.code for note in run(plan, none, period="2026-10").diagnostics]
    assert codes == ["K436", "K449"]


def test_a_name_that_rows_look_up_is_a_note_too():
    declared = (
        "  skills:\n    key: buyer_id\n    long: {name: what, value: much}\n"
        "    columns: {buyer_id: text, what: text, much: int}\n  calendar:\n"
    )
    plan = shop(
        ("team: agents.team_id", "mark: skills.speed"),
        ("  calendar:\n", declared),
        ("value: sum(amount)", "value: sum(mark * amount)"),
    )
    skills = frame("buyer_id | what | much", "b1 | spede | 1")
    result = run(plan, {**tables(), "skills": skills}, period="2026-10")
    assert messages(result.diagnostics, "K422") == [
        "no row of the table `skills` has `speed` as its `what`, and the ruleset reads it"
    ]


def test_a_roster_that_is_looked_into_cannot_contradict_itself_at_any_time():
    agents = frame(
        AGENTS,
        "S1 | a1 | t1 | 2025-01-01 | 2025-06-01 | 1000.00",
        "S1 | a1 | t2 | 2025-01-01 | 2025-07-01 | 1000.00",
        "S1 | a1 | t2 | 2026-10-11 |            | 2000.00",
    )
    with pytest.raises(DataError) as error:
        run(shop(), tables(agents=agents), period="2026-10")
    assert [finding.code for finding in error.value.diagnostics] == ["K432"]
    assert "2 rows of the subject shop_id S1, agent_id a1" in error.value.diagnostics[0].message
    plan = shop((", team: agents.team_id", ""))
    assert run(plan, tables(agents=agents), period="2026-10").subjects.height == 1


SUBJECTS = ("agents", "teams", "marks")


def test_facts_with_the_tables_that_subjects_look_into_give_the_same_slip():
    plan, given = shop(), tables()
    result = run(plan, given, period="2026-10")
    assert result.facts is not None
    needed = {name: given[name] for name in SUBJECTS}
    again = score(plan, result.facts, period="2026-10", tables=needed)
    assert again.subjects.equals(result.subjects)
    assert again.receipt["result_hash"] == result.receipt["result_hash"]
    assert list(again.receipt["inputs"]) == list(SUBJECTS)
    everything = score(plan, result.facts, period="2026-10", tables=given)
    assert everything.receipt == again.receipt
    assert messages(again.diagnostics, "K449") == messages(result.diagnostics, "K449") != []


def test_facts_without_tables_that_subjects_look_into_say_which():
    plan, given = shop(), tables()
    facts = run(plan, given, period="2026-10").facts
    assert facts is not None
    with pytest.raises(DataError) as error:
        score(plan, facts, period="2026-10")
    assert [(each.code, each.message) for each in error.value.diagnostics] == [
        ("K447", "the ruleset reads `wage` of the roster `agents`, which was not given"),
        ("K448", "the ruleset looks up `marks`, `teams` for subjects, which were not given"),
    ]
    with pytest.raises(DataError) as error:
        score(plan, facts, period="2026-10", tables={"agents": given["agents"]})
    assert [each.code for each in error.value.diagnostics] == ["K404", "K404"]


def test_facts_alone_are_enough_where_only_rows_look_something_up():
    plan = shop(
        ("{points: marks.knowledge, weight: 40}", "{points: 50, weight: 40}"),
        (
            "    wage: wage\n    bonus: {of: score, from 50: teams.bonus, else: 0 CNY}",
            "    pay: 5 CNY",
        ),
    )
    result = run(plan, tables(), period="2026-10")
    assert result.facts is not None
    again = score(plan, result.facts, period="2026-10")
    assert again.subjects.equals(result.subjects.filter(pl.col("agent_id").is_not_null()))


def test_the_receipt_holds_every_rule_and_param_with_what_it_looks_at():
    plan = shop(
        (
            "same: [shop_id, buyer_id], take: every}",
            "same: [shop_id, buyer_id], where: chat.wait is known, prefer: [lowest chat.wait]}",
        )
    )
    rules = run(plan, tables(), period="2026-10").receipt["rules"]
    assert rules["tables.sold.match.chat.where"]["text"] == "chat.wait is known"
    assert rules["tables.sold.match.chat.prefer.1"]["text"] == "lowest chat.wait"
    assert rules["metrics.in_time"]["params"] == {"limit": LIMIT}
