"""The sums inside vector norms, in PyTorch's order of additions, so that the last digit agrees.

Norms have a kernel of their own. The Euclidean norm of rows adds the squares in the lanes of a vector (8 floats
or 4 doubles), then the lanes one by one, then what fills no vector: four floats as one vector of four, the rest by
fused multiplication and addition. All other norms add one element after the other.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from .cascade import GRAIN, LANES
from .fma import combined

Array = np.ndarray[Any, Any]
FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)


def in_turn(x: Array, axis: tuple[int, ...] | None, keepdim: bool) -> Any:
    """The sum over `axis` (all where it is None), one element after the other."""
    rows = as_rows(x, axis)
    if rows is None:
        return x.sum(axis, keepdims=keepdim)
    return np.add.accumulate(rows, axis=1)[:, -1].reshape(kept(x.shape, axis, keepdim))


def root_of_squares(size: Array, axis: tuple[int, ...] | None, keepdim: bool) -> Any:
    """The square root of the sum of the squares."""
    rows = as_rows(size, axis)
    if rows is None:
        return np.sqrt((size * size).sum(axis, keepdims=keepdim))
    return np.sqrt(_squares(rows)).reshape(kept(size.shape, axis, keepdim))


def _squares(rows: Array) -> Array:
    n = rows.shape[1]
    lanes = LANES[rows.dtype]
    squares = rows * rows
    at = n - n % lanes
    total = np.zeros(len(rows), rows.dtype)
    if at:
        vectors = np.add.reduce(squares[:, :at].reshape(len(rows), -1, lanes), axis=1)
        total = np.add.accumulate(vectors, axis=1)[:, -1]
    if lanes == 8 and n - at >= 4:
        for i in range(at, at + 4):
            total = total + squares[:, i]
        at += 4
    for i in range(at, n):
        total = combined(total, rows[:, i], rows[:, i])
    return total


def as_rows(x: Array, axis: tuple[int, ...] | None) -> Array | None:
    """The array as a matrix whose rows are summed; None where another order will do."""
    if x.dtype not in (FLOAT32, FLOAT64) or not 0 < x.size <= GRAIN or not x.flags.forc:
        return None
    if axis is None:
        return x.reshape(1, -1, order="A")
    dims = sorted(axis)
    if not x.flags.c_contiguous or dims[-1] - dims[0] != len(dims) - 1 or prod(x.shape[dims[-1] + 1 :]) != 1:
        return None
    return x.reshape(-1, prod(x.shape[dims[0] :]))


def kept(shape: tuple[int, ...], axis: tuple[int, ...] | None, keepdim: bool) -> tuple[int, ...]:
    """The shape of the result."""
    gone = range(len(shape)) if axis is None else axis
    return tuple([1 if d in gone else n for d, n in enumerate(shape) if keepdim or d not in gone])
