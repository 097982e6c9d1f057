"""`graph y`: the computation graph as a list, each operation once, inputs before what uses them.

w       leaf                float32[3, 2]
%1      mm(·, w)            float32[4, 2]   saved: input float32[4, 3]
loss    mean(%1)            float32[]
"""

from __future__ import annotations

from ..engine.graph_rows import Row
from .explain import statistics

#: longer graphs are shown at both ends
MOST_ROWS = 400
#: longer lines of the program are cut
LONGEST_LINE = 48


def folded(rows: list[Row], most: int) -> list[Row]:
    """The first and the last rows, one that stands for those between; what used these uses that one."""
    if len(rows) <= most:
        return rows
    half = most // 2
    between = rows[half : len(rows) - half]
    gone = {id(row) for row in between}
    fold = Row("", f"… {len(between):,} more", "")
    fold.inputs = [row for row in rows[:half] if any(row in each.inputs for each in between[:half])][-1:]
    last = rows[len(rows) - half :]
    for row in last:
        kept = [each for each in row.inputs if id(each) not in gone]
        row.inputs = kept if len(kept) == len(row.inputs) else [*kept, fold]
    return [*rows[:half], fold, *last]


def graph_text(rows: list[Row], gradients: bool = False) -> str:
    """The list in aligned columns; `gradients` adds what has been accumulated."""
    rows = folded(rows, MOST_ROWS)
    cells = [
        (row.name, row.operation, row.spec, gradient(row) if gradients else "", row.saved, clipped(row.line))
        for row in rows
    ]
    used = [i for i in range(6) if any(cell[i] for cell in cells)]
    widths = [max(len(cell[i]) for cell in cells) for i in used]
    return "\n".join(
        "  ".join(cell[i].ljust(width) for i, width in zip(used, widths, strict=True)).rstrip()
        for cell in cells
    )


def clipped(line: str) -> str:
    """A line of the program as a comment."""
    if not line:
        return ""
    return f"# {line}" if len(line) <= LONGEST_LINE else f"# {line[: LONGEST_LINE - 1]}…"


def gradient(row: Row) -> str:
    """What has been accumulated in a leaf, or a tensor that retains its gradient."""
    t = row.tensor
    if t is None or not (t.is_leaf or t.retains):
        return ""
    g = t.grad_slot
    return "no gradient yet" if g is None else statistics(g, "grad")
