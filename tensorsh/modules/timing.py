"""`timeit`: a callable is called, a text is an expression of our language."""

from __future__ import annotations

import gc
import itertools
import time
from collections.abc import Callable
from typing import Any

default_timer = time.perf_counter
default_number = 1_000_000
default_repeat = 5


def names(host: Any) -> dict[str, Any]:
    """The names of the module."""

    class Timer:
        """How long a statement takes, as Python's `timeit.Timer`."""

        def __init__(
            self,
            stmt: Any = "pass",
            setup: Any = "pass",
            timer: Callable[[], float] = default_timer,
            globals: dict[str, Any] | None = None,
        ):
            self.timer = timer
            self._names = globals
            self._setup, self._run = self._callable(setup, "setup"), self._callable(stmt, "stmt")

        def _callable(self, given: Any, what: str) -> Callable[[], Any]:
            if isinstance(given, str):
                text = given.strip()
                if text == "pass":
                    return lambda: None
                names = self._names
                return lambda: host.evaluate(text, host.main_names() if names is None else names)
            if not callable(given):
                raise ValueError(f"{what} is neither a string nor callable")
            return given

        def timeit(self, number: int = default_number) -> float:
            """Seconds of `number` calls, with the garbage collector off."""
            run, timer = self._run, self.timer
            collecting = gc.isenabled()
            gc.disable()
            try:
                self._setup()
                start = timer()
                for _ in itertools.repeat(None, number):
                    run()
                return timer() - start
            finally:
                if collecting:
                    gc.enable()

        def repeat(self, repeat: int = default_repeat, number: int = default_number) -> list[float]:
            """`timeit` several times."""
            return [self.timeit(number) for _ in range(repeat)]

        def autorange(self, callback: Callable[[int, float], Any] | None = None) -> tuple[int, float]:
            """A number of calls that takes at least 0.2 seconds, and what it took."""
            scale = 1
            while True:
                for step in (1, 2, 5):
                    number = scale * step
                    taken = self.timeit(number)
                    if callback:
                        callback(number, taken)
                    if taken >= 0.2:
                        return number, taken
                scale *= 10

    def timeit(
        stmt: Any = "pass",
        setup: Any = "pass",
        timer: Callable[[], float] = default_timer,
        number: int = default_number,
        globals: dict[str, Any] | None = None,
    ) -> float:
        """Seconds of `number` calls of `stmt`."""
        return Timer(stmt, setup, timer, globals).timeit(number)

    def repeat(
        stmt: Any = "pass",
        setup: Any = "pass",
        timer: Callable[[], float] = default_timer,
        repeat: int = default_repeat,
        number: int = default_number,
        globals: dict[str, Any] | None = None,
    ) -> list[float]:
        """`timeit` several times."""
        return Timer(stmt, setup, timer, globals).repeat(repeat, number)

    for each in (Timer, timeit, repeat):
        each.__module__, each.__qualname__ = "timeit", each.__name__
    return {"Timer": Timer, "timeit": timeit, "repeat": repeat, "default_timer": default_timer,
            "default_number": default_number, "default_repeat": default_repeat}  # fmt: skip
