"""Work in blocks, on all cores: what NumPy does on one core and through main memory.

`spread(work, n)` calls `work(lo, hi)` over blocks of [0, n) that stay in the cache. NumPy lets go of the
interpreter's lock while it computes, so threads share the blocks; whoever is free takes the next one.
Threads start at the first large array and sleep between calls. What `work` raises is raised by `spread`,
once no thread is inside `work` any more; an interrupt from the keyboard likewise.
"""

from __future__ import annotations

import os
from _queue import SimpleQueue
from _thread import _local, allocate_lock, start_new_thread  # `threading` takes a millisecond to import
from collections.abc import Callable
from contextvars import copy_context
from functools import cache
from typing import Any

from . import context

Work = Callable[[int, int], object]

#: elements of a block: a few arrays of so many floats fit the cache of one core or nearly, and a call on them takes
#: longer (15 µs) than what two threads lose now and then when both want the interpreter's lock at its end
BLOCK = 1 << 17
#: fewer blocks than this are shared out evenly
FEW = 32
#: fewer elements than this are not worth waking a thread
LARGE = 1 << 18


def cores() -> int:
    """How many cores this process may use: no more than the environment says to BLAS or to OpenMP, as PyTorch's."""
    try:
        here = len(os.sched_getaffinity(0))
    except AttributeError:
        here = os.cpu_count() or 1
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        told = os.environ.get(name, "")
        if told.isdecimal() and int(told):
            return min(here, int(told))
    return here


def threads() -> int:
    """How many threads an operation may use: what the session was told, else one for each core."""
    return context.current().threads or CORES


def set_threads(n: int) -> None:
    """So many threads from here on, in matrix products too."""
    context.current().threads = n
    limit_blas(n)


def spread(work: Work, n: int, block: int = BLOCK) -> None:
    """Call `work(lo, hi)` for blocks of about `block` that cover [0, n), each once, in any order."""
    pieces = -(-n // block)
    if 1 < pieces < FEW:  # as many for each of two or four threads; never a matter of how many there are
        pieces = min(-(-pieces // 4) * 4, n)
    helpers = min(threads(), pieces) - 1
    if helpers < 1 or getattr(inside, "work", False):
        for i in range(pieces):
            work(i * n // pieces, (i + 1) * n // pieces)
        return
    job = Job(work, n, pieces)
    try:
        ask(job, helpers)
        job.share()
    finally:
        job.finish()


class Job:
    """Blocks that several threads take one after the other."""

    def __init__(self, work: Work, n: int, pieces: int):
        self.work = work
        self.n = n
        self.pieces = pieces
        self.left = iter(range(pieces))  # taking the next one is a single step of the interpreter
        self.error: BaseException | None = None
        self.failed = pieces  # the block that raised it
        self.helpers = 0  # threads that came to help
        self.closed = False
        self.lock = allocate_lock()
        self.gone: SimpleQueue[None] = SimpleQueue()  # an entry from each helper that has left

    def share(self) -> None:
        """Take blocks until none is left or one has failed."""
        i, n, pieces = -1, self.n, self.pieces
        inside.work = True
        try:
            for i in self.left:
                if self.error is not None:
                    break
                self.work(i * n // pieces, (i + 1) * n // pieces)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                i = -1  # before any block's
            with self.lock:
                if i < self.failed:  # the first block's error counts, as without threads
                    self.failed, self.error = i, error
        finally:
            inside.work = False

    def help(self) -> None:
        """What a thread of the pool does for the job; it may come when all is done."""
        with self.lock:
            if self.closed:
                return
            self.helpers += 1
        try:
            self.share()
        finally:
            self.gone.put(None)

    def finish(self) -> None:
        """Wait for the threads inside, then raise what was raised."""
        with self.lock:
            self.closed = True
        while self.helpers:
            try:
                self.gone.get()
                self.helpers -= 1
            except KeyboardInterrupt as error:
                self.failed, self.error = -1, error
        if self.error is not None:
            raise self.error


# ------------------------------------------------------------------ the pool

CORES = cores()
inside = _local()  # .work: this thread is inside `share`, and shares no further
requests: SimpleQueue[Callable[[], object]] = SimpleQueue()
pool: list[int] = []
growing = allocate_lock()


def ask(job: Job, helpers: int) -> None:
    """Let so many threads of the pool help; NumPy's error state goes with the job."""
    if len(pool) < helpers:
        with growing:
            while len(pool) < helpers:
                pool.append(start_new_thread(serve, ()))
    for _ in range(helpers):
        surroundings = copy_context()
        requests.put(lambda s=surroundings: s.run(job.help))  # type: ignore[misc]


def serve() -> None:
    while True:
        requests.get()()


def forget() -> None:
    """A forked child has none of the threads."""
    global requests, growing
    pool.clear()
    requests, growing = SimpleQueue(), allocate_lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=forget)


# ------------------------------------------------------------------ BLAS


def limit_blas(n: int) -> None:
    """Give NumPy's own OpenBLAS this many threads, where it can be found and is loaded already."""
    setter = blas_function("set_num_threads")
    if setter is not None:
        setter(n)


def alone(work: Callable[..., Any], *args: Any) -> Any:
    """`work(*args)`, in which BLAS has one thread.

    It wakes its threads for products that take less time than the waking, and after each they spin for
    milliseconds: on a machine with other work to do a small product takes ten times as long with two threads.
    """
    getter, setter = blas_function("get_num_threads"), blas_function("set_num_threads")
    before = 1 if getter is None or setter is None else getter()
    if before < 2:
        return work(*args)
    setter(1)  # type: ignore[misc]
    try:
        return work(*args)
    finally:
        setter(before)  # type: ignore[misc]


@cache
def blas_function(name: str) -> Callable[..., Any] | None:
    """A function of OpenBLAS: `set_num_threads` or `get_num_threads`."""
    import ctypes
    from pathlib import Path

    import numpy

    package = Path(numpy.__file__).parent
    for folder in (package.parent / "numpy.libs", package / ".dylibs"):
        for library in folder.glob("*openblas*"):
            for full in (f"scipy_openblas_{name}64_", f"openblas_{name}64_"):
                found = getattr(ctypes.CDLL(str(library)), full, None)
                if found is not None:
                    return found
    return None


def spread_products(work: Work, n: int, block: int) -> None:
    """`spread` for work that multiplies matrices: each thread by itself, or BLAS threads would wait for ours."""
    count = threads()
    if count < 2 or n <= block:
        spread(work, n, block)
        return
    limit_blas(1)
    try:
        spread(work, n, block)
    finally:
        limit_blas(count)
