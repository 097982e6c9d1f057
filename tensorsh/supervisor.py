"""A program that has a limit of time runs in a process of its own, and this one looks at the clock.

When the time is over the program is told, which ends the statement that runs; what does not end by itself within
`GRACE` (a loop in C, a program that catches everything) is ended by the system. So is what crashes, and somebody is
left to say so.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable
from time import monotonic

from . import interrupt, limits
from .errors import TensorshError

#: seconds that a program has to end when its time is over
GRACE = 1.0
#: what is for the program, too, where only we have got it
PASSED_ON = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")


def supervise(seconds: float, tell: Callable[[TensorshError], None]) -> int | None:
    """Go on in a process that is watched: None there; here, when it has ended, the exit code."""
    if not hasattr(os, "fork"):
        return None
    begun = monotonic()
    watched = {number for name in PASSED_ON if (number := getattr(signal, name, None)) is not None}
    signal.pthread_sigmask(signal.SIG_BLOCK, {*watched, signal.SIGCHLD})
    child = os.fork()
    if not child:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {*watched, signal.SIGCHLD})
        limit_processor(seconds)
        return None
    return exit_code(*_ended(child, begun + seconds, watched), seconds, tell)


def _ended(child: int, deadline: float, watched: set[int]) -> tuple[int, bool]:
    """(how the process has ended, as `waitpid` says it; whether that was our doing)."""
    told = killed = False
    signals = {*watched, signal.SIGCHLD}
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status, killed
        left = deadline - monotonic()
        if left <= 0:
            killed = told
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL if told else signal.SIGALRM)
            told, left = True, GRACE
            deadline = monotonic() + GRACE
        come = wait(signals, left)
        # what a terminal sends comes to both of us; `SI_USER`: it was sent to us alone
        if come is not None and come.si_signo in watched and come.si_code <= 0:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, come.si_signo)


def wait(signals: set[int], seconds: float) -> signal.struct_siginfo | None:
    """The next of these signals, or None when the time has passed."""
    if hasattr(signal, "sigtimedwait"):
        return signal.sigtimedwait(signals, seconds)
    import time

    time.sleep(min(seconds, 0.01))
    return None


def exit_code(status: int, killed: bool, seconds: float, tell: Callable[[TensorshError], None]) -> int:
    """The exit code for how the program has ended; what it could not say itself is said here."""
    if os.WIFEXITED(status):
        return os.WEXITSTATUS(status)
    number = os.WTERMSIG(status)
    if number == signal.SIGINT:
        return interrupt.CODE
    if killed or number in (signal.SIGALRM, signal.SIGXCPU):
        limits.time.seconds = seconds
        error = limits.time.report()
    elif number in (signal.SIGTERM, signal.SIGHUP):
        return 128 + number
    else:
        what = signal.strsignal(number) or f"signal {number}"
        error = TensorshError(
            f"the system has ended the program: {what}", kind="limit", code="ended", error_class="SystemError"
        )
    tell(error)
    return error.exit_code


def limit_processor(seconds: float) -> None:
    """If nobody looks at the clock any more, the system counts what the processor has done."""
    import resource

    most = int(seconds + GRACE) * (os.cpu_count() or 1) + 5
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    if hard == resource.RLIM_INFINITY or most < hard:
        resource.setrlimit(resource.RLIMIT_CPU, (most, hard))
