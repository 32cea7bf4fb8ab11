"""The files of a ruleset: found, read, and merged into one tree whose every value knows its file.

A file has one parent. How one is merged over the other, `merging` says.
"""

import hashlib
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import resources
from pathlib import Path

from kpi_engine.ruleset.checked import Layer
from kpi_engine.ruleset.merging import Merged, entry_of, merge
from kpi_engine.text.diagnostics import Diagnostic, diagnose
from kpi_engine.text.located import Mapping, Scalar
from kpi_engine.text.reading import parse_yaml, read_text
from kpi_engine.text.source import Source

_TOTALS = ("score", "pay")
_SUFFIX = ".yaml"


@dataclass(frozen=True, slots=True)
class Layers:
    """The merged tree and the files it came from, each as written, the ruleset's own file first.

    ``assessing`` are the texts down from the furthest parent that has a score or a pay: what stands
    above them is a shelf.
    """

    merged: Merged
    layers: tuple[Layer, ...]
    files: tuple[Mapping, ...]
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
        parent = entry_of(root, "extends")
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
    merged = Merged(chain[-1][0])
    for root, _, _ in reversed(chain[:-1]):
        merged = merge(merged, root)
    layers = tuple(
        Layer(_said_name(root, text.name), text.name, text_digest(text)) for root, text, _ in chain
    )
    files = tuple(root for root, _, _ in chain)
    return Layers(merged, layers, files, _assessing(files)), []


def _assessing(files: tuple[Mapping, ...]) -> tuple[Source, ...]:
    last = len(files) - 1
    while last > 0 and not any(entry_of(files[last], key) for key in _TOTALS):
        last -= 1
    return tuple(root.span.source for root in files[: last + 1])


def text_digest(source: Source) -> str:
    """Return the SHA-256 of a text, in hexadecimal digits."""
    return hashlib.sha256(source.text.encode()).hexdigest()


def _said_name(root: Mapping, fallback: str) -> str:
    entry = entry_of(root, "ruleset")
    return entry.value.value if entry and isinstance(entry.value, Scalar) else fallback


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
