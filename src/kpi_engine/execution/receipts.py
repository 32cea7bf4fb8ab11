"""The receipt of a run: what went in, under which rules and versions, and what came of it."""

import platform
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

import polars as pl

from kpi_engine.execution.inputs import Input
from kpi_engine.execution.results import (
    Accounting,
    HistoryReceipt,
    InputReceipt,
    LayerReceipt,
    NoteReceipt,
    Receipt,
)
from kpi_engine.execution.rules import rules_in_force
from kpi_engine.language import ir
from kpi_engine.language.kinds import Kind
from kpi_engine.ruleset.checked import Item, Layer, Metric, Ruleset
from kpi_engine.text.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a result comes from, when the run looks, what is provisional then, the hash.

    ``history`` are the earlier results that it read.
    """

    source: Literal["rows", "facts"]
    period: str
    as_of: str
    provisional: tuple[str, ...]
    result_hash: str
    history: tuple[HistoryReceipt, ...]


def write_receipt(
    ruleset: Ruleset,
    inputs: Mapping[str, InputReceipt],
    accounting: Accounting,
    notes: Iterable[Diagnostic],
    stamp: Stamp,
) -> Receipt:
    """Return the receipt of a run.

    No clock of the machine is in it: the same run gives the same receipt.
    """
    return {
        "versions": versions(),
        "ruleset": ruleset.name,
        "version": ruleset.version,
        "layers": [layer_receipt(layer) for layer in ruleset.layers],
        "params": dict(ruleset.given),
        "source": stamp.source,
        "rules": rules_in_force(ruleset),
        "kinds": {name: _kind(metric).name.lower() for name, metric in ruleset.metrics.items()},
        "weights": shown_weights(ruleset),
        "inputs": dict(inputs),
        "history": list(stamp.history),
        "subject": {"table": ruleset.subject.table, "key": list(ruleset.subject.key)},
        "period": stamp.period,
        "as_of": stamp.as_of,
        "provisional": list(stamp.provisional),
        "accounting": accounting,
        "notes": [note_receipt(note) for note in notes],
        "result_hash": stamp.result_hash,
    }


def _kind(metric: Metric) -> Kind:
    """Return what a metric measures: a part of an amount, or of a time, is read in per cent."""
    node = metric.value.node
    if isinstance(node, ir.Op) and node.op == "div":
        kinds = {arg.type.kind if isinstance(arg, ir.Ref) else None for arg in node.args}
        if kinds in ({Kind.MONEY}, {Kind.DURATION}):
            return Kind.RATIO
    return metric.type.kind


def layer_receipt(layer: Layer) -> LayerReceipt:
    """Return what a receipt says of one file of a ruleset."""
    return {"name": layer.name, "path": layer.path, "sha256": layer.sha256}


def shown_weights(ruleset: Ruleset) -> dict[str, str]:
    """Return the weights of the items by path, each a quotient of whole numbers."""
    return dict(_weights(ruleset.score.items)) if ruleset.score is not None else {}


def _weights(items: tuple[Item, ...]) -> Iterator[tuple[str, str]]:
    for item in items:
        yield item.path, str(item.weight)
        yield from _weights(item.children)


def versions() -> dict[str, str]:
    """Return the versions of what a number depends on."""
    try:
        own = version("kpi-engine")
    except PackageNotFoundError:  # run from the source tree, not installed
        own = "0+source"
    return {"kpi_engine": own, "polars": pl.__version__, "python": platform.python_version()}


def input_receipt(opened: Input, rows: int) -> InputReceipt:
    """Return what a table was given as: of a file its name, its path and the hash of its bytes."""
    return {"file": opened.file, "path": opened.path, "sha256": opened.sha256, "rows": rows}


def note_receipt(note: Diagnostic) -> NoteReceipt:
    """Return what a receipt says of a finding."""
    return {"code": note.code, "severity": note.severity, "message": note.message}
