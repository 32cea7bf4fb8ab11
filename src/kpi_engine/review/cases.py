"""The tests of rulesets run: cases of given rows or given values, held to what they expect."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from kpi_engine.execution.history import read_history
from kpi_engine.execution.look import Look, look_at
from kpi_engine.execution.results import Results
from kpi_engine.execution.running import run
from kpi_engine.plan.compiling import compile_ruleset
from kpi_engine.plan.nodes import Plan
from kpi_engine.review.binding import BoundCase, Evaluation
from kpi_engine.review.corrections import Correction, correction_of
from kpi_engine.review.coverage import (
    FileCoverage,
    Reached,
    add_reached,
    ask_for,
    ask_for_folder,
    coverage_of,
    note_cases,
)
from kpi_engine.review.evaluation import evaluate_rows
from kpi_engine.review.files import TEST_SUFFIX, find_files, kind_of
from kpi_engine.review.frames import report_rejects, text_frames
from kpi_engine.review.gathering import GatheredCase, gather_frames, gather_nobody
from kpi_engine.review.literals import units_of
from kpi_engine.review.pasts import history_frame
from kpi_engine.review.preparation import PreparedCase, PreparedFile, prepare_file
from kpi_engine.review.verdicts import Difference, compare_rows, compare_values, find_subject
from kpi_engine.review.workers import share_out, start_workers
from kpi_engine.text.diagnostics import Diagnostic, diagnose, in_reading_order
from kpi_engine.text.errors import DataError
from kpi_engine.text.located import Scalar
from kpi_engine.text.nodes import many_nodes

Gather = Callable[[BoundCase, Plan, Mapping[str, pl.DataFrame], Look], GatheredCase]

_ROW = "~row"

_FILES_A_JOB = 8
"""As many files as make up for the start of a process."""


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What became of one case: it passed where nothing was found.

    ``corrections`` are what expected values would have to be; none where anything but values is
    wrong.
    """

    file: str
    case: str
    passed: bool
    diagnostics: tuple[Diagnostic, ...]
    corrections: tuple[Correction, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseReport:
    """What became of every case, how many passed and failed, and all findings in reading order.

    A file that cannot be read, or whose ruleset is wrong, has findings that belong to no case.
    ``coverage`` is how much of each ruleset the cases that passed reach, None unless asked for.
    """

    results: tuple[CaseResult, ...]
    passed: int
    failed: int
    diagnostics: tuple[Diagnostic, ...]
    coverage: tuple[FileCoverage, ...] | None = None


@dataclass(slots=True)
class _Verdict:
    """What is wrong with a case: what forbids to judge its values, and those that differ."""

    findings: list[Diagnostic]
    differences: list[Difference] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _FileRun:
    """What became of one test file, what is wrong with it as a whole, and what its cases reach."""

    results: list[CaseResult]
    diagnostics: tuple[Diagnostic, ...]
    reached: Reached | None


def run_case_files(paths: Iterable[Path], *, coverage: bool = False, jobs: int = 1) -> CaseReport:
    """Return what became of the cases in test files, and in those of folders.

    Finding no case at all is an error among the diagnostics. With ``coverage``, also how much they
    reach of the rulesets they test, and of those in the folders that nothing tests. ``jobs``
    processes at most share many files.
    """
    looked_at = list(paths)
    files_by_path = {path: find_tests(path) for path in looked_at}
    findings = [
        diagnose("K502", name=p.as_posix()) for p, files in files_by_path.items() if not files
    ]
    files = [file for path in looked_at for file in files_by_path[path]]
    results: list[CaseResult] = []
    reached = Reached()
    with start_workers(max(1, min(jobs, len(files) // _FILES_A_JOB))) as pool:
        for done in share_out(pool, _run_file, [(file, coverage) for file in files]):
            results += done.results
            findings += done.diagnostics
            if done.reached is not None:
                add_reached(reached, done.reached)
    for path in looked_at if coverage else ():
        if path.is_dir():
            ask_for_folder(reached, path)
    if not results and not findings:
        findings.append(diagnose("K502", name="."))
    findings += [finding for result in results for finding in result.diagnostics]
    passed = sum(result.passed for result in results)
    failed = len(results) - passed
    covered = coverage_of(reached) if coverage else None
    return CaseReport(tuple(results), passed, failed, tuple(in_reading_order(findings)), covered)


def find_tests(path: Path) -> list[Path]:
    """Return a test file itself, or those of a folder and of the folders in it, sorted."""
    if not path.is_dir():
        return [path]
    return [
        file
        for file in find_files(path)
        if file.name.endswith(TEST_SUFFIX) or kind_of(file) == "test"
    ]


@many_nodes()
def _run_file(work: tuple[Path, bool]) -> _FileRun:
    path, coverage = work
    prepared = prepare_file(path)
    reached = Reached() if coverage else None
    return _FileRun(_results(prepared, reached), prepared.diagnostics, reached)


def _results(prepared: PreparedFile, reached: Reached | None) -> list[CaseResult]:
    file = prepared.path.as_posix()
    if len(prepared.cases) < len(prepared.written):
        return [CaseResult(file, name, passed=False, diagnostics=()) for name in prepared.written]
    plan_by_ruleset: dict[int, Plan] = {}
    results: list[CaseResult] = []
    for case in prepared.cases:
        judged = _Verdict(list(case.diagnostics))
        if not judged.findings:
            key = id(case.ruleset)
            if key not in plan_by_ruleset:
                plan_by_ruleset[key] = compile_ruleset(case.ruleset)
            judged = _judge_case(case, plan_by_ruleset[key], prepared)
        differences = judged.differences
        findings = (*judged.findings, *(each.finding for each in differences))
        right = () if judged.findings else tuple(map(correction_of, differences))
        name = case.bound.name.value
        results.append(CaseResult(file, name, not findings, findings, right))
    if reached is not None and prepared.read:
        _note_reached(reached, prepared, prepared.read[0], plan_by_ruleset, results)
    return results


def gather_case(
    bound: BoundCase, plan: Plan, frames: Mapping[str, pl.DataFrame], look: Look
) -> GatheredCase:
    """Return the facts that a case of given values starts from."""
    return (gather_nobody if bound.subject is None else gather_frames)(plan, frames, look)


def _note_reached(
    reached: Reached,
    prepared: PreparedFile,
    tested: Path,
    plan_by_ruleset: Mapping[int, Plan],
    results: Sequence[CaseResult],
) -> None:
    """Note what the cases of a file reach; what fails shows nothing."""
    for key, plan in plan_by_ruleset.items():
        cases = zip(prepared.cases, results, strict=True)
        passed = [c.bound for c, result in cases if id(c.ruleset) == key and result.passed]
        ask_for(reached, plan.ruleset, tested)
        note_cases(reached, plan, passed, prepared.period, prepared.as_of)


def run_case(
    case: PreparedCase, plan: Plan, file: PreparedFile, gather: Gather = gather_case
) -> list[Diagnostic]:
    """Return all in which a case is not what it expects; ``plan`` is that of its ruleset."""
    judged = _judge_case(case, plan, file, gather)
    return [*judged.findings, *(each.finding for each in judged.differences)]


def _judge_case(
    case: PreparedCase, plan: Plan, file: PreparedFile, gather: Gather = gather_case
) -> _Verdict:
    bound = case.bound
    frames = text_frames(case.ruleset, bound.tables)
    try:
        look = look_at(case.ruleset, file.period, file.as_of)
        history, findings = history_frame(plan, bound.history, frames, look.window.month)
        if findings:
            return _Verdict(findings)
        if bound.evaluations:
            gathered = gather(bound, plan, frames, look)
            return _run_evaluations(bound, plan, gathered, look, history)
        results = run(plan, frames, period=file.period, as_of=file.as_of, history=history)
    except DataError as error:
        return _Verdict([_refusal(bound, finding) for finding in error.diagnostics])
    return _compare_results(bound, plan, results)


def _refusal(bound: BoundCase, finding: Diagnostic) -> Diagnostic:
    """Return why a case could not run, at the place of its name."""
    return diagnose(
        "K532",
        bound.name.span,
        case=bound.name.value,
        reason=finding.message,
        fix=finding.help,
    )


def _compare_results(bound: BoundCase, plan: Plan, results: Results) -> _Verdict:
    ruleset, case = plan.ruleset, bound.name.value
    expected = {check.name for check in bound.rows if check.word == "rejected"}
    findings = report_rejects(ruleset, bound.tables, results.rejects, expected)
    if findings:  # what else differs follows from the rows that are missing
        return _Verdict(findings)
    differences, uncounted = compare_rows(case, results.accounting, bound.rows)
    findings += uncounted
    rows = results.subjects.to_dicts()
    for each in bound.subjects:
        row, missing = find_subject(each.subject, rows, ruleset.subject.key)
        findings += missing
        if row is not None:
            name = f"`{each.subject.value}`"
            differences += compare_values(case, name, row, each.checks, units_of(ruleset))
    return _Verdict(findings, differences)


def _run_evaluations(
    bound: BoundCase,
    plan: Plan,
    gathered: GatheredCase,
    look: Look,
    history: pl.DataFrame | None,
) -> _Verdict:
    findings = report_rejects(plan.ruleset, bound.tables, gathered.rejects, frozenset())
    if bound.subject is not None:
        place, missing = _place_of(bound.subject, gathered.facts, plan.ruleset.subject.key)
        findings += missing
        gathered = replace(gathered, facts=gathered.facts.slice(place, 1))
    if findings:
        return _Verdict(findings)
    units = units_of(plan.ruleset)
    differences: list[Difference] = []
    past = read_history(plan, history, look.window)
    rows, findings = evaluate_rows(plan, gathered, bound.evaluations, look, past)
    for number, (row, evaluation) in enumerate(zip(rows, bound.evaluations, strict=False), 1):
        who = _row_name(number, evaluation)
        differences += compare_values(bound.name.value, who, row, evaluation.checks, units)
    return _Verdict(findings, differences)


def _row_name(number: int, evaluation: Evaluation) -> str:
    given = ", ".join(f"`{value.name}` = {value.cell.text}" for value in evaluation.given)
    return f"row {number} ({given})"


def _place_of(
    subject: Scalar, facts: pl.DataFrame, key: Sequence[str]
) -> tuple[int, list[Diagnostic]]:
    """Return which row is that of a subject, the first and a finding where she has none."""
    row, missing = find_subject(subject, facts.select(key).with_row_index(_ROW).to_dicts(), key)
    return (0 if row is None else int(str(row[_ROW]))), missing
