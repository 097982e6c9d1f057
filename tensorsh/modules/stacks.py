"""What `traceback` lists: places of the program, as Python's `FrameSummary` and `StackSummary` show them.

They hold texts only. Python's own read the lines of any file they are told to name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any


class FrameSummary:
    """A place: file, line, function and the text of the line. It unpacks as these four."""

    __slots__ = ("filename", "line", "lineno", "name")

    def __init__(
        self, filename: str, lineno: int, name: str, *, lookup_line: bool = True, line: str | None = None
    ):
        self.filename, self.lineno, self.name, self.line = filename, lineno, name, line or ""

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
        place = frame_summary
        shown = f'  File "{place.filename}", line {place.lineno}, in {place.name}\n'
        return shown + f"    {place.line.strip()}\n" if place.line else shown

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
