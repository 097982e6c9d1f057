"""`graph y`: the computation graph as a list, each operation once, inputs before what uses them.

w       leaf                float32[3, 2]
%1      mm(·, w)            float32[4, 2]   saved: input float32[4, 3]
loss    mean(%1)            float32[]
"""

from __future__ import annotations

from ..engine.graph_rows import Row
from ..text.width import columns
from .explain import statistics

#: longer graphs are shown at both ends
MOST_ROWS = 400
#: lines of the program are cut to something between these
SHORTEST_LINE, LONGEST_LINE = 16, 48
#: which cell of a row has one
LINE = 5


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


def graph_text(rows: list[Row], gradients: bool = False, width: int | None = None) -> str:
    """The list in aligned columns; `gradients` adds what has been accumulated.

    Lines of the program are cut so that rows fit `width` columns, where that leaves something of them.
    """
    rows = folded(rows, MOST_ROWS)
    cells = [
        (row.name, row.operation, row.spec, gradient(row) if gradients else "", row.saved, row.line)
        for row in rows
    ]
    used = [i for i in range(6) if any(cell[i] for cell in cells)]
    facts = [i for i in used if i < LINE]
    widths = [max(columns(cell[i]) for cell in cells) for i in facts]
    left = LONGEST_LINE if width is None else width - sum(widths) - 2 * len(widths) - len("# ")
    most = min(LONGEST_LINE, max(left, SHORTEST_LINE))
    return "\n".join(
        "  ".join(
            [cell[i] + " " * (size - columns(cell[i])) for i, size in zip(facts, widths, strict=True)]
            + [comment(cell[LINE], most)]
        ).rstrip()
        for cell in cells
    )


def comment(line: str, most: int) -> str:
    """A line of the program as a comment of at most so many columns."""
    if not line:
        return ""
    if columns(line) > most:
        while columns(line) >= most:
            line = line[:-1]
        line += "…"
    return f"# {line}"


def gradient(row: Row) -> str:
    """What has been accumulated in a leaf, or a tensor that retains its gradient."""
    t = row.tensor
    if t is None or not (t.is_leaf or t.retains):
        return ""
    g = t.grad_slot
    return "no gradient yet" if g is None else statistics(g, "grad")
