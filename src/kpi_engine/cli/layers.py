"""A ruleset in force as people read it: every value, where it was said, what it overrode."""

from __future__ import annotations  # the types of the facade are loaded on use

from collections.abc import Iterator
from dataclasses import asdict

from rich.cells import cell_len

import kpi_engine as ke
from kpi_engine.cli.summaries import counted

_WIDEST = 60
_INDENT = "  "


def effective_document(effective: ke.Effective) -> dict[str, object]:
    """Return a ruleset in force for machines; a path is written with dots."""
    return {
        "ruleset": effective.ruleset,
        "layers": [asdict(layer) for layer in effective.layers],
        "values": [
            {
                "path": ".".join(value.path),
                "standing": value.standing,
                "shelved": value.shelved,
                **asdict(value.said),
                "overrides": [asdict(said) for said in value.overrides],
            }
            for value in effective.values
        ],
    }


def effective_text(effective: ke.Effective) -> str:
    """Return the tree of values, the places beside them in one column.

    A value too long for it has its place two spaces behind it.
    """
    lines = list(_lines(effective.values))
    widths = [cell_len(left) for left, right in lines if right]
    column = max((width for width in widths if width <= _WIDEST), default=0)
    padded = ((left + " " * max(column - cell_len(left), 0), right) for left, right in lines)
    return "".join(f"{left}  {right}".rstrip() + "\n" for left, right in padded)


def locking_document(locking: ke.Locking) -> dict[str, object]:
    """Return what became of a lock for machines."""
    return {
        "base": locking.base,
        "version": locking.version,
        "folder": locking.folder,
        "files": list(locking.files),
        "standing": locking.standing,
        "written": locking.written,
        "changes": [
            {
                "path": ".".join(change.path),
                "before": asdict(change.before.said) if change.before is not None else None,
                "after": asdict(change.after.said) if change.after is not None else None,
            }
            for change in locking.changes
        ],
    }


def locking_text(locking: ke.Locking) -> str:
    """Return what became of a lock, and every value that changes with it."""
    base = f"{locking.base}@{locking.version}"
    if locking.standing == "unchanged":
        return f"{base}: locked in {locking.folder}, nothing changes\n"
    if locking.standing == "new":
        return f"{base}: {', '.join(locking.files)} into {locking.folder}\n"
    lines = [f"{base}: {counted(len(locking.changes), 'value')} in force would change"]
    for change in locking.changes:
        before, after = (
            "(nothing)"
            if value is None
            else f"{value.said.text} ({value.said.file}:{value.said.line})"
            for value in (change.before, change.after)
        )
        lines.append(f"  {'.'.join(change.path)}: {before} -> {after}")
    return "\n".join(lines) + "\n"


def _lines(values: tuple[ke.EffectiveValue, ...]) -> Iterator[tuple[str, str]]:
    """Return the lines of the tree: a value or the name of its parts, and where it was said."""
    around: tuple[str, ...] = ()
    for value in values:
        path = value.path
        shared = next(
            (depth for depth, (a, b) in enumerate(zip(around, path, strict=False)) if a != b),
            min(len(around), len(path)),
        )
        for depth in range(shared, len(path) - 1):
            shelf = "on the shelf: nothing computes it" if value.shelved and depth == 1 else ""
            yield f"{_INDENT * depth}{path[depth]}:", shelf
        name = f"{_INDENT * (len(path) - 1)}{path[-1]}:"
        text = value.said.text
        if value.standing == "removed":
            text = "(removed)"
        yield name if text is None else f"{name} {text}", _origin(value)
        around = path


def _origin(value: ke.EffectiveValue) -> str:
    place = f"{value.said.file}:{value.said.line}"
    notes = [f"derived from {place}" if value.standing == "derived" else place]
    over, which = value.said, ""
    for said in value.overrides:
        what = "a removal" if said.text is None else said.text
        verb = "removes" if over.text is None else "overrides"
        notes.append(f"{which}{verb} {what} in {said.file}:{said.line}")
        over, which = said, "which "
    if value.shelved and len(value.path) == len(("metrics", "name")):
        notes.append("on the shelf: nothing computes it")
    return ", ".join(notes)
