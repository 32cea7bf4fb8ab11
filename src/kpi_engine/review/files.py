"""Rulesets and their test files found: in the folders people name, and by the names they bear."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from glob import glob, has_magic
from pathlib import Path
from typing import Literal

from kpi_engine.ruleset.parents import shipped_rulesets
from kpi_engine.text.diagnostics import Diagnostic
from kpi_engine.text.reading import read_text
from kpi_engine.text.source import Source

TEST_SUFFIX = ".test.yaml"
SUFFIX = ".yaml"

FileKind = Literal["ruleset", "test", "fleet", "other"]

_KIND_BY_WORD: dict[str, FileKind] = {"ruleset": "ruleset", "test": "test", "fleet": "fleet"}
_OPENING = re.compile(r"""^(["']?)(ruleset|test|fleet)\1[ \t]*:""", re.MULTILINE)


def find_files(path: Path) -> list[Path]:
    """Return a file itself, or the YAML files of a folder and of those in it, sorted.

    What is hidden (a name that starts with a dot) is passed over.
    """
    if not path.is_dir():
        return [path]
    found = [
        file
        for file in path.rglob(f"*{SUFFIX}")
        if not any(part.startswith(".") for part in file.relative_to(path).parts)
    ]
    return sorted(file for file in found if file.is_file())


def is_pattern(path: Path) -> bool:
    """Return whether a path is no file but a pattern such as ``shops/**/*.yaml``."""
    return has_magic(str(path)) and not path.exists()


def expand_pattern(pattern: Path) -> list[Path]:
    """Return the files that a pattern means, and of the folders it means the YAML files, sorted.

    What is hidden is passed over, as in folders.
    """
    found = map(Path, glob(str(pattern), recursive=True))  # noqa: PTH207 (finds hidden ones too)
    return sorted({file for path in found for file in find_files(path)})


def kind_of(path: Path) -> FileKind:
    """Return what a file says it is at its top level, even where it cannot be parsed."""
    text = read_text(path)
    return "other" if isinstance(text, Diagnostic) else kind_in(text)


def kind_in(text: Source) -> FileKind:
    """Return what the text of a file says it is at its top level."""
    opening = _OPENING.search(text.text)
    return "other" if opening is None else _KIND_BY_WORD[opening[2]]


def find_ruleset(name: str, test: Path) -> Path | None:
    """Return the file of the ruleset that a test file tests, or None.

    That is ``x.yaml`` beside ``x.test.yaml`` where it has the name; else, as for ``extends``, a
    file of that name beside the test, from the root of its rulesets, or among the shipped ones.
    """
    beside = test.with_name(test.name.removesuffix(TEST_SUFFIX) + SUFFIX)
    if test.name.endswith(TEST_SUFFIX) and beside.is_file() and _name_of(beside) == name:
        return beside
    candidates = (folder / f"{name}{SUFFIX}" for folder in _folders(name, test))
    found = next((path for path in candidates if path.is_file()), None)
    return None if found is None else _from_here(found)


def _from_here(path: Path) -> Path:
    """Return a path as people would name it who stand in the working folder."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def near_ruleset(name: str, test: Path) -> str | None:
    """Return the likely meant name among the rulesets that a test file could name."""
    beside = test.with_name(test.name.removesuffix(TEST_SUFFIX) + SUFFIX)
    known = [_name_of(beside)] if beside.is_file() else []
    for folder in _folders(name, test):
        pattern = "/".join(["*"] * (name.count("/") + 1)) + SUFFIX
        found = (path for path in folder.glob(pattern) if not path.name.endswith(TEST_SUFFIX))
        known += [path.relative_to(folder).with_suffix("").as_posix() for path in found]
    near = get_close_matches(name, [each for each in known if each], n=1)
    return near[0] if near else None


def _folders(name: str, test: Path) -> Iterable[Path]:
    depth = name.count("/")
    folders = [test.parent]
    parents = test.absolute().parents
    if depth and len(parents) > depth:
        folders.append(parents[depth])
    return dict.fromkeys((*folders, shipped_rulesets()))


def _name_of(path: Path) -> str:
    text = read_text(path)
    if isinstance(text, Diagnostic):
        return ""
    said = re.search(r"^ruleset[ \t]*:[ \t]*(\S+)", text.text, re.MULTILINE)
    return said[1].strip("\"'") if said is not None else ""
