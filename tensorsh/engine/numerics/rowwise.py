"""Kernels that work along one dimension, block by block on all cores: softmax, norms.

`along(work, dim, outputs, inputs)` calls `work(axis, outputs, inputs)` with two-dimensional parts of the
arrays, in which `axis` is the whole of `dim`. Where rows are short, parts are turned copies, because
NumPy reduces columns of a block many times faster than short rows.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from ..core.parallel import BLOCK, LARGE, spread

Array = np.ndarray[Any, Any]
Work = Callable[[int, list[Array], list[Array]], object]

#: rows of at most so many elements are turned into columns
SHORT = 64
#: columns are taken at least so many at a time: a page of memory from each row
WIDE = 1024


def is_large(x: Array) -> bool:
    """Whether to compute part by part; nobody reads the last digits of so many."""
    return x.size >= LARGE and x.dtype.kind == "f" and x.dtype.itemsize >= 4


def along(work: Work, dim: int, outputs: list[Array], inputs: list[Array]) -> None:
    """Fill `outputs` (new arrays of the inputs' shape) with what `work` makes of the inputs along `dim`."""
    shape = outputs[0].shape or (1,)
    dim %= len(shape)
    outer, n, inner = prod(shape[:dim]), shape[dim], prod(shape[dim + 1 :])
    out = [a.reshape(outer, n, inner) for a in outputs]
    given = [a.reshape(outer, n, inner) for a in inputs]

    def rows(lo: int, hi: int) -> None:
        work(1, [a[lo:hi, :, 0] for a in out], [a[lo:hi, :, 0] for a in given])

    def turned(lo: int, hi: int) -> None:
        parts = [np.ascontiguousarray(a[lo:hi].swapaxes(0, 1)).reshape(n, -1) for a in given]
        results = [np.empty(parts[0].shape, a.dtype) for a in out]
        work(0, results, parts)
        for a, result in zip(out, results, strict=True):
            a[lo:hi] = result.reshape(n, hi - lo, inner).swapaxes(0, 1)

    chunk = max(BLOCK // n, WIDE) if n else 1
    chunks = -(-inner // chunk)

    def columns(lo: int, hi: int) -> None:
        for i in range(lo, hi):
            at, piece = divmod(i, chunks)
            part = slice(piece * inner // chunks, (piece + 1) * inner // chunks)
            work(0, [a[at, :, part] for a in out], [a[at, :, part] for a in given])

    if inner == 1 and n > SHORT:
        spread(rows, outer, max(BLOCK // n, 1))
    elif n * inner <= BLOCK:
        spread(turned, outer, max(BLOCK // max(n * inner, 1), 1))
    else:
        spread(columns, outer * chunks, 1)


def sums(x: Array, axis: int) -> Array:
    """The sums along an axis of a part, which stays."""
    return np.add.reduce(x, axis=axis, keepdims=True)


def dots(x: Array, y: Array, axis: int) -> Array:
    """The sums of products along an axis of two parts, which stays."""
    vecdot: Any = np.vecdot  # its types do not know `axis`
    return np.expand_dims(vecdot(x, y, axis=axis) if axis else np.einsum("ij,ij->j", x, y), axis)
