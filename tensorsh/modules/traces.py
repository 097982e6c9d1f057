"""Tracebacks as programs walk them: `exc_tb.tb_lineno`, `tb.tb_next`, `tb.tb_frame.f_code.co_name`.

They show the program's own frames alone, at its own lines: Python counts what was compiled, and what an operation
calls lies between. A frame is shown by a `Frame`, which holds texts and numbers; no variables and nothing that runs.
"""

from __future__ import annotations

import types
from typing import Any

from ..kinds.ownership import PROGRAM_FILE
from .stacks import FrameSummary
from .tracebacks import place_of


class Code:
    """What of a code object there is to read."""

    __slots__ = ("co_filename", "co_name", "co_qualname")

    def __init__(self, place: FrameSummary, qualname: str):
        self.co_filename, self.co_name, self.co_qualname = place.filename, place.name, qualname


class Frame:
    """What of a frame there is to read: its function, and the line that it has come to."""

    __slots__ = ("f_code", "f_lineno")

    def __init__(self, code: Code, lineno: int):
        self.f_code, self.f_lineno = code, lineno


for shown, title in ((Code, "code"), (Frame, "frame")):
    shown.__name__ = shown.__qualname__ = title
    shown.__module__ = "builtins"


def gate(host: Any, value: Any, name: str, found: Any) -> Any:
    """What a program reads of a traceback under one of the names that tell of frames."""
    if type(value) is not types.TracebackType:
        return found
    if name == "tb_next":
        return _of_program(found)
    trace = _of_program(value)
    place = None if trace is None else place_of(host, trace)
    if trace is None or place is None:
        return None if name == "tb_frame" else found
    if name == "tb_lineno":
        return place.lineno
    code, reached = (
        trace.tb_frame.f_code,
        host.place(trace.tb_frame.f_code.co_filename, trace.tb_frame.f_lineno),
    )
    return Frame(Code(place, code.co_qualname), place.lineno if reached is None else reached[1])


def _of_program(trace: Any) -> Any:
    """This traceback, or the next whose frame is the program's own; None if there is none."""
    while trace is not None and not trace.tb_frame.f_code.co_filename.startswith(PROGRAM_FILE):
        trace = trace.tb_next
    return trace
