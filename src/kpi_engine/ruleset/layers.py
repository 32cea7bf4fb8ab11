"""The files of a ruleset: found, read, and merged into one tree whose every value knows its file.

A file has one parent. How one is merged over the other, `merging` says; which version of it is
meant, `locks`.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from kpi_engine.ruleset.checked import Layer
from kpi_engine.ruleset.locks import (
    Lock,
    Pin,
    find_change,
    locked_versions,
    pin_of,
    read_lock,
    said,
)
from kpi_engine.ruleset.merging import Merged, entry_of, merge
from kpi_engine.ruleset.parents import candidates, near_parent, shown_path
from kpi_engine.text.diagnostics import Diagnostic, diagnose, has_errors
from kpi_engine.text.located import Mapping, Node, Scalar
from kpi_engine.text.reading import parse_yaml, read_text
from kpi_engine.text.source import Source, text_digest

Locks = Literal["held", "trusted", "ignored"]
"""Whether locks are used and held to what they were copied from, only used, or ignored."""

TOTALS = ("score", "pay")
"""What assesses: a file without them is a shelf for others."""


@dataclass(frozen=True, slots=True)
class Layers:
    """The files of a ruleset, each as written, its own first, and what its parents are together.

    ``above`` is None where it has no parents. ``paths`` are where the files were read.
    ``assessing`` are the texts down from the furthest parent that has a score or a pay: what stands
    above them is a shelf. ``pin`` is the first parent of which a version is named, and ``notes``
    what there is to say of it.
    """

    above: Merged | None
    layers: tuple[Layer, ...]
    files: tuple[Mapping, ...]
    paths: tuple[Path | None, ...]
    assessing: tuple[Source, ...]
    pin: Pin | None
    notes: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class _File:
    text: Source
    path: Path | None
    pin: Pin | None = None
    """What the file has to be, where a version of it was named and is not locked."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What files read together share of their parents: each is found, parsed and merged once.

    ``chains`` are parents with all of theirs, by the name of the first; ``layers`` are by text.
    """

    files: dict[tuple[object, ...], _File] = field(default_factory=dict)
    trees: dict[Source, tuple[Node | None, list[Diagnostic]]] = field(default_factory=dict)
    merged: dict[tuple[int, ...], Merged] = field(default_factory=dict)
    chains: dict[str, list[tuple[Mapping, _File]]] = field(default_factory=dict)
    layers: dict[Source, Layer] = field(default_factory=dict)


def read_layers(
    source: Source,
    path: Path | None,
    locks: Locks = "held",
    opened: Opened | None = None,
    root: Mapping | None = None,
) -> tuple[Layers | None, list[Diagnostic]]:
    """Return a file merged over its parents, or the diagnostics that prevent it.

    ``path`` is where the text was read, None for a text that is no file. ``root`` is what the text
    holds, where that is known already.
    """
    opened = Opened() if opened is None else opened
    chain: list[tuple[Mapping, _File]] = []
    diagnostics: list[Diagnostic] = []
    pin: Pin | None = None
    waiting = [_File(source, path)]
    locked = False
    while waiting:
        file = waiting.pop(0)
        tree, found = _tree(file.text, opened) if chain else (root, [])
        if tree is None and not chain:
            tree, found = parse_yaml(file.text)
        diagnostics += found
        if not isinstance(tree, Mapping):
            break
        root = tree
        if file.pin is not None and said(root, "version") != file.pin.version:
            diagnostics.append(_no_version(file.pin, said(root, "version")))
            break
        if file.pin is not None and locks != "ignored":
            diagnostics.append(_not_locked(file.pin, path))
        chain.append((root, file))
        parent = entry_of(root, "extends")
        if locked or parent is None:
            continue
        if not isinstance(parent.value, Scalar):
            problem = "the name of one parent was expected"
            diagnostics.append(diagnose("K303", parent.value.span, key="extends", problem=problem))
            continue
        here = pin_of(parent.value, file.path)
        pin = pin or here
        lock = read_lock(here) if here is not None and locks != "ignored" else None
        if isinstance(lock, Diagnostic):
            diagnostics.append(lock)
        elif lock is not None and here is not None:
            waiting, locked = [_File(text, copy) for text, copy in lock.copies], True
            diagnostics += _changes(here, lock, root) if locks == "held" else []
        else:
            waiting = _open_parent(parent.value, here, chain, diagnostics, opened)
        if len(chain) == 1 and pin is None and waiting:
            above = opened.chains.get(waiting[0].text.name, [])
            if all(other.text.name != source.name for _, other in above):
                chain += above
                waiting = [] if above else waiting
    if not diagnostics and pin is None and len(chain) > 1:
        opened.chains[chain[1][1].text.name] = chain[1:]
    if has_errors(diagnostics) or not chain:
        return None, diagnostics
    return _layers(chain, pin, tuple(diagnostics), opened), []


def _tree(text: Source, opened: Opened) -> tuple[Node | None, list[Diagnostic]]:
    known = opened.trees.get(text)
    if known is None:
        known = opened.trees[text] = parse_yaml(text)
    return known


def _layers(
    chain: list[tuple[Mapping, _File]],
    pin: Pin | None,
    notes: tuple[Diagnostic, ...],
    opened: Opened,
) -> Layers:
    files = tuple(root for root, _ in chain)
    above = _merged(files[1:], opened) if files[1:] else None
    above_layers = (_layer(root, file.text, opened) for root, file in chain[1:])
    layers = (_layer_of(files[0], chain[0][1].text), *above_layers)
    paths = tuple(file.path for _, file in chain)
    return Layers(above, layers, files, paths, _assessing(files), pin, notes)


def _layer(root: Mapping, text: Source, opened: Opened) -> Layer:
    known = opened.layers.get(text)
    if known is None:
        known = opened.layers[text] = _layer_of(root, text)
    return known


def _layer_of(root: Mapping, text: Source) -> Layer:
    return Layer(said(root, "ruleset") or text.name, text.name, text_digest(text))


def merged_of(layers: Layers) -> Merged:
    """Return a file merged over its parents."""
    own = layers.files[0]
    return Merged(own) if layers.above is None else merge(layers.above, own)


def _merged(files: tuple[Mapping, ...], opened: Opened) -> Merged:
    """Return parents merged over theirs; they stay open, so that nothing else has their place."""
    known = opened.merged.get(key := tuple(map(id, files)))
    if known is None:
        known = Merged(files[-1])
        for root in reversed(files[:-1]):
            known = merge(known, root)
        opened.merged[key] = known
    return known


def _assessing(files: tuple[Mapping, ...]) -> tuple[Source, ...]:
    last = len(files) - 1
    while last > 0 and not any(entry_of(files[last], key) for key in TOTALS):
        last -= 1
    return tuple(root.span.source for root in files[: last + 1])


def _no_version(pin: Pin, found: str | None) -> Diagnostic:
    there = f"`{found}` was found" if found is not None else "the one that was found names none"
    locked = ", ".join(f"`{version}`" for version in locked_versions(pin))
    facts = {"found": f"{there}, locked are {locked}" if locked else there}
    return diagnose("K620", pin.span, name=pin.name, version=pin.version, **facts)


def _not_locked(pin: Pin, path: Path | None) -> Diagnostic:
    file = path.as_posix() if path is not None else None
    return diagnose("K621", pin.span, name=pin.name, version=pin.version, file=file)


def _changes(pin: Pin, lock: Lock, root: Mapping) -> list[Diagnostic]:
    change = find_change(pin, lock, said(root, "ruleset") or "")
    return [] if change is None else [change]


def _open_parent(
    reference: Scalar,
    pin: Pin | None,
    chain: list[tuple[Mapping, _File]],
    diagnostics: list[Diagnostic],
    opened: Opened,
) -> list[_File]:
    """Return the parent that the last file of a chain names."""
    root, file = chain[-1]
    name = reference.value if pin is None else pin.name
    own = said(root, "ruleset") or ""
    # Files of one folder find their parents at one place, but for one that could be its own.
    place = (file.path,) if len(chain) > 1 else (file.path and file.path.parent, own.count("/"))
    key = (name, *place)
    known = opened.files.get(key)
    own_name = file.path.name if file.path is not None and len(chain) == 1 else None
    if known is None or known.path is None or known.path.name == own_name:
        known = _found(reference, name, candidates(name, own, file.path), diagnostics)
    if known is None:
        return []
    if known.text.name in {other.text.name for _, other in chain}:
        diagnostics.append(diagnose("K311", reference.span, name=name))
        return []
    opened.files[key] = known
    return [known if pin is None else replace(known, pin=pin)]


def _found(
    reference: Scalar, name: str, places: list[Path], diagnostics: list[Diagnostic]
) -> _File | None:
    found = next((path for path in places if path.is_file()), None)
    if found is None:
        near = near_parent(name, places)
        diagnostics.append(diagnose("K310", reference.span, name=name, near=near))
        return None
    text = read_text(found, shown_path(found))
    if isinstance(text, Diagnostic):
        diagnostics.append(text)
        return None
    return _File(text, found)
