"""The rule mutation score: of all slips of the pen in a ruleset, how many its tests notice."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from kpi_engine.review.casefiles import read_case_file
from kpi_engine.review.cases import find_tests
from kpi_engine.review.files import find_files, find_ruleset, kind_of
from kpi_engine.review.mutants import MutantKind
from kpi_engine.review.preparation import prepare_file
from kpi_engine.review.trials import Bench, Files, Verdict, run_trial, set_up, try_mutant
from kpi_engine.review.workers import share_out, start_workers
from kpi_engine.text.diagnostics import Diagnostic, diagnose, in_reading_order
from kpi_engine.text.source import position

_CHUNK = 16


@dataclass(frozen=True, slots=True)
class TriedMutant:
    """One thing moved in a ruleset file, and what became of it; places count from 1."""

    file: str
    line: int
    column: int
    kind: MutantKind
    old: str
    new: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class MutatedRuleset:
    """What became of the mutants of one file.

    ``score`` is the part that a case noticed of those that could run, None where none could.
    """

    file: str
    noticed: int
    refused: int
    survived: int
    score: Fraction | None
    mutants: tuple[TriedMutant, ...]


@dataclass(frozen=True, slots=True)
class MutationReport:
    """What became of the mutants of every tested file, and the score of all together.

    ``untested`` are the rulesets of the folders that no test file tests. ``diagnostics`` say why a
    file was not mutated: it cannot be read, or its cases fail as it is.
    """

    rulesets: tuple[MutatedRuleset, ...]
    untested: tuple[str, ...]
    score: Fraction | None
    diagnostics: tuple[Diagnostic, ...]


class _Opening(NamedTuple):
    """How many mutants a ruleset has, none where something is wrong with it or its tests.

    ``whole`` are the places of the cases that pass only where everything is computed.
    """

    mutants: int
    whole: frozenset[int]
    diagnostics: tuple[Diagnostic, ...]


class _Task(NamedTuple):
    """Some of the mutants of a ruleset."""

    tested: Path
    files: Files
    whole: frozenset[int]
    start: int
    stop: int


def mutate_rulesets(
    paths: Iterable[Path], jobs: int = 1, on_progress: Callable[[int, int], None] | None = None
) -> MutationReport:
    """Return which mutants of rulesets are noticed by the cases in test files and folders.

    A ruleset's own text is mutated, and held to the tests of that very ruleset. ``jobs`` processes
    share the work. ``on_progress`` is told how many mutants are done, of how many.
    """
    looked_at = list(paths)
    tests_by_ruleset, findings = _tests_by_ruleset(looked_at)
    tried_by_ruleset: dict[Path, list[TriedMutant]] = {}
    _bench.cache_clear()
    with start_workers(jobs) as pool:
        openings = share_out(pool, _open, list(tests_by_ruleset.items()))
        tasks: list[_Task] = []
        for (tested, files), opening in zip(tests_by_ruleset.items(), openings, strict=True):
            findings += opening.diagnostics
            if not opening.diagnostics:
                tried_by_ruleset[tested] = []
            for start in range(0, opening.mutants, _CHUNK):
                stop = min(start + _CHUNK, opening.mutants)
                tasks.append(_Task(tested, files, opening.whole, start, stop))
        total = sum(task.stop - task.start for task in tasks)
        for task, tried in zip(tasks, share_out(pool, _try, tasks), strict=True):
            tried_by_ruleset[task.tested] += tried
            if on_progress is not None:
                on_progress(sum(map(len, tried_by_ruleset.values())), total)
    rulesets = [_counted(path, tried) for path, tried in tried_by_ruleset.items()]
    score = _score([mutant for ruleset in rulesets for mutant in ruleset.mutants])
    untested = tuple(_untested(looked_at, tests_by_ruleset))
    return MutationReport(tuple(rulesets), untested, score, tuple(in_reading_order(findings)))


def _tests_by_ruleset(paths: Sequence[Path]) -> tuple[dict[Path, Files], list[Diagnostic]]:
    """Return the test files of every ruleset that one tests, and what cannot be read."""
    found: dict[Path, Files] = {}
    findings: list[Diagnostic] = []
    for path in paths:
        files = find_tests(path)
        if not files:
            findings.append(diagnose("K502", name=path.as_posix()))
        for file in files:
            read, wrong = read_case_file(file)
            tested = None if read is None else find_ruleset(read.ruleset.value, file)
            if tested is None:
                findings += wrong or prepare_file(file).diagnostics
            else:
                found[tested] = (*found.get(tested, ()), file)
    return found, findings


def _untested(paths: Iterable[Path], tested: Mapping[Path, Files]) -> Iterator[str]:
    known = {path.resolve() for path in tested}
    for folder in paths:
        for file in find_files(folder) if folder.is_dir() else ():
            if file.resolve() not in known and kind_of(file) == "ruleset":
                yield file.as_posix()


@lru_cache(maxsize=1)
def _bench(tested: Path, files: Files, whole: frozenset[int]) -> Bench | list[Diagnostic]:
    return set_up(tested, files, whole)


def _open(work: tuple[Path, Files]) -> _Opening:
    """Return how many mutants a ruleset has, once its cases have passed without one."""
    bench = _bench(*work, frozenset())
    if not isinstance(bench, Bench):
        return _Opening(0, frozenset(), tuple(bench))
    failed = frozenset(
        place for place, trial in enumerate(bench.trials) if run_trial(trial, trial.plan)
    )
    if not failed:
        return _Opening(len(bench.mutants), failed, ())
    wide = _bench(*work, failed)
    if not isinstance(wide, Bench):
        raise TypeError(wide)
    trials = [trial for place, trial in enumerate(wide.trials) if place in failed]
    found = tuple(finding for trial in trials for finding in run_trial(trial, trial.plan))
    return _Opening(0 if found else len(bench.mutants), failed, found)


def _try(task: _Task) -> list[TriedMutant]:
    bench = _bench(task.tested, task.files, task.whole)
    if not isinstance(bench, Bench):
        raise TypeError(bench)
    tried: list[TriedMutant] = []
    for mutant in bench.mutants[task.start : task.stop]:
        at = position(bench.source, mutant.span.start)
        place = (bench.source.name, at.line, at.column)
        verdict = try_mutant(bench, mutant)
        tried.append(TriedMutant(*place, mutant.kind, mutant.old, mutant.new, verdict))
    return tried


def _counted(path: Path, tried: list[TriedMutant]) -> MutatedRuleset:
    verdicts = [mutant.verdict for mutant in tried]
    return MutatedRuleset(
        file=path.as_posix(),
        noticed=verdicts.count("noticed"),
        refused=verdicts.count("refused"),
        survived=verdicts.count("survived"),
        score=_score(tried),
        mutants=tuple(tried),
    )


def _score(tried: Sequence[TriedMutant]) -> Fraction | None:
    """Return the part that was noticed of the mutants that could run, None where none could."""
    ran = [mutant for mutant in tried if mutant.verdict != "refused"]
    noticed = sum(mutant.verdict == "noticed" for mutant in ran)
    return Fraction(noticed, len(ran)) if ran else None
