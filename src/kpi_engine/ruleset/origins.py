"""What lies between files: findings told at both ends, and what a file says beside its parents."""

import re
from collections.abc import Iterator
from dataclasses import replace
from difflib import get_close_matches

from kpi_engine.language.scopes import closest
from kpi_engine.language.syntax import Number
from kpi_engine.ruleset.layers import TOTALS, Layers
from kpi_engine.ruleset.merging import Keys, Merged, entry_of, is_removal
from kpi_engine.ruleset.params import REQUIRED
from kpi_engine.ruleset.sheet import Sheet, distance, lay_out, parsed, report, report_between
from kpi_engine.text.diagnostics import Diagnostic, Related, has_errors, relate
from kpi_engine.text.located import Entry, Mapping, Node, Scalar, written
from kpi_engine.text.source import Span, position

_WORD = re.compile(r"\w+")
_MOST_ENDS = 3
_MOST_CHARACTERS = 60
_LIKENESS = 0.8
_PERCENT = "%"
_NAMED = (("metrics",), ("score", "items"), ("score", "then"), ("pay", "lines"), ("pay", "then"))
_WORDS_OF_PEOPLE = frozenset({"title", "source", "note", "rescale"})


def with_other_ends(findings: list[Diagnostic], sheet: Sheet, merged: Merged) -> list[Diagnostic]:
    """Return the findings; of those that come from an override or a removal, both ends are named.

    That is a mistake in a value that overrides another, and one of a text that reads such a value.
    """
    if not merged.overridden:
        return findings
    return [
        replace(finding, related=ends[:_MOST_ENDS])
        if finding.severity != "note"
        and finding.span is not None
        and not finding.related
        and (ends := tuple(_ends(finding.span, sheet, merged)))
        else finding
        for finding in findings
    ]


def _ends(span: Span, sheet: Sheet, merged: Merged) -> Iterator[Related]:
    for path, entries in merged.overridden.items():
        node = sheet.node_by_path.get(path)
        old = entries[0]
        if node is not None and _covers(node.span, span) and not is_removal(old.value):
            yield relate("overrides", old.value.span, text=_short(old.value))
    words = _words_around(span, sheet)
    here = distance(sheet, span)
    for path, entries in merged.overridden.items():
        node = sheet.node_by_path.get(path)
        name = _name_of(path)
        if name not in words:
            continue
        null = merged.removed.get(path)
        if null is not None and distance(sheet, null.value.span) < here:
            yield relate("removed", null.value.span, name=name)
        elif node is not None and 0 <= distance(sheet, node.span) < here:
            yield _overriding(name, node, entries[0])


def _overriding(name: str, node: Node, old: Entry) -> Related:
    place = (
        f"{old.value.span.source.name}:{position(old.value.span.source, old.value.span.start).line}"
    )
    facts = {"text": _short(node), "old": _short(old.value), "place": place}
    return relate("overridden", node.span, name=name, **facts)


def _name_of(path: Keys) -> str:
    """Return the name that formulas read where something at a path changes."""
    if path[0] in {"metrics", "params"} and len(path) > 1:
        return path[1]
    return path[-1] if path[0] == "tables" else ""


def _words_around(span: Span, sheet: Sheet) -> frozenset[str]:
    """Return the words of the text in which a place lies."""
    texts = [
        node
        for node in sheet.node_by_path.values()
        if isinstance(node, Scalar) and _covers(node.span, span)
    ]
    return frozenset(_WORD.findall(texts[-1].value)) if texts else frozenset()


def _covers(outer: Span, inner: Span) -> bool:
    same = outer.source is inner.source or outer.source == inner.source
    return same and outer.start <= inner.start and inner.end <= outer.end


def _short(node: Node) -> str:
    text = written(node)
    return text if len(text) <= _MOST_CHARACTERS else f"{text[: _MOST_CHARACTERS - 1]}…"


def find_strays(sheet: Sheet, layers: Layers, merged: Merged) -> None:
    """Note what files say that was likely meant for something of their parents.

    That is a removal of nothing, a new name close to another, and 80 where 80% was meant.
    """
    for entry, others in merged.strays:
        name = entry.key.value
        near = closest(name, others)
        there = (relate("likely", others[near].key.span, name=near),) if near is not None else ()
        report_between(sheet, "K601", entry.key.span, there, name=name, near=near)
    for index, file in enumerate(layers.files[:-1]):
        parents = layers.files[index + 1 :]
        for path in _NAMED:
            known = _names(parents, path)
            for entry in _new_entries(file, parents, path):
                if path != ("metrics",) or _is_part(entry):
                    _find_likely(sheet, entry, known, path)
    for entry in _entries(merged.root, ("params",)):
        path = ("params", entry.key.value)
        first = next(reversed(merged.overridden.get(path, ())), entry)
        _find_lost_unit(sheet, entry.key.value, first.value, sheet.node_by_path[path])


def _find_lost_unit(sheet: Sheet, name: str, first: Node, now: Node) -> None:
    """Note a number in place of a ratio, or the other way round: formulas take either for both."""
    before, after = _plain_number(first), _plain_number(now)
    if before is None or after is None or before.unit == after.unit:
        return
    near = None
    if before.unit == _PERCENT:
        per_cent = after.value * (100 if abs(after.value) <= 1 else 1)
        near = f"{float(per_cent):g}%"
    kinds = {_PERCENT: "a ratio", None: "a number"}
    facts = {"found": kinds[after.unit], "expected": kinds[before.unit], "near": near}
    there = relate("overrides", first.span, text=written(first))
    texts = {"text": written(now), "old": written(first)}
    report_between(sheet, "K604", now.span, (there,), name=name, **facts, **texts)


def _plain_number(node: Node) -> Number | None:
    """Return the number or ratio that a param is, or None where it is something else."""
    tree = parsed(node.value) if isinstance(node, Scalar) else None
    return tree if isinstance(tree, Number) and tree.unit in {None, _PERCENT} else None


def find_unread(sheet: Sheet, layers: Layers) -> None:
    """Note the params that a file adds to those of its parents, and nothing reads.

    Beside errors only those very like a param of a parent: what reads others may be broken. What a
    parent adds may be read by parents alone, where a child has replaced the formula that read it.
    """
    for index, file in enumerate(layers.files[:-1]):
        parents = layers.files[index + 1 :]
        replaced = layers.files[1:] if index else ()
        for entry in _new_entries(file, parents, ("params",)):
            _find_unread(sheet, entry, _names(parents, ("params",)), replaced)


def _entries(file: Mapping, path: Keys) -> tuple[Entry, ...]:
    for key in path:
        entry = entry_of(file, key)
        if entry is None or not isinstance(entry.value, Mapping):
            return ()
        file = entry.value
    return file.entries


def _names(files: tuple[Mapping, ...], path: Keys) -> frozenset[str]:
    return frozenset(entry.key.value for file in files for entry in _entries(file, path))


def _new_entries(file: Mapping, parents: tuple[Mapping, ...], path: Keys) -> list[Entry]:
    mine = _entries(file, path)
    known = _names(parents, path) if mine else frozenset()
    return [e for e in mine if e.key.value not in known and not is_removal(e.value)]


def _is_part(entry: Entry) -> bool:
    """Return whether a metric is written as if a parent said the rest of it."""
    value = entry.value
    return isinstance(value, Mapping) and not any(entry_of(value, key) for key in ("value", "of"))


def _find_unread(
    sheet: Sheet, entry: Entry, known: frozenset[str], replaced: tuple[Mapping, ...]
) -> None:
    name = entry.key.value
    if isinstance(entry.value, Scalar) and entry.value.value == REQUIRED:
        return
    if reads_name(sheet, name) or any(reads_name(lay_out(file), name) for file in replaced):
        return
    if has_errors(sheet.findings) and not get_close_matches(name, known, cutoff=_LIKENESS):
        return
    near = closest(name, known)
    there = sheet.key_by_path.get(("params", near or ""))
    related = (relate("likely", there.span, name=near),) if there is not None else ()
    report_between(sheet, "K602", entry.key.span, related, name=name, near=near)


def find_unread_figures(sheet: Sheet, layers: Layers) -> None:
    """Note names that a file calls better lower and no formula reads: a slip turns points around.

    A shelf, which has neither score nor pay, speaks of what its children read.
    """
    if not any(key in sheet.data for key in TOTALS):
        return
    texts = [node.value for node in sheet.node_by_path.values() if isinstance(node, Scalar)]
    for table in _entries(layers.files[0], ("tables",)):
        prefix = f"{table.key.value}."
        behind = re.compile(rf"(?<![\w.]){re.escape(prefix)}(\w+)")
        read = {name for text in texts if prefix in text for name in behind.findall(text)}
        for entry in _entries(layers.files[0], ("tables", table.key.value, "better")):
            name = entry.key.value
            if name not in read and not is_removal(entry.value):
                near = closest(name, read)
                report(sheet, "K319", entry.key.span, name=f"{prefix}{name}", near=near)


def reads_name(sheet: Sheet, name: str) -> bool:
    """Return whether a text has the name of a param: not the param itself, nor words for people."""
    texts = (
        node.value
        for path, node in sheet.node_by_path.items()
        if isinstance(node, Scalar)
        and name in node.value
        and path[:2] != ("params", name)
        and not _WORDS_OF_PEOPLE.intersection(map(str, path[-2:]))
    )
    return any(name in _WORD.findall(text) for text in texts)


def _find_likely(sheet: Sheet, entry: Entry, known: frozenset[str], path: Keys) -> None:
    name = entry.key.value
    for near in get_close_matches(name, known, n=1, cutoff=_LIKENESS):
        if _letters(near) == _letters(name) or (*path, near) not in sheet.key_by_path:
            continue
        there = relate("likely", sheet.key_by_path[*path, near].span, name=near)
        report_between(sheet, "K603", entry.key.span, (there,), name=name, near=near)


def _letters(name: str) -> str:
    """Return a name without its digits: `bonus_1` beside `bonus_2` is no slip."""
    return "".join(character for character in name if not character.isdigit())
