"""Pages with commands and their answers: the fenced blocks, and whether what is shown is so."""

import re
from collections.abc import Iterator
from difflib import unified_diff
from typing import NamedTuple

import pytest

GAP = "…"
"""Alone on a line it stands for lines, at the end of one for the rest of it."""

FENCE = re.compile(r"^```(\S*) ?(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A fenced block: a console, a program, an answer, or the text of a file."""

    language: str
    file: str
    text: str


def fenced(page: str) -> list[Block]:
    """Return the blocks of a page."""
    return [Block(*found) for found in FENCE.findall(page)]


def calls(block: Block) -> Iterator[tuple[str, str]]:
    """Return the commands of a console, each with the answer below it."""
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, answer = part.partition("\n")
        yield command, answer


def assert_shown(shown: str, real: str, what: str) -> None:
    """Fail unless a text is what a page shows of it."""
    lines = [r"(?:.*\n)+" if line == GAP else _line(line) + r"\n" for line in shown.splitlines()]
    if re.fullmatch("".join(lines), real) is None:
        difference = unified_diff(shown.splitlines(), real.splitlines(), "page", "real", n=0)
        pytest.fail(f"{what}\n" + "\n".join(difference))


def _line(line: str) -> str:
    cut = line.endswith(f" {GAP}")
    return re.escape(line.removesuffix(GAP)) + ".*" if cut else re.escape(line)
