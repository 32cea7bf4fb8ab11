from pathlib import Path

import pytest

from kpi_engine.review.cases import run_case_files
from kpi_engine.text.render import render_text

CASES = Path(__file__).parent / "cases"
REFUSED = sorted(path for path in CASES.glob("*.test.yaml") if path.name != "shop.test.yaml")


def codes(*paths: str) -> list[str]:
    return [finding.code for finding in run_case_files(map(Path, paths)).diagnostics]


@pytest.mark.usefixtures("folder")
def test_cases_of_rows_and_of_given_values_pass():
    report = run_case_files([Path("shop.test.yaml")])
    assert render_text(report.diagnostics) == ""
    assert (report.passed, report.failed) == (6, 0)
    assert [result.case for result in report.results][3] == "given values of nobody"


@pytest.mark.parametrize("path", REFUSED, ids=lambda path: path.name.removesuffix(".test.yaml"))
def test_what_is_wrong_is_said_at_its_place(path, monkeypatch):
    monkeypatch.chdir(CASES)
    report = run_case_files([Path(path.name)])
    pinned = path.with_name(path.name.replace(".test.yaml", ".txt"))
    assert render_text(report.diagnostics) == pinned.read_text("utf-8")
    assert report.passed == 0


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("响应率: 1 / 3", "响应率: 33.333333333%"),
        ("响应率.rows: 3", "响应率.rows: 4"),
        ("first_day: 2026-10-05", "first_day: 2026-10-06"),
        ("points.volume: 75", "points.volume: 75.000001"),
        ("base: 1000.00 CNY", "base: 1000.01 CNY"),
        ("floor: 0 CNY", "floor: 0.01 CNY"),
        ("响应率.rows: 1, pay: unknown", "响应率.rows: 1, pay: 0 CNY"),
        ("rejected: 0}", "rejected: 1}"),
        ("filtered: 1,", "filtered: 2,"),
        ("| 50%    => 80 ", "| 50%    => 80.01 "),
        ("| 30%     | 2000.00 CNY", "| 30%     | 2000.01 CNY"),
        ("=> 19.4 ", "=> 19.39 "),
        ("grade: B", "grade: A"),
    ],
)
def test_a_value_that_differs_in_the_least_fails_its_case_alone(folder, right, wrong):
    path = folder / "shop.test.yaml"
    text = path.read_text("utf-8")
    assert text.count(right) == 1
    path.write_text(text.replace(right, wrong), "utf-8")
    report = run_case_files([Path("shop.test.yaml")])
    assert (report.passed, report.failed) == (5, 1)
    assert len(report.diagnostics) == 1
    found = report.diagnostics[0].span
    assert found is not None
    assert found.source.text[found.start : found.end] in wrong


def test_a_folder_is_searched_for_tests(folder):
    (folder / "more").mkdir()
    (folder / "more/other.test.yaml").write_text(
        (folder / "shop.test.yaml").read_text("utf-8").replace("test: shop", "test: corner_shop"),
        "utf-8",
    )
    (folder / ".hidden").mkdir()
    (folder / ".hidden/bad.test.yaml").write_text("test: [", "utf-8")
    report = run_case_files([Path()])
    assert [finding.code for finding in report.diagnostics] == ["K508"]
    assert (report.passed, report.failed) == (6, 6)


def test_the_ruleset_is_found_from_the_root_of_its_rulesets(folder):
    (folder / "base/tests").mkdir(parents=True)
    text = (folder / "shop.yaml").read_text("utf-8").replace("ruleset: shop", "ruleset: base/shop")
    (folder / "base/shop.yaml").write_text(text, "utf-8")
    test = (folder / "shop.test.yaml").read_text("utf-8").replace("test: shop", "test: base/shop")
    (folder / "base/anything.test.yaml").write_text(test, "utf-8")
    assert run_case_files([Path("base/anything.test.yaml")]).passed == 6


def test_mistakes_of_the_ruleset_are_reported_once_and_fail_every_case(folder):
    text = (folder / "shop.yaml").read_text("utf-8")
    (folder / "shop.yaml").write_text(text.replace("count()", "cuont()", 1), "utf-8")
    report = run_case_files([Path("shop.test.yaml")])
    assert (report.passed, report.failed) == (0, 6)
    assert [finding.code for finding in report.diagnostics] == ["K243"]
    span = report.diagnostics[0].span
    assert span is not None
    assert span.source.name == "shop.yaml"


def test_finding_no_case_is_an_error(folder):
    (folder / "empty").mkdir()
    assert codes("empty") == ["K502"]
    assert codes() == ["K502"]
    assert codes("missing.test.yaml") == ["K101"]


def test_broken_yaml_of_a_test_is_reported(folder):
    (folder / "broken.test.yaml").write_text("test: shop\ntest: shop\nperiod: *x\n", "utf-8")
    assert codes("broken.test.yaml") == ["K115", "K110"]


NOBODY = """\
ruleset: nobody
zone: UTC
currency: CNY
subject: {from: agents, key: agent_id, where: role == 'seller'}
tables:
  agents:
    key: agent_id
    columns:
      agent_id: text
      role: seller | lead
      regular: bool
      level: int = 3
      wage: optional money
  sales: {key: sale_id, columns: {sale_id: text, agent_id: text, amount: money}}
metrics:
  sold: {from: sales, value: sum(amount)}
  target: 1000 CNY * level
pay:
  lines:
    bonus: 100 CNY if sold < target else 200 CNY
    base: wage if regular else 50 CNY
"""


def nobody(folder: Path, *lines: str) -> list[tuple[str, str]]:
    """Return the codes of the findings in a table of given values, and what they stand under."""
    (folder / "nobody.yaml").write_text(NOBODY, "utf-8")
    table = "".join(f"      {line}\n" for line in lines)
    text = f"test: nobody\nperiod: 2026-10\ncases:\n  - name: one\n    table: |\n{table}"
    (folder / "nobody.test.yaml").write_text(text, "utf-8")
    found = run_case_files([Path("nobody.test.yaml")]).diagnostics
    spans = [(finding.code, finding.span) for finding in found]
    return [(code, span.source.text[span.start : span.end]) for code, span in spans if span]


def test_of_nobody_counts_are_0_and_columns_have_their_defaults(folder):
    assert (
        nobody(folder, "regular => sold | target | bonus", "true => 0 CNY | 3000 CNY | 100 CNY")
        == []
    )


def test_what_is_always_known_cannot_be_given_as_unknown(folder):
    found = nobody(
        folder, "regular | sold => bonus", "unknown | 1 CNY => 100 CNY", "true | => 100 CNY"
    )
    assert found == [("K526", "unknown"), ("K526", "")]


def test_what_is_always_known_must_be_given(folder):
    assert nobody(folder, "wage | sold => bonus", "| 1 CNY => 100 CNY")[0][0] == "K529"


def test_what_may_be_unknown_need_not_be_given(folder):
    assert nobody(folder, "regular => base", "true => unknown", "false => 50 CNY") == []
