"""The command that says what a change of a ruleset does: diff."""

from __future__ import annotations  # the types of the facade are loaded on use

from enum import StrEnum
from typing import Annotated, assert_never

import typer

import kpi_engine as ke
from kpi_engine.cli.changes import changes_markdown, changes_text, diff_document
from kpi_engine.cli.output import Format, refused, show_json, show_text


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
    form: Annotated[
        DiffFormat,
        typer.Option("--format", help="For people, for machines, or for a pull request."),
    ] = DiffFormat.TEXT,
) -> None:
    """Show what a change of a ruleset does: what it says otherwise, and where."""
    with refused(Format.JSON if form is DiffFormat.JSON else Format.TEXT):
        found = ke.diff(old, new)
    match form:
        case DiffFormat.TEXT:
            show_text(changes_text(found))
        case DiffFormat.JSON:
            show_json(diff_document(found))
        case DiffFormat.MARKDOWN:
            show_text(changes_markdown(found))
        case _:
            assert_never(form)
