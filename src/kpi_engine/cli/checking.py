"""The commands that speak of rulesets without running them: check, rule, schema."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

import kpi_engine as ke
from kpi_engine.cli.exits import status_of
from kpi_engine.cli.output import CheckFormat, Format, refused, show_check, show_text


class Kind(StrEnum):
    """What a schema is of."""

    RULESET = "ruleset"
    TEST = "test"


def check(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH...", help="Files, folders, or patterns of them in quotes."),
    ],
    form: Annotated[
        CheckFormat,
        typer.Option("--format", help="For people, or for the machines that read findings."),
    ] = CheckFormat.TEXT,
    select: Annotated[
        list[str] | None,
        typer.Option("--select", metavar="CODES", help="Report these alone: K386, or K2,K6."),
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option("--ignore", metavar="CODES", help="Leave out these warnings and notes."),
    ] = None,
    changed_since: Annotated[
        str | None,
        typer.Option(
            "--changed-since", metavar="REV", help="Report what changes since a git revision touch."
        ),
    ] = None,
) -> None:
    """Report every mistake in rulesets and ruleset tests."""
    with refused(Format.JSON if form is CheckFormat.JSON else Format.TEXT):
        found = ke.check(
            *paths, select=listed(select), ignore=listed(ignore), changed_since=changed_since
        )
    show_check(found, form)
    raise typer.Exit(status_of([*found.diagnostics, *found.unselected]))


def rule(
    code: Annotated[str, typer.Argument(metavar="CODE", help="The code of a finding: K220.")],
) -> None:
    """Print the page of a code: what it means, an example, what to write instead."""
    with refused(Format.TEXT):
        page = ke.describe_code(code)
    show_text(page)


def schema(
    kind: Annotated[
        Kind, typer.Argument(metavar="[ruleset|test]", help="Of rulesets, or of their tests.")
    ] = Kind.RULESET,
) -> None:
    """Print the JSON Schema (draft 7) of ruleset files or of ruleset tests, for editors."""
    show_text(json.dumps(ke.json_schema(kind.value), ensure_ascii=False, indent=2) + "\n")


def listed(given: list[str] | None) -> list[str]:
    """Return what was given, once or several times, with commas between.

    >>> listed(["K2, K6", "K386"])
    ['K2', 'K6', 'K386']
    """
    return [part.strip() for text in given or [] for part in text.split(",")]
