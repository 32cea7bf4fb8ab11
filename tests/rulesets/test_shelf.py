"""The shelf as a whole: what several rulesets say stands in a base of theirs."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

from kpi_engine.language.mistakes import Mistake
from kpi_engine.language.syntax import Expr, parts_of
from kpi_engine.ruleset.merging import entry_of, is_removal, long_metric
from kpi_engine.ruleset.sheet import parsed
from kpi_engine.text.located import Entry, Mapping, Node, Scalar, written
from kpi_engine.text.reading import parse_yaml, read_text
from kpi_engine.text.source import Source

SHELF = Path(__file__).parents[2] / "rulesets"
FOR_PEOPLE = frozenset({"title", "note", "source"})
MADE_BY = ("value", "of", "from", "key")
"""What has none of these keys says something more of what a parent made."""
NAMED_AT_MOST = 2
"""A formula of no more values says which it takes; one of more says how they are joined."""


def _said(node: Node) -> str:
    """Return a rule as text, without its words for people."""
    if not isinstance(node, Mapping):
        return written(node)
    entries = (entry for entry in node.entries if entry.key.value not in FOR_PEOPLE)
    return "; ".join(f"{entry.key.value}: ({_said(entry.value)})" for entry in entries)


def _definitions(file: Path) -> Iterator[tuple[str, str]]:
    root = _root(file)
    for section in ("tables", "groups", "metrics"):
        entry = entry_of(root, section)
        for each in entry.value.entries if entry and isinstance(entry.value, Mapping) else ():
            rule = each.value
            if isinstance(rule, Scalar):
                if not is_removal(rule):
                    yield section, _said(long_metric(rule))
            elif not isinstance(rule, Mapping) or any(entry_of(rule, key) for key in MADE_BY):
                yield section, _said(rule)


def _entries(node: Node | None) -> tuple[Entry, ...]:
    return node.entries if isinstance(node, Mapping) else ()


def _under(node: Node, *keys: str) -> Node | None:
    found: Node | None = node
    for key in keys:
        entry = entry_of(found, key) if isinstance(found, Mapping) else None
        found = None if entry is None else entry.value
    return found


def _points(items: Node | None) -> Iterator[Node]:
    for item in _entries(items):
        points = _under(item.value, "points")
        if points is not None:
            yield points
        yield from _points(_under(item.value, "items"))


def _values(tree: Expr | Mistake) -> int:
    assert not isinstance(tree, Mistake)
    return sum(map(_values, parts_of(tree))) or 1


def _scales_and_lines(file: Path) -> Iterator[tuple[str, str]]:
    """Return the scales of a file, and the lines of its pay that join several values."""
    root = _root(file)
    scales = [*_points(_under(root, "score", "items"))]
    scales += [entry.value for entry in _entries(_under(root, "params"))]
    lines = [entry.value for entry in _entries(_under(root, "pay", "lines"))]
    for rule in (*scales, *lines):
        if isinstance(rule, Mapping):
            yield "scale", _said(rule)
    for rule in lines:
        if isinstance(rule, Scalar) and _values(parsed(rule.value)) > NAMED_AT_MOST:
            yield "line", rule.value


def _root(file: Path) -> Mapping:
    text = read_text(file, file.relative_to(SHELF).as_posix())
    assert isinstance(text, Source)
    root, _ = parse_yaml(text)
    assert isinstance(root, Mapping)
    return root


def _repeated(
    read: Callable[[Path], Iterator[tuple[str, str]]], at_least: int
) -> dict[tuple[str, str], list[str]]:
    """Return what several rulesets of the shelf say, by what it is, with their files."""
    files_by_said = defaultdict(list)
    for file in sorted(SHELF.rglob("*.yaml")):
        if not file.name.endswith(".test.yaml"):
            for said in read(file):
                files_by_said[said].append(file.relative_to(SHELF).as_posix())
    assert len(files_by_said) >= at_least
    return {said: files for said, files in files_by_said.items() if len(files) > 1}


def test_what_two_rulesets_would_define_stands_in_a_base():
    assert _repeated(_definitions, 200) == {}


def test_scales_and_joined_values_of_two_rulesets_stand_in_a_base():
    assert _repeated(_scales_and_lines, 50) == {}
