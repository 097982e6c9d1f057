"""Sums in PyTorch's order of additions as machine code: `numerics.cascade`, rows and columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from .routines import Routine, Word, vector, width

#: numbers of a vector, and vectors, that are added up apart from each other
LANES, GROUPS = 8, 4
#: how many are added up one after the other, and how often sums are grouped again
BLOCK, LEVELS = 16, 3


class Summands(NamedTuple):
    """`n` vectors of a kind; `read` gives the one of an index."""

    n: Word
    kind: str
    read: Callable[[Word], Word]


def row_sums(f: Routine, x: Word, out: Word, many: Word, n: Word) -> None:
    """(many, n) → (many): rows of at least eight numbers."""
    with f.loop(many) as i:
        row = f.at(x, i * n)
        vectors = Summands(n / LANES, vector(LANES), lambda at: f.read(vector(LANES), row, at * LANES))
        lanes = _in_groups(f, vectors)
        total = f.variable("float", 0.0)
        with f.loop(n, n / LANES * LANES) as at:
            total.value = total.value + row[at]
        for lane in range(LANES):
            total.value = total.value + f.element(lanes, lane)
        out[i] = total.value


def column_sums(f: Routine, x: Word, out: Word, many: Word, n: Word, m: Word) -> None:
    """(many, n, m) → (many, m), of more than four rows each.

    Of the last columns, which fill no four vectors, every fourth row is in a group of its own.
    """
    wide = GROUPS * LANES
    whole = f.choose(m < LANES, m / GROUPS * GROUPS, m / wide * wide)
    with f.loop(many) as i:
        matrix, sums = f.at(x, i * n * m), f.at(out, i * m)

        def columns(first: Word, count: int, which: Word) -> Summands:
            base = f.at(matrix, first)
            return Summands(n, vector(count), lambda at: f.read_some(count, base, at * m, which))

        with f.loop(whole, step=wide) as column:
            which = f.first(wide, whole - column)
            f.write_some(_levels(f, columns(column, wide, which)), sums, column, which)
        with f.loop(m, whole, LANES) as column:
            which = f.first(LANES, m - column)
            f.write_some(_in_groups(f, columns(column, LANES, which)), sums, column, which)


def _in_groups(f: Routine, summands: Summands) -> Word:
    """Every fourth vector in a group of its own; the first group has those, too, that are no four."""
    n, kind, read = summands
    four = vector(GROUPS * width(kind))
    together = _levels(
        f,
        Summands(n / GROUPS, four, lambda at: f.side_by_side([read(at * GROUPS + g) for g in range(GROUPS)])),
    )
    first, *others = (f.part(together, g * width(kind), width(kind)) for g in range(GROUPS))
    total = f.variable(kind, first)
    with f.loop(n, n / GROUPS * GROUPS) as at:
        total.value = total.value + read(at)
    found = total.value
    for other in others:
        found = found + other
    return found


def _levels(f: Routine, summands: Summands) -> Word:
    """The sum in blocks of 16, three levels deep; what fills no block is added at its level."""
    counts = [summands.n]
    for _ in range(LEVELS):
        counts.append(counts[-1] / BLOCK)
    sums = []
    for level, count in enumerate(counts):
        total = f.variable(summands.kind, 0.0)
        with f.loop(count, counts[level + 1] * BLOCK if level < LEVELS else 0) as at:
            total.value = total.value + _block(f, level, at, summands)
        sums.append(total.value)
    rest = sums[0]
    for total_of_level in sums[1:-1]:
        rest = rest + total_of_level
    return sums[-1] + rest


def _block(f: Routine, level: int, at: Word, summands: Summands) -> Word:
    """The sum of a block, at level 1 of 16 vectors, at level 2 of 16 such blocks."""
    if not level:
        return summands.read(at)
    total = f.variable(summands.kind, 0.0)
    with f.loop(BLOCK) as i:
        total.value = total.value + _block(f, level - 1, at * BLOCK + i, summands)
    return total.value
