"""The examples for CI, run as they are written."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
COMMAND = f"{sys.executable} -c 'from kpi_engine.cli import main; main()'"
BASE_REF = "${{ github.base_ref }}"

_EXAMPLE = re.compile(r"^```yaml file=(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def examples() -> dict[str, object]:
    text = (ROOT / "docs" / "checking.md").read_text("utf-8")
    return {file: yaml.safe_load(example) for file, example in _EXAMPLE.findall(text)}


def shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a line of an example in a shell, as a CI service does."""
    line = (
        command.replace("kpi-engine", COMMAND, 1) if command.startswith("kpi-engine") else command
    )
    return subprocess.run(  # noqa: S602 (the examples are lines of shells)
        line,
        shell=True,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src"), "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a ruleset and its test, in `rulesets/`, and a remote branch `main`."""
    (tmp_path / "rulesets").mkdir()
    begun = shell("kpi-engine init ruleset maple", tmp_path / "rulesets")
    assert begun.returncode == 0, begun.stderr
    for line in (
        "git init -q -b main",
        "git add .",
        "git -c user.name=A -c user.email=a@b commit -qm begin",
        "git update-ref refs/remotes/origin/main HEAD",
    ):
        done = shell(line, tmp_path)
        assert done.returncode == 0, done.stderr
    return tmp_path


def lines(example: object) -> list[str]:
    """Return the commands of an example that are ours."""
    match example:
        case {"jobs": {"check": {"steps": steps}}}:
            found = [step["run"] for step in steps if "run" in step]
        case {"rulesets": {"script": script}}:
            found = list(script)
        case {"repos": [{"hooks": hooks}]}:
            known = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
            entries = {hook["id"]: hook["entry"] for hook in known}
            found = [" ".join([entries[hook["id"]], *hook["args"]]) for hook in hooks]
        case _:
            raise TypeError(example)
    ours = [line.replace(BASE_REF, "main") for line in found if line.startswith("kpi-engine")]
    assert ours
    return ours


@pytest.mark.parametrize("file", examples())
def test_an_example_passes_a_sound_ruleset_and_stops_a_broken_one(file, repository):
    commands = lines(examples()[file])
    for command in commands:
        done = shell(command, repository)
        assert done.returncode == 0, done.stdout + done.stderr
    ruleset = repository / "rulesets" / "maple.yaml"
    ruleset.write_text(ruleset.read_text("utf-8").replace("score:", "scoore:", 1), "utf-8")
    statuses = [shell(command, repository).returncode for command in commands]
    assert set(statuses) == {1}


def test_a_hook_looks_at_whole_folders():
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert [hook["id"] for hook in hooks] == ["kpi-check", "kpi-test", "kpi-fmt"]
    assert {hook["pass_filenames"] for hook in hooks} == {False}
