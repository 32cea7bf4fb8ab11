"""Files brought into their one layout, if that changes nothing they say."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Literal, assert_never

from kpi_engine.review.files import expand_pattern, find_files, is_pattern, kind_of
from kpi_engine.review.layouts import form_of, read_table
from kpi_engine.text.comments import find_ignores
from kpi_engine.text.diagnostics import Diagnostic, diagnose, has_errors
from kpi_engine.text.errors import DataError, RulesetError
from kpi_engine.text.formatting import format_nodes
from kpi_engine.text.forms import Form, part_kind
from kpi_engine.text.located import Mapping as YamlMapping
from kpi_engine.text.located import Node, Scalar, Sequence, plain_data
from kpi_engine.text.nodes import many_nodes
from kpi_engine.text.reading import parse_yaml, read_text
from kpi_engine.text.remarks import find_remarks
from kpi_engine.text.source import Source, Span, position

Standing = Literal["formatted", "changed", "refused"]
"""Whether a file had its layout, was (or would be) given it, or is left as it is."""


@dataclass(frozen=True, slots=True)
class FormattedFile:
    """A file, its text before and in its layout; the same text twice where it is left as it is."""

    name: str
    standing: Standing
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class FormatReport:
    """What became of every file, and why some are left as they are."""

    files: tuple[FormattedFile, ...]
    diagnostics: tuple[Diagnostic, ...]


@many_nodes()
def format_files(paths: Iterable[Path], *, write: bool) -> FormatReport:
    """Return what became of files, and of the rulesets, tests and fleets of folders and patterns.

    Files are chosen as a check chooses them. With ``write`` each that changes is replaced in one
    step.

    Raises:
        DataError: a file cannot be written.
    """
    files: list[FormattedFile] = []
    diagnostics: list[Diagnostic] = []
    for path in _chosen(paths, diagnostics):
        source = read_text(path, path.as_posix())
        if isinstance(source, Diagnostic):
            diagnostics.append(source)
            continue
        text, found = format_source(source)
        diagnostics += found
        standing: Standing = "refused"
        if text is not None:
            standing = "formatted" if text == source.text else "changed"
        if text is not None and standing == "changed" and write:
            _replace(path, text)
        after = source.text if text is None else text
        files.append(FormattedFile(path.as_posix(), standing, source.text, after))
    return FormatReport(tuple(files), tuple(diagnostics))


def format_text(text: str, name: str) -> str:
    """Return a text in its layout.

    Raises:
        RulesetError: it cannot be read, or would not say the same; with what is wrong.
    """
    formatted, found = format_source(Source(name, text))
    if formatted is None:
        raise RulesetError(found)
    return formatted


def format_source(source: Source) -> tuple[str | None, list[Diagnostic]]:
    """Return a text in its layout, or None and what is wrong with it.

    That is what cannot be read, or what would not be said any more: a value, or a comment.
    """
    before = Source(source.name, source.text.replace("\r\n", "\n"))
    root, found = parse_yaml(before)
    if not isinstance(root, YamlMapping) or has_errors(found):
        return None, found
    after = Source(source.name, format_nodes(root, form_of(root)))
    lost = find_losses(root, after)
    return (None, lost) if lost else (after.text, [])


def find_losses(before: YamlMapping, after: Source) -> list[Diagnostic]:
    """Return what a text does not say that one which was read says, or says of other values."""
    start = Span(before.span.source, before.span.start, before.span.start)
    root, _ = parse_yaml(after)
    if not isinstance(root, YamlMapping):
        return [diagnose("K561", start, what="what it says")]
    form = form_of(before)
    old, new = _said(before, form.root, form), _said(root, form.root, form)
    remarks = [sorted(remark.text for remark in find_remarks(each)) for each in (before, root)]
    if sorted(old, key=_name) != sorted(new, key=_name) or (
        old != new and not {name for name, _ in old} <= {*form.order}
    ):
        return [diagnose("K561", start, what="its values")]
    if remarks[0] != remarks[1]:
        return [diagnose("K561", start, what="its comments")]
    ignored = [meant for _, meant in _ignored(root)]
    return [diagnose("K560", span) for span, meant in _ignored(before) if meant not in ignored]


def _name(said: tuple[str, object]) -> str:
    return said[0]


def _said(node: YamlMapping, kind: str, form: Form) -> list[tuple[str, object]]:
    """Return the values of a mapping by their keys, as they are written."""
    return [
        (name := entry.key.value, _value(entry.value, part_kind(form, kind, name), form))
        for entry in node.entries
    ]


def _value(node: Node, kind: str, form: Form) -> object:
    match node:
        case Scalar():
            table = read_table(kind, node)
            return plain_data(node) if table is None else table
        case YamlMapping():
            return _said(node, kind, form)
        case Sequence(items=items):
            part = part_kind(form, kind, "*")
            return [_value(item, part, form) for item in items]
    assert_never(node)


def _ignored(root: YamlMapping) -> Iterator[tuple[Span, object]]:
    """Return where comments ignore findings, each with what it ignores, and of which texts.

    A finding may begin anywhere in a text, and so on any of its lines.
    """
    source = root.span.source
    ignores, _ = find_ignores(source)
    if not ignores:
        return
    texts: dict[int, list[tuple[str, bool]]] = {}
    for path, scalar in _texts(root, ""):
        lines = [position(source, at).line for at in (scalar.span.start, scalar.span.end)]
        texts.setdefault(lines[0], []).append((path, lines[0] == lines[1]))
    for ignore in ignores:
        yield ignore.span, (ignore.code, ignore.until, sorted(texts.get(ignore.line, [])))


def _texts(node: Node, path: str) -> Iterator[tuple[str, Scalar]]:
    """Return the keys and values of a tree with their paths."""
    match node:
        case Scalar():
            yield path, node
        case YamlMapping(entries=entries):
            for entry in entries:
                below = f"{path}/{entry.key.value}"
                yield f"{below}:", entry.key
                yield from _texts(entry.value, below)
        case Sequence(items=items):
            for number, item in enumerate(items):
                yield from _texts(item, f"{path}/{number}")
        case _:
            assert_never(node)


def _chosen(paths: Iterable[Path], diagnostics: list[Diagnostic]) -> list[Path]:
    """Return the files that are meant, each once; that a path means none is a finding."""
    chosen: dict[Path, None] = {}
    asked = list(paths)
    if not asked:
        diagnostics.append(diagnose("K501", name="."))
    for path in asked:
        several = path.is_dir() or is_pattern(path)
        if not several:
            chosen[path] = None
            continue
        found = find_files(path) if path.is_dir() else expand_pattern(path)
        files = [file for file in found if kind_of(file) != "other"]
        chosen |= dict.fromkeys(files)
        if not found and not path.is_dir():
            diagnostics.append(diagnose("K550", pattern=path.as_posix()))
        elif not files:
            diagnostics.append(diagnose("K501", name=path.as_posix()))
    return [*chosen]


def _replace(path: Path, text: str) -> None:
    """Put a text in the place of a file: it has its old text or the new one, never a part."""
    target = path.resolve()
    partial = target.with_name(f".{token_hex(8)}.partial")
    try:
        with partial.open("wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        partial.chmod(target.stat().st_mode)
        partial.replace(target)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DataError([diagnose("K451", folder=path.as_posix(), reason=reason)]) from error
    finally:
        partial.unlink(missing_ok=True)
