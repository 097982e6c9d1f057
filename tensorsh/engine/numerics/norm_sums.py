"""The sums inside vector norms, in PyTorch's order of additions, so that the last digit agrees.

Norms have a kernel of their own. The Euclidean norm of what lies side by side in memory adds the squares in the
lanes of a vector (8 floats or 4 doubles), then the lanes one by one, then what fills no vector: four floats as one
vector of four, the rest by fused multiplication and addition. All other norms add one element after the other, as
they lie in memory.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from .cascade import GRAIN, LANES
from .fma import combined

Array = np.ndarray[Any, Any]
SUMMED = (np.dtype(np.float32), np.dtype(np.float64))


def in_turn(rows: Array) -> Array:
    """The sum of each row, one element after the other."""
    if len(rows) == 1:
        return np.add.accumulate(rows, axis=1)[:, -1]
    return np.add.reduce(np.ascontiguousarray(rows.T), axis=0)


def root_of_squares(rows: Array, dense: bool) -> Array:
    """The square root of the sum of the squares of each row; in lanes where its elements lie side by side."""
    return np.sqrt(_squares(rows) if dense else in_turn(rows * rows))


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


def as_rows(
    x: Array, axis: tuple[int, ...] | None, memory_order: Callable[[Array], tuple[int, ...]]
) -> tuple[Array, bool] | None:
    """A matrix with what is summed in its rows, in memory's order, and whether that lies side by side in `x`.

    `memory_order` tells the dimensions from the outermost in memory to the innermost. None where another order of
    additions will do.
    """
    if x.dtype not in SUMMED or not 0 < x.size <= GRAIN:
        return None
    if x.flags.c_contiguous:
        if axis is None:
            return x.reshape(1, -1), True
        if axis == (x.ndim - 1,):
            return x.reshape(-1, x.shape[-1]), True
    order = memory_order(x)
    gone = range(x.ndim) if axis is None else axis
    summed = [d for d in order if d in gone]
    rows = x.transpose([*(d for d in range(x.ndim) if d not in gone), *summed])
    return rows.reshape(-1, prod([x.shape[d] for d in summed])), _side_by_side(x, summed)


def _side_by_side(x: Array, dims: list[int]) -> bool:
    """Whether these dimensions, the outermost first, are one run of memory."""
    step = x.itemsize
    for d in reversed(dims):
        if x.shape[d] != 1:
            if x.strides[d] != step:
                return False
            step *= x.shape[d]
    return True


def kept(shape: tuple[int, ...], axis: tuple[int, ...] | None, keepdim: bool) -> tuple[int, ...]:
    """The shape of the result."""
    gone = range(len(shape)) if axis is None else axis
    return tuple([1 if d in gone else n for d, n in enumerate(shape) if keepdim or d not in gone])
