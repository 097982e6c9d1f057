"""Products of float32 matrices whose elements are sums in lanes (`product_orders`), with NumPy.

NumPy adds row upon row: of products that lie in memory by depth, lane upon lane.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from math import gcd
from typing import Any

import numpy as np
from numpy._core.multiarray import c_einsum

from .kernel_code import KernelCode, written
from .made_later import CALL
from .product_orders import ROWS, VECTOR, table

Array = np.ndarray[Any, Any]

FLOAT32 = np.dtype(np.float32)

#: multiplications up to which a table says where the products of each lane are
TABLES = {ROWS: 1 << 14, VECTOR: 1 << 11}
#: elements up to which a product of vectors is added in lanes, and lanes that it has
LONGEST, ACROSS = 1 << 14, 16
#: products that are made at a time
ROOM = 1 << 15
#: a batch as machine code; what NumPy's calls for it cost
BATCH, BATCH_CALLS = KernelCode(written("lane_routines", "batch_in_lanes"), "aaa" + "i" * 8), 20
#: the same of a matrix and a vector
VECTORS = KernelCode(written("lane_routines", "vector_in_lanes"), "aaaiii")
#: what sums begin with: that of negative zeros is positive
ZERO = np.float32(0)


def in_lanes(a: Array, b: Array, order: int, out: Array) -> None:
    """`out = a @ b` of matrices, in the order `ROWS` or `VECTOR`."""
    (m, k), n = a.shape, b.shape[1]
    if _by_machine_code(a, b, order, out):
        return
    fours = n & ~3
    if order == ROWS and not k & 3 and _adds_fours():
        if fours:
            _by_fours(a, b[:, :fours], out[:, :fours])
        if fours < n:
            _by_eights(a, b[:, fours:], out[:, fours:])
        return
    if m * k * n <= TABLES[order]:
        out[...] = _by_table(a, b, order)
    elif order == ROWS:
        _rows(a, b[:, :fours], out[:, :fours], 4)
        _rows(a, b[:, fours:], out[:, fours:], 8)
    elif n == 1:
        out[:, 0] = _vector(a, b[:, 0])
    else:
        out[0] = _vector(b.T, a[0])
    out += ZERO


def _by_machine_code(a: Array, b: Array, order: int, out: Array) -> bool:
    """Whether `in_lanes` has been done by machine code: of rows and columns that lie in one piece each."""
    (m, k), n = a.shape, b.shape[1]
    apart = a.strides[1] != FLOAT32.itemsize or b.strides[0] != FLOAT32.itemsize
    work = BATCH_CALLS * CALL + 2 * m * k * n
    if apart or type(a) is not np.ndarray or not (BATCH if order == ROWS else VECTORS).ready(work):
        return False
    found = out if out.flags.c_contiguous else np.empty((m, n), FLOAT32)
    down, across = a.strides[0] // FLOAT32.itemsize, b.strides[1] // FLOAT32.itemsize
    if order == ROWS:
        BATCH(a, b, found, 1, m, n, k, 0, down, 0, across)
    elif n == 1:
        VECTORS(a, b, found, m, k, down)
    else:
        VECTORS(b, a, found, n, k, across)
    if found is not out:
        out[...] = found
    return True


def dot(a: Array, b: Array) -> Any:
    """The product of two vectors: four times four lanes, of which the first ones take what is left over.

    Elements that do not lie side by side are added one after the other.
    """
    n = len(a)
    if not (a.dtype is FLOAT32 and b.dtype is FLOAT32 and 0 < n <= LONGEST):
        return np.dot(a, b)
    terms = a * b
    if n > 1 and not a.strides == b.strides == (FLOAT32.itemsize,):
        return np.add.accumulate(terms)[-1] + ZERO
    whole = n // ACROSS * ACROSS
    lanes = np.zeros(ACROSS, FLOAT32)
    if whole:
        lanes += np.add.reduce(terms[:whole].reshape(-1, ACROSS), axis=0)
    for width in (8, 4):
        if n - whole >= width:
            lanes[:width] += terms[whole : whole + width]
            whole += width
    for term in terms[whole:]:
        lanes[0] += term
    four = ((lanes[:4] + lanes[4:8]) + lanes[8:12]) + lanes[12:]
    return (four[0] + four[2]) + (four[1] + four[3])


def _by_table(a: Array, b: Array, order: int) -> Array:
    (m, k), n = a.shape, b.shape[1]
    steps, after = table(order, m, k, n)
    terms = np.empty(m * k * n + 1, FLOAT32)
    terms[-1] = 0
    np.multiply(a[:, None], b.T, out=terms[:-1].reshape(m, n, k))
    if steps.shape[1] == 1:
        return _one_by_one(terms.take(steps[:, 0])).reshape(m, n)
    parts = np.add.reduce(terms.take(steps), axis=0)
    half = len(parts)
    while half > 1:
        half >>= 1
        parts = parts[:half] + parts[half:]
    if after is None:
        return parts.reshape(m, n)
    rest = terms.take(after)
    rest[0] = parts
    return _one_by_one(rest).reshape(m, n)


def _by_fours(a: Array, b: Array, out: Array) -> None:
    """`out = a @ b` with four lanes each, by NumPy's innermost loop."""
    order = _fours(len(b))
    c_einsum("ik,jk->ij", a.take(order, axis=1), b.T.take(order, axis=1), out=out)


def _by_eights(a: Array, b: Array, out: Array) -> None:
    """`out = a @ b` with eight lanes each, as two times four."""
    k = len(b)
    order = _eights(k & ~7)
    x, y = a.take(order, axis=1), b.T.take(order, axis=1)
    even, odd = (c_einsum("ik,jk->ij", x[:, half], y[:, half]) for half in (0, 1))
    np.add(even, odd, out=out)
    for at in range(k & ~7, k):
        out += a[:, at : at + 1] * b[at]


@lru_cache(maxsize=128)
def _fours(k: int) -> Array:
    """The summands for NumPy's loop over vectors of four: of four vectors it begins with the last.

    It adds the lanes up by neighbours.
    """
    return _last_first(np.arange(k).reshape(-1, 4)[:, [0, 2, 1, 3]]).reshape(-1)


@lru_cache(maxsize=128)
def _eights(k: int) -> Array:
    """The same for the even and the odd ones of eight lanes."""
    lanes = np.arange(k).reshape(-1, 8)[:, [[0, 4, 2, 6], [1, 5, 3, 7]]].transpose(1, 0, 2)
    return np.array([_last_first(each).reshape(-1) for each in lanes])


def _last_first(vectors: Array) -> Array:
    found, whole = vectors.copy(), len(vectors) & ~3
    found[:whole] = vectors[:whole].reshape(-1, 4, 4)[:, ::-1].reshape(-1, 4)
    return found


@cache
def _adds_fours() -> bool:
    """Whether NumPy's loop does so, which is a matter of how it was compiled."""
    a, b = (np.sin(np.arange(n * 44, dtype=FLOAT32) * n).reshape(n, 44) for n in (5, 8))
    found, wanted = np.empty((2, 5, 8), FLOAT32)
    for k in (12, 44):
        for width, way in ((4, _by_fours), (8, _by_eights)):
            way(a[:, :k], b.T[:k], found)
            _rows(a[:, :k], b.T[:k], wanted, width)
            if not np.array_equal(found, wanted):
                return False
    return True


def _rows(a: Array, b: Array, out: Array, width: int) -> None:
    """`out = a @ b` with lanes upon lanes; where vectors begin in a row repeats."""
    (m, k), n = a.shape, b.shape[1]
    if not n:
        return
    b, period = b.copy(), 4 // gcd(k, 4)
    for first in range(min(period, m)):
        rows = a[first::period].T.copy()
        for columns in _pieces(n, max(ROOM // rows.size, 1)):
            if (
                rows.shape[1] < columns.stop - columns.start
            ):  # NumPy's innermost loop goes along the longer one
                terms = c_einsum("ki,kj->kij", rows, b[:, columns]).transpose(0, 2, 1)
            else:
                terms = c_einsum("kj,ki->kji", b[:, columns], rows)
            out[first::period, columns] = _sums(_without_head(terms, -first * k % 4), width, width).T


def batch_in_lanes(a: Array, b: Array) -> Array:
    """The products of two batches, (many, m, k) @ (many, k, n), in the order `ROWS`: rows lie behind one another."""
    (many, m, k), n = a.shape, b.shape[2]
    out = np.empty((many * m, n), FLOAT32)
    if _has_machine_code(a, b):
        (a_apart, a_down, _), (b_apart, _, b_across) = ([s // 4 for s in x.strides] for x in (a, b))
        BATCH(a, b, out, many, m, n, k, a_apart, a_down, b_apart, b_across)
        return out.reshape(many, m, n)
    rows, fours, period = a.reshape(-1, k), n & ~3, 4 // gcd(k, 4)
    for first in range(min(period, many * m)):
        each = np.arange(first, many * m, period) // m  # whose rows these are
        left = np.ascontiguousarray(rows[first::period].T)[..., None]
        for columns, width in ((slice(fours), 4), (slice(fours, n), 8)):
            right = b[:, :, columns].transpose(1, 0, 2)
            if right.size:
                terms = np.multiply(left, right[:, each], order="C")
                out[first::period, columns] = _sums(_without_head(terms, -first * k % 4), width, width)
    out += ZERO
    return out.reshape(many, m, n)


def _has_machine_code(a: Any, b: Any) -> bool:
    """Whether there is some for a batch, of which each row and each column lies in one piece."""
    if not (type(a) is type(b) is np.ndarray and a.strides[2] == b.strides[1] == FLOAT32.itemsize):
        return False
    return BATCH.ready(BATCH_CALLS * CALL + 2 * a.size * b.shape[2])


def _pieces(n: int, size: int) -> Iterator[slice]:
    return (slice(start, min(start + size, n)) for start in range(0, n, size))


def batch_of_vectors(a: Array, b: Array) -> Array:
    """(many, k) @ (many, k, n) → (many, n): each as the matrix' columns, which lie in one piece, times a vector."""
    many, k, n = b.shape
    fours, head = n & ~3, k % 4 or 4
    terms = np.multiply(a.T[:, :, None], b.transpose(1, 0, 2), order="C")
    out = np.empty((many, n), FLOAT32)
    if fours:
        out[:, :fours] = _sums(_without_head(terms[:, :, :fours].copy(), head), 4, 4)
    if fours < n:
        terms = _without_head(terms[:, :, fours:].copy(), 4)
        out[:, fours::2] = _sums(terms[:, :, ::2], 8, 8)
        if terms.shape[2] > 1:
            out[:, fours + 1] = _sums(terms[:, :, 1].copy(), 4, 8)
    out += ZERO
    return out


def _vector(a: Array, b: Array) -> Array:
    """The rows of a matrix times a vector: by fours of rows, then one by one."""
    m, k = a.shape
    some = 4 * max(ROOM // (4 * k), 1)
    if m > some:
        return np.concatenate([_vector(a[at : at + some], b) for at in range(0, m, some)])
    fours, head = m & ~3, k % 4 or 4
    terms = np.multiply(a.T, b[:, None], order="C")
    if fours == m:
        return _sums(_without_head(terms, head), 4, 4)
    out = np.empty(m, FLOAT32)
    if fours:
        out[:fours] = _sums(_without_head(terms[:, :fours], head), 4, 4)
    terms = _without_head(terms[:, fours:], 4)
    out[fours::2] = _sums(terms[:, ::2], 8, 8)
    if terms.shape[1] > 1:
        out[fours + 1] = _sums(terms[:, 1:2], 4, 8)[0]
    return out


def _without_head(terms: Array, head: int) -> Array:
    """The summands after the first `head`, which are added to the next one; the given ones are lost."""
    if not head:
        return terms
    if head >= len(terms):
        return _one_by_one(terms)[None]
    terms[head] += _one_by_one(terms[:head])
    return terms[head:]


def _sums(terms: Array, width: int, step: int) -> Array:
    """The sums over the first dimension: `width` lanes, added in halves, then what is left over.

    `step` summands at a time are shared out.
    """
    whole = len(terms) // step * step
    if not whole:
        return _one_by_one(terms)
    lanes = _one_by_one(terms[:whole].reshape(whole // width, width, *terms.shape[1:]))
    while width > 1:
        width //= 2
        lanes = lanes[:width] + lanes[width:]
    total: Array = lanes[0]
    for term in terms[whole:]:
        total += term
    return total


def _one_by_one(terms: Array) -> Array:
    """The sum over the first dimension, as NumPy adds up more than one at a time."""
    return np.add.reduce(terms, axis=0) if terms[0].size > 1 else np.add.accumulate(terms)[-1]
