"""The files of a ruleset: found, read, and merged into one tree whose every value knows its file.

A file has one parent. Mappings merge by key; formulas, scales, orders and lists are replaced whole;
`null` removes what the parent said.
"""

import hashlib
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import resources
from pathlib import Path

from kpi_engine.ruleset.checked import Layer
from kpi_engine.text.diagnostics import Diagnostic, diagnose
from kpi_engine.text.located import Entry, Mapping, Node, Scalar
from kpi_engine.text.reading import parse_yaml, read_text
from kpi_engine.text.source import Source, Span

OWN_KEYS = frozenset({"ruleset", "version", "title", "source", "note", "effective", "extends"})
"""What a file says of itself alone; its children do not inherit it."""

_TOTALS = ("score", "pay")
_SUFFIX = ".yaml"
_METRIC_DEPTH = len(("metrics", "name"))


@dataclass(frozen=True, slots=True)
class Layers:
    """The merged tree and the files it came from, the ruleset's own file first.

    ``assessing`` are the texts down from the furthest parent that has a score or a pay: what stands
    above them is a shelf.
    """

    root: Mapping
    layers: tuple[Layer, ...]
    assessing: tuple[Source, ...]


def shipped_rulesets() -> Path:
    """Return the folder of the rulesets that come with the package.

    In a checkout they stand beside ``src``; in a wheel, inside the package.
    """
    inside = Path(str(resources.files("kpi_engine"))) / "rulesets"
    return inside if inside.is_dir() else inside.parents[2] / "rulesets"


def read_layers(source: Source, path: Path | None) -> tuple[Layers | None, list[Diagnostic]]:
    """Return a file merged over its parents, or the diagnostics that prevent it.

    ``path`` is where the text was read, None for a text that is no file.
    """
    chain: list[tuple[Mapping, Source, Path | None]] = []
    diagnostics: list[Diagnostic] = []
    names = [source.name]
    current: tuple[Source, Path | None] | None = (source, path)
    while current is not None:
        text, where = current
        root, found = parse_yaml(text)
        diagnostics += found
        if not isinstance(root, Mapping):
            break
        chain.append((root, text, where))
        parent = _entry(root, "extends")
        current = None
        if parent is not None and isinstance(parent.value, Scalar):
            current = _open_parent(parent.value, root, where, names, diagnostics)
            if current is not None:
                names.append(current[0].name)
        elif parent is not None:
            problem = "the name of one parent was expected"
            diagnostics.append(diagnose("K303", parent.value.span, key="extends", problem=problem))
    if diagnostics or not chain:
        return None, diagnostics
    merged = chain[-1][0]
    for root, _, _ in reversed(chain[:-1]):
        merged = _merge_roots(merged, root)
    layers = tuple(
        Layer(_said_name(root, text.name), text.name, text_digest(text)) for root, text, _ in chain
    )
    return Layers(merged, layers, _assessing([(root, text) for root, text, _ in chain])), []


def _assessing(chain: list[tuple[Mapping, Source]]) -> tuple[Source, ...]:
    texts = [text for _, text in chain]
    while len(texts) > 1 and not any(_entry(chain[len(texts) - 1][0], key) for key in _TOTALS):
        texts.pop()
    return tuple(texts)


def text_digest(source: Source) -> str:
    """Return the SHA-256 of a text, in hexadecimal digits."""
    return hashlib.sha256(source.text.encode()).hexdigest()


def _said_name(root: Mapping, fallback: str) -> str:
    entry = _entry(root, "ruleset")
    return entry.value.value if entry and isinstance(entry.value, Scalar) else fallback


def _entry(mapping: Mapping, key: str) -> Entry | None:
    return next((entry for entry in mapping.entries if entry.key.value == key), None)


def _open_parent(
    reference: Scalar,
    root: Mapping,
    where: Path | None,
    names: list[str],
    diagnostics: list[Diagnostic],
) -> tuple[Source, Path] | None:
    candidates = _candidates(reference.value, _said_name(root, ""), where)
    found = next((path for path in candidates if path.is_file()), None)
    if found is None:
        near = _near(reference.value, candidates)
        diagnostics.append(diagnose("K310", reference.span, name=reference.value, near=near))
        return None
    text = read_text(found, _shown(found))
    if isinstance(text, Diagnostic):
        diagnostics.append(text)
        return None
    if text.name in names:
        diagnostics.append(diagnose("K311", reference.span, name=reference.value))
        return None
    return text, found


def _shown(path: Path) -> str:
    """Return a path as people know it: from the working folder, or from the shipped rulesets."""
    resolved = path.resolve()
    for base in (Path.cwd(), shipped_rulesets().parent):
        if resolved.is_relative_to(base.resolve()):
            return resolved.relative_to(base.resolve()).as_posix()
    return path.as_posix()


def _candidates(reference: str, own_name: str, where: Path | None) -> list[Path]:
    """Return where a parent may be: beside the file, from its rulesets' root, among the shipped.

    The file itself comes last: `taobao/shop` may extend `shop`.
    """
    file_name = f"{reference}{_SUFFIX}"
    folders: list[Path] = []
    if where is not None:
        folders.append(where.parent)
        depth = own_name.count("/")
        if depth and len(where.parents) > depth:
            folders.append(where.parents[depth])
    folders.append(shipped_rulesets())
    paths = [folder / file_name for folder in dict.fromkeys(folders)]
    return sorted(paths, key=lambda path: where is not None and path.resolve() == where.resolve())


def _near(reference: str, candidates: list[Path]) -> str | None:
    depth = reference.count("/") + 1
    known: list[str] = []
    for path in candidates:
        folder = path.parents[depth - 1]
        if folder.is_dir():
            found = folder.glob("/".join(["*"] * depth) + _SUFFIX)
            known += [p.relative_to(folder).with_suffix("").as_posix() for p in found]
    near = get_close_matches(reference, known, n=1)
    return near[0] if near else None


def _merge_roots(parent: Mapping, child: Mapping) -> Mapping:
    inherited = tuple(entry for entry in parent.entries if entry.key.value not in OWN_KEYS)
    return _merge(Mapping(inherited, parent.span, parent.flow), child, ())


def is_removal(node: Node) -> bool:
    """Return whether a value is a bare `null`."""
    return isinstance(node, Scalar) and node.style == "plain" and node.value in {"null", "~"}


def _merge(parent: Mapping, child: Mapping, path: tuple[str, ...]) -> Mapping:
    entries = {entry.key.value: entry for entry in parent.entries}
    for entry in child.entries:
        name = entry.key.value
        mine = (*path, name)
        old = entries.get(name)
        if is_removal(entry.value) and old is not None:
            del entries[name]
        elif old is None or not _merges(old.value, entry.value, mine):
            entries[name] = entry
        else:
            left, right = _as_mapping(old), _as_mapping(entry)
            entries[name] = Entry(entry.key, _merge(left, right, mine))
    return Mapping(tuple(entries.values()), child.span, child.flow)


def _merges(old: Node, new: Node, path: tuple[str, ...]) -> bool:
    if not isinstance(new, Mapping):
        return False
    if path[0] == "params" and len(path) > 1:
        return False
    if isinstance(old, Scalar):
        return path[0] == "metrics" and len(path) == _METRIC_DEPTH and not _is_scale(new)
    return isinstance(old, Mapping) and not _is_scale(old) and not _is_scale(new)


def _is_scale(mapping: Mapping) -> bool:
    return _entry(mapping, "of") is not None


def _as_mapping(entry: Entry) -> Mapping:
    """Return a metric written as a bare formula in its long form."""
    if isinstance(entry.value, Mapping):
        return entry.value
    return long_metric(entry.value)


def long_metric(value: Node) -> Mapping:
    """Return ``{value: …}`` for a metric that is written as a bare formula or scale."""
    key = Scalar("value", "plain", Span(value.span.source, value.span.start, value.span.start))
    return Mapping((Entry(key, value),), value.span, flow=False)
