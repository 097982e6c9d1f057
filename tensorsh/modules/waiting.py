"""Locks, events and queues for threads that take turns: Python's own, which let others run where they would block."""

from __future__ import annotations

import queue
import threading
from typing import Any

from .cooperative import scheduler


class lock:
    """A lock that only one can have."""

    __module__ = "_thread"

    def __init__(self) -> None:
        self._taken = False

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take it, waiting for it if need be; whether it was to be had."""
        if not blocking and timeout != -1:
            raise ValueError("can't specify a timeout for a non-blocking call")
        if timeout < 0 and timeout != -1:
            raise ValueError("timeout value must be a non-negative number")
        limit = None if timeout == -1 else timeout
        if self._taken and not (blocking and scheduler.wait_until(lambda: not self._taken, limit)):
            return False
        self._taken = True
        return True

    def release(self) -> None:
        """Give it back, whoever has it."""
        if not self._taken:
            raise RuntimeError("release unlocked lock")
        self._taken = False

    def locked(self) -> bool:
        """Whether somebody has it."""
        return self._taken

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *error: object) -> None:
        self.release()

    def __repr__(self) -> str:
        return f"<{'locked' if self._taken else 'unlocked'} _thread.lock object at {id(self):#x}>"


class RLock:
    """A lock that who has it can take again."""

    __module__ = "_thread"

    def __init__(self) -> None:
        self._owner: Any = None
        self._count = 0

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take it once more, waiting for it if another one has it; whether it was to be had."""
        me, limit = scheduler.current(), None if timeout == -1 else timeout
        if self._owner not in (None, me) and not (
            blocking and scheduler.wait_until(lambda: self._owner is None, limit)
        ):
            return False
        self._owner = me
        self._count += 1
        return True

    def release(self) -> None:
        """Give it back once."""
        if self._owner is not scheduler.current():
            raise RuntimeError("cannot release un-acquired lock")
        self._count -= 1
        if not self._count:
            self._owner = None

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *error: object) -> None:
        self.release()

    def _is_owned(self) -> bool:
        return self._owner is scheduler.current()

    def _release_save(self) -> tuple[int, Any]:
        saved = self._count, self._owner
        self._count, self._owner = 0, None
        return saved

    def _acquire_restore(self, saved: tuple[int, Any]) -> None:
        self.acquire()
        self._count, self._owner = saved

    def __repr__(self) -> str:
        state = "locked" if self._count else "unlocked"
        owner = threading.get_ident() if self._count else 0
        return f"<{state} _thread.RLock object owner={owner} count={self._count} at {id(self):#x}>"


class Condition(threading.Condition):
    """Python's, whose `wait` lets others run."""

    __module__ = "threading"

    def __init__(self, lock: Any = None) -> None:
        own: Any = RLock() if lock is None else lock
        super().__init__(own)

    def wait(self, timeout: float | None = None) -> bool:
        """Give the lock back until notified; whether that was in time."""
        own: Any = self
        if not own._is_owned():
            raise RuntimeError("cannot wait on un-acquired lock")
        waiter = lock()
        waiter.acquire()
        own._waiters.append(waiter)
        saved = own._release_save()
        heard = False
        try:
            heard = waiter.acquire(True, -1 if timeout is None else max(timeout, 0))
        finally:
            own._acquire_restore(saved)
            if not heard and waiter in own._waiters:
                own._waiters.remove(waiter)
        return heard


def _with_condition(kind: Any) -> Any:
    """A class of `threading` that waits by a condition, as one of ours."""

    def begin(self: Any, *args: Any, **options: Any) -> None:
        kind.__init__(self, *args, **options)
        self._cond = Condition(lock())

    return type(
        kind.__name__, (kind,), {"__init__": begin, "__doc__": kind.__doc__, "__module__": "threading"}
    )


class Queue(queue.Queue[Any]):
    """Python's, where who waits lets others run."""

    __module__ = "queue"

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Take the next item; Empty if there is none in time."""
        if block:
            scheduler.wait_until(lambda: self._qsize() > 0 or self._over(), _checked(timeout))
        return super().get(False)

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """Add an item; Full if there is no room in time."""
        if block:
            scheduler.wait_until(
                lambda: not 0 < self.maxsize <= self._qsize() or self._over(), _checked(timeout)
            )
        super().put(item, False)

    def join(self) -> None:
        """Wait until every item has been done."""
        scheduler.wait_until(lambda: not self.unfinished_tasks)

    def _over(self) -> bool:
        return getattr(self, "is_shutdown", False)


class SimpleQueue(queue.SimpleQueue[Any]):
    """Python's, where who waits lets others run."""

    __module__ = "queue"

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Take the next item; Empty if there is none in time."""
        if block:
            scheduler.wait_until(lambda: not self.empty(), _checked(timeout))
        return super().get(False)


def _checked(timeout: float | None) -> float | None:
    if timeout is not None and timeout < 0:
        raise ValueError("'timeout' must be a non-negative number")
    return timeout


def _ordered(kind: Any) -> Any:
    """A queue of `queue` with another order."""
    order = {name: vars(kind)[name] for name in ("_init", "_qsize", "_put", "_get")}
    return type(kind.__name__, (Queue,), {"__doc__": kind.__doc__, "__module__": "queue", **order})


def threading_names() -> dict[str, Any]:
    """What `threading` has for waiting."""
    return {"Condition": Condition, "Lock": lock, "RLock": RLock} | {
        name: _with_condition(getattr(threading, name))
        for name in ("Event", "Semaphore", "BoundedSemaphore", "Barrier")
    }


def queue_names() -> dict[str, Any]:
    """The queues of `queue`."""
    ordered = {name: _ordered(getattr(queue, name)) for name in ("LifoQueue", "PriorityQueue")}
    return {"Queue": Queue, "SimpleQueue": SimpleQueue, **ordered}
