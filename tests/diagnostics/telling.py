"""Pages that show how a finding comes about: files, commands or a program, and what is said."""

import shutil
from pathlib import Path
from typing import Any

import polars as pl
from tests.transcripts import Block, calls, fenced
from typer.testing import CliRunner

import kpi_engine as ke
from kpi_engine.cli.commands import app

HERE = Path(__file__).parent
TOLD = HERE / "told"


def copy_shared_files(folder: Path) -> None:
    """Copy the files that all of these pages begin with."""
    shutil.copytree(TOLD / "files", folder, dirs_exist_ok=True)
    shutil.copy(HERE / "shop.yaml", folder)


def follow(page: Path) -> list[tuple[str, str, str]]:
    """Return what is asked on a page, the answer it shows, and the real one.

    The working folder has the shared files. Of a command, what it says of findings is the answer.
    """
    answered: list[tuple[str, str, str]] = []
    blocks = fenced(page.read_text(encoding="utf-8"))
    for block, after in zip(blocks, [*blocks[1:], None], strict=True):
        if block.file:
            path = Path(block.file)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8", newline="")
        elif block.language == "console":
            answered += [(asked, shown, _command(asked)) for asked, shown in calls(block)]
        elif block.language == "python":
            answered.append((block.text, _shown(after), _program(block.text)))
    return answered


def _command(asked: str) -> str:
    name, *arguments = asked.split()
    if name == "rm":
        for file in arguments:
            Path(file).unlink()
        return ""
    done = CliRunner().invoke(app, arguments)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.stderr


def _program(text: str) -> str:
    said: dict[str, Any] = {"ke": ke, "pl": pl, "Path": Path}
    try:
        exec(text, said)  # noqa: S102 (the page's own)
    except ke.KpiError as error:
        return ke.render_text(error.diagnostics)
    return ke.render_text(said.get("found", ()))


def _shown(block: Block | None) -> str:
    return block.text if block is not None and block.language == "text" else ""
