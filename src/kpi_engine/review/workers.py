"""Work shared by processes: each piece by itself, what comes of them in order."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
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
