"""What `traceback` lists: places of the program, as Python's `FrameSummary` and `StackSummary` show them.

They hold texts only. Python's own read the lines of any file they are told to name.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

#: whether Python shows all lines of what failed, not the first
ALL_LINES = sys.version_info >= (3, 13)


class Extent(NamedTuple):
    """What failed at a place: the lines that it is in, the first and last one's number, its columns in bytes."""

    lines: list[str]
    lineno: int
    end_lineno: int
    colno: int
    end_colno: int


class FrameSummary:
    """A place: file, line, function and the text of the line. It unpacks as these four."""

    __slots__ = ("_extent", "filename", "line", "lineno", "name")

    def __init__(
        self,
        filename: str,
        lineno: int,
        name: str,
        *,
        lookup_line: bool = True,
        line: str | None = None,
        extent: Extent | None = None,
    ):
        self.filename, self.lineno, self.name, self.line = filename, lineno, name, line or ""
        self._extent = extent

    @property
    def end_lineno(self) -> int | None:
        return None if self._extent is None else self._extent.end_lineno

    @property
    def colno(self) -> int | None:
        return None if self._extent is None else self._extent.colno

    @property
    def end_colno(self) -> int | None:
        return None if self._extent is None else self._extent.end_colno

    def __iter__(self) -> Iterator[Any]:
        return iter((self.filename, self.lineno, self.name, self.line))

    def __getitem__(self, index: Any) -> Any:
        return (self.filename, self.lineno, self.name, self.line)[index]

    def __len__(self) -> int:
        return 4

    def __eq__(self, other: object) -> bool:
        if isinstance(other, FrameSummary | tuple):
            return tuple(self) == tuple(other)
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<FrameSummary file {self.filename}, line {self.lineno} in {self.name}>"


class StackSummary(list[FrameSummary]):
    """Places, outermost first."""

    @classmethod
    def from_list(cls, a_list: Iterable[Any]) -> StackSummary:
        """Of (file, line, function, text) each."""
        made = cls()
        for each in a_list:
            filename, lineno, name, line = each
            made.append(FrameSummary(filename, lineno, name, line=line))
        return made

    def format_frame_summary(self, frame_summary: FrameSummary, **_: Any) -> str:
        """The lines that show one place."""
        place, extent = frame_summary, frame_summary._extent
        lines = [place.line] if extent is None else extent.lines if ALL_LINES else extent.lines[:1]
        shown = traceback.FrameSummary(
            place.filename,
            place.lineno,
            place.name,
            lookup_line=False,
            line="".join(f"{line}\n" for line in lines),  # or Python would read the file
            end_lineno=place.end_lineno,
            colno=place.colno,
            end_colno=place.end_colno,
        )
        return traceback.StackSummary().format_frame_summary(shown)

    def format(self, **_: Any) -> list[str]:
        """The lines that show all; of places that repeat the first three."""
        lines: list[str] = []
        last, count = None, 0
        for each in self:
            here = each.filename, each.lineno, each.name
            if here != last:
                lines += _repeated(count)
                last, count = here, 0
            count += 1
            if count <= 3:
                lines.append(self.format_frame_summary(each))
        return lines + _repeated(count)


def _repeated(count: int) -> list[str]:
    if count <= 3:
        return []
    more = count - 3
    return [f"  [Previous line repeated {more} more time{'s' if more > 1 else ''}]\n"]


FrameSummary.__module__ = StackSummary.__module__ = "traceback"


def format_list(extracted_list: Iterable[Any]) -> list[str]:
    """The lines that show places."""
    return StackSummary.from_list(extracted_list).format()
