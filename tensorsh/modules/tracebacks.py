"""The `traceback` module: texts of errors that show the program's own frames alone.

A frame belongs to the program when its file name begins as those of compiled programs do; the host says
which file, line, text and function it stands for.
"""

from __future__ import annotations

import io
import sys
import traceback
import types
from itertools import islice
from typing import Any

from ..errors import Unsupported
from ..kinds.ownership import PROGRAM_FILE
from .stacks import FrameSummary, StackSummary, format_list


def names(host: Any) -> dict[str, Any]:
    """The functions of the module."""
    kind = _kind(host)

    def format_exception(
        exc: Any, /, value: Any = MISSING, tb: Any = MISSING, limit: Any = None, chain: bool = True
    ) -> list[str]:
        """The lines that `print_exception` prints."""
        error = _given(exc, value, tb)
        return list(
            kind(type(error), error, _traceback(error, tb), limit=limit, compact=True).format(chain=chain)
        )

    def print_exception(
        exc: Any,
        /,
        value: Any = MISSING,
        tb: Any = MISSING,
        limit: Any = None,
        file: Any = None,
        chain: bool = True,
    ) -> None:
        """Print an error with the calls that led to it."""
        _print(format_exception(exc, value, tb, limit, chain), file)

    def format_exception_only(exc: Any, /, value: Any = MISSING) -> list[str]:
        """The lines that say the error itself."""
        error = _given(exc, value, None)
        return list(kind(type(error), error, None, compact=True).format_exception_only())

    def format_exc(limit: Any = None, chain: bool = True) -> str:
        """The text of the error being handled."""
        error = sys.exc_info()[1]
        return (
            "NoneType: None\n"
            if error is None
            else "".join(format_exception(error, limit=limit, chain=chain))
        )

    def print_exc(limit: Any = None, file: Any = None, chain: bool = True) -> None:
        """Print the error being handled."""
        error = sys.exc_info()[1]
        _print(
            ["NoneType: None\n"] if error is None else format_exception(error, limit=limit, chain=chain), file
        )

    def extract_tb(tb: Any, limit: Any = None) -> StackSummary:
        """The program's frames of a traceback."""
        return _cut(_program_frames(host, tb), limit)

    def format_tb(tb: Any, limit: Any = None) -> list[str]:
        """`extract_tb` as lines."""
        return extract_tb(tb, limit).format()

    def print_tb(tb: Any, limit: Any = None, file: Any = None) -> None:
        """Print `extract_tb`."""
        _print(format_tb(tb, limit), file)

    def extract_stack(f: Any = None, limit: Any = None) -> StackSummary:
        """The program's frames that are running, outermost first."""
        return _cut(_running(host, sys._getframe(1)), None if limit is None else -limit)

    def format_stack(f: Any = None, limit: Any = None) -> list[str]:
        """`extract_stack` as lines."""
        return _cut(_running(host, sys._getframe(1)), None if limit is None else -limit).format()

    def print_stack(f: Any = None, limit: Any = None, file: Any = None) -> None:
        """Print `extract_stack`."""
        _print(_cut(_running(host, sys._getframe(1)), None if limit is None else -limit).format(), file)

    def print_list(extracted_list: Any, file: Any = None) -> None:
        """Print places."""
        _print(format_list(extracted_list), file)

    def clear_frames(tb: Any) -> None:
        """Nothing: frames are not the program's to clear."""

    made = {name: value for name, value in locals().items() if isinstance(value, types.FunctionType)}
    for function in made.values():
        function.__module__, function.__qualname__ = "traceback", function.__name__
    return {**made, "format_list": format_list,
            "FrameSummary": FrameSummary, "StackSummary": StackSummary, "TracebackException": kind}  # fmt: skip


MISSING: Any = object()


def for_copies(host: Any) -> types.ModuleType:
    """`traceback` as the session's copies of Python's modules see it."""
    made = types.ModuleType("traceback")
    made.__dict__.update(names(host))
    return made


def text_of(host: Any, error: BaseException, chain: bool = True, lines: bool = True) -> str:
    """The whole text that Python prints for an error, program frames alone; `lines` of the program, too."""
    shown = _kind(host)(type(error), error, error.__traceback__, compact=True)
    if not lines:
        places: Any = shown.stack
        places[:] = [FrameSummary(each.filename, each.lineno, each.name) for each in places]
    return "".join(shown.format(chain=chain))


def _kind(host: Any) -> type[traceback.TracebackException]:
    class ProgramTraceback(traceback.TracebackException):
        """An error and what led to it, without the frames that are not the program's."""

        def __init__(
            self,
            exc_type: Any,
            exc_value: Any,
            exc_traceback: Any,
            *,
            limit: int | None = None,
            lookup_lines: bool = True,
            capture_locals: bool = False,
            compact: bool = False,
            max_group_width: int = 15,
            max_group_depth: int = 10,
        ):
            if not isinstance(exc_traceback, types.TracebackType | None):
                # Python would read the lines of whatever file such an object names
                raise TypeError(
                    f"exc_traceback must be a traceback or None, not {type(exc_traceback).__name__}"
                )
            if capture_locals:
                raise Unsupported(
                    "capture_locals=True: no frame shows its variables",
                    help="print what is to be seen, or leave capture_locals out",
                )
            super().__init__(
                exc_type,
                exc_value,
                exc_traceback,
                lookup_lines=False,  # of Python's frames, which the program's take the place of
                compact=compact,
                max_group_width=max_group_width,
                max_group_depth=max_group_depth,
            )
            _keep_program_frames(host, self, exc_value, exc_traceback, limit)

    ProgramTraceback.__name__ = ProgramTraceback.__qualname__ = "TracebackException"
    ProgramTraceback.__module__ = "traceback"
    return ProgramTraceback


def _keep_program_frames(host: Any, shown: Any, error: Any, tb: Any, limit: Any) -> None:
    """Give the program's frames to what is shown and to what it tells of, which becomes of its class."""
    kind = type(shown)

    def of_kind(part: Any) -> Any:
        made = object.__new__(kind)
        made.__dict__.update(part.__dict__)
        return made

    pending = [(shown, error, tb)]
    while pending:
        shown, error, tb = pending.pop()
        shown.stack = _cut(_program_frames(host, tb), limit)
        if error is None:
            continue
        for name in ("__cause__", "__context__"):
            part, origin = getattr(shown, name), getattr(error, name)
            if part is not None and origin is not None:
                setattr(shown, name, of_kind(part))
                pending.append((getattr(shown, name), origin, origin.__traceback__))
        if shown.exceptions and isinstance(error, BaseExceptionGroup):
            shown.exceptions = [of_kind(each) for each in shown.exceptions]
            pending += [
                (part, each, each.__traceback__)
                for part, each in zip(shown.exceptions, error.exceptions, strict=False)
            ]


def _program_frames(host: Any, tb: Any) -> StackSummary:
    frames = []
    while tb is not None:
        code = tb.tb_frame.f_code
        frames.append((code, tb.tb_lineno, _end_line(code, tb.tb_lasti) or tb.tb_lineno))
        tb = tb.tb_next
    return _summary(host, frames)


def place_of(host: Any, tb: Any) -> FrameSummary | None:
    """Where of the program it is that a single traceback stands for; None if it is not the program's."""
    code = tb.tb_frame.f_code
    found = _summary(host, [(code, tb.tb_lineno, _end_line(code, tb.tb_lasti) or tb.tb_lineno)])
    return found[0] if found else None


def _end_line(code: Any, instruction: int) -> int | None:
    """The last line of what an instruction belongs to: a method's call begins for Python where its name stands."""
    return next(islice(code.co_positions(), instruction // 2, None))[1]


def _running(host: Any, frame: Any) -> StackSummary:
    frames = []
    while frame is not None:
        frames.append((frame.f_code, frame.f_lineno, None))
        frame = frame.f_back
    return _summary(host, reversed(frames))


def _summary(host: Any, frames: Any) -> StackSummary:
    """The program's frames: code, line, and of what failed the last line."""
    found = StackSummary()
    for code, line, end in frames:
        if code.co_filename.startswith(PROGRAM_FILE):
            place = host.place(code.co_filename, line)
            if place is not None:
                file, number, text, function = place
                failed = None if end is None else host.extent(code.co_filename, end)
                if failed is not None:
                    number, text = failed.lineno, failed.lines[0].strip()
                found.append(FrameSummary(file, number, function or code.co_name, line=text, extent=failed))
    return found


def _cut(stack: StackSummary, limit: int | None) -> StackSummary:
    if limit is None:
        limit = getattr(sys, "tracebacklimit", None)
    if limit is None:
        return stack
    return StackSummary(stack[:limit] if limit >= 0 else stack[limit:])


def _given(exc: Any, value: Any, tb: Any) -> Any:
    if (value is MISSING) != (tb is MISSING) and tb is not None:
        raise ValueError("Both or neither of value and tb must be given")
    return exc if value is MISSING else value


def _traceback(error: Any, tb: Any) -> Any:
    if tb is not MISSING:
        return tb
    return None if error is None else error.__traceback__


def _print(lines: list[str], file: Any) -> None:
    stream = sys.stderr if file is None else file
    if isinstance(stream, io.TextIOBase) or hasattr(stream, "write"):
        for line in lines:
            stream.write(line)
