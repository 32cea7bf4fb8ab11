"""The command that says what a change of a ruleset does: diff."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, assert_never

import typer

import kpi_engine as ke
from kpi_engine.cli.changes import changes_document, changes_markdown, changes_text
from kpi_engine.cli.effects import effect_document, effect_markdown, effect_parts
from kpi_engine.cli.exits import Exit
from kpi_engine.cli.output import Format, progress, refused, report, show, show_json, show_text


class DiffFormat(StrEnum):
    """For people, for machines, or for a pull request."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


def diff(
    old: Annotated[
        str,
        typer.Argument(metavar="OLD", help="A ruleset file, or as it was: git:main:shops/a.yaml."),
    ],
    new: Annotated[
        str, typer.Argument(metavar="NEW", help="A ruleset file, or as it was at a revision.")
    ],
    data: Annotated[
        Path | None,
        typer.Option("--data", help="The folder of the tables' files, to measure the effect over."),
    ] = None,
    facts: Annotated[
        Path | None,
        typer.Option("--facts", help="Facts in a .parquet or .csv file, in place of event rows."),
    ] = None,
    period: Annotated[
        str | None, typer.Option("--period", help="The month to measure, such as 2026-10.")
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of", help="When the runs look at the data: a day, or a time with a zone."
        ),
    ] = None,
    history: Annotated[
        Path | None,
        typer.Option("--history", help="The folder that holds earlier `--out` folders."),
    ] = None,
    fail_if: Annotated[
        str | None,
        typer.Option("--fail-if", help="End with 1 where this holds: total > 2% or any > 300 CNY."),
    ] = None,
    form: Annotated[
        DiffFormat,
        typer.Option("--format", help="For people, for machines, or for a pull request."),
    ] = DiffFormat.TEXT,
) -> None:
    """Show what a change of a ruleset does: what it says otherwise, and whose pay that moves."""
    with refused(Format.JSON if form is DiffFormat.JSON else Format.TEXT), progress("comparing"):
        found = ke.diff(
            old,
            new,
            tables=data,
            facts=facts,
            period=period,
            as_of=as_of,
            history=history,
            fail_if=fail_if,
        )
    match form:
        case DiffFormat.TEXT:
            show_diff(found, fail_if)
        case DiffFormat.JSON:
            show_json(diff_document(found))
        case DiffFormat.MARKDOWN:
            show_text(diff_markdown(found, fail_if))
        case _:
            assert_never(form)
    raise typer.Exit(Exit.FINDINGS if found.exceeded else Exit.CLEAN)


def show_diff(found: "ke.Diff", fail_if: str | None) -> None:
    """Write a diff for people: changes and effect to stdout, notes of the runs to stderr."""
    show_text(changes_text(found))
    if found.effect is not None:
        report(found.effect.diagnostics, Format.TEXT)
        show(*effect_parts(found.effect))
    if fail_if is not None:
        show("", _verdict(found, fail_if))


def diff_document(found: "ke.Diff") -> dict[str, object]:
    """Return a diff for machines."""
    effect = None if found.effect is None else effect_document(found.effect)
    return {**changes_document(found), "effect": effect, "exceeded": found.exceeded}


def diff_markdown(found: "ke.Diff", fail_if: str | None) -> str:
    """Return a diff for a pull request."""
    parts = [changes_markdown(found)]
    if found.effect is not None:
        parts.append(effect_markdown(found.effect))
    if fail_if is not None:
        parts.append(f"\n**{_verdict(found, fail_if)}**\n")
    return "".join(parts)


def _verdict(found: "ke.Diff", fail_if: str) -> str:
    """Return whether the effect is beyond the limits that were given."""
    return f"{'beyond' if found.exceeded else 'within'} the limit: {fail_if}"
