"""Every case with rows says the same on the plan's road and on the reference's."""

from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from tests.properties.comparing import differences

import kpi_engine as ke
from kpi_engine.execution.admission import admit_tables, admitted_rows
from kpi_engine.execution.look import look_at
from kpi_engine.language.exact import NUMBER_SCALE
from kpi_engine.language.kinds import QUANTITIES, Kind
from kpi_engine.reference.values import Row, Value
from kpi_engine.review.frames import text_frames
from kpi_engine.review.preparation import PreparedCase, prepare_file
from kpi_engine.ruleset.checked import Column

ROOT = Path(__file__).parents[2]
FILES = [
    *sorted((ROOT / "rulesets" / "alibaba").glob("*.test.yaml")),
    *sorted((ROOT / "rulesets" / "examples").glob("*.test.yaml")),
    *sorted((ROOT / "rulesets" / "seed").glob("*.test.yaml")),
    *sorted((ROOT / "tests" / "rulesets" / "unknowns").glob("*.test.yaml")),
]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name.removesuffix(".test.yaml"))
def test_plan_and_reference_agree_on_the_cases_of_an_example(file):
    prepared = prepare_file(file)
    assert prepared.diagnostics == ()
    for case in prepared.cases:
        if not case.bound.evaluations:
            rows, past = rows_of(case, prepared.period), history_of(case, prepared.period)
            assert rows[case.ruleset.subject.table]
            found = differences(case.ruleset, rows, prepared.period, ["in-memory"], past)
            assert found == [], case.bound.name.value


def rows_of(case: PreparedCase, period: str) -> dict[str, list[Row]]:
    """Return the tables of a case after their contracts, as formulas meet them."""
    ruleset, look = case.ruleset, look_at(case.ruleset, period, None)
    frames = text_frames(ruleset, case.bound.tables)
    admitted = admit_tables(ke.compile(ruleset), frames, look)
    assert admitted.rejects.is_empty()
    return {
        name: [
            {
                column.name: taken(column, row[column.name])
                for column in ruleset.tables[name].columns
            }
            for row in frame.collect().to_dicts()
        ]
        for name, frame in admitted_rows(admitted).items()
    }


def taken(column: Column, value: object) -> Value:
    """Return a stored value as the reference has it."""
    kind = column.type.kind
    match value:
        case None | bool() | str():
            return value
        case int() if kind is Kind.DATE:
            return date(1970, 1, 1) + timedelta(days=value)
        case int() if kind in QUANTITIES:
            scaled = kind is Kind.NUMBER and not column.type.whole
            return Fraction(value, NUMBER_SCALE if scaled else 1)
        case int():
            return value
        case _:
            raise TypeError(value)


def history_of(case: PreparedCase, period: str) -> list[Row]:
    """Return the months that a case gives, those of each person from the last one back."""
    month = look_at(case.ruleset, period, None).window.month
    roster = text_frames(case.ruleset, case.bound.tables)[case.ruleset.subject.table]
    keys = roster.select(case.ruleset.subject.key).unique().to_dicts()
    return [
        {**key, "period": month - ago}
        | {name: values[-ago] for name, values in each.values.items() if ago <= len(values)}
        for each in case.bound.history
        for key in keys
        if key[case.ruleset.subject.key[-1]] == each.subject.value
        for ago in range(1, max(map(len, each.values.values())) + 1)
    ]
