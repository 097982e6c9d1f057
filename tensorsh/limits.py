"""What a program may use: the stack of C, memory, time.

Memory is limited by the system, which refuses what would be more before it is made. The limit is in force while
programs run, and no longer: what undoes a failed statement and tells of its error needs some, too.
"""

from __future__ import annotations

import _signal
import contextlib
import os
from types import FrameType
from typing import Any

from .errors import Facts, TensorshError, facts_of, know, report
from .interrupt import interrupts

#: bytes of C's stack: what a program nests (a hundred thousand `map`s) is followed by calls in C, which nothing counts
STACK = 120 << 20
#: bytes that are left to us above what a program may use
SPARE = 64 << 20


def roomy_stack() -> None:
    """Give C's stack room, where the system lets us."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_STACK)
        most = STACK if hard == resource.RLIM_INFINITY else hard
        if soft != resource.RLIM_INFINITY and soft < STACK <= most:
            resource.setrlimit(resource.RLIMIT_STACK, (STACK, hard))


class Memory:
    """The limit of memory: within `with memory:` a program runs, between `lift` and `lower` we do something."""

    def __init__(self) -> None:
        self._within = self._outside = (0, 0)  # limits of the system for programs, and for us
        self._set: Any = None  # the system's function, where there is a limit
        self._kind = 0
        self._depth = 0

    def limit(self, most: int | None, *, for_good: bool = False) -> None:
        """Programs may use `most` bytes beyond what is used now; None: what the machine has.

        `for_good`: nothing in this process can raise the limit again, but for what is ours (`SPARE`).
        """
        with contextlib.suppress(ImportError, OSError, ValueError):
            import resource

            with open("/proc/self/statm", "rb") as file:
                used = int(file.read().split()[5]) * resource.getpagesize()
            soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
            limit = used + (machine_memory() if most is None else most)
            if limit >= min(each % (1 << 64) for each in (soft, hard)):  # -1 is none
                return
            if for_good:
                soft = hard = min(limit + SPARE, hard % (1 << 64))
                resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
            self._within, self._outside = (limit, hard), (soft, hard)
            self._set, self._kind = resource.setrlimit, resource.RLIMIT_DATA

    def __enter__(self) -> None:
        self._depth += 1
        if self._set is not None and self._depth == 1:
            self._set(self._kind, self._within)

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        if self._set is not None and not self._depth:
            self._set(self._kind, self._outside)

    def lift(self) -> None:
        """The limit is the program's, and what comes now is ours. Takes no memory itself."""
        if self._set is not None:
            self._set(self._kind, self._outside)

    def lower(self) -> None:
        """The program goes on, if one runs."""
        if self._set is not None and self._depth:
            self._set(self._kind, self._within)


#: of this process
memory = Memory()


class Time:
    """The limit of time. `over` is set when it has passed, and the program is interrupted then."""

    def __init__(self) -> None:
        self.seconds: float | None = None
        self.over = False

    def begin(self, seconds: float | None) -> None:
        """From now on SIGALRM says that the time is over. Who sends it is another matter (`supervisor`)."""
        self.over, self.seconds = False, seconds
        if seconds is not None and hasattr(_signal, "SIGALRM"):
            _signal.signal(_signal.SIGALRM, self._pass)

    def _pass(self, number: int, frame: FrameType | None) -> None:
        self.over = True
        interrupts(number, frame)

    def error(self) -> BaseException:
        """What the interrupt is to the program."""
        message = f"the program may take {spelled(self.seconds or 0)}"
        return know(TimeoutError(message), Facts("limit", "timeout", "--timeout SECONDS gives it more"))

    def report(self) -> TensorshError:
        """The same where no place is known."""
        error = self.error()
        return report(error, facts_of(error) or Facts("limit"))


def spelled(seconds: float) -> str:
    return f"{seconds:g} second" + "s" * (seconds != 1)


time = Time()


def machine_memory() -> int:
    """Bytes of memory of the machine, or of the container that we are in."""
    found = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError), open(path, "rb") as file:
            found = min(found, int(file.read()))  # "max" is none
    return found
