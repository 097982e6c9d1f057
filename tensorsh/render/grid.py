"""The values of a tensor as aligned columns: a row of numbers, a matrix in brackets, matrices side by side.

    [ 1  2  3 ]        ╭         ╮        [0]       [1]
                       │ 1     2 │        ╭   ╮     ╭   ╮
                       │ 3  -0.5 │        │ 1 │     │ 2 │
                       ╰         ╯        ╰   ╯     ╰   ╯

The numbers are those of `torch_repr`: its notation, its choice of what a large tensor shows. What is
left out is a `…` in a row, a `⋮` in a column. Columns that a narrow screen has no room for are left
out from the middle.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np

from ..text.torch_repr import PrintOptions, element_strings, shown_elements
from .paint import Line, Segment, line_width
from .screen import Screen
from .tones import tones

BETWEEN = 3  # blanks between matrices that stand side by side
MOST_MATRICES = 12  # of a large tensor

#: an element: its digits and their style
Cell = Segment


def grid(array: np.ndarray[Any, Any], screen: Screen) -> tuple[list[Line], bool]:
    """The lines of a tensor with one or more dimensions and at least one element, and whether they leave any out."""
    shown, gaps = _shown(array, screen.options)
    texts = element_strings(shown, screen.options)
    if not texts:
        return [_left_out(screen)], True  # a summary without edges
    cells = list(zip(map(str.strip, texts), tones(shown), strict=True))
    columns = _Columns(cells, shown.shape[-1], gaps[-1], screen)
    if array.ndim == 1:
        return _vector(cells, gaps[0], columns, screen), gaps[0]
    row_gap = shown.shape[-2] // 2 if gaps[-2] else None
    rows = [cells[at : at + shown.shape[-1]] for at in range(0, len(cells), shown.shape[-1])]
    height = shown.shape[-2]
    matrices = [_matrix(rows[at : at + height], row_gap, columns) for at in range(0, len(rows), height)]
    cut = columns.gap or any(gaps)
    if array.ndim == 2:
        return matrices[0], cut
    batches = list(_batches(matrices, array.shape, shown.shape, gaps, screen))
    return _side_by_side(batches, screen), cut


def cell(item: Cell, width: int = 0) -> Line:
    """One number, right-aligned."""
    return ((" " * (width - len(item[0])), ""), item)


def _left_out(screen: Screen) -> Line:
    return ((screen.marks.gap, "frame"),)


def _shown(
    array: np.ndarray[Any, Any], options: PrintOptions
) -> tuple[np.ndarray[Any, Any], tuple[bool, ...]]:
    """What PyTorch prints of a tensor, but not more than a few matrices of a large one."""
    shown, gaps = shown_elements(array, options)
    outer = array.ndim - 2
    edge = options.edgeitems
    if outer < 1 or not any(gaps):
        return shown, gaps
    while edge > 1 and np.prod([min(2 * edge, n) for n in array.shape[:outer]]) > MOST_MATRICES:
        edge -= 1
    for axis in range(outer):
        if array.shape[axis] > 2 * edge:
            length = shown.shape[axis]
            shown = np.take(shown, [*range(edge), *range(length - edge, length)], axis)
            gaps = (*gaps[:axis], True, *gaps[axis + 1 :])
    return shown, gaps


# ------------------------------------------------------------------ one dimension


def _vector(cells: list[Cell], gap: bool, columns: _Columns, screen: Screen) -> list[Line]:
    """`[ 1  2  3 ]`, or lines that begin with the index of their first element."""
    if gap or not columns.gap:
        return [(("[ ", "frame"), *columns.line(cells), (" ]", "frame"))]
    widest = max(columns.widths)
    index_width = len(str(len(cells) - 1))
    fitting = max((screen.width - index_width - 3) // (widest + 2), 1)
    per_line = fitting // 10 * 10 or fitting // 5 * 5 or fitting  # indices that are easy to count from
    lines = []
    for start in range(0, len(cells), per_line):
        line: list[Segment] = [(f"{start:>{index_width}} {screen.marks.side}", "frame")]
        for item in cells[start : start + per_line]:
            line += cell(item, widest + (1 if len(line) == 1 else 2))
        lines.append(tuple(line))
    return lines


# ------------------------------------------------------------------ two


class _Columns:
    """Which columns of a matrix are printed and how wide: all, or as many from both ends as fit.

    left, right   how many of each end
    gap           something is left out between them
    """

    def __init__(self, cells: list[Cell], count: int, gap: bool, screen: Screen):
        self.widths = [max(len(text) for text, _ in cells[at::count]) for at in range(count)]
        self.marks = screen.marks
        self.gap = gap or self._needed(count, 0) > screen.width
        self.left, self.right = (1, 0) if self.gap else (count, 0)
        if self.gap:
            for more in range(1, count // 2 * 2):
                left, right = more // 2 + 1, (more + 1) // 2
                if self._needed(left, right) + 2 + len(self.marks.gap) > screen.width:
                    break
                self.left, self.right = left, right

    def _kept(self, values: list[Any], left: int, right: int) -> list[Any]:
        return values[:left] + values[len(values) - right :]

    def _needed(self, left: int, right: int) -> int:
        """Columns of the screen: numbers two blanks apart, and the frame."""
        widths = self._kept(self.widths, left, right)
        return sum(widths) + 2 * (len(widths) - 1) + 4

    def line(self, cells: list[Cell], mark: str = "") -> list[Segment]:
        """One row: the kept cells in their columns, the mark where some are missing."""
        kept = zip(cells, self.widths, strict=True)
        segments: list[Segment] = []
        for at, (item, width) in enumerate(self._kept(list(kept), self.left, self.right)):
            if at:
                segments.append(("  ", ""))
            segments += cell(item, width)
            if self.gap and at == self.left - 1:
                segments += [("  ", ""), (mark or self.marks.gap, "frame")]
        return segments

    def below(self) -> list[Segment]:
        """The row that stands for the rows that are left out."""
        return self.line([(self.marks.below, "frame")] * len(self.widths), mark=self.marks.both)


def _matrix(rows: list[list[Cell]], gap: int | None, columns: _Columns) -> list[Line]:
    lines = [columns.line(row) for row in rows]
    if gap is not None:
        lines.insert(gap, columns.below())
    between = " " * (line_width(lines[0]) + 2)
    side, corners = columns.marks.side, columns.marks.corners
    return [
        ((f"{corners[0]}{between}{corners[1]}", "frame"),),
        *(((f"{side} ", "frame"), *line, (f" {side}", "frame")) for line in lines),
        ((f"{corners[2]}{between}{corners[3]}", "frame"),),
    ]


# ------------------------------------------------------------------ more


def _batches(
    matrices: list[list[Line]],
    shape: tuple[int, ...],
    shown: tuple[int, ...],
    gaps: tuple[bool, ...],
    screen: Screen,
) -> Iterator[list[Line]]:
    """Each matrix under its index, a `…` where some are left out."""
    positions = product(*map(range, shown[:-2]))
    for number, (position, matrix) in enumerate(zip(positions, matrices, strict=True)):
        index = [
            at if not gap or at < kept // 2 else length - kept + at
            for at, gap, kept, length in zip(position, gaps, shown, shape, strict=False)
        ]
        begins_after_gap = any(
            gap and at == kept // 2 and not any(position[axis + 1 :])
            for axis, (at, gap, kept) in enumerate(zip(position, gaps, shown, strict=False))
        )
        if number and begins_after_gap:
            yield [_left_out(screen)]
        yield [((str(index), "frame"),), *matrix]


def _side_by_side(blocks: list[list[Line]], screen: Screen) -> list[Line]:
    """Blocks from left to right as long as they fit, then below; a blank line between.

    A gap stands alone.
    """
    rows: list[list[list[Line]]] = []
    gap = [_left_out(screen)]
    used = 0
    for block in blocks:
        needed = max(map(line_width, block))
        if not rows or used + BETWEEN + needed > screen.width or gap in (block, rows[-1][-1]):
            rows.append([])
            used = -BETWEEN
        rows[-1].append(block)
        used += BETWEEN + needed
    lines: list[Line] = []
    for row in rows:
        if lines:
            lines.append(())
        lines += _joined(row)
    return lines


def _joined(blocks: list[list[Line]]) -> Iterator[Line]:
    widths = [max(map(line_width, block)) for block in blocks]
    for at in range(max(map(len, blocks))):
        joined: list[Segment] = []
        missing = 0  # blanks owed before the next block, so that no line ends in blanks
        for block, width in zip(blocks, widths, strict=True):
            line = block[at] if at < len(block) else ()
            if line:
                joined += [(" " * missing, ""), *line]
                missing = 0
            missing += width - line_width(line) + BETWEEN
        yield tuple(joined)
