"""The pages of the codes: what a finding means, an example, what to write instead.

They are made from the tables of messages and meanings and from the fixtures of the tests, and
travel with the package.
"""

from difflib import get_close_matches
from importlib import resources
from pathlib import Path
from string import Formatter
from typing import Final

from kpi_engine.text.diagnostics import diagnose
from kpi_engine.text.errors import DataError
from kpi_engine.text.messages import MESSAGES

FACT: Final = "…"


def outline(sentence: str) -> str:
    """Return a sentence of the table with dots for the facts of the case.

    >>> outline("unknown name `{name}`")
    'unknown name `…`'
    """
    pieces = Formatter().parse(sentence)
    return "".join(text if fact is None else text + FACT for text, fact, _, _ in pieces)


def find_pages() -> Path:
    """Return the folder of the pages: in a checkout under ``docs``, in a wheel inside it."""
    inside = Path(str(resources.files("kpi_engine"))) / "codes"
    return inside if inside.is_dir() else inside.parents[2] / "docs" / "codes"


def read_page(code: str) -> str:
    """Return the page of a code in Markdown.

    Raises:
        DataError: there is no such code.
    """
    name = code.upper()
    if name not in MESSAGES:
        raise DataError([diagnose("K551", text=code, near=near_code(name))])
    return (find_pages() / f"{name}.md").read_text(encoding="utf-8")


def near_code(code: str) -> str | None:
    """Return the likely meant code, the first one of a part of codes, or None.

    >>> near_code("K22"), near_code("220"), near_code("zebra")
    ('K220', 'K220', None)
    """
    near = [known for known in MESSAGES if code[1:] and known.startswith(code)]
    near += get_close_matches(code, MESSAGES, n=1)
    return near[0] if near else None
