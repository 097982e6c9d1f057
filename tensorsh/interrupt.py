"""Ctrl-C: where it ends the process, where it is a KeyboardInterrupt, where it waits, and where it is nothing.

While the program starts or ends, it is over at once, without a word, with exit code 130: Python would raise
KeyboardInterrupt wherever it is, in the middle of an import, which NumPy answers with a page of advice.

While it runs, functions say what an interrupt is in them and in what they call, the innermost first: `heard`,
`unbroken` (it waits until the function is over: what begins and ends a turn is not left half done), `deaf` (the
shell between two inputs). Where nobody says anything it is heard.

Imports nothing but what is part of the interpreter: every import takes time in which Ctrl-C can come.
"""

import _signal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from types import CodeType, FrameType
    from typing import Any, NoReturn, TypeVar

    Function = TypeVar("Function", bound=Callable[..., Any])

CODE = 130

#: code → what an interrupt is while it runs
_meant: "dict[CodeType, str]" = {}

# An import is made whole: what is half made cannot be made again (NumPy), `importlib` itself raises a KeyError where
# its locks are interrupted, and modules made by Cython drop whatever is raised while they register their classes.
_meant[sys.modules["_frozen_importlib"]._find_and_load.__code__] = "unbroken"


def heard(function: "Function") -> "Function":
    """Within this function an interrupt is a KeyboardInterrupt."""
    _meant[function.__code__] = "heard"
    return function


def unbroken(function: "Function") -> "Function":
    """An interrupt within this function comes on the next line of its caller, or in what it calls that hears."""
    _meant[function.__code__] = "unbroken"
    return function


def deaf(function: "Function") -> "Function":
    """Within this function an interrupt is nothing."""
    _meant[function.__code__] = "deaf"
    return function


class Whole:
    """A context manager that no interrupt finds half begun, or half over."""

    def __init__(self, inner: "AbstractContextManager[Any]"):
        self.inner = inner

    @unbroken
    def __enter__(self) -> "Any":
        return self.inner.__enter__()

    def __exit__(self, *error: "Any") -> "bool | None":
        return self.inner.__exit__(*error)

    # not on the next line: that may be the end of another context manager, which would be left out
    _meant[__exit__.__code__] = "ending"


def whole(function: "Callable[..., AbstractContextManager[Any]]") -> "Callable[..., Whole]":
    """The function, whose context managers are begun and ended as a whole."""

    def made(*arguments: "Any") -> Whole:
        return Whole(function(*arguments))

    made.__doc__ = function.__doc__
    return made


def not_now(frame: "FrameType | None") -> bool:
    """Whether an interrupt in `frame` is none; one that waits will come by itself."""
    waiting = None
    while frame is not None:
        meant = _meant.get(frame.f_code)
        if meant == "deaf":
            return True  # what waits would come in there
        if meant == "heard":
            break
        if meant is not None:
            waiting = frame.f_back, _at_its_end if meant == "ending" else _again
        frame = frame.f_back
    if waiting is None:
        return False
    _later(*waiting)
    return True


def exits() -> None:
    """From now on Ctrl-C ends the process. What ignores Ctrl-C (a job in the background) still does."""
    if _signal.getsignal(_signal.SIGINT) in (_signal.default_int_handler, interrupts):
        _signal.signal(_signal.SIGINT, _exit)


def raises() -> None:
    """From now on Ctrl-C is a KeyboardInterrupt again, and none is lost."""
    if _signal.getsignal(_signal.SIGINT) is _exit:
        _signal.signal(_signal.SIGINT, interrupts)
        sys.unraisablehook = _dropped


def impatient() -> None:
    """From now on a second Ctrl-C ends the process where nobody has heard the first: in a loop in C that goes on.

    The system forgets the handler when it calls it (`sysv_signal`, of the GNU C library), and the handler puts itself
    back as soon as Python gets to it.
    """
    if _signal.getsignal(_signal.SIGINT) is not interrupts:
        return
    import ctypes

    try:
        library = ctypes.CDLL(None)
        once = library.sysv_signal
    except (OSError, AttributeError, TypeError):
        return
    library.signal.restype = once.restype = ctypes.c_void_p
    once.argtypes = ctypes.c_int, ctypes.c_void_p
    handler = library.signal(_signal.SIGINT, None)  # the default; what it was is Python's own in C
    if handler:
        _again_once.append(lambda: once(_signal.SIGINT, handler))
        once(_signal.SIGINT, handler)


#: what puts a handler back that is called once
_again_once: "list[Callable[[], object]]" = []


def interrupts(number: int, frame: "FrameType | None") -> None:
    """What Ctrl-C does while programs run."""
    for put_back in _again_once:
        put_back()
    if not not_now(frame):
        strike(frame)


def strike(frame: "FrameType | None", error: "BaseException | None" = None) -> "NoReturn":
    """Raise an interrupt, which has come in `frame`; where code in C drops it, it comes again."""
    _followed = Followed(frame)  # lives as long as the traceback, to which this function belongs
    raise KeyboardInterrupt if error is None else error


class Followed:
    """Where functions stood when an interrupt was raised in them. It ends with the exception.

    Who catches an exception, or is left by it, no longer stands where it stood. A function that does has called code
    in C that has dropped it: NumPy does so where it asks objects for their protocols, and Python where nobody has
    called (`__del__`, a callback of a weak reference). Then it comes again on the next line.
    """

    __slots__ = ("stood",)

    def __init__(self, frame: "FrameType | None"):
        self.stood: list[tuple[FrameType, int]] = []
        while frame is not None:
            self.stood.append((frame, frame.f_lasti))
            frame = frame.f_back

    def __del__(self) -> None:
        running = sys._getframe().f_back
        for frame, instruction in self.stood:
            if frame is running:
                if frame.f_lasti == instruction and not not_now(frame):
                    _later(frame, _again)
                return


def _exit(number: int, frame: object) -> None:
    import os  # loaded long since: Python itself needs it

    os._exit(CODE)


def _dropped(error: "sys.UnraisableHookArgs") -> None:
    """An exception in a place that has no caller: Python drops it, and tells so. An interrupt comes again."""
    if not issubclass(error.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(error)


#: the frame that an interrupt waits for
_awaited: "FrameType | None" = None


def _later(frame: "FrameType | None", how: "Callable[..., Any]") -> None:
    global _awaited
    if frame is not None:
        _awaited = frame
        frame.f_trace = how
        sys.settrace(_called)


def _called(frame: "FrameType", event: str, argument: object) -> None:
    """A function begins while an interrupt waits: one that hears has it, for it may go on for ever."""
    if _meant.get(frame.f_code) == "heard":
        _again(frame, event, argument)


def _again(frame: "FrameType", event: str, argument: object) -> "NoReturn":
    """Interrupt a frame when its next line begins, or when it ends."""
    global _awaited
    sys.settrace(None)
    if _awaited is not None:
        _awaited.f_trace = None
        _awaited = None
    strike(frame)


def _at_its_end(frame: "FrameType", event: str, argument: object) -> "Any":
    """Interrupt a frame when it ends."""
    if event != "return":
        return _at_its_end
    return _again(frame, event, argument)
