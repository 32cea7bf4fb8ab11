"""Work shared by copies of a process: they know what it knows, and nothing is handed to them."""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from multiprocessing import current_process, get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TypeVar

_Work = TypeVar("_Work")
_Done = TypeVar("_Done")


def can_copy() -> bool:
    """Return whether copies of the process can share work: no thread, of Polars too, may be lost.

    Linux alone tells how many there are.
    """
    threads = Path("/proc/self/task")
    alone = threads.is_dir() and len(list(threads.iterdir())) == 1
    return alone and not current_process().daemon


def share_among_copies(
    do: Callable[[_Work], _Done], work: Sequence[_Work], processes: int
) -> Iterator[_Done]:
    """Yield what comes of each of at most 256 pieces of work, in order; who is free takes the next.

    The process itself works beside copies, which know what it knows, and send what comes of their
    pieces when none is left. Where nothing comes back, the work is done here, so that what is wrong
    shows as ever. Copies end with the process that waits for them, which alone is interrupted.
    """
    context = get_context("fork")
    tickets, given = os.pipe()
    os.write(given, bytes(range(len(work))))
    os.close(given)  # so that who finds no ticket is told that there will be none
    waiting: list[Connection] = []
    copies = []
    try:
        for _ in range(processes - 1):
            here, there = context.Pipe(duplex=False)
            copy = context.Process(target=_send, args=(do, work, tickets, here, there), daemon=True)
            copy.start()
            there.close()
            copies.append(copy)
            waiting.append(here)
        done = _take(do, work, tickets)
        for here in waiting:
            with suppress(EOFError, OSError):
                done |= here.recv()
        for number, piece in enumerate(work):
            yield done[number] if number in done else do(piece)
    finally:
        os.close(tickets)
        for copy in copies:
            copy.terminate()
            copy.join()


def _take(do: Callable[[_Work], _Done], work: Sequence[_Work], tickets: int) -> dict[int, _Done]:
    """Return what comes of the pieces of work whose tickets were drawn here, by their numbers."""
    done: dict[int, _Done] = {}
    while ticket := os.read(tickets, 1):
        done[ticket[0]] = do(work[ticket[0]])
    return done


def _send(
    do: Callable[[_Work], _Done],
    work: Sequence[_Work],
    tickets: int,
    here: Connection,
    there: Connection,
) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    here.close()
    done = _take(do, work, tickets)
    with suppress(BrokenPipeError):  # nobody waits any more
        there.send(done)
