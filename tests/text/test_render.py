"""What a finding looks like, the whole text pinned."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi_engine.text.diagnostics import Diagnostic
from kpi_engine.text.located import Mapping, Scalar
from kpi_engine.text.reading import parse_yaml
from kpi_engine.text.render import render_json, render_text
from kpi_engine.text.scalars import inner_span
from kpi_engine.text.source import Source, Span


def _unknown(text: str, word: str, name: str = "rules/a.yaml") -> Diagnostic:
    """Return a finding about a word inside the last value of a text."""
    node, diagnostics = parse_yaml(Source(name, text))
    assert diagnostics == []
    while not isinstance(node, Scalar):
        assert isinstance(node, Mapping)
        node = node.entries[-1].value
    start = node.value.index(word)
    span = inner_span(node, start, start + len(word))
    return Diagnostic("K203", "error", f"unknown name `{word}`", span)


RENDERED = {
    "plain": (
        "metrics:\n  a:\n    value: share(stauts == 'paid')\n",
        (
            "rules/a.yaml:3:18: error[K203]: unknown name `stauts`\n"
            "   3 |     value: share(stauts == 'paid')\n"
            "     |                  ^^^^^^\n"
        ),
    ),
    "plain over two lines": (
        "a: share(x) and\n  count(stauts)\n",
        (
            "rules/a.yaml:2:9: error[K203]: unknown name `stauts`\n"
            "   2 |   count(stauts)\n"
            "     |         ^^^^^^\n"
        ),
    ),
    "single": (
        "a: 'share(''x'' == stauts)'\n",
        (
            "rules/a.yaml:1:20: error[K203]: unknown name `stauts`\n"
            "   1 | a: 'share(''x'' == stauts)'\n"
            "     |                    ^^^^^^\n"
        ),
    ),
    "double": (
        'a: "share(\\"\\u4e2d\\" == stauts)"\n',
        (
            "rules/a.yaml:1:25: error[K203]: unknown name `stauts`\n"
            '   1 | a: "share(\\"\\u4e2d\\" == stauts)"\n'
            "     |                         ^^^^^^\n"
        ),
    ),
    "literal": (
        "a:\n  b: |\n    share(x)\n\n    and stauts\n",
        (
            "rules/a.yaml:5:9: error[K203]: unknown name `stauts`\n"
            "   5 |     and stauts\n"
            "     |         ^^^^^^\n"
        ),
    ),
    "folded with an indicator": (
        "a:\n  b: >2-\n      share(x)\n    and stauts\n",
        (
            "rules/a.yaml:4:9: error[K203]: unknown name `stauts`\n"
            "   4 |     and stauts\n"
            "     |         ^^^^^^\n"
        ),
    ),
    "between braces": (
        "a: {zh: 名, en: 'x, stauts'}\n",
        (
            "rules/a.yaml:1:20: error[K203]: unknown name `stauts`\n"
            "   1 | a: {zh: 名, en: 'x, stauts'}\n"
            "     |                     ^^^^^^\n"
        ),
    ),
    "behind chinese and emoji": (
        "成交率: 占比(状态 == '已付款😀' and stauts)\n",
        (
            "rules/a.yaml:1:26: error[K203]: unknown name `stauts`\n"
            "   1 | 成交率: 占比(状态 == '已付款😀' and stauts)\n"
            "     |                                     ^^^^^^\n"
        ),
    ),
    "windows line ends": (
        "a: 1\r\nb: x + stauts\r\n",
        (
            "rules/a.yaml:2:8: error[K203]: unknown name `stauts`\n"
            "   2 | b: x + stauts\n"
            "     |        ^^^^^^\n"
        ),
    ),
    "behind tabs": (
        "a:\tx\t+ stauts\n",
        (
            "rules/a.yaml:1:8: error[K203]: unknown name `stauts`\n"
            "   1 | a:    x    + stauts\n"
            "     |              ^^^^^^\n"
        ),
    ),
}


@pytest.mark.parametrize(("text", "rendered"), RENDERED.values(), ids=RENDERED)
def test_carets_stand_under_the_word(text: str, rendered: str) -> None:
    assert render_text([_unknown(text, "stauts")]) == rendered


def test_carets_under_chinese_are_two_cells_wide() -> None:
    assert render_text([_unknown("名称: 占比(壮态 == 1)\n", "壮态")]) == (
        "rules/a.yaml:1:8: error[K203]: unknown name `壮态`\n"
        "   1 | 名称: 占比(壮态 == 1)\n"
        "     |            ^^^^\n"
    )


def test_help_and_several_findings() -> None:
    _, diagnostics = parse_yaml(Source("a.yaml", "a: no\n" + "\n" * 8 + "b: {value: f(a, b)}\n"))
    assert render_text(diagnostics) == (
        "a.yaml:1:4: error[K119]: unquoted `no` is false to YAML 1.1 and text to others,"
        " one reading was expected\n"
        "   1 | a: no\n"
        "     |    ^^\n"
        "   = help: write `false`, or quote the text: `'no'`\n"
        "\n"
        "a.yaml:10:12: error[K125]: a comma ended this formula,"
        " since a comma ends every unquoted value inside `{ }`\n"
        "   10 | b: {value: f(a, b)}\n"
        "      |            ^^^^^^^\n"
        "   = help: quote the formula or put it on its own line after |\n"
    )


def test_a_finding_without_a_place_is_printed_without_one() -> None:
    finding = Diagnostic("K101", "warning", "`a.yaml` cannot be read", None, "check the path")
    assert render_text([finding]) == (
        "warning[K101]: `a.yaml` cannot be read\n   = help: check the path\n"
    )


def test_nothing_renders_as_nothing() -> None:
    assert render_text([]) == ""


def test_of_several_lines_the_first_is_marked() -> None:
    source = Source("a.yaml", "a: x\n  y\n")
    assert render_text([Diagnostic("K203", "note", "here", Span(source, 3, 8))]) == (
        "a.yaml:1:4: note[K203]: here\n   1 | a: x\n     |    ^\n"
    )


def test_the_end_of_a_text_gets_a_caret() -> None:
    source = Source("a.yaml", "a: x")
    assert render_text([Diagnostic("K203", "note", "here", Span(source, 4, 4))]) == (
        "a.yaml:1:5: note[K203]: here\n   1 | a: x\n     |     ^\n"
    )


def test_a_long_line_is_cut_around_the_place() -> None:
    text = "a: " + "中" * 60 + " stauts " + "b" * 200 + "\n"
    assert render_text([_unknown(text, "stauts")]) == (
        "rules/a.yaml:1:65: error[K203]: unknown name `stauts`\n"
        f"   1 | …{'中' * 19} stauts {'b' * 52}…\n"
        f"     | {' ' * 40}^^^^^^\n"
    )
    text = "a: stauts " + "b" * 200 + "\n"
    assert render_text([_unknown(text, "stauts")]) == (
        "rules/a.yaml:1:4: error[K203]: unknown name `stauts`\n"
        f"   1 | a: stauts {'b' * 88}…\n"
        "     |    ^^^^^^\n"
    )


def test_nothing_in_a_text_reaches_the_terminal_as_a_command() -> None:
    source = Source("a\x1b[2J.yaml", "a: \x1b[31mred\u202e\n")
    rendered = render_text([Diagnostic("K105", "error", "\x1b is", Span(source, 3, 4))])
    assert rendered == (
        "a\ufffd[2J.yaml:1:4: error[K105]: \ufffd is\n   1 | a: \ufffd[31mred\ufffd\n     |    ^\n"
    )


def test_color_adds_nothing_but_color() -> None:
    finding = _unknown("a: stauts\n", "stauts")
    colored = render_text([finding], color=True)
    assert colored.count("\x1b[1;31m") == colored.count("\x1b[0m") == 2
    plain = colored.replace("\x1b[1;31m", "").replace("\x1b[0m", "")
    assert plain == render_text([finding])


def test_json_is_one_line_with_all_keys() -> None:
    line = render_json(_unknown("名: stauts\n", "stauts"))
    assert line == (
        '{"code": "K203", "severity": "error", "message": "unknown name `stauts`", '
        '"file": "rules/a.yaml", "line": 1, "column": 4, "end_line": 1, "end_column": 10, '
        '"help": null, "related": []}'
    )


def test_json_is_readable_chinese_and_null_where_there_is_no_place() -> None:
    line = render_json(Diagnostic("K101", "note", "缺\n", None, "补"))
    assert "缺\\n" in line
    assert json.loads(line) == {
        "code": "K101",
        "severity": "note",
        "message": "缺\n",
        "file": None,
        "line": None,
        "column": None,
        "end_line": None,
        "end_column": None,
        "help": "补",
        "related": [],
    }


@given(st.text(), st.data())
def test_any_place_of_any_text_renders(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    finding = Diagnostic("K203", "error", "here", Span(Source("a.yaml", text), start, end))
    lines = render_text([finding]).split("\n")
    assert len(lines) == (4 if text else 2)
    assert json.loads(render_json(finding))["file"] == "a.yaml"
