"""An offset inside a value finds the word in the text, however the value is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi_engine.text.located import Mapping, Node, Scalar, Sequence
from kpi_engine.text.reading import parse_yaml
from kpi_engine.text.scalars import inner_span
from kpi_engine.text.source import Source, Span

WORDS = ["share", "(a)", "x == 3", "状态", "人民币", "😀", "é", "don't", '"q"', "\\d", "12.5%"]
TARGETS = ["stauts", "已付款", "🎯x"]


def scalars(node: Node) -> list[Scalar]:
    """Return every scalar of a node, keys too."""
    match node:
        case Scalar():
            return [node]
        case Mapping(entries=entries):
            return [scalar for entry in entries for scalar in (entry.key, *scalars(entry.value))]
        case Sequence(items=items):
            return [scalar for item in items for scalar in scalars(item)]


def _value(text: str) -> Scalar:
    node, diagnostics = parse_yaml(Source("a.yaml", text))
    assert diagnostics == []
    assert isinstance(node, Mapping)
    return scalars(node)[-1]


def _of(span: Span) -> str:
    return span.source.text[span.start : span.end]


def _folds(draw: st.DrawFn, words: list[str], indent: str) -> str:
    text = words[0]
    for word in words[1:]:
        lines = draw(st.integers(0, 3))
        trail = draw(st.sampled_from(["", " ", "  "])) if lines else ""
        text += (" " if lines == 0 else trail + "\n" * lines + indent) + word
    return text


@st.composite
def _plain(draw: st.DrawFn, words: list[str], indent: str) -> str:
    return _folds(draw, ["v", *words], indent)


@st.composite
def _single(draw: st.DrawFn, words: list[str], indent: str) -> str:
    return "'" + _folds(draw, words, indent).replace("'", "''") + "'"


@st.composite
def _double(draw: st.DrawFn, words: list[str], indent: str) -> str:
    escaped = [word.replace("\\", "\\\\").replace('"', '\\"') for word in words]
    escapes = draw(
        st.lists(
            st.sampled_from(["\\t", "\\x41", "\\u4e2d", "\\U0001F600", "\\n", f"\\\n{indent}"])
        )
    )
    return '"' + _folds(draw, [*escapes, *escaped], indent) + '"'


@st.composite
def _block(draw: st.DrawFn, words: list[str], indent: str) -> str:
    explicit = draw(st.booleans())
    chomping = draw(st.sampled_from(["", "-", "+"]))
    extra = draw(st.integers(1, 4))
    header = draw(st.sampled_from("|>")) + (str(extra) if explicit else "") + chomping
    pad = indent + " " * extra
    lines = [header]
    for number, word in enumerate(words):
        deeper = draw(st.sampled_from(["", "", "  ", "\u3000"])) if explicit or number else ""
        lines.append(pad + deeper + word)
        lines += [draw(st.sampled_from(["", indent]))] * draw(st.integers(0, 2))
    return "\n".join(lines)


@st.composite
def _documents(draw: st.DrawFn) -> tuple[str, str]:
    target = draw(st.sampled_from(TARGETS))
    words = draw(st.lists(st.sampled_from(WORDS), max_size=6))
    words.insert(draw(st.integers(0, len(words))), target)
    depth = draw(st.integers(0, 3))
    lead = "".join(f"{'  ' * level}键{level}:\n" for level in range(depth))
    key = "  " * depth + draw(st.sampled_from(["value: ", "- ", "数: "]))
    # without quotes a word must not start like something else
    plain = [word for word in words if not word.startswith(('"', "\\"))]
    indent = "  " * depth + draw(st.sampled_from([" ", "   "]))
    written = draw(
        st.one_of(
            _plain(plain, indent),
            _single(words, indent),
            _double(words, indent),
            _block(words, "  " * depth),
        )
    )
    flow = draw(st.booleans()) and written[0] not in "|>"
    if flow:
        written = "{p: 1, q: " + written + "}"
    lead = lead or ("a:\n" if key.lstrip().startswith("-") else "")
    text = f"{lead}{key}{written}\n"
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    return text, target


@given(_documents())
def test_a_word_is_found_in_every_style_of_writing(document: tuple[str, str]) -> None:
    text, target = document
    scalar = _value(text)
    start = scalar.value.index(target)
    assert _of(inner_span(scalar, start, start + len(target))) == target


@given(_documents())
def test_every_visible_character_that_is_not_escaped_is_found(document: tuple[str, str]) -> None:
    text, _ = document
    scalar = _value(text)
    for offset, character in enumerate(scalar.value):
        written = _of(inner_span(scalar, offset, offset + 1))
        if character.strip() and not written.startswith(("\\", "''")):
            assert written == character


@pytest.mark.parametrize(
    ("text", "word", "written"),
    [
        ("a: x y\n", "y", "y"),
        ("a: x\n\n  y\n", "\ny", "\n  y"),
        ("a: 'it''s'\n", "'", "''"),
        ("a: 'x\n  y'\n", "x y", "x\n  y"),
        ('a: "\\u72b6\\u6001 x"\n', "状态", "\\u72b6\\u6001"),
        ('a: "x\\\n  y"\n', "xy", "x\\\n  y"),
        ('a: "x\\\r\n\r\n  y"\r\n', "\ny", "\n  y"),
        ('a: "\\"q\\" \\/ \\x41"\n', '"q" / A', '\\"q\\" \\/ \\x41'),
        ("a: >\n  x\n  y\n\n  z\n", "y\nz", "y\n\n  z"),
        ("a: >\n  x\n   y\n  z\n", "x\n y\nz", "x\n   y\n  z"),
        ("a: >-\n\n  x\n", "x", "x"),
        ("a: |2-\n   x\n  y\n", " x\ny", " x\n  y"),
        ("a:\n  b:\n    - |1\n       x\n      y\n", " x\n", " x\n"),
        ("a: |+ # c\n  x\n\n\n", "x\n\n\n", "x\n\n\n"),
        ("a: |\r\n  x\r\n  y\r\n", "x\ny", "x\r\n  y"),
        ("a: |\n  x", "x", "x"),
        ("a: >\n  \tx\n  y\n", "\tx\ny", None),
    ],
)
def test_stretches_over_folds_and_escapes(text: str, word: str, written: str | None) -> None:
    if written is None:  # a tab behind the indentation of a block is refused
        assert [d.code for d in parse_yaml(Source("a.yaml", text))[1]] == ["K107"]
        return
    scalar = _value(text)
    start = scalar.value.index(word)
    assert _of(inner_span(scalar, start, start + len(word))) == written


@pytest.mark.parametrize(
    ("text", "offset", "place"),
    [
        ("a: x y\n", 2, 5),
        ("a: x y\n", 3, 6),
        ("a: |\n  x y\n\n", 4, 10),
        ("a: |\n  x y\n\n", 3, 10),
        ("a: 'x'\n", 1, 5),
        ("a: ''\n", 0, 3),
    ],
)
def test_an_empty_stretch_at_the_end_stands_behind_the_last_word(
    text: str, offset: int, place: int
) -> None:
    scalar = _value(text)
    assert inner_span(scalar, offset, offset) == Span(scalar.span.source, place, place)


def test_writing_that_gives_another_value_falls_back_to_the_start() -> None:
    source = Source("a.yaml", "a: &b x\n")
    scalar = Scalar("x", "plain", Span(source, 3, 7))
    assert inner_span(scalar, 0, 1) == Span(source, 3, 3)
