"""Products of two batches whose elements are sums in lanes, as machine code: `numerics.product_lanes`."""

from __future__ import annotations

from .routines import Routine, Word, vector

#: rows begin somewhere in a vector of so many numbers
VECTOR = 4


def batch_in_lanes(
    f: Routine, a: Word, b: Word, out: Word, many: Word, m: Word, n: Word, k: Word,
    a_apart: Word, a_down: Word, b_apart: Word, b_across: Word,
) -> None:  # fmt: skip
    """(many, m, k) @ (many, k, n), of a the rows and of b the columns each in one piece.

    Of the first columns, four times some, four lanes are added up, of the rest eight.
    """
    fours = n / VECTOR * VECTOR
    none = f.given(0, "i64")
    with f.loop(many) as p, f.loop(m) as i:
        line = p * m + i
        row = f.at(a, p * a_apart + i * a_down)
        head = f.least((VECTOR - line * k % VECTOR) % VECTOR, k)
        for start, stop, width in ((none, fours, VECTOR), (fours, n, 2 * VECTOR)):
            with f.loop(stop, start) as j:
                column = f.at(b, p * b_apart + j * b_across)
                out[line * n + j] = _sum(f, row, column, k, head, width, width)


def vector_in_lanes(f: Routine, a: Word, x: Word, out: Word, m: Word, k: Word, down: Word) -> None:
    """(m, k) @ (k), both in one piece along k: rows by fours, then one by one."""
    fours = m / VECTOR * VECTOR
    rest = k % VECTOR
    head = f.least(f.choose(rest > 0, rest, f.given(VECTOR, "i64")), k)
    with f.loop(fours) as i:
        out[i] = _sum(f, f.at(a, i * down), x, k, head, VECTOR, VECTOR)
    first = f.least(f.given(VECTOR, "i64"), k)
    for place in range(VECTOR - 1):  # the second one has half as many lanes
        i, width = fours + place, VECTOR if place == 1 else 2 * VECTOR
        with f.when(i < m):
            out[i] = _sum(f, f.at(a, i * down), x, k, first, width, 2 * VECTOR)


def _sum(f: Routine, row: Word, column: Word, k: Word, head: Word, width: int, step: int) -> Word:
    """Lanes begin behind the head, which is added to the first of them, and are added up by halves; then the rest.

    `step` summands at a time are shared out.
    """
    kind = vector(width)
    total = f.variable("float", 0)
    with f.loop(head) as t:
        total.value = total.value + row[t] * column[t]
    blocks = (k - head) / step * (step // width)
    with f.when(blocks > 0):
        rest = [f.given(0.0, "float")] * (width - 1)
        first = f.read(kind, row, head) * f.read(kind, column, head)
        lanes = f.variable(kind, first + f.joined([total.value, *rest]))
        with f.loop(blocks, 1) as block:
            at = head + block * width
            lanes.value = lanes.value + f.read(kind, row, at) * f.read(kind, column, at)
        total.value = f.halved(lanes.value)
    with f.loop(k, head + blocks * width) as t:
        total.value = total.value + row[t] * column[t]
    return total.value
