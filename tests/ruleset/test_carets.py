"""The caret stands under the very word, however the formula around it is quoted or laid out.

Every name in every formula of the shipped rulesets is misspelt, each formula written in six styles.
One check misspells one name of every formula of a file at once: each has to be told at its place.
"""

import re
from collections.abc import Iterator

import pytest
from tests.ruleset.test_damage import FULL

from kpi_engine.language.tokens import tokenize
from kpi_engine.ruleset.loading import load_ruleset_text
from kpi_engine.ruleset.parents import shipped_rulesets
from kpi_engine.text.located import Mapping, Node, Scalar, Sequence
from kpi_engine.text.reading import parse_yaml
from kpi_engine.text.source import Source

STYLES = ["plain", "single", "double", "literal", "folded", "flow"]
TEXTS = {
    path.relative_to(shipped_rulesets()).as_posix(): path.read_text(encoding="utf-8")
    for path in sorted(shipped_rulesets().rglob("*.yaml"))
    if path.parent.name != "examples" or path.stem in {"chinese", "clawback_marginal"}
    if not path.name.endswith(".test.yaml")
} | {"the whole language": FULL}

NO_FORMULA = {"skip", "stop", "null", "~"}
NOT_PLAIN = re.compile(r"""^[\s'"\-?:,\[\]{}#&*!|>%@`]|: |:$| #|\s$|^$""")

Path_ = tuple[str, ...]


def is_formula(path: Path_, node: Node, *, in_scale: bool) -> bool:
    """Whether the text at a path is a formula that may read names."""
    if not isinstance(node, Scalar) or node.value in NO_FORMULA or path[0] == "params":
        return False
    if in_scale:
        return path[-1] not in {"note", "over"}
    match path:
        case ("metrics", _) | ("metrics", _, "where" | "value" | "whose") | ("subject", "where"):
            return True
        case ("tables", _, "where" | "starts_when") | ("tables", _, "add" | "drop", _):
            return True
        case ("tables", _, "match", _, "where"):
            return True
        case ("score", "items", *_, "points" | "empty") | ("score", "empty"):
            return True
        case ("score" | "pay", "then", _) | ("pay", "lines", _):
            return True
        case _:
            return False


class Writer:
    """Writes a tree as YAML, formulas in one style, the ``nth`` name of each formula misspelt."""

    def __init__(self, style: str, nth: int) -> None:
        self.style = style
        self.nth = nth
        self.misspelt: list[str] = []

    def text(self, root: Mapping) -> str:
        return "".join(self.block(root, (), ""))

    def block(self, node: Mapping, path: Path_, indent: str) -> Iterator[str]:
        in_scale = any(entry.key.value == "of" for entry in node.entries)
        for entry in node.entries:
            mine, value = (*path, entry.key.value), entry.value
            yield f"{indent}{quoted(entry.key)}:"
            flows = self.style == "flow" and len(mine) > 1
            if isinstance(value, Mapping) and value.entries and not flows:
                yield "\n"
                yield from self.block(value, mine, f"{indent}  ")
            else:
                deeper = f"{indent}    "
                yield f" {self.value(value, mine, deeper, in_scale=in_scale, flow=False)}\n"

    def value(self, node: Node, path: Path_, indent: str, *, in_scale: bool, flow: bool) -> str:
        match node:
            case Scalar() if is_formula(path, node, in_scale=in_scale):
                return self.formula(node.value, indent, flow=flow)
            case Scalar():
                return quoted(node, flow=flow)
            case Sequence(items=items):
                parts = [self.value(i, path, indent, in_scale=False, flow=True) for i in items]
                return f"[{', '.join(parts)}]"
            case Mapping(entries=entries):
                of = any(entry.key.value == "of" for entry in entries)
                parts = []
                for entry in entries:
                    mine = (*path, entry.key.value)
                    value = self.value(entry.value, mine, indent, in_scale=of, flow=True)
                    parts.append(f"{quoted(entry.key, flow=True)}: {value}")
                return f"{{{', '.join(parts)}}}"

    def formula(self, text: str, indent: str, *, flow: bool) -> str:
        lines = self.damaged(text.strip())
        match self.style:
            case "literal":
                return f"|\n{indent}" + f"\n{indent}".join(lines)
            case "folded":
                return f">-\n{indent}" + f"\n{indent}".join(lines)
            case "double":
                escaped = [line.replace("\\", "\\\\").replace('"', '\\"') for line in lines]
                return f'"{escaped[0]}' + "".join(f"\n{indent}{line}" for line in escaped[1:]) + '"'
            case "single":
                pass
            case _ if not NOT_PLAIN.search(" ".join(lines)) and not (
                flow and re.search(r"[\[\]{},]", " ".join(lines))
            ):
                return f"\n{indent}".join(lines)
        escaped = [line.replace("'", "''") for line in lines]
        return f"'{escaped[0]}" + "".join(f"\n{indent}{line}" for line in escaped[1:]) + "'"

    def damaged(self, text: str) -> list[str]:
        """The formula on two lines where it can be broken, one of its names misspelt."""
        tokens = tokenize(text)
        names = [i for i, kind in enumerate(tokens.kinds) if kind == "name"]
        if self.nth < len(names):
            name = tokens.texts[names[self.nth]]
            wrong = f"{name}q{len(self.misspelt)}q"
            self.misspelt.append(wrong)
            end = tokens.ends[names[self.nth]]
            text = text[: end - len(name)] + wrong + text[end:]
            tokens = tokenize(text)
        gaps = [
            (end, start)
            for end, start in zip(tokens.ends, tokens.starts[1:], strict=False)
            if start > end and start < len(text) and not text[start:].startswith("#")
        ]
        if not gaps:
            return [" ".join(text.split("\n"))]
        end, start = gaps[len(gaps) // 2]
        return [text[:end].replace("\n", " "), text[start:].replace("\n", " ")]


def quoted(scalar: Scalar, *, flow: bool = False) -> str:
    """A key or a text that is no formula, as it was written or between quotes."""
    value = scalar.value
    plain = scalar.style == "plain" and not (flow and re.search(r"[\[\]{},]", value))
    return value if plain else "'" + value.replace("'", "''") + "'"


def tree_of(name: str) -> Mapping:
    root, findings = parse_yaml(Source(name, TEXTS[name]))
    assert isinstance(root, Mapping)
    assert findings == []
    return root


def names_something(name: str) -> bool:
    """Whether a formula of a file reads a name: one that sets params alone has none."""
    writer = Writer("plain", 0)
    writer.text(tree_of(name))
    return bool(writer.misspelt)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", [name for name in TEXTS if names_something(name)])
def test_a_misspelt_name_is_pointed_at(name, style):
    root = tree_of(name)
    for nth in range(100):
        writer = Writer(style, nth)
        text = writer.text(root)
        _, found = load_ruleset_text(text, name)
        if not writer.misspelt:
            assert nth > 0
            assert [f for f in found if f.severity == "error"] == []
            return
        pointed_at = {
            (f.span.start, f.span.end) for f in found if f.span and f.span.source.text == text
        }
        for word in writer.misspelt:
            start = text.index(word)
            assert (start, start + len(word)) in pointed_at, (word, text[start - 80 : start + 80])
    raise AssertionError("no formula has a hundred names")


@pytest.mark.parametrize("style", STYLES)
def test_a_ruleset_means_the_same_in_every_style(style):
    text = Writer(style, 10_000).text(tree_of("the whole language"))
    written, _ = load_ruleset_text(text)
    original, _ = load_ruleset_text(FULL)
    assert written is not None
    assert original is not None
    assert written.metrics.keys() == original.metrics.keys()
    for metric in original.metrics.values():
        assert written.metrics[metric.name].value.node == metric.value.node
