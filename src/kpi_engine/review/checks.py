"""Everything that can be said about rulesets and their tests without running them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from kpi_engine.analysis.findings import analyse_shops
from kpi_engine.review.changes import Changes, find_changes, is_touched, refuse_strangers
from kpi_engine.review.choosing import Choice, choose_codes, hold_to_comments
from kpi_engine.review.files import (
    TEST_SUFFIX,
    FileKind,
    expand_pattern,
    find_files,
    is_pattern,
    kind_in,
)
from kpi_engine.review.inspection import inspect_rulesets
from kpi_engine.review.ranges import Reign, find_conflicts
from kpi_engine.ruleset.fleets import load_fleet
from kpi_engine.ruleset.parents import forget_real_paths
from kpi_engine.ruleset.shops import ShopText
from kpi_engine.text.diagnostics import Diagnostic, diagnose, in_reading_order
from kpi_engine.text.nodes import many_nodes
from kpi_engine.text.reading import read_text
from kpi_engine.text.source import Source

_PARTS = ("diagnostics", "ignored", "untouched", "unselected")


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What was found in every file that was looked at, and all findings in reading order.

    ``files`` has each of them by name, those without findings too. A finding stands under the file
    it lies in; one without a place, or in a base that was not looked at itself, under the file
    whose check has found it; that there was nothing to check, under the path that was given.
    ``ignored`` are the findings that a comment or the caller ignores, ``untouched`` those that no
    change touches, ``unselected`` those whose codes were not asked for, in reading order too. Each
    stands in one of the four alone.
    """

    files: Mapping[str, tuple[Diagnostic, ...]]
    diagnostics: tuple[Diagnostic, ...]
    ignored: tuple[Diagnostic, ...]
    untouched: tuple[Diagnostic, ...]
    unselected: tuple[Diagnostic, ...]


@dataclass(slots=True)
class _Review:
    """What is known so far: what each file's check has found, and the days that files govern.

    ``read`` are the files that each is made from, None where they are not known; ``texts`` are
    those of the files that are texts.
    """

    found: dict[str, list[Diagnostic]] = field(default_factory=dict)
    reigns: dict[Path, Reign] = field(default_factory=dict)
    read: dict[str, tuple[Path, ...] | None] = field(default_factory=dict)
    texts: dict[str, Source] = field(default_factory=dict)


@many_nodes()
def check_files(
    paths: Iterable[Path],
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    changed_since: str | None = None,
) -> CheckReport:
    """Return the findings of files, and of every ruleset and test in folders or under patterns.

    A folder without a ruleset or test is a finding, and so is having nothing to check at all. So is
    a day that two of the files of one shop govern, or none between two of them.

    Raises:
        DataError: a code that is selected or ignored is none, or one that is ignored is an error;
            what has changed since a revision cannot be told.
    """
    forget_real_paths()
    choice = choose_codes(select, ignore)
    changes = find_changes(changed_since) if changed_since is not None else None
    review = _Review()
    looked_at = list(paths)
    rulesets: dict[Path, None] = {}
    together: set[Path] = set()
    for path in looked_at:
        for file, kind in _kind_by_file(path, review).items():
            if kind in {"test", "fleet"}:
                _check_file(file, kind, review)
                continue
            rulesets[file] = None
            if file != path:
                together.add(file)
    alone = frozenset(file.as_posix() for file in rulesets.keys() - together)
    _check_rulesets(rulesets, alone, review)
    if not looked_at:
        review.found["."] = [diagnose("K501", name=".")]
    if changes is not None:
        refuse_strangers(changes, review.found)
    return _report(review, choice, changes)


def _kind_by_file(path: Path, review: _Review) -> Mapping[Path, FileKind]:
    """Return the files that a path means: one that is named is checked whatever it is."""
    if path.is_dir():
        return _checkable(path, find_files(path), review)
    if not is_pattern(path):
        return {path: _kind_of(path, review)}
    files = expand_pattern(path)
    if files:
        return _checkable(path, files, review)
    review.found[path.as_posix()] = [diagnose("K550", pattern=path.as_posix())]
    return {}


def _checkable(asked: Path, files: list[Path], review: _Review) -> Mapping[Path, FileKind]:
    """Return those of the files that are rulesets, tests and fleets; there has to be one."""
    kind_by_file = {file: _kind_of(file, review) for file in files}
    checkable = {file: kind for file, kind in kind_by_file.items() if kind != "other"}
    if not checkable:
        review.found[asked.as_posix()] = [diagnose("K501", name=asked.as_posix())]
        return {}
    for file in kind_by_file.keys() - checkable.keys():
        review.found[file.as_posix()] = [diagnose("K503", name=file.as_posix())]
    return checkable


def _kind_of(file: Path, review: _Review) -> FileKind:
    """Return what a file is to be checked as; one that cannot be read, as a ruleset."""
    text = _text_of(file, review) if file.is_file() else None
    if file.name.endswith(TEST_SUFFIX):
        return "test"
    if text is None:
        return "ruleset"
    return kind_in(text) if isinstance(text, Source) else "other"


def _text_of(file: Path, review: _Review) -> Source | Diagnostic:
    """Return the text of a file, which is read once."""
    name = file.as_posix()
    known = review.texts.get(name)
    if known is not None:
        return known
    text = read_text(file, name)
    if isinstance(text, Source):
        review.texts[name] = text
    return text


def _check_file(file: Path, kind: Literal["test", "fleet"], review: _Review) -> None:
    """Note the findings of a test or a fleet."""
    name = file.as_posix()
    if kind == "test":
        from kpi_engine.review.preparation import prepare_file  # noqa: PLC0415 (rulesets do without)

        prepared = prepare_file(file)
        review.read[name] = prepared.read
        review.found[name] = list(prepared.diagnostics)
        return
    fleet, found = load_fleet(file)
    review.found[name] = [*found, *(analyse_shops(fleet.shops.values()) if fleet else ())]
    layers = (layer for r in fleet.shops.values() for layer in r.layers) if fleet else ()
    whole = fleet is not None and not fleet.broken
    paths = tuple({Path(layer.path): None for layer in layers}) if whole else None
    review.read[name] = paths


def _check_rulesets(files: Iterable[Path], alone: frozenset[str], review: _Review) -> None:
    """Note the findings of rulesets and the days they govern; what they share is read once.

    Of a file that was named ``alone`` it is not known which others extend it.
    """
    texts: list[ShopText] = []
    for file in files:
        text = _text_of(file, review)
        if isinstance(text, Diagnostic):
            review.found[file.as_posix()], review.read[file.as_posix()] = [text], None
        else:
            texts.append(ShopText(file.as_posix(), text, None, file))
    for name, inspected in inspect_rulesets(texts, alone).items():
        if inspected.reign is not None:
            review.reigns[inspected.path] = inspected.reign
        review.found[name], review.read[name] = inspected.found, inspected.read


def _resolved(file: str, review: _Review) -> frozenset[Path] | None:
    """Return the files that one is made from, itself among them, None where they are not known."""
    read = review.read.get(file)
    return None if read is None else frozenset(path.resolve() for path in (Path(file), *read))


def _by_file(review: _Review) -> dict[str, list[Diagnostic]]:
    """Return every finding under the file it lies in, or else under the one that shows it."""
    by_file: dict[str, list[Diagnostic]] = {name: [] for name in sorted(review.found)}
    conflicts = list(find_conflicts(review.reigns.values()))
    for name, findings in (*review.found.items(), ("", conflicts)):
        for finding in findings:
            there = finding.span.source.name if finding.span is not None else name
            by_file[there if there in by_file else name].append(finding)
    return by_file


def _report(review: _Review, choice: Choice, changes: Changes | None) -> CheckReport:
    """Return the report, in which every finding has one place.

    What speaks of no text says that something was not looked at, and is always selected.
    """
    by_file = _by_file(review)
    by_comments, remarks = hold_to_comments(by_file, review.texts, datetime.now(UTC).date())
    every = dict.fromkeys(f for name in by_file for f in (*by_file[name], *remarks[name]))
    parts: dict[str, list[Diagnostic]] = {part: [] for part in _PARTS}
    untouched = _untouched(every, review, changes) if changes is not None else set()
    for finding in every:
        if finding in by_comments or finding.code in choice.ignored:
            parts["ignored"].append(finding)
        elif finding in untouched:
            parts["untouched"].append(finding)
        elif finding.code not in choice.selected and finding.span is not None:
            parts["unselected"].append(finding)
        else:
            parts["diagnostics"].append(finding)
    reported = set(parts["diagnostics"])
    files = {
        name: tuple(in_reading_order([f for f in (*found, *remarks[name]) if f in reported]))
        for name, found in by_file.items()
    }
    ordered = {part: tuple(in_reading_order(findings)) for part, findings in parts.items()}
    return CheckReport(files, **ordered)


def _untouched(every: Iterable[Diagnostic], review: _Review, changes: Changes) -> set[Diagnostic]:
    """Return the findings that no change touches."""
    shown_by: dict[Diagnostic, list[str]] = {}
    for name, findings in review.found.items():
        for finding in findings:
            shown_by.setdefault(finding, []).append(name)
    untouched: set[Diagnostic] = set()
    for finding in every:
        names = shown_by.get(finding, [])
        own = finding.span.source.name if finding.span is not None else ""
        # what a file shows by itself is not the doing of its children
        makers = [own] if own in names else names
        if not is_touched(finding, changes, [_resolved(name, review) for name in makers]):
            untouched.add(finding)
    return untouched
