"""Text with styles, before it is decided whether there is colour: segments, lines, and one table of styles.

A `Segment` is (text, style), a `Line` a tuple of them; the style "" is plain. Colours are the sixteen
of every terminal, so they follow its theme.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable

Segment = tuple[str, str]
Line = tuple[Segment, ...]

#: (text, style) → text
Paint = Callable[[str, str], str]

STYLES = {
    # errors
    "error": "1;31",
    "warning": "1;33",
    "message": "1",
    "gutter": "34",
    "caret": "1;31",
    "label": "36",
    "note": "2",
    "help": "32",
    # values
    "frame": "2",  # brackets, indices, headers: what surrounds the numbers
    "gradient": "35",
    "zero": "2",
    "odd": "33",  # nan and infinities
    "true": "32",
    "string": "32",
}


def painter(color: bool) -> Paint:
    """What turns a segment into text: with ANSI codes, or as it is."""
    return _ansi if color else _plain


def _ansi(text: str, style: str) -> str:
    return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if style else text


def _plain(text: str, style: str) -> str:
    return text


def painted(line: Line, paint: Paint) -> str:
    """A line as text, each run of one style painted once."""
    runs: list[list[str]] = []
    for text, style in line:
        if runs and (runs[-1][1] == style or not text.strip()):
            runs[-1][0] += text  # blanks have no colour: they join what is before them
        else:
            runs.append([text, style])
    return "".join(paint(text, style) for text, style in runs)


def line_width(line: Iterable[Segment]) -> int:
    """Columns of the screen a line takes."""
    return sum(columns(text) for text, _ in line)


def columns(text: str) -> int:
    """How many columns of the screen `text` takes."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
