"""Copies are made of a process without threads alone: each test starts one."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Event, Thread

import pytest

from kpi_engine.review.workers import can_copy

SOURCE = Path(__file__).parents[2] / "src"
LINUX = Path("/proc/self/task").is_dir()

pytestmark = pytest.mark.skipif(not LINUX, reason="copies are made on Linux alone")

WORK = """\
import os, sys, time
from kpi_engine.review.workers import can_copy, share_among_copies

HERE = os.getpid()

def do(piece):
    return piece, os.getpid() == HERE

def refuse(piece):
    if os.getpid() != HERE:
        raise ValueError(piece)
    return piece

def fail(piece):
    raise ValueError(f"no {piece}")

def sleep(piece):
    os.write(1, b"%d\\n" % os.getpid())
    time.sleep(60)

assert can_copy()
"""


def process(script: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WORK + script],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_the_first_piece_is_done_here_and_others_in_copies_in_order():
    out, wrong = process("print(list(share_among_copies(do, 'abc')))").communicate()
    assert out == "[('a', True), ('b', False), ('c', False)]\n", wrong


def test_what_a_copy_cannot_do_is_done_here():
    out, wrong = process("print(list(share_among_copies(refuse, 'abc')))").communicate()
    assert out == "['a', 'b', 'c']\n"
    assert "ValueError: b" in wrong


def test_a_bug_stays_a_traceback():
    failed = process("list(share_among_copies(fail, ['luck']))")
    _, wrong = failed.communicate()
    assert (failed.returncode, wrong.splitlines()[-1]) == (1, "ValueError: no luck")


def test_an_interrupt_ends_all_of_them():
    asleep = process("list(share_among_copies(sleep, 'ab'))")
    assert asleep.stdout is not None
    copies = {int(asleep.stdout.readline()) for _ in range(2)}
    os.killpg(asleep.pid, signal.SIGINT)
    _, wrong = asleep.communicate(timeout=20)
    assert wrong.splitlines()[-1] == "KeyboardInterrupt"
    assert wrong.count("Traceback") == 1
    assert not any(Path(f"/proc/{copy}").exists() for copy in copies)


def test_a_process_with_threads_is_not_copied():
    done = Event()
    thread = Thread(target=done.wait)
    thread.start()
    assert not can_copy()
    done.set()
    thread.join()
