from fractions import Fraction
from pathlib import Path

import pytest

from kpi_engine.review.mutation import MutationReport, mutate_rulesets

RULESET = """\
ruleset: team
zone: UTC
currency: CNY
subject: {from: agents, key: agent_id}
tables:
  agents: {key: agent_id, columns: {agent_id: text, wage: optional money}}
  ratings:
    key: rating_id
    dated: rated_at
    columns: {rating_id: text, agent_id: text, rated_at: datetime, stars: int}
metrics:
  praise: {from: ratings, value: share(stars >= 4)}
score:
  empty: stop
  items: {praise: {points: 100 * praise}}
pay:
  lines: {wage: {of: score, from 90: wage, else: 0 CNY}}
"""
TEST = """\
test: team
period: 2026-10
given:
  agents: |
    agent_id | wage
    An       | 2000.00
cases:
  - name: the wage from 90
    for: An
    table: |
      praise => points.praise | wage
      90%    => 90            | 2000.00 CNY
      89.99% => 89.99         | 0 CNY
      100%   => 100           | 2000.00 CNY
  - name: four stars are praise
    given:
      ratings: |
        rating_id | agent_id | rated_at         | stars
        1         | An       | 2026-10-05 09:00 | 4
        2         | An       | 2026-10-05 09:00 | 3
    expect:
      An: {praise: 1 / 2}
"""


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working folder with a ruleset and its test, which notices every mutant."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "team.yaml").write_text(RULESET, "utf-8")
    (tmp_path / "team.test.yaml").write_text(TEST, "utf-8")
    return tmp_path


def without(team: Path, *lines: str) -> MutationReport:
    """Return what becomes of the mutants without some lines of the test."""
    test = team / "team.test.yaml"
    kept = [line for line in TEST.splitlines() if line.strip() not in lines]
    test.write_text("\n".join(kept) + "\n", "utf-8")
    return mutate_rulesets([Path("team.test.yaml")])


def survivors(report: MutationReport) -> list[tuple[int, str, str]]:
    (ruleset,) = report.rulesets
    return [
        (mutant.line, mutant.old, mutant.new)
        for mutant in ruleset.mutants
        if mutant.verdict == "survived"
    ]


@pytest.mark.usefixtures("team")
def test_a_test_that_speaks_of_every_edge_notices_every_mutant():
    report = mutate_rulesets([Path()])
    (ruleset,) = report.rulesets
    assert survivors(report) == []
    assert ruleset.file == "team.yaml"
    assert ruleset.score == report.score == Fraction(1)
    assert ruleset.noticed == len(ruleset.mutants) == 8
    assert report.diagnostics == ()
    assert report.untested == ()


@pytest.mark.parametrize(
    ("line", "survived"),
    [
        ("90%    => 90            | 2000.00 CNY", [(17, "90", "91")]),
        ("89.99% => 89.99         | 0 CNY", [(17, "90", "89"), (17, "0 CNY", "1 CNY")]),
        (
            "1         | An       | 2026-10-05 09:00 | 4",
            [(12, ">=", ">"), (12, "4", "5")],
        ),
    ],
)
def test_a_mutant_survives_without_the_row_that_notices_it(team, line, survived):
    if line.startswith("1 "):
        test = TEST.replace("09:00 | 4", "09:00 | 5")
        (team / "team.test.yaml").write_text(test, "utf-8")
        report = mutate_rulesets([Path("team.test.yaml")])
    else:
        report = without(team, line)
    assert survivors(report) == survived
    assert report.score == Fraction(8 - len(survived), 8)


def test_a_mutant_that_the_check_refuses_counts_for_nothing(team):
    text = (team / "team.yaml").read_text("utf-8")
    (team / "team.yaml").write_text(text.replace("100 * praise", "100 * praise / 1"), "utf-8")
    (ruleset,) = mutate_rulesets([Path()]).rulesets
    assert [m.new for m in ruleset.mutants if m.verdict == "refused"] == ["0"]
    assert (ruleset.refused, ruleset.noticed, ruleset.survived) == (1, 9, 0)
    assert ruleset.score == Fraction(1)


def test_cases_that_fail_as_it_is_are_reported_and_nothing_is_mutated(team):
    (team / "team.test.yaml").write_text(TEST.replace("=> 100 ", "=> 99 "), "utf-8")
    report = mutate_rulesets([Path()])
    assert [finding.code for finding in report.diagnostics] == ["K530"]
    assert (report.rulesets, report.score) == ((), None)


def test_the_text_of_a_child_alone_is_mutated_and_its_test_counts_for_no_parent(team):
    child = "ruleset: shop\nextends: team\nscore: {needs: 50%}\n"
    (team / "shop.yaml").write_text(child, "utf-8")
    (team / "shop.test.yaml").write_text(TEST.replace("test: team", "test: shop"), "utf-8")
    (team / "team.test.yaml").unlink()
    report = mutate_rulesets([Path()])
    (ruleset,) = report.rulesets
    assert [(m.file, m.line, m.old) for m in ruleset.mutants] == [("shop.yaml", 3, "50%")] * 2
    assert report.untested == ("team.yaml",)


@pytest.mark.usefixtures("team")
def test_it_is_told_how_many_are_done():
    told: list[tuple[int, int]] = []
    mutate_rulesets([Path()], on_progress=lambda *done: told.append(done))
    assert told == [(8, 8)]


def test_finding_no_test_is_an_error(tmp_path):
    report = mutate_rulesets([tmp_path])
    assert [finding.code for finding in report.diagnostics] == ["K502"]
