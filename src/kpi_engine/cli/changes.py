"""What a change of a ruleset says otherwise, as people and machines read it."""

from __future__ import annotations  # the types of the facade are loaded on use

from collections.abc import Iterable, Iterator
from dataclasses import asdict

from rich.cells import cell_len

import kpi_engine as ke
from kpi_engine.cli.summaries import counted

_WIDEST = 60
_MARK_BY_STANDING = {"added": "+", "removed": "-", "changed": "~"}


def changes_document(diff: ke.Diff) -> dict[str, object]:
    """Return what differs for machines; a path is written with dots."""
    return {
        "old": asdict(diff.old),
        "new": asdict(diff.new),
        "changes": [
            {
                "path": ".".join(change.path),
                "standing": change.standing,
                "before": asdict(change.before) if change.before is not None else None,
                "after": asdict(change.after) if change.after is not None else None,
            }
            for change in diff.changes
        ],
    }


def changes_text(diff: ke.Diff) -> str:
    """Return the values that mean something else, the places beside them in one column.

    A value too long for it has its place two spaces behind it.
    """
    title = f"{side_words(diff.old)} -> {side_words(diff.new)}: {_how_many(diff)}\n"
    lines = list(_lines(diff.changes))
    widths = [cell_len(left) for left, right in lines if right]
    column = max((width for width in widths if width <= _WIDEST), default=0)
    padded = ((left + " " * max(column - cell_len(left), 0), right) for left, right in lines)
    return title + "".join(f"{left}  {right}".rstrip() + "\n" for left, right in padded)


def changes_markdown(diff: ke.Diff) -> str:
    """Return the values that mean something else as a table of a pull request."""
    title = f"### {_cell(diff.new.ruleset)}: {_how_many(diff)}\n"
    if not diff.changes:
        return title
    rows = [
        f"| {_code('.'.join(change.path))} | {_told(change.before)} | {_told(change.after)} |\n"
        for change in diff.changes
    ]
    return f"{title}\n| value | before | after |\n|---|---|---|\n{''.join(rows)}"


def side_words(side: ke.Side) -> str:
    """Return a ruleset as it was named, with the version it says it is."""
    return side.given if side.version is None else f"{side.given} (version {side.version})"


def _how_many(diff: ke.Diff) -> str:
    if not diff.changes:
        return "nothing changes in meaning"
    return f"{counted(len(diff.changes), 'value')} changed"


def _lines(changes: Iterable[ke.RuleChange]) -> Iterator[tuple[str, str]]:
    """Return for each change its path, then a line for each side with its place."""
    for change in changes:
        yield f"{_MARK_BY_STANDING[change.standing]} {'.'.join(change.path)}", ""
        for sign, said in (("-", change.before), ("+", change.after)):
            if said is not None:
                yield f"    {sign} {said.text}", f"{said.file}:{said.line}"


def _told(said: ke.Said | None) -> str:
    if said is None:
        return ""
    return f"{_code(said.text or '')} {_cell(f'{said.file}:{said.line}')}"


def _code(text: str) -> str:
    """Return a text as code in a cell of a table, whatever signs it has."""
    marks = "``" if "`" in text else "`"
    space = " " if "`" in text else ""
    return f"{marks}{space}{text.replace('|', chr(92) + '|')}{space}{marks}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
