"""The same work on many things in processes side by side, each on one thread."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import TypeVar

from feature_store.errors import SandanError

Item = TypeVar("Item")
Done = TypeVar("Done")

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS")
"""What the numeric libraries read when they are loaded."""


class WorkerLostError(SandanError):
    """A process ended in the middle of its work."""


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def side_by_side(
    work: Callable[[Item], Done], items: Sequence[Item], *, jobs: int
) -> Generator[Done]:
    """Yield what ``work`` makes of each item, as it is done and in no order.

    With one job, or one item, the work is done in this process. Else in processes of their own,
    which must be able to import ``work``; they end when the generator is closed, so close it also
    where Ctrl-C ends the asking.

    Raises:
        WorkerLostError: A process was ended from outside, mostly for want of memory.
    """
    if jobs == 1 or len(items) <= 1:
        yield from map(work, items)
        return
    before = set(multiprocessing.active_children())
    with _one_thread_each():
        # a fork would copy the locks of threads that the libraries have started
        pool = ProcessPoolExecutor(
            min(jobs, len(items)),
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_leave_interrupts_to_the_parent,
        )
        try:
            for done in as_completed([pool.submit(work, item) for item in items]):
                yield done.result()
        except BrokenProcessPool as lost:
            raise WorkerLostError(
                "a process was ended in the middle of its work, mostly because memory ran out; "
                "run again with fewer --jobs"
            ) from lost
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in set(multiprocessing.active_children()) - before:
                process.terminate()
                process.join()


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Let the processes that are started meanwhile load their libraries with one thread."""
    had = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in had.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
