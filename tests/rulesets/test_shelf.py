"""The shelf as a whole: what several rulesets say stands in a base of theirs."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from kpi_engine.ruleset.merging import entry_of, is_removal, long_metric
from kpi_engine.text.located import Mapping, Node, Scalar, written
from kpi_engine.text.reading import parse_yaml, read_text
from kpi_engine.text.source import Source

SHELF = Path(__file__).parents[2] / "rulesets"
FOR_PEOPLE = frozenset({"title", "note", "source"})
MADE_BY = ("value", "of", "from", "key")
"""What has none of these keys says something more of what a parent made."""


def _said(node: Node) -> str:
    """Return a rule as text, without its words for people."""
    if not isinstance(node, Mapping):
        return written(node)
    entries = (entry for entry in node.entries if entry.key.value not in FOR_PEOPLE)
    return "; ".join(f"{entry.key.value}: ({_said(entry.value)})" for entry in entries)


def _definitions(file: Path) -> Iterator[tuple[str, str]]:
    text = read_text(file, file.relative_to(SHELF).as_posix())
    assert isinstance(text, Source)
    root, _ = parse_yaml(text)
    assert isinstance(root, Mapping)
    for section in ("tables", "groups", "metrics"):
        entry = entry_of(root, section)
        for each in entry.value.entries if entry and isinstance(entry.value, Mapping) else ():
            rule = each.value
            if isinstance(rule, Scalar):
                if not is_removal(rule):
                    yield section, _said(long_metric(rule))
            elif not isinstance(rule, Mapping) or any(entry_of(rule, key) for key in MADE_BY):
                yield section, _said(rule)


def test_what_two_rulesets_would_repeat_stands_in_a_base():
    files_by_definition = defaultdict(list)
    for file in sorted(SHELF.rglob("*.yaml")):
        if not file.name.endswith(".test.yaml"):
            for definition in _definitions(file):
                files_by_definition[definition].append(file.relative_to(SHELF).as_posix())
    assert len(files_by_definition) > 200
    assert {d: f for d, f in files_by_definition.items() if len(f) > 1} == {}
