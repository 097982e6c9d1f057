"""Float sums in PyTorch's order of additions, so that the last bit, and with it the print, agrees.

PyTorch adds a contiguous row in four groups of vector lanes (8 floats or 4 doubles); each lane adds in
blocks of 16, blocks of 16 of those, and so on; at the end come the elements that fill no vector and then
the lanes, one by one. Columns are added the same way without lanes. The rounding error grows with the
logarithm of the length. Beyond `GRAIN` elements PyTorch's order depends on its number of threads; there
NumPy's pairwise sum is as good.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from ..core.parallel import BLOCK, LARGE, spread
from ..core.readers import reader_of, whole
from .kernel_code import KernelCode, simple, written
from .made_later import CALL

Array = np.ndarray[Any, Any]

#: PyTorch shares sums of more elements among its threads
GRAIN = 1 << 18

#: sums of float32 rows and columns as machine code; calls of NumPy that do the same, and how often these pass over all
#: that is added
ROWS = KernelCode(written("sum_routines", "row_sums"), "aaii")
COLUMNS = KernelCode(written("sum_routines", "column_sums"), "aaiii")
CALLS, PASSES = 12, 2
#: programs add up fewer elements with what else they do to them; more they leave to these
MANY = 1 << 13

LANES = {np.dtype(name): lanes for name, lanes in (("f4", 8), ("f8", 4), ("c8", 4), ("c16", 2))}


def levels(v: Array) -> Array:
    """The sum over axis 0 in blocks of 16, three levels deep."""
    total = None
    for _ in range(3):
        n = len(v)
        if n < 16:
            break
        whole = n & ~15
        if whole < n:
            rest = np.add.reduce(v[whole:])
            total = rest if total is None else total + rest
        v = np.add.reduce(v[:whole].reshape(n >> 4, 16, *v.shape[1:]), axis=1)
    last = np.add.reduce(v)
    return last if total is None else total + last


def four(v: Array) -> Array:
    """The sum over axis 0, every fourth element in a group of its own."""
    n = len(v)
    if n < 5:
        return np.add.reduce(v)
    groups = levels(v[: n & ~3].reshape(n >> 2, 4, *v.shape[1:]))
    if not n & 3:
        return np.add.reduce(groups)
    first = groups[0]
    for i in range(n & ~3, n):
        first = first + v[i]
    return first + groups[1] + groups[2] + groups[3]


def row(x: Array) -> Any:
    """The sum of a contiguous row of at least five elements."""
    n = len(x)
    lanes = LANES[x.dtype]
    if n < lanes:
        return four(x)
    return rows(x.reshape(1, n))[0] if by_code(x) else _row(x)


def _row(x: Array) -> Any:
    n = len(x)
    lanes = LANES[x.dtype]
    filled = n // lanes
    whole = filled * lanes
    v = x[:whole].reshape(filled, lanes)
    if filled >= 64 or filled < 5:
        per_lane = four(v)
    else:  # the same, in fewer calls
        even = filled & ~3
        groups = np.add.reduce(v[:even].reshape(-1, 4, lanes))
        for i in range(even, filled):
            groups[0] += v[i]
        per_lane = np.add.reduce(groups)
    ends = np.concatenate((x[whole:], per_lane)) if whole < n else per_lane
    return np.add.accumulate(ends)[-1]


def by_code(x: Any) -> bool:
    """Whether sums of such an array may be machine code of their own."""
    return bool(x.dtype == np.float32 and (x.size > MANY or type(x) is np.ndarray))


def has_code(code: KernelCode, x: Any) -> bool:
    """Whether there is machine code for an array."""
    return simple(x) and code.ready(CALLS * CALL + PASSES * x.size)


def rows(x: Array) -> Array:
    """The sums of contiguous rows, (many, n) → (many)."""
    return _rows_at_once(x) if by_code(x) else _rows(x)


@whole(lambda x: x.shape[:1])
def _rows_at_once(x: Array, out: Array) -> Array:
    if x.shape[1] >= LANES[x.dtype] and has_code(ROWS, x):
        ROWS(x, out, *x.shape)
    else:
        out[...] = _rows(x)
    return out


def _rows(x: Array) -> Array:
    n = x.shape[1]
    lanes = LANES[x.dtype]
    if len(x) == 1 and n >= lanes:
        return np.reshape(_row(x[0]), 1)
    v = x.T.copy()
    if n < lanes:
        return four(v)
    filled = n - n % lanes
    per_lane = four(v[:filled].reshape(n // lanes, lanes, *v.shape[1:]))
    ends = np.concatenate((v[filled:], per_lane)) if filled < n else per_lane
    return np.add.accumulate(ends, axis=0)[-1]


def columns(x: Array) -> Array:
    """The sums over axis 0 of (n, m) where the last axis is contiguous, and longer than 1."""
    return stacks(x.reshape(1, *x.shape)).reshape(-1) if by_code(x) else _columns(x)


def stacks(x: Array) -> Array:
    """The sums of the columns of each matrix, over axis 1: (many, n, m) → (many, m)."""
    return _stacks_at_once(x) if by_code(x) else _columns(x.swapaxes(0, 1))


@whole(lambda x: (x.shape[0], x.shape[2]))
def _stacks_at_once(x: Array, out: Array) -> Array:
    if has_code(COLUMNS, x):
        COLUMNS(x, out, *x.shape)
    else:
        out[...] = _columns(x.swapaxes(0, 1))
    return out


def _columns(x: Array) -> Array:
    """Of (n, …, m)."""
    m = x.shape[-1]
    lanes = LANES[x.dtype]
    wide = m - m % (4 * lanes if m >= lanes else 4)
    if wide == m:
        return levels(x)
    if wide == 0:
        return four(x)
    return np.concatenate((levels(x[..., :wide]), four(x[..., wide:])), axis=-1)


def total(x: Array, axes: tuple[int, ...], keepdim: bool) -> Array:
    """The sum over `axes`; in PyTorch's order where that is rows or columns of contiguous memory."""
    flags = x.flags
    if flags.c_contiguous:
        if (
            x.size >= LARGE and reader_of(x) is not None
        ):  # a program adds up blocks, with what else it does to them
            return x.sum(axis=axes, keepdims=keepdim)
        if x.dtype in LANES:
            add, shape, kept = way(x.shape, axes, keepdim)
            if add is not None:
                return np.reshape(add(x.reshape(shape)), kept)
    elif x.ndim == 2 and flags.f_contiguous:
        return total(x.T, tuple([1 - a for a in axes]), keepdim).T
    elif (
        x.ndim == 2 and x.strides[1] == x.itemsize < x.strides[0] and 0 < x.size < GRAIN and x.dtype in LANES
    ):
        if len(axes) == 1:
            return total(x.copy(), axes, keepdim)
        sums = total(
            x.copy(), (1,), False
        )  # rows that do not follow each other: their sums one after the other
        return np.add.accumulate(sums)[-1].reshape((1, 1) if keepdim else ())
    elif x.ndim > 2 and 0 < x.size < GRAIN and x.dtype in LANES:
        # PyTorch goes through memory as it lies
        order = sorted(range(x.ndim), key=lambda d: -x.strides[d])
        laid = x.transpose(order)
        if laid.flags.c_contiguous:
            found = total(laid, tuple([i for i, d in enumerate(order) if d in axes]), True)
            found = found.transpose(np.argsort(order))
            return found if keepdim else found.squeeze(axes)
    return x.sum(axis=axes, keepdims=keepdim)


@lru_cache(maxsize=4096)
def way(shape: tuple[int, ...], axes: tuple[int, ...], keepdim: bool) -> tuple[Any, Any, Any]:
    """How arrays of this shape are summed: (function, the shape it takes, the shape of the result).

    The function is None where NumPy's order will do.
    """
    ndim, size = len(shape), prod(shape)
    kept = tuple([1 if d in axes else n for d, n in enumerate(shape) if keepdim or d not in axes])
    plain = None, shape, kept
    if not axes:
        return plain
    longer = [d for d, n in enumerate(shape) if n != 1]
    if len(longer) < ndim:  # sizes of one change no order
        add, form, _ = way(
            tuple([shape[d] for d in longer]),
            tuple([i for i, d in enumerate(longer) if d in axes]),
            False,
        )
        return (add, form, kept) if add is not None else plain
    first, last = min(axes), max(axes)
    if last - first == len(axes) - 1:
        n = prod(shape[first : last + 1])
        m = prod(shape[last + 1 :])
        if n <= 4 or not m:
            return plain
        if m > 1:
            return (columns, (n, m), kept) if size == n * m else (stacks, (-1, n, m), kept)
        if size >= LARGE:
            return (large_rows, (-1, n), kept) if first else (large_row, (n,), kept)
        return plain if size >= GRAIN else (rows if first else row, (-1, n) if first else (n,), kept)
    if 0 < size < GRAIN:
        start = next(d for d in reversed(range(last + 1)) if d not in axes) + 1
        inner, outer = tuple(range(start, last + 1)), tuple([d for d in axes if d < start])
        n, m = prod(shape[start : last + 1]), prod(shape[last + 1 :])

        def apart(x: Array) -> Array:
            """The last of the dimensions first, then their sums one after the other."""
            if m == 1:
                partial = total(x, inner, True)
            else:
                partial = four(x.reshape(-1, n, m).swapaxes(0, 1))
            partial = partial.reshape([1 if d in inner else k for d, k in enumerate(shape)])
            ends = partial.transpose(*outer, *(d for d in range(ndim) if d not in outer))
            return np.add.accumulate(ends.reshape(-1, *ends.shape[len(outer) :]))[-1]

        return apart, shape, kept
    return plain


def large_row(x: Array) -> Any:
    """The sum of a long row: blocks on all cores, then their sums."""
    blocks: dict[int, Any] = {}

    def work(lo: int, hi: int) -> None:
        blocks[lo] = np.add.reduce(x[lo:hi])

    spread(work, len(x), BLOCK)
    return np.add.reduce(np.array([blocks[lo] for lo in sorted(blocks)], x.dtype))


def large_rows(x: Array) -> Array:
    """The sums of many rows, on all cores."""
    out = np.empty(len(x), x.dtype)
    spread(lambda lo, hi: np.add.reduce(x[lo:hi], 1, out=out[lo:hi]), len(x), max(BLOCK // x.shape[1], 1))
    return out
