"""What can be said of rules that are right: what decides nothing, what is said twice, cliffs.

Nothing here keeps a ruleset from running. Of shops over one base those that come later are held to
the first of their kind: what their own params change is looked at again, and nothing else.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kpi_engine.analysis.cliffnotes import cliff_notes
from kpi_engine.analysis.cliffs import Part, is_even, parts_of_pay
from kpi_engine.analysis.outcomes import Ruling, deciding_params, find_outcomes, rulings_of
from kpi_engine.analysis.quoted import find_quoted
from kpi_engine.analysis.reading import params_behind
from kpi_engine.analysis.twins import find_twins
from kpi_engine.analysis.unused import Readers, find_unused
from kpi_engine.language.kinds import Kind
from kpi_engine.ruleset.checked import Metric, Param, ParamScale, Ruleset
from kpi_engine.ruleset.loading import Loaded
from kpi_engine.ruleset.parents import real_path
from kpi_engine.text.diagnostics import Diagnostic
from kpi_engine.text.source import Span


@dataclass(slots=True)
class _Kind:
    """What rulesets have in common that differ in params and weights alone.

    ``first`` is kept so that nothing else takes its identity. Of the ``parts`` of the pay weights
    alone may be others for another ruleset. ``hanging`` is asked for once there is a second.
    """

    first: Ruleset
    rulings: Sequence[Ruling]
    parts: Sequence[Part]
    hanging: "_Hanging | None" = None


@dataclass(frozen=True, slots=True)
class _Hanging:
    """The params that each rule, and each part of the pay, hangs on."""

    rulings: Sequence[frozenset[str]]
    parts: Sequence[frozenset[str]]


@dataclass(frozen=True, slots=True)
class Desk:
    """What was found so far: kinds of rulesets, and the places of which something is said."""

    kinds: dict[tuple[int, ...], _Kind] = field(default_factory=dict)
    said: set[tuple[str, Span]] = field(default_factory=set)


def analyse_files(loaded_by_name: Mapping[str, Loaded]) -> dict[str, list[Diagnostic]]:
    """Return what there is to say of rulesets that are checked together, by their names.

    What lies in a parent is told where the parent is looked at too, once: by itself, or else by the
    first of its children that shows it.
    """
    by_path = {path: each for each in loaded_by_name.values() if (path := _path_of(each, 0))}
    children: dict[Path, list[tuple[Loaded, int]]] = {}
    for each in loaded_by_name.values():
        for above in range(1, len(each.layers.paths) if each.layers is not None else 0):
            parent = _path_of(each, above)
            if parent in by_path:
                children.setdefault(parent, []).append((each, above))
    found: dict[str, list[Diagnostic]] = {name: [] for name in loaded_by_name}
    desk, readers = Desk(), Readers()
    for name in sorted(loaded_by_name, key=lambda name: _depth(loaded_by_name[name])):
        loaded = loaded_by_name[name]
        if loaded.ruleset is not None:
            said = analyse(loaded.ruleset, desk, _offered(loaded, by_path))
            found[name] += [each for each in said if _file_of(each) in by_path]
            own = children.get(_path_of(loaded, 0) or Path(), ())
            found[name] += find_unused(loaded, own, readers)
    return found


def analyse_shops(rulesets: Iterable[Ruleset]) -> list[Diagnostic]:
    """Return what there is to say of what the shops of a fleet say themselves."""
    desk = Desk()
    return [
        each
        for ruleset in rulesets
        for each in analyse(ruleset, desk)
        if each.span is not None and each.span.source.name == ruleset.layers[0].path
    ]


def _depth(loaded: Loaded) -> int:
    return len(loaded.layers.files) if loaded.layers is not None else 0


def _path_of(loaded: Loaded, above: int) -> Path | None:
    """Return the file of a ruleset or of a parent of it."""
    paths = loaded.layers.paths if loaded.layers is not None else ()
    path = paths[above] if above < len(paths) else None
    return None if path is None else real_path(path)


def _file_of(finding: Diagnostic) -> Path | None:
    return None if finding.span is None else real_path(Path(finding.span.source.name))


def _offered(loaded: Loaded, by_path: Mapping[Path, Loaded]) -> Iterator[Metric]:
    """Return the metrics of the parents that are looked at too, the furthest first."""
    for above in range(_depth(loaded) - 1, 0, -1):
        parent = by_path.get(_path_of(loaded, above) or Path())
        if parent is not None and parent.ruleset is not None:
            yield from parent.ruleset.metrics.values()


def analyse(ruleset: Ruleset, desk: Desk, offered: Iterable[Metric] = ()) -> list[Diagnostic]:
    """Return what there is to say of a ruleset, but for places of which it was said before.

    ``offered`` are metrics of parents that the ruleset does not compute.
    """
    steps = None if ruleset.score is None else ruleset.score.steps
    key = (id(ruleset.metrics), id(ruleset.tables), id(ruleset.pay), id(steps))
    kind = desk.kinds.get(key)
    if kind is None:
        parts = list(parts_of_pay(ruleset))
        kind = desk.kinds[key] = _Kind(ruleset, list(rulings_of(ruleset)), parts)
        found = [*find_twins(ruleset, offered), *find_quoted(ruleset)]
        found += find_outcomes(ruleset, kind.rulings)
        found += cliff_notes(ruleset, parts)
    else:
        found = _of_another(ruleset, kind)
    new = [each for each in found if each.span is None or (each.code, each.span) not in desk.said]
    desk.said.update((each.code, each.span) for each in new if each.span is not None)
    return new


def _of_another(ruleset: Ruleset, kind: _Kind) -> list[Diagnostic]:
    """Return what the params of a further ruleset of a kind change, at places of its own."""
    file = ruleset.layers[0].path
    own = {name for name, param in ruleset.params.items() if param.span.source.name == file}
    if not own:
        return []
    found: list[Diagnostic] = []
    if any(_is_text(ruleset.params[name]) for name in own):
        found += find_quoted(ruleset)
    if kind.hanging is None:
        kind.hanging = _hanging_of(kind)
    moved = [n for n, params in enumerate(kind.hanging.rulings) if not own.isdisjoint(params)]
    found += find_outcomes(ruleset, [kind.rulings[n] for n in moved])
    hanging = [n for n, params in enumerate(kind.hanging.parts) if not own.isdisjoint(params)]
    if not all(is_even(kind.parts[n], ruleset) for n in hanging):
        parts = list(parts_of_pay(ruleset))
        found += cliff_notes(ruleset, [parts[n] for n in hanging])
    return [each for each in found if each.span is not None and each.span.source.name == file]


def _hanging_of(kind: _Kind) -> _Hanging:
    return _Hanging(
        [deciding_params(ruling, kind.first) for ruling in kind.rulings],
        [params_behind(part.node, kind.first) for part in kind.parts],
    )


def _is_text(param: Param) -> bool:
    value = param.value
    if isinstance(value, ParamScale):
        return any("'" in case.value.text for case in value.cases)
    return value is not None and value.node.type.kind is Kind.TEXT
