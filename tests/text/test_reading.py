"""Files become texts, texts become located nodes."""

import os
from pathlib import Path

import pytest

from kpi_engine.text.diagnostics import Diagnostic
from kpi_engine.text.located import Mapping, Node, Scalar, Sequence, plain_data
from kpi_engine.text.reading import MAX_BYTES, parse_yaml, read_text
from kpi_engine.text.render import render_text
from kpi_engine.text.source import Source, Span


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _refused(path: Path, name: str | None = "a.yaml") -> Diagnostic:
    answer = read_text(path, name)
    assert isinstance(answer, Diagnostic)
    return answer


def _parsed(text: str) -> tuple[Source, Node]:
    source = Source("a.yaml", text)
    node, diagnostics = parse_yaml(source)
    assert diagnostics == []
    assert node is not None
    return source, node


def _of(span: Span) -> str:
    return span.source.text[span.start : span.end]


def test_a_text_keeps_its_line_ends_and_takes_the_path_for_its_name(tmp_path: Path) -> None:
    path = _written(tmp_path / "a.yaml", "名: 1\r\nb: 2\n".encode())
    assert read_text(path) == Source(str(path), "名: 1\r\nb: 2\n")
    assert read_text(path, "rules/a.yaml") == Source("rules/a.yaml", "名: 1\r\nb: 2\n")


def test_a_byte_order_mark_is_dropped_so_that_columns_count_what_is_seen(tmp_path: Path) -> None:
    path = _written(tmp_path / "a.yaml", b"\xef\xbb\xbfa: 1\n")
    assert read_text(path, "a.yaml") == Source("a.yaml", "a: 1\n")


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    diagnostic = _refused(tmp_path / "b.yaml")
    assert (diagnostic.code, diagnostic.span) == ("K101", None)
    assert diagnostic.message == "`a.yaml` cannot be read: no such file or directory"


def test_a_path_that_no_system_takes_is_refused() -> None:
    assert _refused(Path("a\0b")).code == "K101"


@pytest.mark.skipif(os.name == "nt", reason="names of files are text on Windows")
def test_a_name_that_is_no_text_is_shown_and_does_no_harm(tmp_path: Path) -> None:
    diagnostic = _refused(tmp_path / os.fsdecode(b"\xff.yaml"), None)
    assert diagnostic.message.endswith("?.yaml` cannot be read: no such file or directory")


def test_a_directory_is_refused(tmp_path: Path) -> None:
    assert _refused(tmp_path).message == "`a.yaml` is a directory, a file was expected"


def test_a_file_over_a_mebibyte_is_refused_unread(tmp_path: Path) -> None:
    path = _written(tmp_path / "a.yaml", b"a" * MAX_BYTES)
    assert isinstance(read_text(path), Source)
    path.write_bytes(b"a" * (MAX_BYTES + 5))
    diagnostic = _refused(path)
    assert diagnostic.code == "K104"
    assert diagnostic.message == "the file holds 1048581 bytes, at most 1048576 were expected"


def test_gbk_is_recognised_and_shown_as_its_author_sees_it(tmp_path: Path) -> None:
    path = _written(tmp_path / "a.yaml", "a: 1\ntitle: 转化率\n".encode("gbk"))
    assert render_text([_refused(path)]) == (
        "a.yaml:2:9: error[K103]: byte 15 (0xBB) is not UTF-8 text\n"
        "   2 | title: 转化率\n"
        "     |          ^^\n"
        "   = help: the file looks like GBK; save the file as UTF-8\n"
    )


def test_bytes_of_no_known_encoding_are_placed_too(tmp_path: Path) -> None:
    path = _written(tmp_path / "a.yaml", "中: ".encode() + b"caf\xe9\n")
    assert render_text([_refused(path)]) == (
        "a.yaml:1:7: error[K103]: byte 9 (0xE9) is not UTF-8 text\n"
        "   1 | 中: caf\ufffd\n"
        "     |        ^\n"
        "   = help: save the file as UTF-8\n"
    )


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_utf_16_is_refused(tmp_path: Path, encoding: str) -> None:
    assert _refused(_written(tmp_path / "a.yaml", "a: 1\n".encode(encoding))).code == "K103"


def test_every_node_has_the_place_it_is_written_at() -> None:
    source, node = _parsed("a: 'it''s'\nb:\n  - {c: 1, d: [x, z]}\n  - |\n    z\n\ne:\n")
    assert isinstance(node, Mapping)
    assert [entry.key.value for entry in node.entries] == ["a", "b", "e"]
    first, second, last = (entry.value for entry in node.entries)
    assert isinstance(first, Scalar)
    assert (first.value, first.style, _of(first.span)) == ("it's", "single", "'it''s'")
    assert isinstance(second, Sequence)
    assert not second.flow
    inner, block = second.items
    assert isinstance(inner, Mapping)
    assert inner.flow
    assert _of(inner.span) == "{c: 1, d: [x, z]}"
    assert isinstance(block, Scalar)
    assert (block.value, block.style) == ("z\n", "literal")
    assert _of(block.span).startswith("|\n    z\n")
    assert isinstance(last, Scalar)
    assert (last.value, last.style, _of(last.span)) == ("", "plain", "")
    assert (node.span.start, node.span.end) == (0, len(source.text) - 1)
    assert (second.span.start, second.span.end) == (source.text.index("- {"), block.span.end)


def test_only_unquoted_words_become_booleans_and_none() -> None:
    _, node = _parsed(
        "a: true\nb: 'true'\nc: false\nd: null\ne: ~\nf:\ng: ''\nh: 'null'\ni: 0.70\n"
        "j: [1, {k: 2026-01-02}]\nl: |\n  true\n"
    )
    assert plain_data(node) == {
        "a": True,
        "b": "true",
        "c": False,
        "d": None,
        "e": None,
        "f": None,
        "g": "",
        "h": "null",
        "i": "0.70",
        "j": ["1", {"k": "2026-01-02"}],
        "l": "true\n",
    }


def test_time_keys_are_a_choice_of_the_caller() -> None:
    source = Source("a.yaml", "opens: 8:30\nday_starts: 4:00\n")
    found = [diagnostic.span for diagnostic in parse_yaml(source, frozenset({"opens"}))[1]]
    assert found == [Span(source, 24, 28)]


def test_a_depth_of_thirty_two_is_read() -> None:
    _, node = _parsed("a: " + "[" * 31 + "]" * 31)
    assert plain_data(node) is not None


def test_a_text_that_cannot_be_read_to_its_end_has_no_node() -> None:
    assert parse_yaml(Source("a.yaml", "a: 1\nb: @x\n"))[0] is None
    assert parse_yaml(Source("a.yaml", "[a]"))[0] is None


def test_a_repeated_key_keeps_its_first_value() -> None:
    node, _ = parse_yaml(Source("a.yaml", "a: 1\na: 2\n"))
    assert node is not None
    assert plain_data(node) == {"a": "1"}
