"""What the command line says of the change of a ruleset."""

import json
from pathlib import Path

import pytest
from tests.cli.test_commands import called

OLD = """\
ruleset: 枫叶
version: 1
zone: Asia/Shanghai
currency: CNY
subject: {from: 客服, key: 工号}
params: {达标线: 70%, 补贴: 50 CNY}
tables:
  客服: {key: 工号, columns: {工号: text, 底薪: money, 评分: int}}
metrics: {得分: 评分, 达标: 1 if 得分 >= 100 * 达标线 else 0}
score:
  items: {服务: {points: 得分}}
  then: {红线: 0 if 得分 < 60 else score}
pay:
  lines: {底薪: 底薪, 补贴: 补贴, 绩效: 1000 CNY * 达标}
"""
NEW = (
    OLD.replace("version: 1", "version: 2")
    .replace("达标线: 70%", "达标线: 75%")
    .replace("补贴: 50 CNY", "补贴: 50.00 元")
    .replace(
        "{红线: 0 if 得分 < 60 else score}", "{红线: 0 if 得分 < 60 or 底薪 == 0 CNY else score}"
    )
)


ROSTER = """\
工号,底薪,评分
张三,2000.00,74
李四|2,2000.00,80
王五,0,59
赵六,0,61
"""
OVER_ROWS = ("old.yaml", "new.yaml", "--data", "data", "--period", "2026-10")


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("old.yaml").write_text(OLD, "utf-8")
    Path("new.yaml").write_text(NEW, "utf-8")
    Path("data").mkdir()
    Path("data/客服.csv").write_text(ROSTER, "utf-8")


def test_the_values_that_mean_something_else_stand_with_their_places():
    assert called("diff", "old.yaml", "new.yaml", status=0).stdout == (
        "old.yaml (version 1) -> new.yaml (version 2): 2 values changed\n"
        "~ params.达标线\n"
        "    - 70%                                         old.yaml:6\n"
        "    + 75%                                         new.yaml:6\n"
        "~ score.then.红线\n"
        "    - 0 if 得分 < 60 else score                   old.yaml:12\n"
        "    + 0 if 得分 < 60 or 底薪 == 0 CNY else score  new.yaml:12\n"
    )


def test_the_effect_stands_in_columns_beside_chinese_names():
    shown = called("diff", *OVER_ROWS, status=0).stdout
    assert shown.split("\n\n", 1)[1] == (
        "2026-10: 2 of 4 subjects move, 1 rank moved; "
        "pay 6,200.00 -> 5,200.00 CNY (-1,000.00, -16.13%)\n"
        "\n"
        "line    before     after     change\n"
        "绩效  2,000.00  1,000.00  -1,000.00\n"
        "pay   6,200.00  5,200.00  -1,000.00\n"
        "\n"
        "工号  score    new  rank  new       pay       new     change  flips\n"
        "张三  74.00  74.00     2    2  3,050.00  2,050.00  -1,000.00\n"
        "赵六  61.00   0.00     3    3     50.00     50.00       0.00  "
        "score.then.红线: does nothing -> acts\n"
    )


def test_markdown_is_what_a_pull_request_shows():
    limit = ("--fail-if", "total > 2% or any > 300 CNY")
    shown = called("diff", *OVER_ROWS, *limit, "--format", "markdown", status=1).stdout
    assert (
        shown
        == """\
### 枫叶: 2 values changed

| value | before | after |
|---|---|---|
| `params.达标线` | `70%` old.yaml:6 | `75%` new.yaml:6 |
| `score.then.红线` | `0 if 得分 < 60 else score` old.yaml:12 | `0 if 得分 < 60 or 底薪 == 0 CNY else score` new.yaml:12 |

2026-10: 2 of 4 subjects move, 1 rank moved; pay 6,200.00 -> 5,200.00 CNY (-1,000.00, -16.13%)

| line | before | after | change |
|---|---:|---:|---:|
| 绩效 | 2,000.00 | 1,000.00 | -1,000.00 |
| pay | 6,200.00 | 5,200.00 | -1,000.00 |

| 工号 | score | new | rank | new | pay | new | change | flips |
|---|---:|---:|---:|---:|---:|---:|---:|---|
| 张三 | 74.00 | 74.00 | 2 | 2 | 3,050.00 | 2,050.00 | -1,000.00 |  |
| 赵六 | 61.00 | 0.00 | 3 | 3 | 50.00 | 50.00 | 0.00 | score.then.红线: does nothing -> acts |

**beyond the limit: total > 2% or any > 300 CNY**
"""
    )


def test_a_bar_in_a_name_or_formula_stays_in_its_cell():
    text = OLD.replace("工号: text", "工号: text, 班: 早 | 晚").replace(
        "补贴: 50 CNY", "补贴: 60 CNY"
    )
    Path("new.yaml").write_text(text, "utf-8")
    Path("data/客服.csv").write_text("工号,底薪,评分,班\n李四|2,2000,80,早\n", "utf-8")
    shown = called("diff", *OVER_ROWS, "--format", "markdown", status=0).stdout
    assert "| `tables.客服.columns.班` |  | `早 \\| 晚` new.yaml:8 |\n" in shown
    assert "| 李四\\|2 | 80.00 | 80.00 | 1 | 1 | 3,050.00 | 3,060.00 | +10.00 |  |\n" in shown


def test_json_holds_amounts_in_minor_units_and_scores_as_texts():
    document = json.loads(called("diff", *OVER_ROWS, "--format", "json", status=0).stdout)
    assert [change["path"] for change in document["changes"]] == [
        "params.达标线",
        "score.then.红线",
    ]
    effect = document["effect"]
    assert effect["pay"] == {"name": "pay", "before": 620000, "after": 520000, "change": -100000}
    assert [each["subject"] for each in effect["subjects"]] == [{"工号": "张三"}, {"工号": "赵六"}]
    assert effect["subjects"][1]["score"] == {"before": "61.00", "after": "0.00"}
    assert effect["subjects"][1]["parts"] == [{"name": "step.红线", "change": "-61.000000"}]
    assert document["exceeded"] is False


@pytest.mark.parametrize(
    ("limit", "status", "verdict"),
    [
        ("total > 20%", 0, "within the limit: total > 20%\n"),
        ("total > 16%", 1, "beyond the limit: total > 16%\n"),
    ],
)
def test_the_status_tells_whether_the_limit_holds(limit, status, verdict):
    assert called("diff", *OVER_ROWS, "--fail-if", limit, status=status).stdout.endswith(verdict)


def test_nothing_that_moves_is_said_in_a_sentence():
    shown = called("diff", "old.yaml", *OVER_ROWS[:1], *OVER_ROWS[2:], status=0).stdout
    assert shown.endswith("\n\n2026-10: 0 of 4 subjects move; pay 6,200.00 CNY, unchanged\n")


def test_without_a_limit_differences_are_no_failure():
    assert called("diff", "old.yaml", "old.yaml", status=0).stdout == (
        "old.yaml (version 1) -> old.yaml (version 1): nothing changes in meaning\n"
    )
    called("diff", *OVER_ROWS, status=0)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("old.yaml", "none.yaml"), "K101"),
        (("git:HEAD:old.yaml", "new.yaml"), "K642"),
        (("old.yaml", "new.yaml", "--data", "data"), "K644"),
        ((*OVER_ROWS, "--fail-if", "any > 300"), "K645"),
        (("old.yaml", "new.yaml", "--fail-if", "any > 300 CNY"), "K644"),
        ((*OVER_ROWS[:3], "nowhere", *OVER_ROWS[4:]), "K401"),
    ],
)
def test_what_cannot_be_compared_could_not_run(tmp_path, monkeypatch, arguments, code):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    result = called("diff", *arguments, "--format", "json", status=2)
    assert result.stdout == ""
    assert [json.loads(line)["code"] for line in result.stderr.splitlines()] == [code]


def test_a_long_list_of_subjects_is_cut():
    rows = "".join(f"客服{number:02d},2000,72\n" for number in range(25))
    Path("data/客服.csv").write_text(f"工号,底薪,评分\n{rows}", "utf-8")
    shown = called("diff", *OVER_ROWS, status=0).stdout
    assert shown.endswith("and 5 more, all of them in `--format json`\n")


def test_without_pay_nothing_is_said_of_it():
    for name, text in (("old.yaml", OLD), ("new.yaml", NEW)):
        Path(name).write_text(text[: text.index("pay:\n")], "utf-8")
    shown = called("diff", *OVER_ROWS, status=0).stdout
    assert shown.split("\n\n", 1)[1] == (
        "2026-10: 2 of 4 subjects move, 1 rank moved\n"
        "\n"
        "工号  score    new  rank  new  flips\n"
        "张三  74.00  74.00     2    2\n"
        "赵六  61.00   0.00     3    3  score.then.红线: does nothing -> acts\n"
    )
    refused = called("diff", *OVER_ROWS, "--fail-if", "total > 1%", status=2).stderr
    assert "limits are about pay, and neither ruleset pays" in refused
