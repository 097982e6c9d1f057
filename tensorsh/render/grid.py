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

GAP, GAP_BELOW, GAP_BOTH = "…", "⋮", "⋱"
BETWEEN = 3  # blanks between matrices that stand side by side
_LEFT_OUT: list[Line] = [((GAP, "frame"),)]


def grid(array: np.ndarray[Any, Any], width: int, options: PrintOptions) -> list[Line]:
    """The lines of a tensor with one or more dimensions and at least one element."""
    shown, gaps = shown_elements(array, options)
    texts = [text.strip() for text in element_strings(shown, options)]
    if not texts:
        return _LEFT_OUT  # a summary without edges
    if array.ndim == 1:
        return _vector(texts, gaps[0], width)
    columns = _Columns(texts, shown.shape[-1], gaps[-1], width)
    row_gap = shown.shape[-2] // 2 if gaps[-2] else None
    rows = [texts[at : at + shown.shape[-1]] for at in range(0, len(texts), shown.shape[-1])]
    height = shown.shape[-2]
    matrices = [_matrix(rows[at : at + height], row_gap, columns) for at in range(0, len(rows), height)]
    if array.ndim == 2:
        return matrices[0]
    return _side_by_side(list(_batches(matrices, array.shape, shown.shape, gaps)), width)


def cell(text: str, width: int = 0) -> Line:
    """One number, right-aligned; zeros stand back, nan and infinities stand out."""
    return ((" " * (width - len(text)), ""), (text, _style(text)))


def _style(text: str) -> str:
    if text == "True":
        return "true"
    if text == "False" or not text.strip("-+0.ej"):
        return "zero"
    return "odd" if "n" in text else ""  # nan, inf


# ------------------------------------------------------------------ one dimension


def _vector(texts: list[str], gap: bool, width: int) -> list[Line]:
    """`[ 1  2  3 ]`, or lines that begin with the index of their first element."""
    columns = _Columns(texts, len(texts), gap, width)
    if gap or not columns.gap:
        return [(("[ ", "frame"), *columns.line(texts), (" ]", "frame"))]
    widest = max(map(len, texts))
    index_width = len(str(len(texts) - 1))
    fitting = max((width - index_width - 3) // (widest + 2), 1)
    per_line = fitting // 10 * 10 or fitting // 5 * 5 or fitting  # indices that are easy to count from
    lines = []
    for start in range(0, len(texts), per_line):
        line: list[Segment] = [(f"{start:>{index_width}} │", "frame")]
        for text in texts[start : start + per_line]:
            line += cell(text, widest + (1 if len(line) == 1 else 2))
        lines.append(tuple(line))
    return lines


# ------------------------------------------------------------------ two


class _Columns:
    """Which columns of a matrix are printed and how wide: all, or as many from both ends as fit.

    left, right   how many of each end
    gap           something is left out between them
    """

    def __init__(self, texts: list[str], count: int, gap: bool, width: int):
        self.widths = [max(map(len, texts[at::count])) for at in range(count)]
        self.gap = gap or self._needed(count, 0) > width
        self.left, self.right = (1, 0) if self.gap else (count, 0)
        if self.gap:
            for more in range(1, count // 2 * 2):
                left, right = more // 2 + 1, (more + 1) // 2
                if self._needed(left, right) + 2 + len(GAP) > width:
                    break
                self.left, self.right = left, right

    def _kept(self, values: list[Any], left: int, right: int) -> list[Any]:
        return values[:left] + values[len(values) - right :]

    def _needed(self, left: int, right: int) -> int:
        """Columns of the screen: numbers two blanks apart, and the frame."""
        widths = self._kept(self.widths, left, right)
        return sum(widths) + 2 * (len(widths) - 1) + 4

    def line(self, texts: list[str], mark: str = GAP) -> list[Segment]:
        """One row: the kept texts in their columns, the mark where some are missing."""
        kept = zip(texts, self.widths, strict=True)
        segments: list[Segment] = []
        for at, (text, width) in enumerate(self._kept(list(kept), self.left, self.right)):
            if at:
                segments.append(("  ", ""))
            segments += cell(text, width)
            if self.gap and at == self.left - 1:
                segments += [("  ", ""), (mark, "frame")]
        return segments

    def below(self) -> list[Segment]:
        """The row that stands for the rows that are left out."""
        return [
            (text, "frame" if text.strip() else "")
            for text, _ in self.line([GAP_BELOW] * len(self.widths), mark=GAP_BOTH)
        ]


def _matrix(rows: list[list[str]], gap: int | None, columns: _Columns) -> list[Line]:
    lines = [columns.line(row) for row in rows]
    if gap is not None:
        lines.insert(gap, columns.below())
    blank = " " * (line_width(lines[0]) + 2)
    return [
        ((f"╭{blank}╮", "frame"),),
        *((("│ ", "frame"), *line, (" │", "frame")) for line in lines),
        ((f"╰{blank}╯", "frame"),),
    ]


# ------------------------------------------------------------------ more


def _batches(
    matrices: list[list[Line]], shape: tuple[int, ...], shown: tuple[int, ...], gaps: tuple[bool, ...]
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
            yield _LEFT_OUT
        yield [((str(index), "frame"),), *matrix]


def _side_by_side(blocks: list[list[Line]], width: int) -> list[Line]:
    """Blocks from left to right as long as they fit, then below; a blank line between.

    A gap stands alone.
    """
    rows: list[list[list[Line]]] = []
    used = 0
    for block in blocks:
        needed = max(map(line_width, block))
        if not rows or used + BETWEEN + needed > width or _LEFT_OUT in (block, rows[-1][-1]):
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
