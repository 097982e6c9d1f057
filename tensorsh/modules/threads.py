"""`threading` and `concurrent.futures` as one thread: what is started runs at once, until it waits (`cooperative`).

A session computes in one thread (its record of operations is one), so a thread's target begins inside
`start()`, and a pool's task runs inside `submit()`.
"""

from __future__ import annotations

import itertools
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .cooperative import scheduler
from .waiting import threading_names


def thread_names(host: Any) -> dict[str, Any]:
    """The names of `threading` that are the session's."""
    from .tracebacks import text_of

    running: list[Any] = []
    own: dict[Any, Any] = {}  # what tells a thread from others → the thread
    counter = itertools.count(1)

    class Thread:
        """A thread whose target runs when it is started."""

        def __init__(
            self,
            group: None = None,
            target: Callable[..., Any] | None = None,
            name: str | None = None,
            args: Iterable[Any] = (),
            kwargs: dict[str, Any] | None = None,
            *,
            daemon: bool | None = None,
        ):
            if group is not None:
                raise AssertionError("group argument must be None for now")
            if name is None:
                name = f"Thread-{next(counter)}"
                if target is not None and hasattr(target, "__name__"):
                    name += f" ({target.__name__})"
            self.name = str(name)
            self.daemon = bool(daemon)
            self.ident: int | None = None
            self._target, self._args, self._kwargs = target, tuple(args), dict(kwargs or {})

        @property
        def native_id(self) -> int | None:
            return self.ident

        def run(self) -> None:
            """Call the target."""
            if self._target is not None:
                self._target(*self._args, **self._kwargs)

        def start(self) -> None:
            """Begin to run; an error is printed, as that of a thread is."""
            if self.ident is not None:
                raise RuntimeError("threads can only be started once")
            self.ident = threading.get_ident() + next(counter)
            running.append(self)
            scheduler.begin(self._work, self.daemon)

        def _work(self) -> None:
            key = scheduler.current()
            before, own[key] = own.get(key), self
            try:
                self.run()
            except SystemExit:
                pass
            except Exception as error:
                print(f"Exception in thread {self.name}:\n{text_of(host, error)}", end="", file=sys.stderr)
            finally:
                running.remove(self)
                own[key] = before

        def join(self, timeout: float | None = None) -> None:
            """Wait until it is over, at most for so many seconds."""
            if self.ident is None:
                raise RuntimeError("cannot join thread before it is started")
            if self is current_thread():
                raise RuntimeError("cannot join current thread")
            scheduler.wait_until(lambda: self not in running, timeout)

        def is_alive(self) -> bool:
            """Whether it has begun and is not over."""
            return self in running

        def getName(self) -> str:
            return self.name

        def setName(self, name: str) -> None:
            self.name = name

        def isDaemon(self) -> bool:
            return self.daemon

        def setDaemon(self, daemon: bool) -> None:
            self.daemon = daemon

        def __repr__(self) -> str:
            status = "initial" if self.ident is None else "started" if self in running else "stopped"
            return f"<{type(self).__name__}({self.name}, {status}{f' {self.ident}' if self.ident else ''})>"

    class Timer(Thread):
        """A call after a pause."""

        def __init__(
            self, interval: float, function: Callable[..., Any], args: Any = None, kwargs: Any = None
        ):
            super().__init__(target=function, args=args or (), kwargs=kwargs)
            self.interval = interval
            self._cancelled = False

        def cancel(self) -> None:
            """Do not call it."""
            self._cancelled = True

        def run(self) -> None:
            scheduler.wait_until(lambda: self._cancelled, self.interval)
            if not self._cancelled:
                super().run()

    main = Thread(name="MainThread")
    main.ident = threading.get_ident()
    main.is_alive = lambda: True  # type: ignore[method-assign]

    def current_thread() -> Thread:
        """The thread that runs."""
        return own.get(scheduler.current()) or main if running else main

    def main_thread() -> Thread:
        """The thread the program began in."""
        return main

    def active_count() -> int:
        """How many threads run."""
        return 1 + len(running)

    def enumerate() -> list[Thread]:
        """The threads that run."""
        return [main, *running]

    class local(threading.local):
        """Python's own, whose attributes are looked up as everywhere."""

    made: tuple[Any, ...] = (Thread, Timer, current_thread, main_thread, active_count, enumerate, local)
    for each in made:
        each.__module__, each.__qualname__ = "threading", each.__name__
    local.__module__ = "_thread"
    return {each.__name__: each for each in made} | threading_names()


def pool_names() -> dict[str, Any]:
    """The executors of `concurrent.futures`: a task runs when it is submitted."""
    from concurrent.futures import Executor, Future

    class ThreadPoolExecutor(Executor):
        """A pool of one, which is the thread that submits."""

        def __init__(
            self,
            max_workers: int | None = None,
            thread_name_prefix: str = "",
            initializer: Callable[..., Any] | None = None,
            initargs: tuple[Any, ...] = (),
            mp_context: Any = None,
        ):
            if max_workers is not None and max_workers <= 0:
                raise ValueError("max_workers must be greater than 0")
            self._closed = False
            if initializer is not None:
                initializer(*initargs)

        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            """Call it now; the future has its result or its error."""
            if self._closed:
                raise RuntimeError("cannot schedule new futures after shutdown")
            future: Future[Any] = Future()
            future.set_running_or_notify_cancel()
            try:
                future.set_result(fn(*args, **kwargs))
            except Exception as error:
                future.set_exception(error)
            return future

        def map(
            self,
            fn: Callable[..., Any],
            *iterables: Iterable[Any],
            timeout: float | None = None,
            chunksize: int = 1,
        ) -> Iterator[Any]:
            """The results in order."""
            futures = [self.submit(fn, *args) for args in zip(*iterables, strict=False)]
            return (future.result() for future in futures)

        def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
            """Take no more tasks."""
            self._closed = True

    class ProcessPoolExecutor(ThreadPoolExecutor):
        """The same: there is one process."""

    for each in (ThreadPoolExecutor, ProcessPoolExecutor):
        each.__module__, each.__qualname__ = "concurrent.futures", each.__name__
    return {"ThreadPoolExecutor": ThreadPoolExecutor, "ProcessPoolExecutor": ProcessPoolExecutor}
