"""What a ruleset looks up in other tables, by table: columns, or the names of a long table."""

from collections.abc import Iterator

from kpi_engine.execution.rules import named_rules
from kpi_engine.language import ir
from kpi_engine.ruleset.checked import Ruleset


def names_looked_up(ruleset: Ruleset) -> dict[str, dict[str, None]]:
    """Return what is read behind a dot, from rows and for subjects, by table.

    The columns of matched rows and of the row before are not looked up.
    """
    found: dict[str, dict[str, None]] = {}
    for name in _dotted(ruleset):
        table, dot, column = name.partition(".")
        if dot and table in ruleset.tables:
            found.setdefault(table, {})[column] = None
    return found


def _dotted(ruleset: Ruleset) -> Iterator[str]:
    for _, rule in named_rules(ruleset):
        refs = (ref for ref in ir.references(rule.node) if ref.space in {"row", "subject"})
        yield from sorted(ref.name for ref in refs)
    for metric in ruleset.metrics.values():
        yield from metric.key
