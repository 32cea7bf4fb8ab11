"""Copies are made of a process without threads alone: each test starts one."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from threading import Event, Thread

import pytest

from kpi_engine.review.copies import can_copy

SOURCE = Path(__file__).parents[2] / "src"
LINUX = Path("/proc/self/task").is_dir()

pytestmark = pytest.mark.skipif(not LINUX, reason="copies are made on Linux alone")

WORK = """\
import os, sys, time
from multiprocessing import get_context
from kpi_engine.review.copies import can_copy, share_among_copies

HERE = os.getpid()
PIECES = range(256)
MET = []
EVERYBODY = get_context("fork").Barrier({processes})

def do(piece):
    if not MET:
        MET.append(piece)
        EVERYBODY.wait()  # so that each of them has one of the first pieces
    return os.getpid()

def refuse(piece):
    if do(piece) != HERE:
        raise ValueError(piece)
    return piece

def fail(piece):
    raise ValueError(f"no {{piece}}")

def sleep(piece):
    os.write(1, b"%d\\n" % os.getpid())
    time.sleep(60)

assert can_copy()
"""


def process(script: str, processes: int = 1) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WORK.format(processes=processes) + script],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_who_is_free_takes_the_next_piece_and_all_come_in_order():
    script = "print(HERE, *share_among_copies(do, PIECES, 3))"
    out, wrong = process(script, processes=3).communicate()
    assert not wrong
    here, *takers = out.split()
    assert len(takers) == 256
    assert len({here, *takers}) == 3
    assert len(set(takers[:3])) == 3


def test_what_a_copy_cannot_do_is_done_here():
    script = "print(*share_among_copies(refuse, PIECES, 2))"
    out, wrong = process(script, processes=2).communicate()
    assert out.split() == [str(number) for number in range(256)]
    assert re.findall("ValueError: (.*)", wrong) in (["0"], ["1"])


def test_a_bug_stays_a_traceback():
    failed = process("list(share_among_copies(fail, ['luck'], 1))")
    _, wrong = failed.communicate()
    assert (failed.returncode, wrong.splitlines()[-1]) == (1, "ValueError: no luck")


def test_an_interrupt_ends_all_of_them():
    asleep = process("list(share_among_copies(sleep, 'ab', 2))")
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
