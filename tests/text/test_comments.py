"""Comments that ignore findings: where one is, what it says, and what is wrong with it."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi_engine.text.comments import find_ignores
from kpi_engine.text.source import Source

REASON = ": agreed with the shop"


def ignores(text: str) -> list[tuple[str, int, date | None]]:
    found, findings = find_ignores(Source("a.yaml", text))
    assert findings == []
    return [(each.code, each.line, each.until) for each in found]


def refusals(text: str) -> list[tuple[str, str]]:
    """Return the code of each refusal and the text it points at; nothing is ignored then."""
    found, findings = find_ignores(Source("a.yaml", text))
    assert found == []
    return [
        (finding.code, text[finding.span.start : finding.span.end])
        for finding in findings
        if finding.span is not None
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nb: 2  # kpi: ignore K386: agreed\nc: 3\n", 2),
        ("a: 1\n# kpi: ignore K386: agreed\nb: 2\n", 2 + 1),
        ("a: 1\n# kpi: ignore K386: agreed\n\n# more words\nb: 2\n", 5),
        ("a:\n  # kpi: ignore K386: agreed\n  b: 2\n", 3),
        ("# kpi: ignore K386: agreed\na: 1\n", 2),
        ("a: |  # kpi: ignore K386: agreed\n  x\n", 1),
        ("a: {b: 1}  # kpi: ignore K386: agreed\n", 1),
        ("a: 'x'  # kpi: ignore K386: agreed\n", 1),
        ("a: [1,  # kpi: ignore K386: agreed\n  2]\n", 1),
        ("a: 1\n# kpi: ignore K386: agreed", 2),
        ("a: |\n  x\n# kpi: ignore K386: agreed\nb: 2\n", 4),
        ("a: 1  #kpi: ignore K386 : 已与店铺商定\r\nb: 2\r\n", 1),
        ("a: 1  # kpi: ignore K386：已与店铺商定\n", 1),
    ],
)
def test_a_comment_speaks_of_its_line_or_of_the_next_that_says_something(text, line):
    assert ignores(text) == [("K386", line, None)]


@pytest.mark.parametrize(
    "text",
    [
        "a: 'x # kpi: ignore K386: agreed'\n",
        'a: "x # kpi: ignore K386: agreed"\n',
        "a: |\n  x # kpi: ignore K386: agreed\n",
        "a: >\n  x\n  # kpi: ignore K386: agreed\n",
        "a: x# kpi: ignore K386: agreed\n",
        "a: 1  # see kpi: ignore K386\n",
        "a: 1  # the kpi: of the year\n",
    ],
)
def test_what_is_no_comment_ignores_nothing(text):
    assert ignores(text) == []


def test_several_codes_and_a_last_day():
    text = "a: 1  # kpi: ignore K386, K341 until 2026-12-31: agreed\n"
    last = date(2026, 12, 31)
    assert ignores(text) == [("K386", 1, last), ("K341", 1, last)]


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("# kpi: ignore K386", [("K151", "# kpi: ignore K386")]),
        ("# kpi: ignore K386:  ", [("K151", "# kpi: ignore K386:")]),
        ("# kpi: ignore K386 until 2026-12-31", [("K151", "# kpi: ignore K386 until 2026-12-31")]),
        ("# kpi: ignore", [("K150", "# kpi: ignore")]),
        ("# kpi: ignore everything", [("K150", "# kpi: ignore everything")]),
        ("# kpi: ignore all of it", [("K150", "# kpi: ignore all of it")]),
        ("# kpi: skip K386: agreed", [("K150", "# kpi: skip K386: agreed")]),
        ("# kpi: ignore K386 until soon: agreed", [("K317", "soon")]),
        ("# kpi: ignore K386 until 2026-02-30: agreed", [("K317", "2026-02-30")]),
        ("# kpi: ignore K38: agreed", [("K551", "K38")]),
        ("# kpi: ignore K386, K220: agreed", [("K552", "K220")]),
    ],
)
def test_a_comment_that_cannot_hold_is_refused_and_ignores_nothing(comment, expected):
    assert refusals(f"a: 1  {comment}\n") == expected


def test_a_text_that_is_no_yaml_has_no_comments():
    assert ignores("a: [  # kpi: ignore K386: agreed\n") == []


@given(st.text())
def test_any_comment_is_understood_or_refused(words):
    source = Source("a.yaml", f"a: 1  # kpi: {words}\n")
    found, findings = find_ignores(source)
    for finding in findings:
        assert finding.span is not None
        assert source.text[finding.span.start : finding.span.end]
    assert all(each.line == 1 for each in found) or "\n" in words
