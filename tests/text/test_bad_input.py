"""Texts meant to break a reader are read or refused; nothing raises and nothing hangs."""

import re
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from tests.text.bombs import made_bombs

from kpi_engine.review.checks import check_files
from kpi_engine.text.located import Mapping, Node, Scalar, Sequence, plain_data
from kpi_engine.text.reading import LOADER, parse_yaml, read_text
from kpi_engine.text.render import render_text
from kpi_engine.text.scalars import inner_span
from kpi_engine.text.source import Source

BAD_INPUT = Path(__file__).resolve().parents[3] / "shared" / "data" / "bad_input"
SUITE = BAD_INPUT / "yaml_test_suite" / "src"
BOMBS = BAD_INPUT / "yaml_bombs"

needs_suite = pytest.mark.skipif(not SUITE.is_dir(), reason=f"{SUITE} is not on this machine")
needs_bombs = pytest.mark.skipif(not BOMBS.is_dir(), reason=f"{BOMBS} is not on this machine")


def _shown(text: str) -> str:
    """Return a document of the suite with its marks replaced by what they stand for."""
    for mark, character in (("␣", " "), ("↵", ""), ("←", "\r"), ("⇔", "\ufeff")):
        text = text.replace(mark, character)
    return re.sub("—*»", "\t", text).replace("∎\n", "")


def _suite() -> list[tuple[str, str, bool]]:
    cases = []
    for path in sorted(SUITE.glob("*.yaml")):
        fail = False
        # a case without its own document or verdict repeats the one before
        text = ""
        for number, case in enumerate(yaml.load(path.read_text("utf-8"), yaml.BaseLoader)):  # noqa: S506 (texts only)
            text = case.get("yaml", text)
            fail = case.get("fail", "false") == "true"
            cases.append((f"{path.stem}-{number}", _shown(text), fail))
    return cases


def _scalars(node: Node) -> list[Scalar]:
    match node:
        case Scalar():
            return [node]
        case Mapping(entries=entries):
            return [s for entry in entries for s in (entry.key, *_scalars(entry.value))]
        case Sequence(items=items):
            return [s for item in items for s in _scalars(item)]


@needs_suite
def test_the_suite_is_read_or_refused_and_what_must_fail_is_refused() -> None:
    read = refused = 0
    for name, text, fail in _suite():
        node, diagnostics = parse_yaml(Source(name, text))
        assert (node is not None) or diagnostics, name
        assert diagnostics or not fail, name
        assert render_text(diagnostics).count("error[") == len(diagnostics), name
        read += not diagnostics
        refused += bool(diagnostics)
    assert read + refused == 406
    assert read >= 60


@needs_suite
def test_the_94_texts_that_must_fail_are_refused_with_an_error_that_has_a_place(
    tmp_path: Path,
) -> None:
    failing = [(name, text) for name, text, fail in _suite() if fail]
    assert len(failing) == 94
    assert len({name.partition("-")[0] for name, _ in failing}) == 84
    for name, text in failing:
        path = tmp_path / f"{name}.yaml"
        path.write_text(text, encoding="utf-8", newline="")
        errors = [d for d in check_files([path]).diagnostics if d.severity == "error"]
        assert errors, name
        assert all(d.code.startswith("K1") and d.span is not None for d in errors), name


@needs_suite
def test_what_is_read_of_the_suite_is_what_yaml_reads() -> None:
    loader = yaml.BaseLoader if LOADER is yaml.SafeLoader else yaml.CBaseLoader
    for name, text, _ in _suite():
        node, diagnostics = parse_yaml(Source(name, text))
        if node is not None and not diagnostics:
            expected = yaml.load(text, loader)  # noqa: S506 (texts only)
            assert _texts(plain_data(node)) == _texts(expected), name


def _texts(data: object) -> object:
    if isinstance(data, dict):
        return {key: _texts(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_texts(item) for item in data]
    return {None: "", True: "true", False: "false"}.get(data, data)  # type: ignore[call-overload]


@needs_suite
def test_every_scalar_of_the_suite_that_is_read_is_found_again() -> None:
    for name, text, _ in _suite():
        node, diagnostics = parse_yaml(Source(name, text))
        if node is None or diagnostics:
            continue
        for scalar in _scalars(node):
            for offset, character in enumerate(scalar.value):
                span = inner_span(scalar, offset, offset + 1)
                assert scalar.span.start <= span.start < span.end <= scalar.span.end, name
                if character.strip() and text[span.start] not in "\\'":
                    assert text[span.start : span.end] == character, name


@needs_suite
def test_the_python_loader_reads_the_suite_as_the_c_loader_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if LOADER is yaml.SafeLoader:
        pytest.skip("PyYAML was built without libyaml")
    for name, text, _ in _suite():
        source = Source(name, text)
        node, diagnostics = parse_yaml(source)
        with monkeypatch.context() as patch:
            patch.setattr("kpi_engine.text.reading.LOADER", yaml.SafeLoader)
            slow, slow_diagnostics = parse_yaml(source)
        if node is not None and slow is not None and not diagnostics and not slow_diagnostics:
            # what is not there stands where either loader likes
            places = [(s.value, s.style, s.span) for s in _scalars(node) if s.value]
            found = [(s.value, s.style, s.span) for s in _scalars(slow) if s.value]
            assert found == places, name


@needs_bombs
def test_bombs_are_refused_at_once() -> None:
    paths = sorted(BOMBS.glob("*.yaml"))
    assert len(paths) == 3
    for path in paths:
        started = time.process_time()
        source = read_text(path)
        assert isinstance(source, Source)
        _, diagnostics = parse_yaml(source)
        assert {d.code for d in diagnostics} <= {"K110", "K111", "K120", "K143"}
        assert diagnostics
        assert time.process_time() - started < 1


@pytest.mark.parametrize("name", made_bombs())
def test_a_bomb_is_refused_soon_and_in_few_words(name: str, tmp_path: Path) -> None:
    text, codes = made_bombs()[name]
    path = tmp_path / "bomb.yaml"
    path.write_text(text, encoding="utf-8")
    started = time.process_time()
    found = check_files([path]).diagnostics
    said = render_text(found)
    # a second here, several on a busy machine; what is careless takes minutes
    assert time.process_time() - started < 10
    assert {finding.code for finding in found} == codes
    assert len(said) < 1_000 * len(found)


@pytest.mark.parametrize("opener", ["[", "{", "- ", "? ", "{a: ", "[{"])
def test_deep_nesting_is_refused_at_once(opener: str) -> None:
    started = time.process_time()
    _, diagnostics = parse_yaml(Source("a.yaml", (opener * 200_000)[: 2**20]))
    assert "K116" in {d.code for d in diagnostics}
    assert time.process_time() - started < 1


@given(st.text(st.sampled_from("ab:- \n[]{},'\"|>#&*!%@?\\()0123\t中：<~\r"), max_size=60))
def test_no_text_makes_the_reader_raise(text: str) -> None:
    source = Source("a.yaml", text)
    node, diagnostics = parse_yaml(source)
    assert (node is not None) or diagnostics
    for diagnostic in diagnostics:
        assert diagnostic.span is not None
        assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(text)
    render_text(diagnostics)


@given(st.text())
def test_no_unicode_makes_the_reader_raise(text: str) -> None:
    node, diagnostics = parse_yaml(Source("a.yaml", f"a: {text}\n"))
    assert (node is not None) or diagnostics
