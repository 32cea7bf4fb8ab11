"""The command that runs the tests of rulesets, and tells how much of them they reach."""

from __future__ import annotations  # the types of the facade are loaded on use

import os
import sys
from collections.abc import Sequence
from difflib import unified_diff
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

import kpi_engine as ke
from kpi_engine.cli.exits import Exit, status_of
from kpi_engine.cli.mutation import report_mutation
from kpi_engine.cli.output import Format, progress, report, show, show_json, show_text
from kpi_engine.cli.summaries import cases_line, counted, coverage_lines

_WHOLE = 100


class TestFormat(StrEnum):
    """For people, or for one of the machines that read the results of tests."""

    __test__ = False  # no test of pytest's

    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"


def run_tests(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="Files, or folders of them.")
    ],
    form: Annotated[
        TestFormat,
        typer.Option("--format", help="For people, or for the machines that read test results."),
    ] = TestFormat.TEXT,
    cov: Annotated[
        bool, typer.Option("--cov", help="Tell how much of each ruleset the cases reach.")
    ] = False,
    fail_under: Annotated[
        float | None,
        typer.Option(
            "--cov-fail-under",
            metavar="PERCENT",
            min=0,
            max=_WHOLE,
            help="End with 1 where a ruleset is reached less than that; with --cov.",
        ),
    ] = None,
    update: Annotated[
        bool,
        typer.Option("--update", help="Show how expected values would be right, and write them."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Update without asking.")] = False,
    mutate: Annotated[
        bool,
        typer.Option("--mutate", help="Move every threshold, weight and comparison, one by one."),
    ] = False,
    mutate_fail_under: Annotated[
        float | None,
        typer.Option(
            "--mutate-fail-under",
            metavar="PERCENT",
            min=0,
            max=_WHOLE,
            help="Mutate, and end with 1 where fewer of the mutants are noticed.",
        ),
    ] = None,
) -> None:
    """Run the test cases of rulesets (`*.test.yaml`)."""
    if mutate or mutate_fail_under is not None:
        _refuse_junit(form)
        raise typer.Exit(report_mutation(paths, Format(form.value), mutate_fail_under))
    covered = cov or fail_under is not None
    with progress("running the cases"):
        cases = ke.run_cases(*paths, coverage=covered, jobs=os.cpu_count() or 1)
    if update and _updated(cases, yes=yes):
        with progress("running the cases again"):
            cases = ke.run_cases(*paths, coverage=covered, jobs=os.cpu_count() or 1)
    _show(cases, form)
    status = Exit.FINDINGS if cases.failed else status_of(cases.diagnostics)
    if fail_under is not None and status is Exit.CLEAN:
        status = _status_under(cases.coverage or (), fail_under)
    raise typer.Exit(status)


def _refuse_junit(form: TestFormat) -> None:
    if form is TestFormat.JUNIT:
        raise typer.BadParameter("mutants are no test cases", param_hint="--format")


def _show(cases: ke.CaseReport, form: TestFormat) -> None:
    if form is TestFormat.JUNIT:
        show_text(ke.render_case_junit(cases))
    else:
        report(cases.diagnostics, Format(form.value))
    if form is TestFormat.JSON:
        document: dict[str, object] = {"passed": cases.passed, "failed": cases.failed}
        if cases.coverage is not None:
            document["coverage"] = [_document(each) for each in cases.coverage]
        show_json(document)
        return
    lines = [] if cases.coverage is None else coverage_lines(cases.coverage)
    if form is TestFormat.TEXT:
        show_text("".join(f"{line}\n" for line in lines))
        show(cases_line(cases))
    else:
        sys.stderr.write("".join(f"{line}\n" for line in lines))


def _document(covered: ke.FileCoverage) -> dict[str, object]:
    missed = [
        {"line": each.line, "column": each.column, "message": each.message}
        for each in covered.missed
    ]
    reached = covered.points - len(missed)
    return {
        "file": covered.file,
        "points": covered.points,
        "reached": reached,
        "missed": missed,
    }


def _status_under(coverage: Sequence[ke.FileCoverage], percent: float) -> Exit:
    """Return the status of a limit that every ruleset has to keep by itself.

    Where nothing can be reached at all, nothing was tested.
    """
    below = [
        each
        for each in coverage
        if (each.points - len(each.missed)) * _WHOLE < percent * each.points
    ]
    if not any(each.points for each in coverage):
        sys.stderr.write("no ruleset with anything to reach was tested\n")
        return Exit.FINDINGS
    for each in below:
        sys.stderr.write(f"{each.file} is reached less than {percent:g}%\n")
    return Exit.FINDINGS if below else Exit.CLEAN


def _updated(cases: ke.CaseReport, *, yes: bool) -> bool:
    """Show what an update changes, and return whether it was agreed to and written."""
    files = ke.correct_cases(cases, write=False)
    for each in files:
        old, new = each.before.splitlines(keepends=True), each.after.splitlines(keepends=True)
        lines = unified_diff(old, new, each.file, f"{each.file} (updated)")
        sys.stderr.write("".join(line if line.endswith("\n") else f"{line}\n" for line in lines))
    if not files:
        sys.stderr.write("no expected value to update\n")
        return False
    if not yes and not (sys.stdin.isatty() and typer.confirm("write these values?", err=True)):
        sys.stderr.write("nothing written: read the changes, then say --yes\n")
        return False
    ke.correct_cases(cases, write=True)
    sys.stderr.write(f"{counted(len(files), 'file')} written\n")
    return True
