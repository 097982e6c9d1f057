"""The process's standard streams, which a program may have closed, deleted or replaced."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any


def on_terminal(stream: Any) -> bool:
    """Whether a person sees what is written to a stream."""
    try:
        return bool(stream.isatty())
    except (ValueError, AttributeError):
        return False


def any_closed() -> bool:
    """Whether a stream through which somebody could talk to us is closed."""
    return any(getattr(stream, "closed", True) for stream in (sys.stdin, sys.stdout))


def flush_output() -> None:
    """Bring out what was printed; OSError where there is somebody to read it and that fails."""
    with contextlib.suppress(ValueError, AttributeError):  # closed, or something that is no stream
        sys.stdout.flush()


#: how signs of ours are written where there is only ASCII
IN_ASCII = str.maketrans(
    {
        "…": "...",
        "·": "*",
        "→": "->",
        "×": "x",
        "−": "-",
        "⏎": "/",
        "–": "-",
        "≥": ">=",
        "≤": "<=",
        "±": "+-",
        "µ": "u",
    }
)


def screen_encoding(stream: Any) -> str:
    """What a stream can show. In the C locale a terminal is told nothing but ASCII, although Python writes UTF-8."""
    if on_terminal(stream) and plain_locale():
        return "ascii"
    return getattr(stream, "encoding", None) or "utf-8"


def plain_locale() -> bool:
    """Whether the user's locale is C; Python itself then sets LC_CTYPE, unless LC_ALL is set."""
    found = os.environ.get("LC_ALL") or os.environ.get("LC_CTYPE") or ""
    if found in ("", "C.UTF-8") and not os.environ.get("LC_ALL"):
        found = os.environ.get("LANG", "")
    return found in ("C", "POSIX")


def for_screen(text: str, stream: Any) -> str:
    """A text of ours with the signs that the screen has."""
    if text.isascii() or screen_encoding(stream) != "ascii":
        return text
    return text.translate(IN_ASCII)


def tell(text: str, end: str = "\n") -> None:
    """Text for standard error; where that is closed, or takes no more, there is nobody to tell."""
    with contextlib.suppress(ValueError, AttributeError, OSError):
        sys.stderr.write(for_screen(text, sys.stderr) + end)
        sys.stderr.flush()
