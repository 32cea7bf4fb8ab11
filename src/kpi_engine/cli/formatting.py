"""The command that gives files their one layout."""

import sys
from difflib import unified_diff
from pathlib import Path
from typing import Annotated

import typer

import kpi_engine as ke
from kpi_engine.cli.exits import Exit, status_of
from kpi_engine.cli.output import Format, refused, report, show_text
from kpi_engine.cli.summaries import format_line

_STDIN = Path("-")


def fmt(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH...",
            help="Files, folders, or patterns of them in quotes; - from stdin to stdout.",
        ),
    ],
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing: end with 1 where a file would change.")
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Write nothing: show what would change.")
    ] = False,
) -> None:
    """Bring rulesets, their tests and fleets into their one layout."""
    if paths == [_STDIN]:
        _format_stdin(check=check, diff=diff)
        return
    looking = check or diff
    with refused(Format.TEXT):
        found = ke.format_files(*paths, write=not looking)
    report(found.diagnostics, Format.TEXT)
    for file in found.files:
        if file.standing == "changed":
            _tell(file.name, file.before, file.after, looking=looking, diff=diff)
    show_text(f"{format_line(found, looking=looking)}\n")
    changed = looking and any(file.standing == "changed" for file in found.files)
    raise typer.Exit(Exit.FINDINGS if changed else status_of(found.diagnostics))


def _format_stdin(*, check: bool, diff: bool) -> None:
    """Write what stdin holds to stdout in its layout, or what would change."""
    try:
        text = sys.stdin.buffer.read().decode("utf-8-sig")
        after = ke.format_text(text, "stdin")
    except UnicodeDecodeError as error:
        raise typer.BadParameter("stdin is not UTF-8", param_hint="PATH") from error
    except ke.RulesetError as error:
        report(error.diagnostics, Format.TEXT)
        raise typer.Exit(Exit.FINDINGS) from error
    if not (check or diff):
        show_text(after)
    elif text != after:
        _tell("stdin", text, after, looking=True, diff=diff)
        raise typer.Exit(Exit.FINDINGS)


def _tell(name: str, before: str, after: str, *, looking: bool, diff: bool) -> None:
    if diff:
        old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
        lines = unified_diff(old, new, name, f"{name} (formatted)")
        show_text("".join(line if line.endswith("\n") else f"{line}\n" for line in lines))
    else:
        show_text(f"{'would be formatted' if looking else 'formatted'}: {name}\n")
