"""Formulas between brackets that YAML cut at their commas.

``{value: attain(a, b)}`` is two entries to YAML: ``value`` with ``attain(a``, and ``b)`` with
nothing.
"""

import re
from collections.abc import Iterable

from kpi_engine.text.located import Entry, Node, Scalar
from kpi_engine.text.source import Source, Span

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_BRACKET = re.compile(r"[()\[\]]")


def rejoin_entries(source: Source, entries: list[Entry]) -> tuple[list[Entry], list[Span]]:
    """Return the entries with cut formulas put together again, and where those stand."""
    # a cut leaves keys without values behind
    if not any(_is_nothing(entry.value) for entry in entries):
        return entries, []
    kept: list[Entry] = []
    cut: list[Span] = []
    index = 0
    while index < len(entries):
        entry = entries[index]
        index += 1
        in_key = _is_nothing(entry.value)
        first = entry.key if in_key else entry.value
        still_open = _open_brackets(first)
        last = index
        while still_open > 0 and last < len(entries):
            piece = entries[last]
            # a cut key gives its value to the last piece
            if not _is_nothing(piece.value) and not in_key:
                break
            still_open += _open_brackets(piece.key)
            last += 1
            if not _is_nothing(piece.value):
                break
        if last > index:
            tail = entries[last - 1]
            whole = _rejoin(source, first, tail.key)
            cut.append(whole.span)
            entry = Entry(whole, tail.value) if in_key else Entry(entry.key, whole)
            index = last
        kept.append(entry)
    return kept, cut


def rejoin_items(source: Source, items: list[Node]) -> tuple[list[Node], list[Span]]:
    """Return the items with cut formulas put together again, and where those stand."""
    kept: list[Node] = []
    cut: list[Span] = []
    index = 0
    while index < len(items):
        item = items[index]
        index += 1
        still_open = _open_brackets(item)
        last = index
        while still_open > 0 and last < len(items) and type(items[last]) is Scalar:
            still_open += _open_brackets(items[last])
            last += 1
        if last > index and still_open <= 0:
            item = _rejoin(source, item, items[last - 1])
            cut.append(item.span)
            index = last
        kept.append(item)
    return kept, cut


def cut_formula(nodes: Iterable[Node | None]) -> Scalar | None:
    """Return the first unquoted text one of whose brackets stays open, or None."""
    for node in nodes:
        if type(node) is Scalar and _open_brackets(node) > 0:
            return node
    return None


def _rejoin(source: Source, first: Node, last: Node) -> Scalar:
    span = Span(source, first.span.start, last.span.end)
    return Scalar(source.text[span.start : span.end], "plain", span)


def _open_brackets(node: Node) -> int:
    if type(node) is not Scalar or node.style != "plain" or not _BRACKET.search(node.value):
        return 0
    bare = _QUOTED.sub("", node.value)
    return bare.count("(") + bare.count("[") - bare.count(")") - bare.count("]")


def _is_nothing(node: Node) -> bool:
    return type(node) is Scalar and node.style == "plain" and node.value == ""
