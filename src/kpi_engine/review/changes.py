"""What has changed since a revision, as git tells it, and which findings that touches."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kpi_engine.review.repository import ask_git, find_commit, find_root, refusal
from kpi_engine.text.diagnostics import Diagnostic
from kpi_engine.text.source import Span, position

_HUNK = re.compile(rb"^@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", re.MULTILINE)
_CODE: Final = "K553"
_SUFFIXES: Final = frozenset({".yaml", ".json"})
"""How the names of files end that a ruleset is made from: its layers, and lists of locks."""

# What people have set for their own eyes must not change what is read here.
_DIFF: Final = (
    "diff",
    "--no-renames",
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--inter-hunk-context=0",
    "--text",
)


@dataclass(frozen=True, slots=True)
class Changes:
    """The root of the repository, and the changed lines of each changed file by its resolved path.

    Of a file that is new or gone the lines are None: all of it has changed.
    """

    root: Path
    lines_by_path: Mapping[Path, frozenset[int] | None]


def find_changes(revision: str) -> Changes:
    """Return what differs in the working folder's repository from where a revision was left.

    That is the last commit that the revision and the present one share: what a branch has changed,
    committed or not, and not what others have changed since on the other one.

    Raises:
        DataError: git is missing, there is no repository, or it knows no such revision.
    """
    root = find_root(_CODE)
    commit = find_commit(_CODE, root, revision)
    apart = f"`{revision}` and what is checked out share no commit that is here"
    commit = _asked(root, apart, "merge-base", commit, "HEAD").strip()
    unread = "git cannot compare the files"
    listed = _asked(root, unread, *_DIFF, "--name-status", "-z", commit, "--").split("\0")
    others = _asked(root, unread, "ls-files", "-z", "--others", "--exclude-standard").split("\0")
    lines: dict[Path, frozenset[int] | None] = {root / name: None for name in others if name}
    for letter, name in zip(listed[:-1:2], listed[1::2], strict=True):
        modified = letter == "M" and Path(name).suffix in _SUFFIXES
        lines[root / name] = _changed_lines(root, commit, name) if modified else None
    return Changes(root, lines)


def refuse_strangers(changes: Changes, files: Iterable[str]) -> None:
    """Raise where a file is in another repository or in none: of it nothing could be told.

    Raises:
        DataError: the first of them is named.
    """
    for file in files:
        if not Path(file).resolve().is_relative_to(changes.root):
            raise refusal(_CODE, f"`{file}` is not in the repository of the working folder")


def is_touched(
    finding: Diagnostic, changes: Changes, made_from: Iterable[frozenset[Path] | None]
) -> bool:
    """Return whether a finding may be the doing of what has changed.

    ``made_from`` has for every file whose check shows the finding the files it is made from, itself
    among them, or None where they are not known. Where one of them has changed that the finding
    does not lie in, it is touched: of a child of a changed base everything is. Of a changed file
    every error is, since what is wrong on one line may come from another, and else what lies on
    changed lines.
    """
    span, changed = finding.span, changes.lines_by_path
    if span is None:
        return finding.severity == "error"
    own = _path(span)
    for read in made_from:
        if read is None and any(path.suffix in _SUFFIXES for path in changed):
            return True
        if any(path in changed for path in read or () if path != own):
            return True
    if own in changed and finding.severity == "error":
        return True
    places = (span, *(related.span for related in finding.related))
    return any(_meets(place, own, changes) for place in places)


def _meets(span: Span, own: Path, changes: Changes) -> bool:
    """Return whether a place lies on changed lines, or in another file that has changed."""
    path = _path(span)
    lines = changes.lines_by_path.get(path, frozenset())
    if lines is None or (path != own and lines):
        return True
    first, last = position(span.source, span.start).line, position(span.source, span.end).line
    return any(line in lines for line in range(first, last + 1))


def _path(span: Span) -> Path:
    return Path(span.source.name).resolve()


def _changed_lines(root: Path, commit: str, name: str) -> frozenset[int]:
    """Return the lines that are new in a file; where lines were deleted, those around the gap."""
    unread = "git cannot compare the files"
    arguments = (*_DIFF, "--unified=0", commit, "--", f":(literal){name}")
    text = ask_git(_CODE, root, unread, *arguments)
    lines: set[int] = set()
    for start, count in _hunks(text):
        lines.update(range(start, start + count) if count else (start, start + 1))
    return frozenset(lines)


def _hunks(text: bytes) -> Iterator[tuple[int, int]]:
    """Return where each changed part of a file begins now, and its number of lines."""
    place = 0
    while (match := _HUNK.search(text, place)) is not None:
        removed, added = (int(part) if part is not None else 1 for part in match.group(1, 3))
        yield int(match[2]), added
        # lines of a file may look like the head of the next part
        place = match.end()
        for _ in range(removed + added):
            place = text.index(b"\n", place + 1)


def _asked(folder: Path, otherwise: str, *arguments: str) -> str:
    return ask_git(_CODE, folder, otherwise, *arguments).decode()
