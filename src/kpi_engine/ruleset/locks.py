"""Locks: copies of a pinned parent and of all its parents, beside the file that pins it.

`extends: taobao/presales@2026.1` is locked in `.lock/taobao/presales@2026.1/`, with a list of the
copies and their hashes. What is read then is the copies alone.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from kpi_engine.ruleset.merging import entry_of
from kpi_engine.ruleset.parents import candidates, shown_path
from kpi_engine.text.diagnostics import Diagnostic, diagnose
from kpi_engine.text.located import Mapping, Scalar
from kpi_engine.text.reading import parse_yaml, read_text
from kpi_engine.text.source import Source, Span, text_digest

FOLDER = ".lock"
LIST = "lock.json"

_REFERENCE = re.compile(r"(\w[\w-]*(?:/\w[\w-]*)*)@(\w[\w.+-]*)")


@dataclass(frozen=True, slots=True)
class Pin:
    """A parent of which a version is named, where that is said, and where its lock belongs.

    ``path`` and ``folder`` are None where a text is no file, which cannot have a lock.
    """

    name: str
    version: str
    span: Span
    path: Path | None
    folder: Path | None


@dataclass(frozen=True, slots=True)
class Copied:
    """A file in a lock: its copy, the version it said it was, and the parent it named."""

    file: str
    version: str | None
    extends: str | None
    ruleset: str | None
    sha256: str


@dataclass(frozen=True, slots=True)
class Lock:
    """The files of a lock, the pinned one first, with the texts of their copies."""

    copied: tuple[Copied, ...]
    copies: tuple[tuple[Source, Path], ...]


def pin_of(reference: Scalar, path: Path | None) -> Pin | None:
    """Return what `name@version` pins in the file at a path; None for a bare name."""
    match = _REFERENCE.fullmatch(reference.value)
    if match is None:
        return None
    folder = path.parent / FOLDER / reference.value if path is not None else None
    return Pin(match[1], match[2], reference.span, path, folder)


def said(root: Mapping, key: str) -> str | None:
    """Return what a file says of itself under a key, or None."""
    entry = entry_of(root, key)
    return entry.value.value if entry is not None and isinstance(entry.value, Scalar) else None


def locked_versions(pin: Pin) -> list[str]:
    """Return the versions of a pinned parent that are locked beside the file."""
    if pin.folder is None:
        return []
    start = f"{pin.folder.name.rpartition('@')[0]}@"
    found = pin.folder.parent.glob(f"{start}*/{LIST}")
    return sorted(path.parent.name.removeprefix(start) for path in found)


def read_lock(pin: Pin) -> Lock | Diagnostic | None:
    """Return the lock of a pinned parent, why it cannot be used, or None where there is none."""
    if pin.folder is None or not (pin.folder / LIST).is_file():
        return None
    listed = _read_list(pin.folder / LIST)
    if listed is None:
        return _broken(pin, pin.folder / LIST, "it is no list of a lock")
    copies: list[tuple[Source, Path]] = []
    for copied in listed:
        path = pin.folder / copied.file
        text = read_text(path, shown_path(path))
        if isinstance(text, Diagnostic):
            return _broken(pin, path, "it cannot be read")
        if text_digest(text) != copied.sha256:
            return _broken(pin, path, "it is not the text that was locked")
        copies.append((text, path))
    return Lock(tuple(listed), tuple(copies))


def _read_list(path: Path) -> list[Copied] | None:
    try:
        document = json.loads(path.read_text("utf-8"))
        listed = [Copied(**file) for file in document["files"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    inside = all(Path(copied.file).name == copied.file for copied in listed)
    return listed if listed and inside else None


def _broken(pin: Pin, path: Path, reason: str) -> Diagnostic:
    return diagnose("K623", pin.span, file=shown_path(path), reason=reason)


def find_change(pin: Pin, lock: Lock, ruleset: str) -> Diagnostic | None:
    """Return the finding that a locked file is now another under the same version, if one is.

    A file that now says another version, or is gone, has not changed under its pin.
    """
    reference, own, where = pin.name, ruleset, pin.path
    for copied in lock.copied:
        places = candidates(reference, own, where)
        found = next((path for path in places if path.is_file()), None)
        text = read_text(found, shown_path(found)) if found is not None else None
        if not isinstance(text, Source):
            return None
        if text_digest(text) != copied.sha256:
            root, _ = parse_yaml(text)
            version = said(root, "version") if isinstance(root, Mapping) else None
            if version != copied.version:
                return None
            facts = {"name": pin.name, "version": pin.version, "file": text.name}
            shop = pin.path.as_posix() if pin.path is not None else ""
            return diagnose("K622", pin.span, shop=shop, **facts)
        if copied.extends is None:
            return None
        reference, own, where = copied.extends.partition("@")[0], copied.ruleset or "", found
    return None
