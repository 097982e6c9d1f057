"""What a program may use: the stack of C, memory, time, output.

Memory is limited by the system, which refuses what would be more before it is made. The limit is in force while
statements run, and no longer: what notes a statement, undoes it and tells of its error needs some, too.
"""

from __future__ import annotations

import _signal
import contextlib
import errno
import io
import os
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

from .errors import Facts, LimitError, TensorshError, facts_of, know, report
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
        """From now on SIGALRM says that the time is over. Who sends it is another matter (`supervisor`, `count`)."""
        self.over, self.seconds = False, seconds
        if seconds is not None and hasattr(_signal, "SIGALRM"):
            _signal.signal(_signal.SIGALRM, self.passed)

    def count(self) -> None:
        """The seconds begin now, and the system sends the signal: at a prompt each input has them."""
        self.over = False
        if self.seconds is not None and hasattr(_signal, "SIGALRM"):
            _signal.setitimer(_signal.ITIMER_REAL, self.seconds)

    def end(self) -> None:
        """What was counted is done."""
        if self.seconds is not None and hasattr(_signal, "SIGALRM"):
            _signal.setitimer(_signal.ITIMER_REAL, 0)

    def passed(self, number: int, frame: FrameType | None) -> None:
        """The signal has come."""
        self.over = True
        interrupts(number, frame)

    def error(self) -> BaseException:
        """What the interrupt is to the program."""
        message = f"the program may take {spelled(self.seconds or 0)}"
        help = "--timeout SECONDS gives it more"
        return LimitError(message, raises=TimeoutError, code="timeout", help=help)

    def report(self) -> TensorshError:
        """The same where no place is known."""
        error = self.error()
        return report(error, facts_of(error) or Facts("limit"))


def spelled(seconds: float) -> str:
    return f"{seconds:g} second" + "s" * (seconds != 1)


time = Time()


class Printed:
    """The limit of output: bytes that are left for the standard streams, None without a limit."""

    def __init__(self) -> None:
        self.most = 0
        self.left: int | None = None
        self.ours = False  # what is written now is no more the program's
        self.told = False  # the program knows
        self.streams: dict[str, io.TextIOWrapper] = {}
        self.replaced: list[Any] = []  # which would close their descriptors
        self.nowhere: int | None = None  # where to write what nobody takes: a sandbox opens nothing

    def limit(self, most: int) -> None:
        """Standard output and standard error take so many bytes together, and after that only what is ours."""
        self.most = self.left = most
        with contextlib.suppress(OSError):
            self.nowhere = _far_from_files(os.open(os.devnull, os.O_WRONLY))
        for name in ("stdout", "stderr"):
            stream = getattr(sys, name)
            with contextlib.suppress(OSError, AttributeError, ValueError):  # one that is no file has no limit
                stream.flush()
                made = io.TextIOWrapper(
                    Bounded(io.FileIO(stream.fileno(), "wb", closefd=False)), stream.encoding, stream.errors,
                    line_buffering=stream.line_buffering, write_through=name == "stderr",
                )  # fmt: skip
                self.streams[name] = made
                self.replaced.append(stream)
                setattr(sys, name, made)
                setattr(sys, f"__{name}__", made)

    @contextlib.contextmanager
    def ourselves(self) -> Iterator[None]:
        """While we tell of an error; what the program has printed comes first, as much of it as may be."""
        before = self.ours
        if not before:
            self._bring_out()
        self.ours = True
        try:
            yield
        finally:
            if not before:
                self._bring_out()
            self.ours = before

    def _bring_out(self) -> None:
        for stream in self.streams.values():
            with contextlib.suppress(OSError, ValueError):  # more than it may; closed
                stream.flush()

    def end(self) -> None:
        """The program is over; OSError if it has printed more than it may, and does not know, or nobody takes it."""
        if self.told:
            self._bring_out()
        for name, stream in self.streams.items():
            with contextlib.suppress(
                ValueError, *[OSError] * (name == "stderr")
            ):  # of which there is nobody to tell
                stream.flush()
        self.ours = True

    def take(self, wanted: int) -> int:
        """How many of so many bytes may be written."""
        if self.left is None or self.ours:
            return wanted
        taken = min(wanted, self.left)
        self.left -= taken
        return taken

    def error(self) -> BaseException:
        """What a program is told that prints more."""
        self.told = True
        told = OSError(errno.EFBIG, f"the program may print {self.most} bytes")
        return know(told, Facts("limit", code="output", help="--max-output SIZE lets it print more"))


printed = Printed()


class Bounded(io.BufferedWriter):
    """A standard stream that takes no more than a program may print. What is too much is not kept for later."""

    @property
    def raw(self) -> Any:  # type: ignore[override]
        """Nothing goes by."""
        return self

    def detach(self) -> Any:
        """Nothing goes by."""
        raise io.UnsupportedOperation("detach")

    def write(self, data: Any, /) -> int:
        """Write all of it, or as much as may be and OSError."""
        view = memoryview(data)
        taken = printed.take(view.nbytes)
        super().write(view if taken == view.nbytes else view.cast("B")[:taken])
        if taken < view.nbytes:
            super().flush()
            raise printed.error()
        return taken


# to programs, what they know
Bounded.__module__, Bounded.__name__, Bounded.__qualname__ = "_io", "BufferedWriter", "BufferedWriter"


def machine_memory() -> int:
    """Bytes of memory of the machine, or of the container that we are in."""
    found = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError), open(path, "rb") as file:
            found = min(found, int(file.read()))  # "max" is none
    return found


#: a descriptor from which on nothing that a program opens is likely to be
FAR = 200


def _far_from_files(descriptor: int) -> int:
    """The same under a number that no program meets by counting: what it finds at 3 is what it has opened itself."""
    try:
        import fcntl
    except ImportError:
        return descriptor
    try:
        far = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, FAR)
    except OSError:  # there are not so many
        return descriptor
    os.close(descriptor)
    return far
