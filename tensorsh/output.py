"""What the command line writes: values on standard output or into a file, errors and times on standard error."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING, Any

from . import limits
from .errors import TensorshError, UsageError
from .options import Options
from .streams import flush_output, on_terminal, screen_encoding, tell

if TYPE_CHECKING:
    from .lang.run.profile import Profile
    from .session import Session, Shown
    from .source import Span


class Output:
    """Where displayed values go, in which format."""

    def __init__(self, options: Options):
        self.path = options.output
        self.file: Any = None
        self.chosen = options.format
        self.on_terminal = self.path is None and sys.stdout.isatty()
        self.session: Session | None = None  # whose kind decides where no format was chosen
        self.pages = False  # whether somebody is there to turn the pages of what is longer than the screen
        self.color = self.path is None and use_color(sys.stdout, options.color)
        self.label = ""  # what the next value is called: `Out[3]:`
        if self.format == "npy" and self.on_terminal:
            raise UsageError("-f npy writes binary data: send it to a file with -o or >")
        if self.path is not None:
            try:
                self.file = open(self.path, "wb")  # noqa: SIM115  closed by close()
            except OSError as error:
                raise UsageError(f"cannot write {self.path!r}: {error.strerror}") from None

    @property
    def format(self) -> str:
        """How values print: as chosen; else the grid on a terminal, in PyTorch programs PyTorch's own repr."""
        if self.chosen is not None:
            return self.chosen
        pythonic = self.session is not None and self.session.pythonic
        return "pretty" if self.on_terminal and not pythonic else "torch"

    @format.setter
    def format(self, chosen: str) -> None:
        self.chosen = chosen

    def show(self, shown: Shown) -> None:
        """Write one displayed value."""
        from . import display

        if self.format == "npy":
            self._write(display.binary(shown.value))
            return
        columns = width(sys.stdout)
        encoding = encoding_of(sys.stdout) if self.file is None else "utf-8"
        marks = screen_encoding(sys.stdout) if self.file is None else "utf-8"
        text = display.text(
            shown.value, shown.name, self.format, color=self.color, width=columns, encoding=marks
        )
        if self.label:
            text = self.label + ("\n" if "\n" in text.rstrip("\n") else " ") + text
        if self.file is None:
            self.print(text, encoding)
        else:
            self._write((text if text.endswith("\n") else text + "\n").encode())

    def print(self, text: str, encoding: str) -> None:
        """Text for standard output; what its encoding does not have is written as Python escapes it."""
        text = text.encode(encoding, "backslashreplace").decode(encoding).removesuffix("\n")
        if self.pages and "\n" in text:
            from .repl.pager import show

            show(text, sys.stdout)
        else:
            print(text)

    def _write(self, data: bytes) -> None:
        if self.file is not None:
            taken = limits.printed.take(len(data))
            self.file.write(data[:taken])
            if taken < len(data):
                raise limits.printed.error()
        else:
            sys.stdout.flush()
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()

    def close(self) -> None:
        if self.file is not None:
            self.file.close()


class Report:
    """Errors and times, on standard error."""

    def __init__(self, options: Options):
        self.json = options.format == "json"
        self.debug = options.debug
        self.color = use_color(sys.stderr, options.color)

    def error(self, error: TensorshError) -> None:
        """One error, as a block of text or a line of JSON; with `--debug` what is behind it."""
        with limits.printed.ourselves():
            self.warning(error)
            if self.debug:
                import traceback

                tell("".join(traceback.format_exception(error.__cause__ or error)), end="")

    def warning(self, report: TensorshError) -> None:
        """One warning, or the block of an error."""
        from .render.error import error_json, error_text

        flush_output()
        text = (
            error_json(report)
            if self.json
            else error_text(report, color=self.color, width=width(sys.stderr), wrap=on_terminal(sys.stderr))
        )
        tell(text)

    def profile(self, profile: Profile) -> None:
        """Time by line."""
        from .render.profile import profile_json, profile_text

        ascii = screen_encoding(sys.stderr) == "ascii"
        flush_output()
        tell(
            profile_json(profile)
            if self.json
            else profile_text(profile, color=self.color, width=width(sys.stderr), ascii=ascii)
        )

    def time(self, span: Span, seconds: float) -> None:
        """How long a statement took."""
        line = span.text.split("\n", 1)[0]
        line = line if len(line) <= 60 else line[:59] + "…"
        from .render.excerpt import displayed

        tell(f"{seconds * 1e3:10.3f} ms  {displayed(line)}")


def use_color(stream: Any, wanted: str) -> bool:
    """Whether to colour what goes to a stream: by the flag, the environment, or its being a terminal."""
    if wanted != "auto":
        return wanted == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return on_terminal(stream) and os.environ.get("TERM") != "dumb"


def width(stream: Any) -> int:
    """Columns of the terminal a stream goes to; 100 where it is none."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return os.get_terminal_size(stream.fileno()).columns or 100
    return 100


def encoding_of(stream: Any) -> str:
    """How a stream writes characters; UTF-8 where it does not say."""
    return getattr(stream, "encoding", None) or "utf-8"
