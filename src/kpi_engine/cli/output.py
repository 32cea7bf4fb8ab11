"""Where commands write: results to stdout, diagnostics and progress to stderr."""

from __future__ import annotations  # the types of the facade are loaded on use

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated, assert_never

import typer
from rich.console import Console, RenderableType
from rich.progress import Progress

import kpi_engine as ke
from kpi_engine.cli.exits import Exit
from kpi_engine.cli.summaries import check_line

_WIDTH_OF_A_PIPE = 200


class Format(StrEnum):
    """For people or for machines."""

    TEXT = "text"
    JSON = "json"


FormatOption = Annotated[
    Format, typer.Option("--format", help="For people, or JSON lines for machines.")
]


class CheckFormat(StrEnum):
    """For people, or for one of the machines that read findings."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"
    JUNIT = "junit"


def show_check(found: ke.CheckReport, form: CheckFormat) -> None:
    """Write what a check found: for people to stderr, for machines, as the result, to stdout.

    That errors were not selected, which the status tells, is said beside every format.
    """
    match form:
        case CheckFormat.TEXT:
            report(found.diagnostics, Format.TEXT)
            show(check_line(found))
        case CheckFormat.JSON:
            for diagnostic in found.diagnostics:
                show_text(ke.render_json(diagnostic) + "\n")
        case CheckFormat.GITHUB:
            for diagnostic in found.diagnostics:
                show_text(ke.render_annotation(diagnostic) + "\n")
        case CheckFormat.SARIF:
            show_text(ke.render_sarif(found.diagnostics, ke.__version__))
        case CheckFormat.JUNIT:
            show_text(ke.render_junit(found.files))
        case _:
            assert_never(form)
    hidden = any(finding.severity == "error" for finding in found.unselected)
    if hidden and form is not CheckFormat.TEXT:
        sys.stderr.write(check_line(found) + "\n")


def report(diagnostics: Iterable[ke.Diagnostic], form: Format) -> None:
    """Write diagnostics to stderr: with carets, or as JSON, one a line."""
    if form is Format.JSON:
        for diagnostic in diagnostics:
            sys.stderr.write(ke.render_json(diagnostic) + "\n")
        return
    sys.stderr.write(ke.render_text(diagnostics, color=_error_console().is_terminal))


@contextmanager
def refused(form: Format) -> Iterator[None]:
    """Report what prevents a command, and end it with the status that says so."""
    try:
        yield
    except ke.KpiError as error:
        report(error.diagnostics, form)
        raise typer.Exit(Exit.COULD_NOT_RUN) from error


def show(*parts: RenderableType) -> None:
    """Write text and tables to stdout, in colour on a terminal, as wide as they are in a pipe."""
    console = Console()
    if console.is_terminal:
        for part in parts:
            console.print(part, highlight=False)
        return
    console = Console(width=_WIDTH_OF_A_PIPE)
    with console.capture() as capture:
        for part in parts:
            console.print(part, highlight=False)
    for line in capture.get().splitlines():
        sys.stdout.write(line.rstrip() + "\n")


def show_text(text: str) -> None:
    """Write lines to stdout as they are, however long."""
    sys.stdout.write(text)


def show_json(document: object) -> None:
    """Write one line of JSON to stdout."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")


@contextmanager
def progress(words: str) -> Iterator[None]:
    """Show on a terminal what is going on, nothing in a pipe."""
    console = _error_console()
    if not console.is_terminal:
        yield
        return
    with console.status(words):
        yield


@contextmanager
def counting(words: str) -> Iterator[Callable[[int, int], None] | None]:
    """Show on a terminal how much is done, of how much; the function that is told both, or None."""
    console = _error_console()
    if not console.is_terminal:
        yield None
        return
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task(words, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _error_console() -> Console:
    return Console(stderr=True)


def keep_writing() -> None:
    """Make characters that a terminal cannot show no reason to stop."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
