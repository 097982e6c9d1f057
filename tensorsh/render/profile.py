"""Time by line of a program as a table, and as lines of JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import groupby
from typing import TYPE_CHECKING, Any

from ..text.width import columns, cut
from .excerpt import displayed
from .paint import painter

if TYPE_CHECKING:
    from ..lang.run.profile import Profile, Row

#: lines below this part of the time of all lines are summed up; from this part of all time on they stand out
LEAST, MUCH = 0.001, 0.1
#: columns that a line's text has at least
ROOM = 24
GAP = "  "


def profile_text(profile: Profile, *, color: bool, width: int, ascii: bool = False) -> str:
    """The lines in the order of the text, those of each file under its name; below them what is no line's time."""
    table = Table(profile, width, "..." if ascii else "…")
    paint = painter(color)
    return "\n".join(paint(text, style) if style else text for text, style in table.lines())


class Table:
    """Writes the table; a line of it is a text and its style."""

    def __init__(self, profile: Profile, width: int, more: str):
        self.profile = profile
        self.total = profile.total
        self.width = width
        self.more = more
        self.unit, self.scale, self.digits = unit_of(self.total)
        rows = profile.rows
        self.of_lines = sum(row.seconds for row in rows)
        self.calls = any(row.within for row in rows)
        self.compiled = any(row.compiled for row in rows)
        counts = [f"{row.times}" for row in rows]
        self.number = max([4, *(len(f"{row.line}") for row in rows)])
        self.count = max([5, *map(len, counts)])
        self.time = max(len(self.unit), *(len(self.text_of(each)) for each in (self.total, 0.0)))

    def lines(self) -> Iterable[tuple[str, str]]:
        titles = self.cells("line", "count", self.unit, "share", "with calls", "compiled")
        yield titles, "frame"
        for source, group in groupby(self.profile.rows, key=lambda row: row.source):
            yield displayed(source.name), "message"
            yield from self.file(list(group))
        for title, seconds in self.profile.elsewhere.items():
            if seconds and self.share(seconds) >= LEAST:
                yield self.sum(title, seconds), "note"
        yield self.sum("total", self.total, share=False), "message"
        if self.share(self.profile.measuring) >= 0.01:
            yield self.sum("measuring, not in the total", self.profile.measuring, share=False), "note"

    def file(self, rows: list[Row]) -> Iterable[tuple[str, str]]:
        shown = [row for row in rows if row.seconds + row.within >= LEAST * self.of_lines]
        for row in shown:
            share = self.share(row.seconds)
            yield self.row(row), "warning" if share >= MUCH else ""
        rest = len(rows) - len(shown)
        if rest:
            seconds = sum(row.seconds for row in rows) - sum(row.seconds for row in shown)
            yield self.sum(f"{rest} other line{'s' * (rest > 1)}", seconds), "note"

    def row(self, row: Row) -> str:
        start = self.cells(
            f"{row.line}",
            f"{row.times}",
            self.text_of(row.seconds),
            f"{self.share(row.seconds):.1%}",
            self.text_of(row.seconds + row.within) if row.within else "",
            f"{row.compiled / row.times:.0%}" if row.compiled else "",
        )
        text = displayed(row.text)
        return (
            start + GAP + cut(text, max(self.width - columns(start) - len(GAP), ROOM), self.more)
        ).rstrip()

    def sum(self, title: str, seconds: float, share: bool = True) -> str:
        part = f"{self.share(seconds):.1%}" if share else ""
        return self.cells("", "", self.text_of(seconds), part, "", "") + GAP + title

    def cells(self, line: str, count: str, time: str, share: str, calls: str, compiled: str) -> str:
        cells = [line.rjust(self.number), count.rjust(self.count), time.rjust(self.time), share.rjust(6)]
        if self.calls:
            cells.append(calls.rjust(max(self.time, len("with calls"))))
        if self.compiled:
            cells.append(compiled.rjust(len("compiled")))
        return GAP.join(cells)

    def text_of(self, seconds: float) -> str:
        return f"{seconds * self.scale:.{self.digits}f}"

    def share(self, seconds: float) -> float:
        return seconds / self.total if self.total else 0.0


def unit_of(total: float) -> tuple[str, float, int]:
    """The unit of all times, how many of it a second has, and how many decimals."""
    if total >= 10:
        return "s", 1.0, 3
    return "ms", 1e3, 1 if total >= 0.1 else 3


def profile_json(profile: Profile) -> str:
    """An object for each line that has run, for what is no line's, and for the total."""
    found: list[dict[str, Any]] = [
        {
            "file": row.source.name,
            "line": row.line,
            "text": row.text,
            "count": row.times,
            "compiled": row.compiled,
            "seconds": row.seconds,
            "seconds_in_calls": row.within,
        }
        for row in profile.rows
    ]
    rest = {**profile.elsewhere, "total": profile.total, "measuring": profile.measuring}
    found += [
        {"file": None, "line": None, "text": title, "seconds": seconds} for title, seconds in rest.items()
    ]
    return "\n".join(json.dumps({"profile": each}, ensure_ascii=False) for each in found)
