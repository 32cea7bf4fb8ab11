"""YAML events put together to located nodes, with what is refused on the way."""

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any, Final

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from kpi_engine.text.accidents import SUSPECT_STARTS, SUSPECT_WORDS, find_accident
from kpi_engine.text.commas import rejoin_entries, rejoin_items
from kpi_engine.text.diagnostics import MAX_FINDINGS, Diagnostic, diagnose
from kpi_engine.text.layout import find_glued_comment, find_misplaced_line
from kpi_engine.text.located import Entry, Mapping, Node, Scalar, Sequence, Style
from kpi_engine.text.source import Source, Span, position

MAX_DEPTH: Final = 32

# libyaml answers "" for an unquoted scalar, the Python loader None.
_STYLE_BY_MARK: dict[str | None, Style] = {
    "": "plain",
    None: "plain",
    "'": "single",
    '"': "double",
    "|": "literal",
    ">": "folded",
}
_TAG = re.compile(r"![^\s,\]}]*")


@dataclass(slots=True)
class Frame:
    """A collection whose end was not read yet."""

    start: int
    column: int
    flow: bool
    mapping: bool
    items: list[Node] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    key: Scalar | None = None
    expects_key: bool = True


@dataclass(slots=True)
class Composition:
    """What was read so far, and where reading stopped."""

    source: Source
    time_keys: frozenset[str]
    root: Node | None = None
    frames: list[Frame] = field(default_factory=list)
    last: Scalar | None = None
    findings: list[Diagnostic] = field(default_factory=list)
    failure: yaml.MarkedYAMLError | None = None
    complete: bool = False


def compose_nodes(source: Source, text: str, time_keys: frozenset[str], loader: Any) -> Composition:  # noqa: ANN401
    """Return the nodes of a text and what is refused in them.

    ``text`` is the source's own with harmless characters for refused ones. PyYAML's composer is
    never used: it recurses, and deep nesting ends the process.
    """
    composition = Composition(source, time_keys)
    frames = composition.frames
    findings = composition.findings
    next_event = loader(text).get_event
    documents = 0
    while len(findings) <= MAX_FINDINGS:
        try:
            event = next_event()
        except yaml.MarkedYAMLError as error:
            composition.failure = error
            break
        kind = type(event)
        if kind is ScalarEvent:
            # nearly all events come through here, so nothing is called that is not needed
            value = event.value
            span = Span(source, event.start_mark.index, event.end_mark.index)
            scalar = Scalar(value, _STYLE_BY_MARK[event.style], span)
            composition.last = scalar
            if (
                not event.implicit[0]
                or event.anchor is not None
                or value in SUSPECT_WORDS
                or value[0] in SUSPECT_STARTS
            ):
                _refuse_scalar(composition, event, scalar)
            _add(composition, frames, scalar)
        elif kind is MappingEndEvent or kind is SequenceEndEvent:
            _close(composition, event.end_mark.index)
        elif kind is MappingStartEvent or kind is SequenceStartEvent:
            if not _open(composition, event):
                break
        elif kind is AliasEvent:
            _add_alias(composition, event)
        elif kind is DocumentStartEvent:
            documents += 1
            if documents > 1:
                start = event.start_mark.index
                findings.append(diagnose("K114", Span(source, start, start + 3)))
                break
        elif kind is StreamEndEvent:
            composition.complete = True
            break
    for frame in frames:
        _without_repetitions(composition, frame.entries)
    return composition


def _refuse_scalar(composition: Composition, event: Any, scalar: Scalar) -> None:  # noqa: ANN401
    if event.anchor is not None or event.tag is not None:
        _refuse_properties(composition, event)
    elif scalar.style == "plain":
        if composition.frames:
            _refuse_plain(composition, scalar, composition.frames[-1])
    else:
        span = scalar.span
        _refuse_layout(composition, span)
        if not scalar.value.strip() and scalar.style in ("literal", "folded"):
            header = composition.source.text[span.start : span.end].split("\n", 1)[0].rstrip()
            place = Span(composition.source, span.start, span.start + len(header))
            composition.findings.append(diagnose("K126", place, header=header))


def _refuse_layout(composition: Composition, span: Span) -> None:
    source, start, end = composition.source, span.start, span.end
    glued = find_glued_comment(source, start, end)
    if glued is not None:
        composition.findings.append(glued)
    frame = composition.frames[-1] if composition.frames else None
    if frame is not None and not frame.flow and source.text[start] not in "|>":
        misplaced = find_misplaced_line(source, start, end, frame.column)
        if misplaced is not None:
            composition.findings.append(misplaced)


def _refuse_plain(composition: Composition, scalar: Scalar, frame: Frame) -> None:
    value = scalar.value
    key = frame.mapping and frame.expects_key
    if key and value == "":
        composition.findings.append(diagnose("K118", scalar.span))
    elif key and value == "<<":
        composition.findings.append(diagnose("K113", scalar.span))
    else:
        time = not key and frame.key is not None and frame.key.value in composition.time_keys
        accident = find_accident(value, key=key, time=time)
        if accident is not None:
            code, facts = accident
            composition.findings.append(diagnose(code, scalar.span, **facts))


def _add(composition: Composition, frames: list[Frame], node: Node) -> None:
    if not frames:
        composition.root = node
        return
    frame = frames[-1]
    if not frame.mapping:
        frame.items.append(node)
    elif not frame.expects_key:
        frame.expects_key = True
        if frame.key is not None:
            frame.entries.append(Entry(frame.key, node))
    elif type(node) is Scalar:
        frame.expects_key = False
        frame.key = node
    else:
        frame.expects_key = False
        frame.key = None
        found = "a list" if type(node) is Sequence else "a mapping"
        composition.findings.append(diagnose("K117", node.span, found=found))


def _add_alias(composition: Composition, event: Any) -> None:  # noqa: ANN401
    start, end = event.start_mark.index, event.end_mark.index
    scalar = Scalar(f"*{event.anchor}", "plain", Span(composition.source, start, end))
    frame = composition.frames[-1] if composition.frames else None
    # `<<: *base` is one mistake, and said already at its key
    if frame is None or frame.key is None or frame.expects_key or frame.key.value != "<<":
        composition.findings.append(diagnose("K110", scalar.span, word=scalar.value))
    _add(composition, composition.frames, scalar)


def _open(composition: Composition, event: Any) -> bool:  # noqa: ANN401
    start = event.start_mark.index
    if len(composition.frames) == MAX_DEPTH:
        place = Span(composition.source, start, start + 1)
        facts = {"depth": MAX_DEPTH + 1, "limit": MAX_DEPTH}
        composition.findings.append(diagnose("K116", place, **facts))
        return False
    if event.anchor is not None or event.tag is not None:
        _refuse_properties(composition, event)
    frame = Frame(
        start, event.start_mark.column, bool(event.flow_style), type(event) is MappingStartEvent
    )
    composition.frames.append(frame)
    return True


def _close(composition: Composition, end: int) -> None:
    frame = composition.frames.pop()
    source = composition.source
    node: Node
    if frame.mapping:
        entries = frame.entries
        if frame.flow:
            entries, cut = rejoin_entries(source, entries)
            _refuse_commas(composition, cut, "{ }")
        elif entries:
            end = entries[-1].value.span.end
        entries = _without_repetitions(composition, entries)
        node = Mapping(tuple(entries), Span(source, frame.start, end), frame.flow)
    else:
        items = frame.items
        if frame.flow:
            items, cut = rejoin_items(source, items)
            _refuse_commas(composition, cut, "[ ]")
        elif items:
            end = items[-1].span.end
        node = Sequence(tuple(items), Span(source, frame.start, end), frame.flow)
    if frame.flow:
        _refuse_layout(composition, node.span)
    _add(composition, composition.frames, node)


def _refuse_properties(composition: Composition, event: Any) -> None:  # noqa: ANN401
    source = composition.source
    start = event.start_mark.index
    if event.anchor is not None:
        word = f"&{event.anchor}"
        place = source.text.index(word, start)
        span = Span(source, place, place + len(word))
        composition.findings.append(diagnose("K111", span, word=word))
    if event.tag is not None:
        match = _TAG.search(source.text, start)
        if match is not None:
            span = Span(source, match.start(), match.end())
            composition.findings.append(diagnose("K112", span, word=match.group()))


def _without_repetitions(composition: Composition, entries: list[Entry]) -> list[Entry]:
    keys = {entry.key.value for entry in entries}
    if len(keys) == len(entries) and all(map(str.isascii, keys)):
        return entries
    first_by_key: dict[str, Scalar] = {}
    kept: list[Entry] = []
    for entry in entries:
        key = entry.key.value
        # names are compared in normal form, as formulas read them
        name = key if key.isascii() else unicodedata.normalize("NFC", key)
        first = first_by_key.setdefault(name, entry.key)
        if first is entry.key:
            kept.append(entry)
        elif len(composition.findings) <= MAX_FINDINGS:
            line = position(composition.source, first.span.start).line
            composition.findings.append(diagnose("K115", entry.key.span, key=key, line=line))
    return kept


def _refuse_commas(composition: Composition, cut: list[Span], brackets: str) -> None:
    for span in cut:
        # what was found in the pieces of a formula speaks of words that nobody wrote
        composition.findings[:] = [
            finding
            for finding in composition.findings
            if finding.span is None or not span.start <= finding.span.start < span.end
        ]
        composition.findings.append(diagnose("K125", span, brackets=brackets))
