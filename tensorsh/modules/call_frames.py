"""The calls of a program that are running, as `inspect.currentframe` and `sys._getframe` show them.

Python's own frames lead to everything that runs. These tell of the program's calls alone, and hold copies of their
variables, as `locals()` does.
"""

from __future__ import annotations

import inspect
import sys
import types
from typing import Any
from weakref import WeakKeyDictionary

from ..kinds.ownership import PROGRAM_FILE


class Code:
    """What a frame says of the function that runs."""

    __slots__ = ("co_argcount", "co_filename", "co_kwonlyargcount", "co_name", "co_varnames")

    def __init__(self, code: types.CodeType, file: str):
        self.co_name, self.co_filename = code.co_name, file
        self.co_argcount, self.co_kwonlyargcount = code.co_argcount, code.co_kwonlyargcount
        self.co_varnames = tuple(name for name in code.co_varnames if name[0] != ".")


class Frame:
    """A call that runs, or ran."""

    __slots__ = ("__weakref__",)

    def __new__(cls, *args: Any, **options: Any) -> Frame:
        raise TypeError("cannot create 'frame' instances")

    @property
    def f_back(self) -> Frame | None:
        """The call that this one comes from."""
        host, frame = BEHIND[self]
        return _shown(host, _program_frame(frame.f_back))

    @property
    def f_lineno(self) -> int:
        """The line that runs."""
        return int(_place(self)[1])

    @property
    def f_code(self) -> Code:
        """What runs."""
        return Code(BEHIND[self][1].f_code, _place(self)[0])

    @property
    def f_locals(self) -> dict[str, Any]:
        """A copy of the variables of the call."""
        return _visible(BEHIND[self][1].f_locals)

    @property
    def f_globals(self) -> dict[str, Any]:
        """A copy of the variables of the text that the function is written in."""
        return _visible(BEHIND[self][1].f_globals)

    def clear(self) -> None:
        """Nothing: variables are not to be cleared from outside."""

    def __repr__(self) -> str:
        file, line, *_ = _place(self)
        return f"<frame at {id(self):#x}, file {file!r}, line {line}, code {self.f_code.co_name}>"


#: the session and Python's frame that each of ours stands for
BEHIND: WeakKeyDictionary[Frame, tuple[Any, types.FrameType]] = WeakKeyDictionary()


def frame_at(host: Any, depth: int) -> Frame:
    """The call that is so many above the innermost of the program."""
    if depth < 0:
        depth = 0
    frame = _program_frame(sys._getframe(1))
    for _ in range(depth):
        frame = frame and _program_frame(frame.f_back)
    found = _shown(host, frame)
    if found is None:
        raise ValueError("call stack is not deep enough")
    return found


def names(host: Any, copy: Any) -> dict[str, types.FunctionType]:
    """The functions of `inspect` that look at calls."""

    def currentframe() -> Frame:
        """The call that is running."""
        return frame_at(host, 0)

    def getframeinfo(frame: Frame, context: int = 1) -> Any:
        """Where a call is: file, line, function and the text of the line."""
        file, line, text, _ = _place(_ours(frame))
        lines = ([text + "\n"], 0) if context > 0 else (None, None)
        return copy.Traceback(file, line, frame.f_code.co_name, *lines)

    def stack(context: int = 1) -> list[Any]:
        """All calls that are running, the innermost first."""
        return getouterframes(frame_at(host, 0), context)

    def getouterframes(frame: Frame, context: int = 1) -> list[Any]:
        """A call and those that it comes from."""
        found, now = [], _ours(frame)
        while now is not None:
            found.append(copy.FrameInfo(now, *getframeinfo(now, context)))
            now = now.f_back
        return found

    def getargvalues(frame: Frame) -> Any:
        """The parameters of a call and what its variables hold."""
        args, varargs, keywords = inspect.getargs(BEHIND[_ours(frame)][1].f_code)
        return copy.ArgInfo(args, varargs, keywords, frame.f_locals)

    def isframe(object: Any) -> bool:
        """Whether this is a call that runs."""
        return isinstance(object, Frame)

    return {name: value for name, value in locals().items() if isinstance(value, types.FunctionType)}


def _ours(frame: Any) -> Any:
    if not isinstance(frame, Frame):
        raise TypeError(f"{frame!r} is not a frame or traceback object")
    return frame


def _program_frame(frame: types.FrameType | None) -> types.FrameType | None:
    while frame is not None and not frame.f_code.co_filename.startswith(PROGRAM_FILE):
        frame = frame.f_back
    return frame


def _shown(host: Any, frame: types.FrameType | None) -> Frame | None:
    if frame is None:
        return None
    made = object.__new__(Frame)
    BEHIND[made] = host, frame
    return made


def _place(frame: Frame) -> tuple[str, int, str, str]:
    host, behind = BEHIND[frame]
    line = behind.f_lineno
    found = host.place(behind.f_code.co_filename, line)
    return found or ("<unknown>", line, "", "")


def _visible(found: Any) -> dict[str, Any]:
    """A copy of some variables without what is the evaluator's."""
    return {name: value for name, value in found.items() if name[0] != "." and name != "__builtins__"}


for _kind, _name in ((Frame, "frame"), (Code, "code")):
    _kind.__name__ = _kind.__qualname__ = _name
    _kind.__module__ = "builtins"
