"""What values are laid out for: a screen of so many columns, with the characters that its encoding has.

Layout asks `Marks` for every character beyond ASCII, so that a screen without them loses no alignment.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..text.torch_repr import DEFAULT, PrintOptions


@dataclass(frozen=True, slots=True)
class Marks:
    """The characters around values.

    gap, below, both   for columns, rows, and both that are left out
    side               the frame's left and right
    corners            of the frame: top left, top right, bottom left, bottom right
    bars               of a histogram, the lowest first
    branch, last       before a part in a tree, and before the last one; `line`, `blank` before what is in them
    """

    gap: str
    below: str
    both: str
    side: str
    corners: str
    bars: str
    branch: str
    last: str
    line: str
    blank: str
    times: str


UNICODE = Marks("…", "⋮", "⋱", "│", "╭╮╰╯", "▁▂▃▄▅▆▇█", "├─ ", "└─ ", "│  ", "   ", "×")
ASCII = Marks("...", ":", "...", "|", "/\\\\/", "_.-:=+*#", "|- ", "`- ", "|  ", "   ", "x")


@dataclass(frozen=True, slots=True)
class Screen:
    """Columns, marks, and how numbers print."""

    width: int
    options: PrintOptions = DEFAULT
    marks: Marks = UNICODE

    def narrower(self, by: int) -> Screen:
        """The same without `by` columns."""
        return replace(self, width=self.width - by)


def can_show(encoding: str | None) -> bool:
    """Whether an encoding has the characters of `UNICODE`."""
    try:
        "".join((UNICODE.gap, UNICODE.both, UNICODE.corners, UNICODE.bars, UNICODE.branch)).encode(
            encoding or "ascii"
        )
    except (UnicodeEncodeError, LookupError):
        return False
    return True
