"""Files to start from: a shop's over a base, or a whole small ruleset with its test."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from kpi_engine.language import ir
from kpi_engine.ruleset.checked import Param, ParamScale
from kpi_engine.ruleset.loading import load_layered_text
from kpi_engine.ruleset.merging import entry_of
from kpi_engine.ruleset.sheet import Sheet
from kpi_engine.text.diagnostics import diagnose
from kpi_engine.text.errors import DataError, RulesetError
from kpi_engine.text.located import Mapping, Node, Scalar, written
from kpi_engine.text.source import line_text, position

_NAME = re.compile(r"\w[\w-]*(/\w[\w-]*)*")
_MOST_READERS = 3
_WORD = re.compile(r"\w+")

_SHOP = """\
ruleset: {name}
extends: {extends}

# Only what differs from the base stands here: `kpi-engine show {name}.yaml` prints the rest.
# To change a param, take the `#` away in front of it{heading}, and write another value.
"""

_RULESET = """\
ruleset: {name}
version: 1
zone: Asia/Shanghai
currency: CNY
subject: {{from: agents, key: agent_id}}  # who is assessed, with rows or without

params:
  praise_target: 90%  # the share of good ratings for a full mark

tables:
  agents:
    key: agent_id
    columns: {{agent_id: text, wage: money}}
  ratings:
    key: rating_id
    dated: rated_at  # which month a row belongs to
    columns: {{rating_id: text, agent_id: text, rated_at: datetime, stars: optional int}}

metrics:
  praise: {{from: ratings, where: stars is known, value: share(stars >= 4)}}

score:
  empty: stop  # nobody rated: no score, and the pay waits
  items:
    praise: {{points: 'attain(praise, praise_target)'}}

pay:
  lines:
    wage: {{of: score, from 90: wage, from 70: wage * score / 100, else: 0 CNY}}
"""

_TEST = """\
test: {name}
period: 2026-10
given:
  agents: |
    agent_id | wage
    An       | 2000.00
cases:
  - name: praise becomes points, and points become pay
    for: An
    table: |
      praise  => score  | wage        | pay
      90%     | 100     | 2000.00 CNY | 2000.00 CNY
      81%     | 90      | 2000.00 CNY | 2000.00 CNY
      80.99%  | 89.99   | 1799.80 CNY | 1799.80 CNY
      72%     | 80      | 1600.00 CNY | 1600.00 CNY
      63%     | 70      | 1400.00 CNY | 1400.00 CNY
      62.9%   | 69.89   | 0 CNY       | 0 CNY
      unknown | unknown | unknown     | unknown

  - name: from ratings to pay
    given:
      ratings: |
        rating_id | agent_id | rated_at         | stars
        1         | An       | 2026-10-05 09:00 | 5
        2         | An       | 2026-10-31 23:59 | 3
        3         | An       | 2026-10-06 09:00 |
        4         | An       | 2026-11-01 00:00 | 5
        5         | An       | 2026-10-07 09:00 | 4
    expect:
      An: {{praise: 2 / 3, score: 74.07, pay: 1481.40 CNY}}
    rows:
      praise: {{used: 3}}
"""


def start_shop(name: str, extends: str, folder: Path) -> Path:
    """Return the new file of a shop over a base, whose params it lists as comments.

    Params that the base requires stand there as they are, still `required`.

    Raises:
        RulesetError: the base cannot be used.
        DataError: the name is none, its file exists already or cannot be written.
    """
    path = _free_path(name, folder)
    head = f"ruleset: {name}\nextends: {extends}\n"
    loaded = load_layered_text(head, path)
    if loaded.ruleset is None or loaded.sheet is None:
        raise RulesetError(loaded.findings)
    params = loaded.ruleset.params
    waiting = any(param.value is None for param in params.values())
    heading = "" if waiting else " and of `params:`"
    lines = [_SHOP.format(name=name, extends=extends, heading=heading)] if params else [head]
    if params:
        lines.append("params:\n" if waiting else "#params:\n")
    for param in params.values():
        lines += (f"#  # {line}\n" for line in _meaning(param, loaded.sheet))
        mark = "  " if param.value is None else "#  "
        node = loaded.sheet.node_by_path["params", param.name]
        lines.append(f"{mark}{param.name}: {_as_written(node)}\n")
    _write(path, "".join(lines))
    return path


def start_ruleset(name: str, folder: Path) -> list[Path]:
    """Return the new files of a small ruleset and of its test.

    Raises:
        DataError: the name is none, a file exists already or cannot be written.
    """
    path, test = _free_path(name, folder), _free_path(name, folder, ".test.yaml")
    _write(path, _RULESET.format(name=name))
    _write(test, _TEST.format(name=name))
    return [path, test]


def _free_path(name: str, folder: Path, suffix: str = ".yaml") -> Path:
    if _NAME.fullmatch(name) is None:
        raise DataError([diagnose("K610", name=name)])
    path = folder / f"{name}{suffix}"
    if path.exists():
        raise DataError([diagnose("K611", file=path.as_posix())])
    return path


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DataError([diagnose("K451", folder=path.as_posix(), reason=reason)]) from error


def _as_written(node: Node) -> str:
    """Return a value as its file writes it, quotes included; one of several lines on one."""
    text = node.span.source.text[node.span.start : node.span.end]
    return written(node) if "\n" in text else text


def _meaning(param: Param, sheet: Sheet) -> Iterator[str]:
    """Return what is known of a param: the words beside it, its unit, and what reads it."""
    node = sheet.node_by_path["params", param.name]
    yield from _words_beside(sheet.key_by_path["params", param.name], node)
    readers = list(dict.fromkeys(_readers(param.name, sheet)))
    more = f" and {len(readers) - _MOST_READERS} more" if len(readers) > _MOST_READERS else ""
    listed = ", ".join(readers[:_MOST_READERS]) + more
    parts = (_unit(param), f"read by {listed}" if listed else "")
    said = "; ".join(part for part in parts if part)
    if said:
        yield said


def _words_beside(key: Scalar, node: Node) -> Iterator[str]:
    """Return the note of a param, and the comment behind it or right above it in its file."""
    note = entry_of(node, "note") if isinstance(node, Mapping) else None
    if note is not None:
        yield written(note.value)
    end = position(node.span.source, max(node.span.end - 1, node.span.start))
    rest = line_text(node.span.source, end.line)[end.column :]
    if "#" in rest:
        yield rest.partition("#")[2].strip()
        return
    line = position(key.span.source, key.span.start).line - 1
    above: list[str] = []
    while line > 0 and (text := line_text(node.span.source, line).strip()).startswith("#"):
        above.insert(0, text.lstrip("# "))
        line -= 1
    yield from above


def _unit(param: Param) -> str:
    match param.value:
        case None:
            return ""
        case ParamScale(dated=True, scale=scale):
            return f"{_kind_of(scale)}, from each day on"
        case ParamScale(scale=scale):
            return f"a scale that gives {_kind_of(scale)}"
        case formula:
            return str(formula.node.type.kind)


def _kind_of(scale: ir.Scale) -> str:
    values: Iterable[ir.Node] = () if isinstance(scale, ir.Line) else ir.scale_values(scale)
    return next((str(value.type.kind) for value in values), "a number")


def _readers(name: str, sheet: Sheet) -> Iterator[str]:
    """Return the tables, metrics, items, lines and params whose texts read a param."""
    for path, node in sheet.node_by_path.items():
        if path[:2] == ("params", name) or not isinstance(node, Scalar) or name not in node.value:
            continue
        if {"title", "source", "note"}.isdisjoint(map(str, path)) and name in _WORD.findall(
            node.value
        ):
            keys = [str(key) for key in path]
            match keys:
                case ["metrics" | "tables" | "params" as part, owner, *_]:
                    yield f"the {part.removesuffix('s')} `{owner}`"
                case ["score" | "pay" as total, "items" | "lines" | "then", owner, *_]:
                    yield f"`{owner}` of the {total}"
                case _:
                    yield f"`{keys[0]}`"
