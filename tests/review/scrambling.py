"""A text of YAML written anew with the same values, in whatever layout chance has."""

import json
import random
from collections.abc import Iterator

from kpi_engine.text.located import Entry, Mapping, Node, Scalar, Sequence
from kpi_engine.text.quoting import one_line


def scrambled(root: Mapping, chance: random.Random, remarks: list[str], *, blanks: bool) -> str:
    """Return the values of a text in another layout, comments among them in their order."""
    waiting = iter(remarks)
    lines = list(_block(root, chance, "", waiting, blanks=blanks))
    lines += waiting  # in the first column, where no block of lines takes them for its own
    return "".join(f"{line}\n" for line in lines)


def _block(
    node: Mapping | Sequence,
    chance: random.Random,
    indent: str,
    waiting: Iterator[str],
    *,
    blanks: bool,
) -> Iterator[str]:
    parts: tuple[Entry | Node, ...]
    parts = node.entries if isinstance(node, Mapping) else node.items
    for part in parts:
        if blanks and chance.random() < 0.1:
            yield from [""] * chance.randint(1, 3)
        if chance.random() < 0.1:
            yield from (f"{indent}{remark}" for remark in _some(waiting))
        if isinstance(part, Entry):
            value, head = part.value, f"{indent}{_word(part.key, chance, key=True, flow=False)}:"
        else:
            value, head = part, f"{indent}-"
        yield from _value(head, value, chance, indent, waiting, blanks=blanks)


def _value(
    head: str,
    value: Node,
    chance: random.Random,
    indent: str,
    waiting: Iterator[str],
    *,
    blanks: bool,
) -> Iterator[str]:
    behind = ""
    if chance.random() < 0.2:
        behind = "".join(f"{' ' * chance.randint(1, 9)}{remark}" for remark in _some(waiting))
    deeper = indent + " " * chance.randint(1, 5)
    gap = " " * chance.randint(1, 3)
    if isinstance(value, Scalar):
        if value.style in ("literal", "folded"):
            yield from _lines(f"{head}{gap}", value, deeper)
        else:
            yield f"{head}{gap}{_word(value, chance, key=False, flow=False)}{behind}".rstrip()
    elif chance.random() < 0.5 or _is_long(value):
        parts = value.entries if isinstance(value, Mapping) else value.items
        if not parts:
            yield f"{head} {'{}' if isinstance(value, Mapping) else '[]'}{behind}"
            return
        yield f"{head}{behind}"
        yield from _block(value, chance, deeper, waiting, blanks=blanks)
    else:
        yield f"{head}{gap}{_flow(value, chance, deeper, waiting)}{behind}"


def _some(waiting: Iterator[str]) -> Iterator[str]:
    remark = next(waiting, None)
    if remark is not None:
        yield remark


def _is_long(node: Node) -> bool:
    """Return whether a value holds a text in lines, which cannot stand between brackets."""
    match node:
        case Scalar(value=value, style=style):
            return style in ("literal", "folded") or (style == "plain" and not value)
        case Mapping(entries=entries):
            return any(_is_long(entry.value) for entry in entries)
        case Sequence(items=items):
            return any(map(_is_long, items))


def _flow(node: Node, chance: random.Random, indent: str, waiting: Iterator[str]) -> str:
    if isinstance(node, Scalar):
        return _word(node, chance, key=False, flow=True)
    gap, comma = " " * chance.randint(0, 2), ", "
    if chance.random() < 0.2:
        gap = f"\n{indent} "
        comma = f",{gap}"
        if chance.random() < 0.3:
            comma = f",  {''.join(_some(waiting))}{gap}"
    pieces: list[str] = []
    if isinstance(node, Mapping):
        for entry in node.entries:
            name = _word(entry.key, chance, key=True, flow=True)
            pieces.append(f"{name}: {_flow(entry.value, chance, indent, waiting)}")
        return f"{{{gap}{comma.join(pieces)}{gap}}}"
    pieces = [_flow(item, chance, indent, waiting) for item in node.items]
    return f"[{gap}{comma.join(pieces)}{gap}]"


def _word(scalar: Scalar, chance: random.Random, *, key: bool, flow: bool) -> str:
    quoted = Scalar(scalar.value, "single", scalar.span)
    bare = one_line(quoted, key=key, flow=flow) == scalar.value
    if scalar.style == "plain" and not bare:
        return one_line(scalar, key=key, flow=flow)
    if not bare:
        return chance.choice([one_line(quoted, key=key, flow=flow), _double(scalar)])
    doubled = scalar.value.replace("'", "''")
    return chance.choice([scalar.value, f"'{doubled}'", _double(scalar)])


def _double(scalar: Scalar) -> str:
    return json.dumps(scalar.value, ensure_ascii=False)


def _lines(head: str, scalar: Scalar, indent: str) -> Iterator[str]:
    text = scalar.span.source.text[scalar.span.start : scalar.span.end]
    header, *lines = text.rstrip().split("\n")
    lead = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
    yield f"{head}{header.split()[0]}"
    for line in lines:
        yield f"{indent}{line[lead:]}".rstrip()
