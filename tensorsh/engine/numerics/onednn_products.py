"""Products of float32 matrices in the order of oneDNN's own multiplication, which its recurrent layers use.

The columns of its result, here the rows of `x @ w`, are taken by six, 48 of them at a time; its rows, here columns, by
sixteen. Each element is a chain of fused multiply-adds over parts of the depth, which are added to what was there.
Of the last one, two or three rows, and of the last eight columns or fewer, the even and the odd steps are two chains,
and of one or two rows products are rounded before they are added. A single row is a chain that begins with what was
there; a single column is added in eight lanes. (Where `w` is the transposed of a stored matrix, `across`, columns of
the result are taken 96 at a time, and a single row is added in lanes, too.) Large factors are copied first where that
is not left to others (`copied`): then all elements are chains over larger parts.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
from numpy._core.multiarray import c_einsum

from .fma import multiply_add
from .fused_chains import fused_chains
from .kernel_code import KernelCode, simple, written
from .made_later import CALL

Array = np.ndarray[Any, Any]

FLOAT32 = np.dtype(np.float32)

PRODUCT = KernelCode(written("product_routines", "onednn_product_of"), "aaaaiiiiiii")
PRODUCTS = KernelCode(written("product_routines", "onednn_products_of"), "aaaa" + "i" * 12, shared=True)
#: what a product costs without, as `made_later` counts: calls, and multiplications for a pass over one element
CALLS, PER_PASS = 10, 32
#: what a sum begins with so that it is the first summand
NOTHING = FLOAT32.type(-0.0)

#: rows and columns of a kernel, rows that are taken together
ROWS, COLUMNS, TOGETHER, TOGETHER_ACROSS = 6, 16, 48, 96
#: the depth of a part; where the rows' factor is stored by columns
DEPTH, TURNED_DEPTH = 256, 96
#: the depth of a part of copied factors
COPIED_DEPTH = 192
#: what is copied: sides whose reciprocals come to less; small ones only if they are deep
FEW, SMALL, LOW, MUCH = 0.0038, 128, 64, 378
#: elements of a column that are added at a time, and of a lane's vectors
COPIED, LANES = 512, 8


def product(
    x: Array,
    w: Array,
    onto: Array | None = None,
    turned: bool = False,
    across: bool = False,
    copied: bool = False,
) -> Array:
    """`x @ w`, (n, k) @ (k, m) → (n, m), or `onto + x @ w`.

    `turned` where x is the transposed of a stored matrix, `across` where w is; `copied` where large ones are.
    """
    (n, depth), m = x.shape, w.shape[1]
    if copied and is_copied(n, m, depth, turned):
        return _copied_product(x, w, onto)
    if across and min(n, m) == 1:
        rows, vector = (w.T, x[0]) if n == 1 else (x, w[:, 0])
        return _in_lanes(rows, vector, onto, depth).reshape(n, m)
    if n == 1:
        return _one_row(x, w, onto)
    if m == 1 and turned:
        return _one_row(w.T, x.T, onto).T
    if m == 1:
        return _in_lanes(x, w[:, 0], None, depth if copied else COPIED)[:, None]
    few = last_rows(n, TOGETHER_ACROSS if across else TOGETHER)
    if (
        few is not None
        and type(x) is type(w) is np.ndarray
        and x.dtype is w.dtype is FLOAT32
        and x.strides[not turned] == x.itemsize
        and PRODUCT.ready(CALLS * CALL + n * depth * m // PER_PASS)
    ):
        out = np.full((n, m), NOTHING) if onto is None else np.array(onto, order="C")
        steps = (stride // x.itemsize for stride in x.strides)
        places = parts(depth, turned)
        PRODUCT(out, x, filled(w), places, len(places), n, m, depth, *steps, few)
        return out
    total = onto
    for start, size in parts(depth, turned):
        part = _part(x[:, start : start + size], w[start : start + size], across)
        total = part if total is None else total + part
    assert total is not None
    return total


def products(
    x: Array,
    w: Array,
    m: int,
    onto: Array | None = None,
    turned: bool = False,
    across: bool = False,
) -> Array:
    """The products of batches, (N, groups, n, k) and (N, groups, k, m); `across`: their sums over N onto what is there.

    The rows of w, which lies in one piece, may be longer: filled up to the next multiple of 16.
    """
    (many, groups, n, depth), line = x.shape, w.shape[3]
    few = last_rows(n, TOGETHER_ACROSS if across else TOGETHER)
    shape = (groups, n, m) if across else (many, groups, n, m)
    if (
        few is not None
        and min(n, m) > 1
        and line % COLUMNS == 0
        and not is_copied(n, m, depth, turned)
        and type(x) is np.ndarray
        and x.dtype is FLOAT32
        and simple(w)
        and PRODUCTS.ready(many * groups * CALLS * CALL + many * groups * n * depth * m // PER_PASS)
    ):
        out = np.full(shape, NOTHING) if onto is None else np.array(onto, order="C")
        places = parts(depth, turned)
        steps = [step // x.itemsize for step in x.strides]
        apart = 0 if across else groups * n * m
        PRODUCTS(out, x, w, places, len(places), many, groups, n, m, depth, few, apart, *steps)
        return out
    out = np.empty(shape, FLOAT32)
    for j in range(groups):
        total = None if onto is None else onto[j]
        for i in range(many):
            total = product(x[i, j], w[i, j, :, :m], total if across else None, turned, across, copied=True)
            out[j if across else (i, j)] = total
    return out


def is_copied(n: int, m: int, depth: int, turned: bool) -> bool:
    """Whether the factors of an (n, m) product of one thread are copied before they are multiplied."""
    if 1 / m + 1 / n >= FEW or (max(n, m) <= SMALL and depth < MUCH):
        return False
    if depth >= MUCH and (m >= MUCH or max(n, m) <= MUCH):
        return True
    return depth > 1 if turned else depth > 2 and n > COLUMNS and m > LOW


def _copied_product(x: Array, w: Array, onto: Array | None) -> Array:
    depth = len(w)
    most = depth if depth <= DEPTH else (depth + 1) // 2 if depth < 2 * COPIED_DEPTH else COPIED_DEPTH
    for at in range(0, depth, most):
        part = chains(x[:, at : at + most], w[at : at + most])
        onto = part if onto is None else onto + part
    assert onto is not None
    return onto


def filled(w: Array) -> Array:
    """A second factor as machine code has it: rows whose length is a multiple of 16, filled with zeros."""
    depth, m = w.shape
    if m % COLUMNS == 0:
        return np.ascontiguousarray(w)
    found = np.zeros((depth, -(-m // COLUMNS) * COLUMNS), FLOAT32)
    found[:, :m] = w
    return found


@lru_cache(maxsize=128)
def parts(depth: int, turned: bool = False) -> Array:
    """The parts of the depth: where each begins, and its size."""
    found = []
    start, most = 0, TURNED_DEPTH if turned else DEPTH
    while start < depth:
        left = depth - start
        size = most if left >= 2 * most else (left + 1) // 2 if left > most else left
        found.append((start, size))
        start += size
    return np.array(found, np.int64).reshape(-1, 2)


@lru_cache(maxsize=128)
def last_rows(n: int, together: int = TOGETHER) -> int | None:
    """How many rows, the last ones, are computed otherwise than the rest; None where others are, too."""
    runs = [*_runs(n, together)] if n > 1 else []
    few = [count for _, _, count in runs]
    return None if any(few[:-1]) else few[-1] if few else 0


def _part(x: Array, w: Array, across: bool) -> Array:
    """A part of the depth."""
    together = TOGETHER_ACROSS if across else TOGETHER
    n, m = x.shape[0], w.shape[1]
    rest = m % COLUMNS
    narrow = m - rest if 0 < rest <= COLUMNS // 2 else m
    out = np.empty((n, m), FLOAT32)
    if narrow:
        for start, stop, few in _runs(n, together):
            out[start:stop, :narrow] = _kernel(x[start:stop], w[:, :narrow], few)
    if narrow < m:
        for start, stop, few in _runs(n, together):
            out[start:stop, narrow:] = _kernel(x[start:stop], w[:, narrow:], few or ROWS)
    return out


def _runs(n: int, together: int) -> Iterator[tuple[int, int, int]]:
    """Rows that are computed alike, and how many there are if they are the last few of a kernel, else 0."""
    start = first = 0
    while start < n:
        left = n - start
        size = together
        if left < 2 * together:
            size = (left + 1) // 2 if left > together + together // 2 else left
        few = size % ROWS
        start += size
        if 0 < few < 4:
            if first < start - few:
                yield first, start - few, 0
            yield start - few, start, few
            first = start
    if first < n:
        yield first, n, 0


def _kernel(x: Array, w: Array, few: int) -> Array:
    """One chain for each element, or two of the even and the odd steps (`few`), of rounded products (1 and 2)."""
    if not few:
        return chains(x, w)
    depth = len(w)
    add = _rounded_chains if few < 3 else chains
    pairs = depth & ~1
    total = np.zeros((len(x), w.shape[1]), FLOAT32)
    if pairs:
        total = add(x[:, 0:pairs:2], w[0:pairs:2]) + add(x[:, 1:pairs:2], w[1:pairs:2])
    if pairs < depth:
        column, row = x[:, pairs:], w[pairs:]
        total = total + column * row if few < 3 else multiply_add(column, row, total)
    return total


def chains(x: Array, w: Array) -> Array:
    """Fused chains, which NumPy's BLAS computes where the first factor is stored by columns."""
    n, m = len(x), w.shape[1]
    if n == 1 or m == 1:  # a product with a vector is added in another order
        x, w = (
            np.repeat(each, 2, axis) if one else each for each, axis, one in ((x, 0, n == 1), (w, 1, m == 1))
        )
        return chains(x, w)[:n, :m]
    w = np.ascontiguousarray(w)
    if FLOAT32.itemsize not in x.strides:
        x = x.copy()
    return fused_chains(x, w)


def _rounded_chains(x: Array, w: Array) -> Array:
    out = np.empty((len(x), w.shape[1]), FLOAT32)
    if out.size == 1:
        out[...] = np.add.accumulate(x[0] * w[:, 0])[-1]
    else:
        c_einsum("ki,kj->ij", x.T.copy(), w.copy(), out=out)
    return out


def _one_row(x: Array, w: Array, onto: Array | None) -> Array:
    """One chain, which goes on from what was there: NumPy's BLAS adds up parts of deep ones by themselves."""
    for at in range(0, len(w), TURNED_DEPTH):
        row, columns = x[:, at : at + TURNED_DEPTH], w[at : at + TURNED_DEPTH]
        if onto is not None:
            row = np.concatenate([np.ones((1, 1), FLOAT32), row], axis=1)
            columns = np.concatenate([onto, columns])
        onto = chains(row, columns)
    assert onto is not None
    return onto


def _in_lanes(x: Array, w: Array, onto: Array | None, most: int) -> Array:
    """`x @ w` of a vector: of each piece eight lanes of vectors of sixteen, then eight, four, two and one."""
    total = np.zeros(len(x), FLOAT32) if onto is None else onto.reshape(-1).copy()
    for at in range(0, len(w), most):
        piece, factor = x[:, at : at + most], w[at : at + most]
        done = len(factor) & -2 * LANES
        if done:
            pairs = [chains(piece[:, i:done:LANES], factor[i:done:LANES, None])[:, 0] for i in range(LANES)]
            total += _halved(pairs)
        for size in (8, 4, 2, 1):
            if len(factor) & size:
                terms = piece[:, done : done + size] * factor[done : done + size]
                total += _halved(list(terms.T))
                done += size
    return total


def _halved(lanes: list[Array]) -> Array:
    """The sum of lanes: neighbours, then those four apart, then the two that are left."""
    if len(lanes) == 1:
        return lanes[0]
    pairs = [a + b for a, b in zip(lanes[::2], lanes[1::2], strict=True)]
    if len(pairs) == 4:
        pairs = [pairs[0] + pairs[2], pairs[1] + pairs[3]]
    return pairs[0] + pairs[1] if len(pairs) == 2 else pairs[0]
