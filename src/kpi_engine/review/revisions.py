"""Rulesets opened: files of the working folder, or as they were at a revision of the repository."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Final

from kpi_engine.review.repository import ask_git, find_commit, find_root, refusal
from kpi_engine.ruleset.checked import Ruleset
from kpi_engine.ruleset.loading import Loaded, load_layered
from kpi_engine.ruleset.locks import LIST
from kpi_engine.text.diagnostics import Diagnostic
from kpi_engine.text.errors import RulesetError
from kpi_engine.text.source import Source, Span

_MARK: Final = "git:"
_CODE: Final = "K642"
_SUFFIX: Final = ".yaml"
_DEPTH: Final = 8
"""So many folders around a copy hold nothing else, so that no parent is found outside of it."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A checked ruleset and what it was loaded from.

    ``folder`` is where its files were copied from a revision, None for files of the working folder;
    ``revision`` is what people called it. The copies are gone again.
    """

    ruleset: Ruleset
    loaded: Loaded
    folder: str | None = None
    revision: str | None = None


def open_ruleset(given: str | Path) -> Opened:
    """Return the checked ruleset of a path, or of ``git:REV:path``.

    Of a revision every file of the repository is as it was then, parents too; shipped rulesets are
    those that come with the package. The path is one from the root of the repository, or with
    ``./`` or ``../`` at its beginning from the working folder.

    Raises:
        RulesetError: the file cannot be used; the error holds every finding.
        DataError: git is missing or knows no such revision, or has no such file there.
    """
    if isinstance(given, Path) or not given.startswith(_MARK):
        loaded = load_layered(given)
        if loaded.ruleset is None:
            raise RulesetError(loaded.findings)
        return Opened(loaded.ruleset, loaded)
    revision, _, path = given.removeprefix(_MARK).partition(":")
    root = find_root(_CODE)
    if not revision or not path:
        raise refusal(_CODE, f"`{given}` names no revision and file, `git:REV:path` was expected")
    commit = find_commit(_CODE, root, revision)
    name = _from_root(root, path)
    with _checkout(root, commit, name, f"`{revision}` has no file `{name}`") as folder:
        loaded = load_layered(folder / name)
    if loaded.ruleset is None:
        raise RulesetError(
            [_renamed(each, folder.as_posix(), revision) for each in loaded.findings]
        )
    return Opened(loaded.ruleset, loaded, folder.as_posix(), revision)


def known_name(opened: Opened, file: str) -> str:
    """Return the name of a file as people know it, ``git:REV:path`` for one of a revision."""
    if opened.folder is None or opened.revision is None:
        return file
    return _known(file, opened.folder, opened.revision)


def renamed(opened: Opened, finding: Diagnostic) -> Diagnostic:
    """Return a finding about an opened ruleset, its files named as people know them."""
    if opened.folder is None or opened.revision is None:
        return finding
    return _renamed(finding, opened.folder, opened.revision)


def _known(file: str, folder: str, revision: str) -> str:
    inside = file.removeprefix(f"{folder}/")
    return file if inside == file else f"{_MARK}{revision}:{inside}"


def _from_root(root: Path, path: str) -> str:
    """Return the path of a file from the root of the repository."""
    if not path.startswith(("./", "../")):
        return PurePosixPath(path).as_posix()
    there = (Path.cwd() / path).resolve()
    if not there.is_relative_to(root):
        raise refusal(_CODE, f"`{path}` is not in the repository of the working folder")
    return there.relative_to(root).as_posix()


@contextmanager
def _checkout(root: Path, commit: str, name: str, missing: str) -> Iterator[Path]:
    """Give a folder with the rulesets of a commit, deep inside an empty one."""
    unread = f"git cannot read the files of `{commit}`"
    listed = ask_git(_CODE, root, unread, "ls-tree", "-r", "-z", "--full-tree", commit)
    blob_by_name = dict(_files(listed))
    if name not in blob_by_name:
        raise refusal(_CODE, missing)
    asked = "".join(f"{blob}\n" for blob in blob_by_name.values()).encode()
    contents = _contents(ask_git(_CODE, root, unread, "cat-file", "--batch", given=asked))
    with TemporaryDirectory() as outside:
        folder = Path(outside, *["revision"] * _DEPTH).resolve()
        for file, content in zip(blob_by_name, contents, strict=True):
            copy = folder / file
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(content)
        yield folder


def _files(listed: bytes) -> Iterator[tuple[str, str]]:
    """Return the names of the files that a ruleset may be made from, and their blobs."""
    for line in listed.split(b"\0"):
        facts, _, raw = line.partition(b"\t")
        name = raw.decode(errors="surrogateescape")
        file = PurePosixPath(name)
        if (file.suffix == _SUFFIX or file.name == LIST) and facts.startswith(b"100"):
            yield name, facts.split()[2].decode()


def _contents(answer: bytes) -> Iterator[bytes]:
    """Return the contents of blobs: each stands behind a line that ends with its length."""
    place = 0
    while place < len(answer):
        start = answer.index(b"\n", place) + 1
        end = start + int(answer[place:start].split()[-1])
        yield answer[start:end]
        place = end + 1


def _renamed(finding: Diagnostic, folder: str, revision: str) -> Diagnostic:
    """Return a finding that names files of a revision as people know them."""
    related = tuple(
        replace(each, span=_moved(each.span, folder, revision)) for each in finding.related
    )
    span = finding.span if finding.span is None else _moved(finding.span, folder, revision)
    message = finding.message.replace(f"{folder}/", f"{_MARK}{revision}:")
    return replace(finding, span=span, related=related, message=message)


def _moved(span: Span, folder: str, revision: str) -> Span:
    source = Source(_known(span.source.name, folder, revision), span.source.text)
    return Span(source, span.start, span.end)
