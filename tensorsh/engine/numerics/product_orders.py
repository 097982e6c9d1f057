"""In which order PyTorch's BLAS (MKL, on processors with AVX2) adds up the products of float32 matrices.

A result of at least four rows and twelve columns is a chain of fused multiplications and additions. The
elements of a smaller one are added by vectors of four, each product rounded before it is added, and how depends
on which factor is transposed and where its rows begin in memory:

    neither, or only the first     one product after the other, row by row; elements before the first whole
                                   vector of a row of the result add every second four as one
    only the second                lanes: element t of a row is added to lane t mod 4 (mod 8 in the last
                                   n mod 4 columns), the lanes are added in halves, then what is left over
    a row or a column as result    lanes of the matrix' rows, four rows at a time
    two vectors                    four times four lanes; what is left over goes to the first ones

Found with PyTorch 2.13 by summands that swallow each other, which shows what is added before what.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

#: the orders: fused, one after the other, lanes from the first whole vector of each row on, lanes of a
#: matrix times a vector
FUSED, CHAIN, ROWS, VECTOR = range(4)


def order_of(a: Any, b: Any) -> int:
    """The order of `a @ b`, from its shape and how its factors lie in memory."""
    (m, k), n = a.shape, b.shape[1]
    if n > 1:
        if m >= 4 and n >= 12:
            return FUSED
        if not is_turned(b):
            return CHAIN
        if m == 1:
            return VECTOR
        return CHAIN if is_turned(a) else ROWS
    if m == 1:
        return VECTOR if _starts_column(b, k) else CHAIN
    return CHAIN if _starts_column(a, m) else VECTOR


def order_with_vector(a: Any) -> int:
    """The order of a matrix times a vector."""
    return CHAIN if _starts_column(a, a.shape[0]) else VECTOR


def adds_fours(a: Any, b: Any) -> bool:
    """Whether a chain's elements before the first whole vector of their row add every second four as one."""
    return a.shape[0] > 1 and rows_add_fours(b)


def rows_add_fours(b: Any) -> bool:
    """The same of rows times `b`, of which all but the first of the whole result begin before a vector."""
    k, n = b.shape
    return n & 3 != 0 and n > 4 and k > 7 and b.strides[1] == b.itemsize


def is_turned(a: Any) -> bool:
    """Whether BLAS is told that a matrix is a transposed one; one that is neither is copied."""
    item, (m, n), (down, right) = a.itemsize, a.shape, a.strides
    return not (right == item and down >= max(1, n) * item) and down == item and right >= max(1, m) * item


def _starts_column(a: Any, rows: int) -> bool:
    return a.strides[0] == a.itemsize and a.strides[1] >= max(1, rows) * a.itemsize


#: what one lane adds up, for each lane; what is added to their sum afterwards
Lanes = tuple[list[list[int]], list[int]]


def lanes(depth: int, head: int, width: int, step: int = 0) -> Lanes:
    """`depth` summands: `head` of them go first, into lane 0, the rest into `width` lanes in turn."""
    step = step or width
    whole = max(depth - head, 0) // step * step
    if not whole:
        return [list(range(depth))], []
    each = [list(range(head + lane, head + whole, width)) for lane in range(width)]
    each[0] = [*range(head), *each[0]]
    return each, list(range(head + whole, depth))


def of_vector(row: int, rows: int, depth: int) -> Lanes:
    """How row `row` of a matrix is multiplied with a vector: by fours, then one, two, three rows by themselves."""
    if row < rows & ~3:
        return lanes(depth, depth % 4 or 4, 4)
    return lanes(depth, 4, 4, 8) if row & 3 == 1 else lanes(depth, 4, 8)


def of_rows(row: int, column: int, columns: int, depth: int) -> Lanes:
    """How a row, from its first address that a vector can be read from on, and a column are multiplied."""
    return lanes(depth, -row * depth % 4, 4 if column < columns & ~3 else 8)


#: where the summands of the lanes (longest, lanes, m * n) and of the rest (1 + longest, m * n) lie in (m, n, k)
Table = tuple[Array, Array | None]


@lru_cache(maxsize=128)
def table(order: int, m: int, k: int, n: int) -> Table:
    """The lanes of all elements, by positions; the one behind the last is a zero."""
    cells = [
        of_vector(i + j, m * n, k) if order == VECTOR else of_rows(i, j, n, k)
        for i in range(m)
        for j in range(n)
    ]
    longest = max(len(lane) for each, _ in cells for lane in each)
    behind = max(len(rest) for _, rest in cells)
    width = max(len(each) for each, _ in cells)
    steps = np.full((longest, width, m * n), m * k * n, np.intp)
    after = np.full((1 + behind, m * n), m * k * n, np.intp)
    for cell, (each, rest) in enumerate(cells):
        for number, lane in enumerate(each):
            steps[: len(lane), number, cell] = [cell * k + at for at in lane]
        after[1 : 1 + len(rest), cell] = [cell * k + at for at in rest]
    return steps, after if behind else None


@lru_cache(maxsize=128)
def before_vectors(m: int, n: int) -> tuple[Array, Array] | None:
    """Rows and columns of the elements before the first whole vector of their row, in rows that have one."""
    heads = [(i, -i * n % 4) for i in range(m)]
    cells = [(i, j) for i, head in heads if n - head >= 4 for j in range(head)]
    if not cells:
        return None
    rows, columns = np.array(cells).T
    return (
        (rows.repeat(2), columns.repeat(2)) if len(cells) == 1 else (rows, columns)
    )  # NumPy adds one in pairs
