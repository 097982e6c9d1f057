"""Threads of a program that take turns: one runs until it waits or ends, and none is interrupted for another.

Each is a greenlet, a stack of its own in the one thread of the process, so that interrupts and the session's record of
what happened are what they are without threads. What can wait (locks, queues, `join`, `sleep`) asks `wait_until`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextvars import copy_context
from typing import Any, NamedTuple

from ..engine.core import context

#: seconds between two looks when nobody can go on
PAUSE = 0.005
#: what a thread of PyTorch's has for itself, and how it begins
MODES = {"grad_enabled": True, "inference": False}


class Wait(NamedTuple):
    """What a thread waits for: that something holds, or that it is so late."""

    ready: Callable[[], bool]
    end: float | None = None

    def over(self) -> bool:
        return self.ready() or (self.end is not None and scheduler.clock.monotonic() >= self.end)


class Clock:
    """The system's clock."""

    monotonic, sleep = time.monotonic, time.sleep

    @staticmethod
    def pause(seconds: float) -> None:
        """Wait where nobody can go on for so long, unless somebody else changes something."""
        time.sleep(min(PAUSE, seconds))


class Scheduler(threading.local):
    """The threads of a program. A thread of the process that runs a session has its own.

    waiting   those that wait, in the order they began to
    begun     those that have begun and are not over → whether a program ends without them
    clock     what the time is, and how one waits
    """

    def __init__(self) -> None:
        self.waiting: dict[Any, Wait] = {}
        self.begun: dict[Any, bool] = {}
        self.clock: Any = Clock

    def begin(self, work: Callable[[], None], daemon: bool) -> None:
        """Run in a thread of its own, until it waits or is over."""
        try:
            from greenlet import greenlet
        except ImportError:  # no wheel for this Python: to the end
            work()
            return

        def first() -> None:
            state = context.current()
            for name, value in MODES.items():
                setattr(state, name, value)
            try:
                work()
            finally:
                self.begun.pop(made, None)

        made = greenlet(first)
        made.gr_context = copy_context()
        self.begun[made] = daemon
        self._leave(made, Wait(lambda: True))

    def current(self) -> Any:
        """Something that tells the thread that runs from others."""
        try:
            from greenlet import getcurrent
        except ImportError:
            return self
        return getcurrent()

    def wait_until(self, ready: Callable[[], bool], timeout: float | None = None) -> bool:
        """Let others run until this holds, at most for so many seconds; whether it does."""
        wait = Wait(ready, None if timeout is None else self.clock.monotonic() + timeout)
        while not wait.over():
            if not self._let_another(wait):
                self._pause(wait)
        return ready()

    def sleep(self, seconds: float) -> None:
        """`time.sleep`, while others run."""
        if self.begun and seconds >= 0:
            self.wait_until(lambda: False, seconds)
        else:
            self.clock.sleep(seconds)

    def finish(self) -> None:
        """Before a program ends: whoever it does not end without goes on, as far as anybody can."""
        last = Wait(lambda: True)
        while not all(self.begun.values()):
            if not self._let_another(last):
                if all(each.end is None for each in self.waiting.values()):
                    return
                self._pause(last)

    def _pause(self, wait: Wait) -> None:
        """Wait where nobody can go on, until somebody's time has come."""
        ends = [each.end for each in (wait, *self.waiting.values()) if each.end is not None]
        now = self.clock.monotonic()
        self.clock.pause(max(0.0, min(ends, default=now + PAUSE) - now))

    def _let_another(self, wait: Wait) -> bool:
        """Whether another one could go on, and has."""
        chosen = next((each for each, theirs in self.waiting.items() if theirs.over()), None)
        if chosen is not None:
            self._leave(chosen, wait)
        return chosen is not None

    def _leave(self, for_whom: Any, wait: Wait) -> None:
        """Go on when it is somebody's turn to let us."""
        me, state = self.current(), context.current()
        modes = {name: getattr(state, name) for name in MODES}
        self.waiting.pop(for_whom, None)
        self.waiting[me] = wait
        try:
            for_whom.switch()
        finally:
            self.waiting.pop(me, None)
            for name, value in modes.items():
                setattr(state, name, value)


scheduler = Scheduler()
