"""Locking: the pinned base of a file copied beside it, and what a newer copy would change."""

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from kpi_engine.review.effective import Effective, EffectiveValue, effective_of
from kpi_engine.ruleset.layers import Layers
from kpi_engine.ruleset.loading import Loaded, load_layered
from kpi_engine.ruleset.locks import LIST, Copied, Pin, said
from kpi_engine.ruleset.parents import shown_path
from kpi_engine.text.diagnostics import diagnose
from kpi_engine.text.errors import DataError, RulesetError
from kpi_engine.text.source import text_digest

_BROKEN = frozenset({"K622", "K623"})
"""The codes of a lock that has to be updated before anything else."""

LockStanding = Literal["new", "changed", "unchanged"]


@dataclass(frozen=True, slots=True)
class Change:
    """A value in force that a new copy of the base changes; None where there is none."""

    path: tuple[str, ...]
    before: EffectiveValue | None
    after: EffectiveValue | None


@dataclass(frozen=True, slots=True)
class Locking:
    """A pinned base, the folder of its copies, and what became of them.

    ``standing`` says whether there was no lock, or another one, or the same. ``changes`` are those
    of the values in force, in canonical order; ``files`` the texts that are copied.
    """

    base: str
    version: str
    folder: str
    files: tuple[str, ...]
    standing: LockStanding
    changes: tuple[Change, ...]
    written: bool


def lock_base(path: Path, *, update: bool, write: bool) -> Locking:
    """Return what became of the lock of a file's pinned base.

    A lock that is there stays as it is unless it is to be updated.

    Raises:
        RulesetError: the file or its base cannot be used, it pins none, or without ``update`` the
            base has changed under its lock.
        DataError: the copies cannot be written.
    """
    held = load_layered(path)
    if held.layers is not None and held.ruleset is not None and not update:
        pin = _pin(held.layers, path)
        if pin.folder is not None and (pin.folder / LIST).is_file():
            return _locking(pin, held.layers, "unchanged", ())
    elif not update and any(finding.code in _BROKEN for finding in held.findings):
        raise RulesetError(held.findings)
    present = load_layered(path, locks="ignored")
    if present.layers is None or present.ruleset is None:
        raise RulesetError(present.findings)
    pin = _pin(present.layers, path)
    trusted = load_layered(path, locks="trusted")
    standing = _standing(pin, present.layers, trusted)
    changes = _changes(trusted, present) if standing == "changed" else ()
    if write and standing != "unchanged":
        _write(pin, present.layers)
    return _locking(pin, present.layers, standing, changes, written=write)


def _pin(layers: Layers, path: Path) -> Pin:
    if layers.pin is not None:
        return layers.pin
    raise RulesetError([diagnose("K624", file=path.as_posix())])


def _locking(
    pin: Pin,
    layers: Layers,
    standing: LockStanding,
    changes: tuple[Change, ...],
    *,
    written: bool = False,
) -> Locking:
    first = _first_locked(pin, layers)
    files = tuple(layer.path for layer in layers.layers[first:])
    folder = shown_path(pin.folder) if pin.folder is not None else ""
    done = written and standing != "unchanged"
    return Locking(pin.name, pin.version, folder, files, standing, changes, done)


def _first_locked(pin: Pin, layers: Layers) -> int:
    """Return the place of the pinned base among the layers: behind the file that pins it."""
    return layers.paths.index(pin.path) + 1


def _standing(pin: Pin, present: Layers, trusted: Loaded) -> LockStanding:
    if pin.folder is None or not (pin.folder / LIST).is_file():
        return "new"
    if trusted.layers is None:
        return "changed"
    now = [layer.sha256 for layer in present.layers]
    return "unchanged" if now == [layer.sha256 for layer in trusted.layers.layers] else "changed"


def _changes(before: Loaded, after: Loaded) -> tuple[Change, ...]:
    """Return what differs between the values in force; nothing can be told of a broken lock."""
    old, new = _values(before), _values(after)
    if not old:
        return ()
    return tuple(
        Change(path, old.get(path), new.get(path))
        for path in dict.fromkeys((*new, *old))
        if _text(old.get(path)) != _text(new.get(path))
    )


def _values(loaded: Loaded) -> dict[tuple[str, ...], EffectiveValue]:
    if loaded.ruleset is None or loaded.layers is None or loaded.sheet is None:
        return {}
    effective: Effective = effective_of(loaded.ruleset, loaded.layers, loaded.sheet)
    return {value.path: value for value in effective.values if value.standing != "removed"}


def _text(value: EffectiveValue | None) -> str | None:
    return value.said.text if value is not None else None


def _write(pin: Pin, layers: Layers) -> None:
    """Write the copies and their list into the folder of the lock, all of them or none."""
    if pin.folder is None:
        return
    first = _first_locked(pin, layers)
    partial = pin.folder.with_name(f"{pin.folder.name}.partial")
    copied: list[Copied] = []
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        for number, root in enumerate(layers.files[first:], 1):
            source, path = root.span.source, layers.paths[first + number - 1]
            name = f"{number}-{path.name if path is not None else 'base.yaml'}"
            (partial / name).write_bytes(source.text.encode())
            version, extends, ruleset = (
                said(root, key) for key in ("version", "extends", "ruleset")
            )
            copied.append(Copied(name, version, extends, ruleset, text_digest(source)))
        document = {"files": [asdict(file) for file in copied]}
        text = json.dumps(document, ensure_ascii=False, indent=2)
        (partial / LIST).write_text(f"{text}\n", "utf-8")
        if pin.folder.exists():
            shutil.rmtree(pin.folder)
        partial.rename(pin.folder)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DataError([diagnose("K451", folder=shown_path(pin.folder), reason=reason)]) from error
