"""One file merged over another, with what it overrode and removed."""

from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field

from kpi_engine.text.located import Entry, Mapping, Node, Scalar
from kpi_engine.text.source import Span

OWN_KEYS = frozenset({"ruleset", "version", "title", "source", "note", "effective", "extends"})
"""What a file says of itself alone; its children do not inherit it."""

Keys = tuple[str, ...]

_METRIC_DEPTH = len(("metrics", "name"))


@dataclass(frozen=True, slots=True)
class Merged:
    """A tree of several files, and by path what they overrode, the nearest first.

    ``removed`` holds the `null` that removed a path; an overridden entry may be such a `null` too,
    where a nearer file says the name again. ``strays`` are those that found nothing to remove, each
    with the entries it could have meant, by name.
    """

    root: Mapping
    overridden: MappingOf[Keys, tuple[Entry, ...]] = field(default_factory=dict)
    removed: MappingOf[Keys, Entry] = field(default_factory=dict)
    strays: tuple[tuple[Entry, MappingOf[str, Entry]], ...] = ()


def merge(parent: Merged, child: Mapping) -> Merged:
    """Return a file merged over its parents.

    Mappings merge by key; formulas, scales, orders and lists are replaced whole; `null` removes.
    """
    inherited = tuple(entry for entry in parent.root.entries if entry.key.value not in OWN_KEYS)
    log = _Log(dict(parent.overridden), dict(parent.removed), list(parent.strays))
    root = _merge(Mapping(inherited, parent.root.span, parent.root.flow), child, (), log)
    return Merged(root, log.overridden, log.removed, tuple(log.strays))


@dataclass(frozen=True, slots=True)
class _Log:
    """What was overridden, removed and not there so far; it grows as files are merged."""

    overridden: dict[Keys, tuple[Entry, ...]]
    removed: dict[Keys, Entry]
    strays: list[tuple[Entry, MappingOf[str, Entry]]]


def _merge(parent: Mapping, child: Mapping, path: Keys, log: _Log) -> Mapping:
    entries = {entry.key.value: entry for entry in parent.entries}
    for entry in child.entries:
        name = entry.key.value
        mine = (*path, name)
        old = entries.get(name)
        if old is None and is_removal(entry.value):
            log.strays.append((entry, dict(entries)))
        elif old is None:
            entries[name] = entry
            if mine in log.removed:
                log.overridden[mine] = (log.removed.pop(mine), *log.overridden[mine])
        elif _merges(old.value, entry.value, mine):
            left, right = _as_mapping(old), _as_mapping(entry)
            entries[name] = Entry(entry.key, _merge(left, right, mine, log))
        else:
            _forget_below(mine, log)
            log.overridden[mine] = (old, *log.overridden.get(mine, ()))
            if is_removal(entry.value):
                del entries[name]
                log.removed[mine] = entry
            else:
                entries[name] = entry
    return Mapping(tuple(entries.values()), child.span, child.flow)


def _forget_below(path: Keys, log: _Log) -> None:
    """Forget what became of the parts of a value that is now replaced whole."""
    depth = len(path)
    for known in (log.overridden, log.removed):
        for other in [keys for keys in known if len(keys) > depth and keys[:depth] == path]:
            del known[other]


def is_removal(node: Node) -> bool:
    """Return whether a value is a bare `null`."""
    return isinstance(node, Scalar) and node.style == "plain" and node.value in {"null", "~"}


def is_scale(mapping: Mapping) -> bool:
    """Return whether a mapping is a scale that is applied on the spot."""
    return entry_of(mapping, "of") is not None


def entry_of(mapping: Mapping, key: str) -> Entry | None:
    """Return the entry of a key, or None where it is not written."""
    return next((entry for entry in mapping.entries if entry.key.value == key), None)


def _merges(old: Node, new: Node, path: Keys) -> bool:
    if not isinstance(new, Mapping):
        return False
    if path[0] == "params" and len(path) > 1:
        return False
    if isinstance(old, Scalar):
        return path[0] == "metrics" and len(path) == _METRIC_DEPTH and not is_scale(new)
    return isinstance(old, Mapping) and not is_scale(old) and not is_scale(new)


def _as_mapping(entry: Entry) -> Mapping:
    """Return a metric written as a bare formula in its long form."""
    if isinstance(entry.value, Mapping):
        return entry.value
    return long_metric(entry.value)


def long_metric(value: Node) -> Mapping:
    """Return ``{value: …}`` for a metric that is written as a bare formula or scale."""
    key = Scalar("value", "plain", Span(value.span.source, value.span.start, value.span.start))
    return Mapping((Entry(key, value),), value.span, flow=False)
