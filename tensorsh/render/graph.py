"""`graph y`: the computation graph as a list, each operation once, inputs before what uses them.

w       leaf                float32[3, 2]
%1      mm(·, w)            float32[4, 2]   saved: input float32[4, 3]
loss    mean(%1)            float32[]
"""

from __future__ import annotations

import re

from ..engine.explain.graph_rows import Row
from ..text.width import columns, left
from .explain import statistics

#: longer graphs are shown at both ends
MOST_ROWS = 400
#: lines of the program are cut to something between these
SHORTEST_LINE, LONGEST_LINE = 16, 48
#: columns that operations are never folded below, and below which they are rather shown than what is saved
SHORTEST_OPERATION, SHORT_OPERATION = 16, 32
#: the cells of a row
NAME, OPERATION, SPEC, GRADIENT, SAVED, LINE = range(6)
#: a variable, or a path to what it holds
PATH = re.compile(r"[^\W\d]\w*(?:\.\w+|\[[^\]]*\])*")


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

    Where it is wider than `width` columns it says less, step by step: lines of the program are cut, what is saved is
    named without its shape, paths are abbreviated, lines of the program are left out, then what is saved.
    Operations are folded when nothing else helps.
    """
    rows = folded(rows, MOST_ROWS)
    cells = [
        [row.name, row.operation, row.spec, gradient(row) if gradients else "", row.saved, row.line]
        for row in rows
    ]
    if width is not None:
        fit(cells, width)
    used = [i for i in range(LINE + 1) if any(cell[i] for cell in cells)]
    widths = sizes(cells)
    narrow = width is not None and sum(widths) + 2 * len(used) - 2 > width
    most = widths[OPERATION]
    if width is not None and narrow:
        most = max(width - sum(widths) + most - 2 * len(used) + 2, SHORTEST_OPERATION)
    lines = []
    for cell in cells:
        first, *more = wrapped(cell[OPERATION], most)
        cell = [*cell[:OPERATION], first, *cell[OPERATION + 1 :]]
        widths[OPERATION] = most
        lines.append("  ".join(left(cell[i], widths[i]) for i in used).rstrip())
        lines += [" " * (widths[NAME] + 4) + text for text in more]
    return "\n".join(lines)


def fit(cells: list[list[str]], width: int) -> None:
    """Say less where rows are wider than the screen, in the order in which it is missed least."""

    def room() -> int:
        """What is left for lines of the program."""
        found = sizes(cells)[:LINE]
        return width - sum(found) - 2 * sum(map(bool, found)) - len("# ")

    lined = any(cell[LINE] for cell in cells)
    enough = SHORTEST_LINE if lined else -2 * len("# ")
    if room() < enough:
        for cell in cells:
            cell[SAVED] = shorter(cell[SAVED])
    if room() < enough:
        short = abbreviations([cell[NAME] for cell in cells])
        for cell in cells:
            cell[NAME] = short.get(cell[NAME], cell[NAME])
            cell[OPERATION] = PATH.sub(lambda found: short.get(found[0], found[0]), cell[OPERATION])
    most = min(room(), LONGEST_LINE)
    for cell in cells:
        cell[LINE] = comment(cell[LINE], most) if most >= SHORTEST_LINE else ""
    if room() < -2 * len("# ") - sizes(cells)[OPERATION] + SHORT_OPERATION:
        for cell in cells:
            cell[SAVED] = ""


def sizes(cells: list[list[str]]) -> list[int]:
    return [max(columns(cell[i]) for cell in cells) for i in range(LINE + 1)]


def shorter(saved: str) -> str:
    """`saved: input float32[2, 3], result` → `saved: input, result`; all leaves of a graph require gradients."""
    return re.sub(r" \w+\[[^\]]*\]|^requires_grad$", "", saved)


def abbreviations(names: list[str]) -> dict[str, str]:
    """Paths with all but their last name cut to its first letter, where two do not become one.

    `model.blocks[0].attention.weight` → `m.b[0].a.weight`
    """
    found: dict[str, str] = {}
    for name in names:
        head, dot, last = name.rpartition(".")
        short = re.sub(r"[^\W\d]\w*", lambda word: word[0][0], head) + dot + last
        if short not in found.values() and short not in names:
            found[name] = short
    return found


def wrapped(operation: str, most: int) -> list[str]:
    """An operation in lines of at most so many columns, parted after commas and the bracket."""
    lines = [""]
    for part in re.findall(r".+?(?:, |\((?=.)|$)", operation):
        if lines[-1] and columns(lines[-1]) + columns(part.rstrip()) > most - 2 * (len(lines) > 1):
            lines.append("")
        lines[-1] += part
    return [line.rstrip() for line in lines]


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
