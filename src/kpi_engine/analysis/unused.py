"""Params and metrics that nothing uses: neither their own file nor any that extends it.

Which files extend one is known of those that are checked together. A file without score and pay is
a shelf: it is there for others, and of one whose children are not looked at nothing is said.
"""

from collections.abc import Iterator, Sequence

from kpi_engine.analysis.reading import metrics_read
from kpi_engine.ruleset.checked import Ruleset
from kpi_engine.ruleset.loading import Loaded
from kpi_engine.ruleset.merging import entry_of, is_removal
from kpi_engine.ruleset.origins import reads_name
from kpi_engine.ruleset.params import REQUIRED
from kpi_engine.ruleset.sheet import lay_out
from kpi_engine.text.diagnostics import Diagnostic, diagnose
from kpi_engine.text.located import Entry, Scalar
from kpi_engine.text.located import Mapping as YamlMapping

_SHOWN = "true"

Readers = dict[int, frozenset[str]]
"""The names of metrics that rulesets read, by the identity of what they share."""


def find_unused(
    loaded: Loaded, children: Sequence[tuple[Loaded, int]], readers: Readers
) -> Iterator[Diagnostic]:
    """Return a finding for every param and metric of a file that nothing uses.

    ``children`` are the files that extend it, each with how many files lie between. ``readers`` are
    what was found of rulesets before.
    """
    ruleset, layers = loaded.ruleset, loaded.layers
    if ruleset is None or layers is None or (not children and _is_shelf(ruleset)):
        return
    words = _words(len(children))
    for entry in _new(layers.files, "params"):
        if not children and _is_required(entry):
            continue  # a child that is not looked at gives it, and may read it
        if not _is_param_read(loaded, entry.key.value, children):
            yield diagnose("K701", entry.key.span, name=entry.key.value, children=words)
    own = [entry for entry in _new(layers.files, "metrics") if not _is_shown(entry)]
    if not own:
        return
    used = set(_read(ruleset, readers))
    if _is_shelf(ruleset):
        used |= {name for child, _ in children if child.ruleset for name in child.ruleset.metrics}
    for child, _ in children:
        if child.ruleset is None:
            return
        used |= _read(child.ruleset, readers)
    for entry in own:
        if entry.key.value not in used:
            yield diagnose("K702", entry.key.span, name=entry.key.value, children=words)


def _words(count: int) -> str:
    if not count:
        return ""
    return (
        ", here and in the file that extends this one"
        if count == 1
        else (f", here and in the {count} files that extend this one")
    )


def _is_shelf(ruleset: Ruleset) -> bool:
    return ruleset.score is None and ruleset.pay is None


def _new(files: Sequence[YamlMapping], key: str) -> list[Entry]:
    """Return the entries of a file that none of its parents has."""
    own, *parents = (entry_of(file, key) for file in files)
    if own is None or not isinstance(own.value, YamlMapping):
        return []
    known = {
        entry.key.value
        for parent in parents
        if parent is not None and isinstance(parent.value, YamlMapping)
        for entry in parent.value.entries
    }
    return [
        entry
        for entry in own.value.entries
        if entry.key.value not in known and not is_removal(entry.value)
    ]


def _is_required(entry: Entry) -> bool:
    return isinstance(entry.value, Scalar) and entry.value.value == REQUIRED


def _is_shown(entry: Entry) -> bool:
    shown = entry_of(entry.value, "shown") if isinstance(entry.value, YamlMapping) else None
    return shown is not None and isinstance(shown.value, Scalar) and shown.value.value == _SHOWN


def _is_param_read(loaded: Loaded, name: str, children: Sequence[tuple[Loaded, int]]) -> bool:
    if loaded.sheet is not None and reads_name(loaded.sheet, name):
        return True
    for child, above in children:
        files = child.layers.files[:above] if child.layers is not None else ()
        if any(reads_name(lay_out(file), name) for file in files):
            return True
    return loaded.sheet is None


def _read(ruleset: Ruleset, readers: Readers) -> frozenset[str]:
    """Return the metrics that a ruleset reads; shops over one base read the same."""
    shared = id(ruleset.metrics)
    if shared not in readers:
        readers[shared] = metrics_read(ruleset)
    return readers[shared]
