"""How rulesets, their tests and fleets are laid out: which parts have lines of their own."""

from typing import Final

from kpi_engine.review.files import FileKind
from kpi_engine.review.pipes import draw_pipes, read_pipes
from kpi_engine.text.forms import Form
from kpi_engine.text.located import Mapping, Scalar

_WORDS: Final = frozenset({"title", "source", "note"})
_HEADING: Final = ("version", "title", "source", "note")
_SECTIONS: Final = ("params", "groups", "tables", "metrics", "score", "pay")


_TABLES: Final = frozenset({"rows", "values"})
"""The kinds of texts that are tables: of rows, and of given and expected values."""


def drawn(kind: str, scalar: Scalar) -> list[str] | None:
    """Return the lines of a table that a test draws, None of every other text."""
    return draw_pipes(scalar, arrow=kind == "values") if kind in _TABLES else None


def read_table(kind: str, scalar: Scalar) -> object:
    """Return the cells of a table that a test draws, None of every other text."""
    table = read_pipes(scalar, arrow=kind == "values")[0] if kind in _TABLES else None
    if table is None:
        return None
    return table.given, [[cell.text for cell in row] for row in (table.header, *table.rows)]


_RULESET: Final = Form(
    root="ruleset",
    parts={
        "ruleset": {name: name for name in ("tables", "metrics", "score", "pay")}
        | {"params": "names", "groups": "names"},
        "tables": {"*": "table"},
        "table": {"match": "names", "add": "steps", "drop": "steps"},
        "metrics": {"*": "metric"},
        "score": {"items": "items", "then": "names"},
        "items": {"*": "item"},
        "item": {"items": "items"},
        "pay": {"lines": "names", "then": "names"},
    },
    open=frozenset({"names", "tables", "table", "metrics", "score", "items", "pay"}),
    titled=frozenset({"metric"}),
    short=frozenset({"steps"}),
    order=(
        *("ruleset", *_HEADING, "extends", "effective", "period", "zone", "day_starts"),
        *("currency", "subject", *_SECTIONS),
    ),
    spaced=frozenset(_SECTIONS),
    prose=_WORDS,
    drawn=drawn,
)
_TEST: Final = Form(
    root="test",
    parts={
        "test": {"given": "given", "cases": "cases"},
        "given": {"*": "rows"},
        "cases": {"*": "case"},
        "case": {"given": "given", "table": "values", "expect": "names", "rows": "names"},
    },
    open=frozenset({"names", "given", "cases", "case"}),
    titled=frozenset(),
    short=frozenset(),
    order=("test", "title", "source", "note", "period", "as_of", "params", "given", "cases"),
    spaced=frozenset(),
    prose=_WORDS | {"name"},
    drawn=drawn,
)
_FLEET: Final = Form(
    root="fleet",
    parts={"fleet": {"shops": "names"}},
    open=frozenset({"names"}),
    titled=frozenset(),
    short=frozenset(),
    order=("fleet", "title", "source", "note", "shop", "shops"),
    spaced=frozenset(),
    prose=_WORDS,
    drawn=drawn,
)
_FORM_BY_KIND: Final[dict[FileKind, Form]] = {"test": _TEST, "fleet": _FLEET}


def form_of(root: Mapping) -> Form:
    """Return the layout of a file by what it says it is; without a word of its own, of rulesets."""
    keys = {entry.key.value for entry in root.entries}
    kind = next((kind for kind in _FORM_BY_KIND if kind in keys), None)
    return _RULESET if kind is None or "ruleset" in keys else _FORM_BY_KIND[kind]
