"""What a change of a ruleset does to people: who moves, and that every difference adds up."""

import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kpi_engine as ke

SHOP = """\
ruleset: 枫叶
zone: Asia/Shanghai
currency: CNY
subject: {from: 客服, key: 工号}
params: {达标线: 70, 红线: 40}
tables:
  客服: {key: 工号, columns: {工号: text, 底薪: money, 评分: optional int, 在岗: bool}}
metrics: {得分: 评分, 达标: "1 if default(得分 >= 达标线, false) else 0"}
score:
  items: {服务: {points: 得分, empty: stop}}
  then: {扣分: "score - (10 if default(得分 < 红线, false) else 0)"}
pay:
  lines: {底薪: 底薪, 绩效: 1000 CNY * score / 100, 达标奖: 300 CNY * 达标}
  then: {保底: "at_least(pay, 2000 CNY)"}
"""
SCORES = [95, 75, 72, 70, 69, 55, 30, None]


def roster(scores: list[int | None], wage: str = "2000.00") -> pl.DataFrame:
    names = [f"客服{number:02d}" for number in range(len(scores))]
    return pl.DataFrame(
        {"工号": names, "底薪": [wage] * len(scores), "评分": scores, "在岗": [True] * len(scores)},
        schema_overrides={"评分": pl.Int64},
    )


def effect_of(
    folder: Path, *edits: tuple[str, str], agents: pl.DataFrame | None = None, **options: str
) -> ke.Effect:
    """Return the effect of editing parts of the ruleset."""
    text = SHOP
    for before, after in edits:
        assert text.count(before) == 1
        text = text.replace(before, after)
    old, new = folder / "old.yaml", folder / "new.yaml"
    old.write_text(SHOP, "utf-8")
    new.write_text(text, "utf-8")
    tables = {"客服": roster(SCORES) if agents is None else agents}
    effect = ke.diff(old, new, tables=tables, period="2026-10", **options).effect
    assert effect is not None
    return effect


def assert_adds_up(effect: ke.Effect) -> None:
    """Hold every difference to the sum of its parts, exactly."""
    for each in effect.subjects:
        assert sum(line.change for line in each.lines) == each.pay.change
        assert each.pay.change == (each.pay.after or 0) - (each.pay.before or 0)
        if each.score_before is not None and each.score_after is not None:
            parts = sum((part.change for part in each.parts), Decimal(0))
            assert parts == each.score_after - each.score_before
    assert sum(each.pay.change for each in effect.subjects) == effect.pay.change
    assert sum(line.change for line in effect.lines) == effect.pay.change
    assert sum(line.before or 0 for line in effect.lines) == effect.pay.before
    assert sum(line.after or 0 for line in effect.lines) == effect.pay.after


def moved(effect: ke.Effect) -> dict[str, int]:
    return {each.subject["工号"]: each.pay.change for each in effect.subjects}


def test_a_ruleset_beside_itself_moves_nobody(tmp_path):
    effect = effect_of(tmp_path)
    assert effect.subjects == ()
    assert effect.pay.change == effect.joined == effect.left == effect.ranks_moved == 0
    assert (effect.people, effect.held) == ((8, 8), (1, 1))
    assert_adds_up(effect)


def test_a_threshold_moves_those_between_its_two_values_alone(tmp_path):
    effect = effect_of(tmp_path, ("达标线: 70", "达标线: 75"))
    assert moved(effect) == {"客服02": -30000, "客服03": -30000}
    (first, _) = effect.subjects
    assert [(line.name, line.before, line.after) for line in first.lines] == [("达标奖", 30000, 0)]
    assert [(turn.name, turn.before, turn.after) for turn in first.metrics] == [("达标", "1", "0")]
    assert first.score_before == first.score_after == Decimal(72)
    assert_adds_up(effect)


@settings(max_examples=15)
@given(
    st.lists(st.none() | st.integers(0, 100), min_size=1, max_size=12),
    st.integers(0, 100),
    st.integers(0, 100),
    st.sampled_from(["1000 CNY", "777.77 CNY", "-900 CNY"]),
)
def test_differences_add_up_and_only_those_concerned_move(
    tmp_path_factory, scores, line, gate, amount
):
    folder = tmp_path_factory.mktemp("diff")
    agents = roster(scores, wage="150.55")
    edits = (("红线: 40", f"红线: {gate}"), ("1000 CNY * score", f"{amount} * score"))
    assert_adds_up(effect_of(folder, ("达标线: 70", f"达标线: {line}"), *edits, agents=agents))
    effect = effect_of(folder, ("达标线: 70", f"达标线: {line}"), agents=agents)
    low, high = sorted((70, line))
    between = [who for who, score in zip(agents["工号"], scores, strict=True)
               if score is not None and low <= score < high]  # fmt: skip
    assert (
        {who for who, _ in moved(effect).items()}
        == {each.subject["工号"] for each in effect.subjects if each.metrics}
        == set(between)
    )


def test_a_step_that_acts_on_one_side_alone_is_a_flip(tmp_path):
    effect = effect_of(tmp_path, ("红线: 40", "红线: 60"))
    (each,) = effect.subjects
    assert each.subject == {"工号": "客服05"}
    assert each.flips == (ke.Turn("score.then.扣分", "does nothing", "acts"),)
    assert [(part.name, part.change) for part in each.parts] == [("step.扣分", Decimal(-10))]
    assert (each.score_before, each.score_after) == (Decimal(55), Decimal(45))
    assert_adds_up(effect)


def test_pay_that_is_held_back_counts_as_nothing(tmp_path):
    effect = effect_of(tmp_path, ("empty: stop", "empty: '60'"))
    (each,) = effect.subjects
    assert each.subject == {"工号": "客服07"}
    assert (each.pay.before, each.pay.after, each.pay.change) == (None, 260000, 260000)
    assert [(turn.name, turn.before, turn.after) for turn in each.flips] == [
        ("score.status", "stopped", "ok"),
        ("pay.status", "held", "ok"),
    ]
    assert effect.held == (1, 0)
    assert_adds_up(effect)


def test_who_leaves_and_who_joins_counts_whole(tmp_path):
    agents = roster([90, 80]).with_columns(pl.Series("在岗", [True, False]))
    leaving = effect_of(tmp_path, ("key: 工号}\np", "key: 工号, where: 在岗}\np"), agents=agents)
    (each,) = leaving.subjects
    assert (each.whereabouts, each.pay.before, each.pay.after) == ("left", 310000, None)
    assert (leaving.left, leaving.joined, leaving.people) == (1, 0, (2, 1))
    assert_adds_up(leaving)
    found = ke.diff(
        tmp_path / "new.yaml", tmp_path / "old.yaml", tables={"客服": agents}, period="2026-10"
    ).effect
    assert found is not None
    assert [(each.whereabouts, each.pay.change) for each in found.subjects] == [("joined", 310000)]
    assert_adds_up(found)


def test_ranks_move_with_scores_and_equals_share_one(tmp_path):
    effect = effect_of(tmp_path, ("红线: 40", "红线: 60"), agents=roster([55, 50, 45, 45, 20]))
    ranks = {each.subject["工号"]: (each.rank_before, each.rank_after) for each in effect.subjects}
    assert ranks == {"客服00": (1, 1), "客服01": (2, 2), "客服02": (3, 3), "客服03": (3, 3)}
    lifted = effect_of(tmp_path, ("红线: 40", "红线: 50"), agents=roster([55, 49, 45, 44, 40]))
    assert lifted.ranks_moved == 0
    passed = effect_of(tmp_path, ("得分 < 红线", "得分 > 50"), agents=roster([55, 49, 30]))
    assert {each.subject["工号"]: (each.rank_before, each.rank_after) for each in passed.subjects} == {
        "客服00": (1, 2),
        "客服02": (3, 3),
    }  # fmt: skip
    assert passed.ranks_moved == 2


@pytest.mark.parametrize(
    ("fail_if", "exceeded"),
    [
        ("any > 299 CNY", True),
        ("any > 300 CNY", False),
        ("any < -299.99 元", True),
        ("any < -300 CNY", False),
        ("total > 3%", True),
        ("total > 4%", False),
        ("total < -3%", True),
        ("total < -4%", False),
        ("total > 4% or any > 299 CNY", True),
        ("total > 4% and any > 299 CNY", False),
        ("any > 9% and (total > 3% or any > 1 CNY)", True),
    ],
)
def test_a_limit_holds_for_the_size_of_a_change_or_for_a_fall(tmp_path, fail_if, exceeded):
    (tmp_path / "old.yaml").write_text(SHOP, "utf-8")
    (tmp_path / "new.yaml").write_text(SHOP.replace("达标线: 70", "达标线: 75"), "utf-8")
    sides = (tmp_path / "old.yaml", tmp_path / "new.yaml")
    tables = {"客服": roster(SCORES)}
    assert ke.diff(*sides, tables=tables, period="2026-10", fail_if=fail_if).exceeded is exceeded


def test_from_nothing_every_change_is_beyond_any_share(tmp_path):
    edit = ("empty: stop", "empty: '60'")
    effect_of(tmp_path, edit)
    sides, tables = (tmp_path / "old.yaml", tmp_path / "new.yaml"), {"客服": roster([None, 90])}
    assert ke.diff(*sides, tables=tables, period="2026-10", fail_if="any > 99%").exceeded


@pytest.mark.parametrize(
    ("fail_if", "code", "said"),
    [
        ("total > 2", "K645", "`2` is neither a share nor an amount in CNY"),
        ("total > 2 USD", "K645", "`2 USD` is neither a share nor an amount in CNY"),
        ("sum > 2%", "K645", "`sum > 2%` compares neither `total` nor `any` with a limit"),
        ("total >= 2%", "K645", "`total >= 2%` compares neither `total` nor `any` with a limit"),
        ("total < 2%", "K645", "`>` takes the size of a change, `<` a fall such as `-2%`"),
        ("any > -5 CNY", "K645", "`>` takes the size of a change, `<` a fall such as `-2%`"),
        ("not total > 2%", "K645", "`not total > 2%` compares neither `total` nor `any`"),
        ("total > ", "K207", ""),
        ("", "K201", ""),
    ],
)
def test_a_limit_that_is_not_understood_is_told_at_its_place(tmp_path, fail_if, code, said):
    path = tmp_path / "shop.yaml"
    path.write_text(SHOP, "utf-8")
    with pytest.raises(ke.DataError) as error:
        ke.diff(path, path, tables={}, period="2026-10", fail_if=fail_if)
    (finding,) = error.value.diagnostics
    assert finding.code == code
    assert said in finding.message
    assert finding.span is not None
    assert finding.span.source.name == "--fail-if"


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        ("key: [工号, 组]", "the old ruleset assesses by `工号`, the new one by `工号`, `组`"),
        ("JPY", "the old ruleset pays in CNY, the new one in JPY"),
    ],
)
def test_what_cannot_be_compared_is_refused(tmp_path, edit, reason):
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    old.write_text(SHOP, "utf-8")
    if edit == "JPY":
        new.write_text(SHOP.replace("CNY", "JPY"), "utf-8")
    else:
        wide = SHOP.replace("工号: text,", "工号: text, 组: text,").replace("key: 工号", edit)
        new.write_text(wide, "utf-8")
    with pytest.raises(ke.DataError) as error:
        ke.diff(old, new, tables={}, period="2026-10")
    assert [finding.code for finding in error.value.diagnostics] == ["K644"]
    assert reason in error.value.diagnostics[0].message


def test_an_effect_needs_a_period_and_a_limit_an_effect(tmp_path):
    path = tmp_path / "shop.yaml"
    path.write_text(SHOP, "utf-8")
    incomplete: list[dict[str, Any]] = [
        {"period": "2026-10"},
        {"tables": {}},
        {"fail_if": "total > 2%"},
    ]
    for options in incomplete:
        with pytest.raises(ke.DataError) as error:
            ke.diff(path, path, **options)
        assert [finding.code for finding in error.value.diagnostics] == ["K644"]


EVENTS = """\
ruleset: shop
zone: UTC
currency: CNY
subject: {from: agents, key: agent_id}
params: {level: 4, rate: 10 CNY}
tables:
  agents: {key: agent_id, columns: {agent_id: text}}
  ratings:
    key: id
    dated: at
    columns: {id: text, agent_id: text, at: datetime, score: int}
metrics:
  good: {from: ratings, value: count(score >= level)}
  rated: {from: ratings, value: count()}
pay: {lines: {good: rate * good, rated: 1 CNY * rated}}
"""
TABLES = {
    "agents": pl.DataFrame({"agent_id": ["A", "B"]}),
    "ratings": pl.DataFrame(
        {
            "id": ["1", "2", "3"],
            "agent_id": ["A", "A", "B"],
            "at": ["2026-10-05 09:00"] * 3,
            "score": [5, 4, 4],
        }
    ),
}


def events(folder: Path, *edits: tuple[str, str]) -> tuple[Path, Path]:
    old, new = folder / "old.yaml", folder / "new.yaml"
    old.write_text(EVENTS, "utf-8")
    text = EVENTS
    for before, after in edits:
        assert text.count(before) == 1
        text = text.replace(before, after)
    new.write_text(text, "utf-8")
    return old, new


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_facts_give_the_effect_that_the_rows_give(tmp_path, suffix):
    old, new = events(tmp_path, ("rate: 10 CNY", "rate: 12.50 CNY"))
    facts = ke.run(ke.compile(ke.load(old)), TABLES, period="2026-10").facts
    assert facts is not None
    file = tmp_path / f"facts.{suffix}"
    facts.write_parquet(file) if suffix == "parquet" else facts.write_csv(file)
    by_rows = ke.diff(old, new, tables=TABLES, period="2026-10").effect
    by_facts = ke.diff(old, new, facts=file, period="2026-10").effect
    assert by_rows is not None
    assert by_facts == by_rows
    assert [each.pay.change for each in by_facts.subjects] == [500, 250]


def test_facts_do_not_show_what_rules_over_rows_change(tmp_path):
    old, new = events(tmp_path, ("level: 4", "level: 5"))
    facts = ke.run(ke.compile(ke.load(old)), TABLES, period="2026-10").facts
    by_facts = ke.diff(old, new, facts=facts, period="2026-10").effect
    assert by_facts is not None
    assert by_facts.subjects == ()
    assert [(note.code, note.message) for note in by_facts.diagnostics] == [
        ("K643", "facts do not show what rules that read rows change: `metrics.good`")
    ]
    by_rows = ke.diff(old, new, tables=TABLES, period="2026-10").effect
    assert by_rows is not None
    assert [each.pay.change for each in by_rows.subjects] == [-1000, -1000]
    assert by_rows.diagnostics == ()


def test_a_metric_that_is_gone_is_left_out_of_the_facts(tmp_path):
    rated = ("  rated: {from: ratings, value: count()}\n", "")
    old, new = events(tmp_path, rated, (", rated: 1 CNY * rated", ""))
    facts = ke.run(ke.compile(ke.load(old)), TABLES, period="2026-10").facts
    effect = ke.diff(old, new, facts=facts, period="2026-10").effect
    assert effect is not None
    assert [(line.name, line.before, line.change) for line in effect.lines] == [
        ("good", 3000, 0),
        ("rated", 300, -300),
    ]
    assert_adds_up(effect)


def test_facts_that_cannot_be_read_are_refused(tmp_path):
    old, new = events(tmp_path)
    with pytest.raises(ke.DataError, match="cannot be read"):
        ke.diff(old, new, facts=tmp_path / "none.parquet", period="2026-10")


def test_a_param_that_is_still_required_is_told(tmp_path):
    old, new = events(tmp_path, ("rate: 10 CNY", "rate: required"))
    assert [change.path for change in ke.diff(old, new).changes] == [("params", "rate")]
    with pytest.raises(ke.RulesetError) as error:
        ke.diff(old, new, tables=TABLES, period="2026-10")
    assert [finding.code for finding in error.value.diagnostics] == ["K316"]


def test_a_new_line_of_nothing_moves_nobody(tmp_path):
    line = ("达标奖: 300 CNY * 达标}", "达标奖: 300 CNY * 达标, 餐补: 5 CNY * 达标}")
    effect = effect_of(tmp_path, line)
    assert set(moved(effect).values()) == {500}
    assert len(effect.subjects) == 4
    assert [(line.name, line.before, line.after) for line in effect.lines[-2:]] == [
        ("保底", 0, 0),
        ("餐补", 0, 2000),
    ]
    assert_adds_up(effect)


def test_a_path_of_a_revision_is_named_where_a_param_is_still_required(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    old, _ = events(tmp_path, ("rate: 10 CNY", "rate: required"))
    who = ("-c", "user.name=Xiao Li", "-c", "user.email=li@example.com")
    for command in (["init"], ["add", "."], ["commit", "--message", "one"]):
        subprocess.run(["git", *who, *command], check=True, capture_output=True)
    with pytest.raises(ke.RulesetError) as error:
        ke.diff(old, "git:HEAD:new.yaml", tables=TABLES, period="2026-10")
    (finding,) = error.value.diagnostics
    assert finding.span is not None
    assert (finding.code, finding.span.source.name) == ("K316", "git:HEAD:new.yaml")
