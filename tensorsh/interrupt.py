"""Ctrl-C while the program starts or ends: it is over at once, without a word, with exit code 130.

Python would raise KeyboardInterrupt wherever it is: in the middle of an import, which NumPy answers with
a page of advice, or after everything was handled. Only while somebody's program runs is that wanted.
Imports nothing but what is part of the interpreter: every import takes time in which Ctrl-C can come.
"""

import _signal
import sys

CODE = 130


def exits() -> None:
    """From now on Ctrl-C ends the process. What ignores Ctrl-C (a job in the background) still does."""
    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
        _signal.signal(_signal.SIGINT, _exit)


def raises() -> None:
    """From now on Ctrl-C is a KeyboardInterrupt again, and none is lost."""
    if _signal.getsignal(_signal.SIGINT) is _exit:
        _signal.signal(_signal.SIGINT, _signal.default_int_handler)
        sys.unraisablehook = _dropped


def _exit(number: int, frame: object) -> None:
    import os  # loaded long since: Python itself needs it

    os._exit(CODE)


def _dropped(error: "sys.UnraisableHookArgs") -> None:
    """An exception in a place that has no caller (`__del__`, a callback of a weak reference): Python drops it.

    An interrupt comes again on the next line of what was running there.
    """
    if not issubclass(error.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(error)
        return
    sys._getframe(1).f_trace = _again
    sys.settrace(lambda *_: None)


def _again(frame: object, event: str, argument: object) -> None:
    sys.settrace(None)
    raise KeyboardInterrupt
