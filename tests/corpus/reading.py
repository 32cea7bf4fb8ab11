"""The faults of the table `faults.txt`: what is changed where, and what has to be said of it."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import kpi_engine as ke

HERE = Path(__file__).parent
SOUND = HERE / "sound"
CHECKED_BY = {"targets.csv": "fleet.yaml"}  # what is no ruleset is read by another file
_LINE = re.compile(
    r"(?P<code>K\d+) (?P<file>\S+)  (?P<old>.*?) --> (?P<new>.*?)(?: @@ ?(?P<at>.*))?"
)


@dataclass(frozen=True)
class Fault:
    """One fault: its line in the table, the code, the file, its text, and the place in it."""

    row: str
    code: str
    file: str
    text: str
    start: int
    end: int


def read_faults() -> list[Fault]:
    """Return the faults of the table.

    Raises:
        ValueError: a line is not understood, or what it replaces does not stand once in the file.
    """
    lines = (HERE / "faults.txt").read_text(encoding="utf-8").split("\n")
    return [_fault(line) for line in lines if line.strip() and not line.startswith("#")]


def _fault(line: str) -> Fault:
    match = _LINE.fullmatch(line)
    if match is None:
        raise ValueError(f"not understood: {line}")
    text = (SOUND / match["file"]).read_text(encoding="utf-8")
    old, new = match["old"].replace("¶", "\n"), match["new"].replace("¶", "\n")
    marked = _replaced(text, old, new, line)
    if match["at"] is not None:
        at = match["at"].replace("¶", "\n")
        marked = _replaced(marked, at.replace("‹", "").replace("›", ""), at, line)
    start, end = marked.index("‹"), marked.index("›") - 1
    return Fault(line, match["code"], match["file"], re.sub("[‹›]", "", marked), start, end)


def _replaced(text: str, old: str, new: str, line: str) -> str:
    if text.count(old) != 1:
        raise ValueError(f"`{old}` stands {text.count(old)} times: {line}")
    return text.replace(old, new)


def copy_sound_files(folder: Path) -> None:
    """Copy the files without faults, and lock the base that one of them pins."""
    shutil.copytree(SOUND, folder)
    ke.lock(folder / "maple" / "shop.yaml")
