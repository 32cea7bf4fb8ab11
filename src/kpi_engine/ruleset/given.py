"""Params that are given from outside, in place of those of a ruleset."""

from collections.abc import Mapping

from kpi_engine.language.scopes import closest
from kpi_engine.ruleset.sheet import Sheet, report
from kpi_engine.text.located import Entry, Scalar
from kpi_engine.text.located import Mapping as YamlMapping
from kpi_engine.text.source import Source, Span


def with_params(root: YamlMapping, params: Mapping[str, str]) -> YamlMapping:
    """Return the tree with some params replaced by given texts."""
    written = _written_params(root)
    if not params or (written is not None and not isinstance(written.value, YamlMapping)):
        return root
    by_name = {entry.key.value: entry for entry in _entries(written)}
    by_name |= {name: Entry(_spoken(name), _spoken(text)) for name, text in params.items()}
    key = written.key if written is not None else _spoken("params")
    merged = Entry(key, YamlMapping(tuple(by_name.values()), key.span, flow=False))
    others = tuple(entry for entry in root.entries if entry is not written)
    return YamlMapping((*others, merged), root.span, root.flow)


def find_unknown_params(sheet: Sheet, root: YamlMapping, params: Mapping[str, str]) -> None:
    """Note the given params that the ruleset does not have."""
    known = {entry.key.value for entry in _entries(_written_params(root))}
    for name in params:
        if name not in known:
            near = closest(name, known)
            report(sheet, "K315", _spoken(name).span, name=name, near=near)


def _written_params(root: YamlMapping) -> Entry | None:
    return next((entry for entry in root.entries if entry.key.value == "params"), None)


def _entries(written: Entry | None) -> tuple[Entry, ...]:
    return written.value.entries if written and isinstance(written.value, YamlMapping) else ()


def _spoken(text: str) -> Scalar:
    source = Source("params", text)
    return Scalar(text, "plain", Span(source, 0, len(text)))
