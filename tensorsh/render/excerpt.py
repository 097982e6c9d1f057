"""A piece of source text with marks under it, as compilers show it.

     3 | y = x @ w
       |     - ^ - float32[3, 2]
       |     |
       |     float32[2, 3]

`excerpt` takes the marks of one source and gives the lines. Marks live in character columns of their
line; `_window` turns them into columns of the screen (wide characters, tabs, the part of a long line
that fits), `_underline` draws them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ..source import Source, Span
from ..text.width import columns
from .paint import Paint

TAB = "    "
MOST_LINES = 4  # of one underlined range; of a longer one the first two and the last are shown


@dataclass(frozen=True, slots=True)
class Mark:
    """Columns `start` to `end` of a line, underlined; `text` is written next to or below it."""

    start: int
    end: int
    primary: bool
    text: str = ""

    @property
    def style(self) -> str:
        return "caret" if self.primary else "label"


def marks_of(span: Span, *, primary: bool, text: str = "") -> dict[int, Mark]:
    """Line number → mark. Of an operand that spans lines, only the first is marked."""
    source = span.source
    (first, start), (last, end) = source.position(span.start), source.position(span.end)
    if first == last:
        return {first: Mark(start - 1, end - 1, primary, text)}
    if not primary:
        return {first: Mark(start - 1, len(source.line(first)), False, text)}
    if end == 1:  # the newline is the last thing in the span
        last, end = last - 1, len(source.line(last - 1)) + 1
    numbers: Sequence[int] = range(first, last + 1)
    if len(numbers) > MOST_LINES:
        numbers = (first, first + 1, last)
    marks = {}
    for number in numbers:
        line = source.line(number)
        from_column = start - 1 if number == first else len(line) - len(line.lstrip())
        to_column = end - 1 if number == last else len(line.rstrip())
        if to_column > from_column or number == first:
            marks[number] = Mark(from_column, to_column, True, text if number == last else "")
    return marks


def excerpt(
    source: Source, marked: dict[int, list[Mark]], gutter: int, width: int, paint: Paint
) -> list[str]:
    """The marked lines of one source, each with what is drawn below it, `...` where lines are left out.

    `gutter` is the width of the line numbers.
    """
    bar = paint(f" {'':{gutter}} |", "gutter")
    room = max(width - gutter - 4, 20)
    lines, previous = [bar], None
    for number in sorted(marked):
        if previous is not None and number > previous + 1:
            lines.append(paint("...", "gutter"))
        line = source.line(number)
        shown, marks, outside = _window(line, marked[number], room)
        lines.append(paint(f" {number:>{gutter}} |", "gutter") + (" " + shown if shown else ""))
        lines += [f"{bar} {row}" for row in _underline(marks, room, paint)]
        for mark in outside:
            operand = displayed(line[mark.start : min(mark.end, mark.start + room // 2)])
            lines.append(f"{bar} {paint(f'… {operand}: {mark.text}', mark.style)}")
        previous = number
    return lines


# ------------------------------------------------------------------ from characters to the screen


def displayed(text: str) -> str:
    """`text` without what could move the cursor or reorder the line."""
    if text.isprintable() and text.isascii():
        return text
    return "".join(map(_visible, text))


def _visible(char: str) -> str:
    if char == "\t":
        return TAB
    if char < " ":
        return chr(0x2400 + ord(char))  # ␀ ␛ …
    # Zero-width joiners belong to their word; other invisible controls are shown as unknown.
    return char if char.isprintable() or char == "\u200d" else "\ufffd"


def _window(line: str, marks: list[Mark], room: int) -> tuple[str, list[Mark], list[Mark]]:
    """The part of a line that fits into `room` columns, around its marks.

    Returns the text, the marks in it in columns of the screen, and the marks that lie outside.
    """
    # A line may be a megabyte: look only at the characters near the mark that matters most.
    focus = next((mark.start for mark in marks if mark.primary), marks[0].start)
    near = max(0, focus - 2 * room)
    cells = [displayed(char) for char in line[near : focus + 2 * room]]
    at = [0]  # screen column of each character
    for cell in cells:
        at.append(at[-1] + columns(cell))

    def column(char: int) -> int:
        return at[min(max(char - near, 0), len(cells))]

    moved = [replace(mark, start=column(mark.start), end=column(mark.end)) for mark in marks]
    total = at[-1]
    if total <= room and near == 0 and len(cells) == len(line):
        return "".join(cells).rstrip(), moved, []

    first, last = min(mark.start for mark in moved), max(mark.end for mark in moved)
    if last - first > room - 2:
        first, last = column(focus), column(focus) + 1
    left = min(max(first - (room - (last - first)) // 2, 0), max(total - room, 0))
    right = left + room
    cut_left, cut_right = left > 0 or near > 0, right < total or near + len(cells) < len(line)
    inner = range(left + cut_left, right - cut_right)

    shown = "…" if cut_left else ""
    for cell, start, end in zip(cells, at, at[1:], strict=False):
        if start >= inner.start and end <= inner.stop:
            shown += cell
        elif start < inner.stop and end > inner.start:
            shown += " " * (min(end, inner.stop) - max(start, inner.start))  # half a wide character
    shown += "…" if cut_right else ""
    visible, outside = [], []
    for mark, place in zip(marks, moved, strict=True):
        if place.start < inner.stop and (place.end > inner.start or place.start >= inner.start):
            start, end = max(place.start, inner.start), min(place.end, inner.stop)
            visible.append(replace(place, start=start - left, end=end - left))
        elif mark.text:
            outside.append(mark)
    return shown, visible, outside


# ------------------------------------------------------------------ drawing


def _underline(marks: Iterable[Mark], room: int, paint: Paint) -> list[str]:
    """The row of `^^^` and `---`, then the texts that did not fit behind it."""
    # Wide marks first, so that what lies inside them stays visible; the caret goes over a label.
    marks = sorted(marks, key=lambda mark: (mark.start - mark.end, mark.primary))
    row: _Row = {}
    for mark in marks:
        for at in range(mark.start, max(mark.end, mark.start + 1)):
            row[at] = ("^" if mark.primary else "-", mark.style)
    rows = [row]

    waiting = sorted((mark for mark in marks if mark.text), key=lambda mark: mark.start)
    if waiting and max(waiting[-1].end, waiting[-1].start + 1) > max(row):
        beside = max(row) + 2
        if beside + columns(waiting[-1].text) <= room:
            _write(row, beside, waiting.pop())
    if waiting:
        rows.append({mark.start: ("|", mark.style) for mark in waiting})
    while waiting:
        # From the right: each text that does not run into what is already there; the others wait.
        row, limit = {}, room
        later: list[Mark] = []
        for mark in reversed(waiting):
            length = columns(mark.text)
            start = max(0, min(mark.start, room - length))
            if not row or start + length + 2 <= limit:
                _write(row, start, mark)
                limit = start
            elif mark.start < limit:
                row[mark.start] = ("|", mark.style)
                limit = mark.start
                later.insert(0, mark)
            else:
                later.insert(0, mark)
        rows.append(row)
        waiting = later
    return [_painted(row, paint) for row in rows]


#: one row of the drawing: column → character and its style
_Row = dict[int, tuple[str, str]]


def _write(row: _Row, start: int, mark: Mark) -> None:
    for char in mark.text:
        row[start] = (char, mark.style)
        start += columns(char)


def _painted(row: _Row, paint: Paint) -> str:
    """The row as text, each run of one style painted once."""
    text, run, style, at = "", "", None, 0
    for column in sorted(row):
        char, new_style = row[column]
        gap = " " * (column - at)
        if new_style == style:
            run += gap + char
        else:
            text += (paint(run, style) if style else "") + gap
            run, style = char, new_style
        at = column + columns(char)
    return text + (paint(run, style) if style else "")
