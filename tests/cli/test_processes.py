"""The commands as the shell sees them: statuses, streams, terminals."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.usefixtures("folder")

SOURCE = Path(__file__).parents[2] / "src"
COMMAND = [sys.executable, "-c", "from kpi_engine.cli import main; main()"]
RUN = ("run", "shop.yaml", "--data", "data", "--period", "2026-10", "--out", "out")


def environment(**others: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return kept | {"PYTHONPATH": str(SOURCE), "TERM": "xterm-256color"} | others


def started(*arguments: str, **others: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        encoding="utf-8",
        check=False,
        env=environment(**others),
    )


def on_a_terminal(*arguments: str) -> tuple[int, str]:
    """Return the status of a command and what a terminal shows of both streams."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *arguments], stdin=theirs, stdout=theirs, stderr=theirs, env=environment()
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # how Linux says that the other end was closed
            break
        if not part:
            break
        shown += part
    os.close(ours)
    return process.wait(), shown.decode()


def test_results_go_to_stdout_and_diagnostics_to_stderr():
    text = Path("data/agents.csv").read_text("utf-8")
    Path("data/agents.csv").write_text(text.replace("小李,2000.00", "小李,much"), "utf-8")
    done = started(*RUN)
    assert done.returncode == 1
    assert done.stdout.startswith("shop for 2026-10: 2 subjects, written to out\n")
    assert done.stderr.startswith("warning[K437]")
    assert "\x1b" not in done.stdout + done.stderr


def test_a_clean_run_is_silent_on_stderr():
    done = started(*RUN, "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["subjects"] == 3


def test_a_run_that_cannot_start_writes_nothing():
    done = started(*RUN[:3], "nowhere", *RUN[4:], "--format", "json")
    assert (done.returncode, done.stdout) == (2, "")
    assert [json.loads(line)["code"] for line in done.stderr.splitlines()] == ["K401"]
    assert not Path("out").exists()


def test_no_bad_input_ends_in_a_traceback():
    Path("bad.yaml").write_bytes(b"ruleset: \xff\n")
    for arguments in (("check", "bad.yaml"), ("run", "bad.yaml", *RUN[2:]), ("test", "bad.yaml")):
        done = started(*arguments)
        assert done.returncode in {1, 2}
        assert "Traceback" not in done.stderr
        assert "K103" in done.stderr


def test_a_terminal_shows_colour():
    text = Path("shop.yaml").read_text("utf-8")
    Path("shop.yaml").write_text(text.replace("share(in_time)", "share(in_tmie)"), "utf-8")
    status, shown = on_a_terminal("check", "shop.yaml")
    assert status == 1
    assert "\x1b[1;31merror[K220]\x1b[0m" in shown


def test_columns_line_up_under_wide_characters_on_a_terminal():
    status, shown = on_a_terminal(*RUN)
    assert status == 0
    assert "S1       小李      79.74    1,644.80" in shown


@pytest.mark.parametrize("encoding", ["ascii", "gbk"])
def test_characters_that_cannot_be_shown_stop_nothing(encoding):
    done = subprocess.run(
        [*COMMAND, *RUN],
        capture_output=True,
        check=False,
        env=environment(PYTHONIOENCODING=encoding),
    )
    assert done.returncode == 0, done.stderr
    assert b"1,644.80" in done.stdout


def test_no_command_shows_what_there_is():
    done = started()
    assert done.returncode == 2
    for command in ("check", "test", "run", "explain", "verify", "close", "ledger", "sample"):
        assert command in done.stdout + done.stderr
