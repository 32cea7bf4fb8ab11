"""The commands of those who write rulesets: init, list, show, lock, gen-cases."""

import sys
from pathlib import Path
from typing import Annotated

import typer

import kpi_engine as ke
from kpi_engine.cli.checking import listed
from kpi_engine.cli.exits import Exit
from kpi_engine.cli.layers import effective_document, effective_text, locking_document, locking_text
from kpi_engine.cli.listing import listing_table, summary_document
from kpi_engine.cli.output import Format, FormatOption, refused, show, show_json, show_text
from kpi_engine.cli.summaries import counted

starts = typer.Typer(name="init", help="Write files to start from.", no_args_is_help=True)


@starts.command("shop")
def init_shop(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name, such as maple/presales.")],
    extends: Annotated[str, typer.Option("--extends", help="The base, such as taobao/presales.")],
    form: FormatOption = Format.TEXT,
) -> None:
    """Write a shop's file over a base, with the base's params as comments."""
    with refused(form):
        file = ke.init_shop(name, extends)
    if form is Format.JSON:
        show_json({"files": [file.as_posix()]})
    else:
        show(f"{file.as_posix()} written: check it with `kpi-engine check {file.as_posix()}`")


@starts.command("ruleset")
def init_ruleset(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name, such as maple/presales.")],
    form: FormatOption = Format.TEXT,
) -> None:
    """Write a small ruleset with its test, which passes."""
    with refused(form):
        file, test = ke.init_ruleset(name)
    if form is Format.JSON:
        show_json({"files": [file.as_posix(), test.as_posix()]})
    else:
        show(f"{file.as_posix()} written, and its test")
        show(f"run it with `kpi-engine test {test.as_posix()}`")


def list_them(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATH...", help="Files, folders, or patterns; left out, the shipped rulesets."
        ),
    ] = None,
    needs: Annotated[
        list[str] | None,
        typer.Option("--needs", metavar="TABLES", help="Those that read all of these tables."),
    ] = None,
    form: FormatOption = Format.TEXT,
) -> None:
    """List rulesets: who is assessed, what they need, metrics, weights, pay and source."""
    with refused(form):
        summaries = ke.list_rulesets(*(paths or ()), needs=listed(needs))
    if form is Format.JSON:
        for summary in summaries:
            show_json(summary_document(summary))
    else:
        show(listing_table(summaries), counted(len(summaries), "ruleset"))


def show_effective(
    ruleset: Annotated[Path, typer.Argument(metavar="RULESET", help="The ruleset file.")],
    parts: Annotated[
        list[str] | None,
        typer.Argument(metavar="PART", help="Only these parts: params, score.items, …"),
    ] = None,
    form: FormatOption = Format.TEXT,
) -> None:
    """Show a ruleset with its layers merged: every value, who says it, and what it overrode."""
    with refused(form):
        effective = ke.show(ruleset, *(parts or ()))
    if form is Format.JSON:
        show_json(effective_document(effective))
    else:
        show_text(effective_text(effective))


def generate(
    ruleset: Annotated[Path, typer.Argument(metavar="RULESET", help="The ruleset file.")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="The test file to write.")
    ] = None,
    period: Annotated[
        str | None,
        typer.Option("--period", help="The month; that of the test beside it, if left out."),
    ] = None,
) -> None:
    """Write the cases just below, at and above every threshold, as the reference computes them.

    They say what the ruleset does, not what it should do: somebody has to read them.
    """
    with refused(Format.TEXT):
        found = ke.generate_cases(ruleset, period=period)
        if out is not None:
            ke.write_cases(found, out)
    if out is None:
        show_text(found.text)
    missing = sum(found.unreached.values())
    rows = f"{counted(found.rows, 'row')} around {counted(found.thresholds, 'threshold')}"
    sys.stderr.write(f"{rows}; {missing:,} not reached by given values\n")


def lock(
    ruleset: Annotated[Path, typer.Argument(metavar="RULESET", help="The file that pins a base.")],
    update: Annotated[
        bool, typer.Option("--update", help="Show what a new copy changes, and make it.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Update without asking.")] = False,
    form: FormatOption = Format.TEXT,
) -> None:
    """Copy the pinned base of a ruleset beside it, so that no upgrade changes its pay."""
    with refused(form):
        locking = ke.lock(ruleset, update=update, write=not update)
        if form is Format.TEXT:
            show_text(locking_text(locking))
        if update and locking.standing != "unchanged" and (yes or asked(form)):
            locking = ke.lock(ruleset, update=True)
    if form is Format.JSON:
        show_json(locking_document(locking))
    elif locking.written:
        show(f"{locking.folder} written")
    open_changes = locking.standing != "unchanged" and not locking.written
    raise typer.Exit(Exit.FINDINGS if open_changes else Exit.CLEAN)


def asked(form: Format) -> bool:
    """Return whether somebody at a terminal agrees; in a pipe nobody does."""
    if form is Format.JSON or not sys.stdin.isatty():
        return False
    return typer.confirm("write the new copy?", err=True)
