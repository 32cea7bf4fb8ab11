"""What is in force: a ruleset with all its layers merged, and where every value was said."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from kpi_engine.language.scopes import closest
from kpi_engine.ruleset.checked import Item, Layer, Ruleset
from kpi_engine.ruleset.layers import Layers, merged_of
from kpi_engine.ruleset.loading import load_layered
from kpi_engine.ruleset.merging import Keys, Merged, is_removal, is_scale
from kpi_engine.ruleset.shape import fields_at
from kpi_engine.ruleset.sheet import Sheet, key_span
from kpi_engine.text.diagnostics import diagnose
from kpi_engine.text.errors import DataError, RulesetError
from kpi_engine.text.located import Entry, Mapping, written
from kpi_engine.text.source import Span, position

Standing = Literal["said", "derived", "removed"]

_HEAD = ("ruleset", "version", "title", "source", "note", "extends", "effective")
_WEIGHT = "weight"


@dataclass(frozen=True, slots=True)
class Said:
    """A value as a file says it; None is a `null`, which removes."""

    text: str | None
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class EffectiveValue:
    """A value in force, where it was said, and what that overrode, the nearest first.

    ``said.text`` is None where the value was removed, or replaced by parts that follow. A
    ``derived`` one is written nowhere: the share of an item among its siblings, as a fraction,
    from the order or for want of a weight. ``shelved`` are metrics that nothing computes.
    """

    path: Keys
    said: Said
    overrides: tuple[Said, ...] = ()
    standing: Standing = "said"
    shelved: bool = False


@dataclass(frozen=True, slots=True)
class Effective:
    """A ruleset in force: its files, its own first, and every value in canonical order."""

    ruleset: str
    layers: tuple[Layer, ...]
    values: tuple[EffectiveValue, ...]


def collect_effective(path: Path, parts: tuple[str, ...] = ()) -> Effective:
    """Return the values in force of a ruleset file, those under some parts or all.

    Raises:
        RulesetError: the file cannot be used; the error holds every finding.
        DataError: nothing stands under one of the parts.
    """
    loaded = load_layered(path)
    if loaded.ruleset is None or loaded.layers is None or loaded.sheet is None:
        raise RulesetError(loaded.findings)
    effective = effective_of(loaded.ruleset, loaded.layers, loaded.sheet)
    return _under(effective, parts) if parts else effective


def _under(effective: Effective, parts: tuple[str, ...]) -> Effective:
    """Return the values under parts, each written with dots, such as `score.items`."""
    known = {
        ".".join(value.path[:depth])
        for value in effective.values
        for depth in range(1, len(value.path) + 1)
    }
    missing = [part for part in parts if part not in known]
    if missing:
        raise DataError(
            [
                diagnose("K640", name=effective.ruleset, part=part, near=closest(part, known))
                for part in missing
            ]
        )
    wanted = [tuple(part.split(".")) for part in parts]
    chosen = (
        value
        for value in effective.values
        if any(value.path[: len(part)] == part for part in wanted)
    )
    return replace(effective, values=tuple(chosen))


def effective_of(ruleset: Ruleset, layers: Layers, sheet: Sheet) -> Effective:
    """Return the values in force of a checked ruleset."""
    items = ruleset.score.items if ruleset.score is not None else ()
    weights = dict(_derived_weights(items, ("score", "items"), sheet))
    merged = merged_of(layers)
    values = _values(merged.root, (), merged, weights)
    known = set(ruleset.metrics)
    marked = (
        replace(value, shelved=True) if _is_shelved(value, known) else value for value in values
    )
    return Effective(ruleset.name, layers.layers, tuple(marked))


def _is_shelved(value: EffectiveValue, computed: set[str]) -> bool:
    path = value.path
    of_a_metric = len(path) > 1 and path[0] == "metrics" and value.standing != "removed"
    return of_a_metric and path[1] not in computed


def _derived_weights(
    items: tuple[Item, ...], path: Keys, sheet: Sheet
) -> Iterator[tuple[Keys, EffectiveValue]]:
    """Return the weights that no file writes, under the path of their item."""
    for item in items:
        mine = (*path, item.path.rpartition("/")[2])
        if (*mine, _WEIGHT) not in sheet.node_by_path:
            ordered = path == ("score", "items") and ("score", "order") in sheet.node_by_path
            span = key_span(sheet, ("score", "order") if ordered else mine)
            text = str(item.weight)
            yield mine, EffectiveValue((*mine, _WEIGHT), _said(text, span), standing="derived")
        yield from _derived_weights(item.children, (*mine, "items"), sheet)


def _values(
    mapping: Mapping, path: Keys, merged: Merged, weights: dict[Keys, EffectiveValue]
) -> Iterator[EffectiveValue]:
    order = {name: index for index, name in enumerate(_HEAD if not path else ())}
    for name in fields_at(path):
        order.setdefault(name, len(order))
    names = {entry.key.value: entry for entry in mapping.entries}
    removed = {keys[-1]: entry for keys, entry in merged.removed.items() if keys[:-1] == path}
    derived = {_WEIGHT: weights[path]} if path in weights else {}
    every = dict.fromkeys((*names, *removed, *derived))
    for name in sorted(every, key=lambda name: order.get(name, len(order))):
        mine = (*path, name)
        overrides = tuple(_said_by(entry) for entry in merged.overridden.get(mine, ()))
        if name in removed:
            yield EffectiveValue(mine, _said_by(removed[name]), overrides, "removed")
        if name in derived:
            yield derived[name]
        if name not in names:
            continue
        value = names[name].value
        if not isinstance(value, Mapping) or _is_whole(value, path):
            yield EffectiveValue(mine, _said_by(names[name]), overrides)
            continue
        if overrides:
            yield EffectiveValue(mine, _said(None, names[name].key.span), overrides)
        yield from _values(value, mine, merged, weights)


def _is_whole(mapping: Mapping, parent: Keys) -> bool:
    """Return whether a mapping is one value: a scale, which is replaced whole, or nothing."""
    return parent == ("params",) or is_scale(mapping) or not mapping.entries


def _said_by(entry: Entry) -> Said:
    text = None if is_removal(entry.value) else written(entry.value)
    return _said(text, entry.value.span)


def _said(text: str | None, span: Span) -> Said:
    return Said(text, span.source.name, position(span.source, span.start).line)
