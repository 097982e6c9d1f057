"""Ctrl-C while the program starts or ends: it is over at once, without a word, with exit code 130.

Python would raise KeyboardInterrupt wherever it is: in the middle of an import, which NumPy answers with
a page of advice, or after everything was handled. Only while somebody's program runs is that wanted.
Imports nothing but what is part of the interpreter: every import takes time in which Ctrl-C can come.
"""

import _signal

CODE = 130


def exits() -> None:
    """From now on Ctrl-C ends the process. What ignores Ctrl-C (a job in the background) still does."""
    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
        _signal.signal(_signal.SIGINT, _exit)


def raises() -> None:
    """From now on Ctrl-C is a KeyboardInterrupt again."""
    if _signal.getsignal(_signal.SIGINT) is _exit:
        _signal.signal(_signal.SIGINT, _signal.default_int_handler)


def _exit(number: int, frame: object) -> None:
    import os  # loaded long since: Python itself needs it

    os._exit(CODE)
