"""Bands as two sources print them are refused, each gap and each overlap named."""

from kpi_engine.ruleset.loading import load_ruleset_text

GRADES = """
ruleset: grades
extends: examples/wage_bands
params:
  coefficient: {91 to 100: 100%, 86 to 90: 80%, 76 to 85: 60%, 65 to 75: 50%}
pay:
  lines:
    bonus: 1000 CNY * coefficient(score)
"""
MEDALS = """
ruleset: medals
extends: examples/wage_bands
metrics:
  medal: {of: score, 90 to 100: "'gold'", 80 to 90: "'silver'", 70 to 80: "'bronze'", else: "'none'"}
"""


def said(text: str) -> list[tuple[str, str]]:
    """Return the codes and messages of all findings about a ruleset."""
    return [(finding.code, finding.message) for finding in load_ruleset_text(text)[1]]


def test_grades_printed_with_whole_numbers_have_no_place_for_90_and_a_half():
    assert said(GRADES) == [
        ("K340", f"values between `{below}` and `{above}` are in no case")
        for below, above in (
            ("86 to 90", "91 to 100"),
            ("76 to 85", "86 to 90"),
            ("65 to 75", "76 to 85"),
        )
    ]


def test_medals_printed_with_shared_edges_give_90_two_of_them():
    assert said(MEDALS) == [
        ("K339", f"`{above}` overlaps `{below}`, and a value in both has no one result")
        for above, below in (("90 to 100", "80 to 90"), ("80 to 90", "70 to 80"))
    ]
