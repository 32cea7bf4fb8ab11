"""What a ruleset says otherwise than another: meaning, not text."""

from pathlib import Path

import pytest

import kpi_engine as ke
from kpi_engine.review.files import find_files, kind_of
from kpi_engine.ruleset.parents import shipped_rulesets

SHOP = """\
ruleset: 枫叶
zone: Asia/Shanghai
currency: CNY
subject: {from: 客服, key: 工号}
params:
  达标线: 70%
  时限: 3 min
  档: {from 90: 100%, from 70: 80%, else: 0}
tables:
  客服: {key: 工号, columns: {工号: text, 底薪: money}}
  会话:
    key: 编号
    dated: 时间
    columns: {编号: text, 工号: text, 时间: datetime, 答: datetime}
metrics:
  响应率: {from: 会话, value: share(答 - 时间 <= 时限), min_rows: 2}
  会话数: {from: 会话, value: count()}
score:
  items:
    响应: {weight: 60, points: {of: 响应率, at 达标线: 60, at 100%: 100}, empty: skip}
    数量: {weight: 40, points: {of: 会话数, at 0: 0, at 20: 100}}
  then:
    gate: 0 if default(响应率 < 50%, false) else score
    bonus: score + 1
pay:
  lines:
    底薪: 底薪
    绩效: 500 CNY * 档(score)
""".replace("at 达标线", "at 70%")


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def changes(folder: Path, old: str, new: str) -> list[ke.RuleChange]:
    return list(ke.diff(write(folder, "old.yaml", old), write(folder, "new.yaml", new)).changes)


def changed(folder: Path, *edits: tuple[str, str]) -> list[tuple[str, str | None, str | None]]:
    """Return path, old and new text of what differs where parts of the ruleset are edited."""
    text = SHOP
    for before, after in edits:
        assert text.count(before) == 1
        text = text.replace(before, after)
    return [
        (
            ".".join(change.path),
            change.before.text if change.before is not None else None,
            change.after.text if change.after is not None else None,
        )
        for change in changes(folder, SHOP, text)
    ]


SHIPPED = [path for path in find_files(shipped_rulesets()) if kind_of(path) == "ruleset"]


def test_there_are_shipped_rulesets_to_compare():
    assert len(SHIPPED) > 20


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_ruleset_does_not_differ_from_itself(path):
    assert ke.diff(path, path).changes == ()


@pytest.mark.parametrize(
    "edit",
    [
        ("达标线: 70%", "达标线: 0.70"),
        ("达标线: 70%", "达标线:   70.0%  # 去年十月起"),
        ("时限: 3 min", "时限: 180 s"),
        ("share(答 - 时间 <= 时限)", "share((答-时间)<=时限)"),
        ("min_rows: 2", "title: 三分钟响应率, note: 按月, min_rows: 2"),
        ("{from 90: 100%, from 70: 80%, else: 0}", "{else: 0%, from 70: 0.8, from 90: 1}"),
        ("key: 工号}", "key: [工号]}"),
        ("底薪: money", "底薪: {kind: money, in: major}"),
        ("currency: CNY", "currency: CNY\nday_starts: '00:00'\nversion: 2"),
        ("500 CNY * 档(score)", "500.00 元 * 档(score)"),
    ],
)
def test_another_way_of_writing_is_no_change(tmp_path, edit):
    assert changed(tmp_path, edit) == []


def test_the_order_of_keys_is_no_change(tmp_path):
    base, rest = SHOP.split("params:\n")
    params, others = rest.split("tables:\n")
    lines = "".join(reversed(params.splitlines(keepends=True)))
    assert changes(tmp_path, SHOP, f"{base}tables:\n{others}params:\n{lines}") == []


@pytest.mark.parametrize(
    ("edit", "path", "before", "after"),
    [
        (("达标线: 70%", "达标线: 75%"), "params.达标线", "70%", "75%"),
        (("min_rows: 2", "min_rows: 3"), "metrics.响应率.min_rows", "2", "3"),
        (("<= 时限", "< 时限"), "metrics.响应率.value", "share(答 - 时间 <= 时限)", "share(答 - 时间 < 时限)"),
        (("底薪: money", "底薪: optional money"), "tables.客服.columns.底薪", "money", "optional money"),
        (("zone: Asia/Shanghai", "zone: UTC"), "zone", "Asia/Shanghai", "UTC"),
        (("empty: skip", "empty: stop"), "score.items.响应.empty", "skip", "stop"),
        (("500 CNY *", "600 CNY *"), "pay.lines.绩效", "500 CNY * 档(score)", "600 CNY * 档(score)"),
        (("key: 工号}", "key: 工号, where: 底薪 > 0 CNY}"), "subject.where", None, "底薪 > 0 CNY"),
    ],
)  # fmt: skip
def test_a_change_of_meaning_is_told_with_both_texts(tmp_path, edit, path, before, after):
    assert changed(tmp_path, edit) == [(path, before, after)]


def test_a_changed_weight_is_told_as_shares(tmp_path):
    edits = (("weight: 60", "weight: 50"), ("weight: 40", "weight: 50"))
    assert changed(tmp_path, *edits) == [
        ("score.items.响应.weight", "60%", "50%"),
        ("score.items.数量.weight", "40%", "50%"),
    ]


def test_an_order_that_gives_the_same_shares_is_no_change(tmp_path):
    ordered = SHOP.replace("weight: 60, ", "").replace("weight: 40, ", "")
    one = ordered.replace("score:\n", "score:\n  order: 响应 > 数量\n", 1)
    weights = SHOP.replace("weight: 60", "weight: 75").replace("weight: 40", "weight: 25")
    assert changes(tmp_path, one, weights) == []


def test_steps_in_another_order_are_a_change(tmp_path):
    gate, bonus = (
        "    gate: 0 if default(响应率 < 50%, false) else score\n",
        "    bonus: score + 1\n",
    )
    assert changed(tmp_path, (gate + bonus, bonus + gate)) == [
        ("score.then", "gate, bonus", "bonus, gate")
    ]
    assert changed(tmp_path, (gate, "")) == [
        ("score.then.gate", "0 if default(响应率 < 50%, false) else score", None)
    ]


def test_a_change_names_the_place_on_both_sides(tmp_path):
    (change,) = changes(tmp_path, SHOP, "# 一行\n" + SHOP.replace("达标线: 70%", "达标线: 75%"))
    assert change.standing == "changed"
    assert change.before is not None
    assert change.after is not None
    assert (Path(change.before.file).name, change.before.line) == ("old.yaml", 6)
    assert (Path(change.after.file).name, change.after.line) == ("new.yaml", 7)


def test_a_value_moved_into_another_layer_is_no_change(tmp_path):
    write(tmp_path, "base.yaml", SHOP.replace("枫叶", "base"))
    lower = SHOP.replace("枫叶", "lower").replace("达标线: 70%", "达标线: 75%")
    write(tmp_path, "lower.yaml", lower)
    child = write(tmp_path, "child.yaml", "ruleset: 枫叶\nextends: base\nparams: {达标线: 75%}\n")
    other = write(tmp_path, "other.yaml", "ruleset: 枫叶\nextends: lower\n")
    diff = ke.diff(child, other)
    assert diff.changes == ()
    assert [Path(file).name for file in diff.old.files] == ["child.yaml", "base.yaml"]


def test_a_ruleset_with_a_mistake_is_refused(tmp_path):
    with pytest.raises(ke.RulesetError) as error:
        changes(tmp_path, SHOP, SHOP.replace("share(答", "share(荅"))
    assert [finding.code for finding in error.value.diagnostics] == ["K220"]


def test_places_in_a_group_are_compared_with_what_breaks_ties(tmp_path):
    grouped = SHOP.replace("tables:", "groups: {全店: period}\ntables:", 1).replace(
        "{of: 响应率, at 70%: 60, at 100%: 100}",
        "{of: 响应率, over: 全店, top 10%: 100, else: 50, prefer: highest 会话数}",
    )
    assert changes(tmp_path, grouped, grouped.replace("highest 会话数", "[highest  会话数]")) == []
    (change,) = changes(tmp_path, grouped, grouped.replace("highest 会话数", "lowest 会话数"))
    assert change.path == ("score", "items", "响应", "points")
