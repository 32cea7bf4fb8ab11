"""Rulesets side by side: what each assesses, what it needs, and what decides its score."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

from kpi_engine.language.kinds import Kind
from kpi_engine.language.mistakes import Mistake
from kpi_engine.language.scopes import closest
from kpi_engine.review.files import TEST_SUFFIX, expand_pattern, find_files, is_pattern, kind_of
from kpi_engine.ruleset.across import names_of_history
from kpi_engine.ruleset.checked import Item, Ruleset
from kpi_engine.ruleset.context import names_in
from kpi_engine.ruleset.loading import load_layered
from kpi_engine.ruleset.parents import shipped_rulesets, shown_path
from kpi_engine.ruleset.reads import inputs_of_score, inputs_read
from kpi_engine.ruleset.sheet import Path as PathInFile
from kpi_engine.ruleset.sheet import Sheet, parsed
from kpi_engine.text.diagnostics import Diagnostic, diagnose
from kpi_engine.text.errors import DataError, RulesetError
from kpi_engine.text.located import Mapping as YamlMapping
from kpi_engine.text.located import written

Rows = Literal["events", "marks"]
"""Rows of a day or moment, or rows of a whole month: marks that people give, figures counted."""


@dataclass(frozen=True, slots=True)
class RulesetSummary:
    """One ruleset of a list: what its file says, and what was computed from it when it was checked.

    ``title`` and ``source`` are words by language, ``""`` where they name none. ``platform`` is the
    first part of a name of several. ``roster`` is who is assessed, those for whom ``where`` is true
    or, None, everybody. ``inputs`` are the tables a run reads, the roster among them, and
    ``history`` says that it reads earlier results too. ``metrics`` are those that are computed.
    ``weights`` are the shares of the whole score, by the path of the item, a group before its
    items; None where they wait for a param that is still required. ``order`` is what they come
    from where no weight is written. ``scored_from`` are the rows that decide the score. ``pay`` has
    the rules of lines and steps by name, as they are written.
    """

    ruleset: str
    file: str
    version: str | None
    title: Mapping[str, str]
    source: Mapping[str, str]
    platform: str | None
    roster: str
    where: str | None
    inputs: tuple[str, ...]
    history: bool
    metrics: tuple[str, ...]
    weights: Mapping[str, Fraction | None]
    order: str | None
    scored_from: tuple[Rows, ...]
    pay: Mapping[str, str]


def list_files(paths: Iterable[Path], needs: Iterable[str] = ()) -> tuple[RulesetSummary, ...]:
    """Return the rulesets of files, folders and patterns; of none, those that are shipped.

    With ``needs`` those that read all of these input tables.

    Raises:
        RulesetError: one of them cannot be used; the error holds every finding.
        DataError: there is none, or none of them reads one of the tables.
    """
    asked = list(paths) or [shipped_rulesets()]
    summaries: list[RulesetSummary] = []
    findings: list[Diagnostic] = []
    for file in dict.fromkeys(file for path in asked for file in _rulesets(path)):
        loaded = load_layered(file)
        if loaded.ruleset is None or loaded.sheet is None:
            findings += loaded.findings
        else:
            summaries.append(_summary(loaded.ruleset, loaded.sheet, shown_path(file)))
    if findings:
        raise RulesetError(findings)
    return _reading(summaries, list(needs))


def _rulesets(path: Path) -> list[Path]:
    if is_pattern(path) and not expand_pattern(path):
        raise DataError([diagnose("K550", pattern=path.as_posix())])
    files = expand_pattern(path) if is_pattern(path) else find_files(path)
    if files == [path]:
        return files
    found = [
        file for file in files if not file.name.endswith(TEST_SUFFIX) and kind_of(file) == "ruleset"
    ]
    if not found:
        raise DataError([diagnose("K501", name=path.as_posix())])
    return found


def _reading(summaries: list[RulesetSummary], needs: list[str]) -> tuple[RulesetSummary, ...]:
    known = {table for summary in summaries for table in summary.inputs}
    unknown = [
        diagnose("K641", name=name, near=closest(name, known))
        for name in dict.fromkeys(needs)
        if name not in known
    ]
    if unknown:
        raise DataError(unknown)
    return tuple(summary for summary in summaries if set(needs) <= set(summary.inputs))


def _summary(ruleset: Ruleset, sheet: Sheet, file: str) -> RulesetSummary:
    where = ruleset.subject.where
    items = ruleset.score.items if ruleset.score is not None else ()
    order = sheet.node_by_path.get(("score", "order"))
    derived = order is not None and not any(
        ("score", "items", item.path, "weight") in sheet.node_by_path for item in items
    )
    return RulesetSummary(
        ruleset=ruleset.name,
        file=file,
        version=ruleset.version,
        title=ruleset.title,
        source=_source(sheet),
        platform=ruleset.name.partition("/")[0] if "/" in ruleset.name else None,
        roster=ruleset.subject.table,
        where=where.text if where is not None else None,
        inputs=inputs_read(ruleset),
        history=bool(names_of_history(ruleset)),
        metrics=tuple(n for n in ruleset.metrics if ("metrics", n) in sheet.node_by_path),
        weights=dict(_weights(items, ("score", "items"), Fraction(1), _missing(ruleset), sheet)),
        order=written(order) if order is not None and derived else None,
        scored_from=tuple(_scored_from(ruleset)),
        pay=_pay(sheet),
    )


def _source(sheet: Sheet) -> dict[str, str]:
    node = sheet.node_by_path.get(("source",))
    if isinstance(node, YamlMapping):
        return {entry.key.value: written(entry.value) for entry in node.entries}
    return {} if node is None else {"": written(node)}


def _missing(ruleset: Ruleset) -> frozenset[str]:
    return frozenset(name for name, param in ruleset.params.items() if param.value is None)


def _weights(
    items: tuple[Item, ...],
    path: PathInFile,
    whole: Fraction | None,
    missing: frozenset[str],
    sheet: Sheet,
) -> Iterator[tuple[str, Fraction | None]]:
    """Return the share of the whole score of each item; one that waits lets its siblings wait."""
    names = [item.path.rpartition("/")[2] for item in items]
    if any(_waits(sheet, (*path, name, "weight"), missing) for name in names):
        whole = None
    for item, name in zip(items, names, strict=True):
        share = None if whole is None else whole * item.weight
        yield item.path, share
        yield from _weights(item.children, (*path, name, "items"), share, missing, sheet)


def _waits(sheet: Sheet, path: PathInFile, missing: frozenset[str]) -> bool:
    node = sheet.node_by_path.get(path)
    tree = parsed(written(node)) if node is not None else None
    if tree is None or isinstance(tree, Mistake):
        return False
    return bool(names_in(tree) & missing)


def _scored_from(ruleset: Ruleset) -> Iterator[Rows]:
    """Return whether rows of days decide the score, and rows of months; the roster is neither."""
    tables = (ruleset.tables[name] for name in inputs_of_score(ruleset))
    kinds = {table.types[table.clock].kind for table in tables if table.clock is not None}
    if kinds - {Kind.MONTH}:
        yield "events"
    if Kind.MONTH in kinds:
        yield "marks"


def _pay(sheet: Sheet) -> dict[str, str]:
    rules: dict[str, str] = {}
    for part in ("lines", "then"):
        node = sheet.node_by_path.get(("pay", part))
        if isinstance(node, YamlMapping):
            rules |= {entry.key.value: written(entry.value) for entry in node.entries}
    return rules
