from pathlib import Path

import pytest

from kpi_engine.review.cases import run_case_files
from kpi_engine.review.generation import GeneratedCases, generate_cases, write_cases
from kpi_engine.text.errors import DataError, RulesetError

HEAD = """\
ruleset: team
zone: UTC
currency: CNY
subject: {from: agents, key: agent_id}
tables:
  agents: {key: agent_id, columns: {agent_id: text, wage: optional money, level: optional int}}
  ratings:
    key: rating_id
    dated: rated_at
    columns: {rating_id: text, agent_id: text, rated_at: datetime, stars: int, wait: number}
metrics:
  praise: {from: ratings, value: share(stars >= 4)}
  rated: {from: ratings, value: count()}
  wait: {from: ratings, value: mean(wait * 1 s)}
"""


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where a ruleset is to stand, in the working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path / "team.yaml"


def generated(path: Path, rest: str) -> GeneratedCases:
    """Return the boundary cases of a ruleset, which pass its test."""
    path.write_text(HEAD + rest, "utf-8")
    cases = generate_cases(Path(path.name))
    test = path.with_name("generated.test.yaml")
    test.unlink(missing_ok=True)
    write_cases(cases, test)
    report = run_case_files([test])
    assert (report.passed, report.failed, report.diagnostics) == (cases.cases, 0, ())
    return cases


def tables(cases: GeneratedCases) -> list[list[str]]:
    """Return the lines of every table, single spaces between."""
    found: list[list[str]] = []
    for line in cases.text.splitlines():
        if line == "    table: |":
            found.append([])
        elif line.startswith("      "):
            found[-1].append(" ".join(line.split()))
    return found


def test_rows_surround_every_edge_of_a_stair_and_of_a_line(team):
    cases = generated(
        team,
        """\
params: {marks: {at 60%: 0, at 90%: 100}}
score: {empty: stop, items: {praise: {points: marks(praise)}}}
pay: {lines: {wage: {of: score, from 90: wage, from 70: wage * score / 100, else: 0 CNY}}}
""",
    )
    points, wage = tables(cases)
    assert points == [
        "praise => points.praise",
        "59.99% | 0",
        "60% | 0",
        "60.01% | 0.033333",
        "89.99% | 99.966667",
        "90% | 100",
        "90.01% | 100",
    ]
    assert wage == [
        "score | wage => line.wage",
        "69.99 | 1000.00 CNY | 0.00 CNY",
        "70 | 1000.00 CNY | 700.00 CNY",
        "70.01 | 1000.00 CNY | 700.10 CNY",
        "89.99 | 1000.00 CNY | 899.90 CNY",
        "90 | 1000.00 CNY | 1000.00 CNY",
        "90.01 | 1000.00 CNY | 1000.00 CNY",
    ]
    assert (cases.cases, cases.rows, cases.thresholds) == (2, 12, 4)


@pytest.mark.parametrize(
    ("condition", "lines"),
    [
        ("rated > 4", ["3 | false", "4 | false", "5 | true"]),
        ("default(wait <= 3 min, true)", ["179 s | true", "3 min | true", "181 s | false"]),
        ("default(praise >= 2 / 3, true)", ["66.66% | false", "2 / 3 | true", "66.67% | true"]),
        (
            "default(wage < 500 CNY, true)",
            ["499.99 CNY | true", "500.00 CNY | false", "500.01 CNY | false"],
        ),
        ("default(level >= 2, true)", ["1 | false", "2 | true", "3 | true"]),
        (
            "default(1 - praise < limit, true)",
            ["69.99% | false", "70% | false", "70.01% | true"],
        ),
    ],
)
def test_an_edge_is_met_in_the_grid_of_its_quantity(team, condition, lines):
    params = "params: {limit: 30%}\n" if "limit" in condition else ""
    (rows,) = tables(generated(team, f"  good: '{condition}'\n{params}"))
    assert rows[1:] == lines


def test_other_values_are_such_that_an_edge_shows(team):
    both = (
        "  good: 'default(praise >= 90%, false) and (rated > 4 or default(wait < 60 s, false))'\n"
    )
    (rows,) = tables(generated(team, both))
    results = [row.rpartition(" | ")[2] for row in rows[1:]]
    by_edge = [results[at : at + 3] for at in (0, 3, 6)]
    assert by_edge == [
        ["false", "true", "true"],
        ["false", "false", "true"],
        ["true", "false", "false"],
    ]


def test_what_lies_beyond_the_bounds_of_a_value_is_no_row(team):
    score = "score: {empty: stop, items: {praise: {points: 100 * praise}}}\n"
    pay = "pay: {lines: {wage: {of: score, from 100: wage, else: 0 CNY}}}\n"
    (rows,) = tables(generated(team, score + pay))
    assert [row.partition(" |")[0] for row in rows[1:]] == ["99.99", "100"]


def test_thresholds_that_given_values_do_not_reach_are_counted_by_place(team):
    cases = generated(
        team,
        """\
score: {empty: stop, items: {praise: {points: 100 * praise}}, then: {low: 'at_least(score, 5)'}}
pay: {lines: {wage: 'wage if default(rated > 2 * level, false) else 0 CNY'}}
""",
    )
    assert cases.unreached == {"praise": 1, "step low": 1}
    assert "# Not reached by given values, 2 thresholds:\n#   1 in praise\n" in cases.text


def test_generated_cases_say_that_nobody_has_read_them(team):
    cases = generated(team, "  good: rated > 4\n")
    lines = cases.text.splitlines()
    assert lines[0] == "# Generated: the rows say what the ruleset does, not what it should do."
    assert "  - name: 'generated: good'" in lines
    assert "    note: generated, to be read" in lines


def test_the_same_ruleset_gives_the_same_text(team):
    rest = "  good: default(praise >= 90%, false) and rated > 4\n"
    assert generated(team, rest) == generated(team, rest)


def test_period_and_params_are_those_of_the_test_beside(team):
    rest = "params: {limit: required}\n"
    team.write_text(HEAD + "  good: rated > limit\n" + rest, "utf-8")
    with pytest.raises(RulesetError) as raised:
        generate_cases(team)
    assert [finding.code for finding in raised.value.diagnostics] == ["K316"]
    test = """\
test: team
period: 2026-07
params: {limit: 7}
cases:
  - name: above the limit
    table: |
      rated => good
      8     | true
"""
    team.with_name("team.test.yaml").write_text(test, "utf-8")
    cases = generate_cases(team)
    assert "period: 2026-07\n" in cases.text
    assert "params: {limit: 7}\n" in cases.text
    assert tables(cases)[0][1:] == ["6 | false", "7 | false", "8 | true"]


def test_a_wrong_period_and_a_file_that_is_there_are_refused(team):
    team.write_text(HEAD, "utf-8")
    with pytest.raises(DataError) as raised:
        generate_cases(team, "October")
    assert [finding.code for finding in raised.value.diagnostics] == ["K434"]
    with pytest.raises(DataError) as raised:
        write_cases(generate_cases(team), team)
    assert [finding.code for finding in raised.value.diagnostics] == ["K611"]
