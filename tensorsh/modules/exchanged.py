"""Settings of the whole process that Python's modules change: a session's own, in force while it runs.

The context of `decimal`, the thresholds of the garbage collector. They begin when a program imports the module, end
when that import is taken back, and the embedding program finds its own as it left them.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any


class Exchanged:
    """One setting: `read` and `write` it in the process; `own` is the session's while the session does not run."""

    def __init__(self, read: Callable[[], Any], write: Callable[[Any], Any], own: Any):
        self.read, self.write, self.own = read, write, own
        self.outside: Any = None
        self.running = False

    def enter(self) -> None:
        """The session begins to run."""
        if not self.running:
            self.outside = self.read()
            self.write(self.own)
            self.running = True

    def seen(self) -> Any:
        """What it is now, for `write`."""
        return copy(self.read())

    def leave(self) -> None:
        """It is over."""
        if self.running:
            self.own = self.read()
            self.write(self.outside)
            self.running = False


def decimals() -> Exchanged:
    """The context of `decimal`, which begins as Python's does."""
    import decimal

    return Exchanged(decimal.getcontext, decimal.setcontext, decimal.Context())


def collector() -> Exchanged:
    """Whether garbage is collected, and how often."""
    import gc

    def write(setting: tuple[bool, tuple[int, int, int]]) -> None:
        enabled, thresholds = setting
        (gc.enable if enabled else gc.disable)()
        gc.set_threshold(*thresholds)

    def read() -> tuple[bool, tuple[int, int, int]]:
        return gc.isenabled(), gc.get_threshold()

    return Exchanged(read, write, read())
