"""Rulesets as nested mappings: written as text, and freed of the entries the checker refuses."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis.vendor.pretty import RepresentationPrinter

from kpi_engine.ruleset.checked import Ruleset
from kpi_engine.ruleset.loading import load_ruleset_text
from kpi_engine.text.source import position

Document = dict[str, Any]
"""Keys and what stands under them: texts, lists of texts, and documents."""
Path = tuple[str, ...]

_BLOCKS = {
    *((name,) for name in ("subject", "params", "tables", "groups", "metrics", "score", "pay")),
    *(("score", "then"), ("pay", "lines"), ("pay", "then")),
}


@dataclass(frozen=True, slots=True)
class Pruned:
    """A ruleset that passed the check, its text, and how many of its formulas were refused."""

    text: str
    ruleset: Ruleset
    written: int
    refused: int

    def __repr__(self) -> str:
        return f"\n{self.text}"

    def _repr_pretty_(self, printer: RepresentationPrinter, _: bool) -> None:
        # What hypothesis shows of a failing example is to be read, and pasted into a test.
        printer.text(repr(self))


def write_document(document: Document) -> tuple[str, list[Path]]:
    """Return a ruleset as text, an entry a line, and the path of every line."""
    lines: list[str] = []
    paths: list[Path] = []

    def write(mapping: Document, path: Path) -> None:
        for name, value in mapping.items():
            here = (*path, name)
            opened = isinstance(value, dict) and bool(value) and _is_block(here)
            shown = "" if opened else f" {json.dumps(value, ensure_ascii=False)}"
            lines.append(f"{'  ' * len(path)}{json.dumps(name, ensure_ascii=False)}:{shown}")
            paths.append(here)
            if isinstance(value, dict) and opened:
                write(value, here)

    write(document, ())
    return "\n".join(lines) + "\n", paths


def _is_block(path: Path) -> bool:
    if path in _BLOCKS or path[-1] == "items":
        return True
    if path[0] == "tables":
        return len(path) == 2 or path[-1] in {"add", "drop", "match"} or path[2:-1] == ("match",)
    return path[0] == "score" and path[-2] == "items"


def load_pruned(document: Document) -> Pruned | None:
    """Return the ruleset of a document without the entries that the checker refuses.

    None where what is left is no ruleset.
    """
    left: Document = json.loads(json.dumps(document))
    written, refused = _formulas_in(left), 0
    for _ in range(_ROUNDS):
        text, paths = write_document(left)
        ruleset, findings = load_ruleset_text(text)
        if ruleset is not None:
            return Pruned(text, ruleset, written, refused)
        bad: set[Path] = set()
        for finding in findings:
            if finding.severity == "error" and finding.span is not None:
                line = position(finding.span.source, finding.span.start).line
                bad.add(paths[line - 1])
        refused += len(bad)
        for path in bad:
            assert len(path) > 1, text
            _remove(left, path)
        _drop_empty(left)
    return None


_ROUNDS = 12


def _formulas_in(mapping: Mapping[str, object]) -> int:
    count = 0
    for value in mapping.values():
        count += _formulas_in(value) if isinstance(value, Mapping) else 1
    return count


def _remove(document: Document, path: Path) -> None:
    """Remove an entry; where an item of the score may go with it, its order and weights go too."""
    mapping = document
    for name in path[:-1]:
        inner = mapping.get(name)
        if not isinstance(inner, dict):
            return
        mapping = inner
    mapping.pop(path[-1], None)
    score = document.get("score")
    if path[0] == "score" and isinstance(score, dict):
        score.pop("order", None)
        _weigh_equally(score)


def _weigh_equally(mapping: Document) -> None:
    mapping.pop("weight", None)
    for value in mapping.values():
        if isinstance(value, dict):
            _weigh_equally(value)


def _drop_empty(mapping: Document, *, items: bool = False) -> None:
    """Remove mappings left without what makes them: a score without items, an item without points."""
    for name, value in list(mapping.items()):
        if not isinstance(value, dict):
            continue
        _drop_empty(value, items=name == "items")
        needed = {"score": {"items"}, "pay": {"lines"}}.get(name, set())
        if items:
            needed = {"points", "items"}
        if not value or (needed and not needed & value.keys()):
            del mapping[name]
