"""The tutorials, followed as they are written: every file, every command, every answer."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.transcripts import GAP, Block, assert_shown, calls, fenced

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("tutorial.md", "tutorial.zh.md")
COMMAND = [sys.executable, "-c", "from kpi_engine.cli import main; main()"]


def blocks(page: str) -> list[Block]:
    return fenced((ROOT / "docs" / page).read_text(encoding="utf-8"))


def commands(page: str) -> list[list[str]]:
    consoles = (block for block in blocks(page) if block.language == "console")
    return [command.split() for block in consoles for command, _ in calls(block)]


def answered(command: str, folder: Path) -> str:
    """Return what a command says, findings first as on a terminal."""
    name, *arguments = command.split()
    assert name == "kpi-engine"
    done = subprocess.run(
        [*COMMAND, *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src"), "PYTHONUTF8": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode in {0, 1}, done.stdout  # 1: done, with findings
    return done.stdout


def follow(page: str, folder: Path) -> None:
    """Write the files of a page and fail unless every command answers as the page says."""
    for block in blocks(page):
        if block.language == "console":
            for command, answer in calls(block):
                assert_shown(answer, answered(command, folder), command)
        elif block.file and GAP in block.text:
            real = (folder / block.file).read_text(encoding="utf-8")
            assert_shown(block.text, real, block.file)
        elif block.file:
            (folder / block.file).parent.mkdir(parents=True, exist_ok=True)
            (folder / block.file).write_text(block.text, encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_a_tutorial_is_true_from_its_first_line_to_its_last(page: str, tmp_path: Path):
    follow(page, tmp_path)


def test_the_page_on_fleets_is_true_and_so_is_its_python(tmp_path: Path, monkeypatch):
    follow("fleets.md", tmp_path)
    (program,) = (block.text for block in blocks("fleets.md") if block.language == "python")
    monkeypatch.chdir(tmp_path)
    said: dict[str, Any] = {}
    exec(program, said)  # noqa: S102 (the page's own)
    assert list(said["fleet"].broken) == ["S004"]
    assert said["maple"].receipt["ruleset"] == "maple/presales"
    assert said["results"].receipt["nobody"] == ["S003"]


@pytest.mark.parametrize("page", PAGES)
def test_a_tutorial_has_no_other_blocks(page: str):
    for block in blocks(page):
        assert (block.language, bool(block.file)) in {("console", False), ("yaml", True)}
    fences = (ROOT / "docs" / page).read_text(encoding="utf-8").count("```")
    assert fences == 2 * len(blocks(page))


def test_the_tutorials_take_the_same_steps():
    first, second = ([words[1] for words in commands(page)] for page in PAGES)
    assert first == second
    assert {"sample", "init", "check", "show", "run", "explain", "test", "lock"} < set(first)


@pytest.mark.parametrize(
    ("shown", "real", "is_true"),
    [
        ("a\nb\n", "a\nb\n", True),
        ("a\n…\nd\n", "a\nb\nc\nd\n", True),
        ("b …\nc\n", "a b\nc\n", False),
        ("a  …\nc\n", "a  b\nc\n", True),
        ("a\n", "a\nb\n", False),
        ("a\n…\n", "a\n", False),
        ("a.c\n", "abc\n", False),
    ],
)
def test_what_a_page_shows_is_told_from_what_is_not_so(shown: str, real: str, is_true: bool):
    if is_true:
        assert_shown(shown, real, "it")
    else:
        with pytest.raises(pytest.fail.Exception, match=r"\+\+\+ real"):
            assert_shown(shown, real, "it")
