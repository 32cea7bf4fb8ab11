"""Which findings a check reports: what is selected, what is ignored, and what comments say."""

from pathlib import Path

import pytest

import kpi_engine as ke

SHOP = """\
ruleset: 枫叶
zone: UTC
currency: CNY
subject: {from: agents, key: agent_id}
tables: {agents: {key: agent_id, columns: {agent_id: text, wage: money, rating: int}}}
params:
  grade: {86 to 90: 90, 91 to 100: 100, else: 0}
score:
  items:
    service: {weight: 60, points: grade(rating)}
    volume: {points: 100}
pay: {lines: {base: wage}}
"""
ITEM = "    volume: {points: 100}"


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def checked(text: str = SHOP, **asked) -> ke.CheckReport:
    Path("shop.yaml").write_text(text, "utf-8")
    return ke.check("shop.yaml", **asked)


def with_comment(comment: str, line: str = ITEM) -> str:
    return SHOP.replace(line, f"{line}  # kpi: {comment}")


def codes(findings) -> list[str]:
    return [finding.code for finding in findings]


def test_everything_is_reported_where_nothing_is_asked():
    assert codes(checked().diagnostics) == ["K341", "K386"]


@pytest.mark.parametrize("select", [["K386"], ["k386"], ["K38"], ["K2", "K386"]])
def test_what_was_not_selected_is_kept_apart(select):
    report = checked(select=select)
    assert codes(report.diagnostics) == codes(report.files["shop.yaml"]) == ["K386"]
    assert codes(report.unselected) == ["K341"]


def test_what_is_ignored_is_kept_apart():
    report = checked(ignore=["K386"])
    assert codes(report.diagnostics) == codes(report.files["shop.yaml"]) == ["K341"]
    assert codes(report.ignored) == ["K386"]


def test_a_beginning_ignores_warnings_and_notes_and_no_error():
    broken = SHOP.replace("base: wage", "base: wgae")
    assert codes(checked(broken, ignore=["K3"]).diagnostics) == ["K220"]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"select": ["K999"]}, "K551"),
        ({"ignore": ["K999"]}, "K551"),
        ({"select": [""]}, "K551"),
        ({"ignore": ["K220"]}, "K552"),
        ({"ignore": ["K22"]}, "K552"),
    ],
)
def test_a_code_that_makes_no_sense_is_refused(asked, code):
    with pytest.raises(ke.DataError) as error:
        checked(**asked)
    assert codes(error.value.diagnostics) == [code]


def test_what_says_that_nothing_was_read_is_always_selected():
    assert codes(ke.check("missing.yaml", select=["K2"]).diagnostics) == ["K101"]


def test_a_comment_ignores_its_code_on_its_line():
    report = checked(with_comment("ignore K386: agreed with the shop"))
    assert (codes(report.diagnostics), codes(report.ignored)) == (["K341"], ["K386"])


def test_a_comment_on_another_line_ignores_nothing_and_says_so():
    line = "    service: {weight: 60, points: grade(rating)}"
    report = checked(with_comment("ignore K386: agreed", line))
    assert codes(report.diagnostics) == ["K341", "K153", "K386"]
    assert report.diagnostics[1].message == (
        "this comment ignores `K386`, and nothing of it is found on line 10"
    )


def test_a_comment_that_has_expired_ignores_nothing_and_says_so():
    report = checked(with_comment("ignore K386 until 2020-12-31: agreed"))
    assert codes(report.diagnostics) == ["K341", "K386", "K152"]
    report = checked(with_comment("ignore K386 until 9999-12-31: agreed"))
    assert codes(report.diagnostics) == ["K341"]


def test_a_comment_without_a_reason_is_an_error_and_ignores_nothing():
    report = checked(with_comment("ignore K386"))
    assert codes(report.diagnostics) == ["K341", "K386", "K151"]


def test_whether_a_comment_matches_nothing_is_not_told_of_a_file_with_errors():
    text = with_comment("ignore K393: agreed")
    assert codes(checked(text).diagnostics) == ["K341", "K386", "K153"]
    broken = text.replace("base: wage", "base: wgae")
    assert "K153" not in codes(checked(broken).diagnostics)


def test_what_is_said_of_a_comment_can_be_ignored_as_anything():
    text = with_comment("ignore K393: agreed")
    assert codes(checked(text, ignore=["K153"]).diagnostics) == ["K341", "K386"]


def test_a_comment_in_a_base_holds_for_its_children():
    Path("child.yaml").write_text("ruleset: child\nextends: shop\n", "utf-8")
    checked()
    assert codes(ke.check("child.yaml").diagnostics) == ["K341", "K386"]
    checked(with_comment("ignore K386: agreed").replace("ruleset: 枫叶", "ruleset: shop"))
    report = ke.check("child.yaml")
    assert (codes(report.diagnostics), codes(report.ignored)) == (["K341"], ["K386"])


def test_of_comments_in_a_base_that_is_not_looked_at_nothing_is_said():
    Path("child.yaml").write_text("ruleset: child\nextends: shop\n", "utf-8")
    checked(with_comment("ignore K393: agreed"))
    assert codes(ke.check("child.yaml").diagnostics) == ["K341", "K386"]
    assert codes(ke.check("child.yaml", "shop.yaml").diagnostics) == ["K341", "K386", "K153"]
