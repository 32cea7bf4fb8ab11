"""What `run` says of facts that it hands on: where they are, and what in them is as it was."""

from __future__ import annotations  # the types of the facade are loaded on use

from collections.abc import Iterator
from pathlib import Path

import typer

import kpi_engine as ke


def refuse_handing(ruleset: Path, out: Path, folder: Path | None, key: Path | None) -> None:
    """Refuse options with which facts could not be handed on, before the run is begun."""
    if folder is None:
        if key is not None:
            raise typer.BadParameter("`--facts-out` was expected", param_hint="--pseudonymise")
        return
    if ke.is_fleet(ruleset):
        words = "this is a fleet, the ruleset of a shop was expected"
        raise typer.BadParameter(words, param_hint="--facts-out")
    if folder.absolute() == out.absolute():
        raise typer.BadParameter("another folder was expected", param_hint="--facts-out")


def handed_document(handed: ke.HandedFacts, folder: Path) -> dict[str, object]:
    """Return what was handed on, for machines."""
    return {
        "folder": folder.as_posix(),
        "files": list(handed.files),
        "pseudonyms": list(handed.pseudonyms),
        "as_given": {name: list(columns) for name, columns in handed.as_given.items()},
        "key_made": handed.key_made,
    }


def handed_lines(handed: ke.HandedFacts, folder: Path, key: Path | None) -> Iterator[str]:
    """Return what was handed on, and every column in which nothing was replaced."""
    yield f"facts written to {folder.as_posix()}: {', '.join(handed.files)}"
    if key is not None and handed.key_made:
        yield f"key made: {key.as_posix()}; who has it can find who is who, keep it apart"
    named = ", ".join(handed.pseudonyms)
    yield f"pseudonyms: {named}" if named else "no pseudonyms: names are as they were given"
    for name, columns in handed.as_given.items():
        if columns:
            yield f"as given in {name}: {', '.join(columns)}"
