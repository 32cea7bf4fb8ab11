"""Work shared by processes: each piece by itself, what comes of them in order."""

import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing import current_process, get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TypeVar

_Work = TypeVar("_Work")
_Done = TypeVar("_Done")


@contextmanager
def start_workers(jobs: int) -> Iterator[Executor | None]:
    """Return processes that share the work; with one job there are none."""
    if jobs == 1:
        yield None
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield pool


def share_out(
    pool: Executor | None, do: Callable[[_Work], _Done], work: Sequence[_Work]
) -> Iterator[_Done]:
    """Yield what comes of each piece of work, in order and as soon as it is there."""
    return map(do, work) if pool is None else pool.map(do, work)


def can_copy() -> bool:
    """Return whether copies of the process can share work: no thread, of Polars too, may be lost.

    Linux alone tells how many there are.
    """
    threads = Path("/proc/self/task")
    alone = threads.is_dir() and len(list(threads.iterdir())) == 1
    return alone and not current_process().daemon


def share_among_copies(do: Callable[[_Work], _Done], work: Sequence[_Work]) -> Iterator[_Done]:
    """Yield what comes of each piece of work, in order: the first done here, others in copies.

    A copy of the process knows what the process knows; what comes of its work is sent back. Where
    nothing comes back, the work is done here, so that what is wrong shows as ever. Copies end with
    the process that waits for them, which alone is interrupted.
    """
    context = get_context("fork")
    waiting: list[tuple[_Work, Connection]] = []
    copies = []
    try:
        for piece in work[1:]:
            here, there = context.Pipe(duplex=False)
            copy = context.Process(target=_send, args=(do, piece, here, there), daemon=True)
            copy.start()
            there.close()
            copies.append(copy)
            waiting.append((piece, here))
        yield from map(do, work[:1])
        for piece, here in waiting:
            yield _received(here, do, piece)
    finally:
        for copy in copies:
            copy.terminate()
            copy.join()


def _send(do: Callable[[_Work], _Done], piece: _Work, here: Connection, there: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    here.close()
    done = do(piece)
    with suppress(BrokenPipeError):  # nobody waits any more
        there.send(done)


def _received(here: Connection, do: Callable[[_Work], _Done], piece: _Work) -> _Done:
    try:
        done: _Done = here.recv()
    except (EOFError, OSError):
        return do(piece)
    return done
