"""Every refusal of the reader: its code, its exact place, and nothing beside it."""

import pytest
import yaml

from kpi_engine.text.located import plain_data
from kpi_engine.text.messages import MESSAGES
from kpi_engine.text.reading import parse_yaml
from kpi_engine.text.source import Source

# The refused place stands between « and ».
REFUSALS = [
    ("K105", "a: x«\x07»y\n"),
    ("K105", "a: 'x«\u200b»y'\n"),
    ("K105", "a: x«\u202e»y\n"),
    ("K105", "«\ufeff»a: 1\n"),
    ("K105", "a: x\nb: «\x00»\n"),
    ("K106", "a: 1«\x85»\n"),
    ("K106", "a: 1«\u2028»\n"),
    ("K106", "a: 'b«\u2029»c'\n"),
    ("K106", "a: 1«\r»b: 2\rc: 3\r"),
    ("K107", "a:\n«\t»b: 1\n"),
    ("K107", "a:\n  b: 1\n  «\t»c: 1\n"),
    ("K107", "a: |\n  x\n  «\t»y\n"),
    ("K108", "«»"),
    ("K108", "«»\n\n# nothing but a comment\n"),
    ("K108", "«»---\n...\n"),
    ("K109", "«[a, b]»\n"),
    ("K109", "«- a\n- b»\n"),
    ("K109", "«text»\n"),
    ("K109", "«'text'»\n"),
    ("K110", "a: «*b»\n"),
    ("K110", "a: [1, «*b»]\n"),
    ("K110", "«*b» : 1\n"),
    ("K111", "a: «&b» 1\n"),
    ("K111", "«&b» a: 1\n"),
    ("K111", "a: «&b»\n  c: 1\n"),
    ("K111", "a: «&b» [1]\n"),
    ("K112", "a: «!!str» 1\n"),
    ("K112", "a: «!status»\n"),
    ("K112", "a: {b: «!!set» {c}}\n"),
    ("K112", "a: «!!python/object/apply:os.system» ['true']\n"),
    ("K113", "a: 1\n«<<»: *a\n"),
    ("K113", "a: {«<<»: {b: 1}}\n"),
    ("K114", "a: 1\n«---»\nb: 1\n"),
    ("K114", "a: 1\n... «foo»\n"),
    ("K115", "a: 1\n«a»: 2\n"),
    ("K115", "b:\n  'a': 1\n  «a»: 2\n"),
    ("K115", "a: {b: 1, «b»: 2}\n"),
    ("K115", "caf\u00e9: 1\n«cafe\u0301»: 2\n"),
    ("K116", "a: " + "[" * 31 + "«[»" + "[" * 9),
    ("K116", "a: " + "{a: " * 31 + "«{»a: 1" + "}" * 32),
    ("K117", "? «[a]»\n: 1\n"),
    ("K117", "«{a: b}»: 1\n"),
    ("K117", "? «b: 1»\n: 1\n"),
    ("K118", "«:» 3\n"),
    ("K118", "a: {«:» 3}\n"),
    ("K118", "?«»\n: 3\n"),
    ("K119", "a: «no»\n"),
    ("K119", "a: [1, «Yes»]\n"),
    ("K119", "a: {b: «ON»}\n"),
    ("K119", "a: «True»\n"),
    ("K119", "a: «y»\n"),
    ("K119", "a: «NULL»\n"),
    ("K120", "«on»: 1\n"),
    ("K120", "«No»: 1\n"),
    ("K120", "a: {«y»: 1}\n"),
    ("K120", "«true»: 1\n"),
    ("K120", "«~»: 1\n"),
    ("K121", "a: «010»\n"),
    ("K121", "a: «-012.5»\n"),
    ("K121", "«007»: 1\n"),
    ("K122", "a: «1_000»\n"),
    ("K122", "a: «1_000.5»\n"),
    ("K123", "a: «0x1F»\n"),
    ("K123", "a: «0b101»\n"),
    ("K123", "a: «0o17»\n"),
    ("K124", "a: «1:30»\n"),
    ("K124", "a: «22:22:22»\n"),
    ("K124", "a: «-1:30.5»\n"),
    ("K124", "«8:30»: 1\n"),
    ("K124", "day_starts: {a: «4:00»}\n"),
    ("K125", "a: {value: «attain(a, b)»}\n"),
    ("K125", "a: {value: «f(b, no, 1:30, b, a, a)», x: 1}\n"),
    ("K125", "a: {x: 1, value: «f(a, g(b, c)) + min(d, e)», z: 2}\n"),
    ("K125", "a: {value: «f(a, 'p')», z: 2}\n"),
    ("K125", "a: {value: «f(a, [p])»}\n"),
    ("K125", "a: {value: «f(a, 'p' + 1)»\n}\n"),
    ("K125", "a: {«share(a, b)»: 1, c: 2}\n"),
    ("K125", "a: [«min(a, b)», c]\n"),
    ("K125", "a: {value: «f(数, 数据)»}\n"),
    ("K126", "a: «>5»\nb: 1\n"),
    ("K126", "a: «|»\n"),
    ("K126", "a:\n  - «>-»\n"),
    ("K130", "a: «@»x\n"),
    ("K130", "a: «%»x + 1\n"),
    ("K130", "a: «`»x`\n"),
    ("K130", "a: «*» x\n"),
    ("K130", "a: «&»& b\n"),
    ("K130", "a: «!»x!y\n"),
    ("K130", "a: «-» b\n"),
    ("K130", "a: «]»\n"),
    ("K130", "«%»YAML 3.0\n---\na: 1\n"),
    ("K130", "a:\n  - «@»b\n"),
    ("K131", "a: b«:» c\n"),
    ("K131", "a: b ? c «:» d\n"),
    ("K132", "a: «'»x\nb: 1\n"),
    ("K132", 'a: «"»x\nb: "y"\n'),
    ("K132", "a: {b: «'»x}\n"),
    ("K133", "a: «[»1, 2\n"),
    ("K133", "a: {x: «[»1, 2}\n"),
    ("K133", "a: «{»x: 1\nb: 2\n"),
    ("K134", "a: {x: b in «[»'p', 'q']}\n"),
    ("K134", "a: {x: 'p' «+» 1, z: 2}\n"),
    ("K135", "a:\n  b: 1\n «c»: 2\n"),
    ("K135", "a: 1\n  «b»: 2\n"),
    ("K135", "a: 1\n  «b»:\n"),
    ("K135", "a: [b,\n«c,»\nd]\n"),
    ("K135", "a:\n  b: 'c\n\n  «d'»\n"),
    ("K135", "a:\n- {b: 1,\n«c: 2}»\n"),
    ("K136", "a: 1\n«b c»\nd: 2\n"),
    ("K137", "a: 1\nb«:»2\n"),
    ("K137", "a«:»1\nb: 2\n"),
    ("K137", "a«:»1\n"),
    ("K138", "标题«：»淘宝\n"),
    ("K138", "标题«：»\n  a: 1\n"),
    ("K138", "a: 1\n标题«：»淘宝\nb: 2\n"),
    ("K139", 'a: "x«\\q»y"\n'),
    ("K139", 'a: "«\\u»zzzz"\n'),
    ("K140", "a: «>»= 5\n"),
    ("K140", "a: «|» x\n"),
    ("K140", "a: «>» 5\n"),
    ("K141", 'a: "x" «+ "y"»\n'),
    ("K141", "a: [x] «+ 1»\n"),
    ("K141", "a: 'it'«s'»\nb: 1\n"),
    ("K140", "a: «|»# c\n  b\n"),
    ("K141", "a: 'b'«# c»\n"),
    ("K141", "a: [b]«# c»\nd: 1\n"),
    ("K142", "a: x # c\n  «y»\n"),
    ("K142", "a: 1\n«- b»\n"),
]


def _unmarked(marked: str) -> tuple[str, int, int]:
    start, end = marked.index("«"), marked.index("»") - 1
    return marked.replace("«", "").replace("»", ""), start, end


@pytest.mark.parametrize(("code", "marked"), REFUSALS)
def test_a_refusal_has_its_code_its_place_and_no_company(code: str, marked: str) -> None:
    text, start, end = _unmarked(marked)
    _, diagnostics = parse_yaml(Source("a.yaml", text))
    found = [(d.code, d.span.start, d.span.end) for d in diagnostics if d.span is not None]
    assert found == [(code, start, end)]


@pytest.mark.parametrize(("code", "marked"), REFUSALS)
def test_the_python_loader_refuses_the_same_places(
    code: str, marked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kpi_engine.text.reading.LOADER", yaml.SafeLoader)
    text, start, end = _unmarked(marked)
    _, diagnostics = parse_yaml(Source("a.yaml", text))
    found = [(d.code, d.span.start, d.span.end) for d in diagnostics if d.span is not None]
    assert found == [(code, start, end)]


def test_every_code_of_the_reader_has_a_fixture() -> None:
    of_files = {"K101", "K102", "K103", "K104", "K143"}
    of_comments = {code for code in MESSAGES if code.startswith("K15")}
    of_reader = {code for code in MESSAGES if code.startswith("K1")} - of_comments
    assert of_reader - of_files == {code for code, _ in REFUSALS}


def test_mistakes_of_every_sort_are_all_found_at_once() -> None:
    text = (
        "a: @x\n"
        "b: b: c\n"
        'd: "a" + "b"\n'
        "e: {x: 'p' + 1, z: f(a, 'q')}\n"
        "f: 'it's'\n"
        "g: no\n"
        "010: 1\n"
        "h: &i 1\n"
        "a: 2\n"
        "j k\n"
        "l：\n"
        "  m: 1:30\n"
    )
    _, diagnostics = parse_yaml(Source("a.yaml", text))
    assert [d.code for d in diagnostics] == [
        *("K130", "K131", "K141", "K134", "K125", "K141", "K119", "K121", "K111", "K115"),
        *("K136", "K138", "K124"),
    ]


def test_a_repetition_names_the_line_of_the_first() -> None:
    _, diagnostics = parse_yaml(Source("a.yaml", "\na: 1\nb: 2\na: 3\n"))
    assert [d.message for d in diagnostics] == [
        "the key `a` stands here again, it is already on line 2"
    ]


def test_a_hundred_mistakes_are_shown_and_the_rest_is_said_to_be_missing() -> None:
    text = "".join(f"a{number}: no\n" for number in range(150))
    _, diagnostics = parse_yaml(Source("a.yaml", text))
    assert [d.code for d in diagnostics] == ["K119"] * 100 + ["K143"]


def test_a_text_over_a_mebibyte_is_refused() -> None:
    fits = "a: " + "b" * (2**20 - 3)
    assert parse_yaml(Source("a.yaml", fits))[1] == []
    _, diagnostics = parse_yaml(Source("a.yaml", fits + "b"))
    assert [d.code for d in diagnostics] == ["K104"]
    _, diagnostics = parse_yaml(Source("a.yaml", "a: " + "中" * (2**20 // 3)))
    assert [d.code for d in diagnostics] == ["K104"]


@pytest.mark.parametrize(
    "text",
    [
        "a: 'no'\n'on': \"yes\"\n",
        "a: true\nb: false\nc: null\nd: ~\ne:\n",
        "a: 0\nb: 0.70\nc: 1e3\nd: .5\ne: -3\nf: 2026-01-02\ng: 70%\nh: 08:00-23:00\n",
        "day_starts: 04:00\n",
        "a: not x\nb: yes_or_no\nc: x_1\nd: _\n",
        "a: {of: score, from 90: 100, else: f(x)}\n",
        "a: {b, c}\n",
        "a: [':(', x]\n",
        "a: 'f('\n",
        "a: x\ty\n",
        "a:\tx\n",
        "a: 👩‍👩‍👧\u3000淘宝\n",
        "a: http://x.example/y\n",
        "a: |\n  x: y: [z\n  @\n",
        "? a\n: 1\n",
        "a: [\n  b,\n]\nc: {\n  d: 'e\n    f',\n}\n",
        "a: | # c\n  b\n",
        "a:\n- [b,\n c]\n",
    ],
)
def test_what_has_one_reading_is_read(text: str) -> None:
    node, diagnostics = parse_yaml(Source("a.yaml", text))
    assert diagnostics == []
    assert node is not None


def test_a_cut_formula_is_put_together_again_so_that_it_breeds_no_other_mistakes() -> None:
    node, _ = parse_yaml(Source("a.yaml", "a: {value: f(a, b, b), where: x}\nc: [min(a, b), d]\n"))
    assert node is not None
    assert plain_data(node) == {
        "a": {"value": "f(a, b, b)", "where": "x"},
        "c": ["min(a, b)", "d"],
    }
