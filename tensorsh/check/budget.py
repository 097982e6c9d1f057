"""How long a statement is analysed: so many seconds of the processor, after which nobody knows what it does.

What waits takes none of it: clocks that a program waits for are put forward.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from ..interrupt import interrupts, strike
from ..modules.cooperative import scheduler
from .analysis import Analysis

#: seconds for a statement, how often it is told again that they are over, and seconds for a file
SECONDS, AGAIN, ALL = 5.0, 1.0, 60.0


class Budget:
    """What a file has. `over` says that the statement has had its time, `left` what there is for others."""

    def __init__(self, analysis: Analysis) -> None:
        self.analysis = analysis
        self.over = False
        self.left: float = ALL

    @contextmanager
    def spent(self) -> Iterator[None]:
        """A statement is analysed: when its time is over it is interrupted, and again if the program goes on."""
        self.over = False
        if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
            yield
            return
        before, began = signal.signal(signal.SIGPROF, self._passed), time.process_time()
        signal.setitimer(signal.ITIMER_PROF, max(min(SECONDS, self.left), AGAIN), AGAIN)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, before)
            self.left -= time.process_time() - began

    def _passed(self, number: int, frame: FrameType | None) -> None:
        self.over = True
        self.analysis.work = sys.maxsize  # a loop that takes the interrupt for an error goes round no more
        interrupts(number, frame)


def is_programs(error: BaseException) -> bool:
    """Whether a program has raised it, and nobody has pressed Ctrl-C."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is None or trace.tb_frame.f_code is not strike.__code__


class Forward:
    """A clock that is put forward by whoever waits for it."""

    def __init__(self) -> None:
        self.skipped = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.skipped

    def sleep(self, seconds: Any) -> None:
        if isinstance(seconds, int | float) and seconds > 0:
            self.skipped += seconds
        else:
            time.sleep(seconds)

    def pause(self, seconds: float) -> None:
        self.skipped += seconds


@contextmanager
def without_waiting() -> Iterator[None]:
    """What waits for a clock, in whatever way, goes on at once."""
    before = scheduler.clock, scheduler.begun, scheduler.waiting
    scheduler.clock, scheduler.begun, scheduler.waiting = Forward(), {}, {}
    try:
        yield
    finally:
        scheduler.clock, scheduler.begun, scheduler.waiting = before
