"""What the command line says of the change of a ruleset."""

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


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("old.yaml").write_text(OLD, "utf-8")
    Path("new.yaml").write_text(NEW, "utf-8")


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
